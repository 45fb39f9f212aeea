"""Brings a database to the newest schema. Journal and local tables are migrated; the projection is made anew."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, func, inspect, select, text
from sqlmodel import Session, SQLModel

from app.config import ROOT
from app.errors import DataFromNewerVersion
from app.store.db import Database
from app.store.tables import PROJECTIONS

HEAD: Final = "0007"  # the newest revision in migrations/versions; a test holds it true
STARTING: Final = 0x62617179  # the number of our advisory lock; such locks belong to one database, so it is ours alone


@contextmanager
def one_at_a_time(database: Database) -> Iterator[None]:
    """Lets one process of central at a time make tables, keys and projection; the others wait for it.

    On SQLite there is nothing to do: a second process is kept off by the lock file. The lock goes with its connection,
    so a process that dies leaves none behind.
    """
    if database.is_sqlite:
        yield
        return
    with database.engine.connect() as connection:
        # Without a transaction: one that stays open would hold up VACUUM, and is not needed for a lock of the session.
        unbound = connection.execution_options(isolation_level="AUTOCOMMIT")
        unbound.execute(select(func.pg_advisory_lock(STARTING)))
        try:
            yield
        finally:
            unbound.execute(select(func.pg_advisory_unlock(STARTING)))


def bring_up_to_date(database: Database) -> str:
    """Migrates when needed; returns the revision. Raises DataFromNewerVersion for a schema this version does not know.

    Alembic is imported only when there is something to do: it costs a third of a second at every start otherwise.
    """
    with database.engine.connect() as connection:
        found = revision_of(connection)
    if found != HEAD:
        upgrade(database, found)
    SQLModel.metadata.create_all(database.engine, tables=list(PROJECTIONS), checkfirst=True)
    return HEAD


def revision_of(connection: Connection) -> str:
    """The revision of a database; empty for a new one."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def upgrade(database: Database, found: str) -> None:
    from alembic import command

    config = alembic_config()
    if found and found not in revisions():
        raise DataFromNewerVersion()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def upgrade_within(connection: Connection, revision: str = "head") -> None:
    """Brings the database of this connection to a revision, inside its own transaction. A restored backup needs that."""
    from alembic import command

    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def revisions() -> set[str]:
    """Every revision that this version knows."""
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}


def remake_projections(session: Session) -> None:
    """Drops the projection's tables and makes them empty, in their present shape."""
    SQLModel.metadata.drop_all(session.connection(), tables=list(PROJECTIONS))
    SQLModel.metadata.create_all(session.connection(), tables=list(PROJECTIONS))


def alembic_config() -> Any:
    """Alembic's settings from pyproject.toml, wherever the program was started."""
    from alembic.config import Config

    # Its own default is the stdout of the moment when Alembic was imported.
    return Config(toml_file=ROOT / "pyproject.toml", stdout=sys.stdout)
