"""How many entries stand behind each record of a scope."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select
from sqlmodel import Session

from app.store.tables import EntryRow, table

ENTRY = table(EntryRow)
IN_SCOPE = (
    select(ENTRY.c.subject, func.count().label("entries"))
    .where(ENTRY.c.scope == bindparam("within"), ENTRY.c.kind == bindparam("kind"))
    .group_by(ENTRY.c.subject)
)
OF_SUBJECTS = IN_SCOPE.where(ENTRY.c.subject.in_(bindparam("subjects", expanding=True)))


def by_subject(session: Session, scope: str, kind: str, subjects: Sequence[str] | None = None) -> dict[str, int]:
    """Subject -> number of entries, for one kind of record in a scope (or for some subjects of it)."""
    wanted: dict[str, object] = {"within": scope, "kind": kind}
    if subjects is None:
        rows = session.execute(IN_SCOPE, wanted)
    else:
        rows = session.execute(OF_SUBJECTS, {**wanted, "subjects": list(subjects)})
    return {row.subject: row.entries for row in rows}
