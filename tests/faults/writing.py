"""A process that saves answers and photos until it is killed, and says of each, after the commit, that it is saved."""

from __future__ import annotations

import os
from multiprocessing.connection import Connection
from pathlib import Path

from app.clock import SystemClock
from app.config import Settings
from app.store import attachments
from app.store.opening import open_database
from tests.builders import DEVICE_KEY, answer, make_visit

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
