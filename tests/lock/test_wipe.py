"""*Wipe now* on a tablet as its processes: keys, what held them, and the database are gone; a locked one serves on."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import httpx2
import psutil

from tests.browser.nodes import Hand, Node, free_port
from tests.lock.test_processes import holders, until
from tests.web.nodes import PASSPHRASES, Blueprint


def test_after_too_many_tries_a_locked_tablet_is_empty(blueprint: Blueprint, tmp_path: Path) -> None:
    folder = tmp_path / "device"
    shutil.copytree(blueprint.device, folder)
    (folder / "attempts.json").write_text('{"failed": 2, "last_ms": 0}')  # two wrong ones, long ago
    tablet = Node("device", folder, free_port(), {"BAQYLAU_WIPE_AFTER_TRIES": "3"})
    tablet.start()
    try:
        origin = {"Origin": tablet.url}
        with contextlib.suppress(httpx2.RemoteProtocolError):  # who should answer may be gone before it did
            httpx2.post(f"{tablet.url}/sign-in", data={"passphrase": "no"}, headers=origin, trust_env=False)
        assert not (folder / "slots.json").exists()
        until(lambda: not (folder / "baqylau.db").exists() and not (folder / "wiped").exists())
        assert tablet.process and tablet.process.poll() is None
    finally:
        tablet.stop()


def test_the_launcher_ends_what_held_the_key_and_removes_the_rest(blueprint: Blueprint, tmp_path: Path) -> None:
    folder = tmp_path / "device"
    shutil.copytree(blueprint.device, folder)
    tablet = Node("device", folder, free_port(), {"BAQYLAU_SYNC_EVERY_S": "86400"})
    tablet.start()
    try:
        with Hand(tablet, "", PASSPHRASES["ana"]) as ana:
            (holder,) = holders(tablet, blueprint.database_key, blueprint.database_key.hex().encode())
            ana.post("/tablet", {"sure": "yes"})
            assert not (folder / "slots.json").exists()
            until(lambda: not psutil.pid_exists(holder) and not (folder / "baqylau.db").exists())
            until(lambda: not (folder / "wiped").exists())
        found = httpx2.get(f"{tablet.url}/sign-in", trust_env=False)
        assert found.headers["Location"] == "/enrol"  # as new: nobody has a passphrase here
    finally:
        tablet.stop()
