"""Hiding and locking in the browser: what stands on the screen, what «back» shows, and what comes after unlocking."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.conftest import Open
from tests.browser.nodes import ANA, ANA_WORDS, Hand, Pair

pytestmark = pytest.mark.browser


@pytest.fixture
def visit(nodes: Pair) -> str:
    nodes.device.start()
    with Hand(nodes.device, "", ANA_WORDS) as ana:
        return ana.plan({nodes.people[ANA]: "team_lead"})


@pytest.fixture
def page(open_page: Open, nodes: Pair, visit: str) -> Page:
    """A section, opened after another page of the visit."""
    opened = open_page(nodes.device)
    acts.sign_in(opened, nodes.device, ANA_WORDS)
    opened.goto(f"{nodes.device.url}{visit}")
    opened.goto(f"{nodes.device.url}{visit}/sections/cells")
    opened.locator("[data-focus-mode]").wait_for(state="visible")
    return opened


def telling_words(page: Page) -> list[str]:
    """What in the title or the text of this page says whose tablet it is, or where it was."""
    return re.findall("Ана|полиция|Baqylau", page.title() + page.locator("body").inner_text(), re.IGNORECASE)


def test_the_button_hides_and_locks_and_back_shows_nothing(page: Page, nodes: Pair) -> None:
    page.locator("form[data-hide] button").click()
    page.wait_for_url("**/hidden")
    assert telling_words(page) == []
    page.go_back()  # not the section: that entry is the hidden page now
    page.wait_for_url(re.compile("/sign-in"))
    assert telling_words(page) == []


def test_the_page_is_blank_before_the_node_answers(page: Page, nodes: Pair) -> None:
    page.route("**/lock", lambda route: None)  # the node does not answer
    page.locator("form[data-hide] button").click()
    expect(page.locator("body")).to_be_hidden()
    expect(acts.card(page, "B1")).to_be_hidden()
    page.unroute("**/lock")
    page.wait_for_url("**/hidden")


def test_without_scripts_the_button_locks_all_the_same(page: Page, nodes: Pair) -> None:
    page.evaluate("document.querySelector('form[data-hide]').submit()")  # as the browser posts it by itself
    page.wait_for_url("**/hidden")
    page.goto(f"{nodes.device.url}/visits")
    expect(page).to_have_url(re.compile("/sign-in"))


def test_a_page_whose_tablet_locked_goes_away_and_comes_back_after_unlocking(page: Page, nodes: Pair) -> None:
    before = page.url
    with Hand(nodes.device, "", ANA_WORDS) as elsewhere:
        elsewhere.post("/lock", {})
    page.wait_for_url(re.compile("/sign-in"))  # by itself: it asks every five seconds
    assert telling_words(page) == []
    acts.sign_in(page, nodes.device, ANA_WORDS, next_path=before)
    expect(acts.card(page, "B1")).to_be_visible()
