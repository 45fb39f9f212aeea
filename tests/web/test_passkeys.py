"""Passkeys at the office: made, used as a second step or alone, and every answer that is not genuine refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.domain.audit import SIGN_IN_FAILED
from app.services.sign_in_tries import FREE_OF_ADDRESS
from app.store import audit
from app.store.audit import Asked
from tests.web.nodes import PERSON_IDS, Browser, Node, problem_of, text_of
from tests.web.phones import Key, base64url, options_in, pass_first_step, set_up_codes, unbase64
from tests.web.test_sign_in import cookie_of

ORIGIN, DOMAIN = "https://office.example", "office.example"


@pytest.fixture
def office(central: Node) -> Node:
    """Passkeys belong to the office's name, whatever address a browser asks by."""
    central.app.state.settings.public_url = ORIGIN
    return central


def add_key(browser: Browser, key: Key, name: str = "көк кілт") -> int:
    browser.submit("/my-sign-in/passkeys/begin")
    answer = key.make(options_in(browser.get("/my-sign-in/passkeys/new").text))
    return browser.submit("/my-sign-in/passkeys", name=name, answer=answer).status_code


@pytest.fixture
def key(office: Node, ben: Browser) -> Key:
    made = Key(ORIGIN, DOMAIN)
    assert add_key(ben, made) == 303
    return made


def sign_in_alone(office: Node, answered: Callable[[dict[str, Any]], str]) -> Browser:
    """A browser that tries to sign in with a passkey alone."""
    browser = office.browser()
    browser.submit("/sign-in/passkey/begin", next="/visits")
    browser.submit("/sign-in/passkey", answer=answered(options_in(browser.get("/sign-in/passkey").text)))
    return browser


def test_a_passkey_is_a_second_step(office: Node, key: Key) -> None:
    browser = pass_first_step(office, next="/visits")
    assert not cookie_of(browser)
    options = options_in(browser.get("/sign-in/second").text)
    assert [one["id"] for one in options["allowCredentials"]] == [base64url(key.name)]
    reply = browser.submit("/sign-in/second/passkey", answer=key.sign(options))
    assert reply.headers["Location"] == "/visits" and browser.get("/inbox").status_code == 200


def test_a_passkey_that_asks_who_holds_it_signs_in_alone(office: Node, key: Key) -> None:
    browser = sign_in_alone(office, key.sign)
    assert browser.get("/inbox").status_code == 200
    key.verifies = False
    assert not cookie_of(sign_in_alone(office, key.sign))  # whoever found it would be in
    browser = pass_first_step(office)
    reply = browser.submit("/sign-in/second/passkey", answer=key.sign(options_in(browser.get("/sign-in/second").text)))
    assert reply.status_code == 303 and cookie_of(browser)  # as a second step it is enough


def test_the_page_lists_and_removes_ones_own(office: Node, key: Key, adm: Browser) -> None:
    ben = office.browser("ben")
    assert "көк кілт" in ben.get("/my-sign-in").text
    url = f"/my-sign-in/passkeys/{base64url(key.name)}/removal"
    assert adm.submit(url).status_code == 404
    assert ben.submit(url).status_code == 303
    assert "көк кілт" not in ben.get("/my-sign-in").text
    assert not cookie_of(sign_in_alone(office, key.sign))
    told = text_of(adm.get("/audit").text)
    assert "passkey added" in told and "passkey removed" in told


def test_the_last_one_stays_where_the_office_wants_a_second_step(office: Node, key: Key) -> None:
    office.app.state.settings.second_step_required = True
    ben = office.browser("ben")
    url = f"/my-sign-in/passkeys/{base64url(key.name)}/removal"
    assert ben.submit(url).status_code == 422
    set_up_codes(ben, office)
    assert ben.submit(url).status_code == 303


def test_an_administrator_takes_keys_off_too(office: Node, key: Key, adm: Browser) -> None:
    adm.submit(f"/people/{PERSON_IDS['ben']}/second-step/removal")
    assert not cookie_of(sign_in_alone(office, key.sign))
    assert cookie_of(pass_first_step(office))


def test_a_blocked_person_has_no_use_for_a_passkey(office: Node, key: Key, adm: Browser) -> None:
    adm.post("/people", data={"person": PERSON_IDS["ben"], "name": "Бен", "role": ["reviewer"], "blocked": "on"})
    assert not cookie_of(sign_in_alone(office, key.sign))


# ---- what is not genuine ---------------------------------------------------------------------------------------------------


def changed(answer: str, **said: str) -> str:
    """The answer with other words of the browser in it, not signed anew."""
    told = json.loads(answer)
    client = json.loads(unbase64(told["response"]["clientDataJSON"])) | said
    told["response"]["clientDataJSON"] = base64url(json.dumps(client).encode())
    return json.dumps(told)


