"""The office's page of a tablet: an order to wipe it, what became of it, and what the tablet removed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from app.domain.wiping import POLICY
from app.store import wipes
from app.store.tables import DeviceRow
from app.sync import orders
from tests.web.nodes import Browser, Node, text_of, transport_to


def url_of(device: Node) -> str:
    return f"/devices/{device.database.node.device_id}"


def test_an_order_needs_a_reason_is_obeyed_at_the_next_contact_and_confirmed(
    adm: Browser, central: Node, device: Node, meet: Callable[[], object]
) -> None:
    url, folder = url_of(device), Path(device.app.state.settings.data_dir)
    asked = adm.get(f"{url}/wipe").text
    assert "Wipe this tablet?" in asked and "withdrawn tablet too" in text_of(asked)
    refused = adm.submit(f"{url}/wipe", reason=" ")
    assert refused.status_code == 422 and "Say why" in text_of(refused.text)
    meet()  # nothing was ordered
    assert adm.submit(f"{url}/wipe", reason="Left in a taxi").headers["Location"] == f"{url}#wipe"
    adm.submit(f"{url}/wipe", reason="once more")
    said = text_of(adm.get(url).text)
    assert said.count("Ordered") == 1 and "Left in a taxi" in said and "has not been in touch" in said
    assert asyncio.run(device.app.state.sync_loop.meet_now()) is None
    assert device.app.state.database is None and not (folder / "slots.json").exists()
    assert "has not confirmed it" in text_of(adm.get(url).text)
    orders.send_last_word(folder, lambda address, trust: transport_to(central))
    said = text_of(adm.get(url).text)
    assert "its keys are destroyed" in said and "by order of the office" in said and "Wipe this tablet" in said
    assert "It destroyed all that was on it" in said and "in order" not in said
    assert "emptied" in text_of(adm.get("/devices").text)


def test_a_tablet_that_was_found_is_spared(adm: Browser, device: Node, meet: Callable[[], object]) -> None:
    url = url_of(device)
    adm.submit(f"{url}/wipe", reason="lost")
    assert "Take the order back" in adm.get(url).text
    adm.submit(f"{url}/wipe/end")
    assert "Taken back" in text_of(adm.get(url).text)
    meet()
    assert device.app.state.database is not None
    log = adm.get("/audit").text
    assert "tablet ordered to be wiped" in log and "taken back" in log


def test_the_page_lists_removed_visits_without_naming_them(adm: Browser, central: Node, device: Node) -> None:
    assert "Nothing yet" in text_of(adm.get(url_of(device)).text)
    visit = "01900000-0000-7000-8000-0000deadbeef"
    with central.database.write() as session:
        row = session.get(DeviceRow, device.database.node.device_id)
        assert row
        wipes.note_visits(session, row, {visit: 1_795_323_600_000}, [f"visit:{visit}"])
        wipes.note_visits(session, row, {visit: 1_795_323_600_000}, [f"visit:{visit}"])
        wipes.note_visits(session, row, {"another's": 1}, [])
        told = wipes.told_by(session, row.device_id)
    assert [(one.visit_id, one.why) for one in told] == [(visit, POLICY)]
    said = text_of(adm.get(url_of(device)).text)
    assert "Visit …deadbeef" in said and "checked backup" in said


def test_only_who_keeps_the_tablets_orders(ben: Browser, device: Node) -> None:
    for path in ("/wipe", "/wipe/end"):
        assert ben.submit(url_of(device) + path, reason="x").status_code == 403
