"""What people do in the browser, in one place: every suite taps the same way."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.nodes import Node, photo_bytes


def choose_language(page: Page, language: str) -> None:
    """Through the menu, as a person does it."""
    page.locator("details.menu > summary").click()
    page.locator(f"button[name=language][value={language}]").click()
    expect(page.locator("html")).to_have_attribute("lang", language)


def sign_in(page: Page, node: Node, words: str, name: str = "", next_path: str = "") -> None:
    """Opens the node, or the page that the node asked a sign-in for."""
    if not next_path:
        page.goto("about:blank")  # a page whose node has locked goes to the sign-in itself, and would be in the way
        page.goto(f"{node.url}/sign-in")
    if name:
        page.locator("[name=name]").fill(name)
    page.locator("[name=passphrase]").fill(words)
    page.locator("main form button").click()
    page.wait_for_url(re.compile(re.escape(next_path) if next_path else r"/(visits|inbox|people)$"))


def sign_out(page: Page) -> None:
    page.locator("details.menu > summary").click()
    page.locator("form[action='/sign-out'] button").click()
    page.wait_for_url("**/sign-in")


def card(page: Page, indicator: str) -> Locator:
    return page.locator(f"#indicator-{indicator}")


def tile(page: Page, indicator: str, value: str) -> Locator:
    return card(page, indicator).locator(f"button.tile[name=value][data-on={value}]")


def tap(page: Page, indicator: str, value: str) -> None:
    # Shown by the last script: an earlier tap is sent by the browser itself, which is right, but not what is tested here.
    page.locator("[data-focus-mode]").wait_for(state="visible")
    tile(page, indicator, value).click()


def expect_pressed(page: Page, indicator: str, value: str) -> None:
    expect(tile(page, indicator, value)).to_have_attribute("aria-pressed", "true")


def expect_state(page: Page, state: str) -> None:
    """What the one status line says: saved, waiting, locked or attention."""
    expect(page.locator("[role=status]#saved")).to_have_attribute("data-state", state)


def expect_saved(page: Page) -> None:
    """Saved, with a time: the page is born saying «Saved», and the time is of a tap."""
    expect_state(page, "saved")
    expect(page.locator("#saved")).to_contain_text(re.compile(r"\d\d:\d\d"))


def write_note(page: Page, indicator: str, words: str) -> None:
    """«No» and «partly» open the note by themselves; else it is opened."""
    note = card(page, indicator).locator("details[data-note]")
    if note.get_attribute("open") is None:
        note.locator("summary").click()
    note.locator("textarea[name=note]").fill(words)
    note.locator(".save-line button").click()


def take_photo(page: Page, indicator: str, caption: str) -> None:
    photos = card(page, indicator).locator("details[data-photos]")
    photos.locator("summary").click()
    photos.locator("[name=caption]").fill(caption)
    file = {"name": "cell.jpg", "mimeType": "image/jpeg", "buffer": photo_bytes()}
    photos.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    expect(photos.locator("ul.photos img")).to_be_visible()


def put(page: Page, indicator: str, field: str, value: str) -> None:
    """Types a number or text into a field and leaves it: it saves itself."""
    control = card(page, indicator).locator(f"[name='{field}']")
    control.fill(value)
    control.blur()


def send_now(page: Page, node: Node) -> None:
    """Meets the office now and comes back when nothing waits any more."""
    page.goto(f"{node.url}/sync")
    page.locator("form[action='/sync'] button").click()
    all_sent = page.locator("main .say.ok")
    for _ in range(60):  # the tablet's own loop may be sending at this very moment, and the page says so
        page.locator("main .say").first.wait_for()
        if all_sent.count():
            break
        page.wait_for_timeout(250)
        page.goto(f"{node.url}/sync")
    expect(all_sent).to_be_visible()
