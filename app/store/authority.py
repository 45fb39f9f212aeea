"""A certificate authority for one certificate: browsers of the team's own hotspot then speak TLS with a hub.

The authority's key is made, signs once, and is forgotten: a hub that is stolen can sign nothing more.
"""

import datetime
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.errors import N_, InvalidInput
from app.store.vault import key_fingerprint

CA_NAME, CERTIFICATE_NAME, KEY_NAME = "hub-ca.pem", "hub-cert.pem", "hub-key.pem"
CERTIFICATE_OLD: Final = N_(
    "The hub's certificate has ended or is damaged. Make a new one with: baqylau hub init-ca --again"
)
LIFE: Final = datetime.timedelta(days=397)  # browsers take no longer one
EARLIER: Final = datetime.timedelta(days=1)  # tablets' clocks lag
CURVE: Final = ec.SECP256R1  # every browser takes it, and its certificates are small


@dataclass(frozen=True)
class Made:
    """What an authority leaves behind, as PEM: its own certificate, the hub's, and the hub's key."""

    authority: bytes
    certificate: bytes
    key: bytes


def make(names: Sequence[str], now_ms: int) -> Made:
    """An authority, and the one certificate that it signs: for a hub under these host names and addresses."""
    now = datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC)
    ca_key, key = ec.generate_private_key(CURVE()), ec.generate_private_key(CURVE())
    issuer = _name(f"Baqylau hub {names[0]}, {now:%Y-%m-%d}")
    authority = _builder(issuer, issuer, ca_key, now)
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    authority = authority.add_extension(_usage(signs_certificates=True), critical=True)
    own_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = authority.add_extension(own_id, critical=False).sign(ca_key, SHA256())
    server = _builder(_name(names[0]), issuer, key, now)
    server = server.add_extension(x509.SubjectAlternativeName([_alternative(one) for one in names]), critical=False)
    server = server.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    server = server.add_extension(_usage(signs_certificates=False), critical=True)
    server = server.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_id)
    certificate = server.add_extension(issued_by, critical=False).sign(ca_key, SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Made(ca.public_bytes(Encoding.PEM), certificate.public_bytes(Encoding.PEM), private)


def write(folder: Path, made: Made) -> None:
    """Puts the three files into the data folder, readable by their owner only, the key last."""
    for name, content in ((CA_NAME, made.authority), (CERTIFICATE_NAME, made.certificate), (KEY_NAME, made.key)):
        fresh = folder / f"{name}.new"
        fresh.unlink(missing_ok=True)
        how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(fresh, how, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, folder / name)


def is_made(folder: Path) -> bool:
    """True when a hub of this data folder serves HTTPS."""
    return all((folder / name).exists() for name in (CA_NAME, CERTIFICATE_NAME, KEY_NAME))


def names_in(folder: Path) -> list[str]:
    """The host names and addresses of the hub's certificate. Raises InvalidInput."""
    found = _read(folder / CERTIFICATE_NAME).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))]


def has_expired(folder: Path, now_ms: int) -> bool:
    """True when browsers take the hub's certificate no longer. Raises InvalidInput."""
    return _read(folder / CERTIFICATE_NAME).not_valid_after_utc.timestamp() * 1000 <= now_ms


def fingerprint(pem: bytes) -> str:
    """Sixteen signs that name a certificate: what is typed or scanned to pin it. Raises ValueError."""
    return key_fingerprint(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER))


def sha256_of(pem: bytes) -> str:
    """The fingerprint as browsers show it."""
    return x509.load_pem_x509_certificate(pem).fingerprint(SHA256()).hex(":").upper()


def _read(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        raise InvalidInput(CERTIFICATE_OLD, "certificate") from error


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime.datetime
) -> x509.CertificateBuilder:
    named = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    dated = named.not_valid_before(now - EARLIER).not_valid_after(now - EARLIER + LIFE)
    return dated.serial_number(x509.random_serial_number())


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    nothing = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    signing = {"key_cert_sign": signs_certificates, "crl_sign": signs_certificates}
    return x509.KeyUsage(digital_signature=not signs_certificates, **signing, **nothing)


def public_key_info(certificate: bytes) -> bytes:
    """The SubjectPublicKeyInfo (DER) of a certificate (DER). Raises ValueError for what is no certificate."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
