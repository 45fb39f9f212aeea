"""How many entries stand behind each record of a scope."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlmodel import Session

from app.store.tables import EntryRow, table

ENTRY = table(EntryRow)


def by_subject(session: Session, scope: str, kind: str, subjects: Sequence[str] | None = None) -> dict[str, int]:
    """Subject -> number of entries, for one kind of record in a scope (or for some subjects of it)."""
    statement = select(ENTRY.c.subject, func.count().label("entries")).where(
        ENTRY.c.scope == scope, ENTRY.c.kind == kind
    )
    if subjects is not None:
        statement = statement.where(ENTRY.c.subject.in_(subjects))
    statement = statement.group_by(ENTRY.c.subject)
    return {row.subject: row.entries for row in session.execute(statement)}
