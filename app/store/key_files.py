"""The private half of a confidential key, in a file of its own: under its owner's passphrase, away from the web server."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.errors import InvalidInput
from app.errors_of_files import WouldOverwrite
from app.store.vault import Cost, NotOpened, key_fingerprint, locked, sealing_public_key, unlocked

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
