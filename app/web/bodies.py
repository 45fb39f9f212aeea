"""Bodies that browsers send: held in memory only, and never more of them than a photo and its form need.

Starlette writes an uploaded file of more than a megabyte to a temporary file, as it came and outside the encrypted
database: a photo with its place would lie there in plain. So nothing is written, and what may come is limited instead.
Only sealed bundles (`bundle_files.py`) may be longer, and wait on the disk.
"""

from typing import Final

from anyio import to_thread
from starlette.formparsers import MultiPartParser
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import BodyTooLarge, SignInNeeded
from app.web.deps import signed_in_person
from app.web.security import MACHINE_PATHS

LARGE_MB: Final = {"/bundles": 512}  # files of sealed bundles, all that are brought at once
FORM_BYTES: Final = 2**20  # what stands beside a file, and all that somebody who is not signed in may send


def keep_uploads_in_memory() -> None:
    """For the whole process: no uploaded file goes to the disk."""
    MultiPartParser.spool_max_size = 0  # of a SpooledTemporaryFile: never


class BodyLimit:
    """Stops a body that is too large. It is heard to its end first: a browser that is cut off hears no refusal."""

    def __init__(self, app: ASGIApp, photo_max_mb: int) -> None:
        self.app, self.photo_max_mb = app, photo_max_mb

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(MACHINE_PATHS):  # devices: see sync/bodies.py
            await self.app(scope, receive, send)
            return
        taken, is_known = 0, False
        most_mb = LARGE_MB.get(scope["path"], self.photo_max_mb)

        async def receive_within() -> Message:
            nonlocal taken, is_known
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > FORM_BYTES and not is_known:
                is_known = await to_thread.run_sync(signed_in_person, Request(scope)) is not None
                if not is_known:
                    await _hear_out(message, receive)
                    raise SignInNeeded()
            if taken > FORM_BYTES + most_mb * 2**20:
                await _hear_out(message, receive)
                raise BodyTooLarge(megabytes=most_mb)
            return message

        await self.app(scope, receive_within, send)


async def _hear_out(message: Message, receive: Receive) -> None:
    while message.get("more_body"):
        message = await receive()
