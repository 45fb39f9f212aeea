"""A tablet is linked in its own browser: the office's card, then a passphrase for each who is there, then sign-in."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.config import Settings
from app.domain.recovery_code import read_code
from app.errors import CentralUnreachable
from app.main import create_app
from app.store import device_people
from app.store.checklists import Shelf
from app.store.db import DATABASE_NAME
from app.store.recovery import open_card
from app.store.slots import open_vault
from app.sync import enrolling
from app.sync.begun_enrolment import BegunEnrolment
from app.sync.link import Reply, Transport
from app.sync.loop import REFUSED
from tests.web.nodes import (
    CENTRAL_URL,
    DEVICE_URL,
    PASSPHRASES,
    PERSON_IDS,
    Browser,
    Node,
    TestClock,
    person_name,
    text_of,
    transport_to,
)

ELSEWHERE = "kerege uyq shangyraq tundik"
NEW_ONE = "zhana soz tort bolsyn"
PORTAL = Reply(200, {"content-type": "text/html"}, b"<html>Sign in to our network</html>")


@dataclass
class Network:
    """The way to the office: cut, or answered by somebody else, when a test says so."""

    inner: Transport
    is_cut: bool = False
    loses_reply: bool = False
    answer: Reply | None = None
    asked: list[str] = field(default_factory=list)

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        self.asked.append(path)
        if self.is_cut:
            raise CentralUnreachable()
        reply = self.answer or self.inner(method, path, headers, body)
        if self.loses_reply:
            raise CentralUnreachable()
        return reply


@dataclass
class Tablet:
    """A tablet as it comes out of its box."""

    folder: Path
    shelf: Shelf
    clock: TestClock
    network: Network

    def start(self) -> Browser:
        """A new process on the same folder, and a browser at it."""
        settings = Settings(
            role="device", data_dir=self.folder, language="en", passphrase_memory_mib=19, passphrase_rounds=2
        )
        return Browser(create_app(settings, self.shelf, clock=self.clock, transport=self.network), DEVICE_URL)

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []


@pytest.fixture
def network(central: Node) -> Network:
    return Network(transport_to(central))


@pytest.fixture
def tablet(tmp_path: Path, shelf: Shelf, clock: TestClock, network: Network) -> Tablet:
    return Tablet(tmp_path / "tablet", shelf, clock, network)


@pytest.fixture
def browser(tablet: Tablet) -> Iterator[Browser]:
    made = tablet.start()
    yield made
    if made.node_app.state.database:
        made.node_app.state.database.close()


def card_for(adm: Browser, *names: str) -> str:
    """The code of a new card."""
    card = adm.post("/devices", data={"name": "Tablet 7", "member": [PERSON_IDS[name] for name in names]}).text
    found = re.search(r'<p class="code">([^<]+)<', card)
    assert found
    return found.group(1)


def words_for(**phrases: str) -> dict[str, str]:
    """The form of the second step, everything typed twice alike."""
    return {f"{name}-{PERSON_IDS[who]}": words for who, words in phrases.items() for name in ("passphrase", "again")}


def linked(browser: Browser, adm: Browser, *names: str) -> None:
    """The first of these people has a passphrase; the others were not there."""
    assert browser.submit("/enrol", url=CENTRAL_URL, code=card_for(adm, *names)).status_code == 303
    reply = browser.post("/enrol/people", data=words_for(**{names[0]: PASSPHRASES[names[0]]}))
    assert reply.status_code == 200 and 'href="/sign-in"' in reply.text, reply.text  # the recovery card


def sign_in(browser: Browser, passphrase: str) -> int:
    return browser.submit("/sign-in", passphrase=passphrase).status_code


# ---- the way ---------------------------------------------------------------------------------------------------------


def test_a_tablet_is_linked_with_its_card_and_opens_for_its_people(
    browser: Browser, adm: Browser, tablet: Tablet
) -> None:
    assert browser.get("/visits").headers["Location"].startswith("/sign-in")
    assert browser.get("/sign-in").headers["Location"] == "/enrol"
    page = browser.get("/enrol")
    assert "Link this tablet" in page.text and 'data-scan="baqylau"' in page.text
    assert "camera=(self)" in page.headers["Permissions-Policy"]
    assert browser.submit("/enrol", url=CENTRAL_URL, code=card_for(adm, "ana", "dana")).status_code == 303
    people = browser.get("/enrol/people")
    told = text_of(people.text)
    assert person_name("ana") in told and person_name("dana") in told and "Tablet 7" in told
    assert "camera=()" in people.headers["Permissions-Policy"]
    assert tablet.files() == ["enrolling"]
    phrases = {name: PASSPHRASES[name] for name in ("ana", "dana")}
    card = re.search(r'<p class="code">([^<]+)<', browser.post("/enrol/people", data=words_for(**phrases)).text)
    assert (
        card
        and open_card(tablet.folder, read_code(card.group(1)))
        == open_vault(tablet.folder, PASSPHRASES["ana"]).database_key
    )
    assert tablet.files() == [DATABASE_NAME, "slots.json"]
    assert browser.get("/sign-in").status_code == 200
    assert sign_in(browser, phrases["dana"]) == 303
    assert person_name("dana") in browser.get("/visits").text
    assert "Tablet 7" in browser.get("/sync").text


def test_the_picture_of_the_card_says_what_the_form_asks_for(adm: Browser, browser: Browser) -> None:
    """`static/scan.js` reads KIND:ADDRESS#CODE, with the hyphens and spaces in which the office writes a code."""
    code = card_for(adm, "ana").replace("-", "").lower()
    assert browser.submit("/enrol", url=f" {CENTRAL_URL}/ ", code=f" {code} ").status_code == 303


