"""Fixtures of the browser tests: a Chromium, a pair of nodes of its own for each test, pages that remember their faults."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.nodes import Node, Pair, Seed, copy_seed, make_seed

CHROMIUM = os.environ.get("BAQYLAU_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TABLET, DESKTOP = (800, 1280), (1280, 800)
WAIT_MS = 15_000

expect.set_options(timeout=WAIT_MS)
Open = Callable[..., Page]


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Seed:
    """An office and an enrolled tablet, made once in each test process."""
    return make_seed(tmp_path_factory.mktemp("seed"))


@pytest.fixture
def nodes(seed: Seed, tmp_path: Path) -> Iterator[Pair]:
    """The office and the tablet of one test, both stopped."""
    pair = copy_seed(seed, tmp_path)
    yield pair
    pair.device.stop()
    pair.central.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Not for the whole session: a process can run one sync_playwright at a time, and other suites start theirs.
    if CHROMIUM is None:
        pytest.skip("needs Chromium: BAQYLAU_TEST_CHROMIUM names its path")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Open]:
    """Opens a page in a browser of its own: `open_page(node, size)`. Faults are asserted when the test is over."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_one(node: Node, size: tuple[int, int] = TABLET) -> Page:
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        watch(page, faults)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not faults, faults


def watch(page: Page, faults: list[str]) -> None:
    """Notes what must never happen: a script error, a breach of the CSP, a request to another host."""
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("console", lambda said: faults.append(f"console: {said.text}") if is_fault(said.type, said.text) else None)
    page.on("request", lambda asked: faults.append(f"request: {asked.url}") if not is_own(asked.url) else None)


def is_fault(kind: str, text: str) -> bool:
    # A refused or unreachable request is said by the browser itself; the tests that cause one look at what the page says.
    return kind == "error" and not text.startswith("Failed to load resource")


def is_own(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "blob:", "data:", "about:"))
