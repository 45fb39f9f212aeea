"""The office says of a visit what came through the team's hub, until the tablet that wrote it comes itself."""

from __future__ import annotations

import html
from collections.abc import Callable

from app.sync import client
from app.sync.hub import meet_hub
from tests.web.nodes import Browser, Node, Visiting, text_of, transport_to

ONCE = "came by way of another tablet; their own tablet has not confirmed them yet."


def said(browser: Browser, path: str) -> str:
    return html.unescape(text_of(browser.get(path).text))


def test_the_inbox_and_the_desk_say_so_until_its_own_tablet_comes(
    ana: Browser,
    visit: Visiting,
    ben: Browser,
    adm: Browser,
    device: Node,
    danas_tablet: Node,
    central: Node,
    meet: Callable[[], object],
) -> None:
    """Ana's tablet is the hub; Dana's takes her visit from it, and reaches the office first."""
    client.meet_central(device.database, transport_to(central))  # it gets its certificate, and its visit goes
    ana.tap(visit.answer_url("B1"), value="no")
    ana.tap(visit.answer_url("B2"), value="no")
    desk = f"/reviews/{visit.visit_id}"
    assert "another tablet" not in said(ben, "/inbox") and "another tablet" not in said(ben, desk)
    device.app.state.is_shared = True
    meet_hub(danas_tablet.database, transport_to(device))
    client.meet_central(danas_tablet.database, transport_to(central))
    assert "through another tablet: 3" in said(ben, "/inbox")
    assert f"3 entries {ONCE}" in said(ben, desk)
    of_ana, of_dana = (f"/devices/{node.database.node.device_id}" for node in (device, danas_tablet))
    assert "Came through another tablet, not confirmed by this one yet 3 entries" in said(adm, of_ana)
    assert "Brought for others, not confirmed by their own tablet yet 3 entries" in said(adm, of_dana)
    meet()
    for browser, path in ((ben, "/inbox"), (ben, desk), (adm, of_ana), (adm, of_dana)):
        page = said(browser, path)
        assert "another tablet" not in page and "Brought for others" not in page, path