def test_who_was_not_there_gets_a_passphrase_later_with_the_help_of_a_colleague(
    browser: Browser, adm: Browser, tablet: Tablet
) -> None:
    linked(browser, adm, "ana", "dana")
    sign_in(browser, PASSPHRASES["ana"])
    page = text_of(browser.get("/passphrases").text)
    assert f"Have no passphrase here yet: {person_name('dana')}." in page
    form = {"colleague": PERSON_IDS["dana"], "own": PASSPHRASES["ana"], "passphrase": NEW_ONE, "again": NEW_ONE}
    assert browser.submit("/passphrases", **form).headers["Location"] == "/passphrases"
    assert "Have no passphrase here yet" not in browser.get("/passphrases").text
    assert open_vault(tablet.folder, NEW_ONE).person_id == PERSON_IDS["dana"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"own": "four words but wrong"}, "This is not your passphrase."),
        ({"own": ""}, "This is not your passphrase."),
        ({"passphrase": "short", "again": "short"}, "at least four words"),
        ({"again": ELSEWHERE}, "The two passphrases are not the same."),
        ({"passphrase": PASSPHRASES["ana"], "again": PASSPHRASES["ana"]}, "cannot be used on this tablet"),
        ({"colleague": PERSON_IDS["cy"]}, "Choose who gets a passphrase."),
        ({"colleague": ""}, "Choose who gets a passphrase."),
    ],
)
def test_a_colleague_gets_no_passphrase(
    browser: Browser, adm: Browser, tablet: Tablet, changed: dict[str, str], told: str
) -> None:
    linked(browser, adm, "ana", "dana")
    sign_in(browser, PASSPHRASES["ana"])
    slots = (tablet.folder / "slots.json").read_bytes()
    form = {"colleague": PERSON_IDS["dana"], "own": PASSPHRASES["ana"], "passphrase": NEW_ONE, "again": NEW_ONE}
    reply = browser.submit("/passphrases", **form | changed)
    assert reply.status_code == 422 and told in text_of(reply.text)
    assert not [
        words for words in (form | changed).values() if words and f'value="{words}"' in reply.text and " " in words
    ]
    assert (tablet.folder / "slots.json").read_bytes() == slots


