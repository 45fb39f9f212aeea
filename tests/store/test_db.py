"""Engines, pragmas and transactions: encrypted or refused, whole or not at all."""

import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
import sqlcipher3
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from app.config import Settings
from app.errors import DataFromNewerVersion, DataInUse, DiskFull, NotEncrypted, WrongKey
from app.store import db
from app.store.db import DATABASE_NAME, Database, open_sqlite
from app.store.folder import only_process
from app.store.opening import open_database
from app.store.tables import StreamRow, table
from tests.builders import ANA, DEVICE_KEY, STREAM, FakeClock, answer, held, make_node, make_visit

CANARY = "Kanarienvogel"


def pragma(database: Database, name: str) -> object:
    with database.read() as session:
        return session.execute(text(f"PRAGMA {name}")).scalar()


def test_nothing_of_an_encrypted_database_can_be_read_from_its_files(tmp_path: Path) -> None:
    database = make_node(tmp_path / "device")
    with database.write() as session:
        answer(session, make_visit(session), value=CANARY)
    files = [path for path in (tmp_path / "device").iterdir() if path.is_file()]
    assert {path.name for path in files} >= {DATABASE_NAME, f"{DATABASE_NAME}-wal"}
    for path in files:
        data = path.read_bytes()
        assert CANARY.encode() not in data and b"SQLite format 3" not in data and ANA.encode() not in data
    database.close()


def test_a_plain_file_is_refused_where_an_encrypted_one_should_lie(tmp_path: Path) -> None:
    plain = make_node(tmp_path / "device", "central", key=None)
    plain.checkpoint()
    plain.close()
    before = (tmp_path / "device" / DATABASE_NAME).read_bytes()
    with pytest.raises(NotEncrypted):
        open_sqlite(tmp_path / "device", DEVICE_KEY)
    assert (tmp_path / "device" / DATABASE_NAME).read_bytes() == before


def test_a_wrong_key_opens_nothing_and_changes_nothing(tmp_path: Path) -> None:
    database = make_node(tmp_path / "device")
    database.checkpoint()
    database.close()
    before = (tmp_path / "device" / DATABASE_NAME).read_bytes()
    with pytest.raises(WrongKey):
        open_sqlite(tmp_path / "device", bytes(32))
    assert (tmp_path / "device" / DATABASE_NAME).read_bytes() == before


def test_a_damaged_file_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(os.urandom(8192))
    with pytest.raises(WrongKey):
        open_sqlite(tmp_path, DEVICE_KEY)


def test_central_may_be_encrypted_too(tmp_path: Path) -> None:
    database = make_node(tmp_path / "central", "central", key=b"k" * 32)
    database.close()
    with pytest.raises(WrongKey):
        open_sqlite(tmp_path / "central", bytes(32))


@pytest.mark.parametrize("role", ["device", "central"])
def test_every_connection_keeps_what_was_committed_through_a_power_cut(tmp_path: Path, role: str) -> None:
    database = make_node(tmp_path / role, role)
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "temp_store": 2, "busy_timeout": 10_000}
    with database.read() as one, database.read() as two:  # two connections of the pool
        for session in (one, two):
            found = {name: session.execute(text(f"PRAGMA {name}")).scalar() for name in wanted}
            assert found == wanted
    if role == "device":
        assert pragma(database, "secure_delete") == 1
        assert pragma(database, "cipher_version")
    database.close()


def test_an_old_sqlite_is_refused_with_what_was_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(db, "OLDEST_SQLITE", (99, 0, 0))
    with pytest.raises(db.CipherMissing, match="SQLite 3"):
        open_sqlite(tmp_path, DEVICE_KEY)


def test_a_build_without_a_cipher_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sqlcipher3, "dbapi2", sqlite3)  # it would take a key, and write in plain
    monkeypatch.setattr(db, "OLDEST_SQLITE", (0, 0, 0))
    with pytest.raises(db.CipherMissing, match="cipher -"):
        open_sqlite(tmp_path, DEVICE_KEY)


@pytest.mark.parametrize("role", ["device", "central"])
def test_a_table_made_in_a_transaction_that_is_rolled_back_does_not_survive(tmp_path: Path, role: str) -> None:
    database = make_node(tmp_path / role, role)
    with pytest.raises(RuntimeError), database.write() as session:
        session.execute(text("CREATE TABLE half (x)"))
        session.execute(text("INSERT INTO half VALUES (1)"))
        raise RuntimeError
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'half'")).scalar() == 0
    database.close()


def test_a_question_writes_nothing(device: Database) -> None:
    with device.read() as session:
        make_visit(session)
    assert held(device) == {}


