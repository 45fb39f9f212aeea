"""Alerts as they stand in the journal of this node: also those whose visit has not come here yet."""

from collections.abc import Collection

from sqlalchemy import bindparam, select
from sqlmodel import Session

from app.domain.alerts import ALERT, KINDS, Act, Alert, alerts_of
from app.domain.merge import Record
from app.domain.people import Person
from app.errors import NotThere
from app.store import outgoing, reads
from app.store.projection import as_record
from app.store.sign_in_tables import OfficeSignInRow
from app.store.tables import CredentialRow, EntryRow, RecordRow, RelayedRow, table

RECORD, ENTRY, RELAYED = table(RecordRow), table(EntryRow), table(RelayedRow)
CREDENTIAL, LINKED = table(CredentialRow), table(OfficeSignInRow)
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

    An alert is sent first: whoever reviews sees it also while its visit, or the checklist of that, is on its way. One
    that lies outside what every reviewer needs to know is shown to all of them: safety comes before secrecy.
    """
    visits = [scope.removeprefix("visit:") for scope in session.execute(SCOPES).scalars()]
    found = [alert for visit_id in visits for alert in _seen_in(session, who, visit_id)]
    return sorted(found, key=lambda one: (one.raised.at_ms, one.alert_id))


def in_visit_for_office(session: Session, who: Person, visit_id: str) -> list[Alert]:
    """The alerts of a visit, also of one that has not come yet. Raises NotThere without any, or for who may not see it."""
    found = _seen_in(session, who, visit_id)
    if not found:
        raise NotThere()
    return found


def _seen_in(session: Session, who: Person, visit_id: str) -> list[Alert]:
    """The alerts of a visit, when the person may see them; a visit that has not come is judged by what they name."""
    found = in_visit(session, visit_id)
    if not found or reads.seen_visit(session, who, visit_id):
        return found
    region = reads.region_of(session, found[0].institution_id)
    is_for_all = who.may("review") and not _reaches_somebody(session, visit_id, region)
    return found if who.reviews(visit_id, region) or is_for_all else []


def _reaches_somebody(session: Session, visit_id: str, region: str) -> bool:
    """Whether a reviewer who can sign in needs to know of this visit. If nobody does, a child's danger is for all."""
    can_sign_in = set(session.execute(select(CREDENTIAL.c.person_id).union(select(LINKED.c.person_id))).scalars())
    people = reads.people(session).values()
    return any(one.reviews(visit_id, region) for one in people if one.person_id in can_sign_in)


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
