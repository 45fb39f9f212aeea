"""Alerts as they stand in the journal of this node: also those whose visit has not come here yet."""

from collections.abc import Collection

from sqlalchemy import bindparam, select
from sqlmodel import Session

from app.domain.alerts import ALERT, KINDS, Act, Alert, alerts_of
from app.domain.merge import Record
from app.domain.people import Person
from app.domain.visits import may_see, visit_of
from app.errors import NotThere
from app.store import outgoing, reads
from app.store.projection import as_record
from app.store.tables import EntryRow, RecordRow, RelayedRow, table

RECORD, ENTRY, RELAYED = table(RecordRow), table(EntryRow), table(RelayedRow)
# Built once: to build a statement takes five times as long as to run it.
RECORDS = select(RECORD).where(RECORD.c.scope == bindparam("within"), RECORD.c.kind.in_(KINDS))
ENTRIES = (
    select(ENTRY.c.entry_id, ENTRY.c.subject, ENTRY.c.author, ENTRY.c.made_at_ms)
    .where(ENTRY.c.scope == bindparam("within"), ENTRY.c.kind.in_(KINDS), ENTRY.c.quarantined.is_(None))
    .order_by(ENTRY.c.entry_id)
)
SCOPES = select(RECORD.c.scope).where(RECORD.c.kind == ALERT).distinct().order_by(RECORD.c.scope)


def in_visit(session: Session, visit_id: str) -> list[Alert]:
    """The alerts of a visit, in the order they were raised."""
    within = {"within": f"visit:{visit_id}"}
    acts: dict[str, Act] = {}
    for row in session.execute(ENTRIES, within):
        acts.setdefault(row.subject, Act(row.author, row.made_at_ms))
    return alerts_of((as_record(row) for row in session.execute(RECORDS, within)), acts)


def for_office(session: Session, who: Person) -> list[Alert]:
    """The alerts of all visits that the person may see, in the order they were raised.

    An alert is sent first: whoever reviews sees it also while its visit, or the checklist of that, is on its way.
    """
    scopes = [scope for scope in session.execute(SCOPES).scalars() if _may_see(session, who, scope)]
    found = [alert for scope in scopes for alert in in_visit(session, scope.removeprefix("visit:"))]
    return sorted(found, key=lambda one: (one.raised.at_ms, one.alert_id))


def in_visit_for_office(session: Session, who: Person, visit_id: str) -> list[Alert]:
    """The alerts of a visit, also of one that has not come yet. Raises NotThere without any, or for who may not see it."""
    found = in_visit(session, visit_id) if _may_see(session, who, f"visit:{visit_id}") else []
    if not found:
        raise NotThere()
    return found


def _may_see(session: Session, who: Person, scope: str) -> bool:
    visit = reads.record(session, scope.removeprefix("visit:"))
    if visit is None or visit.kind != "visit":
        return who.may("review")
    return may_see(who, visit_of(visit))


def record_in(session: Session, visit_id: str, kind: str, subject: str) -> Record:
    """A record of one of the kinds of alerts in a visit. Raises NotThere."""
    found = reads.record(session, subject)
    if found is None or (found.kind, found.scope) != (kind, f"visit:{visit_id}") or found.is_on("removed"):
        raise NotThere()
    return found


def not_at_office(session: Session, visit_id: str) -> set[str]:
    """Subjects of a visit's alerts, and of who was told, of which central has not confirmed everything.

    Also what came to this tablet by way of a hub: only central's own word says that it arrived.
    """
    rows = session.execute(ENTRIES, {"within": f"visit:{visit_id}"}).all()
    waiting: Collection[str] = outgoing.unsent_ids(session) if rows else ()
    ids = [row.entry_id for row in rows]
    relayed = set(session.execute(select(RELAYED.c.entry_id).where(RELAYED.c.entry_id.in_(ids))).scalars())
    return {row.subject for row in rows if row.entry_id in waiting or row.entry_id in relayed}
