"""When a node locks, and who may lock it."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlmodel import Session
from starlette.testclient import TestClient

from app.store.tables import AuditRow, table
from tests.web.nodes import PASSPHRASES, PERSON_IDS, Browser, Node, TestClock, Visiting


def noted(node: Node) -> list[tuple[str, str, str]]:
    audit = table(AuditRow)
    with node.database.read() as session:
        return [tuple(row) for row in session.execute(select(audit.c.who, audit.c.what, audit.c.told))]


def due(node: Node, clock: TestClock, seconds: float) -> str:
    """What the looks of the next seconds find: one every ten seconds."""
    lock = node.app.state.lock
    for _ in range(int(seconds // 10)):
        clock.advance(minutes=10 / 60)
        why: str = lock.due()
        if why:
            return why
    return ""


class Remembering:
    """How this node forgets its key, for tests: it writes down what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def announce(self) -> None:
        self.told.append("announced")

    def forget(self) -> None:
        self.told.append("forgotten")


@pytest.fixture
def leaving(device: Node) -> Remembering:
    device.app.state.lock.leaving = made = Remembering()
    return made


def test_the_button_hides_ends_the_session_and_forgets_the_key(device: Node, ana: Browser) -> None:
    reply = ana.submit("/lock")
    assert (reply.status_code, reply.headers["Location"], reply.headers["Connection"]) == (303, "/hidden", "close")
    assert device.app.state.database is None
    assert 'name="passphrase"' not in ana.get("/hidden").text
    assert ana.get("/visits").headers["Location"].startswith("/sign-in")
    assert ana.get("/lock").status_code == 401
    assert ana.submit("/lock").status_code == 303  # once more harms nobody
    assert ana.submit("/sign-in", passphrase=PASSPHRASES["ana"]).status_code == 303
    assert noted(device)[-3:] == [
        (PERSON_IDS["ana"], "signed_out", "{}"),
        (PERSON_IDS["ana"], "locked", '{"why":"button"}'),
        (PERSON_IDS["ana"], "signed_in", '{"failed_before":0}'),
    ]
    device.app.state.database.close()


def test_the_tablet_says_that_it_locks_before_it_answers_and_forgets_afterwards(
    ana: Browser, leaving: Remembering
) -> None:
    ana.submit("/lock")
    assert leaving.told == ["announced", "forgotten"]


def test_a_full_disk_stands_between_nobody_and_the_lock_or_a_page(
    device: Node, ana: Browser, leaving: Remembering, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Session) -> None:
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    device.clock.advance(minutes=2)  # the next look would be noted
    monkeypatch.setattr(Session, "commit", fail)
    assert ana.get("/tablet").status_code == 200, "what is on the tablet can still be destroyed"
    assert ana.submit("/lock").headers["Location"] == "/hidden"
    assert leaving.told == ["announced", "forgotten"]


def test_signing_out_of_ones_own_tablet_locks_it(ana: Browser, leaving: Remembering) -> None:
    assert ana.submit("/sign-out").headers["Location"] == "/sign-in"
    assert leaving.told == ["announced", "forgotten"]


def test_sessions_from_before_a_lock_are_dead_though_somebody_unlocks(ana: Browser, dana: Browser) -> None:
    assert dana.get("/visits").status_code == 200
    ana.submit("/lock")
    ana.submit("/sign-in", passphrase=PASSPHRASES["ana"])
    assert ana.get("/visits").status_code == 200
    assert dana.get("/visits").status_code == 303


def test_a_tablet_that_nobody_touches_locks_after_two_minutes(device: Node, ana: Browser, clock: TestClock) -> None:
    ana.get("/visits")
    assert due(device, clock, 110) == ""
    ana.get("/visits")
    assert due(device, clock, 110) == ""
    assert due(device, clock, 20) == "idle"


def test_what_pages_ask_by_themselves_does_not_keep_it_open(device: Node, ana: Browser, clock: TestClock) -> None:
    ana.get("/visits")
    assert due(device, clock, 100) == ""
    for path in ("/sync/status", "/sync/progress", "/lock"):
        assert ana.get(path).status_code in (200, 204), path
    assert due(device, clock, 30) == "idle"


