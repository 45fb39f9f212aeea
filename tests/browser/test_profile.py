"""What a browser writes to its own disk while somebody works: typed words and searches are in no file of its profile
after the lock. Taps that still wait for the node lie there sealed: browser/test_outbox.py."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.browser import acts
from tests.browser.conftest import CHROMIUM, FLAGS, WAIT_MS, watch
from tests.browser.nodes import ANA, ANA_WORDS, Hand, Pair

pytestmark = pytest.mark.browser
FREE = "input:not([type]), input[type=text], input[type=search], textarea"
ENOUGH = 12  # fields of one page


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return tmp_path / "profile"


@pytest.fixture
def browser(profile: Path) -> Iterator[BrowserContext]:
    """A browser with a profile of its own on the disk, as people have one."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium: BAQYLAU_TEST_CHROMIUM names its path")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=FLAGS)
        context.set_default_timeout(WAIT_MS)
        yield context
        context.close()


class Typist:
    """Types a word of its own into every field of a page, and remembers it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.words: dict[str, str] = {}  # what tells a word from others -> where it was typed

    def word(self, place: str) -> str:
        told = f"{zlib.crc32(place.encode()):08x}"
        self.words[told] = place
        return f"qanat-{told}-qus"

    def fill(self, path: str) -> None:
        """Every field in which words are typed, also in parts that are folded away."""
        self.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        for field in self.page.locator(FREE).all()[:ENOUGH]:
            if field.is_visible() and field.is_editable() and not field.get_attribute("inputmode"):
                field.fill(self.word(f"{path} {field.get_attribute('name')}"))

    def send(self, path: str) -> None:
        """Every plain form of the page, one after the other, as its button does; what saves itself has done so."""
        plain = self.page.locator("main form:not([data-durable])")
        for number in range(plain.count()):
            form = plain.nth(number)
            if form.locator(FREE).count():
                is_swapped = form.get_attribute("hx-get") is not None
                with self.page.expect_response("**") if is_swapped else self.page.expect_navigation():
                    form.evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
                self.page.goto(path)
                self.fill(path)


def files_with(profile: Path, words: dict[str, str]) -> dict[str, set[str]]:
    """The files of a profile that hold a word, and where it was typed."""
    found: dict[str, set[str]] = {}
    for path in profile.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            hits = {place for word, place in words.items() if word.encode() in data or word.encode("utf-16-le") in data}
            if hits:
                found[path.relative_to(profile).as_posix()] = hits
    return found


def test_after_the_lock_nothing_that_was_typed_is_in_the_browsers_profile(
    browser: BrowserContext, profile: Path, nodes: Pair
) -> None:
    nodes.device.start()
    with Hand(nodes.device, "", ANA_WORDS) as ana:
        visit = ana.plan({nodes.people[ANA]: "team_lead"})
    page, faults = browser.new_page(), []
    watch(page, faults)
    acts.sign_in(page, nodes.device, ANA_WORDS)
    typist = Typist(page)
    for path in (
        "/visits/new",
        visit,
        f"{visit}/sections/cells",
        f"{visit}/calls",
        f"{visit}/finish",
        "/standards",
        "/guides/glossary",
        "/hub",
    ):
        page.goto(nodes.device.url + path)
        typist.fill(path)
        typist.send(nodes.device.url + path)
    page.goto(f"{nodes.device.url}{visit}/sections/cells")
    page.locator("form[data-hide] button").click()
    page.wait_for_url("**/hidden")
    browser.close()
    assert faults == []
    assert any("History" in path.name for path in profile.rglob("*")), "the profile was not written"
    assert len(typist.words) >= 20
    found = files_with(profile, typist.words)
    assert not found, "\n".join(f"{name}: {sorted(places)}" for name, places in found.items())
