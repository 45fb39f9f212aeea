"""Central's side of photos and documents: streamed, resumable, whole only when the hash of what came is the name.

What has arrived is made durable every quarter of a second and whenever the link breaks, so that at most the bytes
between two such moments are sent twice.
"""

import time
from typing import Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, Header, Request, Response
from sqlmodel import Session
from starlette.requests import ClientDisconnect

from app.errors import AppError, BodyTooLarge, NotThere, ProtocolError, RequestTooSlow
from app.store import attachments, incoming, uploads
from app.store.db import Database
from app.store.uploads import Upload
from app.sync import wire
from app.sync.bodies import pieces_of
from app.sync.file_wire import ThumbnailIndex, ThumbnailsKept
from app.sync.server import Body, Nonce, Proof, Token, central_of, enrolled, refusal, signed
from app.sync.taken_files import MAX_BLOB_BYTES, check_upload, keep_whole

router = APIRouter(prefix=wire.PREFIX)
FLUSH_S, FLUSH_BYTES = 0.25, 256 * 1024
MAX_THUMBNAIL_BYTES: Final = 64 * 1024
DeviceId = Annotated[str, Header(alias="x-device")]
Scope = Annotated[str, Header(alias="x-scope")]
Offset = Annotated[int, Header(alias=wire.OFFSET_HEADER, ge=0)]
Length = Annotated[int, Header(alias=wire.LENGTH_HEADER, ge=0)]


@router.head("/blobs/{sha256}")
def told_offset(
    request: Request,
    sha256: str,
    authorization: Token = "",
    x_device: DeviceId = "",
    x_scope: Scope = "",
    x_nonce: Nonce = "",
    x_device_signature: Proof = "",
) -> Response:
    """How many bytes of a file are durable here, in `Upload-Offset`; the signature covers that number."""
    database, node = central_of(request)
    message = wire.blob_request("HEAD", sha256, x_scope, x_nonce)
    try:
        with database.read() as session:
            enrolled(session, x_device, authorization, x_device_signature, message)
            received = uploads.received(session, sha256)
    except AppError as error:
        return refusal(node, "blob", x_nonce, error)
    told = wire.reply_message("blob", 200, x_nonce, wire.offset_message(sha256, received))
    headers = {wire.SIGNATURE_HEADER: node.sign(told).hex(), wire.OFFSET_HEADER: str(received)}
    return Response(None, 200, headers | {"Cache-Control": "no-store"})


@router.put("/blobs/{sha256}")
async def put_blob(
    request: Request,
    sha256: str,
    authorization: Token = "",
    x_device: DeviceId = "",
    x_scope: Scope = "",
    x_nonce: Nonce = "",
    x_device_signature: Proof = "",
    content_type: Annotated[str, Header()] = "",
    upload_offset: Offset = 0,
    upload_length: Length = 0,
) -> Response:
    """One photo or document, or the rest of one."""
    database, node = central_of(request)
    message = wire.blob_request("PUT", sha256, x_scope, x_nonce, upload_offset, upload_length)
    proof = (x_device, authorization, x_device_signature, message)
    upload = Upload(sha256, x_scope, content_type, upload_length)
    try:
        await to_thread.run_sync(_refuse, database, proof, upload)
        rest = await _take(request, database, upload, upload_offset)
        await to_thread.run_sync(_complete, database, upload, rest)
    except AppError as error:
        return refusal(node, "blob", x_nonce, error)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody reads it
    return signed(node, "blob", x_nonce, wire.pack(wire.BlobKept(complete=sha256)))


def _refuse(database: Database, proof: tuple[str, str, str, bytes], upload: Upload) -> None:
    """Raises what speaks against taking this file from this device."""
    with database.read() as session:
        check_upload(session, enrolled(session, *proof), upload)


