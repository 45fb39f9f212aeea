"""What tests build their worlds from. The cast: Ana may (team lead), Ben reviews, Cy must see nothing."""

import random
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from fastapi import FastAPI, Response
from sqlalchemy import select, update
from sqlmodel import Session
from starlette.testclient import TestClient

from app.clock import uuid7
from app.config import Settings
from app.domain.journal import Draft, Entry, Json, compose
from app.errors import AppError, CentralUnreachable
from app.store import incoming, journal, migrations, projection, reads
from app.store.db import Database, open_postgresql, open_sqlite
from app.store.node import Node, open_node
from app.store.opening import open_database
from app.store.tables import EntryRow, FeedRow, LinkRow, RecordRow, StreamRow, table
from app.store.vault import key_fingerprint
from app.sync import blob_server, client, enrolment, server
from app.sync.link import Reply, Transport
from app.sync.replies import Outcome

ANA = "00000000-0000-7000-8000-00000000a11a"
BEN = "00000000-0000-7000-8000-0000000000be"
CY = "00000000-0000-7000-8000-0000000000c1"
DEVICE_KEY = bytes(range(32))
ENTRY, LINK, FEED, RECORD, STREAM = map(table, (EntryRow, LinkRow, FeedRow, RecordRow, StreamRow))


class FakeClock:
    """A clock that a test moves, with ids and bytes from a seed."""

    def __init__(self, seed: int = 1, at_ms: int = 1_790_000_000_000) -> None:
        self.random, self.at_ms = random.Random(seed), at_ms

    def now_ms(self) -> int:
        self.at_ms += 1
        return self.at_ms

    def new_id(self) -> str:
        return uuid7(self.now_ms(), self.random.randbytes(10))

    def random_bytes(self, count: int) -> bytes:
        return self.random.randbytes(count)


# ---- nodes -----------------------------------------------------------------------------------------------------------


def make_node(
    folder: Path, role: str = "device", clock: FakeClock | None = None, key: bytes | None = None, url: str = ""
) -> Database:
    """The open database of a node in `folder` (made from a migrated template, so that it costs no migration)."""
    key = key or (DEVICE_KEY if role == "device" else None)
    if not url and not folder.exists():
        shutil.copytree(_template(key), folder)
    settings = Settings(role=role, data_dir=folder, database_url=url)  # type: ignore[arg-type]
    return open_database(settings, key, clock or FakeClock(seed=random.randrange(2**32)))


@cache
def _template(key: bytes | None) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="baqylau-template-"))
    database = open_sqlite(folder, key)
    migrations.bring_up_to_date(database)
    database.checkpoint()
    database.close()
    return folder


def make_postgresql(url: str, clock: FakeClock | None = None) -> Database:
    """A central node on an empty PostgreSQL database."""
    database = open_postgresql(url)
    migrations.bring_up_to_date(database)
    open_node(database, clock or FakeClock(), "central")
    return database


def node_of(database: Database) -> Node:
    node: Node = database.node
    return node


# ---- records ---------------------------------------------------------------------------------------------------------


def make_person(session: Session, person_id: str, name: str, roles: Sequence[str]) -> str:
    sets: dict[str, Json] = {"name": name, "roles": list(roles), "active": True, "language": "en"}
    journal.append(session, Draft("person", person_id, "reference", sets), person_id)
    return person_id


def make_cast(session: Session) -> None:
    make_person(session, ANA, "Ana Abenova", ["team_lead"])
    make_person(session, BEN, "Ben Bekov", ["reviewer"])
    make_person(session, CY, "Cy Seitov", ["monitor"])


def make_institution(session: Session, institution_id: str = "00000000-0000-7000-8000-000000001157") -> str:
    sets: dict[str, Json] = {
        "name_kk": "Полиция бөлімі",
        "name_ru": "Отдел полиции",
        "type": "POL",
        "region": "71",
        "capacity": 12,
    }
    journal.append(session, Draft("institution", institution_id, "reference", sets), BEN)
    return institution_id


def make_visit(
    session: Session, state: str = "in_progress", team: Sequence[str] = (ANA,), visit_id: str = "", **sets: Json
) -> str:
    """A visit in a state, of a team whose first member leads it. Returns its id."""
    node: Node = session.info["node"]
    visit_id = visit_id or node.clock.new_id()
    fields: dict[str, Json] = {
        "institution": "00000000-0000-7000-8000-000000001157",
        "kind": "periodic",
        "announced": False,
        "legal_basis": "commissioner",
        "visited_on": "2026-11-20",
        "team": list(team),
        "state": state,
        **sets,
    }
    fields |= {f"role.{member}": "monitor" if at else "team_lead" for at, member in enumerate(team)}
    journal.append(session, Draft("visit", visit_id, f"visit:{visit_id}", fields), team[0])
    return visit_id


def answer(
    session: Session,
    visit_id: str,
    indicator: str = "A-1",
    value: Json = "yes",
    author: str = ANA,
    parents: Sequence[str] | None = None,
    lane: int = 1,
) -> Entry:
    """One answer; its parents are the heads of now, unless others are given."""
    subject = f"{visit_id}/{indicator}"
    if parents is None:
        record = reads.record(session, subject)
        parents = record.heads if record else ()
    draft = Draft("answer", subject, f"visit:{visit_id}", {"value": value}, tuple(parents))
    return journal.append(session, draft, author, lane)


def lose_body(session: Session, entry_id: str) -> None:
    """An entry without its body, and without an erasure that says why: as older versions and wiped visits left it."""
    subject = session.execute(select(ENTRY.c.subject).where(ENTRY.c.entry_id == entry_id)).scalar_one()
    session.execute(update(ENTRY).where(ENTRY.c.entry_id == entry_id).values(body=None))
    projection.update(session, {subject})


