"""Who a subject of the office's own sign-in (OpenID Connect) is. Only an administrator links one; nothing is guessed."""

from typing import Final

from sqlalchemy import delete, select
from sqlmodel import Session

from app.domain.audit import OFFICE_SIGN_IN_SET
from app.domain.people import Person
from app.errors import InvalidInput
from app.errors_of_signing_in import NotLinked
from app.store import audit, reads
from app.store.sign_in_tables import OfficeSignInRow
from app.store.tables import table

LINKED: Final = table(OfficeSignInRow)
MOST: Final = 255  # signs of a subject; OpenID Connect Core 1.0, section 2


def mark_of(issuer: str, subject: str) -> str:
    """Issuer and subject as they are kept together: another issuer's "42" is somebody else. "" for no subject."""
    return f"{issuer} {subject}" if subject else ""


def subject_in(mark: str) -> str:
    """The subject of a mark."""
    return mark.partition(" ")[2]


def mark_behind(session: Session, person_id: str) -> str:
    """Issuer and subject that sign in as this person; "" for none."""
    found: str | None = session.execute(select(LINKED.c.mark).where(LINKED.c.person_id == person_id)).scalar()
    return found or ""


def require_free(session: Session, person_id: str, mark: str) -> None:
    """Raises InvalidInput for the subject of another person, and for what cannot be one."""
    subject = subject_in(mark)
    if len(subject) > MOST or not subject.isprintable() or " " in subject:
        raise InvalidInput("A subject is one word of at most %(most)d signs.", "office_subject", most=MOST)
    owner = session.execute(select(LINKED.c.person_id).where(LINKED.c.mark == mark)).scalar()
    if owner not in (None, person_id):
        raise InvalidInput("This subject signs in as another person.", "office_subject")


def link(session: Session, person_id: str, mark: str, by: str) -> None:
    """From now on this subject, and no other, signs in as this person; "" for none. Raises InvalidInput."""
    if mark == mark_behind(session, person_id):
        return
    session.execute(delete(LINKED).where(LINKED.c.person_id == person_id))
    if mark:
        require_free(session, person_id, mark)
        session.execute(LINKED.insert(), {"person_id": person_id, "mark": mark})
    audit.note(session, by, OFFICE_SIGN_IN_SET, person_id)


def person_behind(session: Session, mark: str) -> Person:
    """Who signs in with a subject that the office's sign-in vouched for. Raises NotLinked for nobody."""
    person_id = session.execute(select(LINKED.c.person_id).where(LINKED.c.mark == mark)).scalar()
    person = reads.person(session, person_id) if person_id else None
    if person is None or not person.is_active:
        raise NotLinked()
    return person
