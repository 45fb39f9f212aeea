"""`baqylau bench sync`: one visit over a poor link, many devices at central, each figure beside its limit.

The link is shaped in user space (`bench_link`), TLS runs from end to end, the device is SQLCipher and its client the
shipped one; limits are those of the wire, or of a bare `executemany` on the same engine in the same run.
"""

import gc
import math
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.progress import Progress as Bar
from sqlalchemy import insert

from app.bench_figures import Figure, as_table
from app.bench_link import Line, Link
from app.bench_office import Office, SyncDevice, fresh_device, running_office, working
from app.commands.terminal import console, progress
from app.config import load_settings
from app.domain.journal import StreamName, chain_on, first_chain, seal_message
from app.errors import CentralUnreachable
from app.store.db import Database
from app.store.tables import EntryRow, table
from app.sync import client, codec, packing, wire
from app.sync.link import Reply
from app.sync.loop import FIRST_PAUSE_S, spread_s
from app.sync.progress import Progress
from app.sync.pushes import take_all
from app.sync.replies import Outcome
from app.sync.transport import HttpTransport

RATE_BPS, ROUND_TRIP_S = 64_000, 0.4
ANSWERS, PHOTOS, PHOTO_BYTES = 150, 20, 60_000
UP_S, DOWN_S = 20.0, 5.0  # of the link that is cut
DEVICES, BATCH, BATCHES = 50, 50, 4
PULLED: Final = 10_000
EFFICIENCY_LIMIT, ARRIVED_LIMIT_S, CUT_LIMIT, RESENT_LIMIT = 0.90, 4.0, 1.25, 0.03
IDLE_LIMIT_BYTES, ANSWERS_LIMIT_BYTES, INGEST_LIMIT, PULL_LIMIT = 2048, 6500, 0.15, 5000


@dataclass(frozen=True)
class Trip:
    """One visit brought to central: how long it took, when the answers were there, and what went over the link."""

    seconds: float
    answers_s: float
    carried_bytes: int
    answers_bytes: int
    connections: int


def run(postgresql_url: str = "") -> None:
    """Measures everything beside the data folder, on the same disk, and prints the table."""
    beside = Path(load_settings().data_dir).resolve().parent
    gc.freeze()  # as both servers do: no search for garbage walks through what was loaded at start
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="baqylau-bench-", dir=beside) as name, progress() as bar:
        folder = Path(name)
        figures += measure_trips(bar, folder)
        figures += measure_ingest(bar, folder / "sqlite", "")
        if postgresql_url:
            figures += measure_ingest(bar, folder / "postgresql", postgresql_url)
        figures += measure_pull(bar, folder)
    console.print(as_table(figures))


def measure_trips(bar: Bar, folder: Path) -> list[Figure]:
    """B1 to B3: one visit of 150 answers and 20 photos over 64 kbit/s and 400 ms; nothing to do; and the same visit with
    a link that goes every 20 s: first as a dead spot, which connections outlive, then with every connection reset."""
    with running_office(folder / "central") as office:
        size = _answers_bytes(fresh_device(office, folder / "b0", ANSWERS, 0, 0))
        device, link, way = _linked(office, folder / "b1")
        with working(bar, "One visit over 64 kbit/s"):
            trip = _bring(device, link, way)
        link.up.carried = link.down.carried = 0
        client.meet_central(device.database, way)
        idle_bytes = link.up.carried + link.down.carried
        anew = _connect_anew(office, device, link)
        way.close()
        link.stop()
        dead = _cut_trip(bar, office, folder / "dead", Link.hold)
        reset = _cut_trip(bar, office, folder / "reset", Link.cut)
    figures = [*_trip_figures(device, trip), *_dead_figures(trip, dead), *_reset_figures(trip, reset, anew)]
    return [*figures, _answers_figure(size), _idle_figure(idle_bytes)]


def _cut_trip(bar: Bar, office: Office, folder: Path, cut: Callable[[Link], None]) -> Trip:
    with working(bar, "The same, cut every 20 s"):
        device, link, way = _linked(office, folder)
        trip = _bring(device, link, way, cut)
        way.close()
        link.stop()
    return trip


def _connect_anew(office: Office, device: SyncDevice, link: Link) -> int:
    """Bytes up of a new connection with nothing to send: handshake and one exchange. Each cut costs at least these."""
    link.up.carried = 0
    way = HttpTransport(f"https://127.0.0.1:{link.port}", 30, office.trust)
    client.meet_central(device.database, way)
    way.close()
    return link.up.carried


def _answers_bytes(device: SyncDevice) -> int:
    """The body of the request that brings a visit's 150 answers."""
    with device.database.read() as session:
        request = client.request_of(session, device.database.node, Outcome())
    return len(codec.padded(wire.pack(request))[0])


