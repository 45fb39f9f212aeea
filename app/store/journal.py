"""The one door into the journal: `append` for what a person does here, `receive` for entries from elsewhere.

Both insert the entries and bring the projection up to date in the same transaction. Nothing else writes either.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, case, delete, insert, select, update
from sqlmodel import Session

from app.domain import erasure
from app.domain.arrivals import Held, Intake, sort_arrivals
from app.domain.journal import (
    ALERT_LANE,
    ASIDE,
    ORDINARY_LANE,
    SALT_BYTES,
    Draft,
    Entry,
    Hashed,
    Link,
    StreamName,
    aside_name,
    chain_on,
    compose,
    next_chain,
    read_entry,
)
from app.domain.protocol import first_feed_chain
from app.store import erasures, projection
from app.store.bulk import among, insert_all, listed
from app.store.db import insert_or_lock
from app.store.node import Node, StreamPlace, own_stream
from app.store.tables import EntryParentRow, EntryRow, FeedRow, LinkRow, ScopeClockRow, SealRow, StreamRow, table

ENTRY, PARENT, LINK = table(EntryRow), table(EntryParentRow), table(LinkRow)
FEED, CLOCK, STREAM, SEAL = table(FeedRow), table(ScopeClockRow), table(StreamRow), table(SealRow)
# Built once: to build a statement takes five times as long as to run it.
HELD = select(ENTRY.c.entry_id, ENTRY.c.header, ENTRY.c.body, ENTRY.c.quarantined).where(among(ENTRY.c.entry_id, "ids"))
NAMED = select(ENTRY.c.header, ENTRY.c.body).where(among(ENTRY.c.entry_id, "ids")).order_by(ENTRY.c.entry_id)
BODY_HASHES = select(LINK.c.entry_id, LINK.c.body_hash).where(among(LINK.c.entry_id, "ids"))
# By the index: what begins with the kind and a hyphen lies between it and the same with the next letter.
BARE_LINK = select(LINK.c.seq).where(LINK.c.entry_id > f"{ASIDE}-", LINK.c.entry_id < f"{ASIDE}.").limit(1)
INSERT_SEAL = insert(SEAL)
ADVANCE_STREAM = (
    update(STREAM)
    .where(STREAM.c.stream == bindparam("name"))
    .values(last_seq=bindparam("last_seq"), chain=bindparam("chain"))
)
ADVANCE_CLOCK = (
    update(CLOCK)
    .where(CLOCK.c.scope == bindparam("name"))
    .values(position=bindparam("position"), chain=bindparam("chain"))
)
ADVANCE_FOREIGN = ADVANCE_STREAM.values(confirmed_seq=bindparam("confirmed_seq"), relayed_by=bindparam("relayed_by"))


@dataclass(frozen=True)
class FeedEnd:
    """How far the feed of a scope goes here, and the chain value over all of it."""

    position: int
    chain: bytes


def append(session: Session, draft: Draft, author: str, lane: int = ORDINARY_LANE) -> Entry:
    """Writes one thing a person did, as an entry of this node's own stream. Returns the entry.

    `draft.parents` are the heads its author saw, never newer ones of this node's own (design, section 4).
    """
    return append_all(session, [draft], author, lane)[0]


def append_all(session: Session, drafts: Sequence[Draft], author: str, lane: int = ORDINARY_LANE) -> list[Entry]:
    """Writes several entries of one author in order, in one transaction."""
    node: Node = session.info["node"]
    clock = node.clock
    entries = [
        compose(draft, clock.new_id(), author, clock.now_ms(), clock.random_bytes(SALT_BYTES)) for draft in drafts
    ]
    positions = lock_scopes(session, {entry.scope for entry in entries})
    _insert_entries(session, [_row(entry, clock.now_ms()) for entry in entries])
    _insert_parents(session, entries)
    _link(session, own_stream(session, node, lane), [entry.hashed for entry in entries])
    _feed(session, positions, entries)
    for entry in entries:
        projection.extend(session, entry)
    erasures.carry_out(session, entries)
    return entries


def receive(
    session: Session,
    entries: Iterable[Entry],
    wrong: Mapping[str, str] | None = None,
    ends: dict[str, FeedEnd] | None = None,
) -> Intake:
    """Takes in entries from elsewhere: those that are new here are inserted, numbered in their scopes and projected.

    `wrong` maps ids of authentic but wrong entries to the reason: they are kept, and show nowhere, until they come
    again and count. What was erased is kept without its body, whichever came first. Repeating a call changes nothing.
    `ends`: of feeds that this transaction has locked already; they are brought up to date.
    """
    arrived, wrong, ends = list(entries), wrong or {}, {} if ends is None else ends
    if not arrived:
        return Intake()
    ends |= lock_scopes(session, {entry.scope for entry in arrived if entry.entry_id not in wrong} - ends.keys())
    intake = sort_arrivals(arrived, _held(session, [entry.entry_id for entry in arrived]), wrong)
    _give_way(session, intake)
    now = session.info["node"].clock.now_ms()
    new = [*intake.sound, *(entry for entry, _ in intake.wrong.values())]
    left = erasures.kept_of(session, new, intake.sound)
    _insert_entries(session, [_row(left.get(entry.entry_id, entry), now) for entry in intake.sound])
    wrong_rows = [_row(left.get(one.entry_id, one), now, reason) for one, reason in intake.wrong.values()]
    _insert_entries(session, wrong_rows)
    _insert_parents(session, new)
    _feed(session, ends, intake.sound)
    _claim_links(session, intake.sound)
    projection.take_in(session, [left.get(entry.entry_id, entry) for entry in intake.sound])
    erasures.carry_out(session, intake.sound, [entry for entry in new if entry.entry_id in left])
    return intake


def lock_scopes(session: Session, scopes: Collection[str]) -> dict[str, FeedEnd]:
    """Locks the clock rows of all touched scopes, sorted by name so that two writers cannot wait for each other.

    Before any stream (design 5.8). Returns where their feeds end.
    """
    ends: dict[str, FeedEnd] = {}
    for scope in sorted(scopes):
        row = session.execute(insert_or_lock(session, CLOCK), {"scope": scope, "position": 0, "chain": None}).one()
        ends[scope] = FeedEnd(row.position, row.chain or first_feed_chain(scope))
    return ends


def extend_stream(
    session: Session,
    stream: str,
    links: Sequence[Link],
    seal: bytes,
    confirmed_seq: int = 0,
    relayed_by: str | None = None,
) -> None:
    """Keeps the new links of another device's stream and the seal over the last of them.

    `confirmed_seq`: how far that device itself has shown it here; `relayed_by`: who brought what goes further.
    """
    if not links:
        return
    insert_all(session, LINK, [_link_row(stream, link) for link in links])
    session.execute(INSERT_SEAL, {"stream": stream, "seq": links[-1].seq, "signature": seal})
    goes_to = {"name": stream, "last_seq": links[-1].seq, "chain": links[-1].chain}
    session.execute(ADVANCE_FOREIGN, goes_to | {"confirmed_seq": confirmed_seq, "relayed_by": relayed_by})


def confirm_stream(session: Session, stream: str, confirmed_seq: int) -> None:
    """Its own device has shown a stream that had come by way of another."""
    values = {
        "confirmed_seq": confirmed_seq,
        "relayed_by": case((STREAM.c.last_seq > confirmed_seq, STREAM.c.relayed_by), else_=None),
    }
    session.execute(update(STREAM).where(STREAM.c.stream == stream).values(**values))


def relink(session: Session, node: Node, old: Sequence[StreamName]) -> None:
    """Links every entry of these own streams, in its old place and lane, into the streams of a new incarnation.

    From the links, not the entries: a body that was erased keeps its place.
    """
    for name in old:
        rows = session.execute(
            select(LINK.c.entry_id, LINK.c.header_hash, LINK.c.body_hash)
            .where(LINK.c.stream == str(name))
            .order_by(LINK.c.seq)
        ).all()
        session.execute(update(STREAM).where(STREAM.c.stream == str(name)).values(own=False))
        _link(session, own_stream(session, node, name.lane), [Hashed(*row) for row in rows])


def own_streams(session: Session) -> list[StreamName]:
    """The streams that this node writes to."""
    rows = session.execute(select(STREAM.c.stream).where(STREAM.c.own.is_(True)).order_by(STREAM.c.stream))
    return [StreamName.parse(row.stream) for row in rows]


def entries_of(session: Session, subject: str) -> list[Entry]:
    """All entries that speak of a subject and count (not quarantined), oldest id first."""
    statement = (
        select(ENTRY.c.header, ENTRY.c.body)
        .where(ENTRY.c.subject == subject, ENTRY.c.quarantined.is_(None))
        .order_by(ENTRY.c.entry_id)
    )
    return [read_entry(row.header, row.body) for row in session.execute(statement)]


def entries_named(session: Session, entry_ids: Sequence[str]) -> list[Entry]:
    """Entries by their ids, oldest first; those that are not here are left out."""
    rows = session.execute(NAMED, {"ids": listed(entry_ids)})
    return [read_entry(row.header, row.body) for row in rows]


def is_held(session: Session, place: Hashed) -> bool:
    """True when the entry of this id is here with these very hashes, as far as its texts are."""
    row = session.execute(select(ENTRY.c.header, ENTRY.c.body).where(ENTRY.c.entry_id == place.entry_id)).first()
    if row is None or hashlib.sha256(row.header).digest() != place.header_hash:
        return False
    return row.body is None or hashlib.sha256(row.body).digest() == place.body_hash


def _claim_links(session: Session, entries: Sequence[Entry]) -> None:
    """Links that came bare, under the name of their hashes, belong to their entries now that these have come."""
    if session.execute(BARE_LINK).first() is None:
        return
    for entry in entries:
        if entry.body is not None:
            name = aside_name(entry.hashed.header_hash, entry.hashed.body_hash)
            session.execute(update(LINK).where(LINK.c.entry_id == name).values(entry_id=entry.entry_id))


def hashed_rows(session: Session, rows: Sequence[Any]) -> list[Hashed]:
    """Entries (rows of id, header, body) as the chain sees them. The hash of a body that was erased is in its link, or in
    its erasure; empty where neither is here."""
    erased = [row.entry_id for row in rows if row.body is None]
    found = session.execute(BODY_HASHES, {"ids": listed(erased)}) if erased else ()
    kept: dict[str, bytes] = {row.entry_id: row.body_hash for row in found}
    unlinked = [read_entry(row.header, None) for row in rows if row.body is None and row.entry_id not in kept]
    kept |= erasures.hashes_of(session, unlinked) if unlinked else {}
    return [
        Hashed(
            row.entry_id,
            hashlib.sha256(row.header).digest(),
            kept.get(row.entry_id, b"") if row.body is None else hashlib.sha256(row.body).digest(),
        )
        for row in rows
    ]


def erase(session: Session, entry_id: str, author: str, *, by_office: bool) -> Entry | None:
    """Destroys the body of an entry here, and wherever it went: that is an entry too. The hash stays, and the chain still
    verifies (design, section 4). Returns the erasure; None when there is nothing left to erase."""
    targets = [entry for entry in entries_named(session, [entry_id]) if entry.body is not None]
    if not targets:
        return None
    # As an alert: it goes before what is sent without its body, so that nobody wonders why that is absent.
    return append(session, erasure.draft_of(targets[0], by_office=by_office), author, ALERT_LANE)


def _held(session: Session, ids: list[str]) -> dict[str, Held]:
    """What lies here under these ids."""
    return {row.entry_id: Held(*row) for row in session.execute(HELD, {"ids": listed(ids)})}


def _give_way(session: Session, intake: Intake) -> None:
    """Frees the ids of wrong entries for the sound ones that came; their links follow them to their new name."""
    if intake.freed:
        session.execute(delete(ENTRY).where(ENTRY.c.entry_id.in_(intake.freed)))
        session.execute(delete(PARENT).where(PARENT.c.child.in_(intake.freed)))
    for aside_id, ousted in intake.moved.items():
        theirs = [LINK.c.entry_id == ousted.entry_id, LINK.c.header_hash == hashlib.sha256(ousted.header).digest()]
        if ousted.body is not None:
            theirs.append(LINK.c.body_hash == hashlib.sha256(ousted.body).digest())
        session.execute(update(LINK).where(*theirs).values(entry_id=aside_id))


def _insert_entries(session: Session, rows: list[dict[str, object]]) -> None:
    """Bytes that were set aside may lie here already, under the same name: it is their hash."""
    insert_all(session, ENTRY, rows, leave=True)


def _insert_parents(session: Session, entries: Iterable[Entry]) -> None:
    rows = [{"child": entry.entry_id, "parent": parent} for entry in entries for parent in sorted(set(entry.parents))]
    insert_all(session, PARENT, rows, leave=True)


def _row(entry: Entry, now_ms: int, reason: str | None = None) -> dict[str, object]:
    return {
        "entry_id": entry.entry_id,
        "kind": entry.kind,
        "subject": entry.subject,
        "scope": entry.scope,
        "author": entry.author,
        "made_at_ms": entry.made_at_ms,
        "received_at_ms": now_ms,
        "header": entry.header,
        "body": entry.body,
        "quarantined": reason,
    }


def _link(session: Session, stream: StreamPlace, places: Sequence[Hashed]) -> None:
    if not places:
        return
    links = chain_on(stream.chain, stream.last_seq + 1, places)
    insert_all(session, LINK, [_link_row(stream.stream, link) for link in links])
    goes_to = {"name": stream.stream, "last_seq": links[-1].seq, "chain": links[-1].chain}
    session.execute(ADVANCE_STREAM, goes_to)


def _link_row(stream: str, link: Link) -> dict[str, object]:
    return {
        "stream": stream,
        "seq": link.seq,
        "entry_id": link.entry_id,
        "header_hash": link.header_hash,
        "body_hash": link.body_hash,
        "chain": link.chain,
    }


def _feed(session: Session, ends: dict[str, FeedEnd], entries: Sequence[Entry]) -> None:
    """Numbers entries in their scopes and advances the clocks, last of all in the transaction that inserts them."""
    rows: list[dict[str, object]] = []
    for entry in entries:
        end = ends[entry.scope]
        body_hash = b"" if entry.body is None else hashlib.sha256(entry.body).digest()
        chain = next_chain(end.chain, hashlib.sha256(entry.header).digest(), body_hash)
        ends[entry.scope] = end = FeedEnd(end.position + 1, chain)
        rows.append({"scope": entry.scope, "position": end.position, "entry_id": entry.entry_id, "chain": chain})
    insert_all(session, FEED, rows)
    for scope in {entry.scope for entry in entries}:
        end = ends[scope]
        session.execute(ADVANCE_CLOCK, {"name": scope, "position": end.position, "chain": end.chain})
