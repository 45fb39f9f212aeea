"""Tablets at the office: one-time codes, and withdrawing a tablet."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable

import pytest
from sqlmodel import select

from app import __version__
from app.errors import DeviceRevoked, EnrolmentRefused
from app.store import device_facts
from app.store.node import put_value
from app.store.tables import DeviceRow, EnrolCodeRow, LinkRow, RelayedRow, StreamRow
from app.store.vault import key_fingerprint
from app.sync import client, enrolment, files
from app.web.amounts import in_groups
from tests.web.nodes import CENTRAL_URL, PERSON_IDS, Browser, Node, Visiting, text_of, transport_to
from tests.web.test_photos import photograph, picture


def code_on(card: str) -> str:
    found = re.search(r'<p class="code">([^<]+)</p>', card)
    return found.group(1) if found else ""


def make_code(adm: Browser, name: str = "Планшет 7") -> str:
    return code_on(adm.post("/devices", data={"name": name, "member": [PERSON_IDS["ana"]]}).text)


def test_a_one_time_code_is_shown_once_and_kept_only_as_a_hash(adm: Browser, central: Node) -> None:
    code = make_code(adm)
    assert re.fullmatch(r"([A-HJ-NP-Z2-9]{4}-){3}([A-Z2-7]{4}-){3}[A-Z2-7]{4}", code)
    page = adm.get("/devices").text
    assert code not in page and "code not used yet" in text_of(page)
    with central.database.read() as session:
        hashes = [row.code_hash for row in session.exec(select(EnrolCodeRow))]
    assert len(hashes) == 2 and all(code[:14].replace("-", "") not in kept for kept in hashes)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name": " ", "member": [PERSON_IDS["ana"]]}, "name"),
        ({"name": "7"}, "member"),
        ({"name": "7", "member": ["x"]}, "member"),
    ],
)
def test_a_code_needs_a_name_and_people(adm: Browser, form: dict[str, object], field: str) -> None:
    reply = adm.post("/devices", data=form)
    assert reply.status_code == 422
    assert f'id="field-{field}"' in reply.text and f'href="#field-{field}"' in reply.text
    assert code_on(reply.text) == ""


def test_a_code_works_for_one_tablet(adm: Browser, central: Node, device: Node, danas_tablet: Node) -> None:
    code = make_code(adm)
    enrolment.enrol(device.database, transport_to(central), CENTRAL_URL, code)
    enrolment.enrol(device.database, transport_to(central), CENTRAL_URL, code)  # its reply was lost
    with pytest.raises(EnrolmentRefused):
        enrolment.enrol(danas_tablet.database, transport_to(central), CENTRAL_URL, code)


def test_a_code_does_not_work_after_its_time(adm: Browser, central: Node, device: Node) -> None:
    code = make_code(adm)
    central.clock.advance(hours=24 * 8)
    with pytest.raises(EnrolmentRefused):
        enrolment.enrol(device.database, transport_to(central), CENTRAL_URL, code)


def test_the_card_says_all_that_a_person_with_a_tablet_needs(adm: Browser, central: Node) -> None:
    form = {"name": "Планшет 7", "member": [PERSON_IDS["ana"], PERSON_IDS["dana"]], "language": "kk"}
    card = adm.post("/devices", data=form).text
    words, code = text_of(card), code_on(card)
    with central.database.read() as session:
        key = in_groups(key_fingerprint(session.info["node"].public_key))
    assert '<html lang="kk">' in card and "Бір реттік код" in words  # of the card; the office reads English
    assert "Планшет 7" in words and "Ана Сапарова, Дана Касенова" in words
    assert f"baqylau enrol {CENTRAL_URL} {code}" in words
    assert key in words and code.endswith(key)  # the end of the code pins the key
    assert "29" in words and "2026" in words  # seven days from the 22nd
    assert "Әділ Әкімші" in words
    assert "<path d=" in card and "data-print" in card
    assert adm.get("/devices").text.count(key) == 1  # to compare with a tablet


def test_behind_a_proxy_the_card_gives_the_address_that_a_tablet_reaches(adm: Browser, central: Node) -> None:
    central.app.state.settings = central.app.state.settings.model_copy(
        update={"public_url": "https://baqylau.example.kz/"}
    )
    card = adm.post("/devices", data={"name": "Tablet 9", "member": [PERSON_IDS["ana"]]})
    assert "https://baqylau.example.kz" in card.text and central.origin not in card.text


def test_the_tablet_shows_the_key_that_stands_on_its_card(adm: Browser, ana: Browser) -> None:
    key = re.search(
        r'<b class="key">([^<]+)<', adm.post("/devices", data={"name": "7", "member": [PERSON_IDS["ana"]]}).text
    )
    assert key and key.group(1) in text_of(ana.get("/sync").text)


def test_a_withdrawn_tablet_gives_and_gets_nothing(
    adm: Browser, central: Node, device: Node, meet: Callable[[], object]
) -> None:
    meet()
    url = f"/devices/{device.database.node.device_id}"
    asked = adm.get(f"{url}/revocation")
    assert "Withdraw this tablet?" in asked.text and f'action="{url}/revocation"' in asked.text
    meet()  # to look at the question changes nothing
    assert adm.submit(f"{url}/revocation").headers["Location"] == url
    assert "blocked" in text_of(adm.get("/devices").text)
    assert "nothing is taken from it" in text_of(adm.get(url).text)
    with pytest.raises(DeviceRevoked):
        meet()
    page = device.browser("ana").get("/sync").text
    assert "withdrawn" in text_of(page) and "Call the office" in text_of(page)


def test_a_new_card_brings_a_withdrawn_tablet_back(
    adm: Browser, central: Node, device: Node, meet: Callable[[], object]
) -> None:
    url = f"/devices/{device.database.node.device_id}"
    adm.submit(f"{url}/revocation")
    card = adm.submit(f"{url}/code", language="ru").text
    assert '<html lang="ru">' in card and "Ана Сапарова" in text_of(card)
    enrolment.enrol(device.database, transport_to(central), CENTRAL_URL, code_on(card))
    meet()
    assert "in order" in text_of(adm.get("/devices").text)


@pytest.mark.parametrize("path", ["", "/revocation"])
def test_only_who_keeps_the_tablets_sees_one(ben: Browser, central: Node, device: Node, path: str) -> None:
    url = f"/devices/{device.database.node.device_id}"
    assert ben.get(url + path).status_code == 403
    assert ben.submit(f"{url}/code").status_code == 403


# ---- how they are ------------------------------------------------------------------------------------------------------


def first_row(page: str) -> str:
    found = re.search(r'<ul class="tasks top-gap"><li[^>]*>(.*?)</li>', page, re.S)
    return said(found.group(1)) if found else ""


def said(page: str) -> str:
    return html.unescape(text_of(page))


def test_a_tablet_that_was_away_too_long_stands_first_with_why(
    adm: Browser, ana: Browser, visit: Visiting, danas_tablet: Node, central: Node, device: Node
) -> None:
    """Its words are told, not guessed: entries that came in the very meeting are no longer only on it."""
    with device.database.write() as session:
        put_value(session, files.PAUSED, "on")
    ana.tap(visit.answer_url("B1"), value="no")
    photograph(ana, visit, picture())
    client.meet_central(device.database, transport_to(central))
    assert "in order" in first_row(adm.get("/devices").text)
    central.clock.advance(hours=6 * 24)
    client.meet_central(danas_tablet.database, transport_to(central))
    row = first_row(later(central))
    assert "Not seen for 6 days; still only on it: 1 photo." in row and "away too long" in row
    page = text_of(later(central, f"/devices/{device.database.node.device_id}"))
    assert "Only on the tablet 1 photo" in page and "Named in entries, not here yet 1 photo" in page


def test_entries_that_a_tablet_still_holds_are_counted_as_it_told(adm: Browser, central: Node, device: Node) -> None:
    tell(central, device, entries=34, here=held(central, device), files=12, version=__version__)
    central.clock.advance(hours=3 * 24 + 1)
    assert "Not seen for 3 days; still only on it: 34 entries, 12 files." in first_row(later(central))
    tell(central, device, entries=34, here=held(central, device) - 34, files=12, version=__version__)
    central.clock.advance(hours=3 * 24 + 1)
    assert "in order" in first_row(later(central))  # all of it has come since it told so


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"clock_ms": 25 * 60_000}, "Its clock is ahead by 25 minutes."),
        ({"clock_ms": -3 * 3_600_000}, "Its clock is behind by 3 hours."),
        ({"free_mb": 300}, "Only 300 MB are free on it."),
        ({"version": "0.0.1"}, "is older than the office's"),
        ({"version": "99.0"}, "is newer than the office's"),
        ({"problem": "stream_fork"}, "It told of a problem: This tablet's numbering was restored from a copy."),
    ],
)
def test_what_is_wrong_with_a_tablet_is_said_in_a_sentence(
    adm: Browser, central: Node, device: Node, told: dict[str, int | str], why: str
) -> None:
    tell(central, device, **{"version": __version__} | told)
    row = first_row(adm.get("/devices").text)
    assert why in row and "needs care" in row
    assert why in said(adm.get(f"/devices/{device.database.node.device_id}").text)


def test_having_been_out_of_reach_is_no_trouble_of_a_tablet(adm: Browser, central: Node, device: Node) -> None:
    tell(central, device, version=__version__, problem="central_unreachable")
    assert "in order" in first_row(adm.get("/devices").text)


def test_a_tablets_page_says_how_far_it_is_in_a_backup_and_what_came_by_another(
    adm: Browser, central: Node, device: Node, ana: Browser, visit: Visiting, meet: Callable[[], object]
) -> None:
    meet()
    device_id = device.database.node.device_id
    with central.database.write() as session:
        stream = session.exec(select(StreamRow).where(StreamRow.stream.startswith(device_id))).one()  # type: ignore[attr-defined]
        stream.durable_seq = stream.last_seq - 1
        entry = session.exec(select(LinkRow).where(LinkRow.stream == stream.stream)).first()
        assert entry is not None
        session.add(RelayedRow(entry_id=entry.entry_id, hub="another"))
        session.add(RelayedRow(entry_id="somebody's", hub=device_id))
        last = stream.last_seq
    page = text_of(adm.get(f"/devices/{device_id}").text)
    assert f"In a checked backup {last - 1} of {last} entries" in page
    assert "Brought for others, not confirmed by their own tablet yet 1 entry" in page
    assert "Came through another tablet, not confirmed by this one yet 1 entry" in page


def later(central: Node, path: str = "/devices") -> str:
    """A page of the office some days on: whoever was signed in has to sign in again."""
    return central.browser("adm").get(path).text


def tell(central: Node, device: Node, **told: int | str) -> None:
    """What a tablet said of itself when it was last seen, which is now."""
    with central.database.write() as session:
        row = session.get(DeviceRow, device.database.node.device_id)
        assert row is not None
        row.seen_at_ms, row.health = central.clock.at_ms, json.dumps(told)


def held(central: Node, device: Node) -> int:
    with central.database.read() as session:
        return device_facts.kept(session).get(device.database.node.device_id, device_facts.Kept()).here


def test_a_tablet_that_does_not_exist_cannot_be_withdrawn(adm: Browser) -> None:
    assert adm.submit("/devices/nothing/revocation").status_code == 404


def test_a_tablet_that_stays_offline_sends_nothing(device: Node, ana: Browser, visit: Visiting) -> None:
    ana.submit("/sync/offline", offline="on")
    unsent = re.search(r"To send: (\d+) entr", text_of(ana.get("/sync").text))
    assert unsent and int(unsent[1]) > 0
    assert ana.submit("/sync").headers["Location"] == "/sync"
    assert f"To send: {unsent[1]} entr" in text_of(ana.get("/sync").text)
    assert "Sending is switched off" in text_of(ana.get("/sync").text)
    ana.submit("/sync/offline", offline="off")
    ana.submit("/sync")
    assert "Nothing waits" in text_of(ana.get("/sync").text)
