"""How long one has to wait after wrong passphrases: each failure doubles the wait, so that guessing is hopeless.

The figures are of reliability.md, section 4.1 ("Brute-force PIN"): 1 s to 15 min.
"""

from typing import Final

LONGEST_WAIT_S: Final = 15 * 60
FORGOTTEN_AFTER_S: Final = 24 * 3600  # an office forgets the failures of yesterday


def wait_s(failed: int, free: int = 0, longest_s: int = LONGEST_WAIT_S) -> int:
    """Seconds from the last of `failed` tries to the next; the first `free` failures cost nothing."""
    counted = failed - free
    return 0 if counted <= 0 else min(2 ** min(counted - 1, 30), longest_s)


def left_s(failed: int, last_ms: int, now_ms: int, free: int = 0, longest_s: int = LONGEST_WAIT_S) -> int:
    """Seconds still to wait, rounded up; 0 when the next try is possible.

    A clock that was set back counts like one that went on: who can set it can set it forward as well, and nobody is to
    wait for years because it was wrong once.
    """
    passed_ms = abs(now_ms - last_ms)
    return max(0, -(-(wait_s(failed, free, longest_s) * 1000 - passed_ms) // 1000))


def as_clock(seconds: int) -> str:
    """A wait as minutes and seconds, "14:59", which reads alike in every language."""
    return f"{seconds // 60}:{seconds % 60:02d}"
