"""static/outbox.js in a real browser against a node that can be slow, away, locked or strict.

No tap may be lost, doubled, reordered or called saved too early.
"""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.web import card_samples, rendering, samples

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")]
FLAGS = ["--no-sandbox", "--disable-gpu"]
SAVED = r"Saved \d\d:\d\d"
CSP = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


@dataclass
class Node:
    """A stand-in for the node: keeps what it was given and obeys `mood`."""

    mood: str = "well"  # well | away | locked | strict | portal | mute (takes the tap, the answer gets lost)
    delay_s: float = 0.0
    person: str = "p1"
    base: card_samples.CardContext = card_samples.CARD
    taps: dict[str, dict[str, str]] = field(default_factory=dict)  # in order of arrival
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self, name: str) -> str:
        given = [tap[name] for tap in self.taps.values() if name in tap]
        return given[-1] if given else ""

    def card(self, problem: str = "", note: str | None = None) -> card_samples.CardContext:
        value = self.now("value")
        return replace(
            self.base,
            value=value,
            is_answered=bool(value),
            seen=",".join(self.taps),
            note=self.now("note") if note is None else note,
            problem=problem,
            sources=(replace(card_samples.CHIPS[0], is_on=self.now("source.observation") == "on"),),
            is_flagged=False,
            person_id=self.person,
        )

    def page(self) -> str:
        view = replace(
            card_samples.SECTION,
            groups=(replace(card_samples.SECTION.groups[0], cards=card_samples.drawn((self.card(),), "en")),),
        )
        frame = samples.page(language="en", person=replace(samples.PERSON, person_id=self.person))
        return rendering.environment("en").get_template("sections/page.html").render(view=view, page=frame)

    def part(self, **changes: str) -> str:
        view = card_samples.SavedAnswer(self.card(**changes), samples.PROGRESS, samples.STATUS)
        return (
            rendering.environment("en")
            .get_template("answers/_saved.html")
            .render(view=view, page=samples.page(language="en"))
        )


class Handler(BaseHTTPRequestHandler):
    node: Node
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path.startswith("/static/"):
            file = rendering.ROOT / path[1:]
            kind = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}.get(
                file.suffix[1:], "font/woff2"
            )
            return self.reply(200, file.read_bytes(), kind)
        return self.reply(200, b"" if path == "/hidden" else self.node.page().encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        node = self.node
        if node.mood == "away":
            return self.close()
        if node.mood == "locked":
            return self.reply(401, b"")
        if node.mood == "portal":
            return self.reply(200, b"<p>Welcome to free Wi-Fi</p>")
        time.sleep(node.delay_s)
        given = self.fields(body)
        if node.mood == "strict" and given.get("note"):
            return self.reply(422, node.part(problem="Too long. Shorten it.", note=given["note"]).encode())
        with node.lock:
            node.taps.setdefault(given.pop("tap", ""), given)
            if node.mood == "mute":
                return self.close()
            return self.reply(200, node.part().encode(), headers={"X-Op-Ack": self.headers["X-Op-Id"]})

    def fields(self, body: bytes) -> dict[str, str]:
        if "multipart" in self.headers["Content-Type"]:
            parts = (
                BytesParser()
                .parsebytes(b"Content-Type: " + self.headers["Content-Type"].encode() + b"\r\n\r\n" + body)
                .get_payload()
            )
            return {
                part.get_param("name", header="content-disposition"): "photo"
                if part.get_filename()
                else part.get_payload()
                for part in parts
            }
        return {name: values[-1] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}

    def close(self) -> None:
        self.close_connection = True
        self.connection.close()

    def reply(
        self, status: int, body: bytes, kind: str = "text/html; charset=utf-8", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Content-Security-Policy": CSP,
            "Cache-Control": "no-store",
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def node() -> Iterator[Node]:
    made = Node()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OneHandler", (Handler,), {"node": made}))
    made.url = f"http://127.0.0.1:{server.server_port}/visits/v1/sections/cells"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()


@pytest.fixture(scope="module")
def playwright() -> Iterator[sync_api.Playwright]:
    with sync_api.sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright: sync_api.Playwright) -> Iterator[sync_api.Browser]:
    launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield launched
    launched.close()


@pytest.fixture
def browser(chromium: sync_api.Browser) -> Iterator[sync_api.BrowserContext]:
    context = chromium.new_context()
    yield context
    context.close()


def open_page(browser: sync_api.BrowserContext, node: Node, *, insecure: bool = False) -> sync_api.Page:
    page = browser.new_page()
    page.faults = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.faults.append(str(error)))  # type: ignore[attr-defined]
    page.on("console", lambda said: page.faults.append(said.text) if "Content Security Policy" in said.text else None)  # type: ignore[attr-defined]
    if insecure:  # a hotspot on plain HTTP has no Web Locks
        page.add_init_script(
            "Object.defineProperty(navigator, 'locks', { value: undefined }); delete crypto.randomUUID;"
        )
    page.goto(node.url)
    return page


