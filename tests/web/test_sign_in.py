"""Signing in: a fresh session each time, dead when it should be, and no word on what was wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import Settings
from app.main import create_app
from app.services import people
from app.store import reads
from app.store.checklists import Shelf
from app.store.tables import WebSessionRow
from tests.web.nodes import (
    DEVICE_URL,
    OFFICE_PASSPHRASE,
    PASSPHRASES,
    PEOPLE,
    PERSON_IDS,
    Browser,
    Node,
    TestClock,
    person_name,
    problem_of,
    text_of,
)


def sign_in(browser: Browser, passphrase: str = OFFICE_PASSPHRASE, name: str = "ben", next: str = "/") -> int:
    return browser.submit("/sign-in", name=name, passphrase=passphrase, next=next).status_code


def cookie_of(browser: Browser) -> str:
    return browser.cookies.get(browser.node_app.state.settings.cookie_name, "", domain="127.0.0.1") or ""


@pytest.fixture
def visitor(central: Node) -> Browser:
    return central.browser()


def test_name_and_passphrase_open_the_office(visitor: Browser) -> None:
    assert sign_in(visitor) == 303
    assert visitor.get("/inbox").status_code == 200


def test_the_office_asks_for_the_sign_in_name_by_its_own_word(visitor: Browser) -> None:
    assert '<label for="field-name">Sign-in name</label>' in visitor.get("/sign-in").text


def test_a_session_is_bound_to_this_site_and_out_of_reach_of_scripts(visitor: Browser) -> None:
    reply = visitor.submit("/sign-in", name="ben", passphrase=OFFICE_PASSPHRASE)
    cookie = reply.headers["Set-Cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie


def test_a_wrong_name_and_a_wrong_passphrase_look_alike(visitor: Browser) -> None:
    replies = [
        visitor.submit("/sign-in", name=name, passphrase=passphrase)
        for name, passphrase in (
            ("ben", "wrong words on purpose"),
            ("nobody", OFFICE_PASSPHRASE),
            ("ana", OFFICE_PASSPHRASE),
            ("", ""),
        )
    ]
    assert {reply.status_code for reply in replies} == {401}
    assert len({problem_of(reply.text) for reply in replies}) == 1
    assert all("Set-Cookie" not in reply.headers for reply in replies)


def test_a_refused_sign_in_keeps_the_name_and_never_the_passphrase(visitor: Browser) -> None:
    html = visitor.submit("/sign-in", name="benn", passphrase=OFFICE_PASSPHRASE).text
    assert 'value="benn"' in html and OFFICE_PASSPHRASE not in html


def test_a_blocked_person_does_not_sign_in(visitor: Browser, central: Node) -> None:
    with central.database.write() as session:
        adm = reads.person(session, PERSON_IDS["adm"])
        people.save_person(session, adm, people.PersonForm(PERSON_IDS["ben"], *PEOPLE["ben"], is_active=False))
    assert sign_in(visitor) == 401


def test_a_cookie_set_beforehand_is_not_taken_over(visitor: Browser, central: Node) -> None:
    name = central.app.state.settings.cookie_name
    visitor.cookies.set(name, "chosen-by-an-attacker", domain="127.0.0.1")
    assert sign_in(visitor) == 303
    attacker = central.browser()
    attacker.cookies.set(name, "chosen-by-an-attacker", domain="127.0.0.1")
    assert attacker.get("/inbox").status_code == 303
    assert attacker.get("/inbox").headers["Location"].startswith("/sign-in")


def test_each_sign_in_makes_a_fresh_token_of_which_only_a_hash_is_kept(central: Node) -> None:
    first, second = central.browser("ben"), central.browser("ben")
    assert cookie_of(first) != cookie_of(second)
    with central.database.read() as session:
        assert session.get(WebSessionRow, cookie_of(first)) is None


def test_a_session_is_dead_after_sign_out_also_for_a_copy_of_its_cookie(visitor: Browser, central: Node) -> None:
    sign_in(visitor)
    copy = central.browser()
    copy.cookies.set(central.app.state.settings.cookie_name, cookie_of(visitor), domain="127.0.0.1")
    assert copy.get("/inbox").status_code == 200
    assert visitor.submit("/sign-out").headers["Location"] == "/sign-in"
    assert copy.get("/inbox").status_code == 303
    assert visitor.get("/inbox").status_code == 303


def test_signing_in_again_ends_what_the_browser_had_before(visitor: Browser, central: Node) -> None:
    sign_in(visitor)
    copy = central.browser()
    copy.cookies.set(central.app.state.settings.cookie_name, cookie_of(visitor), domain="127.0.0.1")
    assert copy.get("/inbox").status_code == 200
    sign_in(visitor)
    assert copy.get("/inbox").status_code == 303
    assert visitor.get("/inbox").status_code == 200


def test_a_new_passphrase_ends_the_sessions_of_its_person_alone(visitor: Browser, central: Node, adm: Browser) -> None:
    sign_in(visitor)
    new = {"sign_in_name": "ben", "passphrase": "other words than before it"}
    adm.submit("/people", person=PERSON_IDS["ben"], name="Бен Ревизор", role="reviewer", **new)
    assert visitor.get("/inbox").status_code == 303
    assert adm.get("/people").status_code == 200


def test_behind_tls_the_cookie_is_secure_and_no_other_host_can_plant_one(central: Node) -> None:
    """A proxy speaks TLS, and central sees plain HTTP: the browser's own Origin says how it came."""
    name = central.app.state.settings.cookie_name
    browser = central.browser()
    reply = browser.post(
        "/sign-in", data={"name": "ben", "passphrase": OFFICE_PASSPHRASE}, headers={"Origin": "https://127.0.0.1:8001"}
    )
    cookie = reply.headers["Set-Cookie"]
    assert cookie.startswith(f"__Host-{name}=")
    assert {"Secure", "HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; ")) and "Domain" not in cookie
    token = cookie.partition("=")[2].partition(";")[0]
    planted = {"Cookie": f"{name}=planted; __Host-{name}={token}"}
    assert browser.get("/inbox", headers=planted).status_code == 200
    ended = browser.post("/sign-out", headers=planted | {"Origin": "https://127.0.0.1:8001"})
    assert any(one.startswith(f'__Host-{name}="";') for one in ended.headers.get_list("set-cookie"))
    assert browser.get("/inbox", headers=planted).status_code == 303


