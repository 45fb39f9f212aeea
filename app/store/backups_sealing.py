"""The envelope of a backup: encrypted in chunks, so that a file of gigabytes is written and read in little memory.

AES-256-GCM in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its
Nonce-Reuse Misuse-Resistance, 2015): the nonce of a chunk is its number and whether it is the last, the header is
associated data. So a chunk that was changed, left out, moved or added does not open, and neither does a file that was
cut at the end of a chunk. Each file has a key of its own, derived from the backup key and a random salt.

Rejected: age (pyrage 1.4): its recipients of today are X25519 only, and testimony must stay secret for decades; and
it only pushes what it decrypts, while a restore has to pull.
"""

import os
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import BackupKeyMissing, BackupKeyRefused, BackupUnusable

MAGIC: Final = b"baqylau-backup\n"
VERSION: Final = 1
KEY_BYTES: Final = 32
CHUNK: Final = 64 * 1024
TAG: Final = 16
ID_BYTES: Final = 8
SALT_BYTES: Final = 32
HEADER_BYTES: Final = len(MAGIC) + 2 + ID_BYTES + SALT_BYTES


class SealedWriter:
    """Encrypts what is written to it into `file`. Without `finish` the file cannot be opened: its last chunk is missing."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        salt = os.urandom(SALT_BYTES)
        self._file = file
        self._header = MAGIC + VERSION.to_bytes(2, "big") + _derive(key, b"", b"id", ID_BYTES) + salt
        self._cipher = AESGCM(_derive(key, salt, b"file", KEY_BYTES))
        self._waiting = bytearray()
        self._number = 0
        file.write(self._header)

    def write(self, data: bytes) -> int:
        self._waiting += data
        done = 0
        while (
            len(self._waiting) - done > CHUNK
        ):  # the last chunk is written by `finish`, and is never empty for nothing
            self._seal(bytes(self._waiting[done : done + CHUNK]), is_last=False)
            done += CHUNK
        del self._waiting[:done]
        return len(data)

    def finish(self) -> None:
        """Writes the last chunk, which says that it is the last."""
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _seal(self, plain: bytes, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, is_last), plain, self._header))
        self._number += 1


class SealedReader:
    """Reads a file of `SealedWriter`. Raises BackupUnusable with what is wrong, before any changed byte is handed on.

    `key_file` is only named in what is said.
    """

    def __init__(self, file: BinaryIO, name: str, key: bytes, key_file: Path) -> None:
        self._file, self._name = file, name
        self._header = _header_of(file, name)
        wanted, salt = self._header[-ID_BYTES - SALT_BYTES : -SALT_BYTES], self._header[-SALT_BYTES:]
        if wanted != _derive(key, b"", b"id", ID_BYTES):
            told = {"wanted": _shown(wanted), "held": key_name(key), "key_file": str(key_file)}
            raise BackupUnusable("key", file=name, **told)
        self._cipher = AESGCM(_derive(key, salt, b"file", KEY_BYTES))
        self._number = 0
        self._ahead = file.read(CHUNK + TAG)
        self._plain = b""
        self._at_end = False

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`; empty at the end of a whole file."""
        while not self._plain and not self._at_end:
            self._open_next()
        if size < 0 or size >= len(self._plain):
            taken, self._plain = self._plain, b""
        else:
            taken, self._plain = self._plain[:size], self._plain[size:]
        return taken

    def _open_next(self) -> None:
        sealed = self._ahead
        self._ahead = self._file.read(CHUNK + TAG) if len(sealed) == CHUNK + TAG else b""
        self._at_end = not self._ahead
        try:
            self._plain = self._cipher.decrypt(_nonce(self._number, self._at_end), sealed, self._header)
        except InvalidTag as error:
            raise self._refusal(sealed) from error
        self._number += 1

    def _refusal(self, sealed: bytes) -> BackupUnusable:
        """Cut short: what is now the last chunk opens as one in the middle, or is no whole chunk."""
        if self._at_end and len(sealed) <= TAG:
            return BackupUnusable("cut", file=self._name)
        if self._at_end:
            try:
                self._cipher.decrypt(_nonce(self._number, False), sealed, self._header)
                return BackupUnusable("cut", file=self._name)
            except InvalidTag:
                pass  # said below
        return BackupUnusable("damaged", file=self._name, at=HEADER_BYTES + self._number * (CHUNK + TAG))


def _header_of(file: BinaryIO, name: str) -> bytes:
    header = file.read(HEADER_BYTES)
    if header[: len(MAGIC)] != MAGIC:
        raise BackupUnusable("other", file=name)
    if int.from_bytes(header[len(MAGIC) : len(MAGIC) + 2], "big") > VERSION:
        raise BackupUnusable("newer", file=name)
    if len(header) < HEADER_BYTES:
        raise BackupUnusable("cut", file=name)
    return header


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _derive(key: bytes, salt: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, b"baqylau-backup-1 " + purpose).derive(key)


# ---- the backup key ---------------------------------------------------------------------------------------------------


def read_key(path: Path) -> bytes:
    """The backup key in a file. Raises BackupKeyMissing, BackupKeyRefused."""
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BackupKeyMissing(key_file=str(path)) from error
    except (OSError, ValueError) as error:
        raise BackupKeyRefused("other", key_file=str(path)) from error
    if len(key) != KEY_BYTES:
        raise BackupKeyRefused("other", key_file=str(path))
    return key


def make_key(path: Path) -> bytes:
    """A fresh backup key in a file that only its owner may read. Raises FileExistsError rather than replace one."""
    key = os.urandom(KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def key_name(key: bytes) -> str:
    """A short name of a backup key that tells nothing of it, such as 1a2b-3c4d-5e6f-7a8b: written in every backup."""
    return _shown(_derive(key, b"", b"id", ID_BYTES))


def _shown(key_id: bytes) -> str:
    return key_id.hex("-", 2)
