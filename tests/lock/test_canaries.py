"""A word of its own is typed into every field of every page of a tablet. After the lock none of them is in a file of the
tablet, in what its processes print, in their temporary folder or in their memory; the encrypted database has them all.

Which fields there are is read off the tablet's own pages and routes, so that a new field is typed into or named here.
"""

from __future__ import annotations

import re
import shutil
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import inspect, text

from app.config import Settings
from app.main import create_app
from app.store.checklists import Shelf
from app.store.opening import open_database
from tests.browser.nodes import Hand, free_port, photo_bytes
from tests.browser.nodes import Node as Processes
from tests.lock.test_processes import memory_of, processes
from tests.web.crawling import Field, Form, crawl, declared_names, filled, typed_forms
from tests.web.nodes import (
    DEVICE_URL,
    PASSPHRASES,
    Blueprint,
    Node,
    TestClock,
    add_room,
    plan_by_service,
)
from tests.web.test_interviews import begin, keys_told, train

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
CANARY: Final = re.compile(rb"qanat-[0-9a-f]{8}-qus")
WIDE: Final = re.compile(rb"q\0a\0n\0a\0t\0-\0(?:[0-9a-f]\0){8}-\0q\0u\0s\0")
# Fields whose words are not kept, with the reason.
NOT_KEPT: Final = {
    ("/enrol/again", "url"): "refused: no office is there",
    ("/enrol/again", "code"): "refused: no office is there",
    ("/hub", "url"): "refused: no tablet is there",
    ("/hub", "fingerprint"): "refused: no tablet is there",
}
# Fields that routes declare and in which nobody types: ids, choices, times, what a page showed, and passphrases.
NO_WORDS: Final = {
    "/sign-in": {"passphrase", "name", "next"},
    "/enrol": {"url", "code"},  # before anybody has a passphrase, and nothing can be kept: web/test_enrolment.py
    "/preferences": {"next", "language", "theme", "size", "hand"},
    "/recovery": {"code"},  # of a card, before anybody signs in: web/test_passphrases.py
    "/passphrases": {"colleague"},
    "/tablet": {"sure"},  # a button that destroys all: web/test_emptying.py
    "/sync/offline": {"offline"},
    "/sync/photos": {"day_mb"},
    "/sync/photos/pause": {"paused"},
    "/visits/{visit_id}/arrival": {"arrived_at", "waiting_minutes"},
    "/visits/{visit_id}/declaration": {"conflict"},
    "/visits/{visit_id}/refusal": {"at"},
    "/visits/{visit_id}/signature": {"seen"},
    "/visits/{visit_id}/repeats": {"kind", "section", "repeat"},
    "/visits/{visit_id}/repeats/{repeat_id}": {"removed"},
    "/visits/{visit_id}/photos": {"file", "indicator", "repeat", "tap"},
    "/visits/{visit_id}/photos/{photo_id}/removal": {"tap"},
    "/visits/{visit_id}/calls": {"alert", "danger"},
    "/visits/{visit_id}/calls/{alert_id}/told": {"told", "recipient", "how"},
}
PAGES_TO_READ: Final = r"^/(checklists|guides|standards|interviews)|/booklet|/report|/mandate|/meanings/|/history"
REFUSED: Final = ("/enrol/again", "/hub")


def canary(route: str, name: str) -> str:
    return f"qanat-{zlib.crc32(f'{route} {name}'.encode()):08x}-qus"


@dataclass
class Told:
    """What was typed, by route and name of the field."""

    words: dict[tuple[str, str], str] = field(default_factory=dict)
    passphrases: set[tuple[str, str]] = field(default_factory=set)  # wrong ones: never kept
    in_memory: set[str] = field(default_factory=set)  # while it was open

    def word(self, form: Form, one: Field) -> str:
        if one.kind == "password":
            self.passphrases.add((form.route, one.name))
        return self.words.setdefault((form.route, one.name), canary(form.route, one.name))