def status(page: sync_api.Page) -> str:
    return page.locator("#saved").inner_text().strip()


def wait_until(check, seconds: float = 12.0) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while not check() and time.monotonic() < end:
        time.sleep(0.03)
    assert check()


def wait_for_status(page: sync_api.Page, words: str) -> None:
    # The page is born saying «Saved»; with a time it speaks of a tap.
    sync_api.expect(page.locator("#saved")).to_contain_text(re.compile(words), timeout=12000)


def tap(page: sync_api.Page, value: str) -> None:
    page.locator(f"button.tile[data-on={value}]").dispatch_event("click")


@pytest.mark.parametrize("insecure", [False, True])
def test_fast_taps_arrive_all_in_order_and_chained(
    node: Node, browser: sync_api.BrowserContext, insecure: bool
) -> None:
    node.delay_s = 0.2
    page = open_page(browser, node, insecure=insecure)
    for value in ("yes", "partly", "no", "yes", "partly", "no"):
        tap(page, value)
        page.wait_for_timeout(60)
    assert "Waiting" in status(page)
    wait_for_status(page, SAVED)
    taps = list(node.taps.items())
    assert [given["value"] for _, given in taps] == ["yes", "partly", "no", "yes", "partly", "no"]
    # Each tap either follows the one before, or was made after the page had shown it.
    for (before, _), (_, given) in pairwise(taps):
        assert given.get("previous_tap") == before or before in given["seen"].split(",")
    assert page.locator("button.tile[data-on=no]").get_attribute("aria-pressed") == "true"
    assert page.faults == []  # type: ignore[attr-defined]


def test_the_same_tile_again_clears_the_answer(node: Node, browser: sync_api.BrowserContext) -> None:
    page = open_page(browser, node)
    tap(page, "yes")
    tap(page, "yes")
    wait_for_status(page, SAVED)
    assert [given["value"] for given in node.taps.values()] == ["yes", ""]
    assert page.locator("button.tile[data-on=yes]").get_attribute("aria-pressed") == "false"


@pytest.mark.parametrize("mood", ["away", "portal", "mute"])
def test_a_tap_waits_until_the_node_says_that_this_tap_is_saved(
    node: Node, browser: sync_api.BrowserContext, mood: str
) -> None:
    page = open_page(browser, node)
    node.mood = mood
    tap(page, "yes")
    page.wait_for_timeout(900)
    assert "Waiting" in status(page)
    page.reload()
    wait_for_status(page, "Waiting")
    assert page.locator("button.tile[data-on=yes]").get_attribute("aria-pressed") == "true"
    tap(page, "no")
    node.mood = "well"
    wait_for_status(page, SAVED)
    assert [given["value"] for given in node.taps.values()] == ["yes", "no"]
    first, second = node.taps
    assert node.taps[second].get("previous_tap") == first or first in node.taps[second]["seen"]


def test_a_locked_node_is_said_and_nothing_is_thrown_away(node: Node, browser: sync_api.BrowserContext) -> None:
    page = open_page(browser, node)
    node.mood = "locked"
    tap(page, "no")
    wait_for_status(page, "Locked")
    node.mood = "well"
    wait_for_status(page, SAVED)
    assert [given["value"] for given in node.taps.values()] == ["no"]


