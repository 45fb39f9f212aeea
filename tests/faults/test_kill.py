"""kill -9, at any moment: of a process that saves, of the tablet's server, of central in the middle of an exchange."""

from __future__ import annotations

import itertools
import multiprocessing
import random
import threading
import time
import uuid
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select

from app.clock import SystemClock
from app.config import Settings
from app.store import attachments
from app.store.db import Database
from app.store.opening import open_database
from app.store.tables import TapRow, table
from tests.browser.nodes import Hand, Node, free_port
from tests.builders import DEVICE_KEY, ENTRY, answer, held, make_node, make_visit
from tests.faults.nodes import (
    ATTACHMENT,
    Prepared,
    carrier,
    doubled,
    faults_of,
    meet_until_settled,
    state_of,
    try_once,
    unsent,
)
from tests.faults.writing import OPENED, save_until_killed
from tests.web.nodes import INSTITUTION as PLACE
from tests.web.nodes import PASSPHRASES, PERSON_IDS, Blueprint

ROOT = Path(__file__).resolve().parents[2]
KILLS, KILLS_LONG = 30, 1000


# ---- a process that saves ----------------------------------------------------------------------------------------------


def kill_while_saving(folder: Path, kills: int) -> int:
    """Kills a writer again and again, and looks each time that nothing is lost. Returns how much was acknowledged."""
    ways = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in ways else "spawn")
    if "forkserver" in ways:
        context.set_forkserver_preload(["tests.faults.writing"])  # a writer then starts in milliseconds
    told: set[str] = set()
    chance = random.Random()
    for number in range(kills):
        listen, say = context.Pipe(duplex=False)
        writer = context.Process(target=save_until_killed, args=(folder, say), daemon=True)
        writer.start()
        say.close()
        told |= _until_the_moment(number, listen, chance)
        writer.kill()
        writer.join()
        told |= set(_heard(listen))
        _look_into(folder, told, is_last=number == kills - 1)
    return len(told)


def _until_the_moment(number: int, listen: Connection, chance: random.Random) -> set[str]:
    """Comes back when the writer is to die; returns what it said before."""
    if number % 6 == 0:  # while it starts, opens and recovers
        time.sleep(chance.uniform(0, 0.15))  # the moment of the fault, not a wait for something
        return set()
    assert listen.recv_bytes() == OPENED
    if number % 2:  # at any time
        time.sleep(chance.uniform(0, 0.25))
        return set()
    # At the very moment of an acknowledgement: one that comes before its commit would be seen here.
    return {listen.recv_bytes().decode() for _ in range(chance.randrange(1, 25))}


def _heard(listen: Connection) -> Iterator[str]:
    """What the dead process said; what it was about to say is cut off."""
    while True:
        try:
            said = listen.recv_bytes()
        except (EOFError, OSError):
            return
        if said != OPENED:
            yield said.decode()


def _look_into(folder: Path, told: set[str], *, is_last: bool) -> None:
    database = open_database(Settings(data_dir=folder), DEVICE_KEY, SystemClock())
    try:
        with database.read() as session:
            entries = {f"entry {one}" for one in session.execute(select(ENTRY.c.entry_id)).scalars()}
            files = {f"file {one}" for one in session.execute(select(ATTACHMENT.c.sha256)).scalars()}
            assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert told <= entries | files, f"lost: {sorted(told - entries - files)[:5]}"
        if is_last:
            database.checkpoint()
            with database.engine.connect() as connection:
                assert connection.exec_driver_sql("PRAGMA cipher_integrity_check").all() == []
            assert faults_of(database) == []
    finally:
        database.close()


def test_what_was_saved_outlives_every_kill(tmp_path: Path) -> None:
    make_node(tmp_path / "node").close()
    told = kill_while_saving(tmp_path / "node", KILLS)
    print(f"{KILLS} kills, {told} saved, 0 lost")
    assert told


