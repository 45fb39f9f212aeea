"""The measured facts of the design, section 7, that the store and its sessions rest on. Each would be lost silently."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import fastapi
import pytest
from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session
from starlette.testclient import TestClient

from app.config import Settings
from app.main import TELL_NOBODY
from app.store.db import OLDEST_SQLITE, Database
from app.web import deps
from app.web.locking import Lock
from tests.builders import answer, held, make_node, make_visit


def bare_app(database: Database) -> FastAPI:
    app = FastAPI()
    app.state.database, app.state.settings, app.state.touched = database, Settings(), {}
    app.state.clock, app.state.is_shared = database.node.clock, False
    app.state.lock = Lock(app.state, None)
    return app


def app_on(database: Database) -> FastAPI:
    app = bare_app(database)

    @app.post("/save")
    def save(session: deps.WriteSession) -> str:
        make_visit(session)
        return "saved"

    @app.post("/refuse")
    def refuse(session: deps.WriteSession) -> str:
        make_visit(session)
        raise fastapi.HTTPException(422)

    return app


@pytest.fixture
def http(device: Database) -> Iterator[TestClient]:
    with TestClient(app_on(device), raise_server_exceptions=False) as client:
        yield client


def break_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    def commit(self: Session) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk I/O error"))

    monkeypatch.setattr(Session, "commit", commit)


def test_fact_1_a_commit_that_fails_is_never_shown_as_saved(
    http: TestClient, device: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_commits(monkeypatch)
    answer = http.post("/save")
    assert answer.status_code == 500
    assert "saved" not in answer.text
    monkeypatch.undo()
    assert held(device) == {}
    assert http.post("/save").text == '"saved"'
    assert len(held(device)) == 1


def test_fact_1_without_the_function_scope_it_would_be_shown_as_saved(
    device: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why the setting is there. If this fails, the fact is no longer one, and `scope` may go."""
    app = bare_app(device)

    @app.post("/save")
    def save(session: Annotated[Session, Depends(deps._write)]) -> str:
        make_visit(session)
        return "saved"

    break_commits(monkeypatch)
    http = TestClient(app, raise_server_exceptions=False)
    assert http.post("/save").status_code == 200


def test_fact_1_a_refusal_rolls_back(http: TestClient, device: Database) -> None:
    assert http.post("/refuse").status_code == 422
    assert held(device) == {}


def test_fact_2_every_session_writes_through_to_the_disk(device: Database, tmp_path: Path) -> None:
    central = make_node(tmp_path / "central", "central")
    for database in (device, central):
        with database.write() as session:
            found = [
                session.execute(text(f"PRAGMA {name}")).scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
        assert found == ["wal", 2, 1]
    central.close()


def test_fact_2_an_integrity_check_comes_after_the_checkpoint(device: Database) -> None:
    with device.write() as session:
        answer(session, make_visit(session))
    device.checkpoint()
    with device.read() as session:
        assert session.execute(text("PRAGMA cipher_integrity_check")).all() == []
        assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"


def test_fact_3_the_driver_is_the_one_build_without_the_wal_reset_bug() -> None:
    import sqlcipher3
    from sqlcipher3 import dbapi2

    assert dbapi2.sqlite_version_info >= OLDEST_SQLITE
    assert importlib.util.find_spec("sqlcipher3")
    assert sqlcipher3


def test_fact_3_what_was_rolled_back_is_gone_also_when_it_was_a_table(device: Database) -> None:
    with pytest.raises(RuntimeError), device.write() as session:
        session.execute(text("CREATE TABLE half (x)"))
        raise RuntimeError
    with device.read() as session:
        assert session.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'half'")).scalar() == 0


def test_fact_8_fastapi_is_the_plain_one_and_sends_no_telemetry() -> None:
    assert importlib.util.find_spec("fastapi_cli") is None
    assert importlib.util.find_spec("opentelemetry.sdk") is None if importlib.util.find_spec("opentelemetry") else True
    assert set(TELL_NOBODY.values()) == {False} and {"auto_configure", "logs"} <= TELL_NOBODY.keys()


def test_fact_8_a_real_postgresql_runs_for_tests(postgresql_url: str) -> None:
    from app.store.db import open_postgresql

    database = open_postgresql(postgresql_url)
    with database.engine.connect() as connection:
        assert "PostgreSQL 18" in str(connection.execute(text("SELECT version()")).scalar())
    database.close()
