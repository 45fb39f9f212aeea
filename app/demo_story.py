"""Makes the demo's data as it would really come about: the services write it, and the sync client carries it.

An office is founded, a tablet enrols, a team visits, reviewers decide. The clock of both nodes is moved along, so that
the history shows days and not one second.
"""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx2

from app.clock import uuid7
from app.config import Settings
from app.demo_data import CONTACTS, DEVICE_NAME, INSTITUTIONS, ON_DEVICE, PEOPLE, SamplePerson
from app.domain.people import Person
from app.main import create_app
from app.services import contacts, devices, institutions, people
from app.store import confidential, key_files, reads
from app.store.checklist_cache import library_from
from app.store.checklists import Compiled, Shelf
from app.store.db import Database
from app.store.device_people import give_slots
from app.store.opening import open_database
from app.store.slots import open_vault
from app.store.vault import Cost, new_database_key, new_sealing_key, sealing_public_key
from app.sync import client, enrolment
from app.sync.link import Reply

CHEAP: Final = Cost(memory_mib=19, rounds=2)  # the floor: the demo's phrases are printed on the screen anyway
STEP_MS: Final = 11_000  # how far the clock moves each time it is read
DAY_MS: Final = 24 * 3600 * 1000


class StoryClock:
    """A clock that the story sets, and that moves on with every look at it. Ids follow it, so histories are in order."""

    def __init__(self, now_ms: int) -> None:
        self.at_ms = now_ms

    def now_ms(self) -> int:
        self.at_ms += STEP_MS
        return self.at_ms

    def new_id(self) -> str:
        return uuid7(self.now_ms(), os.urandom(10))

    def random_bytes(self, count: int) -> bytes:
        return os.urandom(count)


class Courier:
    """Carries the device's requests to central's app in this process: no port, but the same bytes."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        return asyncio.run(self._carry(method, path, headers, body))

    async def _carry(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        carrier = httpx2.ASGITransport(app=self.app)
        async with (
            httpx2.AsyncClient(transport=carrier, base_url="http://127.0.0.1") as wire,
            wire.stream(method, path, headers=headers, content=body) as reply,
        ):
            raw = b"".join([piece async for piece in reply.aiter_raw()])
        return Reply(reply.status_code, {name.lower(): value for name, value in reply.headers.items()}, raw)


@dataclass
class Story:
    """Both nodes while the story is told, and who is who in it. `people` are ids by sign-in name."""

    central: Database
    tablet: Database
    clock: StoryClock
    courier: Courier
    shelf: Shelf
    zone: ZoneInfo
    people: Mapping[str, str]
    institutions: Mapping[str, str]

    @property
    def police(self) -> Compiled:
        """The checklist that all visits of the story use."""
        found = self.shelf.for_type("ivs")
        if found is None:
            raise ValueError("the library has no checklist for a temporary holding facility")
        return found

    def turn_to(self, days: int, hour: float) -> str:
        """Sets the clock to an hour of the day so many days from today; returns that day as ISO text."""
        today = datetime.now(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        moment = today + timedelta(days=days, hours=hour)
        self.clock.at_ms = int(moment.timestamp() * 1000)
        return moment.date().isoformat()

    def person(self, database: Database, name: str) -> Person:
        with database.read() as session:
            found = reads.person(session, self.people[name])
        if found is None:
            raise ValueError(f"{name} is not known here yet")
        return found

    def exchange(self) -> None:
        """Tablet and office meet until both know the same."""
        client.meet_central(self.tablet, self.courier)


@contextmanager
def two_nodes(folder: Path, central_url: str, checklists: Path, zone: str) -> Iterator[Story]:
    """A founded office and an enrolled tablet in `folder`, open for the story; both are closed at its end."""
    clock = StoryClock(int(datetime.now(UTC).timestamp() * 1000) - 60 * DAY_MS)
    office = Settings(role="central", data_dir=folder / "central", checklists_dir=checklists)
    tablet = Settings(role="device", data_dir=folder / "device", checklists_dir=checklists)
    key = new_database_key()
    central, device = open_database(office, None, clock), open_database(tablet, key, clock)
    try:
        shelf = library_from(checklists, office.data_dir)
        shutil.copytree(office.data_dir / "checklists", tablet.data_dir / "checklists", dirs_exist_ok=True)
        courier = Courier(create_app(office, shelf, central, clock))
        known = found_office(central)
        enrol_tablet(central, device, courier, central_url, known)
        give_passphrases(tablet.data_dir, key, device, known)
        yield Story(central, device, clock, courier, shelf, ZoneInfo(zone), known, {})
        for database in (central, device):
            database.checkpoint()
    finally:
        central.close()
        device.close()


def found_office(central: Database) -> dict[str, str]:
    """The office's people with their sign-ins; the administrator comes first. Returns ids by sign-in name."""
    known: dict[str, str] = {}
    with central.write() as session:
        admin: Person | None = None
        for sample in PEOPLE:
            person_id = people.save_person(session, admin, _form(central.node.clock, sample))
            people.set_sign_in(session, person_id, sample.sign_in, sample.passphrase, CHEAP)
            known[sample.sign_in] = person_id
            admin = admin or reads.person(session, person_id)
    return known


