"""Passphrases that people change, forget and get back: on a tablet with a colleague or the card, and at central."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.audit import PASSPHRASE_CHANGED, PASSPHRASE_RESET, RECOVERY_CARD_MADE, RECOVERY_CARD_USED
from app.errors import WrongPassphrase
from app.store import audit
from app.store.audit import Asked
from app.store.device_people import HAS_SLOT
from app.store.node import put_value
from app.store.recovery import open_card
from app.store.slots import open_vault
from app.store.word_lists import words_of
from tests.web.nodes import OFFICE_PASSPHRASE, PASSPHRASES, PERSON_IDS, Browser, Node, person_name, text_of

NEW_ONE, ELSEWHERE = "zhana soz tort bolsyn", "kerege uyq shangyraq tundik"
DANA = PERSON_IDS["dana"]


@pytest.fixture
def tablet(device: Node) -> Iterator[Node]:
    """Ana, Dana and Cy have passphrases here."""
    with device.database.write() as session:
        for name in PASSPHRASES:
            put_value(session, f"{HAS_SLOT}{PERSON_IDS[name]}", "on")
    before = device.database
    yield device
    if device.database is not None and device.database is not before:
        device.database.close()


def folder_of(tablet: Node) -> Path:
    return Path(tablet.app.state.settings.data_dir)


def opens(tablet: Node, passphrase: str) -> str:
    """Whose slot a passphrase opens; "" for nobody's."""
    try:
        return open_vault(folder_of(tablet), passphrase).person_id
    except WrongPassphrase:
        return ""


def noted(node: Node, what: str) -> list[tuple[str, str]]:
    """(who, of) of these acts in the audit log, the newest first."""
    with node.database.read() as session:
        return [(row.who, row.of) for row in audit.search(session, Asked(what=what), 9)]


def lock(tablet: Node) -> None:
    tablet.app.state.lock.leaving.forget()


def card_in(html: str) -> str:
    found = re.search(r'<p class="code">([^<]+)<', html)
    assert found, text_of(html)
    return found.group(1)


def new_card(browser: Browser) -> str:
    return card_in(browser.submit("/passphrases/card", **{"card-own": PASSPHRASES["ana"]}).text)


def twice(passphrase: str) -> dict[str, str]:
    return {"passphrase": passphrase, "again": passphrase}


# ---- words that are offered --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/passphrase", "/passphrases"])
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_form_offers_four_words_in_the_readers_language(tablet: Node, path: str, language: str) -> None:
    page = tablet.browser("ana", language).get(path).text
    offered = re.search(r'<p class="words"[^>]*>([^<]+)</p>', page)
    assert offered and set(offered.group(1).split()) <= set(words_of(language))
    assert f'href="{path}" hx-get="/suggestion"' in page


def test_others_are_offered_before_anybody_has_signed_in(device: Node) -> None:
    browser = device.browser(language="kk")
    first, second = browser.get("/suggestion"), browser.get("/suggestion")
    assert set(first.text.split()) <= set(words_of("kk")) and len(first.text.split()) == 4
    assert first.text != second.text and first.headers["Cache-Control"] == "no-store"


def test_the_office_offers_words_for_a_new_person(adm: Browser) -> None:
    assert re.search(r'<p class="words"[^>]*>(\w+ ){3}\w+</p>', adm.get("/people/new").text)


# ---- one's own ---------------------------------------------------------------------------------------------------------


def test_a_person_changes_their_own_passphrase_and_stays_who_they_are(tablet: Node, ana: Browser) -> None:
    elsewhere = tablet.browser("ana")
    before = open_vault(folder_of(tablet), PASSPHRASES["ana"])
    reply = ana.submit("/passphrase", own=PASSPHRASES["ana"], **twice(NEW_ONE))
    assert reply.headers["Location"] == "/passphrase?changed=yes"
    assert "From now on the new passphrase counts" in ana.get("/passphrase?changed=yes").text
    after = open_vault(folder_of(tablet), NEW_ONE)
    assert after.database_key == before.database_key
    assert after.signing_key.private_bytes_raw() == before.signing_key.private_bytes_raw()
    assert opens(tablet, PASSPHRASES["ana"]) == ""
    assert elsewhere.get("/visits").status_code == 303 and tablet.browser("dana").get("/visits").status_code == 200
    assert noted(tablet, PASSPHRASE_CHANGED) == [(PERSON_IDS["ana"], "")]


