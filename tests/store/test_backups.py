"""A backup of central: whole, sealed, of one moment, restored by any engine, and counted only where it still fits."""

import io
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, LargeBinary, MetaData, Table, event, insert, select, update
from sqlmodel import SQLModel

from app.errors import (
    BackupKeyMissing,
    BackupKeyRefused,
    BackupUnusable,
    NoRoomForBackup,
    WrongKey,
)
from app.services.visits import signature_is_sound
from app.store import attachments, backups, backups_file, backups_sealing, migrations
from app.store.backups_file import BackupWriter, Head, Manifest
from app.store.backups_scratch import enough_room, scratch_database, workshop
from app.store.backups_sealing import CHUNK, HEADER_BYTES, MAGIC, TAG, SealedReader, SealedWriter
from app.store.db import Database, open_postgresql, open_sqlite
from app.store.node import EPOCH, open_node, value_of
from app.store.tables import AttachmentRow, BackupRow, StreamRow, table
from app.store.verification import findings
from tests.builders import (
    DEVICE_KEY,
    FakeClock,
    answer,
    held,
    make_node,
    make_postgresql,
    make_visit,
    node_of,
    records,
)
from tests.store.backup_samples import KEY, PHOTO, back_up, durable, ends, make_office, reader_of, restore, row_of

STREAM, ATTACHMENT = table(StreamRow), table(AttachmentRow)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Database]:
    """A new, empty database on an engine."""

    def made(engine: str) -> Database:
        if engine == "postgresql":
            return open_postgresql(request.getfixturevalue("postgresql_url"))
        return open_sqlite(tmp_path / "restored", DEVICE_KEY if engine == "sqlcipher" else None)

    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Central on each engine, with a visit, alerts, a photo, an erased and a quarantined entry."""
    database = make_office(request, request.param, tmp_path)
    yield database
    database.close()


@pytest.fixture
def plain_office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The same, where the engine makes no difference."""
    database = make_office(request, "sqlite", tmp_path)
    yield database
    database.close()


def count(database: Database, path: Path, folder: Path) -> backups.Counted | None:
    """Tries a backup in scratch and counts it, as the command does."""
    with scratch_database(folder / "scratch") as scratch, scratch.write() as session:
        manifest = backups.fill(session, reader_of(path), FakeClock())
        assert list(backups.check_restored(session, manifest, signature_is_sound)) == []
        with database.write() as live:
            return backups.count_backup(live, session, manifest, row_of(manifest), FakeClock(), batch=1)


def rows_of(database: Database, one: Table) -> list[Any]:
    with database.read() as session:
        return sorted((tuple(row) for row in session.execute(select(one))), key=repr)


# ---- what is in it ----------------------------------------------------------------------------------------------------


def fill_every_table(database: Database) -> None:
    """A row in each table that has none, so that none is forgotten."""
    with database.write() as session:
        for one in SQLModel.metadata.sorted_tables:
            if session.execute(select(one)).first() is None:
                session.execute(insert(one), [{c.name: sample(c) for c in one.columns}])


def sample(column: Any) -> object:
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, LargeBinary):
        return bytes(range(256))
    return "құпия " + column.name if column.type.python_type is str else 2**53 + 1


@pytest.mark.parametrize(
    ("engine", "other"), [("sqlite", "postgresql"), ("postgresql", "sqlite"), ("sqlcipher", "sqlcipher")]
)
def test_every_row_comes_back_on_another_engine_too(
    request: pytest.FixtureRequest, place: Callable[[str], Database], tmp_path: Path, engine: str, other: str
) -> None:
    office = make_office(request, engine, tmp_path)
    fill_every_table(office)
    path = tmp_path / "a.backup"
    manifest = back_up(office, path)
    # Two PostgreSQL databases in one test would be the same one: of the two engines one is always another.
    restored = place(other)
    with restored.write() as session:
        assert backups.fill(session, reader_of(path), FakeClock()) == manifest
        found = list(backups.check_restored(session, manifest, signature_is_sound))
    for one in backups.kept_tables():
        if one.name != "node_value":  # the version of the projection is noted anew
            assert rows_of(restored, one) == rows_of(office, one), one.name
    assert records(restored) == [row for row in records(office) if row[0] != "құпия subject"]
    assert not any(finding.where.startswith("table") for finding in found)
    for name in ("web_session", "upload", "upload_piece"):
        assert rows_of(restored, SQLModel.metadata.tables[name]) == []
    office.close(), restored.close()