def test_on_the_plain_http_of_a_tablet_the_cookie_has_neither(visitor: Browser) -> None:
    cookie = visitor.submit("/sign-in", name="ben", passphrase=OFFICE_PASSPHRASE).headers["Set-Cookie"]
    assert "Secure" not in cookie and not cookie.startswith("__Host-")


def test_a_session_ends_when_nobody_was_there_for_a_quarter_of_an_hour(visitor: Browser, clock: TestClock) -> None:
    sign_in(visitor)
    clock.advance(minutes=14)
    assert visitor.get("/inbox").status_code == 200
    clock.advance(minutes=14)
    assert visitor.get("/inbox").status_code == 200
    clock.advance(minutes=16)
    assert visitor.get("/inbox").status_code == 303
    assert visitor.submit("/people", name="x").status_code == 401


def test_a_session_ends_after_twelve_hours_however_busy(visitor: Browser, clock: TestClock) -> None:
    sign_in(visitor)
    for _ in range(59):
        clock.advance(minutes=12)
        assert visitor.get("/lock?here=1").status_code == 204
    clock.advance(minutes=13)
    assert visitor.get("/inbox").status_code == 303


def test_after_sign_in_the_reader_goes_on_where_they_wanted_to(visitor: Browser) -> None:
    asked = visitor.get("/reviews/abc?indicator=B1")
    assert asked.headers["Location"] == "/sign-in?next=/reviews/abc%3Findicator%3DB1"
    form = visitor.get(asked.headers["Location"]).text
    assert 'name="next" value="/reviews/abc?indicator=B1"' in form
    reply = visitor.submit("/sign-in", name="ben", passphrase=OFFICE_PASSPHRASE, next="/reviews/abc?indicator=B1")
    assert reply.headers["Location"] == "/reviews/abc?indicator=B1"


@pytest.mark.parametrize("person", ["ben", "adm", "ana"])
def test_each_role_starts_on_a_page_that_it_may_see(central: Node, person: str) -> None:
    browser = central.browser(person)
    start = browser.get("/").headers["Location"]
    assert start == {"ben": "/inbox", "adm": "/people", "ana": "/visits"}[person]
    assert browser.get(start).status_code == 200


# ---- on a tablet -------------------------------------------------------------------------------------------------------


def locked(device: Node, shelf: Shelf) -> Browser:
    """The same tablet after a restart: its database is closed until somebody signs in."""
    folder = device.app.state.settings.data_dir
    device.database.close()
    return Browser(
        create_app(Settings(role="device", data_dir=folder, language="en"), shelf, clock=device.clock), DEVICE_URL
    )


def test_a_locked_tablet_shows_only_its_neutral_sign_in_page(device: Node, shelf: Shelf) -> None:
    browser = locked(device, shelf)
    assert browser.get("/visits").headers["Location"].startswith("/sign-in")
    page = browser.get("/sign-in")
    told = text_of(page.text)
    assert page.status_code == 200 and "<title>Notes</title>" in page.text
    assert not any(word in told for word in (*map(person_name, PASSPHRASES), "ombudsman", "Baqylau", "visit"))
    health = browser.get("/health")
    assert health.status_code == 200 and "X-Baqylau-Signature" not in health.headers


@pytest.mark.parametrize("name", ["ana", "cy"])
def test_a_passphrase_opens_the_tablet_for_its_own_person(device: Node, shelf: Shelf, name: str) -> None:
    browser = locked(device, shelf)
    assert sign_in(browser, PASSPHRASES[name], "") == 303
    assert person_name(name) in browser.get("/visits").text
    assert set(browser.node_app.state.database.node.person_keys) == {PERSON_IDS[name]}
    browser.node_app.state.database.close()


def test_a_wrong_passphrase_opens_nothing(device: Node, shelf: Shelf) -> None:
    browser = locked(device, shelf)
    assert sign_in(browser, "four words too many", "") == 401
    assert browser.node_app.state.database is None
    assert browser.get("/visits").status_code == 303


def test_a_tablet_that_was_never_enrolled_says_what_to_do(shelf: Shelf, tmp_path: Path) -> None:
    browser = Browser(create_app(Settings(role="device", data_dir=tmp_path, language="en"), shelf), DEVICE_URL)
    reply = browser.submit("/sign-in", passphrase="four words too many")
    assert reply.status_code == 409 and "not enrolled" in problem_of(reply.text)


def test_the_frame_of_a_signed_out_page_names_nobody(central: Node) -> None:
    html = central.browser().get("/sign-in").text
    assert 'data-person=""' in html and "Inbox" not in html
