"""What `baqylau bench` measures: a device with one large visit, run as a real process and asked over HTTP."""

import contextlib
import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from app.clock import Clock, SystemClock
from app.config import Settings
from app.domain.checklist import Checklist, Section, Text
from app.domain.library import Library
from app.services import answers, institutions, people, visits
from app.store import reads
from app.store.checklist_cache import library_from
from app.store.checklists import Compiled, compile_checklist, keep_document, load_library, pinned
from app.store.db import Database
from app.store.opening import open_database
from app.store.slots import make_vault
from app.store.vault import Cost, new_database_key

PHRASE: Final = "bench river lantern cloud"
KIND: Final = "ivs"  # of the institution
ON_THE_PAGE: Final = 60  # indicators in the one section
CHEAP: Final = Cost(memory_mib=19, rounds=2)  # the cost of a passphrase is not what is measured
GIVE_UP_AFTER_S: Final = 60.0
SEEN: Final = re.compile(rb'name="seen" value="([^"]*)"')


@dataclass(frozen=True)
class Subject:
    """A device's folder with its visit: where the section page and the answers are."""

    folder: Path
    key: bytes
    visit_id: str
    indicators: tuple[str, ...]

    @property
    def page(self) -> str:
        return f"/visits/{self.visit_id}/sections/all"

    def answer(self, number: int) -> str:
        """The address of an answer; indicators take turns."""
        return f"/visits/{self.visit_id}/answers/{self.indicators[number % len(self.indicators)]}"


def make_subject(folder: Path, checklists: Path) -> Subject:
    """A device in `folder` with one person, and one visit whose section has 60 indicators, half of them answered."""
    compiled = _large_checklist(load_library(checklists))
    key, clock = new_database_key(), SystemClock()
    settings = Settings(role="device", data_dir=folder, checklists_dir=checklists)
    library_from(checklists, folder)  # the start reads the compiled checklists; making them is done once per version
    database = open_database(settings, key, clock)
    try:
        person_id = _make_person(database)
        make_vault(folder, person_id, PHRASE, CHEAP, key)
        visit_id = _make_visit(database, person_id, compiled)
        database.checkpoint()
    finally:
        database.close()
    rated = [one.id for one in compiled.checklist.indicators.values() if one.answer.rating]
    return Subject(folder, key, visit_id, tuple(rated))


def _large_checklist(library: Library) -> Compiled:
    named = next(one for one in library.checklists.values() if KIND in one.types)
    asked = [name for section in named.sections for name in section.indicators if library.indicators[name].when is None]
    title = Text(kk="Өлшеу", ru="Замер", en="Measure")
    section = Section(id="all", title=title, hint=title, indicators=tuple(asked[:ON_THE_PAGE]))
    large = Checklist(id="bench", version=1, types=named.types, title=title, sections=(section,))
    return compile_checklist(replace(library, checklists={("bench", 1): large}), "bench")


def _make_person(database: Database) -> str:
    with database.write() as session:
        roles = ["administrator", "team_lead", "monitor"]
        new_id: str = database.node.clock.new_id()
        return people.save_person(session, None, people.PersonForm(new_id, "Bench", roles))


def _make_visit(database: Database, person_id: str, compiled: Compiled) -> str:
    clock: Clock = database.node.clock
    visit_id, institution_id = clock.new_id(), clock.new_id()
    with database.write() as session:
        person = reads.people(session)[person_id]
        typed = {"name_kk": "Өлшеу", "name_ru": "Замер", "type": KIND, "region": "almaty"}
        institutions.save_institution(session, person, institution_id, typed)
        members = {person_id: "team_lead"}
        plan = visits.Plan(visit_id, institution_id, "periodic", False, "commissioner", "2026-11-22", members)
        visits.plan_visit(session, person, plan, compiled.checklist, compiled.sha256)
        keep_document(session, compiled, f"visit:{visit_id}")
    return visit_id


@contextmanager
def in_process(subject: Subject) -> Iterator[Callable[[int], None]]:
    """The subject's database opened here. Gives what saves the answer of a number, as the web's route does."""
    database = open_database(Settings(role="device", data_dir=subject.folder), subject.key, SystemClock())

    def save(number: int) -> None:
        indicator_id = subject.indicators[number % len(subject.indicators)]
        with database.write() as session:
            person = next(iter(reads.people(session).values()))
            records = reads.visit_records_for(session, person, subject.visit_id)
            place = answers.find_place(pinned(session, records.visit.checklist_sha256), records, indicator_id, "")
            seen = heads_of(records, indicator_id)
            typed = {"value": "no" if number % 2 else "yes"}
            answers.record_answer(session, person, records, place, typed, answers.Sight(seen, f"commit-{number}"))

    try:
        yield save
    finally:
        database.close()


