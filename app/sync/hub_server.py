"""A hub's side of /sync/v1/hub: a device that is started with --share and unlocked serves other devices of its office.

Who asks shows a certificate of central, in a header, before anything is unpacked.
"""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session
from starlette.requests import ClientDisconnect

from app.domain.certificates import Certificate
from app.errors import AppError, HubLocked, HubUnreachable, SignInNeeded
from app.store import incoming
from app.store.db import Database
from app.store.vault import signature_holds
from app.sync import certificates, codec, wire
from app.sync.askers import File, Part, Visiting, Visitor
from app.sync.bodies import STRANGER_BYTES, pieces_of, whole_body
from app.sync.file_wire import BlobKept
from app.sync.hub import HUB_PREFIX
from app.sync.hub_answers import answer
from app.sync.hub_wire import HubExchange
from app.sync.server import refusal, signed
from app.sync.streamed_files import take_upload
from app.sync.taken_files import check_upload

router = APIRouter(prefix=HUB_PREFIX)


async def body_of_visitor(request: Request, visitor: Visiting) -> bytes:
    """The body: as much as a device may say that central certified, little of anybody else, nothing while locked."""
    database = _open_hub(request)
    if database is None:
        return b""
    is_known = await to_thread.run_sync(_has_certificate, database, visitor)
    return await whole_body(request, wire.MAX_MESSAGE_BYTES if is_known else STRANGER_BYTES)


Body = Annotated[bytes, Depends(body_of_visitor)]


@router.post("/exchange")
def exchange(request: Request, data: Body, visitor: Visiting) -> Response:
    """Push and pull with a hub; see `docs/sync.md`."""
    database = _open_hub(request)
    if database is None:
        return _closed(request)
    node = database.node
    try:
        with database.read() as session:
            verified(session, visitor, wire.request_message("hub", data))
        asked = wire.unpack(HubExchange, codec.decompress(data, visitor.encoding))
        with database.write() as session:
            shown = certificates.from_header(visitor.certificate)
            told = answer(session, node, shown, certificates.trusted(session, shown), asked)
    except AppError as error:
        return refusal(node, "hub", visitor.nonce, error)
    return signed(node, "hub", visitor.nonce, wire.pack(told), accepts=visitor.accepts)


@router.put("/blobs/{sha256}")
async def put_blob(request: Request, visitor: Visiting, file: File, part: Part) -> Response:
    """One photo or document, or the rest of one."""
    database = _open_hub(request)
    if database is None:
        return _closed(request)
    upload = part.of(file)

    def check() -> None:
        with database.read() as session:
            who = verified(session, visitor, part.message(file, visitor.nonce))
            check_upload(session, certificates.as_device(who), upload)

    try:
        await to_thread.run_sync(check)
        await take_upload(pieces_of(request), database, upload, part.offset)
    except AppError as error:
        return refusal(database.node, "hub-blob", visitor.nonce, error)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody reads it
    return signed(database.node, "hub-blob", visitor.nonce, wire.pack(BlobKept(complete=file.sha256)))


@router.get("/blobs/{sha256}")
def get_blob(request: Request, visitor: Visiting, file: File) -> Response:
    """A document that a visit of the asking device pins."""
    database = _open_hub(request)
    if database is None:
        return _closed(request)
    try:
        with database.read() as session:
            who = certificates.as_device(verified(session, visitor, file.message("GET", visitor.nonce)))
            document = incoming.document_for(session, who, file.sha256)
    except AppError as error:
        return refusal(database.node, "hub-document", visitor.nonce, error)
    return signed(database.node, "hub-document", visitor.nonce, document, accepts=visitor.accepts)


def verified(session: Session, visitor: Visitor, message: bytes) -> Certificate:
    """Who asks: a device that central certified and that signed this request. Raises DeviceNotTrusted, SignInNeeded."""
    certificate = certificates.trusted(session, certificates.from_header(visitor.certificate))
    if not signature_holds(certificate.public_key, wire.from_hex(visitor.proof), message):
        raise SignInNeeded()
    return certificate


def _has_certificate(database: Database, visitor: Visitor) -> bool:
    """A first look at who is asking. The signature is looked at when the body is here."""
    try:
        with database.read() as session:
            certificates.trusted(session, certificates.from_header(visitor.certificate))
    except AppError:
        return False
    return True


def _closed(request: Request) -> Response:
    """Why nobody is served, in the form of every refusal; unsigned, since the key is locked up with the rest."""
    why = HubLocked if request.app.state.is_shared else HubUnreachable
    return Response(wire.pack(wire.Refusal(code=why.code)), why.status, media_type="application/json")


def _open_hub(request: Request) -> Database | None:
    """This device's database, when it was started to share and somebody has unlocked it."""
    database: Database | None = request.app.state.database if request.app.state.is_shared else None
    return database
