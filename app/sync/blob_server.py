"""Central's side of photos and documents, and of the small pictures that come before them."""

from typing import Final

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from sqlmodel import Session
from starlette.requests import ClientDisconnect

from app.errors import AppError, ProtocolError
from app.store import attachments, incoming, uploads
from app.sync import wire
from app.sync.askers import DeviceAsking, File, Part
from app.sync.bodies import pieces_of
from app.sync.file_wire import BlobKept, ThumbnailIndex, ThumbnailsKept, offset_message
from app.sync.server import Body, central_of, enrolled, refusal, signed
from app.sync.streamed_files import take_upload
from app.sync.taken_files import check_upload

router = APIRouter(prefix=wire.PREFIX)
MAX_THUMBNAIL_BYTES: Final = 64 * 1024


@router.head("/blobs/{sha256}")
def told_offset(request: Request, asker: DeviceAsking, file: File) -> Response:
    """How many bytes of a file are durable here, in `Upload-Offset`; the signature covers that number."""
    database, node = central_of(request)
    try:
        with database.read() as session:
            enrolled(session, asker, file.message("HEAD", asker.nonce))
            received = uploads.received(session, file.sha256)
    except AppError as error:
        return refusal(node, "blob", asker.nonce, error)
    told = wire.reply_message("blob", 200, asker.nonce, offset_message(file.sha256, received))
    headers = {wire.SIGNATURE_HEADER: node.sign(told).hex(), wire.OFFSET_HEADER: str(received)}
    return Response(None, 200, headers | {"Cache-Control": "no-store"})


@router.put("/blobs/{sha256}")
async def put_blob(request: Request, asker: DeviceAsking, file: File, part: Part) -> Response:
    """One photo or document, or the rest of one."""
    database, node = central_of(request)
    upload = part.of(file)

    def check() -> None:
        with database.read() as session:
            check_upload(session, enrolled(session, asker, part.message(file, asker.nonce)), upload)

    try:
        await to_thread.run_sync(check)
        await take_upload(pieces_of(request), database, upload, part.offset)
    except AppError as error:
        return refusal(node, "blob", asker.nonce, error)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody reads it
    return signed(node, "blob", asker.nonce, wire.pack(BlobKept(complete=file.sha256)))


@router.post("/thumbnails")
def take_thumbnails(request: Request, data: Body, asker: DeviceAsking) -> Response:
    """Small pictures of photos that are still on their way: a line of JSON (hash, scope, size of each), then the bytes."""
    database, node = central_of(request)
    try:
        with database.read() as session:
            device = enrolled(session, asker, wire.request_message("thumbnails", data))
            scopes = incoming.scopes_for(session, device)
        drawn = [(sha256, scope, _redrawn(small)) for sha256, scope, small in _pictures(data) if scope in scopes]
        with database.write() as session:
            kept = _keep_thumbnails(session, drawn)
    except AppError as error:
        return refusal(node, "thumbnails", asker.nonce, error)
    return signed(node, "thumbnails", asker.nonce, wire.pack(ThumbnailsKept(kept=kept)))


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
def get_blob(request: Request, asker: DeviceAsking, file: File) -> Response:
    """A document that a visit of this device pins."""
    database, node = central_of(request)
    try:
        with database.read() as session:
            device = enrolled(session, asker, file.message("GET", asker.nonce))
            document = incoming.document_for(session, device, file.sha256)
    except AppError as error:
        return refusal(node, "document", asker.nonce, error)
    return signed(node, "document", asker.nonce, document, accepts=asker.accepts)
