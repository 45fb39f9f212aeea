"""Two real nodes as processes: an office and a tablet, made once with the program's own commands and copied for each test."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final

import httpx2
from PIL import Image, ImageDraw

from app.domain.checklist import INSTITUTION_TYPES

ROOT: Final = Path(__file__).resolve().parents[2]
START_S: Final = 90.0  # on an idle machine it takes two
# The cheapest Argon2id that the settings allow: a test signs in often.
FAST: Final = {
    "BAQYLAU_PASSPHRASE_MEMORY_MIB": "19",
    "BAQYLAU_PASSPHRASE_ROUNDS": "2",
    "BAQYLAU_SYNC_TIMEOUT_S": "5",
    "BAQYLAU_LOCK_AFTER_S": "3600",  # a busy machine is no idle person
}

ADMIN, ANA, DANA, BEN, BEK = "Айгүл Әкім", "Ана Сапарова", "Дана Қуанова", "Бен Ревизоров", "Бек Екінші"
OFFICE_WORDS: Final = "кеңсе терезе қазан ақпан"
ANA_WORDS: Final = "алма бұлақ көбелек тау"
DANA_WORDS: Final = "дала қоңырау шырша теңіз"
INSTITUTION: Final = "Алмалы аудандық полиция бөлімі"
INSTITUTION_RU: Final = "Отдел полиции Алмалинского района"
IVS: Final = "Қонаев қаласының уақытша ұстау изоляторы"
OTHERS: Final = [kind for kind in INSTITUTION_TYPES if kind not in ("police_station", "ivs")]
INSTITUTIONS_CSV: Final = (
    "id,name_kk,name_ru,type,region,place,capacity\n"
    f"i1,{INSTITUTION},{INSTITUTION_RU},police_station,almaty,Алматы,12\n"
    f"i2,{IVS},Изолятор временного содержания города Конаев,ivs,almaty_region,Қонаев,20\n"
) + "".join(f"{kind},Мекеме {kind},Учреждение {kind},{kind},astana,Астана,30\n" for kind in OTHERS)


def place_of(kind: str) -> str:
    """The name of the sample institution of a type."""
    return {"police_station": INSTITUTION, "ivs": IVS}.get(kind, f"Мекеме {kind}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(*args: str, data: Path, given: str = "") -> str:
    """One command of the program, in a process of its own."""
    env = environment(data) | ({"BAQYLAU_PASSPHRASE": given} if given else {})
    done = subprocess.run([sys.executable, "-m", "app", *args], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def environment(data: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BAQYLAU_")}
    return clean | FAST | {"BAQYLAU_DATA_DIR": str(data), "PYTHONUTF8": "1"}


@dataclass
class Node:
    """A server of the program. It can be killed at any moment and started again on the same port and data."""

    role: str
    data: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.data.parent / f"{self.role}.log").read_text("utf-8", "replace")

    def start(self) -> None:
        """Starts the server and comes back when it answers."""
        env = environment(self.data) | {"BAQYLAU_PORT": str(self.port)} | self.settings
        with (self.data.parent / f"{self.role}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app", self.role], cwd=ROOT, env=env, stdout=log, stderr=log
            )
        end = time.monotonic() + START_S
        while not self.is_up():
            assert self.process.poll() is None, f"{self.role} did not start:\n{self.log}"
            assert time.monotonic() < end, f"{self.role} does not answer:\n{self.log}"
            time.sleep(0.05)

    def is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def kill(self) -> None:
        """kill -9: no goodbye, nothing flushed."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        self.kill()


@dataclass(frozen=True)
class Seed:
    """An office with its people and institutions, and a tablet enrolled with it. The tablet knows the office by its port."""

    folder: Path
    central_port: int
    device_port: int
    people: dict[str, str]  # name -> person id


@dataclass
class Pair:
    """The office and the tablet of one test."""

    central: Node
    device: Node
    people: dict[str, str]


def make_seed(folder: Path) -> Seed:
    """The way of a new office: a first administrator, a list of institutions, people, a one-time code, a tablet."""
    central = Node("central", folder / "central", free_port())
    run("add-person", ADMIN, "--role", "administrator", "--sign-in", "adm", data=central.data, given=OFFICE_WORDS)
    table = folder / "institutions.csv"
    table.write_text(INSTITUTIONS_CSV, "utf-8")
    run("import-institutions", str(table), data=central.data)
    central.start()
    try:
        with Hand(central, "adm", OFFICE_WORDS) as admin:
            for name, roles, sign_in in (
                (ANA, ["monitor", "team_lead"], ""),
                (DANA, ["monitor"], ""),
                (BEN, ["reviewer"], "ben"),
                (BEK, ["reviewer"], "bek"),
            ):
                form = {"person": "", "name": name, "role": roles, "organisation": "", "language": "kk"}
                with_sign_in = {"sign_in_name": sign_in, "passphrase": OFFICE_WORDS} if sign_in else {}
                admin.post("/people", form | with_sign_in)
            people = admin.people()
            code = admin.one_time_code("Планшет 1", [people[ANA], people[DANA]])
        run("enrol", central.url, code, data=folder / "device", given=f"{ANA_WORDS}\n{DANA_WORDS}")
    finally:
        central.stop()
    return Seed(folder, central.port, free_port(), people)


