"""What people do with a sampled file: write down its times and facts for the custody clocks."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.clock import as_moment
from app.domain.cases import CheckedCase, case_subject, check_case
from app.domain.journal import Draft
from app.domain.merge import Record, as_seen
from app.domain.people import Person
from app.domain.visits import may_answer
from app.errors import InvalidInput, NotThere, VisitLocked
from app.services.answers import Sight
from app.services.visits import start_if_planned
from app.store import journal, taps
from app.store.node import Node
from app.store.reads import VisitRecords


def find_file(records: VisitRecords, repeat_id: str) -> Record:
    """The sampled file of the visit. Raises NotThere for a room, or an id that the visit does not have."""
    found = next((one for one in records.repeats if one.subject == repeat_id and one.text("kind") == "file"), None)
    if found is None:
        raise NotThere()
    return found


def may_write(person: Person, records: VisitRecords, repeat_id: str) -> bool:
    """As for the answers about the file: a returned visit is open where the office asked about it."""
    asked = [question.text("indicator") for question in records.questions if question.text("repeat") == repeat_id]
    return may_answer(person, records.visit, any(records.question_about(name, repeat_id) for name in asked))


def record_case(
    session: Session,
    person: Person,
    records: VisitRecords,
    repeat_id: str,
    typed: Mapping[str, str],
    sight: Sight,
    zone: ZoneInfo,
) -> None:
    """Writes what of the posted fields was changed as one entry, with what the author saw as its parents.

    Times are local minutes in `zone`. A tap that comes twice is written once. Raises VisitLocked, InvalidInput (with
    the field) and NotThere; then nothing is written.
    """
    if sight.tap and taps.entry_of(session, sight.tap):
        return
    _require_open(person, records, repeat_id)
    subject = case_subject(records.visit.visit_id, repeat_id)
    previous = taps.entry_of(session, sight.previous_tap) if sight.previous_tap else None
    checked = _checked(session, records.cases.get(repeat_id), subject, typed, previous, zone)
    for problem in checked.problems:
        raise InvalidInput(problem.sentence, problem.field, **problem.params)
    if checked.sets:
        start_if_planned(session, person, records.visit)
        seen = taps.parents_of(session, subject, sight.seen, sight.previous_tap)
        draft = Draft("case", subject, records.visit.scope, dict(checked.sets), seen)
        previous = journal.append(session, draft, person.person_id).entry_id
    if previous:  # words that change nothing lead on from the page's last entry
        taps.remember(session, sight.tap, previous)


def _require_open(person: Person, records: VisitRecords, repeat_id: str) -> None:
    find_file(records, repeat_id)
    if not may_write(person, records, repeat_id):
        raise VisitLocked()


def _checked(
    session: Session,
    held: Record | None,
    subject: str,
    typed: Mapping[str, str],
    previous: str | None,
    zone: ZoneInfo,
) -> CheckedCase:
    node: Node = session.info["node"]
    seen = as_seen(journal.entries_of(session, subject), [previous]) if previous else None
    return check_case(typed, held.fields if held else {}, as_moment(node.clock.now_ms()), zone, seen or None)
