"""A disk that loses its power: every write, sync and truncation of the real engine, and each image they may leave.

The engine is the one that the program ships with (SQLCipher inside `sqlcipher3`, SQLite behind `sqlite3`): its default
VFS is replaced, through ctypes, by a copy of itself whose writes are noted first. No root, no tracer, no other build.
"""

from __future__ import annotations

import ctypes
import importlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

SECTOR = 512  # what a disk writes whole or not at all
Image = dict[str, bytearray]
Keeps = Literal["synced", "everything", "some"]

# Places in the tables of functions that SQLite calls (sqlite3.h): counted in pointers, which is how they are laid out.
VFS_POINTERS, VFS_NAME, VFS_OPEN, VFS_DELETE = 21, 3, 5, 6
METHODS, WRITE, TRUNCATE, SYNC = 19, 3, 4, 5
_File, _Vfs = ctypes.c_void_p, ctypes.c_void_p
_OPEN = ctypes.CFUNCTYPE(ctypes.c_int, _Vfs, ctypes.c_void_p, _File, ctypes.c_int, ctypes.c_void_p)
_DELETE = ctypes.CFUNCTYPE(ctypes.c_int, _Vfs, ctypes.c_void_p, ctypes.c_int)
_WRITE = ctypes.CFUNCTYPE(ctypes.c_int, _File, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)
_TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, _File, ctypes.c_int64)
_SYNC = ctypes.CFUNCTYPE(ctypes.c_int, _File, ctypes.c_int)


@dataclass(frozen=True)
class Event:
    """What the engine did to a file: `write` (place and bytes), `truncate` (size), `sync` or `delete`."""

    what: str
    file: str
    at: int = 0
    data: bytes = b""


@dataclass
class Recording:
    """What happened to the files of a folder, since a moment at which all of them were on the disk."""

    folder: Path
    events: list[Event] = field(default_factory=list)
    start: Image = field(default_factory=dict)

    def begin(self) -> None:
        """From here on: what is in the folder now counts as safely on the disk."""
        self.start = {path.name: bytearray(path.read_bytes()) for path in self.folder.iterdir() if _lasts(path.name)}
        self.events.clear()

    def image(self, length: int, keeps: Keeps, chance: random.Random) -> Image:
        """What is on the disk when the power goes after `length` events.

        What was synced is there. Of the rest nothing, everything, or a random part, writes torn at 512 bytes.
        """
        image: Image = {name: bytearray(data) for name, data in self.start.items()}
        waiting: list[Event] = []
        for event in self.events[:length]:
            if event.what == "sync":
                for one in waiting:
                    if one.file == event.file:
                        _apply(image, one)
            if event.what == "delete":
                image.pop(event.file, None)
            if event.what in ("sync", "delete"):
                waiting = [one for one in waiting if one.file != event.file]
            else:
                waiting.append(event)
        for event in waiting:
            for part in _kept(event, keeps, chance):
                _apply(image, part)
        return image


def _kept(event: Event, keeps: Keeps, chance: random.Random) -> list[Event]:
    if keeps != "some":
        return [event] if keeps == "everything" else []
    luck = chance.random()
    if luck < 0.4:
        return [event]
    if luck > 0.7 or event.what != "write":
        return []
    places = [at for at in range(0, len(event.data), SECTOR) if chance.random() < 0.5]
    return [Event("write", event.file, event.at + at, event.data[at : at + SECTOR]) for at in places]


def _apply(image: Image, event: Event) -> None:
    data = image.setdefault(event.file, bytearray())
    if event.what == "truncate":
        del data[event.at :]
        return
    data.extend(bytes(max(0, event.at - len(data))))
    data[event.at : event.at + len(event.data)] = event.data


def _lasts(name: str) -> bool:
    """The shared memory of the write-ahead log does not outlive the power: it is made anew from the log."""
    return not name.endswith("-shm")


@contextmanager
def recording(module: str, folder: Path) -> Iterator[Recording]:
    """Notes what the SQLite inside `module` (`sqlite3` or `sqlcipher3`) does to the files of `folder`.

    Skips where that SQLite shows none of its own functions, as on Windows.
    """
    made = Recording(folder.resolve())
    engine = _engine_of(module)
    first = engine.sqlite3_vfs_find(None)
    ours = _Recorder(made, first)
    engine.sqlite3_vfs_register(ctypes.addressof(ours.vfs), 1)
    try:
        yield made
    finally:
        engine.sqlite3_vfs_register(first, 1)
        engine.sqlite3_vfs_unregister(ctypes.addressof(ours.vfs))


