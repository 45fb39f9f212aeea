"""Opening a node's data: key slots, database, migrations, projection. The same path for the web app and the commands."""

from pathlib import Path
from typing import Any

from app.clock import Clock
from app.config import Settings
from app.store import migrations, office_policy, projection
from app.store.attempts import open_counted
from app.store.db import Database, open_postgresql, open_sqlite
from app.store.node import open_node, value_of
from app.store.tables import PROJECTION_VERSION
from app.store.vault import Opened


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
    """A person's slot on this device, and how many tries had failed before. Raises what `open_counted` does."""
    tries = office_policy.followed(settings).wipe_after_tries
    return open_counted(Path(settings.data_dir), passphrase, clock, tries)


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
