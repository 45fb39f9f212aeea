"""Central's side of /sync/v1. Everything that counts is signed by central's key; replies are sent after the commit."""

import json
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session

from app.domain.audit import DEVICE_ENROLLED
from app.domain.journal import device_id_of
from app.errors import AppError, EnrolmentRefused, ProtocolError, RefusedBecause, SignInNeeded
from app.store import audit, incoming, tries
from app.store import node as node_values
from app.store.bundles import own_public_key
from app.store.db import Database
from app.store.node import Node, value_of
from app.store.tables import DeviceRow
from app.store.vault import signature_holds
from app.sync import codec, wire
from app.sync.answers import answer
from app.sync.askers import Asking, DeviceAsker, DeviceAsking
from app.sync.bodies import body_of
from app.sync.bundles import take_from_courier

router = APIRouter(prefix=wire.PREFIX)
Body = Annotated[bytes, Depends(body_of)]
EXCHANGES: Final = ("exchange", "hub")  # whose length would tell what was said
# A team may link its tablets from behind one address: the wait begins late and stays short.
FREE_TRIES: Final = 20
LONGEST_WAIT_S: Final = 60


@router.post("/enrol")
def enrol(request: Request, data: Body, asker: Asking) -> Response:
    """One-time code and public key in; device id, token and central's keys out."""
    database, node = central_of(request)
    who = f"enrol {request.client.host if request.client else ''}"
    try:
        asked = wire.unpack(wire.EnrolRequest, codec.decompress(data, asker.encoding))
        public_key = wire.from_hex(asked.public_key)
        if not signature_holds(public_key, wire.from_hex(asker.proof), wire.request_message("enrol", data)):
            raise EnrolmentRefused()
        with database.write() as session:
            tries.count(session, who, FREE_TRIES, LONGEST_WAIT_S)
        with database.write() as session:
            answer = _enrol(session, node, asked, public_key)
            tries.take_one_back(session, who)
    except AppError as error:
        return refusal(node, "enrol", asker.nonce, error)
    return signed(node, "enrol", asker.nonce, wire.pack(answer))


def _enrol(session: Session, node: Node, asked: wire.EnrolRequest, public_key: bytes) -> wire.EnrolReply:
    device, token = incoming.enrol_device(session, node, asked.code, device_id_of(public_key), public_key)
    audit.note(session, device.device_id, DEVICE_ENROLLED, device.device_id, {"device": device.name})
    return wire.EnrolReply(
        device=device.device_id,
        token=token,
        name=device.name,
        people=json.loads(device.people),
        central_keys=[node.public_key.hex()],
        epoch=value_of(session, node_values.EPOCH),
        nonce=asked.nonce,
        bundle_key=own_public_key(session).hex(),
        tls_pins=list(node.tls_pins),
    )


@router.post("/exchange")
def exchange(request: Request, data: Body, asker: DeviceAsking) -> Response:
    """Push and pull in one round trip; see `docs/sync.md`."""
    database, node = central_of(request)
    message = wire.request_message("exchange", data)
    try:
        with database.read() as session:
            enrolled(session, asker, message)  # before anything of a stranger is unpacked, or a lock taken for one
        asked = wire.unpack(wire.Exchange, codec.decompress(data, asker.encoding))
        if asked.device != asker.device_id:
            raise ProtocolError(reason="header and message name different devices")
        with database.write() as session:
            told = answer(session, node, enrolled(session, asker, message), asked)
    except AppError as error:
        return refusal(node, "exchange", asker.nonce, error)
    return signed(node, "exchange", asker.nonce, wire.pack(told), accepts=asker.accepts)


@router.post("/bundles")
def take_bundle(request: Request, data: Body, asker: DeviceAsking) -> Response:
    """A sealed bundle of any device, brought by a device that is enrolled."""
    database, node = central_of(request)
    try:
        with database.read() as session:
            enrolled(session, asker, wire.request_message("bundles", data))
        told = take_from_courier(database, data)
    except AppError as error:
        return refusal(node, "bundles", asker.nonce, error)
    return signed(node, "bundles", asker.nonce, wire.pack(told))


def signed(node: Node, call: str, nonce: str, body: bytes, status: int = 200, accepts: str = "") -> Response:
    """A reply that a device can verify: the signature covers the whole body, as it is sent, and what it answers."""
    body, encoding = (codec.padded if call in EXCHANGES else codec.compress)(body, accepts)
    message = wire.reply_message(call, status, nonce, body)
    headers = {wire.SIGNATURE_HEADER: node.sign(message).hex(), "Cache-Control": "no-store"}
    if encoding != codec.PLAIN:
        headers["Content-Encoding"] = encoding
    return Response(body, status, headers, media_type="application/json")


def refusal(node: Node, call: str, nonce: str, error: AppError) -> Response:
    """A no that a device can tell from a portal's."""
    reason = error.why if isinstance(error, RefusedBecause) else error.params.get("reason", "")
    told = wire.Refusal(code=error.code, reason=str(reason))
    return signed(node, call, nonce, wire.pack(told), error.status)


def central_of(request: Request) -> tuple[Database, Node]:
    database: Database = request.app.state.database
    return database, database.node


def enrolled(session: Session, asker: DeviceAsker, message: bytes) -> DeviceRow:
    """The device behind the token that also signed. Raises SignInNeeded when it is unknown, revoked or did not."""
    device = incoming.device_with_token(session, asker.device_id, asker.token)
    if device is None or device.revoked_at_ms is not None:
        raise SignInNeeded()
    if not signature_holds(device.public_key, wire.from_hex(asker.proof), message):
        raise SignInNeeded()
    return device
