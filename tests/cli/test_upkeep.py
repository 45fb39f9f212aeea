"""`verify` finds what was changed behind the program's back; `reindex` mends what can be mended."""

import sqlite3
from pathlib import Path

import pytest

from app.store.db import DATABASE_NAME
from app.store.migrations import HEAD
from tests.cli.conftest import Run


def tamper(folder: Path, statement: str) -> str:
    """Changes the database by hand; returns the id of the entry it holds."""
    connection = sqlite3.connect(folder / DATABASE_NAME)
    with connection:
        entry_id: str = connection.execute("SELECT entry_id FROM entry").fetchone()[0]
        connection.execute(statement)
    connection.close()
    return entry_id


def test_a_sound_journal_holds(run: Run, office: Path) -> None:
    said = run("verify", "--data", office)
    assert (said.code, said.err) == (0, "")
    assert "all hold" in said.out


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE entry SET body = replace(body, 'Aigul', 'Bigul')", "its body is not the one that was linked"),
        ("UPDATE entry SET header = replace(header, 'person', 'parson')", "its header is not the one that was linked"),
        ("UPDATE entry SET author = 'someone'", "its row says something else than its header"),
        ("UPDATE link SET chain = zeroblob(32)", "the chain is broken here"),
        ("UPDATE link SET seq = 2", "the numbering jumps from 0 to 2"),
        ("DELETE FROM link", "stands in no stream"),
    ],
)
def test_a_changed_entry_is_named(run: Run, office: Path, statement: str, sentence: str) -> None:
    statement = statement.replace("replace(body", "CAST(replace(body").replace("replace(header", "CAST(replace(header")
    statement = statement.replace("')", "') AS BLOB)") if "CAST" in statement else statement
    entry_id = tamper(office, statement)
    said = run("verify", "--data", office)
    assert said.code == 1
    assert sentence in said.err
    assert f"the first is {entry_id}" in said.err or "ends at 0" in said.err
    assert entry_id in said.err


def test_a_changed_record_is_found_and_built_anew(run: Run, office: Path) -> None:
    tamper(office, "UPDATE record SET fields = '{}'")
    said = run("verify", "--data", office)
    assert said.code == 1
    assert "is not what its entries add up to" in said.err
    assert run("reindex", "--data", office).out == "1 records from 1 entries\n"
    assert run("verify", "--data", office).code == 0


def test_a_record_without_entries_is_found(run: Run, office: Path) -> None:
    tamper(office, "INSERT INTO record SELECT 'ghost', kind, scope, fields, conflicts, heads FROM record")
    assert "record ghost: has no entries" in run("verify", "--data", office).err


def test_a_changed_file_is_found(run: Run, office: Path) -> None:
    tamper(
        office,
        "INSERT INTO attachment (sha256, media_type, size, data, scope, added_at_ms)"
        " VALUES ('00', 'image/webp', 1, x'00', 's', 1)",
    )
    assert "file 00: its bytes were changed" in run("verify", "--data", office).err


def test_a_seal_that_does_not_hold_is_found(run: Run, office: Path) -> None:
    tamper(office, "INSERT INTO seal SELECT stream, last_seq, zeroblob(64) FROM stream WHERE last_seq > 0")
    assert "the seal of its device does not hold" in run("verify", "--data", office).err


def test_migrate_says_what_it_did(run: Run, office: Path) -> None:
    assert run("migrate", "--data", office).out == f"schema {HEAD}, as it was\n"
