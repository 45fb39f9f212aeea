"""Drafts of interviews on a device, read and written by their author alone; and the closed ones of a visit."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import func, select
from sqlmodel import Session

from app.domain.interviews import Interview
from app.domain.journal import canonical
from app.domain.people import Person
from app.errors import NotThere
from app.store.node import drop_values, put_value, value_of
from app.store.tables import InterviewDraftRow, RecordRow, table

DRAFT, RECORD = table(InterviewDraftRow), table(RecordRow)
STOPPED: Final = "interviews_stopped:"  # + visit id, node value: how many were erased here. No time, code or author


def add(session: Session, interview: Interview) -> None:
    """A new draft."""
    told = vars(interview) | {"held_on": interview.held_on.isoformat(), "content": _text(interview.content)}
    session.execute(DRAFT.insert(), told)


def draft_of(session: Session, who: Person, visit_id: str, interview_id: str) -> Interview:
    """A draft of this very person. Raises NotThere for another's: not even the team reads along."""
    row = session.execute(
        select(DRAFT).where(
            DRAFT.c.interview_id == interview_id, DRAFT.c.visit_id == visit_id, DRAFT.c.author == who.person_id
        )
    ).first()
    if row is None:
        raise NotThere()
    return _interview(row)


def drafts_in(session: Session, visit_id: str) -> list[Interview]:
    """All drafts of a visit here, by code. Their contents are for their authors only: see `draft_of`."""
    rows = session.execute(select(DRAFT).where(DRAFT.c.visit_id == visit_id).order_by(DRAFT.c.code))
    return [_interview(row) for row in rows]


def count_drafts(session: Session) -> int:
    """How many interviews are open on this device, of all visits and authors."""
    return int(session.execute(select(func.count()).select_from(DRAFT)).scalar_one())


def put_content(session: Session, interview_id: str, content: Mapping[str, str]) -> None:
    """Replaces what a draft holds. One that was erased stays erased: a late tap brings nothing back."""
    session.execute(DRAFT.update().where(DRAFT.c.interview_id == interview_id).values(content=_text(content)))


def erase(session: Session, interview_id: str) -> None:
    """The draft's bytes are overwritten (`secure_delete`); `Database.checkpoint` empties the log after the commit."""
    session.execute(DRAFT.delete().where(DRAFT.c.interview_id == interview_id))


def forget_visit(session: Session, visit_id: str) -> None:
    """Nothing of a visit's interviews is left here: the visit was removed."""
    session.execute(DRAFT.delete().where(DRAFT.c.visit_id == visit_id))
    drop_values(session, [f"{STOPPED}{visit_id}"])


def codes_in(session: Session, visit_id: str) -> set[str]:
    """The codes that a visit has here, of open and closed interviews."""
    drafts = session.execute(select(DRAFT.c.code).where(DRAFT.c.visit_id == visit_id)).scalars()
    rows = session.execute(
        select(RECORD.c.fields).where(RECORD.c.kind == "interview", RECORD.c.scope == f"visit:{visit_id}")
    )
    return {*drafts, *(str(json.loads(row.fields).get("code")) for row in rows)}


def count_stopped(session: Session, visit_id: str) -> int:
    """How many interviews of a visit were stopped on this device."""
    return int(value_of(session, f"{STOPPED}{visit_id}") or 0)


def add_stopped(session: Session, visit_id: str) -> None:
    put_value(session, f"{STOPPED}{visit_id}", str(count_stopped(session, visit_id) + 1))


def _text(content: Mapping[str, str]) -> str:
    return canonical(content).decode()


def _interview(row: Any) -> Interview:
    told = row._asdict()
    return Interview(**told | {"held_on": date.fromisoformat(row.held_on), "content": json.loads(row.content)})
