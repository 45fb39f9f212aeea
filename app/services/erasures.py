"""Consent withdrawn: what somebody said is destroyed on every node, and that it was said stays."""

from sqlmodel import Session

from app.domain import erasure
from app.domain.people import Person
from app.errors import NotAllowed, NotThere
from app.store import journal
from app.store.node import Node


def erase_entry(session: Session, person: Person, entry_id: str) -> None:
    """Destroys the body of an entry here, and on every node that it reached or still reaches.

    Anybody may erase what they wrote themselves; what others wrote only the office, by one who has that right. Once more
    changes nothing. Raises NotThere, and NotAllowed: also for an erasure, which is how everybody hears of it.
    """
    found = journal.entries_named(session, [entry_id])
    if not found:
        raise NotThere()
    node: Node = session.info["node"]
    is_office = node.role == "central" and person.may("erase")
    if found[0].kind == erasure.KIND or not (is_office or found[0].author == person.person_id):
        raise NotAllowed()
    journal.erase(session, entry_id, person.person_id, by_office=is_office)
