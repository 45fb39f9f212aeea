"""A poor link in user space: TCP connections passed on at a rate, with a delay, cut and mended at will.

For `baqylau bench sync` and for the tests of faults. It needs no rights and no tool: bytes are held back by this
process, in a thread of its own, so that whoever uses it may wait for the network as usual.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, TypeVar

SEGMENT_BYTES: Final = 1400  # what one packet of a mobile network carries
WAITING_SEGMENTS: Final = 64  # on their way in one direction; then the sender has to wait, as with a full buffer
START_S: Final = 10.0
LATE_S: Final = 0.02  # by which a busy machine may wake this process late: a wire would not have stood still meanwhile
T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """One direction of a link. `bytes_per_s` 0: as fast as it goes. `delay_s`: one way, half a round trip.

    `header_bytes`: of TCP and IP, reckoned against the rate for each segment (52 for IPv4 with time stamps).
    """

    bytes_per_s: float = 0.0
    delay_s: float = 0.0
    header_bytes: int = 0


class Direction:
    """What flows one way through all connections of a link: they share its rate."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.carried = 0  # bytes of content, without headers of packets
        self._free_at = 0.0

    def due(self, size: int) -> tuple[float, float]:
        """When the last bit of a segment has left, and when it arrives, in the loop's time."""
        now = asyncio.get_running_loop().time()
        if self.line.bytes_per_s:
            takes = (size + self.line.header_bytes) / self.line.bytes_per_s
            self._free_at = max(self._free_at, now - LATE_S) + takes
        else:
            self._free_at = now
        return self._free_at, self._free_at + self.line.delay_s

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flows: asyncio.Event) -> None:
        """Passes everything on until the sender ends. While `flows` is not set, nothing arrives."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(WAITING_SEGMENTS)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._deliver(waiting, writer, flows))
            while True:
                data = await reader.read(SEGMENT_BYTES)
                await flows.wait()  # a dead spot: nothing leaves either
                left_at, arrives_at = self.due(len(data)) if data else (0.0, 0.0)
                await _until(left_at)
                await waiting.put((arrives_at, data))
                if not data:
                    return

    async def _deliver(
        self, waiting: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter, flows: asyncio.Event
    ) -> None:
        while True:
            arrives_at, data = await waiting.get()
            await _until(arrives_at)
            await flows.wait()
            if not data:
                with contextlib.suppress(OSError, RuntimeError):  # TLS has no half-closed connection
                    writer.write_eof()
                return
            writer.write(data)
            await writer.drain()
            self.carried += len(data)


async def _until(moment: float) -> None:
    wait_s = moment - asyncio.get_running_loop().time()
    if wait_s > 0:
        await asyncio.sleep(wait_s)


class Link:
    """A listener on 127.0.0.1 that passes connections on to the ports of `targets`, one after the other.

    `tls`: ends TLS here and passes plain HTTP on. Every method may be called from any thread, but `serve`.
    """

    def __init__(
        self,
        targets: Sequence[int],
        up: Line | None = None,
        down: Line | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.targets = targets
        self.up, self.down = Direction(up or Line()), Direction(down or Line())
        self.tls = tls
        self.port = 0
        self.connections = 0  # tried
        self.served = 0  # that were let through
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._flows = asyncio.Event()
        self._turn = 0
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The address to give to a device instead of central's own."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def start(self) -> "Link":
        self._thread.start()
        self._ask(self._start())
        return self

    def stop(self) -> None:
        """Ends every connection and the thread."""
        self._ask(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """The network goes: connections are reset, and new ones too, until it is mended."""
        self._ask(self._cut())

    def hold(self) -> None:
        """Connections stay, but nothing arrives until it is mended: a dead spot that the phone does not notice."""
        self._ask(self._hold())

    def mend(self) -> None:
        self._ask(self._mend())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client, from its first byte to its end."""
        await asyncio.sleep(self.up.line.delay_s + self.down.line.delay_s)  # the handshake of TCP is one round trip
        self.served += 1
        async with self.connected() as (their_reader, their_writer), asyncio.TaskGroup() as group:
            group.create_task(self.up.carry(reader, their_writer, self._flows))
            group.create_task(self.down.carry(their_reader, writer, self._flows))

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection to the next target. Raises OSError when nobody listens there."""
        target = self.targets[self._turn % len(self.targets)]
        self._turn += 1
        reader, writer = await asyncio.open_connection("127.0.0.1", target)
        self._writers.add(writer)
        try:
            yield reader, writer
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _start(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        with contextlib.suppress(asyncio.CancelledError):  # only `stop` cancels, and waits for nobody's result
            await self._watch(reader, writer)
        self._writers.discard(writer)
        writer.close()

    async def _watch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._is_cut:
                raise ConnectionResetError
            await self.serve(reader, writer)
        except* (OSError, EOFError):
            reset(writer)  # what became of it is for both ends to notice

    async def _stop(self) -> None:
        if self._server:
            self._server.close()
        await self._cut()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _cut(self) -> None:
        self._is_cut = True
        for writer in self._writers:
            reset(writer)
        self._writers.clear()

    async def _hold(self) -> None:
        self._flows.clear()

    async def _mend(self) -> None:
        self._is_cut = False
        self._flows.set()

    def _ask(self, what: Coroutine[Any, Any, T]) -> T:
        asked: Future[T] = asyncio.run_coroutine_threadsafe(what, self._loop)
        return asked.result(START_S)


def reset(writer: asyncio.StreamWriter) -> None:
    """Ends a connection with a reset, as a network does that forgot it: what was not read yet is lost."""
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
