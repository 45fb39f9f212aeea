"""Many writers at once: a cursor passes over nothing, and processes of central share one PostgreSQL."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlmodel import Session

from app.clock import SystemClock
from app.config import Settings
from app.domain.journal import Draft, Entry
from app.store import incoming, journal
from app.store.db import Database
from app.store.opening import open_database
from app.store.vault import key_fingerprint
from app.sync import enrolment
from tests.browser.nodes import Node, free_port
from tests.builders import (
    ANA,
    BEN,
    FEED,
    FakeClock,
    answer,
    held,
    make_cast,
    make_institution,
    make_node,
    make_postgresql,
    make_visit,
    node_of,
)
from tests.faults.nodes import carrier, doubled, faults_of, meet_until_settled, unsent
from tests.faults.proxy import proxy_to
from tests.faults.writing import open_central

SCOPES = ("reference", "institution:00000000-0000-7000-8000-000000001157")
WRITERS = 8


@pytest.fixture(params=["sqlite", "postgresql"])
def central(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        database = make_node(tmp_path / "central", "central")
    else:
        database = make_postgresql(request.getfixturevalue("postgresql_url"))
    yield database
    database.close()


class Reader:
    """Follows scopes from its cursors, as a tablet does, and never looks back."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.cursors = dict.fromkeys(SCOPES, 0)
        self.read: set[str] = set()

    def look(self) -> None:
        for scope in SCOPES:
            with self.database.read() as session:
                feed = incoming.feed_after(session, scope, self.cursors[scope], 50, 10**6)
            self.read |= {entry.entry_id for entry in feed.entries}
            self.cursors[scope] = feed.cursor


