"""The outbox against the real node: fast taps, a second person, a portal, a refused number, the offline switch."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import acts
from tests.browser.conftest import Open
from tests.browser.nodes import ANA, ANA_WORDS, DANA, DANA_WORDS, Hand, Pair

pytestmark = pytest.mark.browser


@pytest.fixture
def visit(nodes: Pair) -> str:
    """A visit of Ana and Dana on a running tablet; the office is away."""
    nodes.device.start()
    with Hand(nodes.device, "", ANA_WORDS) as ana:
        return ana.plan({nodes.people[ANA]: "team_lead", nodes.people[DANA]: "monitor"})


def open_section(page: Page, nodes: Pair, visit: str, section: str, words: str = ANA_WORDS) -> None:
    acts.sign_in(page, nodes.device, words)
    page.goto(f"{nodes.device.url}{visit}/sections/{section}")


def history(page: Page, nodes: Pair, visit: str, indicator: str) -> list[str]:
    """Who wrote what on an indicator, oldest first, as the history page shows it."""
    page.goto(f"{nodes.device.url}{visit}/answers/{indicator}/history")
    return list(reversed(page.locator("ol.past > li").all_inner_texts()))


def test_fast_taps_end_as_the_last_one_and_all_stand_in_the_history(nodes: Pair, open_page: Open, visit: str) -> None:
    page = open_page(nodes.device)
    open_section(page, nodes, visit, "cells")
    for value in ("yes", "yes", "no", "yes", "no", "partly"):  # the second «yes» takes the first one back
        acts.tile(page, "B1", value).dispatch_event("click")
    acts.expect_saved(page)
    acts.expect_pressed(page, "B1", "partly")
    page.reload()
    acts.expect_pressed(page, "B1", "partly")
    assert page.locator("#indicator-B1 .clash").count() == 0  # one person tapping fast contradicts nobody
    assert len(history(page, nodes, visit, "B1")) == 6


def test_the_page_of_a_second_person_does_not_send_the_taps_of_the_first(
    nodes: Pair, open_page: Open, visit: str
) -> None:
    page = open_page(nodes.device)
    open_section(page, nodes, visit, "cells")
    nodes.device.kill()
    acts.tap(page, "B1", "no")
    acts.expect_state(page, "waiting")
    nodes.device.start()
    open_section(page, nodes, visit, "cells", DANA_WORDS)
    acts.tap(page, "B2", "yes")
    acts.expect_saved(page)
    expect(acts.tile(page, "B1", "no")).to_have_attribute("aria-pressed", "false")
    assert history(page, nodes, visit, "B1") == []
    acts.sign_out(page)
    open_section(page, nodes, visit, "cells")
    for _ in range(40):  # the page of the visits may have sent it already, so no time of saving is shown here
        if lines := history(page, nodes, visit, "B1"):
            break
        page.wait_for_timeout(250)
    [line] = lines
    assert ANA in line


def test_a_portal_that_answers_for_the_node_does_not_swallow_a_tap(nodes: Pair, open_page: Open, visit: str) -> None:
    page = open_page(nodes.device)
    open_section(page, nodes, visit, "cells")
    asked: list[str] = []

    def portal(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=200, content_type="text/html", body="<p>Welcome to free Wi-Fi</p>")

    page.route("**/answers/**", portal)
    acts.tap(page, "B1", "no")
    expect(page.locator("#saved")).to_have_attribute("data-state", "waiting")
    page.wait_for_function("() => performance.getEntriesByType('resource').some(e => e.name.includes('/answers/'))")
    acts.expect_state(page, "waiting")
    page.unroute("**/answers/**")
    acts.expect_saved(page)
    assert asked
    assert len(history(page, nodes, visit, "B1")) == 1


def test_a_refused_number_stays_with_its_sentence_until_it_is_put_right(
    nodes: Pair, open_page: Open, visit: str
) -> None:
    page = open_page(nodes.device)
    open_section(page, nodes, visit, "facts")
    acts.put(page, "P2", "field.present", "99999999")
    acts.expect_state(page, "attention")
    card = acts.card(page, "P2")
    expect(card.locator("[data-problem]")).to_be_visible()
    sentence = card.locator("[data-problem]").inner_text()
    expect(page.locator("#attention")).to_contain_text(sentence)
    expect(page.locator("#attention")).to_contain_text("99999999")
    acts.put(page, "P2", "field.girls", "2")  # the rest is not held up
    expect(card.locator("[name='field.girls']")).to_have_value("2")
    page.reload()
    acts.expect_state(page, "attention")
    expect(card.locator("[name='field.present']")).to_have_value("99999999")
    expect(card.locator("[name='field.girls']")).to_have_value("2")
    acts.put(page, "P2", "field.present", "5")
    acts.expect_saved(page)
    expect(page.locator("#attention")).to_be_hidden()
    page.reload()
    expect(card.locator("[name='field.present']")).to_have_value("5")


def test_nothing_leaves_a_tablet_that_is_told_to_stay_offline(nodes: Pair, open_page: Open, visit: str) -> None:
    nodes.central.start()
    page = open_page(nodes.device)
    acts.sign_in(page, nodes.device, ANA_WORDS)
    acts.send_now(page, nodes.device)
    page.locator("button[name=offline][value=on]").click()
    expect(page.locator("form[action='/sync'] button")).to_be_disabled()
    page.goto(f"{nodes.device.url}{visit}/sections/cells")
    acts.tap(page, "B1", "no")
    acts.expect_saved(page)
    expect(page.locator("#sent a .i use")).to_have_attribute("href", re.compile("wifi-off$"))
    page.request.post(f"{nodes.device.url}/sync", headers={"Origin": nodes.device.url})  # not even when asked
    page.goto(f"{nodes.device.url}/sync")
    expect(page.locator("main .say.mid")).to_be_visible()
    expect(page.locator("main .tag.ok")).to_have_count(0)  # saved, not sent
    page.locator("button[name=offline][value=off]").click()
    acts.send_now(page, nodes.device)
    expect(page.locator("main .tag.ok")).to_have_count(1)
