"""Commands are run as a person types them, in this process: arguments in, exit code and two texts out."""

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import cli
from app.commands import terminal

# What is started in the background may have Ctrl-C switched off, and passes that on to the programs that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

PHRASE = "one little blue elephant"


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def english_and_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("BAQYLAU_LANGUAGE", "en"),
        ("BAQYLAU_PASSPHRASE_MEMORY_MIB", "19"),
        ("BAQYLAU_PASSPHRASE_ROUNDS", "2"),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(terminal.console, "width", 200)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    def run(*args: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["baqylau", *map(str, args)])
        capfd.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        shown = capfd.readouterr()
        return Result(code, shown.out, shown.err)

    return run


@pytest.fixture
def phrase(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("BAQYLAU_PASSPHRASE", PHRASE)
    yield PHRASE


@pytest.fixture
def office(run: Run, phrase: str, tmp_path: Path) -> Path:
    """The data folder of an office with its administrator."""
    folder = tmp_path / "office"
    added = run("add-person", "Aigul", "--role", "administrator", "--sign-in", "aigul", "--data", folder)
    assert added.code == 0, added.err
    return folder
