"""What this device still owes central, and how far it has read: acks, cursors, missing blobs."""

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session

from app.domain.journal import StreamName, first_chain
from app.domain.protocol import Standing, after_epoch, after_gap
from app.store.projection import as_record
from app.store.tables import AttachmentRow, CursorRow, EntryRow, LinkRow, RecordRow, StreamRow, table

QUARANTINED: Final = "quarantined:"  # node value, + entry id: why central keeps it and does not count it
LINK, STREAM, ENTRY = table(LinkRow), table(StreamRow), table(EntryRow)
UNSENT = select(func.coalesce(func.sum(STREAM.c.last_seq - STREAM.c.acked_seq), 0)).where(STREAM.c.own.is_(True))
CURSOR, ATTACHMENT, RECORD = table(CursorRow), table(AttachmentRow), table(RecordRow)


@dataclass(frozen=True)
class Place:
    """An entry in its place of a stream. Id and hashes are given only where a text is absent."""

    entry_id: str | None
    header: str | None
    body: str | None
    header_hash: str | None
    body_hash: str | None


@dataclass(frozen=True)
class Batch:
    """Consecutive entries of one own stream that central has not acknowledged."""

    stream: str
    start: int
    previous: bytes
    chain: bytes
    entries: tuple[Place, ...]
    size: int  # bytes of headers and bodies


def unacknowledged(session: Session, limit: int, limit_bytes: int) -> list[Batch]:
    """What is to be pushed next, lane 0 first: at most `limit` entries in all, and one at least."""
    streams = session.execute(
        select(STREAM).where(STREAM.c.own.is_(True), STREAM.c.acked_seq < STREAM.c.last_seq).order_by(STREAM.c.stream)
    ).all()
    batches: list[Batch] = []
    for stream in sorted(streams, key=lambda row: StreamName.parse(row.stream).lane):
        room = limit - sum(len(batch.entries) for batch in batches)
        room_bytes = limit_bytes - sum(batch.size for batch in batches)
        if room > 0 and room_bytes > 0:
            batches.append(batch_after(session, stream.stream, stream.acked_seq, room, room_bytes))
    return batches


def batch_after(session: Session, stream: str, acked_seq: int, room: int, room_bytes: int) -> Batch:
    """What follows a place of a stream, which must not be its last: at most `room` entries, and one at least."""
    rows = session.execute(
        select(LINK, ENTRY.c.header, ENTRY.c.body)
        .outerjoin(ENTRY, ENTRY.c.entry_id == LINK.c.entry_id)
        .where(LINK.c.stream == stream, LINK.c.seq > acked_seq)
        .order_by(LINK.c.seq)
        .limit(room)
    ).all()
    sizes = list(itertools.accumulate(len(row.header or b"") + len(row.body or b"") for row in rows))
    fitting = max(1, sum(size <= room_bytes for size in sizes))
    previous = chain_at(session, StreamName.parse(stream), acked_seq)
    places = tuple(_place(row) for row in rows[:fitting])
    return Batch(stream, acked_seq + 1, previous or b"", rows[fitting - 1].chain, places, sizes[fitting - 1])


def _place(row: Any) -> Place:
    header: bytes | None = row.header
    body: bytes | None = row.body
    return Place(
        row.entry_id if header is None else None,
        header.decode() if header is not None else None,
        body.decode() if body is not None else None,
        row.header_hash.hex() if header is None else None,
        row.body_hash.hex() if body is None else None,
    )


def chain_at(session: Session, stream: StreamName, seq: int) -> bytes | None:
    """The chain value of a stream at a seq as this node holds it; None beyond its end."""
    if seq == 0:
        return first_chain(stream)
    statement = select(LINK.c.chain).where(LINK.c.stream == str(stream), LINK.c.seq == seq)
    return session.execute(statement).scalar_one_or_none()


def standing_of(session: Session, stream: str) -> Standing:
    """How far central has a stream of this device."""
    row = session.execute(
        select(STREAM.c.acked_seq, STREAM.c.durable_seq).where(STREAM.c.stream == stream, STREAM.c.own.is_(True))
    ).first()
    return Standing(row.acked_seq, row.durable_seq) if row else Standing()


def put_standing(session: Session, stream: str, standing: Standing) -> None:
    """Keeps it. What `app.domain.protocol` made of central's words is the only thing that comes here."""
    values = {"acked_seq": standing.acked_seq, "durable_seq": standing.durable_seq}
    session.execute(update(STREAM).where(STREAM.c.stream == stream, STREAM.c.own.is_(True)).values(**values))


def unsent_ids(session: Session) -> set[str]:
    """The entries of this device that central has not acknowledged."""
    statement = select(LINK.c.entry_id).join(STREAM, STREAM.c.stream == LINK.c.stream)
    rows = session.execute(statement.where(STREAM.c.own.is_(True), LINK.c.seq > STREAM.c.acked_seq))
    return {row.entry_id for row in rows}


