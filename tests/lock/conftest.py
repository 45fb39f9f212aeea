"""A tablet as its processes: the launcher, the child that serves, the spare, and what their memory holds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store.checklist_cache import library_from
from app.store.checklists import Shelf
from tests.browser.nodes import Node, free_port
from tests.web.nodes import Blueprint, blueprint_in

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def shelf(pytestconfig: pytest.Config) -> Shelf:
    cache = pytestconfig.cache
    assert cache is not None
    return library_from(ROOT / "checklists", cache.mkdir("baqylau"))


@pytest.fixture(scope="session")
def blueprint(pytestconfig: pytest.Config, shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Blueprint:
    cache = pytestconfig.cache
    assert cache is not None
    made = blueprint_in(tmp_path_factory.mktemp("blueprint"), shelf)
    shutil.copytree(Path(str(cache.mkdir("baqylau"))) / "checklists", made.device / "checklists")
    return made


@pytest.fixture(scope="module")
def one_tablet(blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("tablet")
    shutil.copytree(blueprint.device, folder / "device")
    node = Node("device", folder / "device", free_port(), {"BAQYLAU_SYNC_EVERY_S": "86400"})
    yield node
    node.stop()


@pytest.fixture
def tablet(one_tablet: Node) -> Node:
    """A running tablet. It is never told where central is."""
    if one_tablet.process is None or one_tablet.process.poll() is not None:
        one_tablet.start()
    return one_tablet