def write_beside_a_reader(database: Database, each: int) -> tuple[set[str], set[str]]:
    """Eight threads write into two scopes while a reader follows. Returns what was written, and what the reader missed."""
    written: set[str] = set()
    reader = Reader(database)

    def write(number: int) -> None:
        # Each as a process of central of its own, with its own stream: a shared one would make them wait for each other.
        node = replace(node_of(database), clock=FakeClock(number), incarnation=f"{number:016x}")
        chance = random.Random(number)
        for at in range(each):
            with database.write() as session:
                session.info["node"] = node
                # Both scopes in one transaction, named in either order: nobody may wait for each other.
                drafts = [Draft("note", f"{number}-{at}-{scope}", scope, {"text": "x"}) for scope in SCOPES]
                entries = journal.append_all(session, drafts[:: 1 if at % 2 else -1], ANA)
                time.sleep(chance.uniform(0, 0.004))  # so that commits come in another order than numbers
            written.update(entry.entry_id for entry in entries)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        reader.look()
    for _ in range(2 * WRITERS * each // 50 + 2):
        reader.look()
    assert len(written) == WRITERS * each * 2
    return written, written - reader.read


def unlocked(session: Session, positions: dict[str, int], entries: Sequence[Entry]) -> None:
    """Numbers from a sequence of the database, as a first idea would have it: unique, without a lock, and wrong."""
    rows: list[dict[str, Any]] = []
    for entry in entries:
        number = session.execute(text("SELECT nextval('everybody')")).scalar_one()
        rows.append({"scope": entry.scope, "position": number, "entry_id": entry.entry_id})
    session.execute(insert(FEED), rows)


def test_a_reader_beside_eight_writers_misses_nothing(central: Database) -> None:
    written, missed = write_beside_a_reader(central, 20)
    print(f"{len(written)} entries by {WRITERS} writers, {len(missed)} missed")
    assert missed == set()
    assert doubled(central) == [] and faults_of(central) == []


@pytest.mark.long
def test_a_reader_beside_eight_writers_misses_nothing_for_longer(central: Database) -> None:
    written, missed = write_beside_a_reader(central, 600)
    print(f"{len(written)} entries by {WRITERS} writers, {len(missed)} missed")
    assert missed == set()


def test_without_the_lock_the_same_reader_misses_entries(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = make_postgresql(postgresql_url)
    with database.write() as session:
        session.execute(text("CREATE SEQUENCE everybody"))
    monkeypatch.setattr(journal, "_feed", unlocked)
    monkeypatch.setattr(journal, "lock_scopes", lambda session, scopes: dict.fromkeys(scopes, 0))
    written, missed = write_beside_a_reader(database, 20)
    print(f"without the lock: {len(written)} entries, {len(missed)} missed")
    assert missed
    database.close()


# ---- processes of central on one PostgreSQL ----------------------------------------------------------------------------


def test_processes_that_open_an_empty_database_at_once_are_one_central(postgresql_url: str, tmp_path: Path) -> None:
    ways = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in ways else "spawn")
    context.set_forkserver_preload(["tests.faults.writing"])
    start = context.Barrier(3)
    told = []
    ears = []
    for number in range(3):
        listen, say = context.Pipe(duplex=False)
        process = context.Process(
            target=open_central, args=(postgresql_url, tmp_path / str(number), start, say), daemon=True
        )
        process.start()
        say.close()
        ears.append((process, listen))
    for process, listen in ears:
        told.append(listen.recv())
        process.join()
    assert len({(key, epoch) for key, epoch, _ in told}) == 1, told
    assert len({incarnation for _, _, incarnation in told}) == 3


def test_two_processes_of_central_behind_one_address_are_one_central(postgresql_url: str, tmp_path: Path) -> None:
    (tmp_path / "checklists").mkdir()
    given = {"BAQYLAU_DATABASE_URL": postgresql_url, "BAQYLAU_CHECKLISTS_DIR": str(tmp_path / "checklists")}
    offices = [Node("central", tmp_path / f"office{number}" / "data", free_port(), given) for number in range(2)]
    for office in offices:
        office.data.parent.mkdir()
    starts = [threading.Thread(target=office.start) for office in offices]
    try:
        for thread in starts:
            thread.start()
        for thread in starts:
            thread.join()
        assert all(office.is_up() for office in offices), [office.log for office in offices]
        _devices_meet(postgresql_url, offices, tmp_path)
    finally:
        for office in offices:
            office.stop()


def _devices_meet(url: str, offices: list[Node], folder: Path) -> None:
    central = open_database(Settings(role="central", database_url=url), None, SystemClock())
    with central.write() as session:
        make_cast(session)
        make_institution(session)
    devices = [make_node(folder / f"device{number}", clock=FakeClock(50 + number)) for number in range(3)]
    with proxy_to(*(office.port for office in offices)) as proxy, carrier(proxy.url) as transport:
        for number, device in enumerate(devices):
            enrolment.enrol(device, transport, proxy.url, _code(central, number))
        meetings = [threading.Thread(target=_work_and_meet, args=(device, proxy.url)) for device in devices]
        for meeting in meetings:
            meeting.start()
        with central.write() as session:
            journal.append(session, Draft("note", "n", "reference", {"text": "meanwhile"}), BEN)
        for meeting in meetings:
            meeting.join()
        for device in devices:
            meet_until_settled(device, transport)
    everything = held(central)
    for device in devices:
        assert unsent(device) == 0 and held(device) == everything
        assert faults_of(device) == []
        device.close()
    assert faults_of(central) == doubled(central) == []
    central.close()


def _code(central: Database, number: int) -> str:
    with central.write() as session:
        code = incoming.make_enrol_code(session, node_of(central), f"Tablet {number}", [ANA])
    return f"{code}-{key_fingerprint(node_of(central).public_key)}"


def _work_and_meet(device: Database, url: str) -> None:
    with carrier(url) as transport:
        for _ in range(3):
            with device.write() as session:
                visit = make_visit(session)
                for number in range(8):
                    answer(session, visit, f"A-{number}", "иә")
            meet_until_settled(device, transport)