def make_entry(
    entry_id: str,
    sets: Mapping[str, Json],
    parents: Sequence[str] = (),
    subject: str = "s",
    kind: str = "note",
    scope: str = "reference",
    author: str = ANA,
) -> Entry:
    """An entry as a value, without a node."""
    return compose(Draft(kind, subject, scope, sets, tuple(parents)), entry_id, author, 1_790_000_000_000, b"salt" * 4)


def entry_id(number: int) -> str:
    return f"00000000-0000-7000-8000-{number:012x}"


# ---- what a node holds -----------------------------------------------------------------------------------------------


def held(database: Database, counting: bool = True) -> dict[str, tuple[bytes, bytes | None]]:
    """Entry id -> its bytes; those that count, or those that are quarantined."""
    wanted = ENTRY.c.quarantined.is_(None) if counting else ENTRY.c.quarantined.is_not(None)
    with database.read() as session:
        rows = session.execute(select(ENTRY.c.entry_id, ENTRY.c.header, ENTRY.c.body).where(wanted))
        return {row.entry_id: (bytes(row.header), row.body) for row in rows}


def records(database: Database, scope: str | None = None) -> list[tuple[str, ...]]:
    """Every record, as its row says it."""
    statement = select(RECORD).order_by(RECORD.c.subject)
    with database.read() as session:
        rows = session.execute(statement if scope is None else statement.where(RECORD.c.scope == scope))
        return [tuple(row) for row in rows]


def feed_positions(database: Database, scope: str) -> list[int]:
    with database.read() as session:
        found = session.execute(select(FEED.c.position).where(FEED.c.scope == scope).order_by(FEED.c.position))
        return list(found.scalars())


# ---- two nodes and a network between ---------------------------------------------------------------------------------


@dataclass
class World:
    """A central that answers in process, and a way to get devices that speak to it."""

    central: Database
    folder: Path
    http: TestClient
    devices: list[Database] = field(default_factory=list)

    def transport(self) -> Transport:
        return InProcess(self.http)

    def code(self, people: Sequence[str] = (ANA,), name: str = "Tablet 1") -> str:
        with self.central.write() as session:
            code = incoming.make_enrol_code(session, node_of(self.central), name, list(people))
        return f"{code}-{key_fingerprint(node_of(self.central).public_key)}"

    def device(self, people: Sequence[str] = (ANA,), transport: Transport | None = None) -> Database:
        """A new enrolled device of these persons."""
        number = len(self.devices) + 1
        database = make_node(self.folder / f"device{number}", clock=FakeClock(seed=1000 + number))
        enrolment.enrol(
            database, transport or self.transport(), "http://central", self.code(people, f"Tablet {number}")
        )
        self.devices.append(database)
        return database

    def meet(self, device: Database, transport: Transport | None = None) -> Outcome:
        return client.meet_central(device, transport or self.transport())

    def close(self) -> None:
        for database in (*self.devices, self.central):
            database.close()


def make_world(folder: Path, central: Database | None = None, seed: int = 7) -> World:
    """Central with the cast and one institution. Central's database may be given, such as one on PostgreSQL."""
    central = central or make_node(folder / "central", "central", FakeClock(seed))
    with central.write() as session:
        make_cast(session)
        make_institution(session)
    app = FastAPI()
    app.state.database = central
    app.add_exception_handler(AppError, lambda _, error: Response(status_code=error.status))  # type: ignore[attr-defined]
    app.include_router(server.router)
    app.include_router(blob_server.router)
    return World(central, folder, TestClient(app, raise_server_exceptions=False))


@dataclass
class InProcess:
    """Carries requests to central without a network."""

    http: TestClient

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        with self.http.stream(method, path, headers=headers, content=body) as answer:
            raw = b"".join(answer.iter_raw())  # as it was sent: the signature is over these bytes
            return Reply(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, raw)


Request = tuple[str, str, dict[str, str], bytes]
FAULTS = ("none", "lose_request", "lose_reply", "repeat", "late", "error_500", "portal", "other_key", "cut")


@dataclass
class BadNetwork:
    """Loses, repeats, delays and forges, from a seed; what was late comes back before a later request."""

    inner: Transport
    seed: int
    faults: Sequence[str] = FAULTS
    late: list[Request] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        while self.late and self.random.random() < 0.5:
            self.inner(*self.late.pop(self.random.randrange(len(self.late))))
        fault = self.random.choice(self.faults)
        self.seen.append(fault)
        if fault in _WITHOUT_CENTRAL:
            return _WITHOUT_CENTRAL[fault]()
        request = (method, path, headers, body)
        if fault == "late":
            self.late.append(request)
            raise CentralUnreachable()
        if fault == "cut":
            self.inner(method, path, headers, body[: self.random.randrange(len(body) + 1)])
            raise CentralUnreachable()
        reply = self.inner(*request)
        if fault == "repeat":
            reply = self.inner(*request)
        if fault == "lose_reply":
            raise CentralUnreachable()
        if fault == "other_key":
            return Reply(200, {**reply.headers, "x-baqylau-signature": "00" * 64}, reply.body)
        return reply


def _lost() -> Reply:
    raise CentralUnreachable()


PORTAL = b"<html><title>Wi-Fi</title><form action=/login>Accept</form></html>"
_WITHOUT_CENTRAL: dict[str, Callable[[], Reply]] = {
    "lose_request": _lost,
    "error_500": lambda: Reply(500, {}, b"Internal Server Error"),
    "portal": lambda: Reply(200, {"content-type": "text/html"}, PORTAL),
}
