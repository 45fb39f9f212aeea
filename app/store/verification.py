"""Reads the whole journal again and says what does not hold: for `baqylau verify`. Changes nothing."""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import func, select
from sqlmodel import Session

from app.domain.journal import (
    ASIDE,
    BrokenEntry,
    Entry,
    Json,
    StreamName,
    first_chain,
    next_chain,
    read_entry,
    seal_message,
    set_aside,
)
from app.domain.merge import merge
from app.store import audit, central_words, projection, relays
from app.store.node import Node
from app.store.tables import (
    AttachmentRow,
    DeviceRow,
    EntryRow,
    LinkRow,
    RecordRow,
    RelayedRow,
    SealRow,
    StreamRow,
    table,
)
from app.store.vault import signature_holds

ENTRY, LINK, STREAM, SEAL = table(EntryRow), table(LinkRow), table(StreamRow), table(SealRow)
ATTACHMENT, RECORD, DEVICE, RELAYED = table(AttachmentRow), table(RecordRow), table(DeviceRow), table(RelayedRow)
CHUNK: Final = 1000
SignOffCheck: TypeAlias = Callable[[str, Mapping[str, Json]], bool]
Tell: TypeAlias = Callable[[int], None]


@dataclass(frozen=True)
class Finding:
    """Something that does not hold. `where` names the entry, the place in a stream, the file or the record."""

    where: str
    text: str


def how_much(session: Session) -> int:
    """How many things `findings` looks at: its progress counts up to this."""
    counted = (ENTRY, LINK, SEAL, ATTACHMENT, RECORD)
    return sum(int(session.execute(select(func.count()).select_from(rows)).scalar_one()) for rows in counted)


def findings(session: Session, is_sound: SignOffCheck, tell: Tell = lambda looked_at: None) -> Iterator[Finding]:
    """Everything that does not hold, in the order of the streams, then of the entries.

    `is_sound(visit_id, fields)` says whether the signature of a sign-off holds: that rule lives above the store.
    `tell` is given how many more things were looked at.
    """
    node: Node = session.info["node"]
    for stream in session.execute(select(STREAM).order_by(STREAM.c.stream)).all():
        yield from _links(session, stream, tell)
        yield from _seals(session, node, stream.stream, tell)
    yield from _entries(session, node, is_sound, tell)
    yield from _attachments(session, tell)
    yield from _records(session, tell)
    for where, text in central_words.flaws(session):
        yield Finding(where, text)
    for seq, text in audit.flaws(session):
        yield Finding(f"audit log {seq}", text)


def _links(session: Session, stream: Any, tell: Tell) -> Iterator[Finding]:
    """Each link continues the chain, holds the hashes of its entry, and the stream ends where it says."""
    rows = session.execute(
        select(LINK, ENTRY.c.header, ENTRY.c.body)
        .outerjoin(ENTRY, ENTRY.c.entry_id == LINK.c.entry_id)
        .where(LINK.c.stream == stream.stream)
        .order_by(LINK.c.seq)
        .execution_options(yield_per=CHUNK)
    )
    chain, seq = first_chain(StreamName.parse(stream.stream)), 0
    for row in rows:
        where = f"{row.entry_id} ({stream.stream} {row.seq})"
        if row.seq != seq + 1:
            yield Finding(where, f"the numbering jumps from {seq} to {row.seq}")
        if next_chain(chain, row.header_hash, row.body_hash) != row.chain:
            yield Finding(where, "the chain is broken here")
        if row.header is not None and _hash(row.header) != row.header_hash:
            yield Finding(where, "its header is not the one that was linked")
        if row.body is not None and _hash(row.body) != row.body_hash:
            yield Finding(where, "its body is not the one that was linked")
        chain, seq = row.chain, row.seq
        tell(1)
    if (seq, chain) != (stream.last_seq, stream.chain):
        yield Finding(stream.stream, f"ends at {seq}, but is said to end at {stream.last_seq}")
    for said, word in (("acked_seq", "acknowledged"), ("durable_seq", "backed up"), ("confirmed_seq", "confirmed")):
        if not 0 <= getattr(stream, said) <= seq:
            yield Finding(stream.stream, f"is said to be {word} up to {getattr(stream, said)}, but ends at {seq}")


def _hash(data: bytes | str) -> bytes:
    """SHA-256; a column that somebody changed by hand may hold text."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).digest()


def _seals(session: Session, node: Node, stream: str, tell: Tell) -> Iterator[Finding]:
    """Each seal is the signature of the stream's own device over the chain value at its place."""
    key = _key_of(session, node, StreamName.parse(stream).device)
    rows = session.execute(
        select(SEAL, LINK.c.chain)
        .outerjoin(LINK, (LINK.c.stream == SEAL.c.stream) & (LINK.c.seq == SEAL.c.seq))
        .where(SEAL.c.stream == stream)
        .order_by(SEAL.c.seq)
    )
    last = 0
    for row in rows:
        last = row.seq
        message = seal_message(StreamName.parse(stream), row.seq, row.chain or b"")
        if key is None or row.chain is None or not signature_holds(key, row.signature, message):
            yield Finding(f"{stream} {row.seq}", "the seal of its device does not hold")
        tell(1)
    own = StreamName.parse(stream).device == node.device_id
    end = session.execute(select(func.max(LINK.c.seq)).where(LINK.c.stream == stream)).scalar_one() or 0
    if not own and last != end:
        yield Finding(f"{stream} {last + 1}", "no seal of its device covers the end of the stream")