def test_taps_of_another_person_are_kept_but_not_sent_under_this_name(
    node: Node, browser: sync_api.BrowserContext
) -> None:
    page = open_page(browser, node)
    node.mood = "away"
    tap(page, "no")
    wait_for_status(page, "Waiting")
    page.goto("about:blank")
    node.mood, node.person = "well", "p2"
    page.goto(node.url)
    page.wait_for_timeout(900)
    assert node.taps == {}
    assert page.locator("button.tile[data-on=no]").get_attribute("aria-pressed") == "false"
    node.person = "p1"
    page.reload()
    wait_for_status(page, SAVED)
    assert [given["person"] for given in node.taps.values()] == ["p1"]


def test_a_refused_note_keeps_its_words_and_can_be_put_right(node: Node, browser: sync_api.BrowserContext) -> None:
    page = open_page(browser, node)
    node.mood = "strict"
    page.locator("details[data-note] summary").click()
    page.locator("textarea[name=note]").fill("far too long")
    wait_for_status(page, "Needs your attention")
    assert page.locator("#attention").inner_text().count("Too long. Shorten it.") == 1
    tap(page, "yes")  # the refused note does not hold up the rest
    wait_until(lambda: node.now("value") == "yes")
    page.reload()
    wait_for_status(page, "Needs your attention")
    assert page.locator("textarea[name=note]").input_value() == "far too long"
    node.mood = "well"
    page.locator("details[data-note] summary").click()
    page.locator("textarea[name=note]").fill("short")
    wait_for_status(page, SAVED)
    assert node.now("note") == "short"
    assert page.locator("#attention").is_hidden()


def test_words_being_typed_survive_the_answer_to_a_tap(node: Node, browser: sync_api.BrowserContext) -> None:
    node.delay_s = 0.5
    page = open_page(browser, node)
    page.locator("details[data-note] summary").click()
    note = page.locator("textarea[name=note]")
    tap(page, "yes")
    note.press_sequentially("Cell four, two boys and one adult", delay=25)
    wait_until(lambda: node.now("note") == "Cell four, two boys and one adult")
    wait_for_status(page, SAVED)
    assert note.input_value() == "Cell four, two boys and one adult"
    assert page.locator("details[data-note]").get_attribute("open") is not None
    assert page.evaluate("document.activeElement.name") == "note"


def test_what_was_typed_before_the_scripts_had_loaded_is_saved(node: Node, browser: sync_api.BrowserContext) -> None:
    held: list[sync_api.Route] = []
    page = browser.new_page()
    page.route("**/static/card.js*", lambda route: held.append(route))
    page.goto(node.url, wait_until="commit")
    page.locator("details[data-note]").first.evaluate("note => { note.open = true; }")
    page.locator("textarea[name=note]").first.fill("Есік жабық")
    page.wait_for_function("document.readyState === 'interactive'")
    assert len(held) == 1
    assert node.taps == {}
    held[0].continue_()
    wait_until(lambda: node.now("note") == "Есік жабық")
    assert node.now("note") == "Есік жабық"


def test_a_page_that_is_only_looked_at_saves_nothing(node: Node, browser: sync_api.BrowserContext) -> None:
    """Selects without a choice and filled fields stand there as the node gave them."""
    unchosen = tuple(replace(one, is_chosen=False) for one in card_samples.METHODS)
    by_key = {one.key: replace(one, methods=unchosen if one.methods else ()) for one in card_samples.ODD.fields}
    node.base = replace(card_samples.CARD, fields=tuple(by_key.values()))
    page = open_page(browser, node)
    assert page.locator("select[data-autosave]").count() > 0
    page.wait_for_timeout(1500)  # longer than the pause after which typed words are saved
    assert node.taps == {}
    assert "sav" in status(page).lower()