def test_tries_of_the_own_passphrase_are_counted_like_those_of_signing_in(browser: Browser, adm: Browser) -> None:
    linked(browser, adm, "ana", "dana")
    sign_in(browser, PASSPHRASES["ana"])
    form = {"colleague": PERSON_IDS["dana"], "passphrase": NEW_ONE, "again": NEW_ONE}
    told = [browser.submit("/passphrases", own="four words but wrong", **form).text for _ in range(8)]
    assert "This is not your passphrase." in told[0] and "The next try is possible" in told[-1]
    late = browser.submit("/passphrases", own=PASSPHRASES["ana"], **form)
    assert late.status_code == 422 and "The next try is possible" in late.text


def test_the_names_are_fetched_over_a_connection_held_to_the_pinned_key(
    central: Node, adm: Browser, tablet: Tablet
) -> None:
    pin = base64.b64encode(bytes(32)).decode()
    central.database.node.tls_pins = (pin,)
    ways: list[str] = []

    def connect(url: str, pins: str) -> Transport:
        ways.append(pins)
        return tablet.network

    settings = Settings(role="device", data_dir=tablet.folder)
    begun = BegunEnrolment(settings, tablet.clock, connect)
    begun.begin(CENTRAL_URL, card_for(adm, "ana"))
    assert ways == ["", json.dumps([pin])]
    begun.throw_away()


def test_nobody_gives_a_passphrase_with_that_of_another(browser: Browser, adm: Browser) -> None:
    linked(browser, adm, "ana", "dana", "cy")
    sign_in(browser, PASSPHRASES["ana"])
    form = {"colleague": PERSON_IDS["dana"], "own": PASSPHRASES["ana"], "passphrase": NEW_ONE, "again": NEW_ONE}
    assert browser.submit("/passphrases", **form).status_code == 303
    assert sign_in(browser, NEW_ONE) == 303
    reply = browser.submit(
        "/passphrases", **form | {"colleague": PERSON_IDS["cy"], "passphrase": ELSEWHERE, "again": ELSEWHERE}
    )
    assert reply.status_code == 422 and "This is not your passphrase." in reply.text


def test_a_withdrawn_tablet_comes_back_with_a_new_card(browser: Browser, adm: Browser, network: Network) -> None:
    linked(browser, adm, "ana")
    sign_in(browser, PASSPHRASES["ana"])
    device_id = browser.node_app.state.database.node.device_id
    adm.submit(f"/devices/{device_id}/revocation")
    browser.submit("/sync")
    assert "withdrawn" in browser.get("/sync").text
    page = browser.get("/enrol/again")
    assert "Link this tablet anew" in page.text and "camera=(self)" in page.headers["Permissions-Policy"]
    wrong = browser.submit("/enrol/again", url=CENTRAL_URL, code="A" * 28)
    assert wrong.status_code == 422 and "code is wrong" in wrong.text and "A" * 28 in wrong.text
    reply = browser.submit("/enrol/again", url=CENTRAL_URL, code=card_for(adm, "ana", "cy"))
    assert reply.headers["Location"] == "/passphrases"
    assert person_name("cy") in browser.get("/passphrases").text
    assert "withdrawn" not in browser.get("/sync").text
    assert browser.node_app.state.sync_loop.failures == 0


def test_a_tablet_linked_anew_does_not_go_on_waiting_as_a_refused_one(browser: Browser, adm: Browser) -> None:
    linked(browser, adm, "ana")
    sign_in(browser, PASSPHRASES["ana"])
    browser.submit("/sync/offline", offline="on")  # so that no meeting ends the wait
    loop = browser.node_app.state.sync_loop
    loop.failures = REFUSED
    assert browser.submit("/enrol/again", url=CENTRAL_URL, code=card_for(adm, "ana")).status_code == 303
    assert loop.failures == 0