def copy_seed(seed: Seed, folder: Path, **settings: str) -> Pair:
    """A pair of nodes of its own for one test; neither is started."""
    shutil.copytree(seed.folder / "central", folder / "central")
    shutil.copytree(seed.folder / "device", folder / "device")
    return Pair(
        Node("central", folder / "central", seed.central_port),
        Node("device", folder / "device", seed.device_port, dict(settings)),
        seed.people,
    )


class Hand:
    """What a test does to a node without a browser: the same forms, posted."""

    def __init__(self, node: Node, name: str, words: str) -> None:
        self.node = node
        self.client = httpx2.Client(base_url=node.url, headers={"Origin": node.url}, timeout=30, trust_env=False)
        self.post("/sign-in", {"name": name, "passphrase": words})

    def __enter__(self) -> Hand:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.client.close()

    def get(self, path: str) -> str:
        reply = self.client.get(path)
        assert reply.status_code == 200, f"GET {path}: {reply.status_code} {reply.text[:2000]}"
        return str(reply.text)

    def post(self, path: str, form: Mapping[str, str | Sequence[str]], *, tap: bool = False) -> str:
        headers = {"HX-Request": "true"} if tap else {}
        reply = self.client.post(path, data=form, headers=headers)
        assert reply.status_code in (200, 303), f"POST {path}: {reply.status_code} {reply.text[:2000]}"
        return str(reply.text)

    def people(self) -> dict[str, str]:
        """Person ids by name, as the form for a one-time code lists them."""
        page = self.get("/devices")
        found = {}
        for part in page.split('<input type="checkbox" name="member" value="')[1:]:
            person_id, _, rest = part.partition('"')
            found[rest.partition("<span>")[2].partition("<")[0]] = person_id
        return found

    def one_time_code(self, name: str, members: list[str]) -> str:
        page = self.post("/devices", {"name": name, "member": members})
        return page.partition('<p class="code">')[2].partition("<")[0].strip()

    # ---- on a tablet

    def institution(self, name: str) -> str:
        """The id of an institution, as the form for a new visit lists it."""
        page = self.get("/visits/new").partition(f"<span>{name}")[0]
        return page.rpartition('name="institution" value="')[2].partition('"')[0]

    def plan(
        self,
        team: dict[str, str],
        institution: str = INSTITUTION,
        day: str = "2026-11-20",
        checklist: str = "police-holding",
    ) -> str:
        """Plans a visit with the team (person id -> role) and comes back with its address."""
        visit_id = str(uuid.uuid4())
        form: dict[str, str | Sequence[str]] = {
            "visit": visit_id,
            "institution": self.institution(institution),
            "kind": "periodic",
            "announced": "no",
            "legal_basis": "commissioner",
            "visited_on": day,
            "checklist": checklist,
            "member": list(team),
        }
        self.post("/visits", form | {f"role.{person}": role for person, role in team.items()})
        return f"/visits/{visit_id}"

    def answer(self, visit: str, place: str, **fields: str) -> None:
        """An answer with what the person saw: all that is there now."""
        names = {name.replace("__", "."): value for name, value in fields.items()}
        self.post(f"{visit}/answers/{place}", names | {"seen": self.seen(visit, place)}, tap=True)

    def seen(self, visit: str, place: str) -> str:
        """The heads of an answer, from its own live part: an empty tap changes nothing and brings it back."""
        part = self.post(f"{visit}/answers/{place}", {"seen": ""}, tap=True)
        return part.partition('name="seen" value="')[2].partition('"')[0]

    def photo(self, visit: str, indicator: str, caption: str) -> None:
        reply = self.client.post(
            f"{visit}/photos",
            data={"indicator": indicator, "repeat": "", "caption": caption},
            files={"file": ("x.jpg", photo_bytes(), "image/jpeg")},
            headers={"HX-Request": "true"},
        )
        assert reply.status_code == 200, reply.text[:2000]

    def room(self, visit: str, repeat_id: str, name: str) -> None:
        self.post(f"{visit}/repeats", {"kind": "room", "section": "rooms", "repeat": repeat_id, "name": name})


def photo_bytes() -> bytes:
    """A small drawing of a room as a JPEG."""
    picture = Image.new("RGB", (1200, 800), "#8a8f86")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((120, 420, 620, 640), fill="#5b4a3a")
    draw.rectangle((820, 90, 1040, 300), fill="#cfe0ee", outline="#333", width=14)
    kept = io.BytesIO()
    picture.save(kept, "JPEG")
    return kept.getvalue()
