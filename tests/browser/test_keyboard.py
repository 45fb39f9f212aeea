"""The keyboard of a desk: j and k walk, 1 to 5 answer, n notes, / finds, Esc hides. What has the focus is always visible."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.conftest import DESKTOP, Open
from tests.browser.nodes import ANA, ANA_WORDS, Hand, Pair, Seed, copy_seed

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("keyboard")]
VALUES = ("yes", "partly", "no", "not_applicable", "not_seen")
FOCUS = """() => {
  const e = document.activeElement, r = e.getBoundingClientRect(), s = getComputedStyle(e);
  const bar = document.querySelector('footer.thumb')?.getBoundingClientRect().top ?? innerHeight;
  const near = [e, e.parentElement, e.closest('label'), e.nextElementSibling].filter(Boolean).map((one) => getComputedStyle(one));
  return {
    what: `${e.tagName} ${e.id || e.name || e.textContent.trim().slice(0, 30)}`,
    ring: near.some((one) => parseFloat(one.outlineWidth) >= 2 && one.outlineStyle !== 'none') || s.boxShadow !== 'none',
    seen: r.top < innerHeight && r.bottom > 0 && (e.closest('footer.thumb, header.top, .skip') !== null || r.top < bar),
  };
}"""


@pytest.fixture(scope="module")
def desk(seed: Seed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A tablet that runs for all tests here: keys harm no node."""
    pair = copy_seed(seed, tmp_path_factory.mktemp("desk"))
    pair.device.start()
    yield pair
    pair.device.stop()


@pytest.fixture
def page(desk: Pair, open_page: Open) -> Page:
    with Hand(desk.device, "", ANA_WORDS) as ana:
        visit = ana.plan({desk.people[ANA]: "team_lead"})
    opened = open_page(desk.device, DESKTOP)
    acts.sign_in(opened, desk.device, ANA_WORDS)
    opened.goto(f"{desk.device.url}{visit}/sections/cells")
    return opened


def test_a_section_is_answered_with_keys_alone(page: Page) -> None:
    keys = page.keyboard
    acts.card(page, "B1").focus()
    for key, value in zip("12345", VALUES, strict=True):
        keys.press(key)
        acts.expect_pressed(page, "B1", value)
    keys.press("j")
    expect(acts.card(page, "B2")).to_be_focused()
    keys.press("3")
    acts.expect_pressed(page, "B2", "no")
    keys.press("k")
    expect(acts.card(page, "B1")).to_be_focused()
    keys.press("n")
    note = acts.card(page, "B1").locator("textarea[name=note]")
    expect(note).to_be_focused()
    keys.type("j1 n/k")  # letters in a note are letters
    expect(note).to_have_value("j1 n/k")
    note.blur()
    acts.expect_saved(page)
    page.reload()
    acts.expect_pressed(page, "B1", "not_seen")
    expect(acts.card(page, "B1").locator("[data-note-text]")).to_have_text("j1 n/k")
    acts.expect_pressed(page, "B2", "no")


def test_slash_finds_and_escape_hides(page: Page) -> None:
    page.keyboard.press("/")
    find = page.locator("[data-find]")
    expect(find).to_be_focused()
    find.fill("C12")
    expect(acts.card(page, "C12")).to_be_visible()
    expect(acts.card(page, "B1")).to_be_hidden()
    page.keyboard.press("Escape")
    page.wait_for_timeout(1000)  # once, and again a second later: neither hides
    page.keyboard.press("Escape")
    expect(acts.card(page, "C12")).to_be_visible()
    page.wait_for_timeout(1000)
    for _ in range(2):
        page.keyboard.press("Escape")
    page.wait_for_url("**/hidden")
    expect(page).not_to_have_title(re.compile("Baqylau|полиция", re.IGNORECASE))
    page.go_back()  # the hidden page is not one «back» away
    expect(acts.card(page, "C12")).to_have_count(0)


def test_keys_can_be_switched_off(page: Page) -> None:
    page.locator("details.menu > summary").click()
    page.locator("[data-keys]").click()
    page.locator("main").click(position={"x": 5, "y": 5})
    acts.card(page, "B1").focus()
    page.keyboard.press("1")
    expect(acts.tile(page, "B1", "yes")).to_have_attribute("aria-pressed", "false")


def test_the_focus_is_always_visible_and_not_under_the_bar(page: Page) -> None:
    page.locator("body").click(position={"x": 2, "y": 2})
    lost = []
    for _ in range(45):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if not (focus["ring"] and focus["seen"]):
            lost.append(focus)
    assert lost == []
