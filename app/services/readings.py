"""How the office comes to read a sealed interview: a reviewer says why, perhaps a second agrees, a file is given out.

What is given out is still sealed: it is opened by `baqylau read-interview` with a key that this server never has. The
row of the audit log is written in the same transaction that hands the file over, so there is no file without a row.
"""

from sqlmodel import Session

from app.domain import audit as acts
from app.domain import readings as rules
from app.domain.interviews import sealed_keys
from app.domain.merge import Record
from app.domain.people import Person
from app.domain.readings import Given, Reading
from app.errors import InvalidInput, NotAllowed, NotThere
from app.services.texts import kept_text
from app.store import audit, reads
from app.store import readings as kept
from app.store.node import Node
from app.store.vault import key_fingerprint


def interview_for(session: Session, person: Person, visit_id: str, interview_id: str) -> Record:
    """A closed interview of a visit that the person reviews. Raises NotThere, NotAllowed."""
    visit = reads.visit_for(session, person, visit_id)
    if not person.may("read_interviews"):
        raise NotAllowed()
    found = reads.record(session, interview_id)
    if found is None or found.kind != "interview" or found.scope != visit.scope or not sealed_keys(found.fields):
        raise NotThere()  # also when it was erased
    return found


def ask(session: Session, person: Person, visit_id: str, interview_id: str, purpose: str) -> str:
    """Writes down who wants to read which interview and why. Returns the id of the request. Raises InvalidInput."""
    interview_for(session, person, visit_id, interview_id)
    why = kept_text("purpose", purpose, rules.MOST_PURPOSE)
    if len(why) < rules.LEAST_PURPOSE:
        raise InvalidInput("Say what you need to read it for, in a sentence.", "purpose")
    node: Node = session.info["node"]
    reading = Reading(node.clock.new_id(), interview_id, visit_id, person.person_id, why, node.clock.now_ms())
    kept.add(session, reading)
    told = {"reading": reading.reading_id, "visit": visit_id, "purpose": why}
    audit.note(session, person.person_id, acts.READING_ASKED, interview_id, told)
    return reading.reading_id


def confirm(session: Session, person: Person, visit_id: str, interview_id: str, reading_id: str) -> None:
    """A second reviewer agrees. Raises InvalidInput for the one who asked, and when it is too late."""
    interview_for(session, person, visit_id, interview_id)
    reading = kept.reading_of(session, interview_id, reading_id)
    if reading.asked_by == person.person_id:
        raise InvalidInput("Another reviewer has to agree, not the one who asked.")
    _require_time(session, reading)
    if reading.confirmed_by is None:
        kept.confirm(session, reading_id, person.person_id)
        audit.note(session, person.person_id, acts.READING_CONFIRMED, interview_id, {"reading": reading_id})


def give_out(
    session: Session, person: Person, visit_id: str, interview_id: str, reading_id: str, needs_second: bool
) -> bytes:
    """The file for the reader, to the one who asked. Raises NotThere for others, InvalidInput while it may not be."""
    interview = interview_for(session, person, visit_id, interview_id)
    reading = kept.reading_of(session, interview_id, reading_id)
    if reading.asked_by != person.person_id:
        raise NotThere()
    _require_time(session, reading)
    if reading.waits(needs_second):
        raise InvalidInput("A second reviewer has to agree first.")
    node: Node = session.info["node"]
    names = reads.people(session)
    confirmed = names.get(reading.confirmed_by or "")
    given = Given(
        reading_id=reading_id,
        interview_id=interview_id,
        visit_id=visit_id,
        code=interview.text("code"),
        central=key_fingerprint(node.public_key),
        asked_by=person.name,
        confirmed_by=confirmed.name if confirmed else "",
        purpose=reading.purpose,
        until_ms=reading.asked_at_ms + rules.HOURS * 3_600_000,
        sealed=tuple(kept.sealed_entries(session, interview_id)),
    )
    told = {"reading": reading_id, "visit": visit_id, "purpose": reading.purpose}
    audit.note(session, person.person_id, acts.INTERVIEW_GIVEN_OUT, interview_id, told)
    text = rules.text_of(given)
    return rules.written(text, node.sign(rules.signed_message(text)))


def _require_time(session: Session, reading: Reading) -> None:
    node: Node = session.info["node"]
    if reading.is_over(node.clock.now_ms()):
        raise InvalidInput("This request is older than a day. Ask again.")