def _answers_figure(size: int) -> Figure:
    return Figure("150 answers, bytes", f"{size:,}", f"{ANSWERS_LIMIT_BYTES:,}", size <= ANSWERS_LIMIT_BYTES)


def _trip_figures(device: SyncDevice, trip: Trip) -> list[Figure]:
    payload = trip.answers_bytes + device.photo_bytes
    limit_s = payload * 8 / RATE_BPS + 3 * ROUND_TRIP_S  # TCP, TLS, and the last answer's way back
    share, arrived = limit_s / trip.seconds, trip.answers_s
    b1 = f"{trip.seconds:.1f} s, {share:.1%} of the wire's {limit_s:.1f} s"
    return [
        Figure("B1 visit over 64 kbit/s, 400 ms, TLS", b1, f">= {EFFICIENCY_LIMIT:.0%}", share >= EFFICIENCY_LIMIT),
        Figure(
            "  answers at central after", f"{arrived:.1f} s", f"{ARRIVED_LIMIT_S:.0f} s", arrived <= ARRIVED_LIMIT_S
        ),
    ]


def _dead_figures(trip: Trip, cut: Trip) -> list[Figure]:
    return _cut_figures("B2 dead spot of", trip, cut, 0, 0.0)


def _reset_figures(trip: Trip, cut: Trip, anew_bytes: int) -> list[Figure]:
    return _cut_figures("B2 connections reset, and again for", trip, cut, anew_bytes, 2 * ROUND_TRIP_S)


def _cut_figures(name: str, trip: Trip, cut: Trip, anew_bytes: int, anew_s: float) -> list[Figure]:
    """`anew_bytes`, `anew_s`: what a new connection costs where the old one is gone: TCP, TLS 1.3, one exchange."""
    slower, least = cut.seconds / trip.seconds, _least(trip.seconds, anew_s)
    handshakes = (cut.connections - trip.connections) * anew_bytes
    again = max(0, cut.carried_bytes - trip.carried_bytes - handshakes) / trip.carried_bytes
    measured = f"{cut.seconds:.1f} s, {slower:.2f} x B1 (no program could do less than {least:.2f} x)"
    return [
        Figure(f"{name} {DOWN_S:.0f} s every {UP_S:.0f} s", measured, f"{CUT_LIMIT} x", slower <= CUT_LIMIT),
        Figure("  sent again", f"{again:.1%}", f"{RESENT_LIMIT:.0%}", again <= RESENT_LIMIT),
    ]


def _least(whole_s: float, anew_s: float) -> float:
    """How many times as long it takes at least when each cut costs its outage and the round trips of a new connection."""
    cuts = math.ceil((whole_s - UP_S) / (UP_S - anew_s))
    return (whole_s + cuts * (DOWN_S + anew_s)) / whole_s


def _idle_figure(idle_bytes: int) -> Figure:
    return Figure("B3 nothing to do", f"{idle_bytes:,} bytes", f"{IDLE_LIMIT_BYTES:,}", idle_bytes <= IDLE_LIMIT_BYTES)


def _linked(office: Office, folder: Path) -> tuple[SyncDevice, Link, HttpTransport]:
    """A device with a visit to bring, and its poor way to the office. It enrolled at the office itself."""
    device = fresh_device(office, folder, ANSWERS, PHOTOS, PHOTO_BYTES)
    line = Line(RATE_BPS / 8, ROUND_TRIP_S / 2)
    link = Link([office.port], line, line).start()
    return device, link, HttpTransport(f"https://127.0.0.1:{link.port}", 30, office.trust)


def _bring(device: SyncDevice, link: Link, way: HttpTransport, cut: Callable[[Link], None] | None = None) -> Trip:
    """Meets central until nothing waits, as the device's loop does after a link that broke."""
    watched = Watched(way)
    stop = threading.Event()
    started = time.perf_counter()
    if cut:
        threading.Thread(target=_cut_now_and_then, args=(link, cut, stop), daemon=True).start()
    failures = 0
    while True:
        moved = watched.sent
        try:
            client.meet_central(device.database, watched, watched.progress)
            break
        except CentralUnreachable:
            failures = 1 if watched.sent > moved else failures + 1
            time.sleep(FIRST_PAUSE_S + spread_s(failures) / 2)  # the mean of the loop's jitter
    seconds = time.perf_counter() - started
    stop.set()
    link.mend()
    return Trip(seconds, watched.answers_at - started, link.up.carried, watched.answers_bytes, link.served)


def _cut_now_and_then(link: Link, cut: Callable[[Link], None], stop: threading.Event) -> None:
    while not stop.wait(UP_S):
        cut(link)
        stop.wait(DOWN_S)
        link.mend()


