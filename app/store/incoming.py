"""What central keeps of devices and their streams, and which scopes a device may pull."""

import json
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlmodel import Session

from app.domain.journal import Entry, StreamName, first_chain, read_entry
from app.errors import EnrolmentRefused
from app.store.node import Node
from app.store.tables import (
    AttachmentRow,
    DeviceRow,
    EnrolCodeRow,
    EntryRow,
    FeedRow,
    LinkRow,
    RecordRow,
    ScopeClockRow,
    StreamRow,
    table,
)
from app.store.vault import hash_token, new_token

LINK, FEED, ENTRY, CLOCK = table(LinkRow), table(FeedRow), table(EntryRow), table(ScopeClockRow)
RECORD, ATTACHMENT, DEVICE, STREAM = table(RecordRow), table(AttachmentRow), table(DeviceRow), table(StreamRow)
CODE_LIFE_MS = 7 * 24 * 3600 * 1000
CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def make_enrol_code(session: Session, node: Node, device_name: str, people: list[str]) -> str:
    """A new one-time code of 12 characters for a device that these persons will use; good for seven days."""
    code = "".join(CODE_LETTERS[byte % len(CODE_LETTERS)] for byte in node.clock.random_bytes(12))
    session.add(
        EnrolCodeRow(
            code_hash=hash_token(code),
            device_name=device_name,
            people=json.dumps(people),
            expires_at_ms=node.clock.now_ms() + CODE_LIFE_MS,
        )
    )
    session.flush()
    return code


def enrol_device(session: Session, node: Node, code: str, device_id: str, public_key: bytes) -> tuple[DeviceRow, str]:
    """Uses up a code. Returns the device and its token. The same device may repeat its own enrolment (a lost reply).

    Raises EnrolmentRefused for an unknown, used or expired code.
    """
    row = session.get(EnrolCodeRow, hash_token(code), with_for_update=True)
    now = node.clock.now_ms()
    if row is None or row.expires_at_ms < now or row.used_by not in (None, device_id):
        raise EnrolmentRefused()
    token = new_token()
    device = session.get(DeviceRow, device_id) or DeviceRow(
        device_id=device_id, name="", public_key=public_key, token_hash="", people="[]", enrolled_at_ms=now, seen_at_ms=now
    )
    device.name, device.people, device.token_hash = row.device_name, row.people, hash_token(token)
    device.revoked_at_ms = None
    row.used_by = device_id
    session.add(device)
    session.flush()
    return device, token


def device_with_token(session: Session, device_id: str, token: str) -> DeviceRow | None:
    """The enrolled device, when the token is its own."""
    device = session.get(DeviceRow, device_id)
    return device if device and device.token_hash == hash_token(token) else None


def saw_device(session: Session, device_id: str, now_ms: int) -> None:
    session.execute(update(DEVICE).where(DEVICE.c.device_id == device_id).values(seen_at_ms=now_ms))


def device_stream(session: Session, name: StreamName) -> StreamRow:
    """A device's stream, locked for this transaction; made when it is new."""
    row = session.get(StreamRow, str(name), with_for_update=True)
    if row is None:
        row = StreamRow(stream=str(name), own=False, last_seq=0, chain=first_chain(name), acked_seq=0)
        session.add(row)
        session.flush()
    return row


def held_chains(session: Session, stream: str, first_seq: int) -> dict[int, bytes]:
    """The chain values from `first_seq` - 1 on."""
    statement = select(LINK.c.seq, LINK.c.chain).where(LINK.c.stream == stream, LINK.c.seq >= first_seq - 1)
    return {row.seq: row.chain for row in session.execute(statement)}


def scopes_for(session: Session, device: DeviceRow) -> list[str]:
    """The scopes a device may pull: reference, its persons, the visits of their teams, and those visits' institutions."""
    people = set(json.loads(device.people))
    scopes = {"reference"} | {f"person:{person}" for person in people}
    for row in session.execute(select(RECORD.c.subject, RECORD.c.fields).where(RECORD.c.kind == "visit")):
        fields = json.loads(row.fields)
        if people & set(fields.get("team") or []):
            scopes |= {f"visit:{row.subject}", f"institution:{fields.get('institution')}"}
    return sorted(scopes)


@dataclass(frozen=True)
class Feed:
    """Entries of a scope after a cursor, the new cursor, and whether more wait."""

    entries: list[Entry]
    cursor: int
    more: bool


def feed_after(session: Session, scope: str, cursor: int, limit: int) -> Feed:
    """What a device has not read of a scope, in order of position."""
    rows = session.execute(
        select(FEED.c.position, ENTRY.c.header, ENTRY.c.body)
        .join(ENTRY, ENTRY.c.entry_id == FEED.c.entry_id)
        .where(FEED.c.scope == scope, FEED.c.position > cursor)
        .order_by(FEED.c.position)
        .limit(limit + 1)
    ).all()
    kept = rows[:limit]
    last = kept[-1].position if kept else cursor
    return Feed([read_entry(row.header, row.body) for row in kept], last, len(rows) > limit)


def missing_blobs(session: Session, scopes: list[str]) -> list[str]:
    """Hashes that photos and visits of these scopes name and that are not here."""
    named: set[str] = set()
    statement = select(RECORD.c.kind, RECORD.c.fields).where(RECORD.c.scope.in_(scopes), RECORD.c.kind.in_(("photo", "visit")))
    for row in session.execute(statement):
        fields = json.loads(row.fields)
        sha256 = fields.get("sha256") if row.kind == "photo" else fields.get("checklist_sha256")
        if isinstance(sha256, str) and not fields.get("removed"):
            named.add(sha256)
    held = {row.sha256 for row in session.execute(select(ATTACHMENT.c.sha256).where(ATTACHMENT.c.sha256.in_(named)))}
    return sorted(named - held)


def names_document(session: Session, device: DeviceRow, sha256: str) -> bool:
    """True when a visit that the device may pull pins this document."""
    scopes = scopes_for(session, device)
    rows = session.execute(select(RECORD.c.fields).where(RECORD.c.kind == "visit", RECORD.c.scope.in_(scopes)))
    return any(json.loads(row.fields).get("checklist_sha256") == sha256 for row in rows)