@pytest.mark.long
def test_what_was_saved_outlives_many_more_kills(tmp_path: Path) -> None:
    """Many short lives: a fresh database every hundred, so that the looking does not take all the time."""
    counts = []
    for number in range(KILLS_LONG // 100):
        make_node(tmp_path / f"node{number}").close()
        counts.append(kill_while_saving(tmp_path / f"node{number}", 100))
    print(f"{KILLS_LONG} kills, {sum(counts)} saved, 0 lost")
    assert all(counts)


# ---- the tablet's server -----------------------------------------------------------------------------------------------


def test_the_tablet_shows_saved_only_for_what_outlives_a_kill_of_its_server(tablet: Node, blueprint: Blueprint) -> None:
    told: list[str] = []
    tablet.start()
    with Hand(tablet, "", PASSPHRASES["ana"]) as ana:
        visit = ana.plan({PERSON_IDS["ana"]: "team_lead"}, institution=PLACE["name_kk"])
    chance = random.Random()
    for number in range(3):
        if number:
            tablet.start()
        with Hand(tablet, "", PASSPHRASES["ana"]) as ana:
            ana.get(f"{visit}/sections/cells")  # what was shown as saved before is there to work on
            killer = threading.Timer(chance.uniform(0, 0.5), tablet.kill)
            for tap in _tap_until_dead(ana, visit):
                told.append(tap)
                if not killer.is_alive():
                    killer.start()
            killer.join()
        _taps_are_there(tablet.data, blueprint, told)
    print(f"3 kills of the server, {len(told)} taps acknowledged, 0 lost")
    assert told


def _tap_until_dead(ana: Hand, visit: str) -> Iterator[str]:
    """Taps on one answer, each after the last, until there is no server. Yields the taps that were acknowledged."""
    previous = ""
    for value in itertools.cycle(("yes", "no")):
        tap = str(uuid.uuid4())
        form = {"value": value, "seen": "", "tap": tap, "previous_tap": previous}
        try:
            reply = ana.client.post(f"{visit}/answers/B1", data=form, headers={"HX-Request": "true"})
        except (httpx2.HTTPError, OSError):
            return
        assert reply.status_code == 200, reply.text[:500]
        yield tap
        previous = tap


def _taps_are_there(folder: Path, blueprint: Blueprint, told: list[str]) -> None:
    database = open_database(Settings(data_dir=folder), blueprint.database_key, SystemClock())
    try:
        with database.read() as session:
            written = dict(session.execute(select(table(TapRow).c.tap_id, table(TapRow).c.entry_id)).all())
        assert set(told) <= written.keys()
        assert {written[tap] for tap in told} <= held(database).keys()
        assert faults_of(database) == []
    finally:
        database.close()


# ---- central -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kills", [2, pytest.param(25, marks=pytest.mark.long)])
def test_central_may_die_in_the_middle_of_any_exchange(prepared: Prepared, tmp_path: Path, kills: int) -> None:
    central, device = prepared.copy(tmp_path)
    central.close()
    (tmp_path / "checklists").mkdir()
    office = Node(
        "central", tmp_path / "central", free_port(), {"BAQYLAU_CHECKLISTS_DIR": str(tmp_path / "checklists")}
    )
    chance = random.Random()
    try:
        with carrier(office.url) as transport:
            for _ in range(kills):
                visit = _a_day(device)
                office.start()
                killer = threading.Timer(chance.uniform(0, 0.3), office.kill)
                killer.start()
                while try_once(device, transport) != "central_unreachable":
                    _one_more(device, visit)
                killer.join()
            office.start()
            problems = meet_until_settled(device, transport)
    finally:
        office.stop()
    assert problems == [] and unsent(device) == 0
    _agree(tmp_path / "central", device)


def _a_day(device: Database) -> str:
    with device.write() as session:
        visit = make_visit(session)
        for number in range(60):
            answer(session, visit, f"A-{number}", "жоқ")
        attachments.keep(session, random.randbytes(50_000), attachments.DOCUMENT_TYPE, f"visit:{visit}")
    return visit


def _one_more(device: Database, visit: str) -> None:
    with device.write() as session:
        answer(session, visit, "B-1", "иә")


def _agree(folder: Path, device: Database) -> None:
    """Central holds all that the tablet holds, once, and both verify."""
    central = make_node(folder, "central")
    ours, theirs = state_of(device), state_of(central)
    for what in ("entries", "files", "records"):
        assert ours[what].items() <= theirs[what].items(), what
    assert {key: row for key, row in theirs["links"].items() if key in ours["links"]} == {
        key: row for key, row in ours["links"].items() if key in theirs["links"]
    }
    assert faults_of(central) == faults_of(device) == []
    assert doubled(central) == doubled(device) == []
    central.close()
    device.close()
