"""The one door into the journal: `append` for what a person does here, `receive` for entries from elsewhere.

Both insert the entries and bring the projection up to date in the same transaction. Nothing else writes either.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session

from app.domain.journal import ORDINARY_LANE, SALT_BYTES, Draft, Entry, Link, chain_on, compose, read_entry
from app.store import projection
from app.store.node import Node, own_stream
from app.store.tables import EntryParentRow, EntryRow, FeedRow, LinkRow, ScopeClockRow, SealRow, StreamRow, table

ENTRY, PARENT, LINK = table(EntryRow), table(EntryParentRow), table(LinkRow)
FEED, CLOCK, STREAM, SEAL = table(FeedRow), table(ScopeClockRow), table(StreamRow), table(SealRow)
BATCH = 500  # SQLite allows 32,766 variables a statement; this stays far below


def append(session: Session, draft: Draft, author: str, lane: int = ORDINARY_LANE) -> Entry:
    """Writes one thing a person did, as an entry of this node's own stream. Returns the entry.

    `draft.parents` are the heads its author saw, never newer ones of this node's own (design, section 4).
    """
    return append_all(session, [draft], author, lane)[0]


def append_all(session: Session, drafts: Sequence[Draft], author: str, lane: int = ORDINARY_LANE) -> list[Entry]:
    """Writes several entries of one author in order, in one transaction."""
    node: Node = session.info["node"]
    clock = node.clock
    entries = [compose(draft, clock.new_id(), author, clock.now_ms(), clock.random_bytes(SALT_BYTES)) for draft in drafts]
    positions = _lock_scopes(session, entries)
    _insert_entries(session, entries, clock.now_ms())
    _link(session, own_stream(session, node, lane), entries)
    _feed(session, positions, entries)
    projection.update(session, {entry.subject for entry in entries})
    return entries


def receive(session: Session, entries: Iterable[Entry], quarantined: dict[str, str] | None = None) -> list[Entry]:
    """Takes in entries from elsewhere: those that are new here are inserted, numbered in their scopes and projected.

    `quarantined` maps ids of authentic but wrong entries to the reason: they are kept, and show nowhere. Repeating a
    call changes nothing. Returns the new entries.
    """
    reasons = quarantined or {}
    unique = {entry.entry_id: entry for entry in entries}
    known = _known(session, list(unique))
    new = [entry for key, entry in unique.items() if key not in known]
    if not new:
        return []
    node: Node = session.info["node"]
    positions = _lock_scopes(session, new)
    new = [entry for entry in new if entry.entry_id not in _known(session, [entry.entry_id for entry in new])]
    _insert_entries(session, new, node.clock.now_ms(), reasons)
    _feed(session, positions, [entry for entry in new if entry.entry_id not in reasons])
    projection.update(session, {entry.subject for entry in new if entry.entry_id not in reasons})
    return new


def extend_stream(session: Session, stream: str, links: Sequence[Link], seal: bytes) -> None:
    """Central keeps the new links of a device's stream and the seal over the last of them."""
    if not links:
        return
    rows = [_link_row(stream, link) for link in links]
    session.execute(insert(LINK), rows)
    session.execute(insert(SEAL).values(stream=stream, seq=links[-1].seq, signature=seal))
    session.execute(
        update(STREAM).where(STREAM.c.stream == stream).values(last_seq=links[-1].seq, chain=links[-1].chain)
    )


def relink(session: Session, node: Node) -> None:
    """Links every entry this device wrote, in its old order, into the stream of its new incarnation."""
    old = (
        select(LINK.c.entry_id)
        .join(STREAM, STREAM.c.stream == LINK.c.stream)
        .where(STREAM.c.own.is_(True))
        .group_by(LINK.c.entry_id)
        .order_by(func.min(LINK.c.entry_id))
    )
    ids = [row.entry_id for row in session.execute(old)]
    session.execute(update(STREAM).where(STREAM.c.own.is_(True)).values(own=False))
    entries = {entry.entry_id: entry for entry in entries_by_id(session, ids)}
    _link(session, own_stream(session, node), [entries[key] for key in ids])