def test_a_constraint_that_breaks_rolls_back_the_whole(device: Database) -> None:
    with pytest.raises(IntegrityError), device.write() as session:
        make_visit(session)
        row = {"stream": "x", "own": False, "last_seq": 0, "chain": b"", "acked_seq": 0}
        session.execute(table(StreamRow).insert(), [row, row])
    assert held(device) == {}


def test_writers_wait_in_line_instead_of_failing(device: Database) -> None:
    with device.write() as session:
        visit = make_visit(session)
    failures: list[Exception] = []

    def write(number: int) -> None:
        try:
            for turn in range(10):
                with device.write() as session:
                    answer(session, visit, f"A-{number}-{turn}")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(held(device)) == 61


def test_a_reader_is_not_held_up_by_a_writer(device: Database) -> None:
    with device.write() as session:
        make_visit(session)
        start = time.monotonic()
        assert held(device) == {}
        assert time.monotonic() - start < 1


def test_a_second_process_on_the_same_data_is_refused(tmp_path: Path) -> None:
    code = f"""
        import pathlib, sys
        from app.errors import DataInUse
        from app.store.folder import only_process
        try:
            with only_process(pathlib.Path({str(tmp_path)!r})):
                sys.exit(0)
        except DataInUse:
            sys.exit(7)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with only_process(tmp_path):
        assert subprocess.run(command, check=False).returncode == 7
        with pytest.raises(DataInUse), only_process(tmp_path):
            pass
    assert subprocess.run(command, check=False).returncode == 0


def test_data_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path, device: Database) -> None:
    with device.write() as session:
        make_visit(session)
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = held(device)
    device.close()
    with pytest.raises(DataFromNewerVersion):
        open_database(Settings(data_dir=tmp_path / "device"), DEVICE_KEY, FakeClock())
    again = open_sqlite(tmp_path / "device", DEVICE_KEY)
    assert held(again) == before
    again.close()


# ---- a full disk -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["device", "central"])
def test_a_full_disk_is_said_and_what_was_saved_stays(tmp_path: Path, role: str) -> None:
    database = make_node(tmp_path / role, role)
    with database.write() as session:
        visit = make_visit(session)
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
    saved = 0
    with pytest.raises(DiskFull):
        for number in range(500):
            with database.write() as session:
                session.execute(text(f"PRAGMA max_page_count = {pages + 20}"))
                answer(session, visit, f"A-{number}", "x" * 4000)
            saved += 1
    assert 0 < saved < 400
    assert len(held(database)) == saved + 1
    assert pragma(database, "quick_check") == "ok"
    database.close()


def test_a_quota_of_the_system_is_a_full_disk_too(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    make_node(tmp_path / "device").close()
    code = f"""
        import pathlib, resource, signal
        from app.errors import DiskFull
        from tests.builders import answer, make_node, make_visit
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        database = make_node(pathlib.Path({str(tmp_path / "device")!r}))
        with database.write() as session:
            visit = make_visit(session)
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
        saved = 0
        try:
            for number in range(1000):
                with database.write() as session:
                    answer(session, visit, f"A-{{number}}", "x" * 2000)
                saved += 1
        except DiskFull:
            print(saved, flush=True)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip().isdigit(), done.stderr
    again = make_node(tmp_path / "device")
    assert 0 < int(done.stdout) == len(held(again)) - 1
    with again.write() as session:
        answer(session, make_visit(session))
    again.close()


def test_other_errors_of_the_database_are_not_called_a_full_disk(device: Database) -> None:
    with pytest.raises(OperationalError), device.write() as session:
        session.execute(text("SELECT nothing FROM nowhere"))


def test_the_checkpoint_folds_the_log_into_the_file(tmp_path: Path) -> None:
    database = make_node(tmp_path / "central", "central")
    with database.write() as session:
        answer(session, make_visit(session), value=CANARY)
    log = tmp_path / "central" / f"{DATABASE_NAME}-wal"
    assert log.stat().st_size
    database.checkpoint()
    assert log.stat().st_size == 0
    with sqlite3.connect(tmp_path / "central" / DATABASE_NAME) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_the_write_lock_is_taken_at_once_so_that_nobody_fails_in_the_middle(device: Database) -> None:
    with device.write() as session:
        assert held(device) == {}
        blocked = threading.Event()

        def second() -> None:
            with device.write() as other:
                other.execute(update(STREAM).values(acked_seq=0))
            blocked.set()

        thread = threading.Thread(target=second)
        thread.start()
        assert not blocked.wait(0.2)
        make_visit(session)
    thread.join(5)
    assert blocked.is_set()
