"""Nodes for the tests of faults: central behind a real uvicorn, data folders that are copied, and what a node holds."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import select

from app.commands.listening import listening
from app.config import Settings
from app.errors import AppError
from app.main import create_app
from app.services.visits import signature_is_sound
from app.store import outgoing, verification
from app.store.checklists import Shelf
from app.store.db import Database
from app.store.node import value_of
from app.store.tables import AttachmentRow, table
from app.sync.client import Outcome, Transport, meet_central
from app.sync.transport import HttpTransport
from tests.browser.nodes import free_port
from tests.builders import ANA, ENTRY, FEED, LINK, RECORD, FakeClock, make_node, make_world

ATTACHMENT = table(AttachmentRow)
TIMEOUT_S = 60.0  # a busy machine is no fault of the network


@dataclass(frozen=True)
class Prepared:
    """Data folders of an office and an enrolled tablet, both closed; copied by each test."""

    central: Path
    device: Path

    def copy(self, folder: Path, clocks: tuple[FakeClock, FakeClock] | None = None) -> tuple[Database, Database]:
        """(central, device), open in folders of their own."""
        clocks = clocks or (FakeClock(71), FakeClock(72))
        shutil.copytree(self.central, folder / "central")
        shutil.copytree(self.device, folder / "device")
        return make_node(folder / "central", "central", clocks[0]), make_node(folder / "device", "device", clocks[1])


def prepare(folder: Path) -> Prepared:
    world = make_world(folder)
    device = world.device([ANA])
    world.meet(device)
    for database in (device, world.central):
        database.checkpoint()
    world.close()
    return Prepared(folder / "central", folder / "device1")


class Served:
    """Central's whole app behind a real uvicorn in a thread. Its database may be put away and another put in."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(role="central", data_dir=folder, port=free_port())
        self.app = create_app(self.settings, Shelf((), ()))
        config = uvicorn.Config(self.app, log_level="error", access_log=False, lifespan="off")
        self.server = uvicorn.Server(config)
        self.is_up = threading.Event()

    @property
    def port(self) -> int:
        return self.settings.port

    @contextmanager
    def running(self) -> Iterator[Served]:
        with listening(self.settings) as listener:
            thread = threading.Thread(target=lambda: self.server.run(sockets=[listener]), daemon=True)
            thread.start()
            yield self
            self.server.should_exit = True
            thread.join()

    def serve(self, database: Database) -> None:
        self.app.state.database = database


@contextmanager
def carrier(url: str, timeout_s: float = TIMEOUT_S) -> Iterator[HttpTransport]:
    """A tablet's own way to central: the shipped HTTP client."""
    transport = HttpTransport(url, timeout_s)
    try:
        yield transport
    finally:
        transport.close()


def meet_until_settled(device: Database, transport: Transport, tries: int = 60) -> list[str]:
    """Meets central until a meeting went well and nothing waits. Returns the problems on the way."""
    problems: list[str] = []
    for _ in range(tries):
        try:
            meet_central(device, transport)
        except AppError as error:
            problems.append(error.code)
            continue
        if unsent(device) == 0:
            return problems
    raise AssertionError(f"nothing went through: {problems}")


def try_once(device: Database, transport: Transport) -> Outcome | str:
    """One meeting: what came of it, or the code of the refusal."""
    try:
        return meet_central(device, transport)
    except AppError as error:
        return error.code


def unsent(device: Database) -> int:
    with device.read() as session:
        return outgoing.unsent_entries(session)


def value(database: Database, name: str) -> str:
    """A small fact of a node."""
    with database.read() as session:
        return value_of(session, name)


State = dict[str, dict[Any, Any]]


def state_of(database: Database) -> State:
    """All that a node must hold, byte by byte: entries, links, records, files, and the numbering of the scopes."""
    with database.read() as session:
        entries = session.execute(select(ENTRY.c.entry_id, ENTRY.c.header, ENTRY.c.body, ENTRY.c.quarantined))
        links = session.execute(select(LINK))
        files = session.execute(select(ATTACHMENT.c.sha256, ATTACHMENT.c.data, ATTACHMENT.c.scope))
        feed = session.execute(select(FEED))
        return {
            "entries": {row[0]: tuple(row[1:]) for row in entries},
            "links": {(row.stream, row.seq): tuple(row) for row in links},
            "records": {row.subject: tuple(row) for row in session.execute(select(RECORD))},
            "files": {row[0]: tuple(row[1:]) for row in files},
            "feed": {(row.scope, row.position): row.entry_id for row in feed},
        }


def faults_of(database: Database) -> list[str]:
    """What `baqylau verify` would say."""
    with database.read() as session:
        found = verification.findings(session, signature_is_sound)
        return [f"{one.where}: {one.text}" for one in found]


def doubled(database: Database) -> list[str]:
    """Entries that stand more than once in the numbering of the scopes."""
    with database.read() as session:
        ids = list(session.execute(select(FEED.c.entry_id)).scalars())
    return sorted({one for one in ids if ids.count(one) > 1})
