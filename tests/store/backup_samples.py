"""An office worth backing up, and its backup."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from app.services.visits import signature_is_sound
from app.store import attachments, backups
from app.store.backups_file import BackupReader, Manifest, open_backup
from app.store.backups_sealing import SealedReader
from app.store.db import Database
from app.store.tables import BackupRow, StreamRow, table
from app.store.verification import Finding
from tests.builders import (
    BEN,
    DEVICE_KEY,
    FakeClock,
    answer,
    lose_body,
    make_cast,
    make_institution,
    make_node,
    make_postgresql,
    make_visit,
)

KEY = bytes(range(100, 132))
STREAM = table(StreamRow)
PHOTO = b"RIFF....WEBP" * 100


def make_office(request: pytest.FixtureRequest, engine: str, folder: Path) -> Database:
    if engine == "postgresql":
        database = make_postgresql(request.getfixturevalue("postgresql_url"))
    else:
        database = make_node(folder / "office", "central", key=DEVICE_KEY if engine == "sqlcipher" else None)
    with database.write() as session:
        make_cast(session)
        make_institution(session)
        visit = make_visit(session)
        for number in range(20):
            answer(session, visit, f"A-{number}", "нет" if number % 2 else 3.5, lane=number % 2)
        erased = answer(session, visit, "A-1", "yes", BEN)
        lose_body(session, erased.entry_id)
        attachments.keep(session, PHOTO, attachments.PHOTO_TYPE, f"visit:{visit}", b"small")
    return database


def back_up(database: Database, path: Path, tell: Callable[[int], None] = lambda rows: None) -> Manifest:
    with backups.snapshot(database) as session, open(path, "wb") as file:
        return backups.write_backup(session, file, KEY, FakeClock(), tell)


def reader_of(path: Path, key: bytes = KEY) -> BackupReader:
    return open_backup(SealedReader(open(path, "rb"), path.name, key, Path("the.key")), path.name)


def restore(path: Path, into: Database) -> list[Finding]:
    with into.write() as session:
        manifest = backups.fill(session, reader_of(path), FakeClock(seed=9))
        found = list(backups.check_restored(session, manifest, signature_is_sound))
        backups.begin_restored_epoch(session, row_of(manifest), FakeClock(seed=9))
    return found


def row_of(manifest: Manifest) -> BackupRow:
    told = {"entries": manifest.entries, "files": manifest.files, "size": 1, "sha256": "00"}
    return BackupRow(
        backup_id=f"backup {manifest.made_at_ms}",
        epoch=manifest.epoch,
        made_at_ms=manifest.made_at_ms,
        verified_at_ms=manifest.made_at_ms,
        **told,
    )


def durable(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {row.stream: row.durable_seq for row in session.execute(select(STREAM))}


def ends(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {row.stream: row.last_seq for row in session.execute(select(STREAM))}