def _engine_of(module: str) -> Any:
    path = importlib.import_module({"sqlite3": "_sqlite3", "sqlcipher3": "sqlcipher3._sqlite3"}[module]).__file__
    try:
        engine = ctypes.CDLL(path)
        engine.sqlite3_vfs_find.restype = ctypes.c_void_p
        engine.sqlite3_vfs_register.argtypes = [ctypes.c_void_p, ctypes.c_int]
        engine.sqlite3_vfs_unregister.argtypes = [ctypes.c_void_p]
    except (AttributeError, OSError, TypeError) as error:
        pytest.skip(f"the SQLite of {module} shows none of its functions here: {error}")
    return engine


class _Recorder:
    """A VFS that is the engine's own but for four functions; kept alive as long as the engine may call it."""

    _alive: list[_Recorder] = []  # noqa: RUF012 - a pooled connection may close its file after the recording

    def __init__(self, made: Recording, first: int) -> None:
        self.made = made
        self.names: dict[int, str] = {}
        self.methods: dict[int, Any] = {}
        self.kept: list[Any] = []
        self.first = first
        table = (ctypes.c_void_p * VFS_POINTERS).from_address(first)
        self.first_open, self.first_delete = _OPEN(table[VFS_OPEN]), _DELETE(table[VFS_DELETE])
        self.vfs = (ctypes.c_void_p * VFS_POINTERS).from_buffer_copy(table)
        self.name = ctypes.create_string_buffer(b"recorder")
        self._put(self.vfs, VFS_NAME, ctypes.addressof(self.name))
        self._put(self.vfs, VFS_OPEN, _OPEN(self.open))
        self._put(self.vfs, VFS_DELETE, _DELETE(self.delete))
        self._alive.append(self)

    def _put(self, table: Any, place: int, what: Any) -> None:
        self.kept.append(what)
        table[place] = what if isinstance(what, int) else ctypes.cast(what, ctypes.c_void_p).value

    def open(self, vfs: int, name: int, file: int, flags: int, out: int) -> int:
        result = self.first_open(self.first, name, file, flags, out)
        path = Path(ctypes.string_at(name).decode()) if name else Path()
        if result == 0 and path.parent == self.made.folder and _lasts(path.name):
            self.names[file] = path.name
            slot = ctypes.c_void_p.from_address(file)
            slot.value = ctypes.addressof(self._noting(slot.value or 0))
        return int(result)

    def _noting(self, methods: int) -> Any:
        """A copy of a file's functions that notes first. One for each kind of file that the engine has."""
        if methods not in self.methods:
            table = (ctypes.c_void_p * METHODS).from_address(methods)
            mine = (ctypes.c_void_p * METHODS).from_buffer_copy(table)
            write, truncate, sync = _WRITE(table[WRITE]), _TRUNCATE(table[TRUNCATE]), _SYNC(table[SYNC])

            def on_write(file: int, data: int, size: int, at: int) -> int:
                self.made.events.append(Event("write", self.names[file], at, ctypes.string_at(data, size)))
                return int(write(file, data, size, at))

            def on_truncate(file: int, size: int) -> int:
                self.made.events.append(Event("truncate", self.names[file], size))
                return int(truncate(file, size))

            def on_sync(file: int, flags: int) -> int:
                result = int(sync(file, flags))
                self.made.events.append(Event("sync", self.names[file]))
                return result

            for place, what in ((WRITE, _WRITE(on_write)), (TRUNCATE, _TRUNCATE(on_truncate)), (SYNC, _SYNC(on_sync))):
                self._put(mine, place, what)
            self.methods[methods] = mine
        return self.methods[methods]

    def delete(self, vfs: int, name: int, sync: int) -> int:
        path = Path(ctypes.string_at(name).decode())
        if path.parent == self.made.folder and _lasts(path.name):
            self.made.events.append(Event("delete", path.name))
        return int(self.first_delete(self.first, name, sync))
