"""Schemas: from nothing, from rows, on both engines; and the models say what the migrations make."""

from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import inspect, text

from app.config import Settings
from app.errors import DataFromNewerVersion
from app.store import migrations
from app.store.db import Database, open_postgresql, open_sqlite
from app.store.migrations import HEAD, alembic_config, bring_up_to_date, revision_of
from app.store.opening import open_database
from app.store.tables import RecordRow, table
from tests.builders import DEVICE_KEY, FakeClock, answer, held, make_visit, records


@pytest.fixture(params=["cipher", "sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "postgresql":
        return open_postgresql(request.getfixturevalue("postgresql_url"))
    return open_sqlite(tmp_path, DEVICE_KEY if request.param == "cipher" else None)


def test_an_empty_database_is_brought_to_the_newest_schema(empty: Database) -> None:
    assert bring_up_to_date(empty) == HEAD
    with empty.engine.connect() as connection:
        assert revision_of(connection) == HEAD
        assert {"entry", "link", "stream", "record"} <= set(inspect(connection).get_table_names())
    empty.close()


def test_the_second_time_there_is_nothing_to_do_and_alembic_is_not_even_loaded(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_up_to_date(empty)
    monkeypatch.setattr(migrations, "upgrade", lambda *_: pytest.fail("migrated again"))
    assert bring_up_to_date(empty) == HEAD
    empty.close()


def test_the_constant_is_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == HEAD


def test_the_models_say_what_the_migrations_make(empty: Database) -> None:
    bring_up_to_date(empty)
    config = alembic_config()
    with empty.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)
        connection.execute(text("DROP TABLE tap"))
        with pytest.raises(CommandError):  # and it would see a difference
            command.check(config)
    empty.close()


def test_rows_survive_a_migration_from_every_revision(device: Database, tmp_path: Path) -> None:
    with device.write() as session:
        answer(session, make_visit(session))
    before = held(device), records(device)
    config = alembic_config()
    for script in ScriptDirectory.from_config(config).walk_revisions("base", "head"):
        if script.revision == HEAD:
            continue
        with device.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, script.revision)
        bring_up_to_date(device)
        assert (held(device), records(device)) == before
    device.close()
    again = open_database(Settings(data_dir=tmp_path / "device"), DEVICE_KEY, FakeClock())
    assert (held(again), records(again)) == before
    again.close()


def test_a_migration_that_breaks_off_leaves_the_database_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_sqlite(tmp_path, DEVICE_KEY)

    def cut(*_: object, **__: object) -> None:
        raise RuntimeError("power")

    monkeypatch.setattr("alembic.op.batch_alter_table", cut)  # after the first table was made
    with pytest.raises(RuntimeError, match="power"):
        bring_up_to_date(database)
    monkeypatch.undo()
    with database.engine.connect() as connection:
        assert [name for name in inspect(connection).get_table_names() if name != "alembic_version"] == []
        assert revision_of(connection) == ""
    assert bring_up_to_date(database) == HEAD
    database.close()


def test_a_schema_of_a_newer_version_is_refused(empty: Database) -> None:
    bring_up_to_date(empty)
    with empty.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DataFromNewerVersion):
        bring_up_to_date(empty)
    empty.close()


def test_a_projection_of_another_shape_is_dropped_and_made_anew(tmp_path: Path, device: Database) -> None:
    with device.write() as session:
        answer(session, make_visit(session))
    before = records(device)
    with device.write() as session:
        session.execute(text("DROP TABLE record"))
        session.execute(text("CREATE TABLE record (subject TEXT, of_old TEXT)"))
        session.execute(text("UPDATE node_value SET value = '0' WHERE name = 'projection'"))
    device.close()
    again = open_database(Settings(data_dir=tmp_path / "device"), DEVICE_KEY, FakeClock())
    with again.engine.connect() as connection:
        columns = {column["name"] for column in inspect(connection).get_columns("record")}
    assert columns == {column.name for column in table(RecordRow).columns}
    assert records(again) == before
    again.close()
