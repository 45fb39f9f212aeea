"""A full disk: the app says its sentence, keeps what was saved before, and goes on when there is room again."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from app.clock import SystemClock
from app.config import Settings
from app.errors import DiskFull
from app.store import attachments, journal, outgoing
from app.store.db import Database
from app.store.opening import open_database
from tests.browser.nodes import Hand, Node
from tests.builders import DEVICE_KEY, answer, held, make_node, make_visit
from tests.faults.nodes import Prepared, Served, carrier, faults_of, meet_until_settled, try_once
from tests.web.nodes import INSTITUTION, PASSPHRASES, PERSON_IDS, Blueprint, text_of

SENTENCE = DiskFull.sentence


def quota(database: Database, pages: int) -> None:
    """The engine itself refuses to grow the database by more than so many pages, on every connection; 0: no limit."""
    most = 0

    def limit(raw: Any, _: object) -> None:
        raw.execute(f"PRAGMA max_page_count = {most or 2**31}")

    with database.engine.connect() as connection:
        most = pages and int(connection.exec_driver_sql("PRAGMA page_count").scalar_one()) + pages
    for known in list(database.engine.pool.dispatch.connect):  # type: ignore[attr-defined]
        if known.__name__ == "limit":
            event.remove(database.engine, "connect", known)
    event.listen(database.engine, "connect", limit)
    database.engine.dispose()


def fill(database: Database, visit: str) -> tuple[set[str], set[str]]:
    """Answers and photos until nothing more fits. Returns what was acknowledged."""
    entries: set[str] = set()
    files: set[str] = set()
    with pytest.raises(DiskFull):
        for number in range(2_000):
            with database.write() as session:
                entry = answer(session, visit, f"A-{number % 9}", "иә " * 100)
            entries.add(entry.entry_id)
            if number % 5 == 4:
                with database.write() as session:
                    sha256 = attachments.keep(session, os.urandom(9_000), attachments.PHOTO_TYPE, f"visit:{visit}")
                files.add(sha256)
    assert entries and files
    return entries, files


def lost(database: Database, entries: set[str], files: set[str]) -> list[str]:
    """What was acknowledged and is not there, and what does not verify."""
    with database.read() as session:
        kept = held(database).keys() | attachments.present(session, sorted(files))
    return [*sorted((entries | files) - kept), *map(str, faults_of(database))]


def test_when_nothing_fits_any_more_everything_saved_stays_and_room_helps(tmp_path: Path) -> None:
    database = make_node(tmp_path / "node")
    with database.write() as session:
        visit = make_visit(session)
    quota(database, 60)
    entries, files = fill(database, visit)
    assert lost(database, entries, files) == []
    for _ in range(3):  # and it is said again each time
        with pytest.raises(DiskFull), database.write() as session:
            attachments.keep(session, os.urandom(90_000), attachments.PHOTO_TYPE, f"visit:{visit}")
    quota(database, 0)
    with database.write() as session:
        entries.add(answer(session, visit, "A-1", "yes").entry_id)
    assert lost(database, entries, files) == []
    database.close()
    again = open_database(Settings(data_dir=tmp_path / "node"), DEVICE_KEY, SystemClock())
    assert lost(again, entries, files) == []
    again.close()


def test_a_full_disk_at_central_is_a_signed_no_and_the_tablet_keeps_everything(
    prepared: Prepared, served: Served, tmp_path: Path
) -> None:
    central, device = prepared.copy(tmp_path)
    served.serve(central)
    before = held(central)
    with device.write() as session:
        visit = make_visit(session)
        for number in range(300):
            answer(session, visit, f"A-{number}", "жоқ")
    quota(central, 5)
    with carrier(f"http://127.0.0.1:{served.port}") as transport:
        assert try_once(device, transport) == "central_unreachable"
        with device.read() as session:
            assert outgoing.unsent_entries(session) == 301
        assert held(central) == before
        quota(central, 0)
        assert meet_until_settled(device, transport) == []
    assert held(device).items() <= held(central).items() and faults_of(central) == []
    device.close()
    central.close()


# ---- the tablet's whole server ------------------------------------------------------------------------------------------


def limit_files(launcher: int, size: int) -> None:
    """No process of the tablet may write a file larger than this: the one that serves is a child of a child."""
    import resource

    family = [launcher]
    for pid in family:
        family += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_the_tablet_says_that_its_disk_is_full_and_saves_again_when_there_is_room(
    tablet: Node, blueprint: Blueprint
) -> None:
    resource = pytest.importorskip("resource", reason="needs limits of POSIX")
    if not hasattr(resource, "prlimit"):
        pytest.skip("needs the limits of Linux, which can be set for another process")
    tablet.settings["BAQYLAU_LANGUAGE"] = "en"
    tablet.start()
    assert tablet.process
    told = 0
    with Hand(tablet, "", PASSPHRASES["ana"]) as ana:
        visit = ana.plan({PERSON_IDS["ana"]: "team_lead"}, institution=INSTITUTION["name_kk"])
        largest = max(path.stat().st_size for path in tablet.data.glob("baqylau.db*"))
        limit_files(tablet.process.pid, largest + 400_000)
        for number in range(500):
            reply = ana.client.post(f"{visit}/answers/B1", data={"note": f"{number} " * 300, "seen": "", "value": "no"})
            if reply.status_code == 507:
                break
            assert reply.status_code in (200, 303), reply.text[:500]
            told += 1
        assert reply.status_code == 507 and told
        assert SENTENCE.partition(". ")[0] in text_of(reply.text)
        limit_files(tablet.process.pid, resource.RLIM_INFINITY)
        ana.post(f"{visit}/answers/B1", {"note": "again", "seen": "", "value": "no"})
    tablet.kill()
    database = open_database(Settings(data_dir=tablet.data), blueprint.database_key, SystemClock())
    with database.read() as session:
        subject = f"{visit.removeprefix('/visits/')}/B1"
        assert len(journal.entries_of(session, subject)) == told + 1
    assert faults_of(database) == []
    database.close()


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 1.5 MB in memory, where this machine lets us make one."""
    folder.mkdir()
    mount = shutil.which("mount")
    if sys.platform != "linux" or not mount or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk here; the same is tested with a quota")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=1500k", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("this machine mounts nothing; the same is tested with a quota")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_is_really_full_loses_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as disk:
        make_node(tmp_path / "node").close()
        shutil.copytree(tmp_path / "node", disk, dirs_exist_ok=True)
        database = open_database(Settings(data_dir=disk), DEVICE_KEY, SystemClock())
        with database.write() as session:
            visit = make_visit(session)
        entries, files = fill(database, visit)
        assert lost(database, entries, files) == []
        subprocess.run(["mount", "-o", "remount,size=6m", disk], check=True)
        with database.write() as session:
            entries.add(answer(session, visit, "A-1", "yes").entry_id)
        assert lost(database, entries, files) == []
        database.close()
