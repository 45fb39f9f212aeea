"""The demo starts an office and a tablet as real processes, and takes both along when it goes."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener, urlopen

import pytest

from app.config import ROOT
from app.demo import make_data
from app.demo_data import CONTACTS, PEOPLE
from tests.cli.conftest import Run, free_port


def _outside() -> dict[str, str]:
    """The environment of somebody who has set nothing."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BAQYLAU_")}


class Demo:
    """A running demo."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.folder, self.said = folder, ""
        self.central_port, self.device_port = free_port(), free_port()
        ports = ("--central-port", str(self.central_port), "--device-port", str(self.device_port))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "demo", "--data", str(folder), *ports, *more],
            cwd=ROOT,
            env={**_outside(), "PYTHONUNBUFFERED": "1", "COLUMNS": "120"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def url(self, role: str) -> str:
        return f"http://127.0.0.1:{self.central_port if role == 'central' else self.device_port}"

    def read_until_ready(self) -> None:
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                self.said = "".join(lines)
                return
        raise AssertionError(f"exit code {self.process.wait(10)}: {lines}")

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

    def read(self, browser: OpenerDirector, role: str, path: str) -> str:
        with browser.open(f"{self.url(role)}{path}", timeout=20) as reply:
            return str(reply.read().decode())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample data, made once."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    make_data(folder, "http://127.0.0.1:8001", with_sample=True)
    return folder


@pytest.fixture(scope="module")
def demo(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo(shutil.copytree(made, tmp_path_factory.mktemp("running") / "data"))
    running.read_until_ready()
    yield running
    running.stop()


pytestmark = [
    pytest.mark.xdist_group("demo"),
    pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process"),
]


def test_both_answer_and_the_addresses_and_phrases_are_said(demo: Demo) -> None:
    assert demo.is_up("central")
    assert demo.is_up("device")
    assert demo.url("central") in demo.said
    assert demo.url("device") in demo.said
    assert [person.passphrase for person in PEOPLE if person.passphrase not in demo.said] == []


def test_everybody_of_the_tablet_has_a_passphrase_there(demo: Demo) -> None:
    browser = demo.sign_in("device", passphrase="көктем бұлақ жылқы таулар")
    assert "Мұнда құпия сөйлемі әлі жоқтар" not in demo.read(browser, "device", "/passphrases")


def test_the_first_page_is_in_kazakh(demo: Demo) -> None:
    with urlopen(f"{demo.url('device')}/sign-in", timeout=5) as reply:
        assert '<html lang="kk"' in reply.read().decode()


def test_everybody_can_sign_in_where_the_table_says(demo: Demo) -> None:
    for person in PEOPLE:
        at_office = demo.sign_in("central", name=person.sign_in, passphrase=person.passphrase)
        assert person.name in demo.read(at_office, "central", "/guides")
        if person.sign_in in ("aigerim", "daniyar", "elena"):
            on_tablet = demo.sign_in("device", passphrase=person.passphrase)
            assert person.name in demo.read(on_tablet, "device", "/guides")


def test_the_tablet_shows_a_visit_in_every_state(demo: Demo) -> None:
    browser = demo.sign_in("device", passphrase="көктем бұлақ жылқы таулар")
    with browser.open(f"{demo.url('device')}/visits", timeout=10) as reply:
        visits = sorted(set(re.findall(r'href="/visits/([0-9a-f-]{36})"', reply.read().decode())))
    assert len(visits) == 6
    for visit in visits:
        with browser.open(f"{demo.url('device')}/visits/{visit}", timeout=10) as reply:
            assert reply.status == 200


def test_the_tablet_knows_whom_to_call_in_almaty(demo: Demo) -> None:
    browser = demo.sign_in("device", passphrase="көктем бұлақ жылқы таулар")
    with browser.open(f"{demo.url('device')}/guides/contacts", timeout=10) as reply:
        page = reply.read().decode()
    assert [contact["name"] for contact in CONTACTS if contact["name"] not in page] == []


def test_the_office_has_the_finished_visits(demo: Demo) -> None:
    browser = demo.sign_in("central", name="marat", passphrase="алма қалам мысық терезе")
    with browser.open(f"{demo.url('central')}/inbox", timeout=10) as reply:
        page = reply.read().decode()
    assert "«Бұлақ»" in page
    assert "«Теңіз»" in page


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_ctrl_c_and_a_request_to_terminate_stop_both(made: Path, tmp_path: Path, run: Run, number: int) -> None:
    demo = Demo(shutil.copytree(made, tmp_path / "data"))
    demo.read_until_ready()
    assert demo.stop(number) == 0
    assert not demo.is_up("central")
    assert not demo.is_up("device")
    assert run("verify", "--data", demo.folder / "central").code == 0


def test_the_tablet_finds_its_office_on_another_port(demo: Demo) -> None:
    """The data was made for port 8001; the demo runs on others."""
    browser = demo.sign_in("device", passphrase="көктем бұлақ жылқы таулар")
    asked = Request(f"{demo.url('device')}/sync", b"", {"Origin": demo.url("device")})
    with browser.open(asked, timeout=20) as reply:
        assert reply.status == 200
    office = demo.sign_in("central", name="saule", passphrase="қоян жұлдыз өзен дала")
    with office.open(f"{demo.url('central')}/devices", timeout=10) as reply:
        assert "Планшет 1" in reply.read().decode()


def test_a_node_that_dies_is_reported_and_takes_the_other_along(made: Path, tmp_path: Path) -> None:
    demo = Demo(shutil.copytree(made, tmp_path / "data"))
    demo.read_until_ready()
    children = subprocess.run(["pgrep", "-P", str(demo.process.pid)], capture_output=True, text=True).stdout.split()
    os.kill(int(children[0]), signal.SIGKILL)
    assert demo.process.wait(30) == 1
    assert demo.process.stdout is not None
    assert "has stopped by itself" in demo.process.stdout.read()
    assert not demo.is_up("central")
    assert not demo.is_up("device")


def test_a_run_that_was_stopped_while_making_the_data_is_taken_up_again(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(made / "central", folder / ".making" / "central")
    make_data(folder, "http://127.0.0.1:8001", with_sample=False)
    assert sorted(path.name for path in folder.iterdir()) == ["central", "device", "reviewer.key"]


def test_two_nodes_need_two_ports(run: Run, tmp_path: Path) -> None:
    said = run("demo", "--data", tmp_path / "data", "--central-port", "8000", "--device-port", "8000")
    assert said.code == 2
    assert "two different ports" in said.err