class Watched:
    """A transport that notes when the answers were acknowledged, and how large they were."""

    def __init__(self, way: HttpTransport) -> None:
        self.way = way
        self.answers_at = 0.0
        self.answers_bytes = 0
        self.sent = 0
        self.progress = Progress()
        way.on_sent = self._moved

    def _moved(self, count: int) -> None:
        self.sent += count
        self.progress.moved(count, round(time.monotonic() * 1000))

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        reply = self.way(method, path, headers, body)
        if not self.answers_at and path.endswith("/exchange") and reply.status == 200:
            self.answers_at, self.answers_bytes = time.perf_counter(), len(body)
        return reply


# ---- central: many devices at once, and a new device that reads all of it -----------------------------------------------


def measure_ingest(bar: Bar, folder: Path, url: str) -> list[Figure]:
    """B4: batches of 50 entries of 50 devices, chain and seal verified, entries projected, against raw inserts."""
    with running_office(folder, url) as office:
        devices = [fresh_device(office, folder / f"d{number}", 0, 0, 0) for number in range(4)]
        pushes = [
            _batches(devices[number % len(devices)])
            for number in bar.track(range(DEVICES), description="Writing batches")
        ]
        taken: list[float] = []
        for number, batches in enumerate(bar.track(pushes, description="Ingesting")):
            device = devices[number % len(devices)]
            for push in batches:
                taken.append(_timed(lambda device=device, push=push: _ingest(office.database, device, push)))  # type: ignore[misc]
        raw = [_timed(lambda: _raw(office.database)) for _ in range(20)]
    rate, bare = BATCH / statistics.median(taken), BATCH / statistics.median(raw)
    name = f"B4 central ingest, {'PostgreSQL' if url else 'SQLite'}"
    measured = f"{rate:,.0f} entries/s, {rate / bare:.0%} of executemany's {bare:,.0f}"
    return [Figure(name, measured, f">= {INGEST_LIMIT:.0%}", rate / bare >= INGEST_LIMIT)]


def _batches(device: SyncDevice) -> list[wire.Push]:
    """Batches of one visit, as a device of this key would push them in an incarnation of its own."""
    node = device.database.node
    incarnation = node.clock.random_bytes(8).hex()
    stream = StreamName(node.device_id, incarnation, 1)
    previous, start, found = first_chain(stream), 1, []
    for entries in device.visits(BATCHES, BATCH):
        links = chain_on(previous, start, [entry.hashed for entry in entries])
        end = links[-1]
        packed = packing.pack([wire.WireEntry.of(entry) for entry in entries])
        seal = node.sign(seal_message(stream, end.seq, end.chain)).hex()
        found.append(
            wire.Push(incarnation=incarnation, lane=1, start=start, prev=previous.hex(), packed=packed, seal=seal)
        )
        previous, start = end.chain, end.seq + 1
    return found


def _ingest(database: Database, device: SyncDevice, push: wire.Push) -> None:
    with database.write() as session:
        taken = take_all(session, device.row(session), [push])
    if not taken.acks or taken.quarantined:
        raise RuntimeError("a batch of the bench was not taken")


def _raw(database: Database) -> None:
    """What the engine alone needs to insert so many rows of this size, committed."""
    chance = os.urandom(8).hex()
    rows = [
        {
            "entry_id": f"raw-{chance}-{number}",
            "kind": "raw",
            "subject": "raw",
            "scope": "raw",
            "author": "raw",
            "made_at_ms": number,
            "received_at_ms": number,
            "header": b"h" * 300,
            "body": b"b" * 90,
            "quarantined": None,
        }
        for number in range(BATCH)
    ]
    with database.write() as session:
        session.execute(insert(table(EntryRow)), rows)


def measure_pull(bar: Bar, folder: Path) -> list[Figure]:
    """B5: a new device reads 10,000 entries of one visit into its encrypted database."""
    with running_office(folder / "pulled") as office:
        with working(bar, "Filling central"):
            office.fill(PULLED)
        device = fresh_device(office, folder / "b5", 0, 0, 0)
        way = HttpTransport(f"https://127.0.0.1:{office.port}", 60, office.trust)
        with working(bar, "First pull"):
            started = time.perf_counter()
            outcome = client.meet_central(device.database, way)
            seconds = time.perf_counter() - started
        way.close()
    rate = outcome.pulled / seconds
    measured = f"{outcome.pulled:,} in {seconds:.1f} s: {rate:,.0f} entries/s"
    return [Figure("B5 first pull", measured, f">= {PULL_LIMIT:,}", rate >= PULL_LIMIT)]


def _timed(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
