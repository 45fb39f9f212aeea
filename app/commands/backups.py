"""Central's backups: made beside the running server, tried in scratch before they count, restored into nothing."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer
from sqlmodel import Session

from app.clock import SystemClock, as_moment
from app.commands.nodes import beside_central
from app.commands.terminal import complaints, console, progress, settings_of
from app.commands.upkeep import tell_findings
from app.config import Settings
from app.errors import BackupKeyMissing, BackupKeyRefused, BackupUnusable, NotEmpty, OfficeOnly
from app.errors_of_files import WouldOverwrite
from app.services.visits import signature_is_sound
from app.store import backups, verification
from app.store.backups_file import BackupReader, Manifest, open_backup
from app.store.backups_scratch import (
    Watched,
    enough_room,
    make_durable,
    make_folder_durable,
    scratch_database,
    without_log,
    workshop,
)
from app.store.backups_sealing import SealedReader, key_name, make_key, read_key
from app.store.db import DATABASE_NAME, Database, open_postgresql, open_sqlite
from app.store.folder import only_process
from app.store.opening import central_key
from app.store.slots import has_slots
from app.store.tables import BackupRow
from app.store.vault import key_fingerprint
from app.store.verification import Finding

if TYPE_CHECKING:
    from rich.progress import Progress

SCRATCH_PERCENT: Final = 120  # what a restored database takes on a disk, of what it took before: pages are packed anew
CLOCK: Final = SystemClock()


@dataclass(frozen=True)
class Tried:
    """A backup as it was restored into scratch; `session` is that of the scratch database."""

    session: Session
    manifest: Manifest
    found: list[Finding]
    row: BackupRow


# ---- backup -----------------------------------------------------------------------------------------------------------


def make_backup(file: Path, data: Path | None) -> int:
    """Makes a backup beside the running server, tries it, and only then gives it its name and moves the watermark.

    Returns 1 when it does not verify. Raises AppErrors: no room, no key, not central, a name that is taken.
    """
    settings = _central(data)
    target = _free_name(file)
    with beside_central(settings) as database:
        key, key_file = _key_to_write(settings)
        with workshop(target.parent) as folder, progress() as bar:
            unnamed = folder / "backup"
            with backups.snapshot(database) as session:
                size = backups.how_large(session)
                with enough_room(target.parent, size + size * SCRATCH_PERCENT // 100):
                    _write(session, unnamed, key, bar)
            with _or_cannot_be_read(bar) as unreadable, _tried(unnamed, key, key_file, folder, bar) as tried:
                if tried.found:
                    return _keep_unverified(unnamed, target, tried.found)
                _give_name(unnamed, target)
                counted = _count(database, tried)
        if unreadable:
            return 1
    if counted is None:
        complaints.print(f"{target}: central began a new epoch meanwhile, so this backup moves nothing. Make another.")
        return 1
    return _tell_backup(target, tried.row, counted, key, key_file)


def _write(session: Session, path: Path, key: bytes, bar: "Progress") -> None:
    task = bar.add_task("Writing the backup", total=backups.how_many_rows(session))
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb"
    ) as file:
        backups.write_backup(session, file, key, CLOCK, lambda more: bar.advance(task, more))
    make_durable(path)


@contextmanager
def _or_cannot_be_read(bar: "Progress") -> Iterator[list[BackupUnusable]]:
    """What was just written and cannot be read back: the disk failed. Said, and the file is dropped."""
    said: list[BackupUnusable] = []
    try:
        yield said
    except BackupUnusable as error:
        bar.stop()
        said.append(error)
        complaints.print(f"The backup does not count: {error}", markup=False)


def _keep_unverified(unnamed: Path, target: Path, found: list[Finding]) -> int:
    """Better than nothing should the disk fail next, but under a name that says what it is."""
    kept = target.with_name(f"{target.name}.unverified")
    os.replace(unnamed, kept)
    complaints.print(f"The backup does not count: what was restored from it does not hold. It is kept as {kept}")
    return tell_findings(found)


def _give_name(unnamed: Path, target: Path) -> None:
    _refuse_taken(target)
    os.rename(unnamed, target)
    make_folder_durable(target.parent)


def _count(database: Database, tried: Tried) -> backups.Counted | None:
    with database.write() as live:
        return backups.count_backup(live, tried.session, tried.manifest, tried.row, CLOCK)


def _tell_backup(target: Path, row: BackupRow, counted: backups.Counted, key: bytes, key_file: Path) -> int:
    console.print(f"{target}: {row.entries} entries, {row.files} files, {row.size / 1e6:.1f} MB", soft_wrap=True)
    console.print("restored into scratch and verified: it counts")
    console.print(f"safe now: {counted.streams} streams, {counted.files} more files")
    for stream in counted.changed:
        complaints.print(f"{stream}: no longer has what the backup holds, and is not marked as safe", markup=False)
    console.print(
        f"key {key_name(key)} in {key_file}. Without it no backup opens: keep a copy off this machine.", soft_wrap=True
    )
    return 1 if counted.changed else 0


# ---- try and restore --------------------------------------------------------------------------------------------------


def try_backup(file: Path, data: Path | None) -> int:
    """Restores a backup into scratch and checks it; leaves nothing behind. Returns 1 when something does not hold."""
    settings = _central(data)
    key_file = _key_file(settings)
    key = read_key(key_file)
    try:
        with workshop(_writable(file)) as folder, progress() as bar, _tried(file, key, key_file, folder, bar) as tried:
            found, row = tried.found, tried.row
            outstanding = verification.outstanding_photos(tried.session)
    except BackupUnusable as error:
        if error.why in ("key", "newer", "other"):
            raise
        complaints.print(str(error), markup=False)
        return 1
    if not found:
        made = as_moment(row.made_at_ms).isoformat(timespec="seconds")
        console.print(f"{file}: {row.entries} entries, {row.files} files of {made}: all hold", soft_wrap=True)
    if outstanding:
        console.print(outstanding)
    return tell_findings(found)


def restore_backup(file: Path, data: Path | None, despite_findings: bool) -> int:
    """Makes central anew from a backup, in an empty place, with a new epoch. Returns 1 when it does not verify.

    Raises NotEmpty, BackupUnusable and the refusals about keys and room.
    """
    settings = settings_of(data, role="central")
    key_file = _key_file(settings)
    key = read_key(key_file)
    with _empty_place(settings) as (database, keep), progress() as bar, open(file, "rb") as opened:
        reader, watched = _reader(file, opened, key, key_file, bar)
        room = nullcontext() if settings.database_url else enough_room(settings.data_dir, _restored_size(reader))
        with database.write() as session:
            with room:
                tried = _fill(session, reader, file, watched, bar)
            if tried.found and not despite_findings:
                session.rollback()
                bar.stop()
                complaints.print("Nothing was restored. To do so all the same: --despite-findings")
                return tell_findings(tried.found)
            epoch = backups.begin_restored_epoch(session, tried.row, CLOCK)
            devices, node = backups.devices_in(session), session.info["node"]
        keep()
    console.print(f"{tried.row.entries} entries and {tried.row.files} files restored and verified; epoch {epoch}")
    console.print(f"central's key is the one that tablets know: {key_fingerprint(node.public_key)}")
    console.print(f"Start central now. {devices} tablets will offer all they hold by themselves.")
    return tell_findings(tried.found)


@contextmanager
def _tried(path: Path, key: bytes, key_file: Path, folder: Path, bar: "Progress") -> Iterator[Tried]:
    """A backup restored into scratch and checked there."""
    with open(path, "rb") as opened:
        reader, watched = _reader(path, opened, key, key_file, bar)
        with scratch_database(folder / "scratch") as database, database.write() as session:
            with enough_room(folder, _restored_size(reader)):
                tried = _fill(session, reader, path, watched, bar)
            yield tried


def _reader(path: Path, opened: object, key: bytes, key_file: Path, bar: "Progress") -> tuple[BackupReader, Watched]:
    task = bar.add_task("Restoring", total=path.stat().st_size)
    watched = Watched(opened, lambda more: bar.advance(task, more))  # type: ignore[arg-type]
    sealed = SealedReader(watched, path.name, key, key_file)  # type: ignore[arg-type]
    return open_backup(sealed, path.name), watched


def _restored_size(reader: BackupReader) -> int:
    return reader.head.size * SCRATCH_PERCENT // 100


def _fill(session: Session, reader: BackupReader, path: Path, watched: Watched, bar: "Progress") -> Tried:
    manifest = backups.fill(session, reader, CLOCK)
    task = bar.add_task("Checking", total=verification.how_much(session))
    tell: Callable[[int], None] = lambda more: bar.advance(task, more)  # noqa: E731
    found = list(backups.check_restored(session, manifest, signature_is_sound, tell))
    row = BackupRow(
        backup_id=CLOCK.new_id(),
        epoch=manifest.epoch,
        made_at_ms=manifest.made_at_ms,
        verified_at_ms=CLOCK.now_ms(),
        entries=manifest.entries,
        files=manifest.files,
        size=path.stat().st_size,
        sha256=watched.sha256,
    )
    return Tried(session, manifest, found, row)


# ---- epoch ------------------------------------------------------------------------------------------------------------


def begin_epoch(data: Path | None, is_agreed: bool) -> int:
    """Begins a new epoch of central after a question. Returns 1 when the answer was no."""
    with beside_central(_central(data)) as database:
        question = "Every tablet will send all it holds again, and nothing is safe until the next backup. Begin?"
        if not is_agreed and not typer.confirm(question, err=True):
            return 1
        with database.write() as session:
            epoch = backups.rotate_epoch(session, CLOCK)
    console.print(f"epoch {epoch}")
    return 0


# ---- places and keys --------------------------------------------------------------------------------------------------


def _central(data: Path | None) -> Settings:
    """The settings of central. Raises OfficeOnly for a tablet's folder."""
    settings = settings_of(data, role="central")
    if has_slots(settings.data_dir):
        raise OfficeOnly()
    return settings


