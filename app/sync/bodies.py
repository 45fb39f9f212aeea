"""Bodies of requests at central: read with patience for a slow link, and with none for one that never ends."""

from collections.abc import AsyncIterator
from typing import Final

from anyio import fail_after, to_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from app.errors import BodyTooLarge, RequestTooSlow
from app.store import incoming
from app.store.db import Database
from app.sync import wire
from app.sync.askers import DeviceAsker, DeviceAsking

SILENT_S: Final = 60.0  # a mobile network may be silent for 40 s (reliability.md, 5.1)
KEEP_ALIVE_S: Final = 45  # for as long a connection is kept that nobody uses: a new one costs two round trips and TLS
STRANGER_BYTES: Final = 64 * 1024  # of a request that names no device with its token: an enrolment is much smaller


async def pieces_of(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes. Raises RequestTooSlow after a minute without a byte, and ClientDisconnect."""
    stream = aiter(request.stream())
    while True:
        try:
            with fail_after(SILENT_S):
                part = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise RequestTooSlow() from error
        yield part


async def body_of(request: Request, asker: DeviceAsking) -> bytes:
    """The whole body: at most MAX_MESSAGE_BYTES of an enrolled device, and STRANGER_BYTES of anybody else."""
    is_known = await to_thread.run_sync(_has_token, request, asker)
    return await whole_body(request, wire.MAX_MESSAGE_BYTES if is_known else STRANGER_BYTES)


async def whole_body(request: Request, most: int) -> bytes:
    """The whole body, at most so many bytes. Raises BodyTooLarge, RequestTooSlow."""
    parts: list[bytes] = []
    size = 0
    try:
        async for part in pieces_of(request):
            size += len(part)
            if size > most:
                raise BodyTooLarge(megabytes=most / 2**20)
            parts.append(part)
    except ClientDisconnect as error:
        raise RequestTooSlow() from error  # nobody reads it; a log full of broken links would hide what matters
    return b"".join(parts)


def _has_token(request: Request, asker: DeviceAsker) -> bool:
    """A first look at who is asking. The signature is looked at when the body is here."""
    database: Database = request.app.state.database
    with database.read() as session:
        return incoming.device_with_token(session, asker.device_id, asker.token) is not None
