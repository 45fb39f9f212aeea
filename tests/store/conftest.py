"""A central node on each engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store.db import Database
from tests.builders import make_node, make_postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def central(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        database = make_node(tmp_path / "central", "central")
    else:
        database = make_postgresql(request.getfixturevalue("postgresql_url"))
    yield database
    database.close()


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Database]:
    database = make_node(tmp_path / "device")
    yield database
    database.close()
