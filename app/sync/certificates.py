"""Certificates: central issues them, devices keep their own and verify those of others."""

import base64
import binascii
import json
from typing import Final

from sqlmodel import Session

from app.domain import certificates as rules
from app.domain.certificates import BrokenCertificate, Certificate
from app.errors import DeviceNotTrusted, ProtocolError
from app.store import central_words, relays
from app.store.node import Node, value_of
from app.store.tables import DeviceRow
from app.store.vault import signature_holds
from app.sync import wire
from app.sync.replies import CERTIFICATE, CLOCK_OFFSET

HEADER: Final = "X-Certificate"  # base64url of the message: a hub knows who asks before it unpacks anything


def due(node: Node, device: DeviceRow, held_at_ms: int | None, now_ms: int) -> wire.SignedCertificate | None:
    """A new certificate for a device that holds none or one that is older than a day. At central."""
    if held_at_ms is None or not rules.is_due(held_at_ms, now_ms):
        return None
    people = tuple(json.loads(device.people))
    text = rules.written(rules.issue(device.public_key, device.name, people, now_ms))
    return wire.SignedCertificate(text=text, signature=node.sign(rules.certificate_message(text)).hex())


def held_at(session: Session) -> int:
    """When this device's certificate was issued; 0 when it has none."""
    own = own_certificate(session)
    return rules.read_certificate(own.text).issued_at_ms if own else 0


def own_certificate(session: Session) -> wire.SignedCertificate | None:
    """This device's certificate as central signed it."""
    kept = value_of(session, CERTIFICATE)
    return wire.unpack(wire.SignedCertificate, kept.encode()) if kept else None


def of_device(session: Session, device_id: str) -> wire.SignedCertificate | None:
    """The certificate of a device whose stream is carried here."""
    kept = value_of(session, f"{relays.CERTIFICATE_OF}{device_id}")
    return wire.unpack(wire.SignedCertificate, kept.encode()) if kept else None


def trusted(session: Session, signed: wire.SignedCertificate) -> Certificate:
    """The certificate, when one of the pinned keys of central signed it and it still counts.

    Raises DeviceNotTrusted. Times are central's: this device's clock is corrected by what central last said.
    """
    node: Node = session.info["node"]
    signature, message = wire.from_hex(signed.signature), rules.certificate_message(signed.text)
    if not any(signature_holds(key, signature, message) for key in central_words.pinned(session)):
        raise DeviceNotTrusted(rules.UNKNOWN)
    try:
        certificate = rules.read_certificate(signed.text)
    except BrokenCertificate as error:
        raise DeviceNotTrusted(rules.UNKNOWN) from error
    now_ms = node.clock.now_ms() + int(value_of(session, CLOCK_OFFSET) or 0)
    why = rules.why_not_trusted(certificate, now_ms, relays.revoked_at_ms(session, certificate.device_id))
    if why:
        raise DeviceNotTrusted(why)
    return certificate


def in_header(signed: wire.SignedCertificate) -> str:
    return base64.urlsafe_b64encode(wire.pack(signed)).decode()


def from_header(text: str) -> wire.SignedCertificate:
    """Raises ProtocolError."""
    try:
        return wire.unpack(wire.SignedCertificate, base64.urlsafe_b64decode(text))
    except (binascii.Error, ValueError) as error:
        raise ProtocolError(reason="the certificate cannot be read") from error


def as_device(certificate: Certificate) -> DeviceRow:
    """The device behind a certificate, as the rules of a push ask for it. It is in no table here."""
    return DeviceRow(
        device_id=certificate.device_id,
        name=certificate.name,
        public_key=certificate.public_key,
        token_hash="",
        people=json.dumps(list(certificate.people)),
        revoked_at_ms=None,
    )
