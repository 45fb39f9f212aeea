"""The checklist of every institution type in a real browser: it opens, takes an answer in each kind of card, and reports."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.domain.checklist import INSTITUTION_TYPES
from tests.browser import acts
from tests.browser.conftest import Open
from tests.browser.nodes import ANA, ANA_WORDS, Hand, Node, Pair, place_of

pytestmark = pytest.mark.browser


def test_every_checklist_opens_fills_and_reports(nodes: Pair, open_page: Open) -> None:
    device = nodes.device
    device.start()
    page = open_page(device)
    asked: dict[str, int] = {}
    acts.sign_in(page, device, ANA_WORDS)
    with Hand(device, "", ANA_WORDS) as ana:
        for kind in INSTITUTION_TYPES:
            visit = ana.plan({nodes.people[ANA]: "team_lead"}, place_of(kind), checklist="")
            asked[kind] = walk(page, device, visit)
    assert set(asked) == set(INSTITUTION_TYPES)
    assert all(count > 80 for count in asked.values()), asked


def walk(page: Page, device: Node, visit: str) -> int:
    """Opens the hub, answers the first rated question of the last section, reads the report; how much the visit asks."""
    page.goto(f"{device.url}{visit}")
    total = int(page.locator("header progress").first.get_attribute("max") or 0)
    links = page.locator("ul.tasks a[href*='/sections/']").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert len(links) >= 8
    page.goto(f"{device.url}{links[-1]}")
    card = page.locator("article.card", has=page.locator("button.tile[data-on=partly]")).first
    tile = card.locator("button.tile[data-on=partly]")
    tile.click()
    expect(tile).to_have_attribute("aria-pressed", "true")
    expect(card.locator("[data-live]")).to_have_attribute("data-answered", "true")
    acts.expect_saved(page)
    page.goto(f"{device.url}{visit}/report")
    expect(page.locator("article.report")).to_contain_text(re.compile(rf"\b{total}\b"))
    return total
