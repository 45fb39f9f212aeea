"""What the office does with a finished visit: ask, return, approve. Every decision names what it looked at."""

from collections.abc import Sequence

from sqlmodel import Session

from app.domain.audit import VISIT_APPROVED, VISIT_RETURNED
from app.domain.checklist import CompiledChecklist
from app.domain.journal import Draft, Json
from app.domain.people import Person
from app.domain.visits import Visit
from app.errors import InvalidInput, MoveNotAllowed, NotAllowed, NotThere, ReasonNeeded, SecondPersonNeeded
from app.services.answers import find_place
from app.services.texts import kept_text
from app.store import audit, journal, reads
from app.store.node import Node
from app.store.reads import VisitRecords


def ask_question(
    session: Session,
    person: Person,
    records: VisitRecords,
    checklist: CompiledChecklist,
    indicator_id: str,
    repeat_id: str,
    question: str,
) -> str:
    """A question about one indicator. It goes out, and reopens just that indicator, when the visit is returned."""
    _require_reviewer(person, records.visit)
    place = find_place(checklist, records, indicator_id, repeat_id)
    if records.visit.state != "finished":
        raise MoveNotAllowed()
    if not question.strip():
        raise InvalidInput("Write the question first.", "question")
    answer = records.answers.get((place.indicator.id, repeat_id))
    node: Node = session.info["node"]
    subject = node.clock.new_id()
    sets: dict[str, Json] = {
        "indicator": place.indicator.id,
        "repeat": repeat_id,
        "question": kept_text("question", question),
        "seen": list(answer.heads) if answer else [],
        "sent": False,
    }
    journal.append(session, Draft("question", subject, records.visit.scope, sets), person.person_id)
    return subject


def return_for_correction(session: Session, person: Person, records: VisitRecords, reason: str) -> None:
    """Sends the visit back with the questions asked. Raises ReasonNeeded; a return without a question is refused."""
    visit = records.visit
    _require_reviewer(person, visit)
    if not visit.may_move("returned"):
        raise MoveNotAllowed()
    if not reason.strip():
        raise ReasonNeeded()
    waiting = [question for question in records.questions if not question.is_on("sent")]
    if not waiting:
        raise InvalidInput("Ask at least one question, so that the team knows what to correct.", "question")
    drafts = [Draft("question", q.subject, visit.scope, {"sent": True}, q.heads) for q in waiting]
    drafts.append(_decision(session, visit, "returned", reason, records.heads()))
    drafts.append(
        Draft(
            "visit",
            visit.visit_id,
            visit.scope,
            {"state": "returned", "return_reason": kept_text("reason", reason)},
            visit.heads,
        )
    )
    journal.append_all(session, drafts, person.person_id)
    audit.note(session, person.person_id, VISIT_RETURNED, visit.visit_id)


def approve_visit(session: Session, person: Person, records: VisitRecords, reason: str) -> None:
    """Approves the visit. By a second person: not of the team, and not who returned it last.

    Raises SecondPersonNeeded, ReasonNeeded, MoveNotAllowed.
    """
    visit = records.visit
    _require_reviewer(person, visit)
    if not visit.may_move("approved"):
        raise MoveNotAllowed()
    if not may_approve(session, person, records):
        raise SecondPersonNeeded()
    if not reason.strip():
        raise ReasonNeeded()
    drafts = [
        _decision(session, visit, "approved", reason, records.heads()),
        Draft("visit", visit.visit_id, visit.scope, {"state": "approved"}, visit.heads),
    ]
    journal.append_all(session, drafts, person.person_id)
    audit.note(session, person.person_id, VISIT_APPROVED, visit.visit_id)


def may_approve(session: Session, person: Person, records: VisitRecords) -> bool:
    """Two people: whoever was on the team or asked this visit back cannot be the one who approves it."""
    if person.person_id in records.visit.team:
        return False
    returned = [review for review in records.reviews if review.text("decision") == "returned"]
    if not returned:
        return True
    authors = reads.made_at_of(session, [head for review in returned for head in review.heads])
    return person.person_id not in {author for author, _ in authors.values()}


def is_stale(records: VisitRecords) -> bool:
    """True when something changed after the newest decision: the decision is then old, never wrong."""
    decisions = sorted(records.reviews, key=lambda review: review.subject)
    return bool(decisions) and sorted(decisions[-1].texts("reviewed")) != records.heads()


def _decision(session: Session, visit: Visit, decision: str, reason: str, reviewed: Sequence[str]) -> Draft:
    node: Node = session.info["node"]
    sets: dict[str, Json] = {"decision": decision, "reason": kept_text("reason", reason), "reviewed": list(reviewed)}
    return Draft("review", node.clock.new_id(), visit.scope, sets)


def _require_reviewer(person: Person, visit: Visit) -> None:
    if not person.may("review"):
        raise NotAllowed()
    if not visit.visit_id:
        raise NotThere()