def entries_by_id(session: Session, ids: Sequence[str]) -> list[Entry]:
    """The entries with these ids, as far as they are here, in no order."""
    found: list[Entry] = []
    for start in range(0, len(ids), BATCH):
        rows = session.execute(select(ENTRY.c.header, ENTRY.c.body).where(ENTRY.c.entry_id.in_(ids[start : start + BATCH])))
        found += [read_entry(row.header, row.body) for row in rows]
    return found


def entries_of(session: Session, subject: str) -> list[Entry]:
    """All entries that speak of a subject and count (not quarantined), oldest id first."""
    statement = (
        select(ENTRY.c.header, ENTRY.c.body)
        .where(ENTRY.c.subject == subject, ENTRY.c.quarantined.is_(None))
        .order_by(ENTRY.c.entry_id)
    )
    return [read_entry(row.header, row.body) for row in session.execute(statement)]


def erase(session: Session, entry_id: str) -> None:
    """Destroys the body of an entry and keeps its hash: the chain still verifies (design, section 4)."""
    subject = session.execute(select(ENTRY.c.subject).where(ENTRY.c.entry_id == entry_id)).scalar_one()
    session.execute(update(ENTRY).where(ENTRY.c.entry_id == entry_id).values(body=None))
    projection.update(session, {subject})


def _known(session: Session, ids: list[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(ids), BATCH):
        rows = session.execute(select(ENTRY.c.entry_id).where(ENTRY.c.entry_id.in_(ids[start : start + BATCH])))
        known.update(row.entry_id for row in rows)
    return known


def _insert_entries(session: Session, entries: list[Entry], now_ms: int, reasons: dict[str, str] | None = None) -> None:
    if not entries:
        return
    rows = [
        {
            "entry_id": entry.entry_id,
            "kind": entry.kind,
            "subject": entry.subject,
            "scope": entry.scope,
            "author": entry.author,
            "made_at_ms": entry.made_at_ms,
            "received_at_ms": now_ms,
            "header": entry.header,
            "body": entry.body,
            "quarantined": (reasons or {}).get(entry.entry_id),
        }
        for entry in entries
    ]
    session.execute(insert(ENTRY), rows)
    parents = [{"child": entry.entry_id, "parent": parent} for entry in entries for parent in entry.parents]
    if parents:
        session.execute(insert(PARENT), parents)


def _link(session: Session, stream: StreamRow, entries: list[Entry]) -> None:
    if not entries:
        return
    links = chain_on(stream.chain, stream.last_seq + 1, entries)
    session.execute(insert(LINK), [_link_row(stream.stream, link) for link in links])
    stream.last_seq, stream.chain = links[-1].seq, links[-1].chain
    session.add(stream)
    session.flush()


def _link_row(stream: str, link: Link) -> dict[str, object]:
    return {
        "stream": stream,
        "seq": link.seq,
        "entry_id": link.entry_id,
        "header_hash": link.header_hash,
        "body_hash": link.body_hash,
        "chain": link.chain,
    }


def _lock_scopes(session: Session, entries: Sequence[Entry]) -> dict[str, int]:
    """Locks the clock rows of all touched scopes, sorted by name so that two writers cannot wait for each other."""
    positions: dict[str, int] = {}
    make = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    for scope in sorted({entry.scope for entry in entries}):
        session.execute(make(CLOCK).values(scope=scope, position=0).on_conflict_do_nothing())
        row = session.execute(select(CLOCK.c.position).where(CLOCK.c.scope == scope).with_for_update()).one()
        positions[scope] = row.position
    return positions


def _feed(session: Session, positions: dict[str, int], entries: Sequence[Entry]) -> None:
    """Numbers entries in their scopes and advances the clocks, last of all in the transaction that inserts them."""
    rows: list[dict[str, object]] = []
    for entry in entries:
        positions[entry.scope] += 1
        rows.append({"scope": entry.scope, "position": positions[entry.scope], "entry_id": entry.entry_id})
    if rows:
        session.execute(insert(FEED), rows)
    for scope, position in positions.items():
        session.execute(update(CLOCK).where(CLOCK.c.scope == scope).values(position=position))
