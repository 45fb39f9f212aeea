"""Streams of other devices that this one carries, and what it knows of those devices: certificates and withdrawals."""

import hashlib
import itertools
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlmodel import Session

from app.domain.journal import StreamName, is_entry_id
from app.store.node import Node, value_of
from app.store.outgoing import Batch, Place, chain_at
from app.store.tables import EntryRow, LinkRow, RecordRow, RelayedRow, SealRow, StreamRow, table

LINK, STREAM, ENTRY, SEAL = table(LinkRow), table(StreamRow), table(EntryRow), table(SealRow)
RELAYED, RECORD = table(RelayedRow), table(RecordRow)
CERTIFICATE_OF: Final = "certificate_of:"  # + device, node value: what central says of a device whose stream is here
REVOKED: Final = "device"  # kind of the record in `reference` that says when central withdrew a device


@dataclass(frozen=True)
class Carried:
    """A stream of another device as it lies here. `acked_seq`: how far central has it, as it told this device."""

    stream: str
    last_seq: int
    acked_seq: int

    @property
    def name(self) -> StreamName:
        return StreamName.parse(self.stream)


def revoked_at_ms(session: Session, device_id: str) -> int:
    """When central last withdrew a device, as far as this node has heard; 0 for never."""
    statement = select(RECORD.c.fields).where(RECORD.c.subject == device_id, RECORD.c.kind == REVOKED)
    fields = json.loads(session.execute(statement).scalar_one_or_none() or "{}")
    return int(fields.get("revoked_at_ms", 0))


def key_of(session: Session, device_id: str) -> bytes | None:
    """The key of a device whose stream is carried here, as central certified it; None when it is not known."""
    kept = value_of(session, f"{CERTIFICATE_OF}{device_id}")
    return bytes.fromhex(json.loads(json.loads(kept)["text"])["public_key"]) if kept else None


def carried(session: Session) -> list[Carried]:
    """All streams of other devices that are here, alerts first."""
    node: Node = session.info["node"]
    columns = select(STREAM.c.stream, STREAM.c.last_seq, STREAM.c.acked_seq)
    rows = session.execute(columns.where(STREAM.c.own.is_(False), STREAM.c.last_seq > 0).order_by(STREAM.c.stream))
    found = [Carried(*row) for row in rows]
    return sorted((one for one in found if one.name.device != node.device_id), key=lambda one: one.name.lane)


def waiting(session: Session) -> list[Carried]:
    """Those of which central does not hold something: an entry is marked as relayed beyond what it acknowledged."""
    if not count_unconfirmed(session):
        return []  # nearly always, and at once
    marked = (
        select(LINK.c.stream)
        .join(RELAYED, RELAYED.c.entry_id == LINK.c.entry_id)
        .join(STREAM, STREAM.c.stream == LINK.c.stream)
        .where(STREAM.c.own.is_(False), LINK.c.seq > STREAM.c.acked_seq)
        .distinct()
    )
    wanted = set(session.execute(marked).scalars())
    return [one for one in carried(session) if one.stream in wanted]


def own_places(session: Session) -> dict[str, int]:
    """How far each stream that this device writes to goes."""
    rows = session.execute(select(STREAM.c.stream, STREAM.c.last_seq).where(STREAM.c.own.is_(True)))
    return {row.stream: row.last_seq for row in rows}


def note_ack(session: Session, stream: str, seq: int, chain: bytes, durable: int) -> None:
    """Central has a carried stream up to `seq`; it counts only with the chain value that is held here."""
    if chain_at(session, StreamName.parse(stream), seq) == chain:
        here = (STREAM.c.stream == stream) & STREAM.c.own.is_(False)
        values = {"acked_seq": seq, "durable_seq": min(durable, seq)}
        session.execute(update(STREAM).where(here).values(**values))


def step_back(session: Session, stream: str, have: int) -> None:
    """Central lacks what came before: it is offered again from there."""
    here = (STREAM.c.stream == stream) & STREAM.c.own.is_(False)
    session.execute(update(STREAM).where(here).values(acked_seq=have, durable_seq=0))