@pytest.fixture(scope="module")
def tablet(blueprint: Blueprint, shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """A tablet with a visit in which everything can be done, and a temporary folder that we can look into."""
    folder = tmp_path_factory.mktemp("canaries")
    shutil.copytree(blueprint.device, folder / "device")
    (folder / "tmp").mkdir()
    make_visits(folder / "device", blueprint, shelf)
    settings = {"BAQYLAU_SYNC_EVERY_S": "86400", "TMPDIR": str(folder / "tmp")}
    node = Processes("device", folder / "device", free_port(), settings)
    node.start()
    yield node
    node.stop()


def make_visits(folder: Path, blueprint: Blueprint, shelf: Shelf) -> None:
    """A planned visit with a room, a file and an open talk; Ana is trained, the office's key is known."""
    clock, settings = TestClock(), Settings(role="device", data_dir=folder, language="en")
    database = open_database(settings, blueprint.database_key, clock)
    database.node.person_keys |= blueprint.signing_keys
    node = Node(create_app(settings, shelf, database, clock), DEVICE_URL, clock)
    train(node, "ana")
    keys_told(node)
    visit = plan_by_service(node, shelf)
    with node.browser("ana") as ana:
        add_room(ana, visit)
        add_room(ana, visit, "1-іс", "files")
        begin(ana, visit)
        ana.submit(f"{visit.url}/calls", alert=clock.new_id(), danger="held")
    database.checkpoint()
    database.close()


@pytest.fixture(scope="module")
def told(tablet: Processes) -> Told:
    """Ana opens every page and fills every form of it, finishes and signs; then she locks."""
    told = Told()
    with Hand(tablet, "", PASSPHRASES["ana"]) as ana:
        for leave_out in (PAGES_TO_READ, f"{PAGES_TO_READ}|/sections/"):  # what can be signed is finished first
            for form in forms_of(ana, leave_out):
                fill(ana, form, told)
        told.in_memory = set(found_in_memory(tablet))
        ana.post("/lock", {})
        ana.get("/hidden")
    return told


def forms_of(ana: Hand, leave_out: str) -> list[Form]:
    """The forms in which words are typed, as the pages show them now; what ends a visit comes last."""
    seen = crawl(ana.client.get, "device", each=13, leave_out=leave_out)
    return sorted(typed_forms(seen.forms), key=lambda form: form.route.endswith(("/finish", "/signature")))


def fill(ana: Hand, form: Form, told: Told) -> None:
    files = {"file": ("x.jpg", photo_bytes(), "image/jpeg")} if form.is_multipart else None
    sent = filled(form, told.word)
    sent.pop("removed", None)
    reply = ana.client.post(form.action, data=sent, files=files)
    is_refused = form.route in REFUSED or any(route == form.route for route, _ in told.passphrases)
    expected = (401, 422, 429) if is_refused else (200, 204, 303, 409)
    assert reply.status_code in expected, (form.route, reply.status_code, reply.text[-1500:])


def found_in_memory(tablet: Processes) -> Iterator[str]:
    for one in processes(tablet):
        for memory in memory_of(one.pid):
            yield from canaries_in(memory)


def canaries_in(data: bytes) -> Iterator[str]:
    yield from (word.decode() for word in CANARY.findall(data))
    yield from (word.decode("utf-16-le") for word in WIDE.findall(data))


def kept_in(folder: Path, key: bytes) -> set[str]:
    """The words in the rows of the database, opened with its key."""
    database = open_database(Settings(role="device", data_dir=folder), key, TestClock())
    found: set[str] = set()
    with database.read() as session:
        for table in inspect(database.engine).get_table_names():
            for row in session.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608 - names of our own tables
                found |= {
                    word
                    for value in row
                    for word in canaries_in(value if isinstance(value, bytes) else str(value).encode())
                }
    database.close()
    return found


# ---- which fields there are --------------------------------------------------------------------------------------------


def test_every_field_that_a_route_of_a_tablet_declares_is_typed_into_or_named_here(told: Told) -> None:
    left = {(route, name) for route, name in declared_names("device") if name not in NO_WORDS.get(route, ())}
    assert left - told.words.keys() == set(), "type into it, or say in NO_WORDS that nobody types there"
    stale = {(route, name) for route, names in NO_WORDS.items() for name in names} - set(declared_names("device"))
    assert stale == set()


def test_the_pages_have_fields_enough(told: Told) -> None:
    by_hand = {"field.unusual", "note", "text", "words", "caption", "note.day", "reach", "dissent", "name"}
    assert by_hand <= {name for _, name in told.words} and len(told.words) >= 35


# ---- where they are ----------------------------------------------------------------------------------------------------


def test_while_it_is_open_its_memory_holds_them(told: Told) -> None:
    assert len(told.in_memory & set(told.words.values())) >= len(told.words) * 0.8, "the test would see nothing"


def test_after_the_lock_no_process_holds_one(tablet: Processes, told: Told) -> None:
    assert sorted(set(found_in_memory(tablet))) == []


def test_no_file_of_the_tablet_holds_one_and_no_log_and_no_temporary_file(tablet: Processes, told: Told) -> None:
    files = [path for path in tablet.data.parent.rglob("*") if path.is_file()]
    names = {path.name for path in files}
    assert {"baqylau.db", "baqylau.db-wal", "slots.json", "device.log"} <= names
    words = [*map(str.encode, PASSPHRASES.values())]
    for path in files:
        data = path.read_bytes()
        assert set(canaries_in(data)) == set(), path
        assert not [word for word in words if word in data], path
        assert not set(canaries_in(str(path).encode())), path


def test_the_encrypted_database_holds_every_one_that_is_kept(
    tablet: Processes, told: Told, blueprint: Blueprint, tmp_path: Path
) -> None:
    shutil.copytree(tablet.data, tmp_path / "device")
    kept = kept_in(tmp_path / "device", blueprint.database_key)
    lost = {place for place, word in told.words.items() if word not in kept}
    assert lost == told.passphrases | set(NOT_KEPT)
