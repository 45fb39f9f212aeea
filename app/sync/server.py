"""Central's side of /sync/v1. Everything that counts is signed by central's key; replies are sent after the commit."""

import json
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from sqlmodel import Session

from app.domain.journal import device_id_of
from app.errors import AppError, BodyTooLarge, EnrolmentRefused, NotThere, PhotoRefused, ProtocolError, SignInNeeded
from app.store import attachments, incoming
from app.store import node as node_values
from app.store.db import Database
from app.store.node import Node, value_of
from app.store.tables import DeviceRow
from app.store.vault import signature_holds
from app.sync import wire
from app.sync.pushes import take_all

router = APIRouter(prefix=wire.PREFIX)
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
Token = Annotated[str, Header(alias="authorization")]
Proof = Annotated[str, Header(alias=wire.PROOF_HEADER)]
Nonce = Annotated[str, Header(alias=wire.NONCE_HEADER)]


@router.post("/enrol")
def enrol(
    request: Request, data: Body, encoding: Encoding = "", x_device_signature: Proof = "", x_nonce: Nonce = ""
) -> Response:
    """One-time code and public key in; device id, token and central's keys out."""
    database, node = _central(request)
    try:
        asked = wire.unpack(wire.EnrolRequest, wire.decompress(data, encoding))
        public_key = wire.from_hex(asked.public_key)
        if not signature_holds(public_key, wire.from_hex(x_device_signature), wire.request_message("enrol", data)):
            raise EnrolmentRefused()
        with database.write() as session:
            answer = _enrol(session, node, asked, public_key)
    except AppError as error:
        return refusal(node, "enrol", x_nonce, error)
    return signed(node, "enrol", x_nonce, wire.pack(answer))


def _enrol(session: Session, node: Node, asked: wire.EnrolRequest, public_key: bytes) -> wire.EnrolReply:
    device, token = incoming.enrol_device(session, node, asked.code, device_id_of(public_key), public_key)
    return wire.EnrolReply(
        device=device.device_id,
        token=token,
        name=device.name,
        people=json.loads(device.people),
        central_keys=[node.public_key.hex()],
        epoch=value_of(session, node_values.EPOCH),
        nonce=asked.nonce,
    )


@router.post("/exchange")
def exchange(
    request: Request,
    data: Body,
    encoding: Encoding = "",
    authorization: Token = "",
    x_device: Annotated[str, Header()] = "",
    x_device_signature: Proof = "",
    x_nonce: Nonce = "",
) -> Response:
    """Push and pull in one round trip; see `docs/sync.md`."""
    database, node = _central(request)
    proof = (x_device, authorization, x_device_signature, wire.request_message("exchange", data))
    try:
        with database.read() as session:
            _device(session, *proof)  # before anything of a stranger is unpacked, or a lock taken for one
        asked = wire.unpack(wire.Exchange, wire.decompress(data, encoding))
        if asked.device != x_device:
            raise ProtocolError(reason="header and message name different devices")
        with database.write() as session:
            answer = _answer(session, node, _device(session, *proof), asked)
    except AppError as error:
        return refusal(node, "exchange", x_nonce, error)
    return signed(node, "exchange", x_nonce, wire.pack(answer))


def _answer(session: Session, node: Node, device: DeviceRow, asked: wire.Exchange) -> wire.ExchangeReply:
    epoch = value_of(session, node_values.EPOCH)
    now = node.clock.now_ms()
    incoming.saw_device(session, device.device_id, now)
    blank = wire.ExchangeReply(device=device.device_id, epoch=epoch, nonce=asked.nonce, now_ms=now)
    if asked.epoch != epoch:
        return blank
    taken = take_all(session, device, asked.pushes)
    scopes = incoming.scopes_for(session, device)
    return blank.model_copy(
        update={
            "acks": taken.acks,
            "refused": taken.refused,
            "quarantined": taken.quarantined,
            "feeds": _feeds(session, scopes, asked.cursors),
            "missing_blobs": incoming.missing_blobs(session, scopes),
        }
    )


def _feeds(session: Session, scopes: list[str], cursors: dict[str, int]) -> list[wire.ScopeFeed]:
    """What the device has not read, scope by scope, until there is no room; the rest waits for the next exchange."""
    feeds: list[wire.ScopeFeed] = []
    room, room_bytes = wire.PULL_ENTRIES, wire.BATCH_BYTES
    for scope in scopes:
        if room <= 0 or room_bytes <= 0:
            feeds.append(wire.ScopeFeed(scope=scope, entries=[], cursor=cursors.get(scope, 0), more=True))
            continue
        feed = incoming.feed_after(session, scope, cursors.get(scope, 0), room, room_bytes)
        room, room_bytes = room - len(feed.entries), room_bytes - feed.size
        if feed.entries:
            entries = [wire.WireEntry.of(entry) for entry in feed.entries]
            feeds.append(wire.ScopeFeed(scope=scope, entries=entries, cursor=feed.cursor, more=feed.more))
    return feeds