def test_a_key_made_for_another_page_is_refused(office: Node, ben: Browser) -> None:
    for origin, domain in (
        ("https://office.example.evil", DOMAIN),
        (ORIGIN, "evil.example"),
        ("http://office.example", DOMAIN),
    ):
        assert add_key(ben, Key(origin, domain)) == 422
    assert "көк кілт" not in ben.get("/my-sign-in").text


def test_an_answer_from_another_page_is_refused(office: Node, key: Key) -> None:
    for origin, domain in (("https://office.example.evil", DOMAIN), (ORIGIN, "evil.example")):
        key.origin, key.domain = origin, domain
        assert not cookie_of(sign_in_alone(office, key.sign)), (origin, domain)


def test_a_copied_key_is_found_by_its_count(office: Node, key: Key) -> None:
    assert cookie_of(sign_in_alone(office, key.sign))
    key.count -= 1
    assert not cookie_of(sign_in_alone(office, key.sign))
    assert cookie_of(sign_in_alone(office, key.sign))


def test_a_challenge_is_answered_once_and_in_its_own_browser(office: Node, key: Key) -> None:
    browser, other = office.browser(), office.browser()
    for one in (browser, other):
        one.submit("/sign-in/passkey/begin")
    answer = key.sign(options_in(browser.get("/sign-in/passkey").text))
    assert other.submit("/sign-in/passkey", answer=answer).status_code == 401
    assert browser.submit("/sign-in/passkey", answer=answer).status_code == 303
    assert browser.submit("/sign-in/passkey", answer=answer).headers["Location"] == "/sign-in"


def test_a_failed_answer_uses_the_challenge_up(office: Node, key: Key) -> None:
    browser = pass_first_step(office)
    options = options_in(browser.get("/sign-in/second").text)
    assert browser.submit("/sign-in/second/passkey", answer="{}").status_code == 401
    assert browser.submit("/sign-in/second/passkey", answer=key.sign(options)).status_code == 401
    options = options_in(browser.get("/sign-in/second").text)
    assert browser.submit("/sign-in/second/passkey", answer=key.sign(options)).status_code == 303


def test_junk_from_one_address_is_slowed_down_and_does_not_fill_the_log(office: Node, key: Key) -> None:
    told = [sign_in_alone(office, lambda options: "junk") for _ in range(FREE_OF_ADDRESS + 3)]
    refused = told[-1].submit("/sign-in/passkey", answer="junk")
    assert refused.status_code == 429 and "next try" in problem_of(refused.text)
    with office.database.read() as session:
        assert len(audit.search(session, Asked(what=SIGN_IN_FAILED), 100)) == FREE_OF_ADDRESS + 1
    office.clock.advance(minutes=1)
    assert sign_in_alone(office, key.sign).get("/inbox").status_code == 200


def test_odd_answers_are_refused_and_break_nothing(office: Node, key: Key) -> None:
    browser, odd = (
        office.browser("ben"),
        ("", "no JSON", "[]", "{}", '{"id": "x", "rawId": "x"}', '{"id": 1}', "1", "null"),
    )
    browser.submit("/my-sign-in/passkeys/begin")
    for answer in (*odd, '{"id": "eA", "rawId": "eA", "type": "public-key", "response": []}'):
        assert not cookie_of(sign_in_alone(office, lambda _, answer=answer: answer))  # type: ignore[misc]
        assert browser.submit("/my-sign-in/passkeys", name="x", answer=answer).status_code == 422


def test_unsigned_changes_are_refused(office: Node, key: Key) -> None:
    browser = office.browser()
    browser.submit("/sign-in/passkey/begin")
    old = key.sign(options_in(browser.get("/sign-in/passkey").text))
    assert not cookie_of(sign_in_alone(office, lambda options: changed(old, challenge=options["challenge"])))


def test_another_persons_key_is_no_second_step_of_mine(office: Node, key: Key, adm: Browser) -> None:
    own = Key(ORIGIN, DOMAIN, name=b"another key")
    assert add_key(adm, own) == 303
    browser = pass_first_step(office, "adm")
    options = options_in(browser.get("/sign-in/second").text)
    assert browser.submit("/sign-in/second/passkey", answer=key.sign(options)).status_code == 401
    options = options_in(browser.get("/sign-in/second").text)
    assert browser.submit("/sign-in/second/passkey", answer=own.sign(options)).status_code == 303
    claimed = Key(ORIGIN, DOMAIN, private=key.private, name=key.name)
    assert add_key(adm, claimed) == 422  # a key is one person's


def test_a_number_for_an_address_gives_no_passkeys(central: Node, ben: Browser) -> None:
    assert "Sign in with a passkey" not in central.browser().get("/sign-in").text
    assert "not a number" in text_of(ben.get("/my-sign-in").text)
