"""What central keeps of devices and their streams, and which scopes a device may pull."""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Text, bindparam, false, func, or_, select, update
from sqlmodel import Session

from app.domain.journal import Entry, Hashed, StreamName, read_entry
from app.domain.merge import Record
from app.domain.protocol import Held
from app.errors import EnrolmentRefused, NotThere
from app.store import attachments, files_named, journal, vouchers
from app.store.bulk import among, listed
from app.store.node import Node, StreamPlace, stream_row
from app.store.projection import as_record
from app.store.tables import (
    AttachmentRow,
    DeviceRow,
    EnrolCodeRow,
    EntryRow,
    FeedRow,
    LinkRow,
    RecordRow,
    StreamRow,
    table,
)
from app.store.vault import hash_token

LINK, FEED, ENTRY, STREAM = table(LinkRow), table(FeedRow), table(EntryRow), table(StreamRow)
RECORD, ATTACHMENT, DEVICE = table(RecordRow), table(AttachmentRow), table(DeviceRow)
# Built once: to build a statement takes five times as long as to run it.
CHAINS_BETWEEN = select(LINK.c.seq, LINK.c.chain).where(
    LINK.c.stream == bindparam("of"), LINK.c.seq.between(bindparam("first"), bindparam("last"))
)
HOMES = select(RECORD.c.subject, RECORD.c.scope, RECORD.c.kind).where(among(RECORD.c.subject, "subjects"))
ESCAPED: Final = re.compile(r"[%_/]")  # what LIKE reads otherwise than it stands
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
    known = session.get(DeviceRow, device_id)
    if row is None or row.expires_at_ms < now or row.used_by not in (None, device_id):
        raise EnrolmentRefused()
    if row.used_by and (known is None or known.revoked_at_ms is not None):
        raise EnrolmentRefused()  # a withdrawn device does not come back by the code it once used
    token = _token(node, code, device_id)
    device = known or DeviceRow(
        device_id=device_id,
        name="",
        public_key=public_key,
        token_hash="",
        people="[]",
        enrolled_at_ms=now,
        seen_at_ms=now,
    )
    device.name, device.people, device.token_hash = row.device_name, row.people, hash_token(token)
    device.revoked_at_ms = None
    row.used_by = device_id
    session.add(device)
    session.flush()
    return device, token


def _token(node: Node, code: str, device_id: str) -> str:
    """The token that a device gets for a code: the same one when its request comes again, whoever sends it, and not to be
    guessed without central's key."""
    return hash_token(node.sign(f"baqylau-token-1\n{code}\n{device_id}".encode()).hex())


def device_with_token(session: Session, device_id: str, token: str) -> DeviceRow | None:
    """The enrolled device, when the token is its own."""
    device = session.get(DeviceRow, device_id)
    return device if device and device.token_hash == hash_token(token) else None


def saw_device(session: Session, device_id: str, now_ms: int, health: str = "") -> None:
    """Notes when a device was last heard, and what it said of itself (JSON of `wire.HealthReport`)."""
    values: dict[str, object] = {"seen_at_ms": now_ms} | ({"health": health} if health else {})
    session.execute(update(DEVICE).where(DEVICE.c.device_id == device_id).values(**values))


def streams_of(session: Session, device_id: str) -> list[tuple[StreamName, int, str]]:
    """(stream, seq, chain value in hex) up to which central can read each stream of a device."""
    ours = STREAM.c.stream.startswith(f"{device_id}/", autoescape=True)
    names = session.execute(select(STREAM.c.stream).where(ours).order_by(STREAM.c.stream)).scalars().all()
    ends = [(name, readable(session, name)) for name in names]
    return [(StreamName.parse(name), end[0], end[1].hex()) for name, end in ends if end]


def readable(session: Session, stream: str) -> tuple[int, bytes] | None:
    """(seq, chain value) up to which every entry of a stream is here, and not its link alone; None for nothing.

    Of a link whose entry never came central says nothing good: a twin of the device may still have it.
    """
    held = select(ENTRY.c.entry_id).where(ENTRY.c.entry_id == LINK.c.entry_id).exists()
    bare = session.execute(select(func.min(LINK.c.seq)).where(LINK.c.stream == stream, ~held)).scalar_one_or_none()
    last = select(LINK.c.seq, LINK.c.chain).where(LINK.c.stream == stream).order_by(LINK.c.seq.desc()).limit(1)
    row = session.execute(last if bare is None else last.where(LINK.c.seq < bare)).first()
    return (row.seq, row.chain) if row else None


def durable_places(session: Session, device_id: str) -> list[tuple[StreamName, int, str]]:
    """(stream, seq, chain value in hex): how far each stream of a device is in a verified backup."""
    rows = session.execute(
        select(STREAM.c.stream, LINK.c.seq, LINK.c.chain)
        .join(LINK, (LINK.c.stream == STREAM.c.stream) & (LINK.c.seq == STREAM.c.durable_seq))
        .where(STREAM.c.stream.startswith(f"{device_id}/", autoescape=True))
        .order_by(STREAM.c.stream)
    )
    return [(StreamName.parse(row.stream), row.seq, row.chain.hex()) for row in rows]


def chains_at(session: Session, places: Iterable[Held]) -> dict[tuple[str, int], bytes]:
    """The chain values that are held at these places, by stream and seq."""
    found: dict[tuple[str, int], bytes] = {}
    for place in places:
        statement = select(LINK.c.chain).where(LINK.c.stream == str(place.stream), LINK.c.seq == place.seq)
        chain = session.execute(statement).scalar_one_or_none()
        if chain is not None:
            found[str(place.stream), place.seq] = chain
    return found


