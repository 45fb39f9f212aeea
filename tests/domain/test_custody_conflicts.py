"""The custody clocks while two people say different things of one file: nothing definite hangs on one of the sides."""

from __future__ import annotations

import pytest

from app.domain.cases import case_of
from app.domain.custody import judge
from app.domain.custody_verdict import DISPUTED, Verdict
from app.domain.journal import Json
from app.domain.merge import Candidate, Record
from tests.domain.test_custody import ALMATY, NOW, RULES

HELD = {"time.arrest.log": "2026-03-05T10:00", "age": 16, "is_suspect": True}


def verdicts(fields: dict[str, Json], **conflicts: tuple[Json, Json]) -> dict[str, Verdict]:
    sides = {
        name.replace("__", "."): tuple(Candidate(str(n), value, "p", n) for n, value in enumerate(said))
        for name, said in conflicts.items()
    }
    case = case_of(Record("v/case/f", "case", "s", {**HELD, **fields}, sides), ALMATY)
    return {one.rule.id: one for one in judge(case, RULES, NOW)}


ORDER = {"time.court_order.record": "2026-03-06T20:00"}  # 34 h
GROUND = {**ORDER, "ground": 2}
RELEASE = {"time.release.log": "2026-03-05T20:00"}


@pytest.mark.parametrize(
    ("rule_id", "fields", "fact", "said", "expected"),
    [
        ("K1", {**ORDER, "ground_recorded": True}, "ground", (2, 3), "kept"),  # by each of the two
        ("K1", {**ORDER, "ground_recorded": True}, "ground", (2, None), "cannot_tell"),
        ("K1", GROUND, "ground_recorded", (True, False), "cannot_tell"),
        ("K1", ORDER, "is_suspect", (True, False), "cannot_tell"),
        ("G1", ORDER, "is_suspect", (True, False), "cannot_tell"),
        ("I1", ORDER, "is_suspect", (True, False), "breach"),
        ("K16", RELEASE, "administrative", (True, False), "cannot_tell"),
        ("K16", {**RELEASE, "administrative": True}, "border", (True, False), "cannot_tell"),
        ("K8", {"time.embassy_told.log": "2026-03-09T10:00"}, "foreign", (True, False), "cannot_tell"),
        ("K17", {"time.release.log": "2026-03-09T20:00"}, "extradition", (True, False), "cannot_tell"),
        ("K5", {"time.record.log": "2026-03-05T11:00"}, "never__prosecutor_told", (True, None), "cannot_tell"),
    ],
)
def test_what_hangs_on_a_fact_in_conflict_nobody_can_tell(
    rule_id: str, fields: dict[str, Json], fact: str, said: tuple[Json, Json], expected: str
) -> None:
    found = verdicts(fields, **{fact: said})[rule_id]
    assert found.outcome == expected
    if expected == "cannot_tell":
        assert (found.why.sentence, found.why.params["event"]) == (DISPUTED, fact.replace("__", "."))


def test_the_fact_that_decides_is_named() -> None:
    found = verdicts(GROUND, foreign=(True, False), ground_recorded=(True, False))["K1"]
    assert found.why.params["event"] == "ground_recorded"


@pytest.mark.parametrize("known", ["start", "end"])
def test_a_questioning_with_an_end_in_conflict_stays_open(known: str) -> None:
    other = "end" if known == "start" else "start"
    said = ("2026-03-06T11:00", "2026-03-06T13:00")
    fields: dict[str, Json] = {f"questioning.1.{known}": "2026-03-06T10:00"}
    assert verdicts(fields, **{f"questioning__1__{other}": said})["K12"].outcome == "cannot_tell"
    both = verdicts({}, questioning__1__start=said, questioning__1__end=said)
    assert both["K12"].outcome == "cannot_tell"


def test_too_many_conflicts_at_once_leave_nothing_told() -> None:
    names = ["foreign", "administrative", "extradition", "border", "extended", "listed", "is_suspect"]
    found = verdicts(ORDER, **dict.fromkeys(names, (True, False)))
    assert {one.outcome for one in found.values()} == {"cannot_tell"}


@pytest.mark.parametrize("field", [{"ground": 99}, {"ground": []}, {"time.release.log": "0001-01-01T00:00"}])
def test_a_value_that_this_version_does_not_know_is_left_out(field: dict[str, Json]) -> None:
    case = case_of(Record("v/case/f", "case", "s", {**HELD, **field}), ALMATY)
    assert case.ground is None and not case.told("release")