@contextmanager
def _empty_place(settings: Settings) -> Iterator[tuple[Database, Callable[[], None]]]:
    """An empty database to restore into, and what makes it central's once all is well. Raises NotEmpty."""
    if settings.database_url:
        database = open_postgresql(settings.database_url)
        try:
            if not backups.is_empty(database):
                raise NotEmpty(place=database.engine.url.render_as_string(hide_password=True))
            yield database, lambda: None
        finally:
            database.close()
        return
    folder = settings.data_dir
    if (folder / DATABASE_NAME).exists() or has_slots(folder):
        raise NotEmpty(place=str(folder))
    with only_process(folder), workshop(folder) as unfinished:
        database = open_sqlite(unfinished / "new", central_key(settings))
        without_log(database)

        def keep() -> None:
            database.close()
            made = unfinished / "new" / DATABASE_NAME
            make_durable(made)
            os.rename(made, folder / DATABASE_NAME)
            make_folder_durable(folder)

        try:
            yield database, keep
        finally:
            database.close()


def _free_name(file: Path) -> Path:
    """The file to write; in a folder that was named, one that says when it was made. Raises WouldOverwrite."""
    target = file.absolute()
    if target.is_dir():
        target = target / f"baqylau-{as_moment(CLOCK.now_ms()):%Y%m%dT%H%M%SZ}.backup"
    _refuse_taken(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _refuse_taken(target: Path) -> None:
    if target.exists():
        raise WouldOverwrite(path=str(target))


def _writable(file: Path) -> Path:
    """Where the scratch may lie: beside the backup, or among temporary files when that is a read-only disk."""
    import tempfile

    folder = file.absolute().parent
    return folder if os.access(folder, os.W_OK) else Path(tempfile.gettempdir())


def _key_file(settings: Settings) -> Path:
    """Where the backup key is. Raises BackupKeyRefused inside the data folder: who copies that would have both."""
    folder = settings.data_dir.absolute()
    path = (settings.backup_key_file or folder.with_name(f"{folder.name}-backup.key")).absolute()
    if folder.resolve() in path.resolve().parents:
        raise BackupKeyRefused("inside", key_file=str(path))
    return path


def _key_to_write(settings: Settings) -> tuple[bytes, Path]:
    """The backup key, made at the first backup."""
    path = _key_file(settings)
    try:
        return read_key(path), path
    except BackupKeyMissing:
        key = make_key(path)
        complaints.print(f"A new backup key, {key_name(key)}, was made in {path}.", markup=False)
        complaints.print("Copy it to a place off this machine today: without it no backup opens.", markup=False)
        return key, path
