"""The audit log: chained rows, in which every change, cut and insertion is named."""

from pathlib import Path

import pytest
from sqlalchemy import delete, update

from app.store import audit
from app.store.audit import AUDIT
from app.store.db import Database
from app.store.verification import findings
from tests.builders import make_node


@pytest.fixture
def office(tmp_path: Path) -> Database:
    database = make_node(tmp_path / "central", role="central")
    with database.write() as session:
        for number in range(4):
            audit.note(session, "ana", "read_interview", f"interview-{number}", {"purpose": "to answer a complaint"})
    return database


def wrong(database: Database) -> list[tuple[int, str]]:
    with database.read() as session:
        return list(audit.flaws(session))


def test_rows_that_nobody_touched_hold(office: Database) -> None:
    assert wrong(office) == []


@pytest.mark.parametrize("column", ["who", "what", "of", "told", "at_ms"])
def test_a_changed_row_is_named(office: Database, column: str) -> None:
    with office.write() as session:
        session.execute(update(AUDIT).where(AUDIT.c.seq == 2).values({column: 7 if column == "at_ms" else "x"}))
    assert [seq for seq, _ in wrong(office)] == [2]


@pytest.mark.parametrize(("gone", "named"), [(1, 2), (3, 4), (4, 4)])
def test_a_row_that_was_taken_out_is_noticed(office: Database, gone: int, named: int) -> None:
    with office.write() as session:
        session.execute(delete(AUDIT).where(AUDIT.c.seq == gone))
    assert named in [seq for seq, _ in wrong(office)]


def test_verify_names_the_row(office: Database) -> None:
    with office.write() as session:
        session.execute(update(AUDIT).where(AUDIT.c.seq == 3).values(who="nobody"))
    with office.read() as session:
        told = [str(one.where) for one in findings(session, lambda visit, fields: True)]
    assert told == ["audit log 3"]