def offer_again(session: Session, entry_ids: Collection[str]) -> bool:
    """Steps back to the first of these entries in each own stream: central is to look at them once more.

    True when there is something to look at.
    """
    rows = session.execute(
        select(LINK.c.stream, func.min(LINK.c.seq).label("seq"))
        .join(STREAM, STREAM.c.stream == LINK.c.stream)
        .where(STREAM.c.own.is_(True), LINK.c.entry_id.in_(list(entry_ids)))
        .group_by(LINK.c.stream)
    ).all()
    for row in rows:
        put_standing(session, row.stream, after_gap(standing_of(session, row.stream), row.seq - 1))
    return bool(rows)


def forget_acks(session: Session) -> None:
    """A new epoch: nothing counts as acknowledged, durable, read or sent any more (`protocol.after_epoch`)."""
    for row in session.execute(select(STREAM.c.stream).where(STREAM.c.own.is_(True))).all():
        put_standing(session, row.stream, after_epoch(standing_of(session, row.stream)))
    session.execute(CURSOR.delete())
    session.execute(update(ATTACHMENT).values(sent_at_ms=None, thumbnail_sent_at_ms=None, durable_at_ms=None))


def cursors(session: Session) -> dict[str, int]:
    return {row.scope: row.position for row in session.execute(select(CURSOR))}


def marks(session: Session) -> dict[str, str]:
    """Scope -> central's name for all that was read of it."""
    return {row.scope: row.mark for row in session.execute(select(CURSOR)) if row.mark}


def standings(session: Session) -> list[tuple[str, int, bytes]]:
    """(stream, seq, chain value) of the last acknowledged place of each own stream."""
    rows = session.execute(
        select(STREAM.c.stream, LINK.c.seq, LINK.c.chain)
        .join(LINK, (LINK.c.stream == STREAM.c.stream) & (LINK.c.seq == STREAM.c.acked_seq))
        .where(STREAM.c.own.is_(True))
        .order_by(STREAM.c.stream)
    )
    return [(row.stream, row.seq, row.chain) for row in rows]


def drop_cursors(session: Session, scopes: list[str]) -> None:
    """Central has less of these scopes than was read: they are read anew."""
    session.execute(CURSOR.delete().where(CURSOR.c.scope.in_(scopes)))


def put_cursor(session: Session, scope: str, position: int, mark: str = "") -> None:
    """Forwards only, within an epoch: what was read is not asked for again."""
    row = session.get(CursorRow, scope)
    if row is None:
        session.add(CursorRow(scope=scope, position=position, mark=mark))
    elif position > row.position:
        row.position, row.mark = position, mark
    session.flush()


def note_durable(session: Session, positions: Mapping[str, int]) -> None:
    """Up to where the feeds of scopes are in a verified backup of central; of a scope that was not read it says nothing."""
    for scope, position in positions.items():
        session.execute(update(CURSOR).where(CURSOR.c.scope == scope).values(durable=position))


def mark_missing(session: Session, hashes: list[str]) -> None:
    """Central says that it does not hold these: whatever was believed sent is sent again."""
    if hashes:
        session.execute(update(ATTACHMENT).where(ATTACHMENT.c.sha256.in_(hashes)).values(sent_at_ms=None))


def wanted_documents(session: Session) -> list[tuple[str, str]]:
    """(hash, scope) of the pinned checklists of visits here whose document has not come yet."""
    wanted: dict[str, str] = {}
    for row in session.execute(select(RECORD).where(RECORD.c.kind == "visit")):
        sha256 = as_record(row).text("checklist_sha256")
        if sha256:
            wanted[sha256] = row.scope
    held = {row.sha256 for row in session.execute(select(ATTACHMENT.c.sha256).where(ATTACHMENT.c.sha256.in_(wanted)))}
    return [(sha256, scope) for sha256, scope in wanted.items() if sha256 not in held]


def unsent_in(session: Session, scope: str) -> tuple[int, int]:
    """(not acknowledged, all) of this device's own entries in a scope."""
    sent = aliased(STREAM)
    statement = (
        select(func.count().filter(LINK.c.seq > sent.c.acked_seq), func.count())
        .select_from(ENTRY)
        .join(LINK, LINK.c.entry_id == ENTRY.c.entry_id)
        .join(sent, sent.c.stream == LINK.c.stream)
        .where(ENTRY.c.scope == scope, sent.c.own.is_(True))
    )
    waiting, total = session.execute(statement).one()
    return waiting, total


def is_safe(session: Session, scope: str) -> bool:
    """True when all that this device wrote and photographed in a scope is in a backup that was restored and verified.

    False for a scope of which it has nothing: a word of comfort needs something that it speaks of.
    """
    sent = aliased(STREAM)
    statement = (
        select(func.count().filter(LINK.c.seq > sent.c.durable_seq), func.count())
        .select_from(ENTRY)
        .join(LINK, LINK.c.entry_id == ENTRY.c.entry_id)
        .join(sent, sent.c.stream == LINK.c.stream)
        .where(ENTRY.c.scope == scope, sent.c.own.is_(True))
    )
    waiting, total = session.execute(statement).one()
    files = select(func.count()).where(ATTACHMENT.c.scope == scope, ATTACHMENT.c.durable_at_ms.is_(None))
    return bool(total) and not waiting and not session.execute(files).scalar_one()


def unsent_entries(session: Session) -> int:
    """Entries of this device that central has not acknowledged."""
    return int(session.execute(UNSENT).scalar_one())
