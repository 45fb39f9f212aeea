"""What every command shares: help, exit codes, refusals as sentences."""

import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from app import __version__
from app.config import ROOT
from app.store.db import DATABASE_NAME
from app.store.folder import only_process
from tests.cli.conftest import Run

COMMANDS = (
    "device",
    "central",
    "demo",
    "enrol",
    "sync",
    "reindex",
    "verify",
    "migrate",
    "import-institutions",
    "add-person",
    "checklists",
    "standards",
    "bench",
)


def test_help_names_every_command(run: Run) -> None:
    said = run("--help")
    assert said.code == 0
    assert [command for command in COMMANDS if f" {command} " not in said.out] == []


@pytest.mark.parametrize("command", [*COMMANDS, "checklists check", "checklists stats", "standards report"])
def test_every_command_has_help(run: Run, command: str) -> None:
    said = run(*command.split(), "--help")
    assert said.code == 0
    assert "Usage: baqylau " + command in said.out


def test_help_does_not_wait_for_the_web_server_or_the_database() -> None:
    script = (
        "import sys; sys.argv = ['baqylau', '--help']\n"
        "from app.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'fastapi', 'uvicorn', 'sqlalchemy', 'cryptography', 'pydantic', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_version(run: Run) -> None:
    assert run("--version").out == f"baqylau {__version__}\n"


@pytest.mark.parametrize("args", [("frobnicate",), ("enrol",), ("import-institutions", "/no/such/file.csv"), ()])
def test_wrong_usage_ends_with_2(run: Run, args: tuple[str, ...]) -> None:
    assert run(*args).code == 2


def test_each_wrong_setting_is_named_with_what_is_allowed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAQYLAU_PORT", "99999")
    monkeypatch.setenv("BAQYLAU_SYNC_EVERY_S", "often")
    monkeypatch.setenv("BAQYLAU_TIME_ZONE", "Mars/Olympus")
    said = run("verify")
    assert said.code == 2
    assert "BAQYLAU_PORT=99999: a whole number from 1 to 65535" in said.err
    assert "BAQYLAU_SYNC_EVERY_S=often: a number from 0.2 to 86400" in said.err
    assert "BAQYLAU_TIME_ZONE=Mars/Olympus" in said.err
    assert "Traceback" not in said.err


def test_a_port_that_cannot_be_is_refused_with_its_name(run: Run, tmp_path: Path) -> None:
    said = run("device", "--port", "70000", "--data", tmp_path)
    assert said.code == 2
    assert "BAQYLAU_PORT=70000" in said.err


def test_settings_come_from_a_file_and_a_misspelt_name_in_it_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "settings"
    monkeypatch.setenv("BAQYLAU_SETTINGS_FILE", str(file))
    file.write_text(f"# our office\nBAQYLAU_DATA_DIR={tmp_path / 'there'}\n")
    assert str(tmp_path / "there") in run("verify").err
    file.write_text("BAQYLAU_DATADIR=there\n")
    said = run("verify")
    assert said.code == 2
    assert f"{file}:1: BAQYLAU_DATADIR is no setting" in said.err


def test_a_settings_file_that_is_not_there_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAQYLAU_SETTINGS_FILE", "/no/such/settings")
    assert "BAQYLAU_SETTINGS_FILE=/no/such/settings" in run("verify").err


def test_the_environment_goes_before_the_settings_file(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "settings").write_text("BAQYLAU_DATA_DIR=/from/the/file\n")
    monkeypatch.setenv("BAQYLAU_SETTINGS_FILE", str(tmp_path / "settings"))
    monkeypatch.setenv("BAQYLAU_DATA_DIR", str(tmp_path / "from-the-environment"))
    assert "from-the-environment" in run("verify").err


@pytest.mark.parametrize("command", [("central",), ("reindex",), ("migrate",), ("device", "--port", "18999")])
def test_a_second_process_on_the_same_data_is_refused(run: Run, office: Path, command: tuple[str, ...]) -> None:
    with only_process(office):
        said = run(*command, "--data", office)
    assert said.code == 2
    assert f"already using the data folder {office}" in said.err


def test_refusals_are_said_in_the_language_of_the_settings(
    run: Run, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAQYLAU_LANGUAGE", "kk")
    with only_process(office):
        said = run("reindex", "--data", office)
    assert said.code == 2
    assert str(office) in said.err
    assert "already using" not in said.err


@pytest.mark.parametrize("command", ["verify", "reindex", "migrate", "central"])
def test_data_of_a_newer_version_is_refused_and_left_as_it_is(run: Run, office: Path, command: str) -> None:
    path = office / DATABASE_NAME
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    said = run(command, "--data", office)
    assert said.code == 2
    assert "newer version" in said.err
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)
    connection.close()


@pytest.mark.parametrize("role", ["device", "central"])
def test_a_port_in_use_is_a_sentence(run: Run, tmp_path: Path, role: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = run(role, "--port", taken.getsockname()[1], "--data", tmp_path)
    assert said.code == 2
    assert f"Port {taken_port(said.err)} is taken" in said.err
    assert "Traceback" not in said.err


def taken_port(text: str) -> str:
    return text.split("Port ")[1].split()[0]


def test_sharing_warns_that_others_can_read_along(run: Run, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        said = run("device", "--share", "--port", taken.getsockname()[1], "--data", tmp_path)
    assert "plain HTTP" in said.err


def test_a_command_on_an_empty_folder_makes_nothing_there(run: Run, tmp_path: Path) -> None:
    for command in ("verify", "reindex", "migrate", "sync"):
        assert run(command, "--data", tmp_path / "nothing").code == 2
    assert not (tmp_path / "nothing").exists()
