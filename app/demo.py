"""`baqylau demo`: an office and a tablet with sample data, as two processes of this program, until Ctrl-C."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from rich.table import Table

from app.commands.terminal import complaints, console, progress
from app.config import load_settings
from app.demo_data import MARK_KK, ON_DEVICE, PEOPLE
from app.errors import N_, InvalidInput

MAKING: Final = ".making"  # the folder in which the sample data is made; moved in place when it is whole
READING_KEY: Final = "reviewer.key"  # opens sealed talks, with the first reviewer's passphrase
READY_WITHIN_S: Final = 60.0
STOP_WITHIN_S: Final = 10.0
SAME_PORT: Final = N_("Office and tablet need two different ports.")


@dataclass
class Node:
    """One of the two processes."""

    name: str
    url: str
    process: subprocess.Popen[bytes]


def run(folder: Path, central_port: int, device_port: int, *, with_sample: bool) -> int:
    """Makes the data if there is none, starts both nodes, says who signs in how, waits. Returns the exit code."""
    if central_port == device_port:
        raise InvalidInput(SAME_PORT, "port")
    signal.signal(signal.SIGTERM, _as_interrupt)
    nodes: list[Node] = []
    try:
        make_data(folder, f"http://127.0.0.1:{central_port}", with_sample=with_sample)
        for role, port in (("central", central_port), ("device", device_port)):
            nodes.append(start(role, port, folder / role))
        wait_until_ready(nodes)
        say_how_to_sign_in(nodes)
        console.print(
            f"Sealed talks open with {folder / READING_KEY} and the first reviewer's passphrase.", markup=False
        )
        console.print("\nCtrl-C stops both.")
        return watch(nodes)
    except KeyboardInterrupt:
        return 0
    finally:
        stop(nodes)


def make_data(folder: Path, central_url: str, *, with_sample: bool) -> None:
    """The sample data, unless it is there already. Half of it, from a run that was stopped, is made again."""
    if (folder / "device").exists() and (folder / "central").exists():
        _point_to(folder, central_url)
        return
    from app import demo_story, demo_visits

    making = folder / MAKING
    shutil.rmtree(making, ignore_errors=True)
    settings = load_settings()
    with (
        progress() as bar,
        demo_story.two_nodes(making, central_url, settings.checklists_dir, settings.time_zone) as story,
    ):
        demo_story.found_reading_key(story, making / READING_KEY)
        chapters = demo_visits.CHAPTERS if with_sample else ()
        task = bar.add_task("Making sample people and visits", total=len(chapters) + 1)
        if with_sample:
            story.institutions = demo_story.found_institutions(story)
            demo_story.found_contacts(story)
            story.exchange()
        bar.advance(task)
        for _ in demo_story.tell(story, chapters):
            bar.advance(task)
    for name in ("central", "device", READING_KEY):
        os.replace(making / name, folder / name)
    shutil.rmtree(making, ignore_errors=True)


def _point_to(folder: Path, central_url: str) -> None:
    """The tablet may have been made when the office was on another port."""
    from app.clock import SystemClock
    from app.store.folder import only_process
    from app.store.node import put_value
    from app.store.opening import open_database
    from app.store.slots import open_vault
    from app.sync.link import CENTRAL_URL

    settings = load_settings(role="device", data_dir=folder / "device")
    with only_process(folder / "device"):
        phrase = next(person.passphrase for person in PEOPLE if person.sign_in in ON_DEVICE)
        database = open_database(settings, open_vault(folder / "device", phrase).database_key, SystemClock())
        with database.write() as session:
            put_value(session, CENTRAL_URL, central_url)
        database.checkpoint()
        database.close()


def start(role: str, port: int, data: Path) -> Node:
    """Starts one node as a process of its own. Ctrl-C reaches only this one, which then stops it."""
    command = [sys.executable, "-m", "app", role, "--host", "127.0.0.1", "--port", str(port), "--data", str(data)]
    apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {"start_new_session": True}  # type: ignore[attr-defined,unused-ignore]
    process = subprocess.Popen(  # noqa: S603 - this very program
        command, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **apart
    )
    return Node(role, f"http://127.0.0.1:{port}", process)


def environment() -> Mapping[str, str]:
    """The caller's settings, without those that would make the two nodes something else than this demo."""
    mine = (
        "BAQYLAU_ROLE",
        "BAQYLAU_DATA_DIR",
        "BAQYLAU_DATABASE_URL",
        "BAQYLAU_DATABASE_KEY_FILE",
        "BAQYLAU_PASSPHRASE",
    )
    cheap = {"BAQYLAU_PASSPHRASE_MEMORY_MIB": "19", "BAQYLAU_PASSPHRASE_ROUNDS": "2"}
    return {name: value for name, value in os.environ.items() if name not in mine} | cheap


def wait_until_ready(nodes: list[Node]) -> None:
    """Returns when both answer GET /health. Raises SystemExit when one ends before, or takes a minute."""
    until = time.monotonic() + READY_WITHIN_S
    for node in nodes:
        while not is_healthy(node.url):
            _require_alive(nodes)
            if time.monotonic() > until:
                complaints.print(f"{node.name} does not answer at {node.url}")
                raise SystemExit(1)
            time.sleep(0.05)


def is_healthy(url: str) -> bool:
    with contextlib.suppress(URLError, OSError), urlopen(f"{url}/health", timeout=2) as reply:  # noqa: S310 - loopback
        return bool(reply.status == 200)
    return False


def watch(nodes: list[Node]) -> int:
    """Waits for Ctrl-C; ends with the exit code 1 when a node ends by itself."""
    while True:
        _require_alive(nodes)
        time.sleep(0.3)


def _require_alive(nodes: list[Node]) -> None:
    for node in nodes:
        code = node.process.poll()
        if code is not None:
            complaints.print(f"{node.name} has stopped by itself (exit code {code}).")
            raise SystemExit(1)


def stop(nodes: list[Node]) -> None:
    """Stops both, kindly first."""
    for node in nodes:
        if node.process.poll() is None:
            node.process.terminate()
    for node in nodes:
        try:
            node.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            node.process.kill()
            node.process.wait()


def say_how_to_sign_in(nodes: list[Node]) -> None:
    """Both addresses, and a table of who signs in where with which phrase."""
    central, device = (node.url for node in nodes)
    console.print(f"tablet  {device}   passphrase alone\noffice  {central}   name and passphrase\n")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("sample person", "role", "tablet", "name", "passphrase"):
        table.add_column(column, no_wrap=column != "role")
    for person in PEOPLE:
        on_tablet = "yes" if person.sign_in in ON_DEVICE else ""
        name = person.name.removesuffix(MARK_KK).strip()
        table.add_row(name, "\n".join(person.roles), on_tablet, person.sign_in, person.passphrase)
    console.print(table)


def _as_interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
