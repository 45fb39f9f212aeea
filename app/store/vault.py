"""The device's vault: one random database key, wrapped once per person under their passphrase. All cryptography.

`slots.json` beside the database holds, for each person, a box that their passphrase opens. One Argon2id run serves for
all slots of a tablet: the salt is the tablet's, and the slot is found by a name derived from the key, so the file names
nobody and a locked tablet does not tell who uses it.
"""

import base64
import hashlib
import json
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
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

from app.errors import PassphraseTaken, WeakPassphrase, WrongPassphrase
from app.store.folder import make_private

SigningKey: TypeAlias = Ed25519PrivateKey
SLOTS_NAME: Final = "slots.json"
LEAST_WORDS, LEAST_LETTERS = 4, 16
SLOTS_VERSION = 1


@dataclass(frozen=True)
class Cost:
    """What one try of a passphrase costs: Argon2id memory in MiB, rounds, lanes."""

    memory_mib: int = 64
    rounds: int = 3
    lanes: int = 4


@dataclass(frozen=True)
class Opened:
    """What a passphrase opens: the database key, whose slot it was, and that person's own signing key."""

    database_key: bytes
    person_id: str
    signing_key: SigningKey


def check_passphrase(passphrase: str) -> str:
    """The passphrase in the one form that is hashed: small letters, single spaces. Raises WeakPassphrase."""
    plain = _plain(passphrase)
    if len(plain.split()) < LEAST_WORDS or len(plain.replace(" ", "")) < LEAST_LETTERS:
        raise WeakPassphrase()
    return plain


def _plain(passphrase: str) -> str:
    # NFKC: one keyboard types "й" as one sign, another as two, and both must open the tablet.
    return " ".join(unicodedata.normalize("NFKC", passphrase).casefold().split())


def has_slots(folder: Path) -> bool:
    """True when somebody can sign in on this device."""
    return (folder / SLOTS_NAME).exists()


def new_database_key() -> bytes:
    """A fresh random key for a device's database."""
    return os.urandom(32)


def make_vault(folder: Path, person_id: str, passphrase: str, cost: Cost, database_key: bytes | None = None) -> Opened:
    """A new vault with its first slot, around a fresh database key or the one that enrolment opened with."""
    make_private(folder)
    document = {"version": SLOTS_VERSION, "salt": os.urandom(16).hex(), "cost": vars(cost), "slots": {}}
    return _put_slot(folder, document, database_key or new_database_key(), person_id, passphrase)


def add_slot(folder: Path, database_key: bytes, person_id: str, passphrase: str) -> Opened:
    """A slot for one more person; needs the open database key. Raises PassphraseTaken, WeakPassphrase."""
    return _put_slot(folder, _read(folder), database_key, person_id, passphrase)


def open_vault(folder: Path, passphrase: str) -> Opened:
    """Opens the slot of this passphrase. Raises WrongPassphrase; nothing else is told apart."""
    document = _read(folder)
    key = _stretch(document, _plain(passphrase))
    box = document["slots"].get(_slot_name(key))
    if box is None:
        raise WrongPassphrase()
    try:
        plain = json.loads(
            AESGCM(_slot_key(key)).decrypt(bytes.fromhex(box["nonce"]), bytes.fromhex(box["box"]), b"slot")
        )
    except InvalidTag as error:
        raise WrongPassphrase() from error
    signing_key = signing_key_of(bytes.fromhex(plain["signing_key"]))
    return Opened(bytes.fromhex(plain["database_key"]), plain["person_id"], signing_key)


def _put_slot(folder: Path, document: dict[str, Any], database_key: bytes, person_id: str, passphrase: str) -> Opened:
    key = _stretch(document, check_passphrase(passphrase))
    slots: dict[str, dict[str, str]] = document["slots"]
    name = _slot_name(key)
    if name in slots:
        raise PassphraseTaken()
    signing_key = new_signing_key()
    plain = {
        "database_key": database_key.hex(),
        "person_id": person_id,
        "signing_key": signing_key.private_bytes_raw().hex(),
    }
    nonce = os.urandom(12)
    box = AESGCM(_slot_key(key)).encrypt(nonce, json.dumps(plain).encode(), b"slot")
    slots[name] = {"nonce": nonce.hex(), "box": box.hex()}
    write_whole(folder / SLOTS_NAME, document)
    return Opened(database_key, person_id, signing_key)


def _read(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / SLOTS_NAME).read_text())
    return document


def destroy_slots(folder: Path) -> None:
    """Throws all key slots away: nobody opens the database of this folder any more."""
    (folder / SLOTS_NAME).unlink(missing_ok=True)
    _flush_folder(folder)


def write_whole(path: Path, document: Mapping[str, Any]) -> None:
    """A small JSON file, whole or not at all: a new file, flushed, put in the old one's place. Its owner's alone."""
    fresh = path.with_suffix(".new")
    with open(fresh, "w") as handle:
        os.chmod(fresh, 0o600)
        json.dump(dict(document), handle)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(fresh, path)
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    if os.name != "nt":
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def _stretch(document: dict[str, Any], passphrase: str) -> bytes:
    cost: dict[str, int] = document["cost"]
    return hash_secret_raw(
        passphrase.encode(),
        bytes.fromhex(str(document["salt"])),
        time_cost=cost["rounds"],
        memory_cost=cost["memory_mib"] * 1024,
        parallelism=cost["lanes"],
        hash_len=32,
        type=Type.ID,
    )


def _slot_name(key: bytes) -> str:
    return derived_key(key, b"baqylau slot name").hex()


def _slot_key(key: bytes) -> bytes:
    return derived_key(key, b"baqylau slot key")


def derived_key(key: bytes, purpose: bytes) -> bytes:
    """A key for one purpose from a key for many (HKDF-SHA-256): 32 bytes."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)


# ---- a secret in a file of its own ------------------------------------------------------------------------------------


def locked(secret: bytes, passphrase: str, cost: Cost, purpose: bytes) -> dict[str, Any]:
    """A secret under a passphrase, as a JSON object for a file. Raises WeakPassphrase."""
    kept: dict[str, Any] = {"salt": os.urandom(16).hex(), "cost": vars(cost)}
    key, nonce = derived_key(_stretch(kept, check_passphrase(passphrase)), purpose), os.urandom(12)
    return kept | {"nonce": nonce.hex(), "box": AESGCM(key).encrypt(nonce, secret, purpose).hex()}


def unlocked(kept: dict[str, Any], passphrase: str, purpose: bytes) -> bytes:
    """The secret that `locked` took. Raises NotOpened for another passphrase or purpose, or bytes that were changed."""
    try:
        key = derived_key(_stretch(kept, _plain(passphrase)), purpose)
        return AESGCM(key).decrypt(bytes.fromhex(kept["nonce"]), bytes.fromhex(kept["box"]), purpose)
    except (InvalidTag, ValueError, KeyError, TypeError) as error:
        raise NotOpened("this passphrase does not open it") from error


# ---- sign-in at central, tokens and signatures ------------------------------------------------------------------------


def hash_passphrase(passphrase: str, cost: Cost) -> str:
    """The Argon2id hash that central keeps. Raises WeakPassphrase."""
    hasher = PasswordHasher(time_cost=cost.rounds, memory_cost=cost.memory_mib * 1024, parallelism=cost.lanes)
    return hasher.hash(check_passphrase(passphrase))


def passphrase_fits(passphrase: str, kept_hash: str) -> bool:
    """True when the passphrase is the one behind the hash. Costs the same for a hash of nobody."""
    try:
        return PasswordHasher().verify(kept_hash, _plain(passphrase))
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