def forget_acks(session: Session) -> None:
    """A new epoch: central may have lost what it acknowledged of the carried streams too."""
    for one in carried(session):
        step_back(session, one.stream, 0)


def give_up(session: Session, stream: str) -> None:
    """Central will not have this stream from here: it is not offered again before more of it comes."""
    here = (STREAM.c.stream == stream) & STREAM.c.own.is_(False)
    session.execute(update(STREAM).where(here).values(acked_seq=STREAM.c.last_seq))


def sealed_batch(
    session: Session, stream: str, after: int, room: int, room_bytes: int, scopes: Collection[str] | None
) -> tuple[Batch, bytes] | None:
    """What follows a place of a carried stream, up to a seal of its own device, and that seal. None when there is none.

    At most `room` entries where the first seal allows it. Texts outside `scopes` are left out (None: all are told).
    """
    seals = session.execute(
        select(SEAL.c.seq, SEAL.c.signature).where(SEAL.c.stream == stream, SEAL.c.seq > after).order_by(SEAL.c.seq)
    ).all()
    if not seals:
        return None
    last = max([seals[0].seq, *(seal.seq for seal in seals if seal.seq <= after + room)])
    batch = batch_between(session, stream, after, last, scopes)
    if batch.size > room_bytes and last != seals[0].seq:
        last = seals[0].seq
        batch = batch_between(session, stream, after, last, scopes)
    return batch, next(seal.signature for seal in seals if seal.seq == last)


def batch_between(session: Session, stream: str, after: int, last: int, scopes: Collection[str] | None) -> Batch:
    """The entries after a place of a stream, up to `last`; without the texts of those outside `scopes`."""
    rows = session.execute(
        select(LINK, ENTRY.c.header, ENTRY.c.body, ENTRY.c.scope)
        .outerjoin(ENTRY, ENTRY.c.entry_id == LINK.c.entry_id)
        .where(LINK.c.stream == stream, LINK.c.seq > after, LINK.c.seq <= last)
        .order_by(LINK.c.seq)
    ).all()
    places = tuple(_place(row, scopes is None or row.scope in scopes) for row in rows)
    size = sum(len(place.header or "") + len(place.body or "") for place in places)
    previous = chain_at(session, StreamName.parse(stream), after)
    return Batch(stream, after + 1, previous or b"", rows[-1].chain, places, size)


def last_that_fits(session: Session, stream: str, after: int, room: int, room_bytes: int) -> int:
    """Up to which place at most `room` entries of `room_bytes` in all follow; one at least."""
    size = func.coalesce(func.length(ENTRY.c.header), 0) + func.coalesce(func.length(ENTRY.c.body), 0)
    rows = session.execute(
        select(LINK.c.seq, size.label("size"))
        .outerjoin(ENTRY, ENTRY.c.entry_id == LINK.c.entry_id)
        .where(LINK.c.stream == stream, LINK.c.seq > after)
        .order_by(LINK.c.seq)
        .limit(room)
    ).all()
    sums: list[int] = list(itertools.accumulate(row.size for row in rows))
    return after + max(1, sum(one <= room_bytes for one in sums))


def _place(row: Any, is_told: bool) -> Place:
    header, body = (row.header, row.body) if is_told else (None, None)
    return Place(
        _told_id(row) if header is None else None,
        header.decode() if header is not None else None,
        body.decode() if body is not None else None,
        row.header_hash.hex() if header is None else None,
        row.body_hash.hex() if body is None else None,
    )


def _told_id(row: Any) -> str:
    """The id of an entry that is passed on without its texts. One that came bare has none here: the hashes name it, in
    the form of an id, and whoever gets the entry itself finds its place by them."""
    if is_entry_id(row.entry_id):
        return str(row.entry_id)
    digest = hashlib.sha256(row.header_hash + row.body_hash).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def count_unconfirmed(session: Session) -> int:
    """How many entries are here by way of another device, and not confirmed."""
    return int(session.execute(select(func.count()).select_from(RELAYED)).scalar_one())


def unconfirmed(session: Session) -> dict[str, str]:
    """Entry id -> the device that brought it, of all that central (or, at central, its own device) has not confirmed."""
    return {row.entry_id: row.hub for row in session.execute(select(RELAYED))}
