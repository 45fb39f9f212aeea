"""Central's side of /sync/v1. Everything that counts is signed by central's key; replies are sent after the commit."""

import json
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session

from app.domain.audit import DEVICE_ENROLLED
from app.domain.journal import device_id_of
from app.errors import AppError, EnrolmentRefused, ProtocolError, RefusedBecause, SignInNeeded
from app.store import audit, incoming, tries, wipes
from app.store import node as node_values
from app.store.bundles import own_public_key
from app.store.db import Database
from app.store.node import Node, value_of
from app.store.tables import DeviceRow
from app.store.vault import signature_holds
from app.store.wipes import Told
from app.sync import codec, orders, wire
from app.sync.answers import answer, order_to
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
        return refusal(node, "exchange", asker.nonce, error, _order_to_withdrawn(database, asker, message))
    return signed(node, "exchange", asker.nonce, wire.pack(told), accepts=asker.accepts)


def _order_to_withdrawn(database: Database, asker: DeviceAsker, message: bytes) -> wire.Refusal | None:
    """What a withdrawn device is still told: to destroy all that it holds. None when there is no such order."""
    try:
        with database.write() as session:
            device = known(session, asker, message)
            order = order_to(session, device.device_id) if device.revoked_at_ms is not None else None
            epoch = value_of(session, node_values.EPOCH)
            return wire.Refusal(code="", epoch=epoch, wipe=order) if order else None
    except AppError:
        return None


@router.post("/wiped")
def take_receipt(request: Request, data: Body, asker: DeviceAsking) -> Response:
    """A device says that it destroys everything: also one that was withdrawn."""
    database, node = central_of(request)
    try:
        told = wire.unpack(orders.WipeReceipt, data)
        with database.write() as session:
            device = known(session, asker, wire.request_message(orders.CALL, data))
            if told.device != device.device_id:
                raise ProtocolError(reason="header and message name different devices")
            who = told.who or device.device_id
            wipes.note_all(session, device, Told(wipes.ALL, told.at_ms, told.why, who, told.lost), told.order)
    except AppError as error:
        return refusal(node, orders.CALL, asker.nonce, error)
    return signed(node, orders.CALL, asker.nonce, b"{}")


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


def refusal(node: Node, call: str, nonce: str, error: AppError, more: wire.Refusal | None = None) -> Response:
    """A no that a device can tell from a portal's. `more`: what is said besides."""
    reason = error.why if isinstance(error, RefusedBecause) else error.params.get("reason", "")
    told = (more or wire.Refusal(code="")).model_copy(update={"code": error.code, "reason": str(reason)})
    return signed(node, call, nonce, wire.pack(told), error.status)


def central_of(request: Request) -> tuple[Database, Node]:
    database: Database = request.app.state.database
    return database, database.node


def enrolled(session: Session, asker: DeviceAsker, message: bytes) -> DeviceRow:
    """The device behind the token that also signed. Raises SignInNeeded when it is unknown, revoked or did not."""
    device = known(session, asker, message)
    if device.revoked_at_ms is not None:
        raise SignInNeeded()
    return device


def known(session: Session, asker: DeviceAsker, message: bytes) -> DeviceRow:
    """The same, also when it is withdrawn: for what it may still say and hear."""
    device = incoming.device_with_token(session, asker.device_id, asker.token)
    if device is None:
        raise SignInNeeded()
    if not signature_holds(device.public_key, wire.from_hex(asker.proof), message):
        raise SignInNeeded()
    return device