@pytest.mark.parametrize(
    ("own", "new", "again", "told"),
    [
        (PASSPHRASES["dana"], NEW_ONE, NEW_ONE, "This is not your passphrase."),
        ("four words but wrong", NEW_ONE, NEW_ONE, "This is not your passphrase."),
        (PASSPHRASES["ana"], PASSPHRASES["dana"], PASSPHRASES["dana"], "cannot be used on this tablet"),
        (PASSPHRASES["ana"], NEW_ONE, ELSEWHERE, "The two passphrases are not the same."),
        (PASSPHRASES["ana"], "short", "short", "at least four words"),
    ],
)
def test_a_passphrase_stays_as_it_is(tablet: Node, ana: Browser, own: str, new: str, again: str, told: str) -> None:
    reply = ana.submit("/passphrase", own=own, passphrase=new, again=again)
    assert reply.status_code == 422 and told in text_of(reply.text)
    assert opens(tablet, PASSPHRASES["ana"]) == PERSON_IDS["ana"]


def test_at_central_it_is_changed_too(central: Node) -> None:
    ben, elsewhere, adm = central.browser("ben"), central.browser("ben"), central.browser("adm")
    wrong = ben.submit("/passphrase", own="four words but wrong", **twice(NEW_ONE))
    assert wrong.status_code == 422 and "This is not your passphrase." in wrong.text
    assert "next try is possible" in ben.submit("/passphrase", own=OFFICE_PASSPHRASE, **twice(NEW_ONE)).text
    central.clock.advance(minutes=1)
    assert ben.submit("/passphrase", own=OFFICE_PASSPHRASE, **twice(NEW_ONE)).status_code == 303
    assert ben.get("/inbox").status_code == 200 and adm.get("/people").status_code == 200
    assert elsewhere.get("/inbox").headers["Location"].startswith("/sign-in")
    assert central.browser().submit("/sign-in", name="ben", passphrase=OFFICE_PASSPHRASE).status_code == 401
    central.clock.advance(minutes=1)
    assert central.browser().submit("/sign-in", name="ben", passphrase=NEW_ONE).status_code == 303
    assert noted(central, PASSPHRASE_CHANGED) == [(PERSON_IDS["ben"], "")]


def test_an_administrator_gives_a_colleague_of_the_office_a_new_one(central: Node) -> None:
    adm, ben, path = central.browser("adm"), central.browser("ben"), f"/people/{PERSON_IDS['ben']}/passphrase"
    assert f'href="{path}"' in adm.get("/people").text and "Бен Ревизор" in adm.get(path).text
    assert "are not the same" in adm.submit(path, passphrase=NEW_ONE, again=ELSEWHERE).text
    assert ben.get("/inbox").status_code == 200
    assert adm.submit(path, **twice(NEW_ONE)).headers["Location"] == "/people"
    assert ben.get("/inbox").status_code == 303
    assert central.browser().submit("/sign-in", name="ben", passphrase=NEW_ONE).status_code == 303
    assert central.browser().submit("/sign-in", name="ben", passphrase=OFFICE_PASSPHRASE).status_code == 401
    assert noted(central, PASSPHRASE_RESET) == [(PERSON_IDS["adm"], PERSON_IDS["ben"])]
    for nobody in ("adm", "ana"):  # oneself, and who works on tablets only
        path = f"/people/{PERSON_IDS[nobody]}/passphrase"
        assert adm.get(path).status_code == adm.submit(path, **twice(NEW_ONE)).status_code == 404
    assert central.browser().submit("/sign-in", name="adm", passphrase=NEW_ONE).status_code == 401


# ---- a colleague's -----------------------------------------------------------------------------------------------------


def test_a_forgotten_passphrase_is_reset_by_a_colleague(tablet: Node, ana: Browser) -> None:
    before, session_of_dana = open_vault(folder_of(tablet), PASSPHRASES["dana"]), tablet.browser("dana")
    reply = ana.submit("/passphrases", colleague=DANA, own=PASSPHRASES["ana"], **twice(NEW_ONE))
    assert reply.headers["Location"] == "/passphrases"
    after = open_vault(folder_of(tablet), NEW_ONE)
    assert (after.person_id, after.database_key) == (DANA, before.database_key)
    assert after.signing_key.private_bytes_raw() != before.signing_key.private_bytes_raw()
    assert opens(tablet, PASSPHRASES["dana"]) == ""
    assert DANA not in tablet.database.node.person_keys
    assert session_of_dana.get("/visits").status_code == 303
    assert noted(tablet, PASSPHRASE_RESET) == [(PERSON_IDS["ana"], DANA)]


def test_nobody_resets_their_own_in_the_place_of_changing_it(tablet: Node, ana: Browser) -> None:
    form = {"colleague": PERSON_IDS["ana"], "own": PASSPHRASES["ana"], **twice(NEW_ONE)}
    assert "Choose who gets a passphrase." in ana.submit("/passphrases", **form).text
    assert f'value="{PERSON_IDS["ana"]}"' not in ana.get("/passphrases").text


# ---- the card ----------------------------------------------------------------------------------------------------------


