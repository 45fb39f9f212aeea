"""Originals of photos, as the camera made them: sealed on the device at once, opened at central only.

A device holds only the public half of central's key, so nobody can open an original there, whatever they find on it.
The photo's entry says what there is: `original`, the SHA-256 of the sealed bytes and so their name among the
attachments, with `original_sha256`, that of the camera's own bytes; or `no_original`, why it was not kept.
"""

from typing import Final

from sqlmodel import Session

from app.domain.journal import Json
from app.domain.merge import Record
from app.errors import OriginalNotGenuine
from app.store import attachments
from app.store.bundles import CENTRAL_KEY, OWN_KEY
from app.store.node import value_of
from app.store.vault import NotOpened, open_sealed, seal_to

NO_KEY, TOO_LARGE = "key", "size"  # values of `no_original`
MAX_BYTES: Final = 23 * 2**20  # sealed, it must still be taken as one upload (sync/taken_files.py)
NAMES: Final = ((b"\xff\xd8\xff", "original.jpg"), (b"\x89PNG", "original.png"), (b"RIFF", "original.webp"))


def sealed_info(photo_sha256: str) -> bytes:
    """What an original is sealed for: its redrawn photo and no other."""
    return b"baqylau-original-1\n" + photo_sha256.encode()


def keep(session: Session, data: bytes, photo_sha256: str, scope: str) -> dict[str, Json]:
    """Seals the camera's bytes and keeps them; returns the fields of the photo's entry that speak of them."""
    key = bytes.fromhex(value_of(session, CENTRAL_KEY))
    if not key:
        return {"no_original": NO_KEY}
    if len(data) > MAX_BYTES:
        return {"no_original": TOO_LARGE}
    sealed = seal_to(key, data, sealed_info(photo_sha256))
    name = attachments.keep(session, sealed, attachments.ORIGINAL_TYPE, scope)
    return {"original": name, "original_sha256": attachments.sha256_of(data)}


def opened(session: Session, photo: Record) -> bytes | None:
    """The camera's bytes of a photo, at central; None when there are none or they have not come yet.

    Raises OriginalNotGenuine for what does not open, or is not what the entry says.
    """
    kept = attachments.read(session, photo.text("original"))
    if kept is None:
        return None
    try:
        data = open_sealed(bytes.fromhex(value_of(session, OWN_KEY)), kept[1], sealed_info(photo.text("sha256")))
    except NotOpened as error:
        raise OriginalNotGenuine() from error
    if attachments.sha256_of(data) != photo.text("original_sha256"):
        raise OriginalNotGenuine()
    return data


def file_name(data: bytes) -> str:
    """A name that says nothing of the visit."""
    return next((name for start, name in NAMES if data.startswith(start)), "original.bin")
