"""The private half of a confidential key, in a file of its own: under its owner's passphrase, away from the web server.

Beside it, where it was made away from the office, a file with the public half, which the office takes up.
"""

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.errors import InvalidInput
from app.errors_of_files import WouldOverwrite
from app.store.vault import Cost, NotOpened, key_fingerprint, locked, seal_to, sealing_public_key, unlocked

VERSION: Final = 1
PURPOSE: Final = b"baqylau confidential key"


@dataclass(frozen=True)
class KeyFile:
    """A key file as it lies there. `central`: central's signing key, by which the reader knows whose files it opens."""

    fingerprint: str
    central: bytes
    locked: dict[str, Any]

    def open(self, passphrase: str) -> bytes:
        """The private key. Raises InvalidInput for a passphrase that does not open it."""
        try:
            private = unlocked(self.locked, passphrase, PURPOSE)
        except NotOpened as error:
            raise InvalidInput("This passphrase does not open the key file. Check the words and try again.") from error
        if key_fingerprint(sealing_public_key(private)) != self.fingerprint:
            raise InvalidInput("The key file was changed or damaged. Take another copy of it.")
        return private


def write_public(path: Path, public: bytes) -> str:
    """A file with nothing secret in it: what the office takes up; returns the key's fingerprint. Raises WouldOverwrite."""
    fingerprint = key_fingerprint(public)
    told = {"baqylau_public_key": VERSION, "fingerprint": fingerprint, "public_key": base64.b64encode(public).decode()}
    try:
        with open(path, "x") as file:
            json.dump(told, file, indent=1)
    except FileExistsError as error:
        raise WouldOverwrite(path=str(path)) from error
    return fingerprint


def read_public(path: Path) -> bytes:
    """The public half in such a file. Raises InvalidInput for anything else."""
    try:
        told = json.loads(path.read_text())
        public = base64.b64decode(told["public_key"], validate=True)
        if told["baqylau_public_key"] != VERSION or key_fingerprint(public) != told["fingerprint"]:
            raise ValueError("another version, or changed")
        seal_to(public, b"", b"")  # what is no key would stop every closing of an interview
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput("%(path)s is no public key of Baqylau, or it was changed.", "key", path=str(path)) from error
    return public


def write(path: Path, private: bytes, central: bytes, passphrase: str, cost: Cost) -> str:
    """A new key file that only its owner may read; returns the key's fingerprint. Raises WouldOverwrite, WeakPassphrase."""
    told = {
        "baqylau_confidential_key": VERSION,
        "fingerprint": key_fingerprint(sealing_public_key(private)),
        "central": central.hex(),
        "locked": locked(private, passphrase, cost, PURPOSE),
    }
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise WouldOverwrite(path=str(path)) from error
    with os.fdopen(handle, "w") as file:
        json.dump(told, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return str(told["fingerprint"])


def read(path: Path) -> KeyFile:
    """Raises InvalidInput for what is no key file."""
    try:
        told = json.loads(path.read_text())
        if told["baqylau_confidential_key"] != VERSION:
            raise ValueError(told["baqylau_confidential_key"])
        return KeyFile(str(told["fingerprint"]), bytes.fromhex(told["central"]), dict(told["locked"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput("%(path)s is no key file of Baqylau.", "key", path=str(path)) from error
