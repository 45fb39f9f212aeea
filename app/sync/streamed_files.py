"""A photo or document as it streams in, at central or at a hub: resumable, and whole only when its hash is its name.

What has arrived is made durable every quarter of a second and whenever the link breaks, so that at most the bytes
between two such moments are sent twice.
"""

import time
from collections.abc import AsyncIterator
from typing import Final

from anyio import to_thread
from starlette.requests import ClientDisconnect

from app.errors import BodyTooLarge, ProtocolError, RequestTooSlow
from app.store import attachments, uploads
from app.store.db import Database
from app.store.uploads import Upload
from app.sync.taken_files import MAX_BLOB_BYTES, keep_whole

FLUSH_S: Final = 0.25
FLUSH_BYTES: Final = 256 * 1024


async def take_upload(pieces: AsyncIterator[bytes], database: Database, upload: Upload, offset: int) -> None:
    """Keeps a file, or the rest of one from `offset` on. Raises ProtocolError, PhotoRefused, BodyTooLarge,
    RequestTooSlow and ClientDisconnect; what came until then is durable."""
    at_once = await _take(pieces, database, upload, offset)
    await to_thread.run_sync(_complete, database, upload, at_once)


async def _take(pieces: AsyncIterator[bytes], database: Database, upload: Upload, offset: int) -> bytes | None:
    """Reads the body. A file that came in one piece, at once, is returned; else its pieces are kept as they come."""
    waiting, at, kept_at, is_in_pieces = bytearray(), offset, time.monotonic(), offset > 0
    try:
        async for part in pieces:
            waiting += part
            if at - offset + len(waiting) > MAX_BLOB_BYTES:
                raise BodyTooLarge(megabytes=MAX_BLOB_BYTES // 2**20)
            is_due = time.monotonic() - kept_at >= FLUSH_S or len(waiting) >= FLUSH_BYTES
            if upload.size and waiting and is_due:
                at, is_in_pieces = await _keep(database, upload, at, waiting), True
                kept_at = time.monotonic()
    except (ClientDisconnect, RequestTooSlow):
        if upload.size and waiting:
            await _keep(database, upload, at, waiting)
        raise
    if not is_in_pieces:
        return bytes(waiting)
    if waiting:
        await _keep(database, upload, at, waiting)
    return None


async def _keep(database: Database, upload: Upload, at: int, waiting: bytearray) -> int:
    """Makes the waiting bytes durable; returns where the next ones begin."""
    data = bytes(waiting)
    waiting.clear()

    def keep() -> None:
        with database.write() as session:
            uploads.take_piece(session, upload, at, data)

    await to_thread.run_sync(keep)
    return at + len(data)


def _complete(database: Database, upload: Upload, data: bytes | None) -> None:
    """Makes an attachment of a file that is here whole. `data`: all of it, when it came at once."""
    if data is None:
        with database.read() as session:
            if attachments.has(session, upload.sha256):
                return  # it was whole before, and the answer that said so was lost
            data = uploads.whole(session, upload.sha256)
    if attachments.sha256_of(data) != upload.sha256:
        if len(data) >= upload.size:  # all of it came, and it is not what it was said to be: it begins anew
            with database.write() as session:
                uploads.forget(session, upload.sha256)
        raise ProtocolError(reason="the hash does not match")
    keep_whole(database, upload, data)
