"""What is asked of a visit's records: open questions of a return, and who belongs to the team."""

from __future__ import annotations

from app.domain.merge import Candidate, Record
from app.domain.people import Person
from app.domain.visits import may_see, visit_of
from app.store.reads import VisitRecords


def record(subject: str, kind: str, heads: tuple[str, ...] = ("h",), **fields: object) -> Record:
    return Record(subject, kind, "visit:v", fields, {}, heads)  # type: ignore[arg-type]


VISIT = visit_of(record("v", "visit", team=["ana"], state="returned"))


def question(subject: str, indicator: str, seen: list[str], sent: bool = True) -> Record:
    return record(subject, "question", indicator=indicator, repeat="", seen=seen, sent=sent)


def returned(subject: str) -> Record:
    return record(subject, "review", decision="returned")


def test_a_question_stays_about_its_indicator_after_it_was_answered() -> None:
    """The answer is not closed at its first word, but when the visit is finished again."""
    asked = question("id1", "B1", seen=["old"])
    answers = {("B1", ""): record("v/B1", "answer", ("new",), value="no")}
    records = VisitRecords(VISIT, answers, questions=(asked,), reviews=(returned("id2"),))
    assert records.question_about("B1", "") == asked
    assert records.open_questions() == []


def test_a_question_that_was_not_sent_opens_nothing() -> None:
    records = VisitRecords(VISIT, questions=(question("id1", "B1", [], sent=False),), reviews=(returned("id2"),))
    assert records.question_about("B1", "") is None


def test_only_the_newest_return_opens_its_indicators() -> None:
    first, second = question("id1", "B1", []), question("id3", "A1", [])
    records = VisitRecords(VISIT, questions=(first, second), reviews=(returned("id2"), returned("id4")))
    assert records.question_about("B1", "") is None
    assert records.question_about("A1", "") == second


def test_the_question_of_another_room_opens_only_that_room() -> None:
    asked = record("id1", "question", indicator="C1", repeat="room-2", seen=[], sent=True)
    records = VisitRecords(VISIT, questions=(asked,), reviews=(returned("id2"),))
    assert records.question_about("C1", "room-2") == asked
    assert records.question_about("C1", "room-1") is None


def test_two_teams_that_stand_against_each_other_shut_nobody_out() -> None:
    sides = tuple(Candidate(f"e{n}", team, "ana", n) for n, team in enumerate((["ana", "dana"], ["ana", "cy"])))
    visit = visit_of(Record("v", "visit", "visit:v", {"state": "planned"}, {"team": sides}, ("e0", "e1")))
    assert visit.team == ("ana", "dana", "cy")
    assert all(may_see(monitor(name), visit, "") for name in ("ana", "dana", "cy"))
    assert not may_see(monitor("ben"), visit, "")


def monitor(name: str) -> Person:
    return Person(name, name, frozenset({"monitor"}))
