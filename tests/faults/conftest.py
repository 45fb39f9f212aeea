"""An office and an enrolled tablet for each test of faults, and a proxy between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.store.db import Database
from app.sync.transport import HttpTransport
from tests.faults.nodes import Prepared, Served, carrier, prepare
from tests.faults.proxy import FaultProxy, proxy_to


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Central's app behind uvicorn, with no database in it yet."""
    with Served(tmp_path_factory.mktemp("served")).running() as running:
        yield running


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
