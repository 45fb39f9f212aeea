"""The demo starts an office and a tablet as real processes, and takes both along when it goes."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener, urlopen

import pytest

from app.config import ROOT
from app.demo_data import PEOPLE
from tests.cli.conftest import Run, free_port

READY_WITHIN_S = 90
STATES = ("planned", "in_progress", "finished", "returned", "approved")


class Demo:
    """A running demo."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.folder = folder
        self.central_port, self.device_port = free_port(), free_port()
        ports = ("--central-port", str(self.central_port), "--device-port", str(self.device_port))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "demo", "--data", str(folder), *ports, *more],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "120"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def url(self, role: str) -> str:
        return f"http://127.0.0.1:{self.central_port if role == 'central' else self.device_port}"

    def read_until_ready(self) -> str:
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                return "".join(lines)
        raise AssertionError("".join(lines))

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)

    def is_up(self, role: str) -> bool:
        try:
            with urlopen(f"{self.url(role)}/health", timeout=2) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    def sign_in(self, role: str, **fields: str) -> OpenerDirector:
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        asked = Request(f"{self.url(role)}/sign-in", urlencode(fields).encode(), {"Origin": self.url(role)})
        with browser.open(asked, timeout=20) as reply:
            assert not reply.url.endswith("/sign-in"), f"{fields} cannot sign in"
        return browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Demo]:
    running = Demo(folder)
    running.said = running.read_until_ready()  # type: ignore[attr-defined]
    yield running
    if running.process.poll() is None:
        running.stop()


pytestmark = [
    pytest.mark.xdist_group("demo"),
    pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process"),
]


def test_both_answer_and_the_addresses_and_phrases_are_said(demo: Demo) -> None:
    assert demo.is_up("central")
    assert demo.is_up("device")
    said: str = demo.said  # type: ignore[attr-defined]
    assert demo.url("central") in said
    assert demo.url("device") in said
    assert [person.passphrase for person in PEOPLE if person.passphrase not in said] == []


def test_the_first_page_is_in_kazakh(demo: Demo) -> None:
    with urlopen(f"{demo.url('device')}/sign-in", timeout=5) as reply:
        assert '<html lang="kk"' in reply.read().decode()


def test_everybody_can_sign_in_where_the_table_says(demo: Demo) -> None:
    for person in PEOPLE:
        demo.sign_in("central", name=person.sign_in, passphrase=person.passphrase)
        if person.sign_in in ("aigerim", "daniyar", "elena"):
            demo.sign_in("device", passphrase=person.passphrase)


def test_the_tablet_shows_a_visit_in_every_state(demo: Demo) -> None:
    browser = demo.sign_in("device", passphrase="көктем бұлақ жылқы таулар")
    with browser.open(f"{demo.url('device')}/visits", timeout=10) as reply:
        visits = sorted(set(re.findall(r'href="/visits/([0-9a-f-]{36})"', reply.read().decode())))
    assert len(visits) == 6
    for visit in visits:
        with browser.open(f"{demo.url('device')}/visits/{visit}", timeout=10) as reply:
            assert reply.status == 200


def test_the_office_has_the_finished_visits(demo: Demo) -> None:
    browser = demo.sign_in("central", name="marat", passphrase="алма қалам мысық терезе")
    with browser.open(f"{demo.url('central')}/inbox", timeout=10) as reply:
        page = reply.read().decode()
    assert "«Бұлақ»" in page
    assert "«Теңіз»" in page


def test_ctrl_c_stops_both_and_a_second_run_finds_the_same_data(demo: Demo, run: Run) -> None:
    assert demo.stop() == 0
    until = time.monotonic() + 10
    while time.monotonic() < until and (demo.is_up("central") or demo.is_up("device")):
        time.sleep(0.1)
    assert not demo.is_up("central")
    assert not demo.is_up("device")
    assert run("verify", "--data", demo.folder / "central").code == 0
    again = Demo(demo.folder)
    try:
        again.read_until_ready()
        browser = again.sign_in("device", passphrase="көктем бұлақ жылқы таулар")
        with browser.open(f"{again.url('device')}/visits", timeout=10) as reply:
            assert "«Көктем»" in reply.read().decode()
    finally:
        assert again.stop(signal.SIGTERM) == 0


def test_a_node_that_dies_is_reported_and_takes_the_other_along(tmp_path: Path) -> None:
    demo = Demo(tmp_path / "data", "--no-sample")
    demo.read_until_ready()
    children = subprocess.run(["pgrep", "-P", str(demo.process.pid)], capture_output=True, text=True).stdout.split()
    os.kill(int(children[0]), signal.SIGKILL)
    assert demo.process.wait(30) == 1
    assert demo.process.stdout is not None
    assert "has stopped by itself" in demo.process.stdout.read()
    assert not demo.is_up("central")
    assert not demo.is_up("device")


def test_two_nodes_need_two_ports(run: Run, tmp_path: Path) -> None:
    said = run("demo", "--data", tmp_path / "data", "--central-port", "8000", "--device-port", "8000")
    assert said.code == 2
    assert "two different ports" in said.err