def _key_of(session: Session, node: Node, device_id: str) -> bytes | None:
    if device_id == node.device_id:
        return node.public_key
    key: bytes | None = session.execute(
        select(DEVICE.c.public_key).where(DEVICE.c.device_id == device_id)
    ).scalar_one_or_none()
    return key if key is not None else relays.key_of(session, device_id)


def _entries(session: Session, node: Node, is_sound: SignOffCheck, tell: Tell) -> Iterator[Finding]:
    """Each entry reads as what its row says, and what is signed holds. At central it stands in a stream, or came by way
    of another device whose word for it is noted."""
    linked = select(LINK.c.entry_id).where(LINK.c.entry_id == ENTRY.c.entry_id).exists().label("is_linked")
    hearsay = select(RELAYED.c.entry_id).where(RELAYED.c.entry_id == ENTRY.c.entry_id).exists().label("is_relayed")
    statement = select(ENTRY, linked, hearsay).order_by(ENTRY.c.entry_id).execution_options(yield_per=CHUNK)
    for row in session.execute(statement):
        tell(1)
        fault = _fault_of_aside(row) if row.kind == ASIDE else _fault_of(row, is_sound)
        if not fault and node.role == "central" and row.quarantined is None and not (row.is_linked or row.is_relayed):
            fault = "stands in no stream"
        if fault:
            yield Finding(row.entry_id, fault)


def _fault_of(row: Any, is_sound: SignOffCheck) -> str:
    try:
        entry = _read(row)
    except BrokenEntry as error:
        return f"cannot be read: {error}"
    if _said(entry) != (row.entry_id, row.kind, row.subject, row.scope, row.author, row.made_at_ms):
        return "its row says something else than its header"
    is_signed = entry.kind == "sign_off" and entry.body is not None and "signature" in entry.sets
    if is_signed and row.quarantined is None and not is_sound(entry.scope.removeprefix("visit:"), entry.fields()):
        return "its signature does not hold"
    return ""


def _read(row: Any) -> Entry:
    """The entry of a row. Raises BrokenEntry, also where somebody put text in the place of bytes."""
    if not isinstance(row.header, bytes) or not isinstance(row.body, bytes | None):
        raise BrokenEntry("text stands where bytes belong")
    return read_entry(row.header, row.body)


def _fault_of_aside(row: Any) -> str:
    """What was kept as evidence only is named by its own hash; nothing else is known of it."""
    return "" if set_aside(row.header, row.body).entry_id == row.entry_id else "its bytes were changed"


def _said(entry: Entry) -> tuple[str, str, str, str, str, int]:
    return entry.entry_id, entry.kind, entry.subject, entry.scope, entry.author, entry.made_at_ms


def _attachments(session: Session, tell: Tell) -> Iterator[Finding]:
    """Each photo and document is what its name, a SHA-256, says. One at a time: together they may be gigabytes."""
    for sha256 in session.execute(select(ATTACHMENT.c.sha256).order_by(ATTACHMENT.c.sha256)).scalars().all():
        data = session.execute(select(ATTACHMENT.c.data).where(ATTACHMENT.c.sha256 == sha256)).scalar_one()
        if _hash(data).hex() != sha256:
            yield Finding(f"file {sha256}", "its bytes were changed")
        tell(1)


def outstanding_photos(session: Session) -> str:
    """Lines about photos and originals that records name and that have not come yet; empty when all are here. That is no
    fault: they are on their way. Only central gets every photo, so a device has no such line."""
    if session.info["node"].role != "central":
        return ""
    named: dict[str, set[str]] = {"sha256": set(), "original": set()}
    for row in session.execute(select(RECORD.c.fields).where(RECORD.c.kind == "photo")):
        fields = json.loads(row.fields)
        for name, hashes in named.items():
            if isinstance(fields.get(name), str) and not fields.get("removed"):
                hashes.add(fields[name])
    held = set(session.execute(select(ATTACHMENT.c.sha256)).scalars())
    told = (
        _on_their_way(named["sha256"], held, "photos"),
        _on_their_way(named["original"], held, "originals of photos"),
    )
    return "\n".join(line for line in told if line)


def _on_their_way(named: set[str], held: set[str], what: str) -> str:
    missing = len(named - held)
    return (
        f"{len(named) - missing} of {len(named)} {what} are here; {missing} are still on their way" if missing else ""
    )


def _records(session: Session, tell: Tell) -> Iterator[Finding]:
    """The records are what the entries add up to: what a rebuild would write, and nothing else."""
    kept = {row.subject: dict(row._mapping) for row in session.execute(select(RECORD))}
    tell(len(kept))
    for row in _rebuilt(session):
        if kept.pop(row["subject"], None) != row:
            yield Finding(
                f"record {row['subject']}", "is not what its entries add up to; baqylau reindex builds it anew"
            )
    for subject in sorted(kept):
        yield Finding(f"record {subject}", "has no entries; run: baqylau reindex")


def _rebuilt(session: Session) -> Iterator[dict[str, str]]:
    rows = session.execute(
        select(ENTRY.c.subject, ENTRY.c.header, ENTRY.c.body)
        .where(ENTRY.c.quarantined.is_(None))
        .order_by(ENTRY.c.subject, ENTRY.c.entry_id)
        .execution_options(yield_per=CHUNK)
    )
    for _, group in itertools.groupby(rows, key=lambda row: row.subject):
        try:
            yield projection.as_row(merge([_read(row) for row in group]))
        except BrokenEntry:
            continue  # said already, as an entry that cannot be read
