"""A hub's side of /sync/v1/hub: a device that is started with --share and unlocked serves other devices of its office.

Who asks shows a certificate of central, in a header, before anything is unpacked.
"""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Request, Response
from sqlmodel import Session

from app.domain.certificates import Certificate
from app.errors import AppError, HubUnreachable, NotThere, SignInNeeded
from app.store import attachments, incoming
from app.store.db import Database
from app.store.uploads import Upload
from app.store.vault import signature_holds
from app.sync import certificates, codec, wire
from app.sync.bodies import STRANGER_BYTES, whole_body
from app.sync.hub_answers import answer
from app.sync.hub_wire import HubExchange
from app.sync.server import Accepts, Encoding, Nonce, Proof, refusal, signed
from app.sync.taken_files import MAX_BLOB_BYTES, check_upload, keep_whole

router = APIRouter(prefix=f"{wire.PREFIX}/hub")
Shown = Annotated[str, Header(alias=certificates.HEADER)]
Scope = Annotated[str, Header(alias="x-scope")]


async def body_of_visitor(request: Request) -> bytes:
    """The body: as much as a device may say that central certified, little of anybody else, nothing while locked."""
    database = _open_hub(request)
    if database is None:
        return b""
    is_known = await to_thread.run_sync(_has_certificate, database, request.headers.get(certificates.HEADER, ""))
    return await whole_body(request, wire.MAX_MESSAGE_BYTES if is_known else STRANGER_BYTES)


Body = Annotated[bytes, Depends(body_of_visitor)]


@router.post("/exchange")
def exchange(
    request: Request,
    data: Body,
    encoding: Encoding = "",
    x_certificate: Shown = "",
    x_device_signature: Proof = "",
    x_nonce: Nonce = "",
    accept_encoding: Accepts = "",
) -> Response:
    """Push and pull with a hub; see `docs/sync.md`."""
    database = _open_hub(request)
    if database is None:
        return Response(status_code=HubUnreachable.status)
    node = database.node
    try:
        shown = certificates.from_header(x_certificate)
        with database.read() as session:
            _visitor(session, shown, x_device_signature, wire.request_message("hub", data))
        asked = wire.unpack(HubExchange, codec.decompress(data, encoding))
        with database.write() as session:
            told = answer(session, node, shown, certificates.trusted(session, shown), asked)
    except AppError as error:
        return refusal(node, "hub", x_nonce, error)
    return signed(node, "hub", x_nonce, wire.pack(told), accepts=accept_encoding)


@router.put("/blobs/{sha256}")
async def put_blob(
    request: Request,
    sha256: str,
    x_certificate: Shown = "",
    x_scope: Scope = "",
    x_nonce: Nonce = "",
    x_device_signature: Proof = "",
    content_type: Annotated[str, Header()] = "",
    content_length: Annotated[int, Header(ge=0)] = 0,
) -> Response:
    """One photo or document, whole: a hotspot is quick."""
    database = _open_hub(request)
    if database is None:
        return Response(status_code=HubUnreachable.status)
    upload = Upload(sha256, x_scope, content_type, content_length)
    message = wire.blob_request("PUT", sha256, x_scope, x_nonce, 0, content_length)
    try:
        await to_thread.run_sync(_check, database, x_certificate, x_device_signature, message, upload)
        data = await whole_body(request, MAX_BLOB_BYTES)
        await to_thread.run_sync(keep_whole, database, upload, data)
    except AppError as error:
        return refusal(database.node, "hub-blob", x_nonce, error)
    return signed(database.node, "hub-blob", x_nonce, wire.pack(wire.BlobKept(complete=sha256)))


@router.get("/blobs/{sha256}")
def get_blob(
    request: Request,
    sha256: str,
    x_certificate: Shown = "",
    x_scope: Scope = "",
    x_nonce: Nonce = "",
    x_device_signature: Proof = "",
    accept_encoding: Accepts = "",
) -> Response:
    """A document that a visit of the asking device pins."""
    database = _open_hub(request)
    if database is None:
        return Response(status_code=HubUnreachable.status)
    message = wire.blob_request("GET", sha256, x_scope, x_nonce)
    try:
        with database.read() as session:
            shown = certificates.from_header(x_certificate)
            who = certificates.as_device(_visitor(session, shown, x_device_signature, message))
            kept = attachments.read(session, sha256) if incoming.names_document(session, who, sha256) else None
            if kept is None or kept[0] != attachments.DOCUMENT_TYPE:
                raise NotThere()
    except AppError as error:
        return refusal(database.node, "hub-document", x_nonce, error)
    return signed(database.node, "hub-document", x_nonce, kept[1], accepts=accept_encoding)


def _check(database: Database, certificate: str, proof: str, message: bytes, upload: Upload) -> None:
    """Raises what speaks against taking this file from who asks."""
    with database.read() as session:
        who = _visitor(session, certificates.from_header(certificate), proof, message)
        check_upload(session, certificates.as_device(who), upload)


def _visitor(session: Session, shown: wire.SignedCertificate, proof: str, message: bytes) -> Certificate:
    """Who asks: a device that central certified and that signed this request. Raises DeviceNotTrusted, SignInNeeded."""
    certificate = certificates.trusted(session, shown)
    if not signature_holds(certificate.public_key, wire.from_hex(proof), message):
        raise SignInNeeded()
    return certificate


def _has_certificate(database: Database, certificate: str) -> bool:
    """A first look at who is asking. The signature is looked at when the body is here."""
    try:
        with database.read() as session:
            certificates.trusted(session, certificates.from_header(certificate))
    except AppError:
        return False
    return True


def _open_hub(request: Request) -> Database | None:
    """This device's database, when it was started to share and somebody has unlocked it."""
    database: Database | None = request.app.state.database if request.app.state.is_shared else None
    return database