async def _take(request: Request, database: Database, upload: Upload, offset: int) -> bytes | None:
    """Reads the body. A file that came in one piece, at once, is returned; else its pieces are kept as they come."""
    waiting, at, kept_at, is_in_pieces = bytearray(), offset, time.monotonic(), offset > 0
    try:
        async for part in pieces_of(request):
            waiting += part
            if at - offset + len(waiting) > MAX_BLOB_BYTES:
                raise BodyTooLarge(megabytes=MAX_BLOB_BYTES // 2**20)
            is_due = time.monotonic() - kept_at >= FLUSH_S or len(waiting) >= FLUSH_BYTES
            if upload.size and waiting and is_due:
                at, is_in_pieces = await _keep(database, upload, at, waiting), True
                kept_at = time.monotonic()
    except (ClientDisconnect, RequestTooSlow):
        if upload.size and waiting:
            await _keep(database, upload, at, waiting)
        raise
    if not is_in_pieces:
        return bytes(waiting)
    if waiting:
        await _keep(database, upload, at, waiting)
    return None


async def _keep(database: Database, upload: Upload, at: int, waiting: bytearray) -> int:
    """Makes the waiting bytes durable; returns where the next ones begin."""
    data = bytes(waiting)
    waiting.clear()

    def keep() -> None:
        with database.write() as session:
            uploads.take_piece(session, upload, at, data)

    await to_thread.run_sync(keep)
    return at + len(data)


def _complete(database: Database, upload: Upload, data: bytes | None) -> None:
    """Makes an attachment of a file that is here whole. `data`: all of it, when it came at once."""
    if data is None:
        with database.read() as session:
            data = uploads.whole(session, upload.sha256)
    if attachments.sha256_of(data) != upload.sha256:
        if len(data) >= upload.size:  # all of it came, and it is not what it was said to be: it begins anew
            with database.write() as session:
                uploads.forget(session, upload.sha256)
        raise ProtocolError(reason="the hash does not match")
    keep_whole(database, upload, data)


@router.post("/thumbnails")
def take_thumbnails(
    request: Request,
    data: Body,
    authorization: Token = "",
    x_device: DeviceId = "",
    x_nonce: Nonce = "",
    x_device_signature: Proof = "",
) -> Response:
    """Small pictures of photos that are still on their way: a line of JSON (hash, scope, size of each), then the bytes."""
    database, node = central_of(request)
    message = wire.request_message("thumbnails", data)
    try:
        with database.read() as session:
            device = enrolled(session, x_device, authorization, x_device_signature, message)
            scopes = incoming.scopes_for(session, device)
        drawn = [(sha256, scope, _redrawn(small)) for sha256, scope, small in _pictures(data) if scope in scopes]
        with database.write() as session:
            kept = _keep_thumbnails(session, drawn)
    except AppError as error:
        return refusal(node, "thumbnails", x_nonce, error)
    return signed(node, "thumbnails", x_nonce, wire.pack(ThumbnailsKept(kept=kept)))


def _pictures(data: bytes) -> list[tuple[str, str, bytes]]:
    """(hash of the photo, scope, small picture). Raises ProtocolError."""
    line, _, rest = data.partition(b"\n")
    found, at = [], 0
    for one in wire.unpack(ThumbnailIndex, line).pictures:
        found.append((one.sha256, one.scope, rest[at : at + one.size]))
        at += one.size
    if at != len(rest):
        raise ProtocolError(reason="the small pictures are longer or shorter than said")
    return found


def _redrawn(small: bytes) -> bytes | None:
    """Drawn anew: what a device calls a picture is shown to people here."""
    return attachments.thumbnail_of(small) if len(small) <= MAX_THUMBNAIL_BYTES else None


def _keep_thumbnails(session: Session, drawn: list[tuple[str, str, bytes | None]]) -> list[str]:
    kept = [(sha256, scope, small) for sha256, scope, small in drawn if small is not None]
    for sha256, scope, small in kept:
        uploads.keep_thumbnail(session, sha256, scope, small)
    return [sha256 for sha256, _, _ in kept]


@router.get("/blobs/{sha256}")
def get_blob(
    request: Request,
    sha256: str,
    authorization: Token = "",
    x_device: DeviceId = "",
    x_scope: Scope = "",
    x_nonce: Nonce = "",
    x_device_signature: Proof = "",
    accept_encoding: Annotated[str, Header()] = "",
) -> Response:
    """A document that a visit of this device pins."""
    database, node = central_of(request)
    message = wire.blob_request("GET", sha256, x_scope, x_nonce)
    try:
        with database.read() as session:
            device = enrolled(session, x_device, authorization, x_device_signature, message)
            kept = attachments.read(session, sha256) if incoming.names_document(session, device, sha256) else None
    except AppError as error:
        return refusal(node, "document", x_nonce, error)
    if kept is None or kept[0] != attachments.DOCUMENT_TYPE:
        return refusal(node, "document", x_nonce, NotThere())
    return signed(node, "document", x_nonce, kept[1], accepts=accept_encoding)
