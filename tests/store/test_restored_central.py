"""Central is lost and restored from yesterday: the tablets bring back by themselves what the backup lacks."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from app.config import Settings
from app.domain.journal import Draft, Json
from app.services.visits import signature_is_sound
from app.store import attachments, journal
from app.store.db import Database, open_sqlite
from app.store.opening import open_database
from app.store.tables import AttachmentRow, table
from app.store.verification import findings
from tests.builders import ANA, BEN, FakeClock, World, answer, held, make_postgresql, make_visit, make_world, node_of
from tests.store.backup_samples import back_up, durable, ends, restore

ATTACHMENT = table(AttachmentRow)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The same on both engines of central."""
    central = make_postgresql(request.getfixturevalue("postgresql_url")) if request.param == "postgresql" else None
    made = make_world(tmp_path, central)
    yield made
    made.close()


def lose_central(world: World, backup: Path, folder: Path) -> None:
    """Central's machine burns down; a new one is made from the backup, on SQLite, and gets the old one's address."""
    world.central.close()
    restored = open_sqlite(folder, None)
    assert restore(backup, restored) == []
    restored.close()
    world.central = open_database(Settings(role="central", data_dir=folder), None, FakeClock(seed=4711))
    world.http.app.state.database = world.central  # type: ignore[attr-defined]


def take_photo(device: Database, visit: str, shade: int) -> str:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (shade * 9, 90, 90)).save(out, "WEBP")
    with device.write() as session:
        sha256 = attachments.keep(session, out.getvalue(), attachments.PHOTO_TYPE, f"visit:{visit}")
        sets: dict[str, Json] = {"sha256": sha256, "visit": visit}
        journal.append(session, Draft("photo", node_of(device).clock.new_id(), f"visit:{visit}", sets), ANA)
    return sha256


def held_files(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.execute(select(ATTACHMENT.c.sha256)).scalars())


def verify(database: Database) -> None:
    with database.read() as session:
        assert list(findings(session, signature_is_sound)) == []


def test_central_restored_from_yesterday_gets_back_what_the_tablets_wrote(either_world: World, tmp_path: Path) -> None:
    world = either_world
    first, second = world.device(), world.device()
    visits = {}
    for device in (first, second):
        with device.write() as session:
            visit = visits[id(device)] = make_visit(session)
            answer(session, visit, "A-1", "yes")
        take_photo(device, visit, len(visits))
        world.meet(device)
    back_up(world.central, tmp_path / "yesterday.backup")
    yesterday = held(world.central)
    for device in (first, second):
        visit = visits[id(device)]
        with device.write() as session:
            for number in range(30):
                answer(session, visit, f"B-{number}", number, lane=number % 2)
        take_photo(device, visit, 10 + len(visits) + (device is first))
        world.meet(device)
    before, photos = held(world.central), held_files(world.central)
    assert len(before) == len(yesterday) + 62 and len(photos) == 4
    lose_central(world, tmp_path / "yesterday.backup", tmp_path / "new")
    assert held(world.central) == yesterday and len(held_files(world.central)) == 2
    for device in (first, second):
        world.meet(device)
    assert held(world.central) == before
    assert held_files(world.central) == photos
    verify(world.central)
    assert all(world.meet(device).pushed == 0 for device in (first, second))


def test_what_is_not_in_a_verified_backup_is_not_called_safe_after_a_restore(world: World, tmp_path: Path) -> None:
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
    world.meet(device)
    back_up(world.central, tmp_path / "yesterday.backup")
    with device.write() as session:
        answer(session, visit, "A-1", "yes")
    world.meet(device)
    lose_central(world, tmp_path / "yesterday.backup", tmp_path / "new")
    world.meet(device)
    name = str(node_of(device).stream(1))
    assert (durable(world.central)[name], ends(world.central)[name]) == (1, 2)


# ---- vouchers: what others wrote ----------------------------------------------------------------------------------------


def test_what_the_office_wrote_since_comes_back_from_a_tablet_that_had_read_it(world: World, tmp_path: Path) -> None:
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
    world.meet(device)
    back_up(world.central, tmp_path / "yesterday.backup")
    with world.central.write() as session:
        question = Draft("question", "q1", f"visit:{visit}", {"text": "Where is the register?"})
        journal.append(session, question, BEN)
    world.meet(device)
    before = held(world.central)
    lose_central(world, tmp_path / "yesterday.backup", tmp_path / "new")
    assert len(held(world.central)) == len(before) - 1
    world.meet(device)
    assert held(world.central) == before
    verify(world.central)


def test_what_a_tablet_wrote_that_is_lost_too_comes_back_from_its_team(world: World, tmp_path: Path) -> None:
    first, second = world.device(), world.device()
    with first.write() as session:
        visit = make_visit(session)
    world.meet(first)
    world.meet(second)
    back_up(world.central, tmp_path / "yesterday.backup")
    with first.write() as session:
        lost = answer(session, visit, "A-1", "yes")
    world.meet(first)
    world.meet(second)
    before = held(world.central)
    assert lost.entry_id in before
    lose_central(world, tmp_path / "yesterday.backup", tmp_path / "new")
    world.meet(second)  # the first tablet never meets central again
    assert held(world.central) == before
    verify(world.central)