def heads_of(records: reads.VisitRecords, indicator_id: str) -> tuple[str, ...]:
    """What a page would show of an answer."""
    answer = records.answers.get((indicator_id, ""))
    return tuple(answer.heads) if answer else ()


# ---- the device as a process ------------------------------------------------------------------------------------------


@dataclass
class Running:
    """A device that answers. `start_s`: from starting the process to the whole first page."""

    port: int
    process: subprocess.Popen[bytes]
    start_s: float

    def memory_mb(self) -> float | None:
        """Resident memory of the process that serves, in MB (2**20 bytes); None where the system does not say.

        It is the largest: the launcher imports little, and the spare has answered nothing yet.
        """
        return max(filter(None, map(_resident_mb, self.processes())), default=None)

    def processes(self) -> list[int]:
        """The launcher and all that it started; the launcher alone where the system does not say."""
        found = [self.process.pid]
        for pid in found:  # grows on the way
            with contextlib.suppress(OSError):
                found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return found


def _resident_mb(pid: int) -> float | None:
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmRSS:"))) / 1024
    return None


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """Starts the device, waits for its first page, and stops it in the end."""
    port = _free_port()
    command = [sys.executable, "-m", "app", "device", "--port", str(port), "--data", str(folder)]
    started = time.perf_counter()
    process = subprocess.Popen(command, env=_plain(), stdout=subprocess.DEVNULL)  # noqa: S603 - this very program
    try:
        while not shows_first_page(port):
            if process.poll() is not None or time.perf_counter() - started > GIVE_UP_AFTER_S:
                raise RuntimeError(f"the device did not start (exit code {process.poll()})")
            time.sleep(0.005)
        yield Running(port, process, time.perf_counter() - started)
    finally:
        process.terminate()
        process.wait(10)


@dataclass
class Browser:
    """A signed-in client on one open connection."""

    port: int
    cookie: str = ""
    shown: dict[str, str] = field(default_factory=dict)  # address of an answer -> the heads its card shows
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def sign_in(self) -> "Browser":
        """Opens the device with the bench's passphrase."""
        self.connection.request("POST", "/sign-in", urlencode({"passphrase": PHRASE}), self._headers())
        reply = self.connection.getresponse()
        reply.read()
        self.cookie = (reply.getheader("Set-Cookie") or "").partition(";")[0]
        if not self.cookie:
            raise RuntimeError(f"the device did not open ({reply.status})")
        return self

    def lock(self) -> None:
        """Presses the button that hides and locks."""
        self.connection.request("POST", "/lock", headers=self._headers())
        self.connection.getresponse().read()

    def wipe(self) -> None:
        """Presses the last button of *wipe now*."""
        self.connection.request("POST", "/tablet", urlencode({"sure": "yes"}), self._headers())
        self.connection.getresponse().read()

    def get(self, path: str) -> bytes:
        """The body of a page that must be there."""
        self.connection.request("GET", path, headers=self._headers())
        return self._body()

    def post(self, path: str, **fields: str) -> bytes:
        """What a tap brings back, as the page's script sends it: with the heads that its card showed last."""
        typed = urlencode({**fields, "seen": self.shown.get(path, "")})
        self.connection.request("POST", path, typed, {**self._headers(), "HX-Request": "true"})
        body = self._body()
        self.shown[path] = next(iter(SEEN.findall(body)), b"").decode()
        return body

    def _body(self) -> bytes:
        reply = self.connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"answered {reply.status}: {body[:200]!r}")
        return body

    def _headers(self) -> dict[str, str]:
        own = f"http://127.0.0.1:{self.port}"
        return {"Cookie": self.cookie, "Origin": own, "Content-Type": "application/x-www-form-urlencoded"}


def _plain() -> dict[str, str]:
    """The environment without settings: the defaults are measured. Compiled modules may be kept, as in real life."""
    left_out = ("BAQYLAU_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def shows_first_page(port: int) -> bool:
    """True when the sign-in page comes, whole."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/sign-in")
        reply = connection.getresponse()
        return reply.status == 200 and bool(reply.read())
    except OSError:
        return False
    finally:
        connection.close()