# ---- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"url": "baqylau.example.kz"}, "is no address of an office"),
        ({"url": ""}, "is no address of an office"),
        ({"code": "ABCDEFGHJKLM"}, "letters and digits, in groups of four."),
        ({"code": "А" * 28}, "letters and digits, in groups of four."),
        ({"code": "A" * 28}, "This one-time code is wrong, used or too old."),
    ],
)
def test_what_cannot_be_is_said_and_stays_typed(browser: Browser, typed: dict[str, str], told: str) -> None:
    form = {"url": CENTRAL_URL, "code": "ABCD " * 7} | typed
    reply = browser.submit("/enrol", **form)
    assert reply.status_code == 422 and told in text_of(reply.text)
    assert all(f'value="{value}"' in reply.text for value in form.values())
    assert "camera=(self)" in reply.headers["Permissions-Policy"]
    assert browser.get("/enrol/people").headers["Location"] == "/enrol"


def test_an_office_with_another_key_than_the_card_says_is_another_server(browser: Browser, adm: Browser) -> None:
    code = card_for(adm, "ana")
    reply = browser.submit("/enrol", url=CENTRAL_URL, code=code[:-4] + ("AAAA" if code[-4:] != "AAAA" else "BBBB"))
    assert reply.status_code == 422 and "Another server answered" in reply.text
    assert browser.get("/enrol/people").headers["Location"] == "/enrol"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (PORTAL, "This network shows a sign-in page of its own."),
        (Reply(302, {"location": "http://portal"}, b""), "This network shows a sign-in page of its own."),
        (Reply(200, {}, b"{}"), "Another server answered"),
        (Reply(502, {}, b"<html>Bad gateway</html>"), "Nobody answers at this address."),
    ],
)
def test_who_answers_instead_of_the_office_is_named(
    browser: Browser, adm: Browser, network: Network, answer: Reply, told: str
) -> None:
    network.answer = answer
    reply = browser.submit("/enrol", url=CENTRAL_URL, code=card_for(adm, "ana"))
    assert reply.status_code == 422 and told in text_of(reply.text)


@pytest.mark.parametrize("fault", ["is_cut", "loses_reply"])
def test_after_a_broken_connection_the_same_code_is_tried_again(
    browser: Browser, adm: Browser, network: Network, fault: str
) -> None:
    form = {"url": CENTRAL_URL, "code": card_for(adm, "ana")}
    setattr(network, fault, True)
    reply = browser.submit("/enrol", **form)
    assert reply.status_code == 422 and "Nobody answers at this address." in text_of(reply.text)
    setattr(network, fault, False)
    assert browser.submit("/enrol", **form).headers["Location"] == "/enrol/people"


@pytest.mark.parametrize(
    ("phrases", "changed", "told"),
    [
        ({"ana": "short"}, {}, "at least four words"),
        ({"ana": NEW_ONE, "dana": NEW_ONE.upper()}, {}, "cannot be used on this tablet"),
        ({"ana": NEW_ONE}, {f"again-{PERSON_IDS['ana']}": ELSEWHERE}, "The two passphrases are not the same."),
        ({"ana": NEW_ONE, "dana": ELSEWHERE}, {f"again-{PERSON_IDS['dana']}": ""}, "are not the same."),
        ({}, {}, "At least one of you needs a passphrase"),
        ({"ben": NEW_ONE}, {}, "At least one of you needs a passphrase"),
    ],
)
def test_passphrases_that_cannot_be_are_refused_all_together(
    browser: Browser, adm: Browser, tablet: Tablet, phrases: dict[str, str], changed: dict[str, str], told: str
) -> None:
    browser.submit("/enrol", url=CENTRAL_URL, code=card_for(adm, "ana", "dana"))
    reply = browser.post("/enrol/people", data=words_for(**phrases) | changed)
    assert reply.status_code == 422 and told in text_of(reply.text)
    assert not any(words in reply.text for words in (NEW_ONE, ELSEWHERE, "short"))
    assert tablet.files() == ["enrolling"]
    assert 'href="/sign-in"' in browser.post("/enrol/people", data=words_for(ana=NEW_ONE)).text


