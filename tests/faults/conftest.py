"""An office and an enrolled tablet for each test of faults, and a proxy between them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.store.checklist_cache import library_from
from app.store.db import Database
from app.sync.transport import HttpTransport
from tests.browser.nodes import Node, free_port
from tests.faults.nodes import Prepared, Served, carrier, prepare
from tests.faults.proxy import FaultProxy, proxy_to
from tests.web.nodes import Blueprint, blueprint_in

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Central's app behind uvicorn, with no database in it yet."""
    with Served(tmp_path_factory.mktemp("served")).running() as running:
        yield running


@pytest.fixture(scope="session")
def blueprint(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Blueprint:
    cache = pytestconfig.cache
    assert cache is not None
    shelf = library_from(ROOT / "checklists", cache.mkdir("baqylau"))
    made = blueprint_in(tmp_path_factory.mktemp("blueprint"), shelf)
    shutil.copytree(Path(str(cache.mkdir("baqylau"))) / "checklists", made.device / "checklists")
    return made


@pytest.fixture
def tablet(blueprint: Blueprint, tmp_path: Path) -> Iterator[Node]:
    """The tablet's server as a process of its own. It is never told where central is."""
    shutil.copytree(blueprint.device, tmp_path / "device")
    node = Node("device", tmp_path / "device", free_port(), {"BAQYLAU_SYNC_EVERY_S": "86400"})
    yield node
    node.stop()


@dataclass
class Pair:
    """An open office and tablet with a proxy between. `transport` is the tablet's shipped HTTP client."""

    central: Database
    device: Database
    proxy: FaultProxy
    transport: HttpTransport


@pytest.fixture
def pair(prepared: Prepared, served: Served, tmp_path: Path) -> Iterator[Pair]:
    central, device = prepared.copy(tmp_path)
    served.serve(central)
    with proxy_to(served.port) as proxy, carrier(proxy.url) as transport:
        yield Pair(central, device, proxy, transport)
    device.close()
    central.close()
