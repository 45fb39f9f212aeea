"""The node of a data folder, opened for one command while nothing else uses it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.clock import SystemClock
from app.commands.terminal import ask_passphrase, settings_of
from app.config import Settings
from app.errors import N_, DataFromNewerVersion, InvalidInput, NotEnrolled, OlderSchema
from app.store.db import DATABASE_NAME, Database, open_postgresql, open_sqlite
from app.store.folder import only_process
from app.store.migrations import HEAD, revision_of, revisions
from app.store.opening import central_key, open_database, open_slot
from app.store.slots import Opened, has_slots

NO_DATA: Final = N_("There is no data of Baqylau in %(folder)s. Name its folder with --data.")


@dataclass(frozen=True)
class OpenNode:
    """A node's settings, open database and, on a device, whose passphrase opened it.

    `found_revision` is the schema that the data had before it was opened; empty for new data.
    """

    settings: Settings
    database: Database
    opened: Opened | None
    found_revision: str


@contextmanager
def this_node(data: Path | None, passphrase_file: Path | None) -> Iterator[OpenNode]:
    """The node of the data folder: a device when it has key slots, else central. Asks a device's passphrase.

    Raises InvalidInput for a folder without data, DataInUse, WrongPassphrase, and what `open_database` raises.
    """
    folder = Path(settings_of(data).data_dir)
    role = "device" if has_slots(folder) else "central"
    settings = settings_of(data, role=role)
    if role == "central" and not settings.database_url and not (folder / DATABASE_NAME).exists():
        raise InvalidInput(NO_DATA, "data", folder=str(folder))
    with alone(settings), _open(settings, passphrase_file if role == "device" else None) as node:
        yield node


@contextmanager
def this_central(data: Path | None) -> Iterator[OpenNode]:
    """Central of the data folder; made when there is none yet."""
    settings = settings_of(data, role="central")
    with alone(settings), _open(settings, None) as node:
        yield node


@contextmanager
def this_device(data: Path | None, passphrase_file: Path | None) -> Iterator[OpenNode]:
    """The device of the data folder. Raises NotEnrolled when nobody has a passphrase there."""
    settings = settings_of(data, role="device")
    if not has_slots(Path(settings.data_dir)):
        raise NotEnrolled()
    with alone(settings), _open(settings, passphrase_file) as node:
        yield node


@contextmanager
def beside_central(settings: Settings) -> Iterator[Database]:
    """Central's database beside the server that uses it: no lock, no migration, no incarnation of its own.

    Raises OlderSchema, DataFromNewerVersion, and InvalidInput for a database that was never central's.
    """
    url = settings.database_url
    if not url and not (settings.data_dir / DATABASE_NAME).exists():
        raise InvalidInput(NO_DATA, "data", folder=str(settings.data_dir))
    database = open_postgresql(url) if url else open_sqlite(settings.data_dir, central_key(settings))
    try:
        with database.engine.connect() as connection:
            found = revision_of(connection)
        if not found:
            raise InvalidInput(NO_DATA, "data", folder=str(settings.data_dir))
        if found != HEAD:
            known = found in revisions()
            raise OlderSchema(found=found, needed=HEAD) if known else DataFromNewerVersion()
        yield database
    finally:
        database.close()


def alone(settings: Settings) -> AbstractContextManager[None]:
    """Keeps a second process off the data folder. On PostgreSQL any number of processes of central work together."""
    is_shared = settings.role == "central" and settings.database_url
    return nullcontext() if is_shared else only_process(Path(settings.data_dir))


@contextmanager
def _open(settings: Settings, passphrase_file: Path | None) -> Iterator[OpenNode]:
    opened = None
    if settings.role == "device":
        opened, _ = open_slot(settings, ask_passphrase(passphrase_file), SystemClock())
    key = opened.database_key if opened else central_key(settings)
    found = _revision(settings, key)
    database = open_database(settings, key, SystemClock())
    if opened:
        database.node.person_keys[opened.person_id] = opened.signing_key
    try:
        yield OpenNode(settings, database, opened, found)
        database.checkpoint()
    finally:
        database.close()


def _revision(settings: Settings, key: bytes | None) -> str:
    url = settings.database_url if settings.role == "central" else ""
    database = open_postgresql(url) if url else open_sqlite(Path(settings.data_dir), key)
    try:
        with database.engine.connect() as connection:
            return revision_of(connection)
    finally:
        database.close()
