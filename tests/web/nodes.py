"""Two real nodes without a network between them, and browsers of signed-in people."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from app.clock import uuid7
from app.config import Settings
from app.domain.checklist import CompiledChecklist
from app.domain.journal import Entry
from app.main import create_app
from app.services import devices, institutions, people, visits
from app.services.people import PersonForm
from app.services.visits import Plan
from app.store import journal, reads
from app.store.checklists import Shelf, keep_document, pinned
from app.store.db import Database
from app.store.opening import open_database
from app.store.reads import VisitRecords
from app.store.slots import add_slot, make_vault
from app.store.vault import Cost, SigningKey
from app.sync import client, enrolment, link

CENTRAL_URL, DEVICE_URL = "http://127.0.0.1:8001", "http://127.0.0.1:8000"
START_MS = 1_795_323_600_000  # 2026-11-22 05:00 UTC, 10:00 in Almaty
CHEAP = Cost(19, 2)  # the floor of the settings
PASSPHRASES = {
    "ana": "alma terek bulaq kokpar",
    "dana": "dala samal tulpar qobyz",
    "cy": "shanyraq kilem besik dombyra",
}
OFFICE_PASSPHRASE = "qwert asdfg zxcvb poiuy"
PEOPLE = {
    "ana": ("Ана Сапарова", ("monitor", "team_lead")),
    "dana": ("Дана Касенова", ("monitor",)),
    "cy": ("Сай Чужой", ("monitor",)),
    "ben": ("Бен Ревизор", ("reviewer",)),
    "bek": ("Бек Екінші", ("reviewer",)),
    "tom": ("Том Тренер", ("trainer",)),
    "adm": ("Әділ Әкімші", ("administrator",)),
}
INSTITUTION = {
    "name_kk": "Алмалы полиция бөлімі",
    "name_ru": "Алмалинский отдел полиции",
    "type": "ivs",
    "region": "almaty",
    "place": "Алматы",
    "capacity": "12",
}


@dataclass
class TestClock:
    """Time stands still but for a millisecond at each look, so that ids come in the order they were made."""

    __test__ = False
    at_ms: int = START_MS

    def now_ms(self) -> int:
        self.at_ms += 1
        return self.at_ms

    def new_id(self) -> str:
        return uuid7(self.now_ms(), os.urandom(10))

    def random_bytes(self, count: int) -> bytes:
        return os.urandom(count)

    def advance(self, *, minutes: float = 0, hours: float = 0) -> None:
        self.at_ms += int(minutes * 60_000 + hours * 3_600_000)


class Browser(TestClient):
    """A browser on one node: sends Origin as browsers do, follows no redirect, keeps its cookies."""

    __test__ = False

    def __init__(self, app: FastAPI, origin: str, language: str = "en") -> None:
        here = ("127.0.0.1", 50_000)
        super().__init__(app, base_url=origin, follow_redirects=False, headers={"Origin": origin}, client=here)
        self.node_app = app
        name = app.state.settings.cookie_name
        self.cookies.set(f"{name}_look", f"language={language}", domain="127.0.0.1")

    def speak(self, language: str) -> Browser:
        self.cookies.set(f"{self.node_app.state.settings.cookie_name}_look", f"language={language}", domain="127.0.0.1")
        return self

    def submit(self, path: str, **fields: Any) -> Response:
        """Posts a form as a page without JavaScript does; a signature with what its page showed."""
        if path.endswith("/signature") and "seen" not in fields:
            shown = re.search(
                r'name="seen" value="([0-9a-f]{64})"', self.get(path.replace("/signature", "/finish")).text
            )
            fields["seen"] = shown.group(1) if shown else ""
        return self.post(path, data=_names(fields))

    def tap(self, path: str, **fields: Any) -> Response:
        """Posts as the page's outbox does: the answer is the card's live part. Dots in names are written `__`."""
        return self.post(path, data=_names(fields), headers={"HX-Request": "true"})


def _names(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("__", "."): value for name, value in fields.items()}


@dataclass
class Node:
    """A running node."""

    app: FastAPI
    origin: str
    clock: TestClock

    @property
    def database(self) -> Database:
        database: Database = self.app.state.database
        return database

    def browser(self, person: str = "", language: str = "en") -> Browser:
        """A browser, signed in as one of the cast."""
        made = Browser(self.app, self.origin, language)
        if person:
            with self.database.write() as session:
                token = people.start_session(session, PERSON_IDS[person])
            made.cookies.set(self.app.state.settings.cookie_name, token, domain="127.0.0.1")
        return made


@dataclass
class Visiting:
    """A visit on a node, as tests ask about it."""

    visit_id: str
    node: Node
    url: str = field(init=False)

    def __post_init__(self) -> None:
        self.url = f"/visits/{self.visit_id}"

    def answer_url(self, indicator: str, repeat: str = "") -> str:
        return f"{self.url}/answers/{indicator}" + (f"/{repeat}" if repeat else "")

    def checklist(self) -> CompiledChecklist:
        """What the visit pinned and asks."""
        with self.node.database.read() as session:
            visit = self.records().visit
            return pinned(session, visit.checklist_sha256, visit.asked)

    def records(self) -> VisitRecords:
        """As its team sees it."""
        with self.node.database.read() as session:
            person = reads.person(session, PERSON_IDS["ana"])
            assert person is not None
            return reads.visit_records_for(session, person, self.visit_id)

    def answer(self, indicator: str, repeat: str = "") -> dict[str, Any]:
        """The merged fields of an answer; empty before the first one."""
        record = self.records().answers.get((indicator, repeat))
        return dict(record.fields) if record else {}

    def heads(self, indicator: str, repeat: str = "") -> str:
        """What a page that is opened now shows as `seen`."""
        record = self.records().answers.get((indicator, repeat))
        return ",".join(record.heads) if record else ""

    def entries(self, indicator: str, repeat: str = "") -> list[Entry]:
        subject = "/".join(part for part in (self.visit_id, indicator, repeat) if part)
        with self.node.database.read() as session:
            return journal.entries_of(session, subject)

    @property
    def state(self) -> str:
        return self.records().visit.state


@dataclass(frozen=True)
class Blueprint:
    """What every test copies."""

    central: Path
    device: Path
    database_key: bytes
    signing_keys: Mapping[str, SigningKey]


PERSON_IDS = {name: uuid7(START_MS, bytes([number] * 10)) for number, name in enumerate(PEOPLE, start=1)}
INSTITUTION_ID = uuid7(START_MS, bytes([200] * 10))


def person_name(name: str) -> str:
    return PEOPLE[name][0]


def blueprint_in(folder: Path, shelf: Shelf) -> Blueprint:
    """Builds central with its cast, and a tablet that has met it."""
    clock = TestClock(START_MS - 3_600_000)
    settings = Settings(role="central", data_dir=folder / "central", port=8001)
    database = open_database(settings, None, clock)
    _fill_central(database, shelf)
    central = Node(create_app(settings, shelf, database, clock), CENTRAL_URL, clock)
    device, keys = enrolled_device(folder / "device", shelf, central, PASSPHRASES)
    for node in (device, central):
        node.database.checkpoint()
        node.database.close()
    return Blueprint(folder / "central", folder / "device", keys[0], keys[1])


def _fill_central(database: Database, shelf: Shelf) -> None:
    with database.write() as session:
        people.save_person(session, None, PersonForm(PERSON_IDS["adm"], *PEOPLE["adm"]))
        adm = reads.person(session, PERSON_IDS["adm"])
        assert adm is not None
        for name, (full_name, roles) in PEOPLE.items():
            if name != "adm":
                people.save_person(session, adm, PersonForm(PERSON_IDS[name], full_name, roles))
        for name in ("adm", "ben"):
            people.set_sign_in(session, PERSON_IDS[name], name, OFFICE_PASSPHRASE, CHEAP)
        institutions.save_institution(session, adm, INSTITUTION_ID, INSTITUTION)


def enrolled_device(
    folder: Path, shelf: Shelf, central: Node, passphrases: Mapping[str, str]
) -> tuple[Node, tuple[bytes, dict[str, SigningKey]]]:
    """A tablet with slots for these people that has enrolled and met central once."""
    with central.database.write() as session:
        adm = reads.person(session, PERSON_IDS["adm"])
        assert adm is not None
        code = devices.make_code(session, adm, folder.name, [PERSON_IDS[name] for name in passphrases])
    (first, phrase), *others = passphrases.items()
    opened = make_vault(folder, PERSON_IDS[first], phrase, CHEAP)
    keys = {opened.person_id: opened.signing_key}
    for name, other in others:
        more = add_slot(folder, opened.database_key, PERSON_IDS[name], other)
        keys[more.person_id] = more.signing_key
    settings = Settings(role="device", data_dir=folder, language="en")
    database = open_database(settings, opened.database_key, central.clock)
    database.node.person_keys |= keys
    enrolment.enrol(database, transport_to(central), CENTRAL_URL, code.text)
    client.meet_central(database, transport_to(central))
    app = create_app(settings, shelf, database, central.clock, transport_to(central))
    return Node(app, DEVICE_URL, central.clock), (opened.database_key, keys)


def transport_to(central: Node) -> link.Transport:
    """The network, faked: one request to the real central app."""
    wire = TestClient(central.app, base_url=central.origin, follow_redirects=False)

    def carry(method: str, path: str, headers: dict[str, str], body: bytes) -> link.Reply:
        with wire.stream(method, path, headers=headers, content=body) as reply:
            raw = b"".join(reply.iter_raw())  # as it was sent: the signature is over these bytes
            return link.Reply(reply.status_code, {k.lower(): v for k, v in reply.headers.items()}, raw)

    return carry


def plan_by_service(
    node: Node, shelf: Shelf, team: Mapping[str, str] | None = None, on: str = "2026-11-22"
) -> Visiting:
    """A planned visit, written as `POST /visits` writes it."""
    roles = team or {"ana": "team_lead", "dana": "monitor"}
    compiled = shelf.named("police-holding")
    assert compiled is not None
    plan = Plan(
        node.clock.new_id(),
        INSTITUTION_ID,
        "periodic",
        False,
        "commissioner",
        on,
        {PERSON_IDS[n]: r for n, r in roles.items()},
    )
    with node.database.write() as session:
        ana = reads.person(session, PERSON_IDS["ana"])
        assert ana is not None
        visits.plan_visit(session, ana, plan, compiled.checklist, compiled.sha256)
        keep_document(session, compiled)
    return Visiting(plan.visit_id, node)


def add_room(browser: Browser, visit: Visiting, name: str = "4-камера", section: str = "rooms") -> str:
    """Adds a room, or in `files` a file, as the page does; returns its id."""
    repeat_id = visit.node.clock.new_id()
    reply = browser.submit(f"{visit.url}/repeats", section=section, repeat=repeat_id, name=name)
    assert reply.status_code == 303
    return repeat_id


def limit(central: Node, name: str, regions: Sequence[str] = (), visits: Sequence[str] = ()) -> None:
    """Adm lets a reviewer see these visits only."""
    with central.database.write() as session:
        adm = reads.person(session, PERSON_IDS["adm"])
        form = PersonForm(PERSON_IDS[name], *PEOPLE[name], is_limited=True, regions=regions, visits=visits)
        people.save_person(session, adm, form)


def text_of(html: str) -> str:
    """What a reader reads: tags away, spaces joined."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def problem_of(html: str) -> str:
    """The sentence of a refusal."""
    found = re.search(r"data-problem[^>]*>(.*?)</(?:p|h1)>", html, re.S)
    return text_of(found.group(1)) if found else ""
