"""The data folder: one process uses it, and it is its owner's alone."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from app.errors import DataInUse, FolderNotPrivate

OWNER_ONLY: Final = 0o700


def make_private(folder: Path) -> None:
    """The folder, made when absent, so that only its owner can look into it. One that is there stays as it is."""
    folder.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)


def require_private(folder: Path) -> None:
    """Raises FolderNotPrivate when others than owner and group may look into the folder. Windows has its own rights."""
    if os.name != "nt" and folder.exists() and folder.stat().st_mode & 0o007:
        raise FolderNotPrivate(folder=str(folder))


@contextmanager
def only_process(folder: Path) -> Iterator[None]:
    """Holds the lock file of a data folder. Raises DataInUse when another process has it."""
    make_private(folder)
    with open(folder / "lock", "a+b") as handle:
        try:
            _lock_file(handle.fileno())
        except OSError as error:
            raise DataInUse(folder=str(folder)) from error
        yield


def _lock_file(descriptor: int) -> None:
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def write_whole(path: Path, document: Mapping[str, Any]) -> None:
    """A small JSON file, whole or not at all: a new file, flushed, put in the old one's place. Its owner's alone."""
    fresh = path.with_suffix(".new")
    with open(fresh, "w") as handle:
        os.chmod(fresh, 0o600)
        json.dump(dict(document), handle)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(fresh, path)
    flush(path.parent)


def flush(folder: Path) -> None:
    """What was renamed or removed in the folder is so after a power cut, too."""
    if os.name != "nt":
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