@router.put("/blobs/{sha256}")
def put_blob(
    request: Request,
    sha256: str,
    data: Body,
    authorization: Token = "",
    x_device: Annotated[str, Header()] = "",
    x_scope: Annotated[str, Header()] = "",
    x_nonce: Nonce = "",
    x_device_signature: Proof = "",
    content_type: Annotated[str, Header()] = "",
) -> Response:
    """One photo or document; complete only when the hash of what came is its name."""
    database, node = _central(request)
    message = wire.blob_request("PUT", sha256, x_scope, x_nonce)
    try:
        with database.read() as session:
            device = _device(session, x_device, authorization, x_device_signature, message)
            _refuse_blob(session, device, sha256, data, x_scope, content_type)
        thumbnail = _thumbnail(data, content_type)  # outside the transaction: drawing takes its time
        with database.write() as session:
            attachments.keep(session, data, content_type, x_scope, thumbnail)
    except AppError as error:
        return refusal(node, "blob", x_nonce, error)
    return signed(node, "blob", x_nonce, wire.pack(wire.BlobKept(complete=sha256)))


def _refuse_blob(session: Session, device: DeviceRow, sha256: str, data: bytes, scope: str, content_type: str) -> None:
    if attachments.sha256_of(data) != sha256:
        raise ProtocolError(reason="the hash does not match")
    if len(data) > MAX_BLOB_BYTES:
        raise BodyTooLarge(megabytes=MAX_BLOB_BYTES // 2**20)
    if content_type not in (attachments.PHOTO_TYPE, attachments.DOCUMENT_TYPE):
        raise ProtocolError(reason="unknown type of file")
    if scope not in incoming.scopes_for(session, device):
        raise ProtocolError(reason="not a scope of this device")


def _thumbnail(data: bytes, content_type: str) -> bytes | None:
    """The thumbnail of a photo. Raises PhotoRefused for what is none: it would be shown as one."""
    if content_type != attachments.PHOTO_TYPE:
        return None
    thumbnail = attachments.thumbnail_of(data)
    if thumbnail is None:
        raise PhotoRefused("This file is not a photo (JPEG, PNG or WebP). Choose another one.", "photo")
    return thumbnail


@router.get("/blobs/{sha256}")
def get_blob(
    request: Request,
    sha256: str,
    authorization: Token = "",
    x_device: Annotated[str, Header()] = "",
    x_scope: Annotated[str, Header()] = "",
    x_nonce: Nonce = "",
    x_device_signature: Proof = "",
) -> Response:
    """A document that a visit of this device pins."""
    database, node = _central(request)
    message = wire.blob_request("GET", sha256, x_scope, x_nonce)
    try:
        with database.read() as session:
            device = _device(session, x_device, authorization, x_device_signature, message)
            kept = attachments.read(session, sha256) if incoming.names_document(session, device, sha256) else None
    except AppError as error:
        return refusal(node, "document", x_nonce, error)
    if kept is None or kept[0] != attachments.DOCUMENT_TYPE:
        return refusal(node, "document", x_nonce, NotThere())
    return signed(node, "document", x_nonce, kept[1])


def signed(node: Node, call: str, nonce: str, body: bytes, status: int = 200) -> Response:
    """A reply that a device can verify: the signature covers the whole body and what it answers."""
    message = wire.reply_message(call, status, nonce, body)
    headers = {wire.SIGNATURE_HEADER: node.sign(message).hex(), "Cache-Control": "no-store"}
    return Response(body, status, headers, media_type="application/json")


def refusal(node: Node, call: str, nonce: str, error: AppError) -> Response:
    """A no that a device can tell from a portal's."""
    told = wire.Refusal(code=error.code, reason=str(error.params.get("reason", "")))
    return signed(node, call, nonce, wire.pack(told), error.status)


def _central(request: Request) -> tuple[Database, Node]:
    database: Database = request.app.state.database
    return database, database.node


def _device(session: Session, device_id: str, authorization: str, proof: str, message: bytes) -> DeviceRow:
    """The device behind the token that also signed. Raises SignInNeeded when it is unknown, revoked or did not."""
    device = incoming.device_with_token(session, device_id, authorization.removeprefix("Bearer "))
    if device is None or device.revoked_at_ms is not None:
        raise SignInNeeded()
    if not signature_holds(device.public_key, wire.from_hex(proof), message):
        raise SignInNeeded()
    return device