def test_the_card_is_printed_once_and_anew(tablet: Node, ana: Browser) -> None:
    assert "There is no card yet." in ana.get("/passphrases").text
    wrong = ana.submit("/passphrases/card", **{"card-own": PASSPHRASES["dana"]})
    assert wrong.status_code == 422 and "This is not your passphrase." in wrong.text
    first, second = new_card(ana), new_card(ana)
    assert re.fullmatch(r"([A-Z2-7]{4}-){6}[A-Z2-7]{4}", first) and first != second
    assert "There is a card." in ana.get("/passphrases").text
    with pytest.raises(Exception, match="newer one"):
        open_card(folder_of(tablet), first.replace("-", ""))
    assert noted(tablet, RECOVERY_CARD_MADE) == [(PERSON_IDS["ana"], "")] * 2


def test_a_locked_tablet_opens_with_its_card_for_the_person_who_forgot(tablet: Node, ana: Browser) -> None:
    code = new_card(ana)
    lock(tablet)
    browser = tablet.browser()
    locked = browser.get("/recovery")
    assert person_name("dana") not in locked.text and 'href="/recovery"' in browser.get("/sign-in").text
    asked = browser.submit("/recovery", code=code.lower())
    assert asked.status_code == 200 and person_name("dana") in asked.text
    assert browser.get("/visits").status_code == 303  # a card is nobody
    reply = browser.submit("/recovery/passphrase", code=code, person=DANA, **twice(NEW_ONE))
    next_code = card_in(reply.text)
    assert 'href="/sign-in"' in reply.text
    assert opens(tablet, NEW_ONE) == DANA and opens(tablet, PASSPHRASES["dana"]) == ""
    assert opens(tablet, PASSPHRASES["ana"]) == PERSON_IDS["ana"]
    assert browser.submit("/recovery", code=code).status_code == 422  # used
    tablet.clock.advance(minutes=1)
    assert browser.submit("/recovery", code=next_code).status_code == 200
    assert noted(tablet, RECOVERY_CARD_USED) == [(audit.PROGRAM, DANA)]
    assert browser.submit("/sign-in", passphrase=NEW_ONE).status_code == 303


def test_the_card_ends_the_sessions_of_the_person_whose_passphrase_it_replaces(tablet: Node, ana: Browser) -> None:
    code, session_of_dana = new_card(ana), tablet.browser("dana")
    assert session_of_dana.get("/visits").status_code == 200
    card_in(tablet.browser().submit("/recovery/passphrase", code=code, person=DANA, **twice(NEW_ONE)).text)
    assert session_of_dana.get("/visits").status_code == 303 and ana.get("/visits").status_code == 200


def test_the_second_step_asks_for_the_card_again_and_keeps_what_is_wrong(tablet: Node, ana: Browser) -> None:
    code = new_card(ana)
    lock(tablet)
    browser = tablet.browser()
    without = browser.submit("/recovery/passphrase", person=DANA, **twice(NEW_ONE))
    assert without.status_code == 422 and person_name("dana") not in without.text
    for changed, told in (
        ({"person": PERSON_IDS["ben"]}, "Choose whose passphrase is forgotten."),
        ({"again": ELSEWHERE}, "The two passphrases are not the same."),
        (twice(PASSPHRASES["ana"]), "cannot be used on this tablet"),
    ):
        reply = browser.submit("/recovery/passphrase", **{"code": code, "person": DANA, **twice(NEW_ONE), **changed})
        assert reply.status_code == 422 and told in reply.text
    assert opens(tablet, PASSPHRASES["dana"]) == DANA and opens(tablet, NEW_ONE) == ""
    assert browser.submit("/recovery", code=code).status_code == 200  # it was not used up by that


def test_wrong_cards_wait_like_wrong_passphrases(tablet: Node, ana: Browser) -> None:
    code = new_card(ana)
    browser, other = tablet.browser(), new_card(ana)
    assert "One of the letters is not right." in browser.submit("/recovery", code="A" * 28).text
    told = [browser.submit("/recovery", code=code).text for _ in range(2)]
    assert "This is not the recovery card" in told[0] and "The next try is possible" in told[1]
    assert "The next try is possible" in browser.submit("/recovery", code=other).text


def test_the_card_is_made_and_taken_at_the_tablet_itself_only(tablet: Node) -> None:
    guest = Browser(tablet.app, "http://127.0.0.1:8000")
    guest._transport.client = ("192.168.43.7", 50_000)  # type: ignore[attr-defined]
    for reply in (guest.get("/recovery"), guest.submit("/recovery", code="A" * 28)):
        assert reply.status_code == 404
    assert 'href="/recovery"' not in guest.get("/sign-in").text
    assert guest.submit("/sign-in", passphrase=PASSPHRASES["ana"]).status_code == 303
    assert guest.submit("/passphrases/card", **{"card-own": PASSPHRASES["ana"]}).status_code == 404
    assert noted(tablet, RECOVERY_CARD_MADE) == []
