"""Several versions at once: data of every released schema, requests of every released tablet, entries from the future."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3.dbapi2
from fastapi import FastAPI
from sqlalchemy import event, select
from starlette.testclient import TestClient

from app.config import Settings
from app.domain.journal import Draft, Entry, read_entry
from app.store import db, journal, migrations, projection
from app.store.db import Database
from app.store.node import value_of
from app.store.opening import open_database
from app.store.vault import signature_holds
from app.sync import blob_server, client, codec, packing, server, wire
from tests.builders import (
    ANA,
    DEVICE_KEY,
    LINK,
    STREAM,
    FakeClock,
    InProcess,
    World,
    answer,
    held,
    make_visit,
    make_world,
    node_of,
    records,
)
from tests.faults.nodes import doubled, faults_of, unsent

GOLDEN = Path(__file__).resolve().parent / "golden"
RELEASED = sorted(path.name for path in GOLDEN.iterdir() if (path / "held.json").exists())


# ---- data of a released schema -----------------------------------------------------------------------------------------


class Released:
    """Central and a tablet as a release left them, loaded from their golden files but not opened by this program yet."""

    def __init__(self, revision: str, folder: Path) -> None:
        self.folder, self.golden = folder, GOLDEN / revision
        for name, key in (("central", None), ("device", DEVICE_KEY)):
            (folder / name).mkdir()
            module: Any = sqlite3 if key is None else sqlcipher3.dbapi2
            raw = module.connect(str(folder / name / db.DATABASE_NAME), isolation_level=None)
            db._prepare(raw, key)
            raw.executescript((self.golden / f"{name}.sql").read_text("utf-8"))
            assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [(revision,)]
            raw.close()

    def open(self, name: str) -> Database:
        key = DEVICE_KEY if name == "device" else None
        settings = Settings(role=name, data_dir=self.folder / name)  # type: ignore[arg-type]
        return open_database(settings, key, FakeClock(9, at_ms=1_790_100_000_000))

    def said(self, what: str) -> Any:
        return json.loads((self.golden / f"{what}.json").read_text("utf-8"))


@pytest.fixture(params=RELEASED)
def released(request: pytest.FixtureRequest, tmp_path: Path) -> Released:
    return Released(request.param, tmp_path)


def heads(database: Database) -> dict[str, tuple[int, bytes, int]]:
    with database.read() as session:
        return {row.stream: (row.last_seq, row.chain, row.acked_seq) for row in session.execute(select(STREAM))}


def raw_heads(path: Path, key: bytes | None) -> dict[str, tuple[int, bytes, int]]:
    module: Any = sqlite3 if key is None else sqlcipher3.dbapi2
    raw = module.connect(str(path / db.DATABASE_NAME))
    db._prepare(raw, key)
    found = {row[0]: tuple(row[1:]) for row in raw.execute("SELECT stream, last_seq, chain, acked_seq FROM stream")}
    raw.close()
    return found


def test_data_of_a_release_opens_with_the_same_entries_chains_and_records(released: Released) -> None:
    before = raw_heads(released.folder / "device", DEVICE_KEY), raw_heads(released.folder / "central", None)
    device, central = released.open("device"), released.open("central")
    said = released.said("held")
    assert {key: [head.hex(), (body or b"").hex()] for key, (head, body) in held(device).items()} == said["entries"]
    assert [list(row) for row in records(device)] == said["records"]
    assert any(json.loads(row[4]) for row in records(device)), "the sample has a conflict"
    assert (heads(device), heads(central)) == before
    for database in (device, central):
        shown = records(database)
        with database.write() as session:
            projection.rebuild(session)
        assert records(database) == shown
        assert faults_of(database) == []
        database.close()


def test_data_of_a_release_is_worked_on_and_sent(released: Released) -> None:
    device, central = released.open("device"), released.open("central")
    with device.write() as session:
        answer(session, make_visit(session), "A-9", "yes")
    waiting = unsent(device)
    assert waiting > 2
    outcome = client.meet_central(device, InProcess(_http(central)))
    assert (outcome.pushed, outcome.quarantined, outcome.new_incarnation, unsent(device)) == (waiting, [], False, 0)
    assert held(device).items() <= held(central).items()
    for database in (device, central):
        assert faults_of(database) == doubled(database) == []
        database.close()


def test_a_migration_may_break_off_at_any_statement(released: Released) -> None:
    before = raw_heads(released.folder / "device", DEVICE_KEY)
    for number in itertools.count():
        database = db.open_sqlite(released.folder / "device", DEVICE_KEY)
        break_off = _breaking_off(database, number)
        try:
            migrations.bring_up_to_date(database)
        except PowerLost:
            pass
        else:
            break
        finally:
            break_off()
            database.close()
        if number % 5 == 0:
            assert raw_heads(released.folder / "device", DEVICE_KEY) == before
    assert number > 10
    device = released.open("device")
    assert heads(device) == before and faults_of(device) == []
    device.close()


class PowerLost(BaseException):
    """Nothing that the program could catch."""


def _breaking_off(database: Database, number: int) -> Callable[[], None]:
    """The connection dies when it has done so many statements. Returns how to undo this."""
    left = itertools.count(number, -1)

    def die(raw: Any, *_: object) -> None:
        if next(left) == 0:
            raise PowerLost

    event.listen(database.engine, "before_cursor_execute", die)
    return lambda: event.remove(database.engine, "before_cursor_execute", die)


# ---- requests of a released tablet -------------------------------------------------------------------------------------


def test_the_bytes_that_a_released_tablet_sent_are_taken_for_ever(released: Released) -> None:
    central = released.open("central")
    http, device = _http(central), released.said("held")
    for twice in range(2):
        for asked in released.said("requests"):
            reply = http.request(
                asked["method"], asked["path"], headers=asked["headers"], content=bytes.fromhex(asked["body"])
            )
            assert reply.status_code == 200, (twice, asked["path"], reply.text)
            _is_readable_for_it(central, asked, reply.headers, reply.content)
    entries = {key: [head.hex(), (body or b"").hex()] for key, (head, body) in held(central).items()}
    assert device["entries"].items() <= entries.items()
    assert {row[0] for row in records(central)} >= {row[0] for row in device["records"]}
    assert faults_of(central) == doubled(central) == []
    central.close()


def _is_readable_for_it(central: Database, asked: Any, headers: Mapping[str, str], body: bytes) -> None:
    """The reply has what that version looks for, signed as it checks it."""
    signature, encoding = headers[wire.SIGNATURE_HEADER], headers.get("Content-Encoding", "")
    nonce, call = asked["headers"]["X-Nonce"], asked["path"].rpartition("/")[2]
    call = call if call in ("exchange", "thumbnails") else "blob"
    message = f"baqylau-reply-1\n{call}\n200\n{nonce}\n".encode() + body
    assert signature_holds(node_of(central).public_key, bytes.fromhex(signature), message)
    assert encoding in ("", *asked["headers"].get("Accept-Encoding", "").split(", "))
    said = json.loads(codec.decompress(body, encoding))
    if call != "exchange":
        assert call == "thumbnails" or said["complete"] == asked["path"].rpartition("/")[2]
        return
    with central.read() as session:
        assert said["epoch"] == value_of(session, "epoch")
    assert (said["nonce"], said["device"]) == (nonce, asked["headers"]["X-Device"])
    assert sorted(ack["lane"] for ack in said["acks"]) == [0, 1]
    with central.read() as session:
        for ack in said["acks"]:
            stream = f"{said['device']}/{ack['incarnation']}/{ack['lane']}"
            link = session.execute(select(LINK.c.chain).where(LINK.c.stream == stream, LINK.c.seq == ack["seq"]))
            assert link.scalar_one().hex() == ack["chain"]
    is_packing = json.loads(codec.decompress(bytes.fromhex(asked["body"]), asked["headers"]["Content-Encoding"])).get(
        "packs"
    )
    for feed in said.get("feeds", []):
        packed = feed.get("packed")
        texts = feed.get("entries") or packing.unpack(wire.Packed.model_validate(packed))
        assert feed["scope"] and feed["cursor"] and texts
        assert packed is None or is_packing


def _http(central: Database) -> TestClient:
    app = FastAPI()
    app.state.database = central
    app.include_router(server.router)
    app.include_router(blob_server.router)
    return TestClient(app, raise_server_exceptions=False)


# ---- entries from the future -------------------------------------------------------------------------------------------


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    yield made
    made.close()


def from_the_future(draft: Draft, entry_id: str, author: str, made_at_ms: int, salt: bytes) -> Entry:
    """An entry as a later version might write it: a higher schema, other keys, other order, other spaces, another value."""
    header = {
        "schema": 9,
        "id": entry_id,
        "kind": draft.kind,
        "subject": draft.subject,
        "scope": draft.scope,
        "sets": sorted(draft.sets),
        "parents": list(draft.parents),
        "author": author,
        "made_at": made_at_ms,
        "place": {"room": ["4", None, 1.50]},
        "язык": "қазақша",
    }
    body = {"set": dict(draft.sets), "sealed_by": ["x", {"y": False}], "salt": salt.hex()}
    return read_entry(json.dumps(header, indent=1, ensure_ascii=False).encode(), json.dumps(body, indent=3).encode())


def test_an_entry_from_the_future_is_kept_and_passed_on_byte_by_byte(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer, other = world.device([ANA]), world.device([ANA])
    with newer.write() as session:
        visit = make_visit(session)
    scope = f"visit:{visit}"
    with monkeypatch.context() as later:
        later.setattr(journal, "compose", from_the_future)
        with newer.write() as session:
            drafts = [
                Draft("hologram", node_of(newer).clock.new_id(), scope, {"depth": 3, "layers": [{"a": None}]}),
                Draft("answer", f"{visit}/A-1", scope, {"value": "yes", "certainty": {"of": 10, "is": 7}}),
                Draft("hologram", node_of(newer).clock.new_id(), "person:" + ANA, {"depth": 4}),
            ]
            written = journal.append_all(session, drafts, ANA)
    for device in (newer, other, newer):
        assert world.meet(device).quarantined == []
    for entry in written:
        assert entry.schema == 9
        for database in (newer, world.central, other):
            assert held(database)[entry.entry_id] == (entry.header, entry.body)
    for database in (newer, world.central, other):
        assert faults_of(database) == []
    # What this version does understand of it, it shows and works on; the rest stays in the record.
    with other.write() as session:
        answer(session, visit, "A-1", "no")
    world.meet(other)
    (shown,) = [json.loads(row[3]) for row in records(world.central, scope) if row[0] == f"{visit}/A-1"]
    assert shown == {"value": "no", "certainty": {"of": 10, "is": 7}}


def test_messages_with_more_and_with_fewer_fields_are_understood(world: World) -> None:
    device = world.device([ANA])
    with device.write() as session:
        visit = make_visit(session)
    transport = world.transport()

    def rewrite(change: Any) -> client.Transport:
        """Changes the JSON of a request on its way, and signs it as the device that would have written it so."""

        def carry(method: str, path: str, headers: dict[str, str], body: bytes) -> client.Reply:
            if path.endswith("/exchange"):
                asked = json.loads(codec.decompress(body, headers["Content-Encoding"]))
                change(asked)
                body = json.dumps(asked, indent=2).encode()
                proof = node_of(device).sign(wire.request_message("exchange", body)).hex()
                headers = {name: said for name, said in headers.items() if name != "Content-Encoding"}
                headers |= {wire.PROOF_HEADER: proof}
            return transport(method, path, headers, body)

        return carry

    def first_version(asked: dict[str, Any]) -> None:
        for name in asked.keys() - {"device", "epoch", "nonce", "pushes", "cursors"}:
            del asked[name]
        for push in asked.get("pushes", []):
            if push.get("packed"):
                told = packing.unpack(wire.Packed.model_validate(push["packed"]))
                push["entries"] = [{"h": one.header.decode(), "b": one.body.decode()} for one in told]
            for name in push.keys() - {"incarnation", "lane", "start", "prev", "entries", "seal"}:
                del push[name]

    def later_version(asked: dict[str, Any]) -> None:
        asked |= {"protocol": 7, "moon": "full"}
        for push in asked.get("pushes", []):
            push["tide"] = [1, 2]
            push["entries"] = [one | {"weight": 3} for one in push.get("entries", [])]

    for number, change in enumerate((first_version, later_version)):
        with device.write() as session:
            answer(session, visit, f"A-{number}", "yes")
        assert client.meet_central(device, rewrite(change)).pushed >= 1
        assert unsent(device) == 0
    assert held(device).items() <= held(world.central).items()
    assert faults_of(world.central) == []
