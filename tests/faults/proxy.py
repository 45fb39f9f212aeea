"""A proxy that does to requests what networks do: cuts, drips, doubles, loses replies, answers by itself.

It stands on the link of the benches; here each request is read whole and then met by the fault that a test chose.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from app.bench_link import Link, reset

Kind = Literal["pass", "cut_up", "cut_down", "lose_reply", "twice", "say", "drip"]
MAX_HEAD = 64 * 1024


@dataclass(frozen=True)
class Fault:
    """What becomes of one request. `after`: bytes that still pass. `is_silent`: cut without a word, nothing is closed."""

    kind: Kind = "pass"
    after: int = 0
    is_silent: bool = False
    reply: bytes = b""


PASS = Fault()
LOSE_REPLY = Fault("lose_reply")
TWICE = Fault("twice")
DRIP = Fault("drip")


def cut_up(after: int, *, is_silent: bool = False) -> Fault:
    """The request breaks off after so many bytes."""
    return Fault("cut_up", after, is_silent)


def cut_down(after: int, *, is_silent: bool = False) -> Fault:
    """Central did its work; its reply breaks off after so many bytes."""
    return Fault("cut_down", after, is_silent)


def say(status: int, body: bytes = b"", content_type: str = "text/plain", **headers: str) -> Fault:
    """The proxy answers by itself; central hears nothing."""
    named = {"Content-Type": content_type, "Content-Length": str(len(body))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return Fault("say", reply=f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body)


SIGN_IN_PAGE = b"<!doctype html><title>Wi-Fi</title><form action=/login><button>Accept</button></form>"
PORTALS = {
    "200 with a page": say(200, SIGN_IN_PAGE, "text/html"),
    "302 to a page": say(302, Location="http://portal.example/login"),
    "307 to itself": say(307, Location="/sync/v1/exchange"),
    "511": say(511, SIGN_IN_PAGE, "text/html"),
    "JSON without a signature": say(
        200, json.dumps({"acks": [], "epoch": "00", "now_ms": 1}).encode(), "application/json"
    ),
    "nothing at all": say(200),
}
TROUBLES = {
    "500": say(500, b"Internal Server Error"),
    "502": say(502, b"Bad Gateway"),
    "503": say(503, b"busy", Retry_After="120"),
    "429": say(429, b"slow down", Retry_After="60"),
}


@dataclass(frozen=True)
class Request:
    """A request as its bytes, and what its first line says."""

    number: int  # from 0, over all connections
    method: str
    path: str
    data: bytes


Choose = Callable[[Request], Fault]


class FaultProxy(Link):
    """Chooses a fault for each request. `requests` are all that came, in order; `up.carried` the bytes of them.

    Rate and delay are those of a plain `Link`, which may stand before it or behind it.
    """

    def __init__(self, targets: Sequence[int], tls: ssl.SSLContext | None = None) -> None:
        super().__init__(targets, tls=tls)
        self.choose: Choose = lambda request: PASS
        self.requests: list[Request] = []
        self._ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await self._request(reader)) is not None:
            fault = self.choose(request)
            if fault.kind == "say":
                await self._answer(writer, fault.reply)
            else:
                await self._meet(request, fault, writer)

    async def _meet(self, request: Request, fault: Fault, writer: asyncio.StreamWriter) -> None:
        if fault.kind == "cut_up":
            async with self.connected() as (_, theirs):
                theirs.write(request.data[: fault.after])
                await theirs.drain()
                await self._break_off(theirs, writer, fault)
        reply = await self._pass_on(request, is_dripping=fault.kind == "drip")
        if fault.kind == "twice":
            reply = await self._pass_on(request)
        if fault.kind == "lose_reply":
            await self._break_off(None, writer, fault)
        if fault.kind == "cut_down":
            writer.write(reply[: fault.after])
            await writer.drain()
            await self._break_off(None, writer, fault)
        await self._answer(writer, reply, is_dripping=fault.kind == "drip")

    async def _break_off(self, theirs: asyncio.StreamWriter | None, writer: asyncio.StreamWriter, fault: Fault) -> None:
        """Ends both sides with a reset; a silent one lets both believe that somebody is still there."""
        if fault.is_silent:
            await self._ended.wait()
        for one in (theirs, writer):
            if one is not None:
                await asyncio.sleep(0)
                reset(one)
        raise ConnectionResetError

    async def _pass_on(self, request: Request, *, is_dripping: bool = False) -> bytes:
        """The reply of central to these very bytes, on a connection of its own."""
        async with self.connected() as (reader, writer):
            await _send(writer, request.data, is_dripping=is_dripping)
            return b"".join([part async for part in _message(reader)])

    async def _answer(self, writer: asyncio.StreamWriter, reply: bytes, *, is_dripping: bool = False) -> None:
        self.down.carried += len(reply)
        await _send(writer, reply, is_dripping=is_dripping)

    async def _request(self, reader: asyncio.StreamReader) -> Request | None:
        parts: list[bytes] = []
        try:
            async for part in _message(reader):
                parts.append(part)
                self.up.carried += len(part)
        except asyncio.IncompleteReadError:
            return None
        method, path, _ = parts[0].split(b"\r\n", 1)[0].decode().split(" ", 2)
        request = Request(len(self.requests), method, path, b"".join(parts))
        self.requests.append(request)
        return request


async def _send(writer: asyncio.StreamWriter, data: bytes, *, is_dripping: bool) -> None:
    if not is_dripping:
        writer.write(data)
        await writer.drain()
        return
    for at in range(len(data)):
        writer.write(data[at : at + 1])
        await writer.drain()
        await asyncio.sleep(0)


async def _message(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Head and body of one message; its length is in its head, as both our ends write it."""
    head = await reader.readuntil(b"\r\n\r\n")
    yield head
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
        assert name.strip().lower() != b"transfer-encoding", "the proxy reads no chunks"
    while length > 0:
        part = await reader.read(min(length, 65536))
        if not part:
            raise asyncio.IncompleteReadError(b"", length)
        length -= len(part)
        yield part


@contextmanager
def proxy_to(*targets: int, tls: ssl.SSLContext | None = None) -> Iterator[FaultProxy]:
    proxy = FaultProxy(targets, tls)
    proxy.start()
    try:
        yield proxy
    finally:
        with contextlib.suppress(RuntimeError):
            proxy.stop()