def _form(clock: StoryClock, sample: SamplePerson) -> people.PersonForm:
    today = datetime.now(UTC).date()
    return people.PersonForm(
        person_id=clock.new_id(),
        name=sample.name,
        roles=sample.roles,
        organisation=sample.organisation,
        language=sample.language,
        accredited_until=(today + timedelta(days=sample.accredited_days)).isoformat(),
        trained_on=(today - timedelta(days=sample.trained_days)).isoformat(),
    )


def found_institutions(story: Story) -> dict[str, str]:
    """The sample institutions at the office. Returns ids by their key in the story."""
    admin = story.person(story.central, "saule")
    known: dict[str, str] = {}
    with story.central.write() as session:
        for sample in INSTITUTIONS:
            known[sample.key] = story.clock.new_id()
            institutions.save_institution(session, admin, known[sample.key], sample.typed())
    return known


def found_reading_key(story: Story, file: Path) -> None:
    """The key to which talks are sealed: its public half at the office, the private one in `file`, under the
    passphrase of the first reviewer."""
    reviewer = next(sample for sample in PEOPLE if "reviewer" in sample.roles)
    private = new_sealing_key()
    with story.central.write() as session:
        confidential.register(session, sealing_public_key(private), confidential.READING)
        key_files.write(file, private, story.central.node.public_key, reviewer.passphrase, CHEAP)


def found_contacts(story: Story) -> None:
    """The sample contacts of one region, which the tablet gets with the institutions."""
    admin = story.person(story.central, "saule")
    with story.central.write() as session:
        for sample in CONTACTS:
            contacts.save_contact(session, admin, story.clock.new_id(), sample)


def enrol_tablet(
    central: Database, tablet: Database, courier: Courier, central_url: str, known: Mapping[str, str]
) -> None:
    """The administrator makes a one-time code, the tablet uses it, and learns who everybody is."""
    with central.write() as session:
        admin = reads.person(session, known["saule"])
        if admin is None:
            raise ValueError("the office has no administrator")
        code = devices.make_code(session, admin, DEVICE_NAME, [known[name] for name in ON_DEVICE])
    enrolment.enrol(tablet, courier, central_url, code.text)
    client.meet_central(tablet, courier)


def give_passphrases(folder: Path, key: bytes, tablet: Database, known: Mapping[str, str]) -> None:
    """A key slot for each person of the tablet; their keys stay open for the signatures of the story."""
    for sample in (sample for sample in PEOPLE if sample.sign_in in ON_DEVICE):
        person_id = known[sample.sign_in]
        give_slots(folder, key, CHEAP, tablet, {person_id: sample.passphrase})
        tablet.node.person_keys[person_id] = open_vault(folder, sample.passphrase).signing_key


Chapter = Callable[[Story], None]


def tell(story: Story, chapters: Sequence[Chapter]) -> Iterator[Chapter]:
    """Tells the chapters in order; after each one, tablet and office meet, and it is given back."""
    for chapter in chapters:
        chapter(story)
        story.exchange()
        yield chapter
