"""Requests to read sealed interviews, at central."""

from sqlalchemy import select
from sqlmodel import Session

from app.domain.interviews import SEALED
from app.domain.readings import Reading
from app.errors import NotThere
from app.store import journal
from app.store.tables import ReadingRow, table

READING = table(ReadingRow)


def add(session: Session, reading: Reading) -> None:
    session.execute(READING.insert(), vars(reading))


def reading_of(session: Session, interview_id: str, reading_id: str) -> Reading:
    """Raises NotThere."""
    row = session.execute(
        select(READING).where(READING.c.reading_id == reading_id, READING.c.interview_id == interview_id)
    ).first()
    if row is None:
        raise NotThere()
    return Reading(**row._asdict())


def readings_in(session: Session, visit_id: str) -> list[Reading]:
    """All requests of a visit, newest first."""
    rows = session.execute(select(READING).where(READING.c.visit_id == visit_id).order_by(READING.c.asked_at_ms.desc()))
    return [Reading(**row._asdict()) for row in rows]


def confirm(session: Session, reading_id: str, person_id: str) -> None:
    session.execute(READING.update().where(READING.c.reading_id == reading_id).values(confirmed_by=person_id))


def sealed_entries(session: Session, interview_id: str) -> list[dict[str, str]]:
    """For each entry of an interview that holds something sealed, oldest first: key fingerprint -> base64."""
    found = []
    for entry in journal.entries_of(session, interview_id):
        if entry.kind == "interview":
            fields = entry.fields().items()
            found.append({n.removeprefix(SEALED): str(value) for n, value in fields if n.startswith(SEALED)})
    return [one for one in found if one]
