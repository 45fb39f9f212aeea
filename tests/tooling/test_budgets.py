"""The time that each suite may take."""

from pathlib import Path

from tests.budgets import BUDGET_S, broken, suite_of, told

TESTS = Path(__file__).resolve().parents[1]
WORKERS, CI_S = 2, 15 * 60


def test_every_suite_has_a_budget_and_together_they_fit() -> None:
    suites = {path.parent.relative_to(TESTS).parts[0] for path in TESTS.glob("*/**/test_*.py")}
    assert suites == set(BUDGET_S)
    assert sum(BUDGET_S.values()) <= WORKERS * CI_S


def test_a_test_counts_for_its_folder() -> None:
    assert suite_of("tests/store/test_slots.py::test_one[a::b]") == "store"
    assert suite_of("tests/test_arrows.py::test_one") == "test_arrows"


def test_a_suite_that_took_twice_its_budget_breaks_it_and_a_slow_machine_does_not() -> None:
    in_time = dict(BUDGET_S)
    assert broken(in_time | {"store": BUDGET_S["store"] * 2.2, "test_arrows": 1e6}) == ["store"]
    assert broken({suite: 3 * may for suite, may in in_time.items()}) == []
    assert broken({}) == []
    assert told({"web": 1.0, "store": BUDGET_S["store"]})[0].startswith("store")
