"""Where a backup is made and tried: a folder of its own beside the target, gone afterwards, also after a kill."""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy.exc import OperationalError

from app.errors import DataInUse, DiskFull, NoRoomForBackup
from app.store.db import Database, in_words, open_sqlite
from app.store.folder import only_process

PREFIX: Final = ".baqylau-backup-"
LEAST_BYTES: Final = 8 * 1024 * 1024
MB: Final = 1_000_000


@contextmanager
def workshop(beside: Path) -> Iterator[Path]:
    """A folder in `beside` for unfinished files. Those that a killed backup left there are removed first."""
    for left in beside.glob(f"{PREFIX}*"):
        remove_left_over(left)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=beside))
    try:
        with only_process(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_left_over(folder: Path) -> None:
    """Removes the folder of a backup that is no longer running."""
    try:
        with only_process(folder):
            pass
    except (DataInUse, OSError):
        return
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def scratch_database(folder: Path) -> Iterator[Database]:
    """An empty SQLite database that nobody else can read: encrypted with a key that is never written down."""
    database = open_sqlite(folder, os.urandom(32))
    try:
        without_log(database, is_scratch=True)
        yield database
    finally:
        database.close()


def without_log(database: Database, is_scratch: bool = False) -> None:
    """Writes of this database go straight into its file: one large transaction would be kept twice otherwise.

    For a file that is thrown away unless everything went well. Must come before anything else uses the database.
    """
    pooled = database.engine.raw_connection()
    connection: Any = pooled.driver_connection
    connection.execute("PRAGMA journal_mode = OFF")
    if is_scratch:
        connection.execute("PRAGMA synchronous = OFF")
    pooled.close()


@contextmanager
def enough_room(folder: Path, needed: int) -> Iterator[None]:
    """Refuses at once when `needed` bytes are not free in `folder`, and says the same when they run out on the way.

    Raises NoRoomForBackup.
    """
    needed = max(needed, LEAST_BYTES)

    def refusal() -> NoRoomForBackup:
        free = shutil.disk_usage(folder).free
        return NoRoomForBackup(folder=str(folder), needed=-(-needed // MB), free=free // MB)

    if shutil.disk_usage(folder).free < needed:
        raise refusal()
    try:
        yield
    except OperationalError as error:
        if isinstance(in_words(error), DiskFull):
            raise refusal() from error
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise refusal() from error
        raise


class Watched:
    """A file that is read from its start, with the SHA-256 of what went by; `tell` is given how many more bytes."""

    def __init__(self, file: BinaryIO, tell: Callable[[int], None] = lambda more: None) -> None:
        self._file, self._tell, self._digest = file, tell, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        self._tell(len(data))
        return data

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def make_durable(path: Path) -> None:
    """Asks the disk to keep a file, and forgets it in memory, so that what is read next comes from the disk."""
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def make_folder_durable(folder: Path) -> None:
    """Asks the disk to keep the names in a folder. Windows keeps them by itself."""
    if os.name != "nt":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
