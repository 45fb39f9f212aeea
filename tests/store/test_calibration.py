"""What a try costs: as much as can be waited for, never less than the floor."""

import pytest

from app.config import Settings
from app.store.calibration import FLOOR, USUAL, asked_cost, calibrated, office_cost
from app.store.vault import Cost


@pytest.mark.parametrize(
    ("ms_per_mib_and_round", "cost"),
    [
        (0.1, Cost(64, 20)),  # a desktop computer: the rounds are bounded
        (1.0, Cost(64, 11)),
        (1.7, Cost(64, 6)),  # here
        (5.0, Cost(64, 3)),  # 0.96 s: the usual cost is still bearable
        (6.0, Cost(32, 3)),  # an old tablet: less memory
        (16.0, Cost(19, 2)),
        (500.0, Cost(19, 2)),  # and never less, however long it takes
    ],
)
def test_a_quick_computer_works_longer_and_a_slow_one_with_less_memory(ms_per_mib_and_round: float, cost: Cost) -> None:
    def seconds_of(one: Cost) -> float:
        return one.memory_mib * one.rounds * ms_per_mib_and_round / 1000

    found = calibrated(seconds_of)
    assert found == cost
    assert found == FLOOR or seconds_of(found) <= 1.0
    assert found.memory_mib >= 19 and found.rounds >= 2


def test_this_computer_can_be_measured() -> None:
    assert calibrated().memory_mib in (64, 32, 19)


def test_the_settings_go_before_what_was_measured() -> None:
    given = {"role": "device", "passphrase_rounds": None, "passphrase_memory_mib": None}
    assert asked_cost(Settings(**given)) is None
    assert asked_cost(Settings(**given | {"passphrase_rounds": 5})) == Cost(64, 5)
    assert asked_cost(Settings(**given | {"passphrase_memory_mib": 19})) == Cost(19, 3)
    assert office_cost(Settings(**given)) == USUAL
