"""Guessing at the office with a kill -9 between the tries: what was counted stays counted, and the wait with it.

The same on a tablet: store/test_attempts.py.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.config import Settings
from app.main import create_app
from app.services import people
from app.store import incoming
from app.store.checklists import Shelf
from app.store.tables import SignInTryRow, table
from app.store.vault import new_signing_key
from app.sync import wire
from tests.builders import FakeClock, make_node

TRY = table(SignInTryRow)
ORIGIN = "http://127.0.0.1:8001"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9")


def browser_of(folder: Path) -> TestClient:
    """The office's app on a folder; its clock stands where every process finds it."""
    database = make_node(folder, "central", FakeClock(5))
    app = create_app(Settings(role="central", data_dir=folder, port=8001), Shelf((), ()), database)
    return TestClient(app, base_url=ORIGIN, follow_redirects=False, headers={"Origin": ORIGIN}, client=("10.0.0.9", 1))


def sign_in(browser: TestClient) -> int:
    return browser.post("/sign-in", data={"name": "adm", "passphrase": "not the right words"}).status_code


def enrol(browser: TestClient) -> int:
    """A guessed code, with a key of one's own."""
    key = new_signing_key()
    public = key.public_key().public_bytes_raw().hex()
    body = wire.pack(wire.EnrolRequest(code="A" * 12, public_key=public, nonce="0" * 32))
    proof = key.sign(wire.request_message("enrol", body)).hex()
    headers = {wire.PROOF_HEADER: proof, wire.NONCE_HEADER: "0" * 32}
    return browser.post("/sync/v1/enrol", content=body, headers=headers).status_code


def die(*given: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def try_and_die(folder: Path, what: str) -> None:
    """A try whose process is killed when it is about to be looked at."""
    people.check_sign_in = incoming.enrol_device = die
    (sign_in if what == "sign_in" else enrol)(browser_of(folder))


def counted(browser: TestClient) -> dict[str, int]:
    with browser.app.state.database.read() as session:  # type: ignore[attr-defined]
        return {row.name.split()[0]: row.failed for row in session.execute(select(TRY))}


def kill_after_each(folder: Path, what: str, times: int) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.test_tries"])
    for _ in range(times):
        process = context.Process(target=try_and_die, args=(folder, what))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL


def test_a_kill_between_the_tries_saves_no_guesser_of_passphrases_the_wait(tmp_path: Path) -> None:
    browser_of(tmp_path / "central").app.state.database.close()  # type: ignore[attr-defined]
    kill_after_each(tmp_path / "central", "sign_in", 1)
    browser = browser_of(tmp_path / "central")
    assert counted(browser) == {"name": 1, "address": 1}
    assert sign_in(browser) == 429
    clock: Any = browser.app.state.database.node.clock  # type: ignore[attr-defined]
    clock.at_ms += 2000
    assert sign_in(browser) == 401
    assert sign_in(browser) == 429


def test_a_kill_between_the_tries_saves_no_guesser_of_codes_the_wait(tmp_path: Path) -> None:
    browser = browser_of(tmp_path / "central")
    assert [enrol(browser) for _ in range(20)] == [403] * 20  # a team links its tablets from behind one address
    browser.app.state.database.close()  # type: ignore[attr-defined]
    kill_after_each(tmp_path / "central", "enrol", 1)
    browser = browser_of(tmp_path / "central")
    assert counted(browser) == {"enrol": 21}
    assert enrol(browser) == 429
