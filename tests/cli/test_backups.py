"""`backup`, `restore`, `verify --backup` and `new-epoch`, as they are typed at the office."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from app.commands import backups as commands
from app.config import ROOT
from app.store.db import DATABASE_NAME
from app.store.folder import only_process
from tests.cli.conftest import Run

KEY_NAME = "office-backup.key"


def value(folder: Path, question: str) -> object:
    connection = sqlite3.connect(folder / DATABASE_NAME)
    with connection:
        row = connection.execute(question).fetchone()
    connection.close()
    return row[0] if row else None


def moved(folder: Path) -> tuple[object, object]:
    """(how far the watermark is, how many backups counted)."""
    return value(folder, "SELECT max(durable_seq) FROM stream"), value(folder, "SELECT count(*) FROM backup")


@pytest.fixture
def made(run: Run, office: Path) -> Path:
    """A backup of the office."""
    said = run("backup", office.parent / "a.backup", "--data", office)
    assert said.code == 0, said.err
    return office.parent / "a.backup"


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch, made: Path) -> Path:
    """The key of that backup, named as one does on a new machine."""
    monkeypatch.setenv("BAQYLAU_BACKUP_KEY_FILE", str(made.parent / KEY_NAME))
    return made.parent / KEY_NAME


# ---- backup -----------------------------------------------------------------------------------------------------------


def test_a_backup_is_tried_before_it_counts_and_says_where_its_key_is(run: Run, office: Path) -> None:
    said = run("backup", office.parent / "a.backup", "--data", office)
    assert said.code == 0
    assert "1 entries, 0 files" in said.out and "restored into scratch and verified: it counts" in said.out
    assert f"was made in {office.parent / KEY_NAME}" in said.err and "off this machine" in said.err
    assert (office.parent / KEY_NAME).stat().st_mode & 0o777 == 0o600
    assert (office.parent / "a.backup").stat().st_mode & 0o777 == 0o600
    assert moved(office) == (1, 1)
    assert sorted(path.name for path in office.parent.iterdir()) == ["a.backup", "office", KEY_NAME]
    again = run("backup", office.parent / "b.backup", "--data", office)
    assert (again.code, again.err) == (0, "")
    assert str(office.parent / KEY_NAME) in again.out


def test_a_folder_gets_a_file_with_the_moment_in_its_name(run: Run, office: Path, tmp_path: Path) -> None:
    (tmp_path / "nightly").mkdir()
    assert run("backup", tmp_path / "nightly", "--data", office).code == 0
    assert [path.suffix for path in (tmp_path / "nightly").iterdir()] == [".backup"]


def test_it_is_made_beside_a_running_server(run: Run, office: Path) -> None:
    with only_process(office):
        assert run("backup", office.parent / "a.backup", "--data", office).code == 0
        assert moved(office) == (1, 1)
        assert run("verify", "--data", office).code == 0
        assert run("restore", office.parent / "a.backup", "--data", office).code == 2


def test_it_begins_no_incarnation_of_central(run: Run, office: Path) -> None:
    before = value(office, "SELECT value FROM node_value WHERE name = 'incarnation'")
    run("backup", office.parent / "a.backup", "--data", office)
    run("verify", "--data", office)
    assert value(office, "SELECT value FROM node_value WHERE name = 'incarnation'") == before


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def test_a_byte_that_the_disk_changed_is_found_and_moves_nothing(
    run: Run, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "make_durable", flip)
    said = run("backup", office.parent / "a.backup", "--data", office)
    assert said.code == 1
    assert "does not count" in said.err and "changed or damaged near byte" in said.err
    assert moved(office) == (0, 0)
    assert sorted(path.name for path in office.parent.iterdir()) == ["office", KEY_NAME]


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE link SET chain = zeroblob(32)", "the chain is broken here"),
        ("UPDATE entry SET body = CAST(replace(body, 'Aigul', 'Bigul') AS BLOB)", "is not the one that was linked"),
        (
            "INSERT INTO attachment (sha256, media_type, size, data, scope, added_at_ms)"
            " VALUES ('00', 'image/webp', 1, x'00', 's', 1)",
            "file 00: its bytes were changed",
        ),
    ],
)
def test_what_does_not_verify_moves_nothing_and_is_kept_under_a_name_that_says_so(
    run: Run, office: Path, statement: str, sentence: str
) -> None:
    value(office, statement)
    said = run("backup", office.parent / "a.backup", "--data", office)
    assert said.code == 1
    assert "does not count" in said.err and sentence in said.err and "the first is" in said.err
    assert moved(office) == (0, 0)
    assert not (office.parent / "a.backup").exists()
    kept = office.parent / "a.backup.unverified"
    assert kept.exists()
    os.environ["BAQYLAU_BACKUP_KEY_FILE"] = str(office.parent / KEY_NAME)
    try:
        refused = run("restore", kept, "--data", office.parent / "new")
        assert (refused.code, (office.parent / "new" / DATABASE_NAME).exists()) == (1, False)
        assert "Nothing was restored" in refused.err and sentence in refused.err
        despite = run("restore", kept, "--data", office.parent / "new", "--despite-findings")
        assert (despite.code, (office.parent / "new" / DATABASE_NAME).exists()) == (1, True)
    finally:
        del os.environ["BAQYLAU_BACKUP_KEY_FILE"]


def test_a_killed_backup_leaves_nothing_that_counts(run: Run, office: Path) -> None:
    program = (
        "import os, signal, sys; from app.commands import backups; from pathlib import Path\n"
        "backups.make_durable = lambda path: os.kill(os.getpid(), signal.SIGKILL)\n"
        "backups.make_backup(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    target = office.parent / "a.backup"
    ended = subprocess.run([sys.executable, "-c", program, target, office], cwd=ROOT, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert moved(office) == (0, 0) and not target.exists()
    assert [path.name for path in office.parent.glob(".baqylau-backup-*/backup")] == ["backup"]
    assert run("backup", target, "--data", office).code == 0
    assert list(office.parent.glob(".baqylau-backup-*")) == []


def test_a_backup_of_an_epoch_that_ended_meanwhile_moves_nothing(
    run: Run, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def restored_meanwhile(path: Path) -> None:
        value(office, "UPDATE node_value SET value = 'another' WHERE name = 'epoch'")

    monkeypatch.setattr(commands, "make_durable", restored_meanwhile)
    said = run("backup", office.parent / "a.backup", "--data", office)
    assert said.code == 1 and "new epoch" in said.err
    assert moved(office) == (0, 0)


def test_nothing_is_overwritten(run: Run, office: Path, made: Path) -> None:
    before = made.read_bytes()
    said = run("backup", made, "--data", office)
    assert said.code == 2 and "is there already" in said.err
    assert made.read_bytes() == before


def test_too_little_room_is_said_at_once(run: Run, office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.store import backups_scratch

    usage = backups_scratch.shutil.disk_usage(office)._replace(free=3_000_000)
    monkeypatch.setattr(backups_scratch.shutil, "disk_usage", lambda _: usage)
    said = run("backup", office.parent / "a.backup", "--data", office)
    assert said.code == 2
    assert "has 3 MB" in said.err and "needs about 9 MB" in said.err
    assert moved(office) == (0, 0)


def test_it_is_refused_at_a_tablet_without_data_and_with_the_key_beside_the_data(
    run: Run, office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tablet").mkdir()
    (tmp_path / "tablet" / "slots.json").write_text("{}")
    said = run("backup", tmp_path / "x", "--data", tmp_path / "tablet")
    assert said.code == 2 and "done at the office" in said.err
    said = run("backup", tmp_path / "x", "--data", tmp_path / "nowhere")
    assert said.code == 2 and "no data of Baqylau" in said.err
    monkeypatch.setenv("BAQYLAU_BACKUP_KEY_FILE", str(office / "keys" / "backup.key"))
    said = run("backup", tmp_path / "x", "--data", office)
    assert said.code == 2 and "lies in the data folder" in said.err
    assert not (office / "keys").exists()


def test_data_of_another_version_is_refused(run: Run, office: Path) -> None:
    older, newer = "UPDATE alembic_version SET version_num = '0001'", "UPDATE alembic_version SET version_num = '9999'"
    for statement, sentence in ((older, "has schema 0001"), (newer, "newer version")):
        value(office, statement)
        said = run("backup", office.parent / "x", "--data", office)
        assert said.code == 2 and sentence in said.err


# ---- verify and restore -----------------------------------------------------------------------------------------------


def test_a_backup_is_checked_without_leaving_anything(run: Run, made: Path, key: Path) -> None:
    before = sorted(made.parent.iterdir())
    said = run("verify", "--backup", made)
    assert said.code == 0 and "all hold" in said.out
    assert sorted(made.parent.iterdir()) == before


def test_a_damaged_a_cut_and_a_foreign_file_are_told_apart(run: Run, made: Path, key: Path, tmp_path: Path) -> None:
    whole = made.read_bytes()
    made.write_bytes(whole[:-1])
    assert run("verify", "--backup", made).code == 1
    made.write_bytes(whole[:57])
    said = run("verify", "--backup", made)
    assert said.code == 1 and "cut short" in said.err
    made.write_bytes(b"no backup at all")
    said = run("verify", "--backup", made)
    assert said.code == 2 and "is not a backup" in said.err
    assert run("restore", made, "--data", tmp_path / "new").code == 2
    assert not (tmp_path / "new" / DATABASE_NAME).exists()


def test_another_key_and_no_key_are_refused(
    run: Run, made: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = run("restore", made, "--data", tmp_path / "new")
    assert said.code == 2 and "There is no backup key in" in said.err
    (tmp_path / "other.key").write_text("11" * 32)
    monkeypatch.setenv("BAQYLAU_BACKUP_KEY_FILE", str(tmp_path / "other.key"))
    for command in (("restore", made, "--data", tmp_path / "new"), ("verify", "--backup", made)):
        said = run(*command)
        assert said.code == 2 and "Name the right key file" in said.err


def test_a_restored_office_verifies_and_people_sign_in(run: Run, office: Path, made: Path, key: Path) -> None:
    new = office.parent / "new"
    said = run("restore", made, "--data", new)
    assert said.code == 0 and "1 entries and 0 files restored and verified" in said.out
    assert sorted(path.name for path in new.iterdir()) == [DATABASE_NAME, "lock"]
    assert moved(new) == (1, 1)
    for question in ("SELECT sign_in_name FROM credential", "SELECT value FROM node_value WHERE name = 'signing_key'"):
        assert value(new, question) == value(office, question) is not None
    epoch = "SELECT value FROM node_value WHERE name = 'epoch'"
    assert value(new, epoch) != value(office, epoch)
    assert run("verify", "--data", new).code == 0


def test_a_place_that_is_not_empty_is_refused(run: Run, office: Path, made: Path, key: Path, tmp_path: Path) -> None:
    before = value(office, "SELECT value FROM node_value WHERE name = 'epoch'")
    said = run("restore", made, "--data", office)
    assert said.code == 2 and f"{office} is not empty" in said.err
    assert value(office, "SELECT value FROM node_value WHERE name = 'epoch'") == before
    (tmp_path / "tablet").mkdir()
    (tmp_path / "tablet" / "slots.json").write_text("{}")
    assert run("restore", made, "--data", tmp_path / "tablet").code == 2


def test_an_encrypted_office_goes_to_postgresql_and_back(
    run: Run, phrase: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql_url: str
) -> None:
    (tmp_path / "database.key").write_text("5a" * 32)
    monkeypatch.setenv("BAQYLAU_DATABASE_KEY_FILE", str(tmp_path / "database.key"))
    monkeypatch.setenv("BAQYLAU_BACKUP_KEY_FILE", str(tmp_path / "safe" / "backup.key"))
    office = tmp_path / "office"
    assert run("add-person", "Aigul", "--role", "administrator", "--sign-in", "aigul", "--data", office).code == 0
    assert run("backup", tmp_path / "1.backup", "--data", office).code == 0
    with monkeypatch.context() as there:
        there.setenv("BAQYLAU_DATABASE_URL", postgresql_url)
        assert run("restore", tmp_path / "1.backup").code == 0
        again = run("restore", tmp_path / "1.backup")
        assert again.code == 2 and "is not empty" in again.err
        assert run("verify").code == 0
        assert run("backup", tmp_path / "2.backup").code == 0
        assert run("new-epoch", "--yes").code == 0
    assert run("restore", tmp_path / "2.backup", "--data", tmp_path / "back").code == 0
    assert run("verify", "--data", tmp_path / "back").code == 0
    assert not (tmp_path / "back" / DATABASE_NAME).read_bytes().startswith(b"SQLite")


def test_a_restore_that_fails_leaves_postgresql_empty(
    run: Run, office: Path, made: Path, key: Path, monkeypatch: pytest.MonkeyPatch, postgresql_url: str
) -> None:
    damaged = made.with_name("damaged")
    damaged.write_bytes(made.read_bytes()[:-20])
    monkeypatch.setenv("BAQYLAU_DATABASE_URL", postgresql_url)
    assert run("restore", damaged).code == 2
    assert run("restore", made).code == 0


# ---- epoch ------------------------------------------------------------------------------------------------------------


def test_a_new_epoch_is_asked_about(run: Run, office: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    question = "SELECT value FROM node_value WHERE name = 'epoch'"
    before = value(office, question)
    monkeypatch.setattr(commands.typer, "confirm", lambda *_, **__: False)
    assert run("new-epoch", "--data", office).code == 1
    assert value(office, question) == before
    monkeypatch.setattr(commands.typer, "confirm", lambda *_, **__: True)
    said = run("new-epoch", "--data", office)
    assert said.code == 0 and said.out == f"epoch {value(office, question)}\n"
    assert value(office, question) != before
    assert moved(office)[0] == 0


def test_verify_counts_photos_that_are_still_on_their_way(run: Run, office: Path) -> None:
    value(office, "UPDATE record SET kind = 'photo', fields = '{\"sha256\": \"00\"}'")
    said = run("verify", "--data", office)
    assert "0 of 1 photos are here; 1 are still on their way" in said.out
    assert said.code == 1  # for the record that was changed by hand, not for the photo
    assert "photo" not in said.err
