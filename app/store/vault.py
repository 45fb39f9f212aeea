"""All cryptography: stretched passphrases, boxes, signatures, sealing. The key slots of a device stand in `slots.py`."""

import base64
import hashlib
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import WeakPassphrase

SigningKey: TypeAlias = Ed25519PrivateKey
LEAST_WORDS, LEAST_LETTERS = 4, 16


@dataclass(frozen=True)
class Cost:
    """What one try of a passphrase costs: Argon2id memory in MiB, rounds, lanes."""

    memory_mib: int = 64
    rounds: int = 3
    lanes: int = 4

    def is_below(self, other: "Cost") -> bool:
        """True when a try costs less than it would at the other cost."""
        return self.memory_mib * self.rounds < other.memory_mib * other.rounds


def check_passphrase(passphrase: str) -> str:
    """The passphrase in the one form that is hashed: small letters, single spaces. Raises WeakPassphrase."""
    plain = plain_passphrase(passphrase)
    if len(plain.split()) < LEAST_WORDS or len(plain.replace(" ", "")) < LEAST_LETTERS:
        raise WeakPassphrase()
    return plain


def plain_passphrase(passphrase: str) -> str:
    """What was typed, in the one form that is hashed."""
    # NFKC: one keyboard types "й" as one sign, another as two, and both must open the tablet.
    return " ".join(unicodedata.normalize("NFKC", passphrase).casefold().split())


def new_database_key() -> bytes:
    """A fresh random key for a device's database."""
    return os.urandom(32)


def stretched(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    """32 bytes from a passphrase in its one form, at a cost that makes guessing slow (Argon2id)."""
    return hash_secret_raw(
        passphrase.encode(),
        salt,
        time_cost=cost.rounds,
        memory_cost=cost.memory_mib * 1024,
        parallelism=cost.lanes,
        hash_len=32,
        type=Type.ID,
    )


def derived_key(key: bytes, purpose: bytes) -> bytes:
    """A key for one purpose from a key for many (HKDF-SHA-256): 32 bytes."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)


def boxed(key: bytes, plain: bytes, purpose: bytes) -> dict[str, str]:
    """Bytes under a key, for a JSON file (AES-256-GCM)."""
    nonce = os.urandom(12)
    return {"nonce": nonce.hex(), "box": AESGCM(key).encrypt(nonce, plain, purpose).hex()}


def unboxed(key: bytes, kept: Mapping[str, Any], purpose: bytes) -> bytes:
    """What `boxed` took. Raises NotOpened for another key or purpose, or bytes that were changed."""
    try:
        return AESGCM(key).decrypt(bytes.fromhex(kept["nonce"]), bytes.fromhex(kept["box"]), purpose)
    except (InvalidTag, ValueError, KeyError, TypeError) as error:
        raise NotOpened("another key, or changed bytes") from error


# ---- a secret in a file of its own ------------------------------------------------------------------------------------


def locked(secret: bytes, passphrase: str, cost: Cost, purpose: bytes) -> dict[str, Any]:
    """A secret under a passphrase, as a JSON object for a file. Raises WeakPassphrase."""
    salt = os.urandom(16)
    key = derived_key(stretched(check_passphrase(passphrase), salt, cost), purpose)
    return {"salt": salt.hex(), "cost": vars(cost), **boxed(key, secret, purpose)}


def unlocked(kept: dict[str, Any], passphrase: str, purpose: bytes) -> bytes:
    """The secret that `locked` took. Raises NotOpened for another passphrase or purpose, or bytes that were changed."""
    try:
        key = stretched(plain_passphrase(passphrase), bytes.fromhex(kept["salt"]), Cost(**kept["cost"]))
    except (ValueError, KeyError, TypeError) as error:
        raise NotOpened("these are no locked bytes") from error
    return unboxed(derived_key(key, purpose), kept, purpose)


# ---- sign-in at central, tokens and signatures ------------------------------------------------------------------------


def hash_passphrase(passphrase: str, cost: Cost) -> str:
    """The Argon2id hash that central keeps. Raises WeakPassphrase."""
    hasher = PasswordHasher(time_cost=cost.rounds, memory_cost=cost.memory_mib * 1024, parallelism=cost.lanes)
    return hasher.hash(check_passphrase(passphrase))


def passphrase_fits(passphrase: str, kept_hash: str) -> bool:
    """True when the passphrase is the one behind the hash. Costs the same for a hash of nobody."""
    try:
        return PasswordHasher().verify(kept_hash, plain_passphrase(passphrase))
    except (VerificationError, InvalidHashError):
        return False


def new_signing_key() -> SigningKey:
    """A fresh Ed25519 key."""
    return Ed25519PrivateKey.generate()


def signing_key_of(raw: bytes) -> SigningKey:
    """The Ed25519 key in its 32 raw bytes."""
    return Ed25519PrivateKey.from_private_bytes(raw)


def new_token() -> str:
    """An unguessable token of 32 bytes, for cookies and devices."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")


def hash_token(token: str) -> str:
    """What is kept of a token or one-time code."""
    return hashlib.sha256(token.encode()).hexdigest()


def signature_holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """True when an Ed25519 signature over the message verifies under the raw public key."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_fingerprint(public_key: bytes) -> str:
    """Ten bytes of SHA-256 of a public key in base 32, 16 characters: what a one-time code carries to pin central."""
    return base64.b32encode(hashlib.sha256(public_key).digest()[:10]).decode()


# ---- sealing to a public key -----------------------------------------------------------------------------------------

# Hybrid: whoever keeps the sealed bytes for decades needs to break both.
SUITE: Final = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
MLKEM_SEED_BYTES, MLKEM_KEY_BYTES = 64, 1184


class NotOpened(ValueError):
    """Sealed for another key or purpose, or changed since."""


def new_sealing_key() -> bytes:
    """A fresh private key to which others seal: the seed of ML-KEM-768, then the X25519 key."""
    return MLKEM768PrivateKey.generate().private_bytes_raw() + X25519PrivateKey.generate().private_bytes_raw()


def sealing_public_key(private: bytes) -> bytes:
    """The public half: ML-KEM-768, then X25519, 1,216 bytes."""
    mlkem, x25519 = _sealing_pair(private)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def seal_to(public: bytes, plain: bytes, info: bytes) -> bytes:
    """Seals to a public key (HPKE, one shot), bound to `info`. Raises ValueError for what is no such key."""
    mlkem = MLKEM768PublicKey.from_public_bytes(public[:MLKEM_KEY_BYTES])
    x25519 = X25519PublicKey.from_public_bytes(public[MLKEM_KEY_BYTES:])
    return SUITE.encrypt(plain, hpke.MLKEM768X25519PublicKey(mlkem, x25519), info=info)


def open_sealed(private: bytes, sealed: bytes, info: bytes) -> bytes:
    """What was sealed. Raises NotOpened for other bytes, another key or another `info`."""
    try:
        return SUITE.decrypt(sealed, hpke.MLKEM768X25519PrivateKey(*_sealing_pair(private)), info=info)
    except (InvalidTag, ValueError) as error:
        raise NotOpened("these bytes do not open") from error


def _sealing_pair(private: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    mlkem = MLKEM768PrivateKey.from_seed_bytes(private[:MLKEM_SEED_BYTES])
    return mlkem, X25519PrivateKey.from_private_bytes(private[MLKEM_SEED_BYTES:])