def test_a_page_that_is_touched_keeps_it_open(device: Node, ana: Browser, clock: TestClock) -> None:
    ana.get("/visits")
    assert due(device, clock, 100) == ""
    assert ana.get("/lock?here=1").status_code == 204
    assert due(device, clock, 100) == ""


def test_a_visitor_who_is_not_signed_in_does_not_keep_it_open(device: Node, ana: Browser, clock: TestClock) -> None:
    ana.get("/visits")
    assert due(device, clock, 100) == ""
    device.browser().get("/lock?here=1")
    device.browser().get("/visits")
    assert due(device, clock, 30) == "idle"


def test_a_clock_that_is_set_back_does_not_keep_it_open(device: Node, ana: Browser, clock: TestClock) -> None:
    ana.get("/visits")
    lock, started = device.app.state.lock, device.app.state.lock.monotonic()
    clock.advance(hours=-5)
    found = ""
    for seconds in range(0, 140, 10):
        lock.monotonic = lambda seconds=seconds: started + seconds
        found = found or lock.due()
    assert found == "idle"


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_computer_that_slept_wakes_up_locked_also_a_hub(
    device: Node, ana: Browser, clock: TestClock, is_shared: bool
) -> None:
    device.app.state.is_shared = is_shared
    ana.get("/visits")
    device.app.state.lock.due()
    clock.advance(minutes=0.6)
    assert device.app.state.lock.due() == "slept"


def test_a_locked_tablet_has_nothing_to_lock(device: Node, ana: Browser, clock: TestClock) -> None:
    ana.submit("/lock")
    clock.advance(hours=1)
    assert device.app.state.lock.due() == ""


# ---- a hub -------------------------------------------------------------------------------------------------------------


def test_on_a_hub_idle_time_ends_sessions_and_not_the_node(device: Node, ana: Browser, clock: TestClock) -> None:
    device.app.state.is_shared = True
    for _ in range(3):
        clock.advance(minutes=1.5)
        assert ana.get("/visits").status_code == 200
    clock.advance(minutes=1)
    assert ana.get("/lock").status_code == 204  # asked by the page: keeps nobody signed in
    clock.advance(minutes=1.1)
    assert ana.get("/visits").status_code == 303
    device.app.state.lock.due()
    assert due(device, clock, 600) == ""


def guest(device: Node, person: str) -> TestClient:
    """A browser on another tablet of the team."""
    client = TestClient(device.app, base_url=device.origin, follow_redirects=False, client=("192.168.43.7", 50000))
    client.headers["Origin"] = device.origin
    cookie = device.app.state.settings.cookie_name
    client.cookies.set(cookie, device.browser(person).cookies.get(cookie, domain="127.0.0.1") or "", domain="127.0.0.1")
    return client


@pytest.mark.parametrize("path", ["/lock", "/sign-out"])
def test_a_guest_of_a_hub_locks_only_their_own_browser(device: Node, leaving: Remembering, path: str) -> None:
    device.app.state.is_shared = True
    dana = guest(device, "dana")
    assert dana.get("/visits").status_code == 200
    assert dana.post(path).status_code == 303
    assert leaving.told == [] and dana.get("/visits").status_code == 303


def test_the_owner_of_a_hub_locks_it_from_its_own_screen(device: Node, leaving: Remembering) -> None:
    device.app.state.is_shared = True
    own = TestClient(device.app, base_url=device.origin, follow_redirects=False, client=("127.0.0.1", 50000))
    own.post("/lock", headers={"Origin": device.origin})
    assert leaving.told == ["announced", "forgotten"]


# ---- the office --------------------------------------------------------------------------------------------------------


def test_at_the_office_the_button_ends_the_session(central: Node, ben: Browser) -> None:
    assert ben.submit("/lock").headers["Location"] == "/hidden"
    assert ben.get("/inbox").status_code == 303
    assert central.app.state.database is not None


def test_another_page_cannot_lock_a_tablet(ana: Browser, leaving: Remembering) -> None:
    assert ana.post("/lock", headers={"Origin": "http://evil.example"}).status_code == 403
    assert leaving.told == []


def test_every_page_has_the_button(ana: Browser, visit: Visiting) -> None:
    for path in ("/visits", visit.url, f"{visit.url}/sections/cells", f"{visit.url}/finish", "/sync", "/guides"):
        assert '<form method="post" action="/lock" data-hide="Notes">' in ana.get(path).text, path
