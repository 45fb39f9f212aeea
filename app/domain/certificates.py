"""What central says of a device, so that devices can trust each other where central is away. Pure.

A certificate is a small text that central signed. A tablet and a hub show each other theirs; each verifies with the
keys of central that its own enrolment pinned.
"""

import json
from dataclasses import dataclass
from typing import Final

from app.domain.journal import canonical, device_id_of

LIFE_MS: Final = 30 * 24 * 3600 * 1000
RENEW_MS: Final = 24 * 3600 * 1000  # an older one is replaced when the device meets central
SKEW_MS: Final = 24 * 3600 * 1000  # clocks of two devices may differ by so much
UNKNOWN, EXPIRED, REVOKED = "unknown", "expired", "revoked"  # why a certificate does not count


class BrokenCertificate(ValueError):
    """A text that is no certificate."""


@dataclass(frozen=True)
class Certificate:
    """Whose key this is, and which persons use that device; by central's clock."""

    public_key: bytes
    name: str
    people: tuple[str, ...]
    issued_at_ms: int
    expires_at_ms: int

    @property
    def device_id(self) -> str:
        return device_id_of(self.public_key)


def issue(public_key: bytes, name: str, people: tuple[str, ...], now_ms: int) -> Certificate:
    """A certificate that is good for LIFE_MS from now."""
    return Certificate(public_key, name, people, now_ms, now_ms + LIFE_MS)


def written(certificate: Certificate) -> str:
    """The text that is signed, and kept exactly so."""
    told = {**vars(certificate), "public_key": certificate.public_key.hex(), "people": list(certificate.people)}
    return canonical(told).decode()


def read_certificate(text: str) -> Certificate:
    """The certificate in this text; its signature is for the caller to verify. Raises BrokenCertificate."""
    try:
        told = json.loads(text)
        people = tuple(map(str, told["people"]))
        public_key = bytes.fromhex(told["public_key"])
        return Certificate(public_key, str(told["name"]), people, int(told["issued_at_ms"]), int(told["expires_at_ms"]))
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenCertificate("this is no certificate") from error


def certificate_message(text: str) -> bytes:
    """What central signs."""
    return b"baqylau-certificate-1\n" + text.encode()


def is_due(issued_at_ms: int, now_ms: int) -> bool:
    """True when a device that holds one of this age is to be given a new one (0: it holds none)."""
    return not 0 <= now_ms - issued_at_ms < RENEW_MS


def why_not_trusted(certificate: Certificate, now_ms: int, revoked_at_ms: int) -> str:
    """Why a certificate that central did sign does not count; empty when it does.

    `revoked_at_ms`: when central last withdrew the device, 0 for never. A device that enrolled again has a newer one.
    """
    if revoked_at_ms and certificate.issued_at_ms <= revoked_at_ms:
        return REVOKED
    is_now = certificate.issued_at_ms - SKEW_MS <= now_ms < certificate.expires_at_ms
    return "" if is_now else EXPIRED