def test_a_sound_office_has_no_findings_after_the_restore(
    office: Database, place: Callable[[str], Database], tmp_path: Path
) -> None:
    back_up(office, tmp_path / "a.backup")
    restored = place("sqlite")
    assert restore(tmp_path / "a.backup", restored) == []
    assert held(restored) == held(office)
    assert records(restored) == records(office)
    open_node(restored, FakeClock(seed=5), "central")
    assert node_of(restored).public_key == node_of(office).public_key
    restored.close()


def test_each_table_is_kept_or_left_out_for_a_reason() -> None:
    names = set(SQLModel.metadata.tables)
    kept = {one.name for one in backups.kept_tables()}
    assert kept | set(backups.LEFT_OUT) == names
    assert not kept & set(backups.LEFT_OUT)
    assert {"entry", "link", "seal", "stream", "attachment", "device", "credential", "node_value"} <= kept
    assert all(backups.LEFT_OUT.values())


def test_nothing_of_it_can_be_read_without_the_key(plain_office: Database, tmp_path: Path) -> None:
    back_up(plain_office, tmp_path / "a.backup")
    bytes_of = (tmp_path / "a.backup").read_bytes()
    with plain_office.read() as session:
        signing_key = value_of(session, "signing_key")
    for secret in (b"Ana", "Полиция".encode(), PHOTO[:40], signing_key.encode(), bytes.fromhex(signing_key)):
        assert secret not in bytes_of


def test_a_backup_is_of_one_moment_while_others_write(office: Database, tmp_path: Path) -> None:
    with office.write() as session:
        visit = make_visit(session)
    before, places = held(office), ends(office)

    def write_on(_more: int) -> None:
        with office.write() as session:
            answer(session, visit, f"B-{len(written)}", "yes")
        written.append(1)

    written: list[int] = []
    manifest = back_up(office, tmp_path / "a.backup", lambda more: write_on(more) if len(written) < 15 else None)
    assert len(held(office)) == len(before) + 15
    assert manifest.entries == len(before)
    counted = count(office, tmp_path / "a.backup", tmp_path)
    assert counted is not None and not counted.changed
    assert durable(office) == places
    assert sum(ends(office).values()) == sum(places.values()) + 15


def test_it_takes_little_memory_however_many_photos(tmp_path: Path) -> None:
    office = make_node(tmp_path / "office", "central")
    random = FakeClock(seed=3)
    for _ in range(20):
        with office.write() as session:
            attachments.keep(session, random.random_bytes(1_500_000), attachments.PHOTO_TYPE, "reference")
    tracemalloc.start()
    try:
        back_up(office, tmp_path / "a.backup")
        with scratch_database(tmp_path / "scratch") as scratch, scratch.write() as session:
            manifest = backups.fill(session, reader_of(tmp_path / "a.backup"), FakeClock())
            assert list(backups.check_restored(session, manifest, signature_is_sound)) == []
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "a.backup").stat().st_size > 30_000_000
    assert peak < 20_000_000
    office.close()


