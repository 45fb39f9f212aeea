"""Bodies that never come, never end, or come from strangers."""

import asyncio
import struct
import tracemalloc
from collections.abc import AsyncIterator

import pytest
import zstandard
from starlette.requests import Request

from app.errors import BodyTooLarge, ProtocolError, RequestTooSlow
from app.store.node import value_of
from app.sync import bodies, codec
from app.sync.askers import DeviceAsker
from app.sync.bodies import STRANGER_BYTES, body_of, pieces_of
from app.sync.link import TOKEN
from tests.builders import World, node_of


class Sender:
    """A client as the server sees it: messages, then silence or a hang-up."""

    def __init__(self, world: World, parts: list[bytes], ends: str, device: bool = False) -> None:
        self.asker = DeviceAsker()
        if device:
            database = world.devices[0]
            with database.read() as session:
                token = value_of(session, TOKEN)
            self.asker = DeviceAsker(device_id=node_of(database).device_id, authorization=f"Bearer {token}")
        self.parts, self.ends = parts, ends
        self.scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "app": world.http.app}
        self.request = Request(self.scope, self.receive)

    async def receive(self) -> dict[str, object]:
        if self.parts:
            part = self.parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self.parts) or self.ends != "well"}
        if self.ends == "silence":
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    def body(self) -> bytes:
        return asyncio.run(body_of(self.request, self.asker))


async def read(stream: AsyncIterator[bytes]) -> bytes:
    return b"".join([part async for part in stream])


def test_a_body_comes_whole(world: World) -> None:
    assert Sender(world, [b"ab", b"c"], "well").body() == b"abc"


def test_silence_ends_in_a_408(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SILENT_S", 0.05)
    with pytest.raises(RequestTooSlow) as refused:
        asyncio.run(read(pieces_of(Sender(world, [b"ab"], "silence").request)))
    assert refused.value.status == 408


def test_a_hang_up_is_no_crash(world: World) -> None:
    with pytest.raises(RequestTooSlow):
        Sender(world, [b"ab"], "hang up").body()


def test_a_stranger_may_say_little_and_a_device_much(world: World) -> None:
    world.device()
    much = [b"x" * 40_000] * 3
    with pytest.raises(BodyTooLarge):
        Sender(world, list(much), "well").body()
    assert STRANGER_BYTES < 120_000
    assert len(Sender(world, list(much), "well", device=True).body()) == 120_000


def test_a_body_that_unpacks_to_more_than_it_says_is_no_bomb() -> None:
    """A stranger's 64 KiB, which are unpacked to see whether they are an enrolment, would be two gigabytes."""
    size, told = (struct.pack("<I", megabytes * 2**20) for megabytes in (128, 20))
    bomb = zstandard.compress(bytes(128 * 2**20)).replace(size, told, 1)
    assert zstandard.get_frame_parameters(bomb).content_size == 20 * 2**20 and len(bomb) < STRANGER_BYTES
    tracemalloc.start()
    with pytest.raises(ProtocolError):
        codec.decompress(bomb, codec.ZSTD)
    most_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most_bytes < 64 * 2**20
