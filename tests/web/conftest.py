"""The cast and their two nodes. Built once per test process, copied for each test: real app, real SQLite, real keys.

Ana may (she leads the team), Dana is on it, Ben and Bek review, Tom trains, Adm administers, and Cy, who is a
monitor of another team on the same tablet, must see nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.config import Settings
from app.main import create_app
from app.store.checklist_cache import library_from
from app.store.checklists import Shelf
from app.store.opening import open_database
from app.sync import client
from tests.web.nodes import (
    CENTRAL_URL,
    DEVICE_URL,
    PASSPHRASES,
    Blueprint,
    Browser,
    Node,
    TestClock,
    Visiting,
    blueprint_in,
    enrolled_device,
    plan_by_service,
    transport_to,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def shelf(pytestconfig: pytest.Config) -> Shelf:
    """The real checklists, compiled once; pytest's cache keeps them for all test processes and the next run."""
    cache = pytestconfig.cache
    assert cache is not None
    return library_from(ROOT / "checklists", cache.mkdir("baqylau"))


@pytest.fixture(scope="session")
def blueprint(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Blueprint:
    """Both data folders as they stand after enrolment, and the keys of the people."""
    return blueprint_in(tmp_path_factory.mktemp("blueprint"), shelf)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def central(blueprint: Blueprint, shelf: Shelf, tmp_path: Path, clock: TestClock) -> Iterator[Node]:
    """The office: everybody can sign in there."""
    shutil.copytree(blueprint.central, tmp_path / "central")
    settings = Settings(
        role="central",
        data_dir=tmp_path / "central",
        port=8001,
        language="en",
        passphrase_memory_mib=19,
        passphrase_rounds=2,
    )
    database = open_database(settings, None, clock)
    yield Node(create_app(settings, shelf, database, clock), CENTRAL_URL, clock)
    database.close()


@pytest.fixture
def device(
    blueprint: Blueprint, shelf: Shelf, tmp_path: Path, clock: TestClock, request: pytest.FixtureRequest
) -> Iterator[Node]:
    """A tablet that Ana, Dana and Cy share, unlocked by all three. Central is started only when something is sent."""
    shutil.copytree(blueprint.device, tmp_path / "device")
    settings = Settings(role="device", data_dir=tmp_path / "device", language="en")
    database = open_database(settings, blueprint.database_key, clock)
    database.node.person_keys |= blueprint.signing_keys

    def transport(method: str, path: str, headers: dict[str, str], body: bytes) -> client.Reply:
        return transport_to(request.getfixturevalue("central"))(method, path, headers, body)

    yield Node(create_app(settings, shelf, database, clock, transport), DEVICE_URL, clock)
    database.close()


@pytest.fixture
def meet(device: Node, central: Node) -> Callable[[], client.Outcome]:
    """Lets the tablet meet the office."""
    return lambda: client.meet_central(device.database, transport_to(central))


@pytest.fixture
def danas_tablet(shelf: Shelf, tmp_path: Path, central: Node) -> Iterator[Node]:
    """A second tablet, which Dana alone uses."""
    node, _ = enrolled_device(tmp_path / "second", shelf, central, {"dana": PASSPHRASES["dana"]})
    yield node
    node.database.close()


@pytest.fixture
def ana(device: Node) -> Browser:
    return device.browser("ana")


@pytest.fixture
def dana(device: Node) -> Browser:
    return device.browser("dana")


@pytest.fixture
def cy(device: Node) -> Browser:
    return device.browser("cy")


@pytest.fixture
def ben(central: Node) -> Browser:
    return central.browser("ben")


@pytest.fixture
def bek(central: Node) -> Browser:
    return central.browser("bek")


@pytest.fixture
def adm(central: Node) -> Browser:
    return central.browser("adm")


@pytest.fixture
def visit(device: Node, shelf: Shelf) -> Visiting:
    """Planned on the tablet by Ana, for herself and Dana."""
    return plan_by_service(device, shelf)


@pytest.fixture
def sent_visit(central: Node, shelf: Shelf) -> Visiting:
    """The same, at the office: Ana and Dana answer it in their browsers there."""
    return plan_by_service(central, shelf)
