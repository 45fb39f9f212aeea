"""Files that come to central in parts: an offset counts only when its bytes are durable in the database.

A piece and its offset are committed together, so several processes of central, a kill and a power cut all see the same
offset. The pieces become the attachment when the last one is there and the hash is the name.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlmodel import Session

from app.errors import ProtocolError
from app.store import attachments
from app.store.db import insert_or_lock
from app.store.node import Node
from app.store.tables import ThumbnailRow, UploadPieceRow, UploadRow, table

UPLOAD, PIECE, THUMBNAIL = table(UploadRow), table(UploadPieceRow), table(ThumbnailRow)
STALE_MS: Final = 30 * 24 * 3600 * 1000  # an upload that nobody went on with for so long is thrown away


@dataclass(frozen=True)
class Upload:
    """A file on its way: its name, whose it is, and how large it will be."""

    sha256: str
    scope: str
    media_type: str
    size: int


def received(session: Session, sha256: str) -> int:
    """How many bytes of a file are durable here; 0 when it is not known."""
    whole = attachments.size_of(session, sha256)
    if whole is not None:
        return whole
    return session.execute(select(UPLOAD.c.received).where(UPLOAD.c.sha256 == sha256)).scalar_one_or_none() or 0


def take_piece(session: Session, upload: Upload, start: int, data: bytes) -> int:
    """Keeps the bytes from `start` on, and returns how many are here now. Bytes that are here already are passed over.

    Raises ProtocolError when there would be a hole, or more than the file is long.
    """
    node: Node = session.info["node"]
    row = {
        "sha256": upload.sha256,
        "scope": upload.scope,
        "media_type": upload.media_type,
        "size": upload.size,
        "received": 0,
        "touched_at_ms": node.clock.now_ms(),
    }
    have: int = session.execute(insert_or_lock(session, UPLOAD), row).one().received
    if start > have:
        raise ProtocolError(reason=f"the upload goes on at {have}")
    fresh = data[have - start :]
    if have + len(fresh) > upload.size:
        raise ProtocolError(reason="longer than it was said to be")
    if fresh:
        session.execute(PIECE.insert(), {"sha256": upload.sha256, "start": have, "data": fresh})
        goes_to = {"received": have + len(fresh), "touched_at_ms": node.clock.now_ms()}
        session.execute(update(UPLOAD).where(UPLOAD.c.sha256 == upload.sha256).values(**goes_to))
    return have + len(fresh)


def whole(session: Session, sha256: str) -> bytes:
    """All bytes that are here of an upload, in order."""
    rows = session.execute(select(PIECE.c.data).where(PIECE.c.sha256 == sha256).order_by(PIECE.c.start))
    return b"".join(row.data for row in rows)


def forget(session: Session, sha256: str) -> None:
    """Drops an upload and its pieces: it is whole now, or its bytes are not what its name says."""
    session.execute(delete(PIECE).where(PIECE.c.sha256 == sha256))
    session.execute(delete(UPLOAD).where(UPLOAD.c.sha256 == sha256))


def forget_stale(session: Session, now_ms: int) -> None:
    """Drops uploads that nobody went on with."""
    old = select(UPLOAD.c.sha256).where(UPLOAD.c.touched_at_ms < now_ms - STALE_MS)
    session.execute(delete(PIECE).where(PIECE.c.sha256.in_(old)))
    session.execute(delete(UPLOAD).where(UPLOAD.c.touched_at_ms < now_ms - STALE_MS))


def progress(session: Session, hashes: list[str]) -> dict[str, tuple[int, int]]:
    """Hash -> (bytes here, bytes in all) of uploads that have begun."""
    rows = session.execute(select(UPLOAD).where(UPLOAD.c.sha256.in_(hashes)))
    return {row.sha256: (row.received, row.size) for row in rows}


def count(session: Session) -> int:
    """Uploads that have begun and are not whole."""
    return int(session.execute(select(func.count()).select_from(UPLOAD)).scalar_one())


# ---- small pictures that came before their photo -------------------------------------------------------------------------


def keep_thumbnail(session: Session, sha256: str, scope: str, data: bytes) -> None:
    """Keeps the small picture of a photo that is still on its way."""
    if not attachments.has(session, sha256):
        session.execute(insert_or_lock(session, THUMBNAIL), {"sha256": sha256, "scope": scope, "data": data})


def thumbnail(session: Session, sha256: str) -> bytes | None:
    """The small picture that came before its photo."""
    return session.execute(select(THUMBNAIL.c.data).where(THUMBNAIL.c.sha256 == sha256)).scalar_one_or_none()


def drop_thumbnail(session: Session, sha256: str) -> None:
    """The photo is here, and central drew its own small picture of it."""
    session.execute(delete(THUMBNAIL).where(THUMBNAIL.c.sha256 == sha256))
