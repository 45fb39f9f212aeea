"""Enrolment: a one-time code in, central's keys and this device's token out. Central pins nothing that it was not shown."""

import json
from collections.abc import Sequence
from typing import Final

from sqlmodel import Session

from app.errors import CentralNotGenuine, EnrolmentRefused, ProtocolError
from app.store import central_words, outgoing
from app.store import node as node_values
from app.store.bundles import CENTRAL_KEY
from app.store.db import Database
from app.store.device_people import DEVICE_PEOPLE
from app.store.node import Node, put_value, value_of, values_with_prefix
from app.store.outgoing import QUARANTINED
from app.store.vault import key_fingerprint
from app.sync import codec, link, tls, wire
from app.sync.link import Reply, Transport
from app.sync.replies import CERTIFICATE

DEVICE_NAME = "device_name"
CODE_LENGTH: Final = 12  # of the secret part; the rest is the fingerprint
WHOLE_CODE: Final = 28  # letters and digits on the card, without the hyphens between groups


def enrol(database: Database, transport: Transport, url: str, code: str) -> wire.EnrolReply:
    """Registers this device with its one-time code. The code's second half pins central's key.

    Raises EnrolmentRefused for a wrong code, CentralNotGenuine when another server answers.
    """
    node: Node = database.node
    secret, fingerprint = parts_of(code)
    request = wire.EnrolRequest(code=secret, public_key=node.public_key.hex(), nonce=node.clock.random_bytes(16).hex())
    body, encoding = codec.compress(wire.pack(request))
    headers = {**link.plain_headers(), "Content-Encoding": encoding}
    link.prove(node, headers, "enrol", body, request.nonce)
    reply = transport("POST", f"{wire.PREFIX}/enrol", headers, body)
    if reply.status in (400, 401, 403, 404, 409, 422):
        raise EnrolmentRefused()
    answer = _answer_of(reply, fingerprint, request.nonce)
    if answer.nonce != request.nonce or answer.device != node.device_id:
        raise CentralNotGenuine()
    with database.write() as session:
        _remember_central(session, url, answer)
    return answer


def parts_of(code: str) -> tuple[str, str]:
    """(one-time code, fingerprint of central's key): small letters and any spaces or hyphens between groups will do."""
    letters = letters_of(code)
    return letters[:CODE_LENGTH], letters[CODE_LENGTH:]


def letters_of(code: str) -> str:
    """What counts of a code as it was typed."""
    return "".join(sign for sign in code.upper() if sign.isalnum())


def _answer_of(reply: Reply, fingerprint: str, nonce: str) -> wire.EnrolReply:
    try:
        answer = wire.unpack(wire.EnrolReply, reply.content())
        keys = [bytes.fromhex(key) for key in answer.central_keys]
    except (ProtocolError, ValueError) as error:
        raise link.stranger(reply) from error
    if reply.status != 200 or not link.is_signed(reply, _with(keys, fingerprint), "enrol", nonce):
        raise CentralNotGenuine()
    return answer


def _with(keys: Sequence[bytes], fingerprint: str) -> list[bytes]:
    return [key for key in keys if key_fingerprint(key) == fingerprint]


def _remember_central(session: Session, url: str, answer: wire.EnrolReply) -> None:
    if value_of(session, node_values.EPOCH) != answer.epoch:
        outgoing.forget_acks(session)  # what another central acknowledged, this one does not hold
    put_value(session, link.CENTRAL_URL, url.rstrip("/"))
    put_value(session, central_words.CENTRAL_KEYS, json.dumps(answer.central_keys))
    put_value(session, link.TOKEN, answer.token)
    put_value(session, CENTRAL_KEY, answer.bundle_key)
    tls.keep_pins(session, answer.tls_pins)
    put_value(session, CERTIFICATE, "")  # it is told for whom it is enrolled now when it meets central
    put_value(session, DEVICE_NAME, answer.name)
    put_value(session, DEVICE_PEOPLE, json.dumps(answer.people))
    put_value(session, node_values.EPOCH, answer.epoch)
    outgoing.offer_again(session, values_with_prefix(session, QUARANTINED))  # the device has other people now, perhaps