def test_postgresql_hands_photos_over_one_by_one(postgresql_url: str, tmp_path: Path) -> None:
    office = make_postgresql(postgresql_url)
    cursors: dict[str, str] = {}

    def look(_connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        cursors[statement.partition("FROM ")[2].split()[0] if "FROM " in statement else ""] = type(cursor).__name__

    event.listen(office.engine, "before_cursor_execute", look)
    with backups.snapshot(office) as session:
        list(backups._rows(session, ATTACHMENT, lambda more: None))
    assert cursors["attachment"] == "ServerCursor"  # any other fetches all rows at once
    office.close()


# ---- the watermark ----------------------------------------------------------------------------------------------------


def test_a_verified_backup_moves_the_watermark_and_is_noted(office: Database, tmp_path: Path) -> None:
    back_up(office, tmp_path / "a.backup")
    assert set(durable(office).values()) == {0}
    counted = count(office, tmp_path / "a.backup", tmp_path)
    assert counted == backups.Counted(len(ends(office)), 1)
    assert durable(office) == ends(office)
    with office.read() as session:
        assert session.execute(select(ATTACHMENT.c.durable_at_ms)).scalar_one() is not None
        kept = session.get(BackupRow, next(iter(rows_of(office, table(BackupRow))))[0])
        assert kept is not None and kept.epoch == value_of(session, EPOCH)


def test_an_older_backup_does_not_move_it_backwards(plain_office: Database, tmp_path: Path) -> None:
    back_up(plain_office, tmp_path / "old.backup")
    with plain_office.write() as session:
        make_visit(session)
    back_up(plain_office, tmp_path / "new.backup")
    count(plain_office, tmp_path / "new.backup", tmp_path / "1")
    reached = durable(plain_office)
    with plain_office.write() as session:
        session.execute(table(BackupRow).delete())
    count(plain_office, tmp_path / "old.backup", tmp_path / "2")
    assert durable(plain_office) == reached == ends(plain_office)


def test_a_backup_of_another_epoch_moves_nothing(office: Database, tmp_path: Path) -> None:
    back_up(office, tmp_path / "a.backup")
    with office.write() as session:
        backups.rotate_epoch(session, FakeClock(seed=77))
    assert count(office, tmp_path / "a.backup", tmp_path) is None
    assert set(durable(office).values()) == {0}
    assert rows_of(office, table(BackupRow)) == []


def test_a_stream_that_has_something_else_at_that_place_is_not_moved(office: Database, tmp_path: Path) -> None:
    back_up(office, tmp_path / "a.backup")
    name = min(ends(office))
    with office.write() as session:
        link = SQLModel.metadata.tables["link"]
        session.execute(update(link).where(link.c.stream == name).values(chain=b"\1" * 32))
    counted = count(office, tmp_path / "a.backup", tmp_path)
    assert counted is not None and counted.changed == (name,)
    assert durable(office) == {**ends(office), name: 0}


def test_a_new_epoch_makes_nothing_safe_any_more(office: Database, tmp_path: Path) -> None:
    back_up(office, tmp_path / "a.backup")
    count(office, tmp_path / "a.backup", tmp_path)
    with office.write() as session:
        old = value_of(session, EPOCH)
        assert backups.rotate_epoch(session, FakeClock(seed=5)) == value_of(session, EPOCH) != old
    assert set(durable(office).values()) == {0}
    with office.read() as session:
        assert session.execute(select(ATTACHMENT.c.durable_at_ms)).scalar_one() is None


def test_what_was_restored_is_durable_in_its_new_epoch(
    plain_office: Database, place: Callable[[str], Database], tmp_path: Path
) -> None:
    manifest = back_up(plain_office, tmp_path / "a.backup")
    restored = place("sqlite")
    restore(tmp_path / "a.backup", restored)
    assert durable(restored) == ends(restored) == ends(plain_office)
    with restored.read() as session:
        epoch = value_of(session, EPOCH)
        assert epoch != manifest.epoch
        assert [row[1] for row in rows_of(restored, table(BackupRow))] == [epoch]
    restored.close()


def test_verify_finds_a_watermark_beyond_the_end(plain_office: Database) -> None:
    name = min(ends(plain_office))
    with plain_office.write() as session:
        session.execute(update(STREAM).where(STREAM.c.stream == name).values(durable_seq=10_000))
    with plain_office.read() as session:
        found = [finding for finding in findings(session, signature_is_sound) if finding.where == name]
    assert [finding.text for finding in found] == [
        f"is said to be backed up up to 10000, but ends at {ends(plain_office)[name]}"
    ]


# ---- what must not pass -----------------------------------------------------------------------------------------------


def sealed(plain: bytes, pieces: int = 1) -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, KEY)
    step = max(1, -(-len(plain) // pieces))
    for start in range(0, len(plain), step):
        writer.write(plain[start : start + step])
    writer.finish()
    return file.getvalue()


def opened(data: bytes, key: bytes = KEY) -> bytes:
    reader = SealedReader(io.BytesIO(data), "a.backup", key, Path("the.key"))
    out = b""
    while more := reader.read(50_000):
        out += more
    return out


@given(length=st.integers(0, 3 * CHUNK + 5), pieces=st.integers(1, 40))
@settings(max_examples=25)
def test_what_was_sealed_opens(length: int, pieces: int) -> None:
    plain = (bytes(range(251)) * (length // 251 + 1))[:length]
    assert opened(sealed(plain, pieces)) == plain


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_a_file_opens_at_every_edge_of_a_chunk(length: int) -> None:
    assert opened(sealed(b"x" * length)) == b"x" * length


SEALED = sealed(bytes(range(256)) * 800)  # four chunks, the last one short


@given(bit=st.integers(0, len(SEALED) * 8 - 1))
def test_no_bit_can_be_flipped(bit: int) -> None:
    changed = bytearray(SEALED)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BackupUnusable):
        opened(bytes(changed))


def test_no_bit_of_the_header_can_be_flipped() -> None:
    for bit in range(HEADER_BYTES * 8):
        changed = bytearray(SEALED)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BackupUnusable):
            opened(bytes(changed))


STEP = CHUNK + TAG


@pytest.mark.parametrize("left", [0, 1, 2, 3])
def test_a_file_cut_between_two_chunks_says_that_its_end_is_missing(left: int) -> None:
    with pytest.raises(BackupUnusable, match="cut short"):
        opened(SEALED[: HEADER_BYTES + left * STEP])


@given(length=st.integers(0, len(SEALED) - 1))
@settings(max_examples=40)
def test_a_file_cut_anywhere_is_refused(length: int) -> None:
    with pytest.raises(BackupUnusable):
        opened(SEALED[:length])


def test_chunks_cannot_be_moved_left_out_doubled_or_added() -> None:
    head, chunks = SEALED[:HEADER_BYTES], [SEALED[HEADER_BYTES + at * STEP :][:STEP] for at in range(4)]
    for order in ([1, 0, 2, 3], [0, 2, 3], [0, 1, 1, 2, 3], [0, 1, 2, 3, 3], [0, 1, 2, 2], [3]):
        with pytest.raises(BackupUnusable):
            opened(head + b"".join(chunks[at] for at in order))
    other = sealed(bytes(range(256)) * 800)
    with pytest.raises(BackupUnusable):  # from another file under the same key
        opened(head + other[HEADER_BYTES : HEADER_BYTES + STEP] + b"".join(chunks[1:]))


def test_another_key_is_named() -> None:
    with pytest.raises(BackupUnusable) as refused:
        opened(SEALED, bytes(32))
    said = str(refused.value)
    assert backups_sealing.key_name(KEY) in said
    assert backups_sealing.key_name(bytes(32)) in said and "the.key" in said


def test_a_file_of_something_else_or_of_a_newer_version_is_refused() -> None:
    with pytest.raises(BackupUnusable, match="is not a backup"):
        opened(b"SQLite format 3\0" + bytes(100))
    with pytest.raises(BackupUnusable, match="is not a backup"):
        opened(b"")
    with pytest.raises(BackupUnusable, match="newer version"):
        opened(MAGIC + b"\0\2" + SEALED[len(MAGIC) + 2 :])


def test_a_newer_format_or_schema_is_refused(tmp_path: Path, place: Callable[[str], Database]) -> None:
    for number, head in enumerate([Head(migrations.HEAD, "e", 1, 1, format=2), Head("9999", "e", 1, 1)]):
        path = tmp_path / f"{number}.backup"
        with open(path, "wb") as file:
            writer = BackupWriter(file, KEY)
            writer.begin(head)
            writer.finish(Manifest(migrations.HEAD, "e", 1, "c", (), {}, {}))
        database = place("sqlite")
        with pytest.raises(BackupUnusable, match="newer version"), database.write() as session:
            backups.fill(session, reader_of(path), FakeClock())
        database.close()


def test_a_photo_that_was_not_written_is_missed(
    plain_office: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Callable[[str], Database]
) -> None:
    whole = backups._rows
    monkeypatch.setattr(
        backups, "_rows", lambda session, one, tell: () if one.name == "attachment" else whole(session, one, tell)
    )
    back_up(plain_office, tmp_path / "a.backup")
    restored = place("sqlite")
    found = restore(tmp_path / "a.backup", restored)
    assert [(finding.where, finding.text) for finding in found] == [
        ("table attachment", "has 0 rows after the restore, and had 1")
    ]
    restored.close()


def test_rows_that_are_not_what_their_part_says_are_refused(plain_office: Database, tmp_path: Path) -> None:
    manifest = back_up(plain_office, tmp_path / "a.backup")
    part = manifest.parts["attachment"]
    path = tmp_path / "b.backup"
    with open(path, "wb") as file:
        writer = BackupWriter(file, KEY)
        writer.begin(Head(migrations.HEAD, "e", 1, 1))
        writer.write_part("attachment", ["sha256", "data"], [["00", b"other"]])
        told = {**manifest.parts, "attachment": part}
        writer.finish(Manifest(migrations.HEAD, "e", 1, "c", (), {"attachment": told["attachment"]}, {"attachment": 1}))
    with pytest.raises(BackupUnusable, match="table attachment"):
        list(reader_of(path).batches())


@pytest.mark.parametrize(
    ("frames", "what"),
    [
        ([{"part": "tap", "columns": ["a"]}, ["1", "2"]], "a row of tap with 2 values"),
        ([{"part": "tap", "columns": ["a"]}, ["1"], {"end": "tap", "rows": 2, "sha256": ""}], "table tap"),
        ([{"part": "tap", "columns": ["a"]}, ["1"]], "it ends too early"),
        ([["1"]], "neither a table nor the manifest"),
        ([{"manifest": {"streams": [], "parts": {}}}], "its manifest"),
    ],
)
def test_frames_that_do_not_add_up_are_refused(tmp_path: Path, frames: list[object], what: str) -> None:
    with open(tmp_path / "a.backup", "wb") as file:
        writer = BackupWriter(file, KEY)
        writer.begin(Head(migrations.HEAD, "e", 1, 1))
        for frame in frames:
            writer._out.write(backups_file._frame(frame))
        writer._out.close()
        writer._sealed.finish()
    with pytest.raises(BackupUnusable, match=what):
        list(reader_of(tmp_path / "a.backup").batches())


def test_a_backup_of_an_older_version_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Callable[[str], Database]
) -> None:
    old = open_sqlite(tmp_path / "old", None)
    with old.engine.begin() as connection:
        migrations.upgrade_within(connection, "0001")
    monkeypatch.setattr(migrations, "upgrade", lambda *_: None)  # so that opening it leaves it as it is
    open_node(old, FakeClock(), "central")
    schema = MetaData()
    schema.reflect(old.engine)
    tables = [one for name, one in sorted(schema.tables.items()) if name not in {*backups.LEFT_OUT, "alembic_version"}]
    with monkeypatch.context() as patched:
        patched.setattr(backups, "kept_tables", lambda: tables)
        assert back_up(old, tmp_path / "a.backup").revision == "0001"
    restored = place("sqlite")
    assert restore(tmp_path / "a.backup", restored) == []
    with restored.engine.connect() as connection:
        assert migrations.revision_of(connection) == migrations.HEAD
    old.close(), restored.close()


# ---- keys, room, scratch ----------------------------------------------------------------------------------------------


def test_a_key_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "backup.key"
    with pytest.raises(BackupKeyMissing):
        backups_sealing.read_key(path)
    key = backups_sealing.make_key(path)
    assert backups_sealing.read_key(path) == key and len(set(key)) > 8
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        backups_sealing.make_key(path)


@pytest.mark.parametrize("text", ["", "00" * 31, "zz" * 32, "құпия"])
def test_a_file_without_a_key_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "k").write_text(text)
    with pytest.raises(BackupKeyRefused):
        backups_sealing.read_key(tmp_path / "k")


