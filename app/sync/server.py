"""Central's side of /sync/v1. Everything that counts is signed by central's key; replies are sent after the commit."""

import json
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from sqlmodel import Session

from app import __version__
from app.domain.journal import Accepted, BrokenEntry, Entry, Gap, StreamName, accept, device_id_of, seal_message
from app.errors import AppError, BodyTooLarge, EnrolmentRefused, ProtocolError, SignInNeeded
from app.store import attachments, incoming, journal, node as node_values
from app.store.db import Database
from app.store.node import Node, value_of
from app.store.tables import DeviceRow
from app.store.vault import signature_holds
from app.sync import wire

router = APIRouter(prefix="/sync/v1")
KNOWN_SCOPES: Final = ("reference", "institution:", "visit:", "person:")
DEVICE_KINDS: Final = ("visit", "answer", "repeat", "photo", "refusal", "declaration", "sign_off")
MAX_BLOB_BYTES: Final = 24 * 1024 * 1024


async def body_of(request: Request) -> bytes:
    """The body of a request, at most MAX_MESSAGE_BYTES."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > wire.MAX_MESSAGE_BYTES:
            raise BodyTooLarge(megabytes=wire.MAX_MESSAGE_BYTES // 2**20)
        parts.append(part)
    return b"".join(parts)


Body = Annotated[bytes, Depends(body_of)]
Encoding = Annotated[str, Header(alias="content-encoding")]


@router.post("/enrol")
def enrol(request: Request, data: Body, encoding: Encoding = "") -> Response:
    """One-time code and public key in; device id, token and central's keys out."""
    database, node = _central(request)
    asked = wire.unpack(wire.EnrolRequest, wire.decompress(data, encoding))
    try:
        public_key = bytes.fromhex(asked.public_key)
    except ValueError as error:
        raise EnrolmentRefused() from error
    with database.write() as session:
        device, token = incoming.enrol_device(session, node, asked.code, device_id_of(public_key), public_key)
        epoch = value_of(session, node_values.EPOCH)
        answer = wire.EnrolReply(
            device=device.device_id,
            token=token,
            name=device.name,
            people=json.loads(device.people),
            central_keys=[node.public_key.hex()],
            epoch=epoch,
            nonce=asked.nonce,
        )
    return signed(node, wire.pack(answer))


@router.post("/exchange")
def exchange(
    request: Request,
    data: Body,
    encoding: Encoding = "",
    authorization: Annotated[str, Header()] = "",
    x_device_signature: Annotated[str, Header()] = "",
) -> Response:
    """Push and pull in one round trip; see `docs/sync.md`."""
    database, node = _central(request)
    asked = wire.unpack(wire.Exchange, wire.decompress(data, encoding))
    try:
        with database.write() as session:
            device = _device(session, asked.device, authorization)
            if not signature_holds(device.public_key, _hex(x_device_signature), b"baqylau-exchange-1\n" + data):
                raise SignInNeeded()
            answer = _answer(session, node, device, asked)
    except AppError as error:
        return signed(node, json.dumps({"code": error.code}).encode(), error.status)
    return signed(node, wire.pack(answer))


def _answer(session: Session, node: Node, device: DeviceRow, asked: wire.Exchange) -> wire.ExchangeReply:
    epoch = value_of(session, node_values.EPOCH)
    now = node.clock.now_ms()
    incoming.saw_device(session, device.device_id, now)
    blank = wire.ExchangeReply(device=device.device_id, epoch=epoch, nonce=asked.nonce, now_ms=now)
    if asked.epoch != epoch:
        return blank
    acks: list[wire.StreamAck] = []
    refused: list[wire.Refused] = []
    quarantined: list[wire.Quarantined] = []
    for push in sorted(asked.pushes, key=lambda push: push.lane):
        taken = _take(session, device, push, quarantined)
        (acks if isinstance(taken, wire.StreamAck) else refused).append(taken)  # type: ignore[arg-type]
    scopes = incoming.scopes_for(session, device)
    return blank.model_copy(
        update={
            "acks": acks,
            "refused": refused,
            "quarantined": quarantined,
            "feeds": _feeds(session, scopes, asked.cursors),
            "missing_blobs": incoming.missing_blobs(session, scopes),
        }
    )


def _take(
    session: Session, device: DeviceRow, push: wire.Push, quarantined: list[wire.Quarantined]
) -> wire.StreamAck | wire.Refused:
    """One pushed batch: verify the seal, then gap, fork or acceptance, then entries, links and seal in this transaction."""
    stream = StreamName(device.device_id, push.incarnation, push.lane)
    try:
        entries = [entry.read() for entry in push.entries]
    except BrokenEntry as error:
        # A device makes its own bytes; bytes that are no entry were broken on the way or forged. Nothing is taken.
        raise ProtocolError(reason=str(error)) from error
    row = incoming.device_stream(session, stream)
    held = incoming.held_chains(session, row.stream, push.start)
    verdict = accept(stream, held, row.last_seq, push.start, _hex(push.prev), entries)
    if isinstance(verdict, Gap):
        return wire.Refused(incarnation=push.incarnation, lane=push.lane, why="gap", have=verdict.have)
    if not isinstance(verdict, Accepted):
        return wire.Refused(incarnation=push.incarnation, lane=push.lane, why="fork", have=verdict.seq)
    seal = _hex(push.seal)
    if not signature_holds(device.public_key, seal, seal_message(stream, verdict.seq, verdict.chain)):
        raise ProtocolError(reason="the seal does not verify")
    reasons = {entry.entry_id: reason for entry in entries if (reason := why_not(session, device, entry))}
    journal.receive(session, entries, reasons)
    journal.extend_stream(session, row.stream, verdict.new, seal)
    quarantined += [wire.Quarantined(entry_id=key, reason=reason) for key, reason in reasons.items()]
    return wire.StreamAck(incarnation=push.incarnation, lane=push.lane, seq=verdict.seq, chain=verdict.chain.hex())


