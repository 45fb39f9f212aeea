"""Central's signatures over pieces of its feeds: kept by a device, and believed by a central that lost the entries.

See `docs/sync.md`, Vouchers. Vouchers of the present epoch wait; those of an older one are to be offered.
"""

import json
from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, select
from sqlmodel import Session

from app.domain.journal import Entry, Hashed
from app.domain.protocol import Voucher, feed_digest
from app.store import journal
from app.store.db import insert_or_leave
from app.store.tables import EntryRow, FeedRow, LinkRow, RelayedRow, ScopeClockRow, VoucherRow, table

VOUCHER, FEED, CLOCK = table(VoucherRow), table(FeedRow), table(ScopeClockRow)
ENTRY, LINK, RELAYED = table(EntryRow), table(LinkRow), table(RelayedRow)


def keep(session: Session, voucher: Voucher, entry_ids: Sequence[str]) -> None:
    """Keeps a voucher with the entries that it covers, in order of position. The same one twice is one."""
    row = {
        "epoch": voucher.epoch,
        "scope": voucher.scope,
        "after": voucher.after,
        "last": voucher.last,
        "signature": voucher.signature.hex(),
        "entry_ids": json.dumps(list(entry_ids)),
    }
    session.execute(insert_or_leave(session, VOUCHER), row)


def of_older_epochs(session: Session, epoch: str, limit: int) -> list[tuple[Voucher, list[Entry]]]:
    """Vouchers to be offered, with their entries: at most `limit`. One of whose entries a text is gone can prove
    nothing any more, and is dropped by the caller of `provable`."""
    rows = session.execute(
        select(VOUCHER).where(VOUCHER.c.epoch != epoch).order_by(VOUCHER.c.scope, VOUCHER.c.after).limit(limit)
    ).all()
    found = []
    for row in rows:
        ids: list[str] = json.loads(row.entry_ids)
        held = {entry.entry_id: entry for entry in journal.entries_named(session, ids)}
        voucher = Voucher(row.epoch, row.scope, row.after, row.last, bytes.fromhex(row.signature))
        found.append((voucher, [held[one] for one in ids if one in held and held[one].body is not None]))
    return found


def count_in(voucher: Voucher) -> int:
    """How many entries a voucher covers."""
    return voucher.last - voucher.after


def newest(session: Session, epoch: str, scopes: Collection[str]) -> list[tuple[Voucher, list[Entry]]]:
    """The voucher that goes furthest in each of these scopes, in this epoch, with its entries."""
    found = []
    for scope in sorted(scopes):
        row = session.execute(
            select(VOUCHER)
            .where(VOUCHER.c.epoch == epoch, VOUCHER.c.scope == scope)
            .order_by(VOUCHER.c.last.desc())
            .limit(1)
        ).first()
        if row is not None:
            voucher = Voucher(row.epoch, row.scope, row.after, row.last, bytes.fromhex(row.signature))
            found.append((voucher, journal.entries_named(session, json.loads(row.entry_ids))))
    return found


def drop(session: Session, voucher: Voucher) -> None:
    """Forgets a voucher: central has its entries again."""
    session.execute(
        delete(VOUCHER).where(
            VOUCHER.c.epoch == voucher.epoch, VOUCHER.c.scope == voucher.scope, VOUCHER.c.after == voucher.after
        )
    )


# ---- at central --------------------------------------------------------------------------------------------------------


def position_of(session: Session, scope: str) -> int:
    """How many entries a scope has been given here."""
    return session.execute(select(CLOCK.c.position).where(CLOCK.c.scope == scope)).scalar_one_or_none() or 0


def digest_here(session: Session, scope: str, after: int, last: int) -> str | None:
    """The digest of what stands at these positions here; None when they are not all there."""
    rows = session.execute(
        select(FEED.c.entry_id, ENTRY.c.header, ENTRY.c.body)
        .join(ENTRY, ENTRY.c.entry_id == FEED.c.entry_id)
        .where(FEED.c.scope == scope, FEED.c.position > after, FEED.c.position <= last)
        .order_by(FEED.c.position)
    ).all()
    if len(rows) != last - after:
        return None
    return feed_digest(journal.hashed_rows(session, rows))


def holds_all(session: Session, entry_ids: Sequence[str]) -> bool:
    """True when every one of these entries is here."""
    held = 0
    for start in range(0, len(entry_ids), journal.BATCH):
        wanted = ENTRY.c.entry_id.in_(entry_ids[start : start + journal.BATCH])
        held += int(session.execute(select(func.count()).select_from(ENTRY).where(wanted)).scalar_one())
    return held == len(set(entry_ids))


def mark_relayed(session: Session, entry_ids: Collection[str], hub: str) -> None:
    """These came by way of another device, and their own has not shown them yet."""
    if entry_ids:
        rows = [{"entry_id": one, "hub": hub} for one in sorted(entry_ids)]
        session.execute(insert_or_leave(session, RELAYED), rows)


def confirm(session: Session, entry_ids: Sequence[str]) -> None:
    """Their own device has shown these entries: they are no longer by hearsay."""
    for start in range(0, len(entry_ids), journal.BATCH):
        session.execute(delete(RELAYED).where(RELAYED.c.entry_id.in_(entry_ids[start : start + journal.BATCH])))


def unlinked(session: Session, entry_ids: Sequence[str]) -> set[str]:
    """Those of the entries that stand in no stream here."""
    linked: set[str] = set()
    for start in range(0, len(entry_ids), journal.BATCH):
        wanted = LINK.c.entry_id.in_(entry_ids[start : start + journal.BATCH])
        linked |= {row.entry_id for row in session.execute(select(LINK.c.entry_id).where(wanted))}
    return set(entry_ids) - linked


def places_of(entries: Sequence[Entry]) -> list[Hashed]:
    """The entries as a voucher sees them. Raises BrokenEntry when the body of one is not here."""
    return [entry.hashed for entry in entries]
