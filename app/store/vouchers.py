"""Central's signatures over pieces of its feeds: kept by a device, and believed by a central that lost the entries.

See `docs/sync.md`, Vouchers. Vouchers of the present epoch wait; older ones are to be offered.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlmodel import Session

from app.domain.journal import Entry, Hashed
from app.domain.protocol import Voucher, feed_digest
from app.store import journal
from app.store.bulk import among, listed
from app.store.db import insert_or_leave
from app.store.tables import EntryRow, FeedRow, LinkRow, RelayedRow, ScopeClockRow, VoucherRow, table

VOUCHER, FEED, CLOCK = table(VoucherRow), table(FeedRow), table(ScopeClockRow)
ENTRY, LINK, RELAYED = table(EntryRow), table(LinkRow), table(RelayedRow)
# Built once: to build a statement takes five times as long as to run it.
CONFIRM = delete(RELAYED).where(among(RELAYED.c.entry_id, "ids"))
LINKED = select(LINK.c.entry_id).where(among(LINK.c.entry_id, "ids"))


def keep(session: Session, voucher: Voucher, entry_ids: Sequence[str]) -> None:
    """Keeps a voucher with the entries that it covers, in order of position. The same one twice is one."""
    row = {
        "epoch": voucher.epoch,
        "scope": voucher.scope,
        "after": voucher.after,
        "last": voucher.last,
        "signature": voucher.signature.hex(),
        "entry_ids": json.dumps(list(entry_ids)),
        "is_old": False,
    }
    session.execute(insert_or_leave(session, VOUCHER), row)


def begin_epoch(session: Session) -> None:
    """Every voucher is old now, whatever its epoch is called: a central put back in silence may bring an old name back."""
    session.execute(update(VOUCHER).values(is_old=True))


def old(session: Session, limit: int) -> list[tuple[Voucher, list[Entry]]]:
    """Vouchers to be offered, with those of their entries that are here: at most `limit`."""
    rows = session.execute(
        select(VOUCHER).where(VOUCHER.c.is_old.is_(True)).order_by(VOUCHER.c.scope, VOUCHER.c.after).limit(limit)
    ).all()
    return [(voucher_of(row), _entries(session, row)) for row in rows]


def entries_under(session: Session, voucher: Voucher) -> list[Entry]:
    """The entries of a voucher that are here, also without their bodies; none when it is not kept any more."""
    statement = select(VOUCHER).where(VOUCHER.c.signature == voucher.signature.hex())
    row = session.execute(statement).one_or_none()
    return _entries(session, row) if row else []


def _entries(session: Session, row: Any) -> list[Entry]:
    """The entries of a voucher that are here, also without their bodies, in order of position."""
    ids: list[str] = json.loads(row.entry_ids)
    held = {entry.entry_id: entry for entry in journal.entries_named(session, ids)}
    return [held[one] for one in ids if one in held]


def drop_covered(session: Session) -> None:
    """Forgets old vouchers whose entries all stand under vouchers of the present epoch: not before, since central may be
    put back once more before they were read anew."""
    rows = session.execute(select(VOUCHER).where(VOUCHER.c.is_old.is_(True))).all()
    for scope in {row.scope for row in rows}:
        fresh = session.execute(
            select(VOUCHER.c.entry_ids).where(VOUCHER.c.scope == scope, VOUCHER.c.is_old.is_(False))
        ).scalars()
        covered = {one for ids in fresh for one in json.loads(ids)}
        done = [row.signature for row in rows if row.scope == scope and covered.issuperset(json.loads(row.entry_ids))]
        session.execute(delete(VOUCHER).where(VOUCHER.c.signature.in_(done)))


def voucher_of(row: Any) -> Voucher:
    """The voucher in its row."""
    return Voucher(row.epoch, row.scope, row.after, row.last, bytes.fromhex(row.signature))


def furthest(session: Session, epoch: str) -> dict[str, int]:
    """Scope -> the last position under a voucher of this epoch that is here: what a hub need not give again."""
    of_epoch = (VOUCHER.c.epoch == epoch) & VOUCHER.c.is_old.is_(False)
    last = func.max(VOUCHER.c.last).label("last")
    rows = session.execute(select(VOUCHER.c.scope, last).where(of_epoch).group_by(VOUCHER.c.scope))
    return {row.scope: row.last for row in rows}


def after_cursors(
    session: Session, epoch: str, scopes: Collection[str], cursors: Mapping[str, int]
) -> Iterator[tuple[Voucher, list[Entry]]]:
    """Vouchers of an epoch for what lies beyond these cursors, with those of their entries that are here."""
    rows = session.execute(
        select(VOUCHER)
        .where(VOUCHER.c.epoch == epoch, VOUCHER.c.is_old.is_(False), VOUCHER.c.scope.in_(sorted(scopes)))
        .order_by(VOUCHER.c.scope, VOUCHER.c.after)
    ).all()
    for row in rows:
        if row.last > cursors.get(row.scope, 0):
            yield voucher_of(row), _entries(session, row)


def count_in(voucher: Voucher) -> int:
    """How many entries a voucher covers."""
    return voucher.last - voucher.after


def present(session: Session, epoch: str, scopes: Collection[str], limit: int) -> list[tuple[Voucher, list[Entry]]]:
    """The vouchers of these scopes in this epoch, the furthest first, with their entries: at most `limit`."""
    rows = session.execute(
        select(VOUCHER)
        .where(VOUCHER.c.epoch == epoch, VOUCHER.c.scope.in_(sorted(scopes)), VOUCHER.c.is_old.is_(False))
        .order_by(VOUCHER.c.last.desc())
        .limit(limit)
    ).all()
    return [(voucher_of(row), _entries(session, row)) for row in rows]


def make_old(session: Session, scopes: Collection[str]) -> None:
    """Central has something else in these scopes than was read: it is offered what it once gave out."""
    session.execute(update(VOUCHER).where(VOUCHER.c.scope.in_(sorted(scopes))).values(is_old=True))


def drop(session: Session, voucher: Voucher) -> None:
    """Forgets a voucher that can prove nothing any more."""
    session.execute(delete(VOUCHER).where(VOUCHER.c.signature == voucher.signature.hex()))


# ---- at central --------------------------------------------------------------------------------------------------------


def strange(session: Session, cursors: Mapping[str, int], marks: Mapping[str, str]) -> list[str]:
    """Scopes of which a device says it has read what does not stand here: further than there is, or something else."""
    at = [(FEED.c.scope == scope) & (FEED.c.position == position) for scope, position in cursors.items() if position]
    if not at:
        return []
    rows = session.execute(select(FEED.c.scope, FEED.c.chain).where(or_(*at)))
    here = {row.scope: mark_of(row.chain) for row in rows}
    return sorted(scope for scope, position in cursors.items() if position and not _is_known(scope, here, marks))


def _is_known(scope: str, here: Mapping[str, str], marks: Mapping[str, str]) -> bool:
    """A place from before feeds had chains, or a device from before they were told, is known by its number alone."""
    if scope not in here:
        return False
    return not here[scope] or not marks.get(scope) or here[scope] == marks[scope]


def mark_of(chain: bytes | None) -> str:
    """The short name of a feed up to a place: the first 8 bytes of its chain value, in hex."""
    return chain[:8].hex() if chain else ""


def chain_at(session: Session, scope: str, position: int) -> bytes | None:
    """The chain value over the feed of a scope up to a position; None beyond its end."""
    statement = select(FEED.c.chain).where(FEED.c.scope == scope, FEED.c.position == position)
    return session.execute(statement).scalar_one_or_none()


def durable_feeds(session: Session, scopes: Collection[str]) -> dict[str, int]:
    """Scope -> up to which position its feed is in a verified backup of this epoch; without those of which nothing is."""
    rows = session.execute(select(CLOCK.c.scope, CLOCK.c.durable).where(CLOCK.c.scope.in_(scopes), CLOCK.c.durable > 0))
    return {row.scope: row.durable for row in rows}


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


def mark_relayed(session: Session, entry_ids: Collection[str], hub: str) -> None:
    """These came by way of another device, and their own has not shown them yet."""
    if entry_ids:
        rows = [{"entry_id": one, "hub": hub} for one in sorted(entry_ids)]
        session.execute(insert_or_leave(session, RELAYED), rows)


def confirm(session: Session, entry_ids: Sequence[str]) -> None:
    """Their own device has shown these entries: they are no longer by hearsay."""
    session.execute(CONFIRM, {"ids": listed(entry_ids)})


def unlinked(session: Session, entry_ids: Sequence[str]) -> set[str]:
    """Those of the entries that stand in no stream here."""
    return set(entry_ids) - set(session.execute(LINKED, {"ids": listed(entry_ids)}).scalars())


def places_of(session: Session, voucher: Voucher, entries: Sequence[Entry]) -> list[Hashed] | None:
    """The entries as a voucher sees them; None when one is not here, or nothing here says the hash of its body."""
    places = journal.hashed_rows(session, entries)
    is_whole = len(places) == count_in(voucher) and all(place.body_hash for place in places)
    return places if is_whole else None
