"""Alembic's environment. The program hands over its own open connection (SQLCipher); the command line gives a URL."""

import os

from alembic import context
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from app.store import tables

PROJECTED = {table.name for table in tables.PROJECTIONS}


def is_migrated(_object: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
    """Projections are dropped and rebuilt, never migrated."""
    return not (kind == "table" and name in PROJECTED)


def run(connection: object) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        include_object=is_migrated,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = create_engine(os.environ["BAQYLAU_ALEMBIC_URL"])
    with engine.connect() as opened:
        run(opened)
        opened.commit()
