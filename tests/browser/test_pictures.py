"""Pictures of the main pages for people to look at: BAQYLAU_SCREENSHOTS names the folder; without it nothing is taken."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import acts
from tests.browser.conftest import DESKTOP, Open
from tests.browser.nodes import ANA_WORDS, OFFICE_WORDS, Seed, copy_seed
from tests.browser.sample import Sample, make_sample
from tests.browser.test_pages import look

FOLDER = os.environ.get("BAQYLAU_SCREENSHOTS", "")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not FOLDER, reason="BAQYLAU_SCREENSHOTS names no folder")]


@pytest.fixture
def sample(seed: Seed, tmp_path: Path) -> Iterator[Sample]:
    pair = copy_seed(seed, tmp_path)
    try:
        yield make_sample(pair)
    finally:
        pair.device.stop()
        pair.central.stop()


def take(page: Page, name: str, *, whole: bool = False) -> None:
    page.evaluate("document.fonts.ready")
    page.screenshot(path=Path(FOLDER) / f"{name}.png", full_page=whole)


def test_pictures(sample: Sample, open_page: Open) -> None:
    device, central = sample.pair.device, sample.pair.central
    page = open_page(device)
    page.goto(f"{device.url}/sign-in")
    take(page, "sign-in")
    acts.sign_in(page, device, ANA_WORDS)
    page.goto(f"{device.url}{sample.going}/sections/cells")
    take(page, "section-kk")
    acts.card(page, "B1").locator("details[data-photos] summary").click()
    take(page, "section-kk-photos", whole=True)
    page.goto(f"{device.url}{sample.going}/sections/rooms")
    take(page, "rooms-kk")
    look(page, device, theme="night")
    page.goto(f"{device.url}{sample.going}/sections/cells")
    take(page, "section-kk-night")
    look(page, device, language="ru")
    page.goto(f"{device.url}{sample.going}")
    take(page, "hub-ru")
    take(page, "hub-ru-whole", whole=True)
    page.goto(f"{device.url}{sample.finished}/report")
    take(page, "report-ru", whole=True)
    look(page, device, language="kk")
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{device.url}{sample.going}/sections/cells")
    take(page, "section-kk-320")
    office = open_page(central, DESKTOP)
    look(office, central, language="en")
    acts.sign_in(office, central, OFFICE_WORDS, name="ben")
    take(office, "inbox-en")
    office.goto(f"{central.url}/reviews/{sample.finished.removeprefix('/visits/')}")
    take(office, "desk-en")
    taken = {path.stem: path.stat().st_size for path in Path(FOLDER).glob("*.png")}
    assert len(taken) == 11
    assert all(size > 5_000 for size in taken.values()), taken  # none is an empty page
