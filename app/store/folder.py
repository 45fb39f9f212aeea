"""The data folder: one process uses it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import DataInUse


@contextmanager
def only_process(folder: Path) -> Iterator[None]:
    """Holds the lock file of a data folder. Raises DataInUse when another process has it."""
    folder.mkdir(parents=True, exist_ok=True)
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