def why_not(session: Session, device: DeviceRow, entry: Entry) -> str:
    """Why an authentic entry does not count (it is kept, and acked with this reason); empty when it does."""
    people = json.loads(device.people)
    if not entry.scope.startswith(KNOWN_SCOPES) or entry.scope == "office":
        return "scope"
    if entry.author not in people:
        return "author"
    if entry.scope == "reference" or (entry.kind not in DEVICE_KINDS and entry.scope.startswith("institution:")):
        return "rights"
    return ""


def _feeds(session: Session, scopes: list[str], cursors: dict[str, int]) -> list[wire.ScopeFeed]:
    feeds: list[wire.ScopeFeed] = []
    room = wire.PULL_ENTRIES
    for scope in scopes:
        if room <= 0:
            feeds.append(wire.ScopeFeed(scope=scope, entries=[], cursor=cursors.get(scope, 0), more=True))
            continue
        feed = incoming.feed_after(session, scope, cursors.get(scope, 0), room)
        room -= len(feed.entries)
        if feed.entries:
            entries = [wire.WireEntry.of(entry) for entry in feed.entries]
            feeds.append(wire.ScopeFeed(scope=scope, entries=entries, cursor=feed.cursor, more=feed.more))
    return feeds


@router.put("/blobs/{sha256}")
def put_blob(
    request: Request,
    sha256: str,
    data: Body,
    authorization: Annotated[str, Header()] = "",
    x_device: Annotated[str, Header()] = "",
    x_scope: Annotated[str, Header()] = "",
    content_type: Annotated[str, Header()] = "",
) -> Response:
    """One photo or document; complete only when the hash of what came is its name."""
    database, node = _central(request)
    try:
        with database.write() as session:
            device = _device(session, x_device, authorization)
            _refuse_blob(session, device, sha256, data, x_scope, content_type)
            thumbnail = attachments.thumbnail_of(data) if content_type == attachments.PHOTO_TYPE else None
            attachments.keep(session, data, content_type, x_scope, thumbnail)
    except AppError as error:
        return signed(node, json.dumps({"code": error.code}).encode(), error.status)
    return signed(node, json.dumps({"complete": sha256}).encode())


def _refuse_blob(session: Session, device: DeviceRow, sha256: str, data: bytes, scope: str, content_type: str) -> None:
    if attachments.sha256_of(data) != sha256:
        raise ProtocolError(reason="the hash does not match")
    if len(data) > MAX_BLOB_BYTES:
        raise BodyTooLarge(megabytes=MAX_BLOB_BYTES // 2**20)
    if content_type not in (attachments.PHOTO_TYPE, attachments.DOCUMENT_TYPE):
        raise ProtocolError(reason="unknown type of file")
    if scope not in incoming.scopes_for(session, device):
        raise ProtocolError(reason="not a scope of this device")


@router.get("/blobs/{sha256}")
def get_blob(
    request: Request,
    sha256: str,
    authorization: Annotated[str, Header()] = "",
    x_device: Annotated[str, Header()] = "",
) -> Response:
    """A document that a visit of this device pins."""
    database, node = _central(request)
    with database.read() as session:
        device = _device(session, x_device, authorization)
        kept = attachments.read(session, sha256)
        allowed = kept is not None and kept[0] == attachments.DOCUMENT_TYPE and incoming.names_document(session, device, sha256)
    if kept is None or not allowed:
        return signed(node, b"{}", 404)
    return signed(node, kept[1])


def signed(node: Node, body: bytes, status: int = 200) -> Response:
    """A reply that a device can verify: the signature covers the whole body."""
    headers = {wire.SIGNATURE_HEADER: node.sign(body).hex(), "Cache-Control": "no-store"}
    return Response(body, status, headers, media_type="application/json")


def health(node: Node, role: str, nonce: str) -> wire.Health:
    """What GET /health says; signed by the caller when a nonce was given."""
    return wire.Health(role=role, version=__version__, nonce=nonce, now_ms=node.clock.now_ms())


def _central(request: Request) -> tuple[Database, Node]:
    database: Database = request.app.state.database
    return database, database.node


def _device(session: Session, device_id: str, authorization: str) -> DeviceRow:
    """The device behind the token. Raises SignInNeeded when it is unknown or revoked."""
    device = incoming.device_with_token(session, device_id, authorization.removeprefix("Bearer "))
    if device is None or device.revoked_at_ms is not None:
        raise SignInNeeded()
    return device


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ProtocolError(reason="not hexadecimal") from error
