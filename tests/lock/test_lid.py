"""A closing lid locks: logind's signals, on a bus of this test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

jeepney = pytest.importorskip("jeepney")
from jeepney.io.blocking import DBusConnection, open_dbus_connection  # noqa: E402

from app.commands.logind import LOGIND, Logind  # noqa: E402
from tests.browser.nodes import Hand, Node, free_port  # noqa: E402
from tests.lock.test_processes import pids, until  # noqa: E402
from tests.web.nodes import PASSPHRASES, Blueprint  # noqa: E402

pytestmark = pytest.mark.skipif(not shutil.which("dbus-daemon"), reason="needs a D-Bus daemon")
CONFIG = (
    '<busconfig><listen>unix:path={}/bus</listen><policy context="default"><allow send_destination="*"/>'
    '<allow own="*"/><allow receive_sender="*"/></policy></busconfig>'
)


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """A bus that stands where the system's would."""
    (tmp_path / "bus.conf").write_text(CONFIG.format(tmp_path))
    command = ["dbus-daemon", f"--config-file={tmp_path}/bus.conf", "--nofork", "--print-address"]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert daemon.stdout is not None
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", daemon.stdout.readline().decode().strip())
    yield daemon
    daemon.kill()
    daemon.wait()


@pytest.fixture
def logind(bus: subprocess.Popen[bytes]) -> Iterator[DBusConnection]:
    """Speaks as logind."""
    connection = open_dbus_connection(bus="SYSTEM")
    connection.send_and_get_reply(jeepney.message_bus.RequestName(LOGIND))
    yield connection
    connection.close()


def say(connection: DBusConnection, interface: str, member: str, *sleeping: bool) -> None:
    path = "/org/freedesktop/login1"
    emitter = jeepney.DBusAddress(path, interface=f"org.freedesktop.login1.{interface}")
    connection.send(jeepney.new_signal(emitter, member, "b" * len(sleeping), sleeping))
    connection.send_and_get_reply(jeepney.message_bus.GetId())  # the daemon has passed it on


def test_a_closing_lid_and_a_locked_desktop_lock_and_nothing_else_does(logind: DBusConnection) -> None:
    listening = Logind()
    assert not listening.asks_to_lock()
    for expected, said in (
        (True, ("Manager", "PrepareForSleep", True)),
        (False, ("Manager", "PrepareForSleep", False)),  # it woke up
        (True, ("Session", "Lock")),
        (False, ("Session", "Unlock")),
    ):
        say(logind, *said)
        assert listening.asks_to_lock() is expected, said
        assert not listening.asks_to_lock()  # nothing is read twice


def test_a_closing_lid_ends_the_process_that_holds_the_key(
    logind: DBusConnection, blueprint: Blueprint, tmp_path: Path
) -> None:
    shutil.copytree(blueprint.device, tmp_path / "device")
    settings = {"BAQYLAU_SYNC_EVERY_S": "86400", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    tablet = Node("device", tmp_path / "device", free_port(), settings)
    tablet.start()
    try:
        with Hand(tablet, "", PASSPHRASES["ana"]) as ana:
            assert ana.client.get("/visits").status_code == 200
            before = pids(tablet)
            say(logind, "Manager", "PrepareForSleep", True)
            until(lambda: len(before - pids(tablet)) == 1)
            assert httpx2.get(f"{tablet.url}/visits", trust_env=False).status_code == 303
    finally:
        tablet.stop()


def test_a_stranger_on_the_bus_locks_nothing(logind: DBusConnection) -> None:
    listening = Logind()
    stranger = open_dbus_connection(bus="SYSTEM")
    say(stranger, "Manager", "PrepareForSleep", True)
    stranger.close()
    assert not listening.asks_to_lock()


def test_a_bus_that_is_not_there_or_goes_away_is_said(bus: subprocess.Popen[bytes]) -> None:
    listening = Logind()
    bus.kill()
    bus.wait()
    with pytest.raises((OSError, EOFError)):
        listening.asks_to_lock()
    with pytest.raises(OSError):
        Logind()
