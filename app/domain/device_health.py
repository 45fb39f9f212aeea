"""Which tablet needs somebody's care, and why: the rules behind the office's list and the tablet's own warnings. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

DAY_MS: Final = 24 * 3600 * 1000
STALE_WITH_WORK_MS: Final = 3 * DAY_MS  # something is still only on the tablet
STALE_MS: Final = 14 * DAY_MS  # nothing is, as far as the office knows
CLOCK_LIMIT_MS: Final = 10 * 60 * 1000
LEAST_FREE_MB: Final = 500


@dataclass(frozen=True)
class Health:
    """What the office knows of a tablet. `entries`, `files`: not at the office yet, as the tablet told when last seen.

    `missing`, `originals`: photos, and originals of photos, that its entries name and that are not here. `clock_ms`: its
    clock minus the office's. `free_mb`: -1 when it is not known; `version`: empty when it is not.
    """

    unseen_ms: int
    entries: int = 0
    files: int = 0
    missing: int = 0
    originals: int = 0
    clock_ms: int = 0
    free_mb: int = -1
    version: str = ""
    problem: str = ""  # code of its last refusal

    @property
    def has_work(self) -> bool:
        """True when something is still only on the tablet."""
        return bool(self.entries or self.files or self.missing or self.originals)


def is_stale(health: Health) -> bool:
    """True when the tablet was away too long: over three days with something only on it, or over fourteen days."""
    return health.unseen_ms > (STALE_WITH_WORK_MS if health.has_work else STALE_MS)


def is_clock_wrong(offset_ms: int) -> bool:
    """True from ten minutes on, ahead or behind: the times beside answers are then not to be relied on."""
    return abs(offset_ms) >= CLOCK_LIMIT_MS


def is_disk_low(free_mb: int) -> bool:
    """True under 500 MB; False when it is not known."""
    return 0 <= free_mb < LEAST_FREE_MB


def is_older(version: str, other: str) -> bool:
    """True when the first version of the program came before the second. False for one that cannot be read."""
    ours, theirs = _parts(version), _parts(other)
    return bool(ours and theirs) and ours < theirs


def troubles(health: Health, office_version: str) -> Sequence[str]:
    """What is wrong with a tablet, the most urgent first: stale, problem, clock, disk, older, newer."""
    found = {
        "stale": is_stale(health),
        "problem": bool(health.problem),
        "clock": is_clock_wrong(health.clock_ms),
        "disk": is_disk_low(health.free_mb),
        "older": is_older(health.version, office_version),
        "newer": is_older(office_version, health.version),
    }
    return tuple(name for name, is_so in found.items() if is_so)


def _parts(version: str) -> tuple[int, ...]:
    """(0, 12, 3) for "0.12.3"; empty for what is no such number. Zeros at the end say nothing: 1.0 is 1."""
    pieces = version.split(".")
    if not all(piece.isdecimal() for piece in pieces):
        return ()
    numbers = [int(piece) for piece in pieces]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
