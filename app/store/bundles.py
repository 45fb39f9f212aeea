"""Sealed bundles: central's key for them, and those that this device carries for others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, update
from sqlmodel import Session

from app.domain.journal import StreamName
from app.store.attachments import IN_ORDER
from app.store.bulk import among, listed
from app.store.db import insert_or_leave, insert_or_lock
from app.store.node import Node, value_of, values_with_prefix
from app.store.outgoing import Batch, batch_after
from app.store.tables import AttachmentRow, BundleRow, EntryRow, NodeValueRow, StreamRow, table
from app.store.vault import key_fingerprint, new_sealing_key, sealing_public_key

BUNDLE, ENTRY, STREAM, ATTACHMENT = table(BundleRow), table(EntryRow), table(StreamRow), table(AttachmentRow)
OWN_KEY: Final = "bundle_private_key"  # node value of central. It protects transport only; interviews have another key
CENTRAL_KEY: Final = "central_bundle_key"  # node value of a device: the public half, in hex
PROBLEM: Final = "bundle_problem:"  # + SHA-256, node value of a courier: why central took nothing of it


def own_key(session: Session) -> bytes:
    """Central's private key for bundles, made at first need; two processes that need it at once get the same."""
    row = {"name": OWN_KEY, "value": value_of(session, OWN_KEY) or new_sealing_key().hex()}
    return bytes.fromhex(session.execute(insert_or_lock(session, table(NodeValueRow)), row).one().value)


def own_public_key(session: Session) -> bytes:
    """The key to which devices seal their bundles."""
    return sealing_public_key(own_key(session))


def held_fingerprint(session: Session) -> str:
    """Fingerprint of the office's key that this device has; empty when it has none."""
    held = value_of(session, CENTRAL_KEY)
    return key_fingerprint(bytes.fromhex(held)) if held else ""


@dataclass(frozen=True)
class Span:
    """Places of an own stream that travel as one batch: `count` of them after `after`."""

    stream: str
    after: int
    count: int


def spans_to_export(session: Session, limit_bytes: int, everything: bool) -> Iterator[tuple[Span, int]]:
    """(span, bytes) of all that central has not acknowledged of this device's streams (or all there is), alerts first,
    in order. A span has at most so many bytes where one entry has not more."""
    rows = session.execute(select(STREAM).where(STREAM.c.own.is_(True), STREAM.c.last_seq > 0)).all()
    for row in sorted(rows, key=lambda one: (StreamName.parse(one.stream).lane, one.stream)):
        at = 0 if everything else row.acked_seq
        while at < row.last_seq:
            batch = batch_after(session, row.stream, at, row.last_seq - at, limit_bytes)
            yield Span(row.stream, at, len(batch.entries)), batch.size
            at += len(batch.entries)


def batch_of(session: Session, span: Span, limit_bytes: int) -> Batch:
    """The entries of a span, as they are now: a text may have been erased since."""
    return batch_after(session, span.stream, span.after, span.count, limit_bytes)


def files_to_export(session: Session, everything: bool) -> list[tuple[str, int]]:
    """(hash, bytes): documents first, then photos, then originals, oldest first; those that central lacks, or all."""
    statement = select(ATTACHMENT.c.sha256, ATTACHMENT.c.size)
    if not everything:
        statement = statement.where(ATTACHMENT.c.sent_at_ms.is_(None))
    rows = session.execute(statement.order_by(*IN_ORDER))
    return [(row.sha256, row.size) for row in rows]


def unknown_entries(session: Session, entry_ids: Sequence[str]) -> int:
    """How many of these entries are not here."""
    wanted = set(entry_ids)
    statement = select(ENTRY.c.entry_id).where(among(ENTRY.c.entry_id, "ids"))
    return len(wanted) - len(session.execute(statement, {"ids": listed(wanted)}).all())


# ---- as a courier ----------------------------------------------------------------------------------------------------


def carry(session: Session, sha256: str, device: str, data: bytes) -> None:
    """Keeps a bundle of another device until central has it. The same one twice is one."""
    node: Node = session.info["node"]
    row = {"sha256": sha256, "device": device, "data": data, "taken_at_ms": node.clock.now_ms(), "sent_at_ms": None}
    session.execute(insert_or_leave(session, BUNDLE), row)


def to_hand_over(session: Session) -> list[str]:
    """Hashes of the bundles that central has not been given, oldest first."""
    statement = select(BUNDLE.c.sha256).where(BUNDLE.c.sent_at_ms.is_(None)).order_by(BUNDLE.c.taken_at_ms)
    return list(session.execute(statement).scalars())


def waiting_to_hand_over(session: Session) -> tuple[int, int]:
    """(files, bytes) of the carried bundles that central has not been given."""
    size = func.coalesce(func.sum(func.length(BUNDLE.c.data)), 0)
    count, total = session.execute(select(func.count(), size).where(BUNDLE.c.sent_at_ms.is_(None))).one()
    return count, total


def refusals_of_central(session: Session) -> list[str]:
    """Why central took nothing of carried bundles: each reason once."""
    return sorted(set(values_with_prefix(session, PROBLEM).values()))


def carried(session: Session, sha256: str) -> bytes:
    """The bytes of a carried bundle; empty when they were handed over."""
    statement = select(BUNDLE.c.data).where(BUNDLE.c.sha256 == sha256)
    return bytes(session.execute(statement).scalar_one_or_none() or b"")


def mark_handed_over(session: Session, sha256: str) -> None:
    """Central has looked at it: its bytes are not needed here any more; that it was carried stays known."""
    node: Node = session.info["node"]
    values = {"sent_at_ms": node.clock.now_ms(), "data": b""}
    session.execute(update(BUNDLE).where(BUNDLE.c.sha256 == sha256).values(**values))