def test_too_little_room_is_said_before_and_on_the_way(tmp_path: Path) -> None:
    with pytest.raises(NoRoomForBackup, match="free space"), enough_room(tmp_path, 1 << 60):
        pytest.fail("begun all the same")
    with pytest.raises(NoRoomForBackup), enough_room(tmp_path, 1), open("/dev/full", "wb", buffering=0) as full:
        full.write(b"x")


def test_a_database_that_does_not_fit_says_so(tmp_path: Path) -> None:
    with scratch_database(tmp_path) as scratch:
        pooled = scratch.engine.raw_connection()
        pooled.driver_connection.execute("PRAGMA max_page_count = 20")
        pooled.close()
        with pytest.raises(NoRoomForBackup), scratch.write() as session, enough_room(tmp_path, 1):
            migrations.upgrade_within(session.connection())


def test_the_scratch_can_be_read_by_nobody(tmp_path: Path, plain_office: Database) -> None:
    back_up(plain_office, tmp_path / "a.backup")
    with scratch_database(tmp_path / "scratch") as scratch:
        with scratch.write() as session:
            backups.fill(session, reader_of(tmp_path / "a.backup"), FakeClock())
        lying = b"".join(path.read_bytes() for path in (tmp_path / "scratch").iterdir())
        assert b"Ana" not in lying and PHOTO[:40] not in lying and len(lying) > 50_000
        with pytest.raises(WrongKey):
            open_sqlite(tmp_path / "scratch", bytes(32))


def test_what_a_killed_backup_left_is_cleared_but_not_what_another_one_uses(tmp_path: Path) -> None:
    (tmp_path / ".baqylau-backup-dead").mkdir()
    (tmp_path / ".baqylau-backup-dead" / "backup").write_bytes(b"half")
    with workshop(tmp_path) as first:
        assert not (tmp_path / ".baqylau-backup-dead").exists()
        with workshop(tmp_path) as second:
            assert first != second and first.is_dir() and second.is_dir()
    assert list(tmp_path.iterdir()) == []
