"""A talk in a real browser: it saves itself, survives a reload and a node that is away, and leaves no word in the profile."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.clock import SystemClock
from app.config import Settings
from app.services import people
from app.services.people import PersonForm
from app.store import confidential
from app.store.opening import open_database
from app.store.slots import open_vault
from app.store.vault import new_sealing_key, sealing_public_key
from tests.browser import acts
from tests.browser.conftest import CHROMIUM, FLAGS, TABLET, Open
from tests.browser.nodes import ANA, ANA_WORDS, Hand, Pair

pytestmark = pytest.mark.browser
CANARY = "BALAPAN-QUPIYA"


@pytest.fixture
def visit(nodes: Pair) -> str:
    """A visit of Ana's, who is trained, on a running tablet that knows a key of the office."""
    folder = nodes.device.data
    settings = Settings(role="device", data_dir=folder)
    database = open_database(settings, open_vault(folder, ANA_WORDS).database_key, SystemClock())
    with database.write() as session:
        people.save_person(session, None, PersonForm(nodes.people[ANA], ANA, ["team_lead"], trained_on="2026-05-24"))
        confidential.keep_told(session, [sealing_public_key(new_sealing_key()).hex()])
    database.checkpoint()
    database.close()
    nodes.device.start()
    with Hand(nodes.device, "", ANA_WORDS) as ana:
        return ana.plan({nodes.people[ANA]: "team_lead"})


def begin(page: Page, nodes: Pair, visit: str) -> None:
    """From the script by way of the consent to the form."""
    acts.sign_in(page, nodes.device, ANA_WORDS)
    page.goto(f"{nodes.device.url}{visit}/interviews/new?script=child-15-17")
    for box in page.locator("input[type=checkbox]").all():
        box.check()
    page.locator("[name=representative][value=not_asked]").check()
    page.locator("main button.go").click()
    expect(page.locator("#talk")).to_be_visible()


def unfold(page: Page) -> None:
    for summary in page.locator("#talk details:not([open]) > summary").all()[::-1]:
        summary.click()


def expect_kept(page: Page, state: str) -> None:
    expect(page.locator("#kept")).to_have_attribute("data-state", state)


def test_a_talk_saves_itself_and_is_there_again(nodes: Pair, open_page: Open, visit: str) -> None:
    page = open_page(nodes.device)
    begin(page, nodes, visit)
    unfold(page)
    page.locator("[name='note.safety']").fill(CANARY)
    page.locator("#talk label:has([name=language][value=ru])").click()
    expect(page.locator("#in-ru")).to_be_checked()  # the words to say follow
    expect_kept(page, "now")
    page.reload()
    expect(page.locator("[name='note.safety']")).to_have_value(CANARY)
    page.locator("[name='note.safety']").fill(f"{CANARY} 2")
    page.locator("a.back").click()  # at once, before it has saved itself
    page.wait_for_url("**/interviews")
    page.locator("a.task").click()
    expect(page.locator("[name='note.safety']")).to_have_value(f"{CANARY} 2")


def test_words_typed_just_before_hiding_are_kept(nodes: Pair, open_page: Open, visit: str) -> None:
    page = open_page(nodes.device)
    begin(page, nodes, visit)
    talk = page.url
    page.locator("[name=reach]").press_sequentially(CANARY)
    for _ in range(2):
        page.keyboard.press("Escape")
    page.wait_for_url("**/hidden")
    acts.sign_in(page, nodes.device, ANA_WORDS)
    page.goto(talk)
    expect(page.locator("[name=reach]")).to_have_value(CANARY)


def test_words_typed_without_a_pause_are_saved_on_the_way(nodes: Pair, open_page: Open, visit: str) -> None:
    page = open_page(nodes.device)
    begin(page, nodes, visit)
    bodies: list[str] = []
    page.on("request", lambda request: bodies.append(request.post_data or ""))
    page.locator("[name=reach]").press_sequentially("a" * 30, delay=100)
    assert any("reach=aaa" in body for body in bodies), "three seconds of typing, and nothing of it has left the page"


def test_what_closing_waits_for_is_one_tap_away(nodes: Pair, open_page: Open, visit: str) -> None:
    page = open_page(nodes.device)
    begin(page, nodes, visit)
    unfold(page)
    page.locator("[name='note.safety']").fill(CANARY)  # with notes the first card opens folded
    page.locator("footer button.go").click()
    page.locator("main a[href$='#field-near']").click()
    expect(page.locator("#field-near")).to_be_in_viewport()
    page.locator("#field-near label").first.click()
    expect_kept(page, "now")


def test_while_the_node_is_away_the_page_says_so_and_saves_when_it_is_back(
    nodes: Pair, open_page: Open, visit: str
) -> None:
    page = open_page(nodes.device)
    begin(page, nodes, visit)
    address = page.url
    page.route("**/interviews/*", lambda route: route.abort())
    page.locator("[name=reach]").fill(CANARY)
    expect_kept(page, "not")
    page.unroute("**/interviews/*")
    expect_kept(page, "now")
    page.goto(address)
    expect(page.locator("[name=reach]")).to_have_value(CANARY)


def test_no_word_of_a_talk_is_left_in_the_browsers_profile(
    nodes: Pair, chromium: Browser, visit: str, tmp_path: Path
) -> None:
    """The profile as it lies on disk, written to while the talk was typed, after a crash of the browser and a good end."""
    profile = tmp_path / "profile"
    context = chromium.browser_type.launch_persistent_context(
        profile, executable_path=CHROMIUM, args=FLAGS, viewport={"width": TABLET[0], "height": TABLET[1]}
    )
    page = context.new_page()
    begin(page, nodes, visit)
    unfold(page)
    for name in ("reach", "note.safety", "note.other"):
        page.locator(f"[name='{name}']").fill(CANARY)
    expect_kept(page, "now")
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert CANARY not in stored
    page.goto(f"{nodes.device.url}/visits")  # the form's state would now go into the session file
    page.go_back()
    expect(page.locator("[name=reach]")).to_have_value(CANARY)
    page.goto("about:blank")
    context.close()
    files = [path for path in profile.rglob("*") if path.is_file()]
    assert len(files) > 20
    wanted = (CANARY.encode(), CANARY.encode("utf-16-le"))
    assert [path.name for path in files if any(word in path.read_bytes() for word in wanted)] == []
