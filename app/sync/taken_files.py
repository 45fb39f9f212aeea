"""What holds for a photo or document from elsewhere, however it came: by upload, in a bundle, or to a hub."""

from typing import Final

from sqlmodel import Session

from app.errors import BodyTooLarge, PhotoRefused, ProtocolError
from app.store import attachments, files_named, incoming, uploads
from app.store.db import Database
from app.store.tables import DeviceRow
from app.store.uploads import Upload

MAX_BLOB_BYTES: Final = 24 * 1024 * 1024
TAKEN_TYPES: Final = (attachments.PHOTO_TYPE, attachments.DOCUMENT_TYPE, attachments.ORIGINAL_TYPE)


def check_upload(session: Session, device: DeviceRow, upload: Upload) -> None:
    """Raises what speaks against taking this file from this device."""
    if upload.size > MAX_BLOB_BYTES:
        raise BodyTooLarge(megabytes=MAX_BLOB_BYTES // 2**20)
    if upload.media_type not in TAKEN_TYPES:
        raise ProtocolError(reason="unknown type of file")
    if upload.scope not in incoming.scopes_for(session, device):
        raise ProtocolError(reason="not a scope of this device")
    _refuse_erased(session, upload.sha256)


def _refuse_erased(session: Session, sha256: str) -> None:
    if files_named.is_unwanted(session, sha256):
        raise ProtocolError(reason="what named this file was erased")


def keep_whole(database: Database, upload: Upload, data: bytes) -> None:
    """Makes an attachment of bytes whose hash is their name. Raises ProtocolError, PhotoRefused."""
    if attachments.sha256_of(data) != upload.sha256:
        raise ProtocolError(reason="the hash does not match")
    thumbnail = _thumbnail(data, upload.media_type)  # outside the transaction: drawing takes its time
    with database.write() as session:
        _refuse_erased(session, upload.sha256)  # perhaps while it came
        attachments.keep(session, data, upload.media_type, upload.scope, thumbnail)
        uploads.forget(session, upload.sha256)
        uploads.drop_thumbnail(session, upload.sha256)
        uploads.forget_stale(session, session.info["node"].clock.now_ms())


def _thumbnail(data: bytes, content_type: str) -> bytes | None:
    """The thumbnail of a photo. Raises PhotoRefused for what is none: it would be shown as one."""
    if content_type != attachments.PHOTO_TYPE:
        return None
    thumbnail = attachments.thumbnail_of(data)
    if thumbnail is None:
        raise PhotoRefused("This file is not a photo (JPEG, PNG or WebP). Choose another one.", "photo")
    return thumbnail
