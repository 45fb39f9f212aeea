"""Power loss: every disk that it may leave opens, is sound, and holds whatever a person was told is saved."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import DatabaseError

from app.errors import AppError
from app.services.visits import signature_is_sound
from app.store import attachments, db, verification
from app.store.db import Database, open_sqlite
from app.store.node import open_node
from tests.builders import DEVICE_KEY, ENTRY, FakeClock, answer, make_node, make_visit
from tests.faults.disk import Keeps, Recording, recording

SCOPE = "visit:00000000-0000-7000-8000-0000000000a0"
ENGINES = {"device": ("sqlcipher3", DEVICE_KEY), "central": ("sqlite3", None)}
WAYS: tuple[Keeps, ...] = ("synced", "everything", "some", "some")


@dataclass
class Saved:
    """What was acknowledged, each with the number of events of the disk that came before the acknowledgement."""

    entries: list[tuple[int, str]] = field(default_factory=list)
    photos: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class Work:
    """A recorded day of work, and what the node held at its end."""

    disk: Recording
    saved: Saved
    entries: dict[str, tuple[bytes, bytes]]
    chains: dict[tuple[str, int], bytes]
    photos: dict[str, bytes]


@dataclass
class Tally:
    images: int = 0
    corrupt: int = 0
    lost: int = 0


def work(folder: Path, role: str, commits: int) -> Work:
    """Answers and photos through the program's own functions, with folds of the log between them, all recorded."""
    module, key = ENGINES[role]
    with recording(module, folder) as disk:
        database = make_node(folder, role, FakeClock(5), key)
        with database.write() as session:
            visit = make_visit(session, visit_id=SCOPE.removeprefix("visit:"))
        event.listen(database.engine, "connect", lambda raw, _: raw.execute("PRAGMA wal_autocheckpoint = 60"))
        database.engine.dispose()  # so that the log is folded into the file in the middle of the work, too
        with database.read() as session:
            session.execute(select(ENTRY.c.entry_id))  # one connection stays: the last to close removes the log
        database.checkpoint()
        disk.begin()
        saved = Saved()
        for number in range(commits):
            _one_act(database, visit, number, disk, saved)
        assert any(one.file == "baqylau.db" and one.what == "write" for one in disk.events), "nothing was folded"
        return _whole(database, disk, saved)


def _one_act(database: Database, visit: str, number: int, disk: Recording, saved: Saved) -> None:
    if number % 8 == 5:
        data = random.Random(number).randbytes(9_000)
        with database.write() as session:
            sha256 = attachments.keep(session, data, attachments.PHOTO_TYPE, SCOPE)
        saved.photos.append((len(disk.events), sha256))
    else:
        with database.write() as session:
            entry = answer(session, visit, f"A-{number % 7}", "иә " * (1 + number * 37 % 150))
        saved.entries.append((len(disk.events), entry.entry_id))
    if number % 16 == 15:
        database.checkpoint()


def _whole(database: Database, disk: Recording, saved: Saved) -> Work:
    made = Work(disk, saved, _entries(database), _chains(database), _photos(database))
    database.close()
    return made


# Plain SQL: each image is a new engine, and statements of the ORM would be built anew for each.


def _entries(database: Database) -> dict[str, tuple[bytes, bytes]]:
    return {row[0]: (row[1], row[2]) for row in _rows(database, "SELECT entry_id, header, body FROM entry")}


def _chains(database: Database) -> dict[tuple[str, int], bytes]:
    return {(row[0], row[1]): row[2] for row in _rows(database, "SELECT stream, seq, chain FROM link")}


def _photos(database: Database) -> dict[str, bytes]:
    return {row[0]: row[1] for row in _rows(database, "SELECT sha256, data FROM attachment")}


def _rows(database: Database, question: str) -> Sequence[Any]:
    with database.engine.connect() as connection:
        return connection.exec_driver_sql(question).all()


def cut_points(done: Work, most: int) -> Iterator[int]:
    """Moments for the power to go: right after each acknowledgement, and others up to `most` in all."""
    told = sorted({at for at, _ in (*done.saved.entries, *done.saved.photos)})
    others = random.Random(3).sample(
        range(len(done.disk.events) + 1), max(0, min(most, len(done.disk.events)) - len(told))
    )
    yield from sorted({*told[-most:], *others})


