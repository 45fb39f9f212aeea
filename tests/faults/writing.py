"""What tests run in processes of their own: saving until they are killed, and opening one database all at once."""

from __future__ import annotations

import os
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Barrier

from app.clock import SystemClock
from app.config import Settings
from app.store import attachments
from app.store.node import EPOCH, value_of
from app.store.opening import open_database
from tests.builders import DEVICE_KEY, answer, make_visit, node_of

OPENED = b"opened"


def save_until_killed(folder: Path, say: Connection) -> None:
    """Runs for ever. Sends `OPENED`, then `entry <id>` or `file <sha256>` for each thing that is saved."""
    database = open_database(Settings(data_dir=folder), DEVICE_KEY, SystemClock())
    say.send_bytes(OPENED)
    with database.write() as session:
        visit = make_visit(session)
    number = 0
    while True:
        number += 1
        if number % 6 == 0:
            with database.write() as session:
                data = os.urandom(20_000)
                sha256 = attachments.keep(session, data, attachments.PHOTO_TYPE, f"visit:{visit}")
            say.send_bytes(f"file {sha256}".encode())
        else:
            with database.write() as session:
                entry = answer(session, visit, f"A-{number % 40}", f"жауап {number}")
            say.send_bytes(f"entry {entry.entry_id}".encode())
        if number % 25 == 0:
            database.checkpoint()


def open_central(url: str, folder: Path, start: Barrier, say: Connection) -> None:
    """Opens central on a PostgreSQL database at the same moment as others, and says who it is, or what went wrong."""
    settings = Settings(role="central", data_dir=folder, database_url=url)
    start.wait()
    try:
        database = open_database(settings, None, SystemClock())
        with database.read() as session:
            say.send((node_of(database).public_key.hex(), value_of(session, EPOCH), node_of(database).incarnation))
        database.close()
    except Exception as error:
        say.send((f"{type(error).__name__}: {error}", "", ""))