def test_leaving_the_page_does_not_lose_the_last_words(node: Node, browser: sync_api.BrowserContext) -> None:
    page = open_page(browser, node)
    page.evaluate("localStorage.setItem(`outbox-${document.body.dataset.store}/0`, '{')")  # one that broke off
    page.locator("details[data-note] summary").click()
    page.locator("textarea[name=note]").press_sequentially("order number 12", delay=5)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")  # twice: hides the screen at once
    page.wait_for_url("**/hidden")
    page.goto(node.url)
    wait_until(lambda: node.now("note") == "order number 12")
    assert [given["note"] for given in node.taps.values()][-1] == "order number 12"


def test_a_photo_is_kept_until_it_has_arrived(node: Node, browser: sync_api.BrowserContext) -> None:
    page = open_page(browser, node)
    node.mood = "away"
    page.locator("details[data-photos] summary").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "cell.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8" + b"0" * 200_000}
    )
    sync_api.expect(page.locator("[data-photos-waiting]")).to_contain_text("1")
    tap(page, "yes")
    page.reload()
    node.mood = "well"
    wait_for_status(page, SAVED)
    sent = list(node.taps.values())
    assert sent[0]["file"] == "photo" and sent[0]["indicator"] == "B1"
    assert "previous_tap" not in sent[1]  # a photo is a record of its own


def test_what_waits_cannot_be_read_on_the_disk_and_is_sent_after_the_lock(
    node: Node, playwright: sync_api.Playwright, tmp_path: Path
) -> None:
    """The browser is killed while words and a photo wait; its whole profile is searched, then it is opened again."""
    words, picture = "Zhetinshi kamera, terezesiz", b"\xff\xd8" + b"SECRETPICTURE" * 20_000
    node.mood = "away"
    with profile(playwright, tmp_path) as browser:
        page = open_page(browser, node)
        page.locator("details[data-photos] summary").click()
        page.locator("input[type=file]").set_input_files(
            {"name": "cell.jpg", "mimeType": "image/jpeg", "buffer": picture}
        )
        sync_api.expect(page.locator("[data-photos-waiting]")).to_contain_text("1")
        page.locator("details[data-note] summary").click()
        page.locator("textarea[name=note]").press_sequentially(words, delay=1)
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.wait_for_url("**/hidden")
    on_disk = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"outbox-live" in on_disk  # what is searched is where it lies
    for canary in (b"SECRETPICTURE", words.encode(), words.encode("utf-16-le"), b"previous_tap"):
        assert canary not in on_disk
    node.mood = "well"
    with profile(playwright, tmp_path) as browser:
        open_page(browser, node)
        wait_until(lambda: node.now("note") == words)
    assert "photo" in [given.get("file") for given in node.taps.values()]


@contextmanager
def profile(playwright: sync_api.Playwright, folder: Path) -> Iterator[sync_api.BrowserContext]:
    """A browser that keeps its profile on the disk."""
    opened = playwright.chromium.launch_persistent_context(str(folder), executable_path=CHROMIUM, args=FLAGS)
    yield opened
    opened.close()


def test_two_tabs_send_one_tap_once_and_both_show_it(node: Node, browser: sync_api.BrowserContext) -> None:
    one, other = open_page(browser, node), open_page(browser, node)
    node.mood = "away"
    tap(one, "partly")
    one.wait_for_timeout(300)
    node.mood = "well"
    for page in (one, other):
        wait_until(
            lambda page=page: page.locator("button.tile[data-on=partly]").get_attribute("aria-pressed") == "true"
        )
    wait_for_status(one, "Saved")
    wait_for_status(other, "Saved")
    assert [given["value"] for given in node.taps.values()] == ["partly"]


def test_without_storage_the_answer_is_still_sent(node: Node, browser: sync_api.BrowserContext) -> None:
    page = browser.new_page()
    page.add_init_script("indexedDB.open = () => { const r = {}; setTimeout(() => r.onerror?.()); return r; };")
    page.goto(node.url)
    tap(page, "yes")
    wait_until(lambda: node.now("value") == "yes")
    assert [given["value"] for given in node.taps.values()] == ["yes"]