def lose_power(done: Work, scratch: Path, role: str, cuts: Iterator[int]) -> Tally:
    """Makes the images and opens each with the program's own door. Counts corrupt ones and those that lost something."""
    tally, chance = Tally(), random.Random(1)
    for at in cuts:
        for keeps in WAYS:
            folder = scratch / f"{at}-{tally.images}"
            folder.mkdir()
            for name, data in done.disk.image(at, keeps, chance).items():
                (folder / name).write_bytes(data)
            tally.images += 1
            try:
                _look_at(done, folder, role, at, tally, is_thorough=tally.images % 25 == 0)
            except (AppError, DatabaseError):
                tally.corrupt += 1
            for path in folder.iterdir():
                path.unlink()
    return tally


def _look_at(done: Work, folder: Path, role: str, at: int, tally: Tally, *, is_thorough: bool) -> None:
    database = open_sqlite(folder, ENGINES[role][1])
    try:
        if not _is_sound(database, role, is_thorough):
            tally.corrupt += 1
            return
        entries, photos = _entries(database), _photos(database)
        is_true = entries.items() <= done.entries.items() and photos.items() <= done.photos.items()
        tally.corrupt += not (is_true and _chains(database).items() <= done.chains.items())
        told = {one for before, one in (*done.saved.entries, *done.saved.photos) if before <= at}
        tally.lost += not told <= entries.keys() | photos.keys()
    finally:
        database.close()


def _is_sound(database: Database, role: str, is_thorough: bool) -> bool:
    with database.engine.connect() as connection:
        if connection.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok":
            return False
    if not is_thorough:
        return True
    # Only after the log was folded: healthy images report damage otherwise (reliability.md section 3).
    database.checkpoint()
    if role == "device":
        with database.engine.connect() as connection:
            if connection.exec_driver_sql("PRAGMA cipher_integrity_check").all():
                return False
    open_node(database, FakeClock(), role)
    with database.read() as session:
        return not list(verification.findings(session, signature_is_sound))


@pytest.mark.parametrize("role", ENGINES)
def test_no_power_loss_takes_what_was_saved_or_leaves_a_broken_database(role: str, tmp_path: Path) -> None:
    done = work(tmp_path / "node", role, commits=40)
    tally = lose_power(done, tmp_path, role, cut_points(done, 45))
    print(tally)
    assert tally.images >= 150
    assert (tally.corrupt, tally.lost) == (0, 0)


@pytest.mark.long
@pytest.mark.parametrize("role", ENGINES)
def test_no_power_loss_at_any_moment_of_a_longer_day(role: str, tmp_path: Path) -> None:
    done = work(tmp_path / "node", role, commits=60)
    tally = lose_power(done, tmp_path, role, iter(range(len(done.disk.events) + 1)))
    print(tally)
    assert (tally.corrupt, tally.lost) == (0, 0)


@pytest.mark.parametrize("role", ENGINES)
def test_with_fewer_syncs_the_same_test_finds_losses(
    role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weaken(monkeypatch, "NORMAL")
    done = work(tmp_path / "node", role, commits=40)
    tally = lose_power(done, tmp_path, role, cut_points(done, 20))
    print(tally)
    assert tally.lost > tally.images // 10
    assert tally.corrupt == 0


@pytest.mark.parametrize("role", ENGINES)
def test_without_syncs_the_same_test_finds_broken_databases(
    role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weaken(monkeypatch, "OFF")
    done = work(tmp_path / "node", role, commits=40)
    tally = lose_power(done, tmp_path, role, cut_points(done, 20))
    print(tally)
    assert tally.corrupt > 0


def weaken(monkeypatch: pytest.MonkeyPatch, synchronous: str) -> None:
    """The program's own pragmas, and after them a weaker promise of the disk. Databases that are looked at keep theirs."""
    shipped = db._prepare

    def prepare(connection: object, key: bytes | None) -> None:
        shipped(connection, key)
        connection.execute(f"PRAGMA synchronous = {synchronous}")  # type: ignore[attr-defined]

    monkeypatch.setattr(db, "_prepare", prepare)