def device_stream(session: Session, name: StreamName) -> StreamPlace:
    """A device's stream, locked for this transaction; made when it is new."""
    return stream_row(session, name, own=False)


def held_chains(session: Session, stream: str, first_seq: int, count: int) -> dict[int, bytes]:
    """The chain values from `first_seq` - 1 on, as many as a batch of `count` entries is held against."""
    places = {"of": stream, "first": first_seq - 1, "last": first_seq - 1 + count}
    return {row.seq: row.chain for row in session.execute(CHAINS_BETWEEN, places)}


def homes(session: Session, subjects: Collection[str]) -> dict[str, tuple[str, str]]:
    """Scope and kind of the records that these subjects are."""
    rows = session.execute(HOMES, {"subjects": listed(sorted(subjects))})
    return {row.subject: (row.scope, row.kind) for row in rows}


def scopes_for(session: Session, device: DeviceRow) -> list[str]:
    """The scopes a device may pull: reference, its persons, their teams' visits, and those visits' institutions."""
    people = set(json.loads(device.people))
    scopes = {"reference"} | {f"person:{person}" for person in people}
    names = {f"of{at}": "%" + ESCAPED.sub(r"/\g<0>", person) + "%" for at, person in enumerate(people)}
    for row in session.execute(_visits_naming(len(names)), names):
        visit = as_record(row)
        if people & _everybody(visit):
            scopes |= {f"visit:{visit.subject}", f"institution:{visit.text('institution')}"}
    return sorted(scopes)


@lru_cache
def _visits_naming(people: int) -> Any:
    """Visits with one of so many persons anywhere in them: the engine throws out the many others, before they are read."""
    likely = [
        column.like(bindparam(f"of{at}", type_=Text), escape="/")
        for at in range(people)
        for column in (RECORD.c.fields, RECORD.c.conflicts)
    ]
    return select(RECORD).where(RECORD.c.kind == "visit", or_(false(), *likely))


def _everybody(visit: Record) -> set[str]:
    """The team; while two teams stand against each other, both: nobody is cut off by a conflict."""
    people = set(visit.texts("team"))
    for candidate in visit.conflicts.get("team", ()):
        people |= set(map(str, candidate.value)) if isinstance(candidate.value, list) else set()
    return people


@dataclass(frozen=True)
class Feed:
    """Entries of a scope after a cursor as (header, body), and as the chain sees them; their bytes, the new cursor, and
    whether more wait."""

    texts: list[tuple[bytes, bytes | None]]
    places: list[Hashed]
    size: int
    cursor: int
    mark: str
    more: bool

    @property
    def entries(self) -> list[Entry]:
        return [read_entry(header, body) for header, body in self.texts]


def feed_after(session: Session, scope: str, cursor: int, limit: int, limit_bytes: int) -> Feed:
    """What a device has not read of a scope, in order of position; at least one entry, else within the limits."""
    rows = session.execute(
        select(FEED.c.position, FEED.c.chain, ENTRY.c.entry_id, ENTRY.c.header, ENTRY.c.body)
        .join(ENTRY, ENTRY.c.entry_id == FEED.c.entry_id)
        .where(FEED.c.scope == scope, FEED.c.position > cursor)
        .order_by(FEED.c.position)
        .limit(limit + 1)
    )
    taken: list[Any] = []
    size, last, more = 0, cursor, False
    for row in rows:
        size += len(row.header) + len(row.body or b"")
        if taken and (len(taken) >= limit or size > limit_bytes):
            more = True
            break
        taken.append(row)
        last = row.position
    rows.close()
    texts = [(row.header, row.body) for row in taken]
    mark = vouchers.mark_of(taken[-1].chain) if taken else ""
    return Feed(texts, journal.hashed_rows(session, taken), size, last, mark, more)


def missing_blobs(session: Session, scopes: list[str]) -> list[str]:
    """Hashes that photos and visits of these scopes name and that are not here; originals of photos last."""
    named: dict[str, bool] = {}  # whether it is an original
    statement = select(RECORD.c.kind, RECORD.c.fields).where(
        RECORD.c.scope.in_(scopes), RECORD.c.kind.in_(files_named.NAMES)
    )
    for row in session.execute(statement):
        fields = json.loads(row.fields)
        for name in () if fields.get("removed") else files_named.NAMES[row.kind]:
            if isinstance(fields.get(name), str):
                named[fields[name]] = name == "original"
    held = {row.sha256 for row in session.execute(select(ATTACHMENT.c.sha256).where(ATTACHMENT.c.sha256.in_(named)))}
    return sorted(named.keys() - held, key=lambda sha256: (named[sha256], sha256))


def document_for(session: Session, device: DeviceRow, sha256: str) -> bytes:
    """A document that a visit pins which the device may pull. Raises NotThere."""
    rows = session.execute(
        select(RECORD).where(RECORD.c.kind == "visit", RECORD.c.scope.in_(scopes_for(session, device)))
    )
    is_named = any(as_record(row).text("checklist_sha256") == sha256 for row in rows)
    kept = attachments.read(session, sha256) if is_named else None
    if kept is None or kept[0] != attachments.DOCUMENT_TYPE:
        raise NotThere()
    return kept[1]