def test_where_a_node_has_its_data_already_nothing_is_linked(browser: Browser, tablet: Tablet, adm: Browser) -> None:
    tablet.folder.mkdir(exist_ok=True)
    (tablet.folder / DATABASE_NAME).write_bytes(b"somebody's")
    reply = browser.submit("/enrol", url=CENTRAL_URL, code=card_for(adm, "ana"))
    assert reply.status_code == 422 and "holds another node already" in reply.text
    assert (tablet.folder / DATABASE_NAME).read_bytes() == b"somebody's"


# ---- half an enrolment -----------------------------------------------------------------------------------------------


def test_half_an_enrolment_is_thrown_away_after_a_quarter_of_an_hour(
    browser: Browser, adm: Browser, tablet: Tablet, central: Node
) -> None:
    code = card_for(adm, "ana")
    browser.submit("/enrol", url=CENTRAL_URL, code=code)
    tablet.clock.advance(minutes=14)
    assert browser.get("/enrol/people").status_code == 200
    tablet.clock.advance(minutes=2)
    late = browser.post("/enrol/people", data=words_for(ana=NEW_ONE))
    assert late.status_code == 409 and "its code is used up. Ask the office for a new one." in text_of(late.text)
    assert "its code is used up" in browser.get("/enrol").text
    assert tablet.files() == []
    assert "code is wrong, used" in browser.submit("/enrol", url=CENTRAL_URL, code=code).text
    linked(browser, central.browser("adm"), "ana")  # the old sign-in ended meanwhile


