"""A visit that is signed off and safe at the office is removed from the tablet: headers, bodies, files, drafts.

Links stay, so chain and seals go on to verify. All of it goes in one transaction; afterwards the file is written anew,
and a tablet that is killed in between does that when it looks next.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, select
from sqlmodel import Session

from app.config import Settings
from app.domain import visits
from app.domain.audit import VISIT_WIPED
from app.domain.journal import Entry
from app.domain.people import Person
from app.domain.protocol import Standing, may_forget, may_purge
from app.domain.visits import Visit
from app.domain.wiping import NEVER, Policy, is_due, is_over
from app.store import alerts, audit, files_named, interviews, reads
from app.store.db import Database
from app.store.node import Node, drop_values, put_value, value_of, values_with_prefix
from app.store.outgoing import QUARANTINED
from app.store.sending import SENT_AT
from app.store.tables import (
    AttachmentRow,
    CursorRow,
    EntryParentRow,
    EntryRow,
    FeedRow,
    LinkRow,
    RecordRow,
    RelayedRow,
    StreamRow,
    VoucherRow,
    table,
)
from app.store.wipe_tables import WipedVisitRow

ENTRY, LINK, STREAM, RECORD = table(EntryRow), table(LinkRow), table(StreamRow), table(RecordRow)
CURSOR, VOUCHER, ATTACHMENT = table(CursorRow), table(VoucherRow), table(AttachmentRow)
PARENT, RELAYED, FEED = table(EntryParentRow), table(RelayedRow), table(FeedRow)
WIPED = table(WipedVisitRow)
UNFINISHED: Final = "wipe_unfinished"  # node value: the file has still to be written anew


@dataclass(frozen=True)
class WipedVisit:
    """What a tablet still knows of a visit that it has removed."""

    visit_id: str
    institution_id: str
    visited_on: str
    at_ms: int


def policy_of(settings: Settings) -> Policy:
    """The policy that the settings of this device name."""
    return Policy(settings.wipe_when, settings.wipe_after_days)


def wipe_due(database: Database, policy: Policy) -> int:
    """Removes the visits that the policy lets go, and what was only carried for others; finishes what was begun before.

    Returns how many visits it removed.
    """
    with database.read() as session:
        due = [visit.visit_id for visit in _due(session, policy)]
    for visit_id in due:
        with database.write() as session:  # each for itself: what was written meanwhile is looked at again
            for visit in _due(session, policy):
                if visit.visit_id == visit_id:
                    wipe(session, visit)
    _let_go_of_carried(database)
    finish(database)
    return len(due)


def _let_go_of_carried(database: Database) -> None:
    with database.read() as session:
        is_needed = bool(files_named.carried(session))
    if is_needed:
        with database.write() as session:
            files_named.let_go(session, files_named.carried(session))
            put_value(session, UNFINISHED, "on")


def finish(database: Database) -> None:
    """Writes the file anew after a visit was removed. What hinders it now hinders it less at the next call."""
    with database.read() as session:
        is_needed = bool(value_of(session, UNFINISHED))
    if is_needed and database.rewrite():
        with database.write() as session:
            drop_values(session, [UNFINISHED])


def _due(session: Session, policy: Policy) -> list[Visit]:
    """The visits that are signed off, long enough ago, and safe."""
    node: Node = session.info["node"]
    found: list[Visit] = []
    if policy.when == NEVER:
        return found
    for record in reads.records(session, "visit"):
        visit = visits.visit_of(record)
        if visit.state in ("finished", "approved") and _is_signed_off(session, visit):
            changed = reads.last_change_ms(session, visit.scope) or 0
            if is_due(policy, changed, node.clock.now_ms()) and is_safe(session, visit):
                found.append(visit)
    return found


def _is_signed_off(session: Session, visit: Visit) -> bool:
    records = reads.records_of(session, visit)
    heads = records.heads()
    return is_over(visit, {one.text("person") for one in records.sign_offs if sorted(one.texts("heads")) == heads})


def is_safe(session: Session, visit: Visit) -> bool:
    """True when nothing of a visit is here alone, and nobody has still to do something about it on this tablet."""
    return (
        not interviews.drafts_in(session, visit.visit_id)
        and not any(alert.is_waiting for alert in alerts.in_visit(session, visit.visit_id))
        and not _has_files_of_its_own(session, visit.scope)
        and _may_forget_all(session, visit.scope)
    )


def _has_files_of_its_own(session: Session, scope: str) -> bool:
    """True when a file of the scope is not known to be in a verified backup."""
    here = (ATTACHMENT.c.scope == scope) & ATTACHMENT.c.durable_at_ms.is_(None)
    return session.execute(select(ATTACHMENT.c.sha256).where(here).limit(1)).first() is not None


def _may_forget_all(session: Session, scope: str) -> bool:
    """True when every entry of a scope is in a verified backup of the present epoch, and counts at the office."""
    durable = session.execute(select(CURSOR.c.durable).where(CURSOR.c.scope == scope)).scalar_one_or_none() or 0
    if not durable:  # also of an older central, which does not heed that a visit was removed, and would give it again
        return False
    ids = set(session.execute(select(ENTRY.c.entry_id).where(ENTRY.c.scope == scope)).scalars())
    if not ids.isdisjoint(values_with_prefix(session, QUARANTINED)):
        return False
    own, over = _own_places(session, scope), _vouchers_over(session, scope)
    return all(
        may_purge(*own[one]) if one in own else may_forget(over[one].is_under_old, over[one].lasts, durable)
        for one in ids
    )


def _own_places(session: Session, scope: str) -> dict[str, tuple[Standing, int]]:
    """Entry id -> how far central has the own stream in which it stands, and its place in it."""
    rows = session.execute(
        select(ENTRY.c.entry_id, LINK.c.seq, STREAM.c.acked_seq, STREAM.c.durable_seq)
        .join(LINK, LINK.c.entry_id == ENTRY.c.entry_id)
        .join(STREAM, STREAM.c.stream == LINK.c.stream)
        .where(ENTRY.c.scope == scope, STREAM.c.own.is_(True))
    )
    return {row.entry_id: (Standing(row.acked_seq, row.durable_seq), row.seq) for row in rows}


@dataclass
class _Over:
    """The vouchers over an entry; see `protocol.may_forget`."""

    is_under_old: bool = False
    lasts: tuple[int, ...] = ()


def _vouchers_over(session: Session, scope: str) -> dict[str, _Over]:
    found: dict[str, _Over] = defaultdict(_Over)
    for row in session.execute(select(VOUCHER).where(VOUCHER.c.scope == scope)):
        for entry_id in json.loads(row.entry_ids):
            over = found[entry_id]
            over.is_under_old = over.is_under_old or row.is_old
            over.lasts += () if row.is_old else (row.last,)
    return found


# ---- removing ----------------------------------------------------------------------------------------------------------


def wipe(session: Session, visit: Visit) -> None:
    """Removes a visit, whatever its state is: `is_safe` must have said that it may go."""
    node: Node = session.info["node"]
    scope = visit.scope
    ids = select(ENTRY.c.entry_id).where(ENTRY.c.scope == scope)
    session.execute(delete(PARENT).where(PARENT.c.child.in_(ids)))
    session.execute(delete(RELAYED).where(RELAYED.c.entry_id.in_(ids)))
    for rows in (ENTRY, RECORD, FEED, VOUCHER, CURSOR):
        session.execute(delete(rows).where(rows.c.scope == scope))
    files_named.let_go_of(session, scope)
    interviews.forget_visit(session, visit.visit_id)
    drop_values(session, [f"{SENT_AT}{scope}"])
    _note(session, visit, node.clock.now_ms())


def _note(session: Session, visit: Visit, now_ms: int) -> None:
    session.execute(
        WIPED.insert(),
        {
            "visit_id": visit.visit_id,
            "institution": visit.institution_id,
            "visited_on": str(visit.visited_on or ""),
            "team": json.dumps(list(visit.team)),
            "at_ms": now_ms,
        },
    )
    put_value(session, UNFINISHED, "on")
    audit.note(session, audit.PROGRAM, VISIT_WIPED, visit.visit_id)


# ---- what was removed --------------------------------------------------------------------------------------------------


def wiped_at(session: Session) -> dict[str, int]:
    """Visit id -> when this tablet removed it (ms)."""
    return {row.visit_id: row.at_ms for row in session.execute(select(WIPED.c.visit_id, WIPED.c.at_ms))}


def wiped_for(session: Session, who: Person) -> list[WipedVisit]:
    """The removed visits on whose team a person was, latest day first."""
    rows = session.execute(select(WIPED).order_by(WIPED.c.visited_on.desc(), WIPED.c.visit_id)).all()
    mine = [row for row in rows if who.person_id in json.loads(row.team)]
    return [WipedVisit(row.visit_id, row.institution, row.visited_on, row.at_ms) for row in mine]


def was_at(session: Session, who: Person, institution_id: str) -> bool:
    """True when this tablet removed a visit of this person's to a place."""
    return any(one.institution_id == institution_id for one in wiped_for(session, who))


def without_wiped(session: Session, entries: Iterable[Entry]) -> list[Entry]:
    """The entries but those of visits that this tablet removed: another tablet does not bring them back."""
    gone = {f"visit:{visit_id}" for visit_id in wiped_at(session)}
    return [entry for entry in entries if entry.scope not in gone]


def is_wiped(session: Session, scope: str) -> bool:
    statement = select(func.count()).select_from(WIPED).where(WIPED.c.visit_id == scope.removeprefix("visit:"))
    return bool(session.execute(statement).scalar_one())


def bring_back(session: Session, scope: str) -> None:
    """Central gives a visit again: its team has to go on with it."""
    session.execute(delete(WIPED).where(WIPED.c.visit_id == scope.removeprefix("visit:")))
