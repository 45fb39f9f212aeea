"""Opening a node's data: key slots, database, migrations, projection. The same path for the web app and the commands."""

import contextlib
from pathlib import Path
from typing import Any

from sqlalchemy import delete

from app.clock import Clock
from app.config import Settings
from app.errors_of_keys import KeystoreSilent
from app.store import migrations, office_policy, projection, slots
from app.store.attempts import open_card_counted, open_counted
from app.store.calibration import asked_cost
from app.store.db import Database, open_postgresql, open_sqlite
from app.store.node import open_node, value_of
from app.store.slots import Opened
from app.store.tables import PROJECTION_VERSION, WebSessionRow


def open_database(settings: Settings, key: bytes | None, clock: Clock) -> Database:
    """The node's database, at the newest schema, with its projection up to date. Raises AppErrors of `store.db`."""
    if settings.role == "central" and settings.database_url:
        database = open_postgresql(settings.database_url)
    else:
        database = open_sqlite(Path(settings.data_dir), key)
    with migrations.one_at_a_time(database):
        migrations.bring_up_to_date(database)
        open_node(database, clock, settings.role)
        with database.read() as session:
            is_current = value_of(session, "projection") == PROJECTION_VERSION
        if not is_current:
            with database.write() as session:
                migrations.remake_projections(session)
                projection.rebuild(session)
    return database


def central_key(settings: Settings) -> bytes | None:
    """The key of central's encrypted SQLite, from a file outside the data folder; None for a plain one or PostgreSQL."""
    if settings.database_key_file is None:
        return None
    return bytes.fromhex(settings.database_key_file.read_text().strip())


def open_slot(settings: Settings, passphrase: str, clock: Clock) -> tuple[Opened, int]:
    """A person's slot on this device, and how many tries had failed before. Raises what `open_counted` does.

    A slot of a lower cost than it should have, or without the keystore's secret, is made anew on the way.
    """
    folder = Path(settings.data_dir)
    tries = office_policy.followed(settings).wipe_after_tries
    opened, failed_before = open_counted(folder, passphrase, clock, tries)
    with contextlib.suppress(KeystoreSilent, OSError):  # a full disk keeps nobody out: next time, then
        slots.settle(folder, opened, passphrase, asked_cost(settings))
    return opened, failed_before


def unlock_device(state: Any, passphrase: str) -> tuple[Opened, int]:
    """Opens a person's slot, and with the first one the database. `state` is the app's.

    Also gives how many tries had failed before. Raises what `open_counted` does.
    """
    opened, failed_before = open_slot(state.settings, passphrase, state.clock)
    if state.database is None:
        state.database = open_database(state.settings, opened.database_key, state.clock)
        office_policy.take_up(state, state.database)
    state.database.node.person_keys[opened.person_id] = opened.signing_key
    return opened, failed_before


def unlock_with_card(state: Any, code: str) -> bytes:
    """Opens the database with the recovery card; gives its key. Nobody is signed in by that, and it locks like any other.

    Raises what `open_card_counted` does.
    """
    settings: Settings = state.settings
    tries = office_policy.followed(settings).wipe_after_tries
    key, _ = open_card_counted(Path(settings.data_dir), code, state.clock, tries)
    if state.database is None:
        state.database = open_database(settings, key, state.clock)
        office_policy.take_up(state, state.database)
        with state.database.write() as session:
            session.execute(delete(WebSessionRow))  # no passphrase opens what was open before the lock
    state.lock.here()
    return key
