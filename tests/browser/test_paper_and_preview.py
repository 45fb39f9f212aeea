"""What only a real browser can tell: a saved file reloads the preview, and no card of the booklet is split over two pages."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Page, expect

from app.config import Settings
from app.web.preview import preview_app
from tests.browser import acts
from tests.browser.conftest import Open
from tests.browser.nodes import ANA_WORDS, Node, Pair, free_port
from tests.checklists.test_library import INDICATORS, b1, small_library, written

pytestmark = pytest.mark.browser
# At the width that A4 leaves, in CSS pixels: which cards are taller than a page, and so could not stay whole.
TOO_TALL = "(limit) => [...document.querySelectorAll('article')].filter((e) => e.offsetHeight > limit).map((e) => e.innerText.slice(0, 20))"
PAGE_WIDTH_PX, PAGE_HEIGHT_PX = 688, 1024  # A4 without its margins of 14 and 12 + 14 mm, at 96 to the inch


@contextlib.contextmanager
def served(app: FastAPI) -> Iterator[str]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def test_the_preview_follows_what_an_editor_saves(open_page: Open, nodes: Pair, tmp_path: Path) -> None:
    folder = written(tmp_path / "checklists", small_library())
    settings = Settings(role="central", checklists_dir=folder, language="en", instance="preview")
    with served(preview_app(settings, "small")) as url:
        page: Page = open_page(nodes.device)
        page.goto(f"{url}/sections/2")
        expect(page.locator("h2.ask").first).to_have_text("text en")
        files = small_library()
        b1(files)["text"]["en"] = "In other words?"
        written(folder, files)
        expect(page.locator("h2.ask").first).to_have_text("In other words?")
        right = (folder / INDICATORS).read_text("utf-8")
        (folder / INDICATORS).write_text(right.replace("severity: 2", "severty: 2", 1), "utf-8")
        expect(page.get_by_role("alert")).to_contain_text("faults")
        expect(page.locator(".hash").first).to_have_text(re.compile(rf"{INDICATORS}:\d+"))
        (folder / INDICATORS).write_text(right, "utf-8")
        expect(page.locator("h2.ask").first).to_have_text("In other words?")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_booklet_prints_on_a4_and_every_card_fits_on_a_page(nodes: Pair, open_page: Open, language: str) -> None:
    device: Node = nodes.device
    device.start()
    page = open_page(device, (PAGE_WIDTH_PX, PAGE_HEIGHT_PX))
    acts.sign_in(page, device, ANA_WORDS)
    page.goto(f"{device.url}/checklists/police-holding/1/booklet?in={language}&rooms=1&files=1")
    page.emulate_media(media="print")
    assert page.evaluate(TOO_TALL, PAGE_HEIGHT_PX) == []
    assert page.evaluate("getComputedStyle(document.querySelector('article')).breakInside") == "avoid"
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") == 16  # 12 pt
    pdf = page.pdf(prefer_css_page_size=True)
    boxes = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf))
    assert {(round(float(w)), round(float(h))) for w, h in boxes} == {(595, 842)}
