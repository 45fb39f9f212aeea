"""Tablets at the office: one-time codes, and withdrawing a tablet."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlmodel import select

from app.errors import DeviceRevoked, EnrolmentRefused
from app.store.tables import EnrolCodeRow
from app.sync import enrolment
from tests.web.nodes import CENTRAL_URL, PERSON_IDS, Browser, Node, Visiting, text_of, transport_to


def code_on(html: str) -> str:
    found = re.search(r'<p class="code">([^<]+)</p>', html)
    return found.group(1) if found else ""


def make_code(adm: Browser, name: str = "Планшет 7") -> str:
    return code_on(adm.post("/devices", data={"name": name, "member": [PERSON_IDS["ana"]]}).text)


def test_a_one_time_code_is_shown_once_and_kept_only_as_a_hash(adm: Browser, central: Node) -> None:
    code = make_code(adm)
    assert re.fullmatch(r"[A-HJ-NP-Z2-9]{12}-[A-Z2-7]{16}", code)
    page = adm.get("/devices").text
    assert code not in page and "code not used yet" in text_of(page)
    with central.database.read() as session:
        hashes = [row.code_hash for row in session.exec(select(EnrolCodeRow))]
    assert len(hashes) == 2 and all(code.partition("-")[0] not in kept for kept in hashes)


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


def test_a_withdrawn_tablet_gives_and_gets_nothing(
    adm: Browser, central: Node, device: Node, meet: Callable[[], object]
) -> None:
    meet()
    device_id = device.database.node.device_id
    assert adm.submit(f"/devices/{device_id}/revocation").headers["Location"] == "/devices"
    assert "blocked" in text_of(adm.get("/devices").text)
    with pytest.raises(DeviceRevoked):
        meet()
    page = device.browser("ana").get("/sync").text
    assert "withdrawn" in text_of(page) and "Call the office" in text_of(page)


def test_a_tablet_that_does_not_exist_cannot_be_withdrawn(adm: Browser) -> None:
    assert adm.submit("/devices/nothing/revocation").status_code == 404


def test_a_tablet_that_stays_offline_sends_nothing(device: Node, ana: Browser, visit: Visiting) -> None:
    ana.submit("/sync/offline", offline="on")
    unsent = re.search(r"Entries to send: (\d+)", text_of(ana.get("/sync").text))
    assert unsent and int(unsent[1]) > 0
    assert ana.submit("/sync").headers["Location"] == "/sync"
    assert f"Entries to send: {unsent[1]}" in text_of(ana.get("/sync").text)
    assert "Sending is switched off" in text_of(ana.get("/sync").text)
    ana.submit("/sync/offline", offline="off")
    ana.submit("/sync")
    assert "Entries to send: 0" in text_of(ana.get("/sync").text)
