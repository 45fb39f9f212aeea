"""The red button's rules: whom to tell, what the records add up to, what stands together."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.alerts import (
    ALERT,
    CONTACT_OF,
    CUSTODY_TYPES,
    DANGERS,
    DECISION,
    RECIPIENTS,
    TOLD,
    Act,
    Alert,
    Due,
    alerts_of,
    due_of,
    together,
    whom_to_tell,
)
from app.domain.contacts import WHATS
from app.domain.journal import Json
from app.domain.merge import Record
from app.web.words import INSTITUTION_TYPE
from tests.builders import ANA, BEN, CY

STANDARDS = Path(__file__).resolve().parents[2] / "checklists" / "standards"


def record(kind: str, subject: str, **fields: Json) -> Record:
    return Record(subject, kind, "visit:v", fields, {}, (subject,))


def added_up(*records: Record, **acts: Act) -> list[Alert]:
    known = {one.subject: Act(ANA, at) for at, one in enumerate(records, start=1)} | acts
    return alerts_of(records, known)


@pytest.mark.parametrize("danger", DANGERS)
def test_the_lead_is_told_of_every_danger_first_and_the_duty_line_always(danger: str) -> None:
    told = [advice.recipient for advice in whom_to_tell(danger, "ivs")]
    assert told[0] == "team_lead" and "commissioner" in told
    assert len(told) == len(set(told)) and set(told) <= set(RECIPIENTS)


def test_no_provision_is_named_that_the_library_does_not_have() -> None:
    texts = "\n".join(path.read_text("utf-8") for path in STANDARDS.glob("*.yaml"))
    named = {one for danger in DANGERS for advice in whom_to_tell(danger, "ivs") for one in advice.provisions}
    assert len(named) > 5
    assert [one for one in named if f"- id: {one}\n" not in texts] == []


def test_the_law_on_places_of_custody_is_named_only_where_it_applies() -> None:
    assert set(CUSTODY_TYPES) <= set(INSTITUTION_TYPE)
    for danger in DANGERS:
        for advice in whom_to_tell(danger, "boarding_school"):
            assert not [one for one in advice.provisions if one.startswith("kz.l353")]
    medic = {one.recipient: one.provisions for one in whom_to_tell("needs_doctor", "ivs")}
    assert medic["procurator"] == ("kz.l353.23.4",)


def test_every_recipient_but_the_lead_has_a_kind_of_contact() -> None:
    assert set(CONTACT_OF) == set(RECIPIENTS) - {"team_lead"} and set(CONTACT_OF.values()) <= set(WHATS)


def test_an_alert_goes_from_raised_to_told_to_known_to_closed() -> None:
    alert = record(ALERT, "a", danger="suicide", institution="i", words="2-қабат")
    told = record(TOLD, "t", alert="a", recipient="ambulance", how="by_phone")
    known = record(DECISION, "k", alert="a", decision="acknowledged")
    closed = record(DECISION, "c", alert="a", decision="closed", outcome="safe", words="дәрігер көрді")
    states = [added_up(*records)[0] for records in ((alert,), (alert, told), (alert, told, known))]
    assert [one.state for one in states] == ["raised", "told", "acknowledged"]
    assert [one.is_waiting for one in states] == [True, True, False]
    (ended,) = added_up(alert, told, known, closed)
    assert (ended.state, ended.outcome, ended.closing_words) == ("closed", "safe", "дәрігер көрді")
    assert (ended.institution_id, ended.words, ended.raised.author) == ("i", "2-қабат", ANA)
    assert [(one.recipient, one.how, one.act.author) for one in ended.told] == [("ambulance", "by_phone", ANA)]


def test_a_note_is_due_after_a_day_and_the_outcome_after_three_until_it_is_closed() -> None:
    alert = record(ALERT, "a", danger="held")
    called = record(TOLD, "t", alert="a", recipient="commissioner", how="by_phone")
    written = record(TOLD, "w", alert="a", recipient="commissioner", how="in_writing")
    at = {"a": Act(ANA, 1000)}
    day = 24 * 3_600_000
    assert due_of(added_up(alert, called, **at)) == [Due("note", 1000 + day), Due("check", 1000 + 3 * day)]
    assert due_of(added_up(alert, written, **at)) == [Due("check", 1000 + 3 * day)]
    assert due_of(added_up(alert, record(DECISION, "c", alert="a", decision="closed", outcome="safe"))) == []


def test_who_knew_first_is_who_knows_and_what_is_of_another_alert_counts_for_that() -> None:
    early, late = record(DECISION, "k1", alert="a", decision="acknowledged"), Act(CY, 9)
    other = record(DECISION, "k2", alert="a", decision="acknowledged")
    (alert,) = added_up(record(ALERT, "a", danger="held"), other, early, k1=Act(BEN, 3), k2=late)
    assert alert.acknowledged == Act(BEN, 3)
    (alert,) = added_up(record(ALERT, "a", danger="held"), record(DECISION, "k", alert="b", decision="closed"))
    assert alert.state == "raised"


def test_what_was_taken_back_was_not_told() -> None:
    told = record(TOLD, "t", alert="a", recipient="police", how="in_person", removed=True)
    assert added_up(record(ALERT, "a", danger="held"), told)[0].told == ()


def test_a_danger_of_a_newer_version_or_an_erased_one_is_not_lost() -> None:
    found = added_up(record(ALERT, "a", danger="flood"), record(ALERT, "b"))
    assert [one.danger for one in found] == ["other", "other"]
    (closed,) = added_up(record(ALERT, "a"), record(DECISION, "c", alert="a", decision="closed", outcome="new"))
    assert closed.outcome == "other"


def test_the_same_danger_raised_by_two_stands_together_and_both_are_kept() -> None:
    alerts = added_up(
        record(ALERT, "a", danger="held"), record(ALERT, "b", danger="alone"), record(ALERT, "c", danger="held")
    )
    assert [[one.alert_id for one in group] for group in together(alerts)] == [["a", "c"], ["b"]]


def test_what_was_closed_stands_apart_from_what_was_raised_again() -> None:
    closed = record(DECISION, "x", alert="a", decision="closed", outcome="safe")
    alerts = added_up(record(ALERT, "a", danger="held"), record(ALERT, "c", danger="held"), closed)
    assert [[one.alert_id for one in group] for group in together(alerts)] == [["a"], ["c"]]
