"""Tries of passphrases on a device: counted on disk before they are checked, so that a kill between two saves nobody a wait.

`attempts.json` beside the key slots. It is no secret: who may change it may as well copy the slots and guess elsewhere,
where Argon2id alone slows them down.
"""

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from app.clock import Clock
from app.domain.attempts import as_clock, left_s
from app.errors import NotEnrolled, TooManyTries, WrongPassphrase
from app.errors_of_keys import KeystoreSilent, WrongCard
from app.store import emptying
from app.store.folder import write_whole
from app.store.recovery import checked_code, open_card
from app.store.slots import Opened, has_slots, open_vault

ATTEMPTS_NAME: Final = "attempts.json"
Found = TypeVar("Found")
log = logging.getLogger("baqylau")
_one_at_a_time = threading.Lock()  # two tries at once would be counted as one; and each takes 64 MiB


@dataclass(frozen=True)
class Tries:
    """How many tries failed since the last one that did not, and when the last was made, in ms."""

    failed: int = 0
    last_ms: int = 0


def open_counted(folder: Path, passphrase: str, clock: Clock, wipe_after: int = 0) -> tuple[Opened, int]:
    """Opens a slot as `open_vault` does; also gives how many tries had failed before.

    `wipe_after`: with the try of this number, when that fails too, all that is here goes, the keys first (`emptying`); 0
    for never.
    Raises TooManyTries before a try that comes too early, WrongPassphrase, NotEnrolled when there is no slot (any more),
    and KeystoreSilent, which is no failure of who tries.
    """
    return _counted(folder, clock, wipe_after, lambda: open_vault(folder, passphrase))


def open_card_counted(folder: Path, typed: str, clock: Clock, wipe_after: int = 0) -> tuple[bytes, int]:
    """The database key under the code of the recovery card, as `open_counted` gives a slot.

    Raises MistypedCard before anything is counted, and WrongCard.
    """
    code = checked_code(typed)
    return _counted(folder, clock, wipe_after, lambda: open_card(folder, code))


def _counted(folder: Path, clock: Clock, wipe_after: int, open_it: Callable[[], Found]) -> tuple[Found, int]:
    with _one_at_a_time:
        before = _counted_before(folder, clock.now_ms(), wipe_after)
        try:
            found = open_it()
        except (WrongPassphrase, WrongCard):
            if wipe_after and before.failed + 1 >= wipe_after:
                _wipe(folder)
            raise
        except KeystoreSilent:  # without its secret nothing was tried
            _write(folder, before)
            raise
        _write(folder, Tries())
        return found, before.failed


def _counted_before(folder: Path, now_ms: int, wipe_after: int) -> Tries:
    """Counts a try and gives what stood there. Raises TooManyTries, NotEnrolled."""
    if not has_slots(folder):
        raise NotEnrolled()
    before = _read(folder)
    if wipe_after and before.failed >= wipe_after:  # the power was cut between the last failure and the wipe
        _wipe(folder)
        raise NotEnrolled()
    left = left_s(before.failed, before.last_ms, now_ms)
    if left:
        raise TooManyTries(wait=as_clock(left))
    _write(folder, Tries(before.failed + 1, now_ms))
    return before


def _wipe(folder: Path) -> None:
    """Whoever serves sees the mark, ends, and what the keys opened is removed."""
    emptying.begin(folder)
    log.warning("too many wrong passphrases: the keys were destroyed, and what they opened goes too")


def _read(folder: Path) -> Tries:
    try:
        kept = json.loads((folder / ATTEMPTS_NAME).read_text())
        return Tries(int(kept["failed"]), int(kept["last_ms"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return Tries()


def _write(folder: Path, tries: Tries) -> None:
    write_whole(folder / ATTEMPTS_NAME, vars(tries))
