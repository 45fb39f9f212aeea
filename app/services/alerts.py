"""The red button: raise an alert, say whom one told; and the office, which says that it knows, and how it ended."""

from collections.abc import Collection, Sequence

from sqlmodel import Session

from app.domain.alerts import (
    ACKNOWLEDGED,
    ALERT,
    CLOSED,
    DANGERS,
    DECISION,
    HOW,
    OUTCOMES,
    RECIPIENTS,
    TOLD,
    WORDS_MAX,
    Alert,
    may_raise,
)
from app.domain.audit import ALERT_ACKNOWLEDGED, ALERT_CLOSED
from app.domain.journal import ALERT_LANE, Draft, Json, is_entry_id
from app.domain.people import Person
from app.domain.visits import Visit
from app.errors import InvalidInput, MoveNotAllowed, NotAllowed, NotThere
from app.services.texts import kept_text
from app.store import alerts, audit, journal, reads
from app.store.node import Node


def raise_alert(session: Session, person: Person, visit: Visit, alert_id: str, danger: str) -> str:
    """Writes that a child is in danger, here, now; it is sent before everything else. Returns the alert's id.

    `alert_id`: made when the page was; the same tap twice is one alert. Another danger from the same page gets an id
    of its own: nothing may be lost. Raises NotAllowed, MoveNotAllowed once the visit is approved, InvalidInput.
    """
    if person.person_id not in visit.team:
        raise NotAllowed()
    if not may_raise(person, visit):
        raise MoveNotAllowed()
    if danger not in DANGERS:
        raise InvalidInput("Choose what the danger is.", "danger")
    before = reads.record(session, alert_id)
    if before and (before.kind, before.scope, before.text("danger")) == (ALERT, visit.scope, danger):
        return alert_id
    subject = alert_id if is_entry_id(alert_id) and before is None else _new_id(session)
    sets: dict[str, Json] = {"danger": danger, "institution": visit.institution_id}
    journal.append(session, Draft(ALERT, subject, visit.scope, sets), person.person_id, ALERT_LANE)
    return subject


def describe_alert(session: Session, person: Person, visit: Visit, alert_id: str, words: str) -> None:
    """What and where, in a few words of the one who raised it. Raises NotThere, NotAllowed, InvalidInput."""
    alert = _alert(session, visit, alert_id)
    if person.person_id != alert.raised.author:
        raise NotAllowed()
    kept = kept_text("words", words, WORDS_MAX)
    before = alerts.record_in(session, visit.visit_id, ALERT, alert_id)
    if kept != before.text("words"):
        draft = Draft(ALERT, alert_id, visit.scope, {"words": kept}, before.heads)
        journal.append(session, draft, person.person_id, ALERT_LANE)


def note_told(
    session: Session, person: Person, visit: Visit, alert_id: str, told_id: str, recipient: str, how: str
) -> None:
    """Somebody was told just now. `told_id`: made when the page was; the same tap twice counts once.

    Raises NotThere, NotAllowed, InvalidInput.
    """
    _alert(session, visit, alert_id)
    if person.person_id not in visit.team:
        raise NotAllowed()
    if recipient not in RECIPIENTS or how not in HOW:
        raise InvalidInput("Choose whom you told, and how.", "recipient")
    if reads.record(session, told_id) is not None:
        return
    if not is_entry_id(told_id):
        raise NotThere()
    sets: dict[str, Json] = {"alert": alert_id, "recipient": recipient, "how": how}
    journal.append(session, Draft(TOLD, told_id, visit.scope, sets), person.person_id, ALERT_LANE)


def take_back_told(session: Session, person: Person, visit: Visit, told_id: str) -> None:
    """A slip of the finger: nobody was told. Only by who wrote it; the history keeps both. Raises NotThere, NotAllowed."""
    before = alerts.record_in(session, visit.visit_id, TOLD, told_id)
    authors = {
        one.act.author
        for alert in alerts.in_visit(session, visit.visit_id)
        for one in alert.told
        if one.told_id == told_id
    }
    if authors != {person.person_id}:
        raise NotAllowed()
    draft = Draft(TOLD, told_id, visit.scope, {"removed": True}, before.heads)
    journal.append(session, draft, person.person_id, ALERT_LANE)


def acknowledge(session: Session, person: Person, visit_id: str, alert_ids: Collection[str]) -> None:
    """The office knows of these alerts. Those that somebody acknowledged already stay as they are.

    Raises NotAllowed, NotThere when one of them is not of this visit.
    """
    for alert in _alerts_for_office(session, person, visit_id, alert_ids):
        if alert.is_waiting:
            _decide(session, person, alert, {"decision": ACKNOWLEDGED})
            audit.note(session, person.person_id, ALERT_ACKNOWLEDGED, alert.visit_id, {"alert": alert.alert_id})


def close_alerts(
    session: Session, person: Person, visit_id: str, alert_ids: Collection[str], outcome: str, words: str
) -> None:
    """How it ended. Closing what nobody acknowledged says that the office knows, too.

    Raises NotAllowed, NotThere, InvalidInput without an outcome of the list or, for another one, without words.
    """
    found = _alerts_for_office(session, person, visit_id, alert_ids)
    if outcome not in OUTCOMES:
        raise InvalidInput("Choose how it ended.", "outcome")
    kept = kept_text("words", words, WORDS_MAX)
    if outcome == "other" and not kept:
        raise InvalidInput("Say in a few words how it ended. No names.", "words")
    acknowledge(session, person, visit_id, alert_ids)
    for alert in found:
        if not alert.closed:
            _decide(session, person, alert, {"decision": CLOSED, "outcome": outcome, "words": kept})
            told: dict[str, Json] = {"alert": alert.alert_id, "outcome": outcome}
            audit.note(session, person.person_id, ALERT_CLOSED, alert.visit_id, told)


def _alert(session: Session, visit: Visit, alert_id: str) -> Alert:
    found = next((one for one in alerts.in_visit(session, visit.visit_id) if one.alert_id == alert_id), None)
    if found is None:
        raise NotThere()
    return found


def _alerts_for_office(session: Session, person: Person, visit_id: str, alert_ids: Collection[str]) -> Sequence[Alert]:
    node: Node = session.info["node"]
    if node.role != "central" or not person.may("review"):
        raise NotAllowed()
    found = [one for one in alerts.in_visit_for_office(session, person, visit_id) if one.alert_id in alert_ids]
    if {one.alert_id for one in found} != set(alert_ids) or not found:
        raise NotThere()
    return found


def _decide(session: Session, person: Person, alert: Alert, sets: dict[str, Json]) -> None:
    draft = Draft(DECISION, _new_id(session), f"visit:{alert.visit_id}", {"alert": alert.alert_id, **sets})
    journal.append(session, draft, person.person_id, ALERT_LANE)


def _new_id(session: Session) -> str:
    node: Node = session.info["node"]
    return node.clock.new_id()
