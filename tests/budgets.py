"""How long the tests of each suite may take, added up over both processes: the whole fits into 15 minutes on two cores.

A run says what each suite took. A slow machine slows all suites alike, so one that took twice its budget at the pace of
the whole run fails it: that suite has grown, and is cut or moved behind `--long` before the next test is added.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

BUDGET_S: Final[Mapping[str, float]] = {
    "browser": 550,
    "checklists": 12,
    "cli": 190,
    "domain": 20,
    "export": 36,
    "faults": 100,
    "lock": 55,
    "simulator": 34,
    "store": 50,
    "sync": 245,
    "tooling": 4,
    "web": 495,
}
TOO_MUCH: Final = 2.0


def suite_of(node_id: str) -> str:
    """The folder below tests/ in which a test lies; its own file's name for one beside them."""
    parts = PurePosixPath(node_id.partition("::")[0]).parts
    return parts[1].removesuffix(".py") if len(parts) > 1 else node_id


def told(spent_s: Mapping[str, float]) -> list[str]:
    """A line for each suite that has a budget, the one that took most of its own first."""
    suites = sorted((one for one in spent_s if one in BUDGET_S), key=lambda one: -spent_s[one] / BUDGET_S[one])
    return [f"{one:<10} {spent_s[one]:5.0f} s of {BUDGET_S[one]:3.0f}" for one in suites]


def broken(spent_s: Mapping[str, float]) -> list[str]:
    """The suites that took more than twice what they may, at the pace of the run."""
    ran = [one for one in spent_s if one in BUDGET_S]
    pace = max(1.0, sum(spent_s[one] for one in ran) / sum(BUDGET_S[one] for one in ran)) if ran else 1.0
    return sorted(one for one in ran if spent_s[one] > TOO_MUCH * pace * BUDGET_S[one])
