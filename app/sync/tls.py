"""TLS to a central whose keys were pinned at enrolment: the key is what counts, whoever signed the certificate.

A pin is the SHA-256 of the public key (SubjectPublicKeyInfo) in base64, as in RFC 7469, section 2.4. There are two: of
the live key, and of a spare one that lies elsewhere, so that a lost key locks no tablet out.
"""

import base64
import hashlib
import json
import ssl
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlmodel import Session

from app.store.authority import public_key_info
from app.store.node import put_value, value_of

TLS_PINS: Final = "tls_pins"  # node value of a device: JSON list of pins; none: the system's trust counts
PIN_BYTES: Final = 32


def pin_of(certificate: bytes) -> str:
    """The pin of a certificate's key (DER). Raises ValueError for what is no certificate."""
    return base64.b64encode(hashlib.sha256(public_key_info(certificate)).digest()).decode()


def is_pin(text: str) -> bool:
    """True for base64 of 32 bytes."""
    try:
        return len(base64.b64decode(text, validate=True)) == PIN_BYTES
    except ValueError:
        return False


def pinned_context(pins: Collection[str]) -> ssl.SSLContext:
    """A context in which a handshake ends unless the server's own key is pinned: not one byte of a request goes out.

    Who signed the certificate and which name is in it do not matter then: a rogue authority has not the key, and an
    office may use a certificate of its own.
    """

    class Pinned(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            if pin_of(self.getpeercert(binary_form=True) or b"") not in pins:
                raise ssl.SSLCertVerificationError("the server's key is not pinned")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = Pinned
    return context


def trust_in(kept: str) -> ssl.SSLContext | None:
    """The context for what a device keeps of a server: a JSON list of pins, or the only certificate that counts (PEM).

    None where it keeps nothing: then those count that the system trusts.
    """
    if kept.startswith("-----"):
        return ssl.create_default_context(cadata=kept)
    pins = json.loads(kept or "[]")
    return pinned_context(pins) if pins else None


def held_pins(session: Session) -> list[str]:
    """The pins that this device was given."""
    pins: list[str] = json.loads(value_of(session, TLS_PINS) or "[]")
    return pins


def keep_pins(session: Session, pins: Sequence[str]) -> None:
    """Keeps pins that came in a signed answer; what is none is left out."""
    put_value(session, TLS_PINS, json.dumps([pin for pin in pins if is_pin(pin)]))


def digest(pins: Collection[Any]) -> str:
    """A short name for a set of pins: with it a device says which it has."""
    return hashlib.sha256("\n".join(sorted(map(str, pins))).encode()).hexdigest()[:16]
