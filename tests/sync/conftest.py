"""Central, and devices that speak to it in process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import World, make_postgresql, make_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The same on both engines of central."""
    is_sqlite = request.param == "sqlite"
    made = make_world(tmp_path, None if is_sqlite else make_postgresql(request.getfixturevalue("postgresql_url")))
    yield made
    made.close()
