"""What a try of a passphrase is to cost on this computer: as much as a person who signs in can be asked to wait."""

import time
from collections.abc import Callable
from typing import Final

from app.config import Settings
from app.store.vault import Cost, stretched

WAIT_S: Final = 0.75  # of an unlock of 1.5 s at most, on a tablet that may have other work then
SLOWEST_S: Final = 1.0  # a tablet that needs longer for the usual memory gets less of it
# OWASP, Password Storage Cheat Sheet: no less than 19 MiB and 2 rounds. The first is what reliability.md, 4.1 asks for.
USUAL, FLOOR = Cost(64, 3), Cost(19, 2)
STEPS: Final = (USUAL, Cost(32, 2), FLOOR)
MOST_ROUNDS: Final = 20  # as the settings allow
RUNS: Final = 3  # the quickest counts: other work makes a run slower, never quicker


def calibrated(seconds_of: Callable[[Cost], float] | None = None) -> Cost:
    """The most memory of 64, 32 and 19 MiB with which the fewest rounds are bearable, and as many rounds as are.

    `seconds_of`: how long one run of a cost takes here; measured when it is not given, which takes a second.
    """
    for least in STEPS:
        round_s = (seconds_of or _measured)(Cost(least.memory_mib, 1))
        if least == FLOOR or round_s * least.rounds <= SLOWEST_S:
            break
    return Cost(least.memory_mib, max(least.rounds, min(MOST_ROUNDS, int(WAIT_S / round_s))))


def asked_cost(settings: Settings) -> Cost | None:
    """The cost that the settings name; None when they leave it to the computer."""
    if settings.passphrase_memory_mib is None and settings.passphrase_rounds is None:
        return None
    return Cost(settings.passphrase_memory_mib or USUAL.memory_mib, settings.passphrase_rounds or USUAL.rounds)


def office_cost(settings: Settings) -> Cost:
    """What a sign-in at central costs. Not measured: many sign in there at once, and it has other work."""
    return asked_cost(settings) or USUAL


def _measured(cost: Cost) -> float:
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        stretched("four words to measure", bytes(16), cost)
        taken.append(time.perf_counter() - began)
    return min(taken)