def test_it_goes_by_itself_when_nobody_opens_a_page_any_more(
    browser: Browser, adm: Browser, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    later: list[tuple[float, Callable[..., object], tuple[object, ...]]] = []

    def note(loop: object, delay_s: float, call: Callable[..., object], *given: object) -> None:
        later.append((delay_s, call, given))

    with monkeypatch.context() as noted:
        noted.setattr(asyncio.BaseEventLoop, "call_later", note)
        browser.submit("/enrol", url=CENTRAL_URL, code=card_for(adm, "ana"))
    ((given, delay_s),) = [(given, delay_s) for delay_s, _, given in later if len(given) == 2]
    throw_away_old = given[1]
    assert callable(throw_away_old)
    throw_away_old()
    assert tablet.files() == ["enrolling"]  # it is not old yet
    tablet.clock.advance(minutes=delay_s / 60)
    throw_away_old()
    assert tablet.files() == []


def test_a_restart_throws_half_an_enrolment_away(browser: Browser, adm: Browser, tablet: Tablet) -> None:
    browser.submit("/enrol", url=CENTRAL_URL, code=card_for(adm, "ana"))
    ready = tablet.start()  # the child that waits beside the serving one
    assert tablet.files() == ["enrolling"]
    with ready as after:  # now it serves
        assert tablet.files() == []
        assert after.get("/enrol/people").headers["Location"] == "/enrol"
        late = after.post("/enrol/people", data=words_for(ana=NEW_ONE))
    assert late.status_code == 409 and "Ask the office for a new one." in text_of(late.text)


def test_a_wrong_card_is_put_away(browser: Browser, adm: Browser, tablet: Tablet) -> None:
    browser.submit("/enrol", url=CENTRAL_URL, code=card_for(adm, "cy"))
    assert browser.submit("/enrol/end").headers["Location"] == "/enrol"
    assert tablet.files() == []
    linked(browser, adm, "ana")


def test_a_power_cut_at_the_very_end_is_finished_at_the_next_start(
    browser: Browser, adm: Browser, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(enrolling, "move_in", lambda making, folder: None)
        linked(browser, adm, "ana")
    assert tablet.files() == ["enrolling"]
    with tablet.start() as after:
        assert tablet.files() == [DATABASE_NAME, "slots.json"]
        assert sign_in(after, PASSPHRASES["ana"]) == 303


def test_a_passphrase_that_cannot_be_written_leaves_nothing(
    browser: Browser, adm: Browser, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("disk full")

    browser.submit("/enrol", url=CENTRAL_URL, code=card_for(adm, "ana"))
    with monkeypatch.context() as broken, pytest.raises(OSError, match="disk full"):
        broken.setattr(device_people, "make_vault", full)
        browser.post("/enrol/people", data=words_for(ana=NEW_ONE))
    assert tablet.files() == []
    assert "its code is used up" in browser.get("/enrol").text


# ---- open to whom ----------------------------------------------------------------------------------------------------

CALLS = [
    ("GET", "/enrol"),
    ("POST", "/enrol"),
    ("GET", "/enrol/people"),
    ("POST", "/enrol/people"),
    ("POST", "/enrol/end"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_once_somebody_has_a_passphrase_the_way_in_is_closed(
    browser: Browser, adm: Browser, network: Network, method: str, path: str
) -> None:
    linked(browser, adm, "ana")
    network.asked.clear()
    form = {"url": CENTRAL_URL, "code": card_for(adm, "cy")} | words_for(cy=NEW_ONE)
    for who in ("locked", "signed in"):
        assert browser.request(method, path, data=form if method == "POST" else None).status_code == 404, who
        sign_in(browser, PASSPHRASES["ana"])
    assert network.asked == []


@pytest.mark.parametrize("is_linked", [False, True])
@pytest.mark.parametrize("path", ["/enrol/again", "/passphrases"])
def test_the_later_pages_ask_for_sign_in(
    browser: Browser, adm: Browser, network: Network, path: str, is_linked: bool
) -> None:
    if is_linked:
        linked(browser, adm, "ana")
    network.asked.clear()
    assert browser.get(path).headers["Location"].startswith("/sign-in")
    assert browser.submit(path, url=CENTRAL_URL, code="A" * 28).status_code == 401
    assert network.asked == []


@pytest.mark.parametrize(
    ("asks", "host"), [("192.168.43.7", "192.168.43.1"), ("192.168.43.7", "127.0.0.1"), ("127.0.0.1", "192.168.43.1")]
)
def test_a_shared_hub_is_linked_at_its_own_keyboard_only(tablet: Tablet, asks: str, host: str) -> None:
    settings = Settings(role="device", data_dir=tablet.folder, language="en", public_hosts="192.168.43.1")
    app = create_app(settings, tablet.shelf, clock=tablet.clock, transport=tablet.network, is_shared=True)
    other = Browser(app, f"http://{host}:8000")
    other._transport.client = (asks, 50_000)  # type: ignore[attr-defined]
    for method, path in CALLS:
        reply = other.request(method, path, data={"url": CENTRAL_URL, "code": "A" * 28} if method == "POST" else None)
        assert reply.status_code == 404, (method, path)
    assert other.get("/sign-in").status_code == 200
    assert tablet.network.asked == []


def test_a_shared_hub_is_linked_anew_at_its_own_keyboard_only(device: Node) -> None:
    ana = device.browser("ana")
    assert "/enrol/again" in ana.get("/passphrases").text
    ana._transport.client = ("192.168.43.7", 50_000)  # type: ignore[attr-defined]
    assert ana.get("/enrol/again").status_code == 404
    assert ana.submit("/enrol/again", url=CENTRAL_URL, code="A" * 28).status_code == 404
    assert "/enrol/again" not in ana.get("/passphrases").text


def test_another_page_links_nothing(browser: Browser, adm: Browser) -> None:
    form = {"url": CENTRAL_URL, "code": card_for(adm, "ana")}
    assert browser.post("/enrol", data=form, headers={"Origin": "http://evil.example"}).status_code == 403


def test_the_office_is_linked_to_nobody(central: Node) -> None:
    assert central.browser().get("/enrol").status_code == 404
    assert central.browser().get("/sign-in").status_code == 200
