"""The node of a data folder, opened for one command while nothing else uses it."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from app.clock import SystemClock
from app.commands.terminal import ask_passphrase, settings_of
from app.config import Settings
from app.errors import NotEnrolled
from app.store.db import Database, only_process
from app.store.opening import central_key, open_database
from app.store.vault import Opened, has_slots, open_vault


@dataclass(frozen=True)
class OpenNode:
    """A node's settings, open database and, on a device, whose passphrase opened it."""

    settings: Settings
    database: Database
    opened: Opened | None


@contextmanager
def this_node(data: Path | None, passphrase_file: Path | None) -> Iterator[OpenNode]:
    """The node of the data folder: a device when it has key slots, else central. Asks a device's passphrase.

    Raises DataInUse, WrongPassphrase and what `open_database` raises.
    """
    role = "device" if has_slots(Path(settings_of(data).data_dir)) else "central"
    settings = settings_of(data, role=role)
    with _alone(settings), _open(settings, passphrase_file if role == "device" else None) as node:
        yield node


@contextmanager
def this_central(data: Path | None) -> Iterator[OpenNode]:
    """Central of the data folder; made when there is none yet."""
    settings = settings_of(data, role="central")
    with _alone(settings), _open(settings, None) as node:
        yield node


@contextmanager
def this_device(data: Path | None, passphrase_file: Path | None) -> Iterator[OpenNode]:
    """The device of the data folder. Raises NotEnrolled when nobody has a passphrase there."""
    settings = settings_of(data, role="device")
    if not has_slots(Path(settings.data_dir)):
        raise NotEnrolled()
    with _alone(settings), _open(settings, passphrase_file) as node:
        yield node


def _alone(settings: Settings) -> "nullcontext[None] | object":
    return nullcontext()


@contextmanager
def _open(settings: Settings, passphrase_file: Path | None) -> Iterator[OpenNode]:
    opened = None
    if settings.role == "device":
        opened = open_vault(Path(settings.data_dir), ask_passphrase(passphrase_file))
    key = opened.database_key if opened else central_key(settings)
    database = open_database(settings, key, SystemClock())
    if opened:
        database.node.person_keys[opened.person_id] = opened.signing_key
    try:
        yield OpenNode(settings, database, opened)
        database.checkpoint()
    finally:
        database.close()
