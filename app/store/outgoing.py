"""What this device still owes central, and how far it has read: acks, cursors, missing blobs."""

import json
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session

from app.domain.journal import StreamName, first_chain
from app.store.tables import AttachmentRow, CursorRow, EntryRow, LinkRow, RecordRow, StreamRow, table

LINK, STREAM, ENTRY = table(LinkRow), table(StreamRow), table(EntryRow)
CURSOR, ATTACHMENT, RECORD = table(CursorRow), table(AttachmentRow), table(RecordRow)


@dataclass(frozen=True)
class Place:
    """An entry in its place of a stream. The hashes are given only where a text is absent."""

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


def unacknowledged(session: Session, limit: int) -> list[Batch]:
    """What is to be pushed next, lane 0 first, at most `limit` entries in all."""
    streams = session.execute(
        select(STREAM).where(STREAM.c.own.is_(True), STREAM.c.acked_seq < STREAM.c.last_seq).order_by(STREAM.c.stream)
    ).all()
    batches: list[Batch] = []
    for stream in sorted(streams, key=lambda row: StreamName.parse(row.stream).lane):
        room = limit - sum(len(batch.entries) for batch in batches)
        if room > 0:
            batches.append(_batch(session, stream.stream, stream.acked_seq, room))
    return batches


def _batch(session: Session, stream: str, acked_seq: int, room: int) -> Batch:
    rows = session.execute(
        select(LINK.c.chain, LINK.c.header_hash, LINK.c.body_hash, ENTRY.c.header, ENTRY.c.body)
        .outerjoin(ENTRY, ENTRY.c.entry_id == LINK.c.entry_id)
        .where(LINK.c.stream == stream, LINK.c.seq > acked_seq)
        .order_by(LINK.c.seq)
        .limit(room)
    ).all()
    previous = chain_at(session, StreamName.parse(stream), acked_seq)
    return Batch(stream, acked_seq + 1, previous or b"", rows[-1].chain, tuple(_place(row) for row in rows))


def _place(row: object) -> Place:
    header: bytes | None = row.header  # type: ignore[attr-defined]
    body: bytes | None = row.body  # type: ignore[attr-defined]
    return Place(
        header.decode() if header is not None else None,
        body.decode() if body is not None else None,
        row.header_hash.hex() if header is None else None,  # type: ignore[attr-defined]
        row.body_hash.hex() if body is None else None,  # type: ignore[attr-defined]
    )


def chain_at(session: Session, stream: StreamName, seq: int) -> bytes | None:
    """The chain value of a stream at a seq as this node holds it; None beyond its end."""
    if seq == 0:
        return first_chain(stream)
    statement = select(LINK.c.chain).where(LINK.c.stream == str(stream), LINK.c.seq == seq)
    return session.execute(statement).scalar_one_or_none()


def advance_ack(session: Session, stream: str, seq: int) -> int:
    """Central holds the stream up to `seq`. Returns how many entries that is more than before."""
    before: int = session.execute(select(STREAM.c.acked_seq).where(STREAM.c.stream == stream)).scalar_one()
    if seq <= before:
        return 0
    session.execute(update(STREAM).where(STREAM.c.stream == stream).values(acked_seq=seq))
    return seq - before


def step_back(session: Session, stream: str, have: int) -> None:
    """Central lacks what we believed acknowledged: offer it again."""
    session.execute(update(STREAM).where(STREAM.c.stream == stream, STREAM.c.acked_seq > have).values(acked_seq=have))


def forget_acks(session: Session) -> None:
    """A new epoch: nothing counts as acknowledged, read or sent any more."""
    session.execute(update(STREAM).where(STREAM.c.own.is_(True)).values(acked_seq=0))
    session.execute(CURSOR.delete())
    session.execute(update(ATTACHMENT).values(sent_at_ms=None))


def cursors(session: Session) -> dict[str, int]:
    return {row.scope: row.position for row in session.execute(select(CURSOR))}


def put_cursor(session: Session, scope: str, position: int) -> None:
    session.merge(CursorRow(scope=scope, position=position))
    session.flush()


def mark_missing(session: Session, hashes: list[str]) -> None:
    """Central says that it does not hold these: whatever was believed sent is sent again."""
    if hashes:
        session.execute(update(ATTACHMENT).where(ATTACHMENT.c.sha256.in_(hashes)).values(sent_at_ms=None))


def wanted_documents(session: Session) -> list[tuple[str, str]]:
    """(hash, scope) of the pinned checklists of visits here whose document has not come yet."""
    wanted: dict[str, str] = {}
    for row in session.execute(select(RECORD.c.scope, RECORD.c.fields).where(RECORD.c.kind == "visit")):
        sha256 = json.loads(row.fields).get("checklist_sha256")
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


def unsent_entries(session: Session) -> int:
    """Entries of this device that central has not acknowledged."""
    statement = select(func.coalesce(func.sum(STREAM.c.last_seq - STREAM.c.acked_seq), 0)).where(STREAM.c.own.is_(True))
    return int(session.execute(statement).scalar_one())
