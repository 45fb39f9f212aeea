"""How many entries stand behind each record of a scope."""

from sqlalchemy import func, select
from sqlmodel import Session

from app.store.tables import EntryRow, table

ENTRY = table(EntryRow)


def by_subject(session: Session, scope: str, kind: str) -> dict[str, int]:
    """Subject -> number of entries, for one kind of record in a scope."""
    statement = select(ENTRY.c.subject, func.count()).where(ENTRY.c.scope == scope, ENTRY.c.kind == kind).group_by(ENTRY.c.subject)
    return {subject: count for subject, count in session.execute(statement)}
