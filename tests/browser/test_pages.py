"""Every page of both roles in each language: axe (WCAG 2.2 AA), no script or CSP fault, no other host, no sideways scroll."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.conftest import DESKTOP, TABLET, Open
from tests.browser.nodes import ANA_WORDS, OFFICE_WORDS, Node, Seed, copy_seed
from tests.browser.sample import Sample, make_sample

# In one process: the sample takes a minute to make, and one of two processes has other work meanwhile.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]
LANGUAGES: Final = ("kk", "ru", "en")
IN_TURN: Final = ("kk", "ru", pytest.param("en", marks=pytest.mark.long))
WIDTHS: Final = (320, 800, 1280)
RULES: Final = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],  # what passes is not described: half the time of a large page
    "preload": False,  # no rule of these reads style sheets
}
# What sticks out of the page to the right, unless it scrolls in a frame of its own.
TOO_WIDE: Final = """() => {
  const limit = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= limit) return [];
  return [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > limit + 1)
    .slice(0, 3).map((e) => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`);
}"""


@pytest.fixture(scope="module")
def sample(seed: Seed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    pair = copy_seed(seed, tmp_path_factory.mktemp("sample"))
    try:
        yield make_sample(pair)
    finally:
        pair.device.stop()
        pair.central.stop()


def device_pages(sample: Sample) -> dict[str, str]:
    """The pages of a tablet by name; a name with «!» is an expected refusal."""
    going = sample.going
    return {
        "visits": "/visits",
        "new visit": "/visits/new",
        "new visit, nothing found": "/visits/new?search=zzz",
        "hub": going,
        "hub, returned": sample.returned,
        "facts": f"{going}/sections/facts",
        "cells": f"{going}/sections/cells",
        "cells, returned": f"{sample.returned}/sections/cells",
        "rooms": f"{going}/sections/rooms",
        "files": f"{going}/sections/files",
        "unanswered": f"{going}/sections/registers?show=unanswered",
        "history": f"{going}/answers/B1/history",
        "guides": "/guides",
        "danger": f"/guides/immediate-danger?visit={going.rpartition('/')[2]}",
        "glossary": "/guides/glossary",
        "contacts": "/guides/contacts",
        "mandate": f"{going}/mandate?in=kk",
        "talks": f"/interviews?visit={going.rpartition('/')[2]}",
        "finish": f"{going}/finish",
        "finished": f"{sample.finished}/finish",
        "report": f"{sample.finished}/report",
        "calls": f"{sample.returned}/calls",
        "no calls": f"{going}/calls",
        "standards": "/standards",
        "standards found": "/standards?search=бөлек&topic=B&status=to_check",
        "no standard found": "/standards?search=zzz",
        "a standard": "/standards/kz.cpc.14.2",
        "no such standard!": "/standards/nothing",
        "sync": "/sync",
        "bundles": "/bundles",
        "the team's hub": "/hub",
        "passphrases": "/passphrases",
        "my passphrase": "/passphrase",
        "passphrase forgotten": "/recovery",
        "linking anew": "/enrol/again",
        "checklists": "/checklists",
        "a checklist": "/checklists/police-holding/1",
        "what changed": "/checklists/police-holding/1/changes?from=1",
        "booklet": f"{going}/booklet?variant=short&rooms=1&files=1",
        "hidden": "/hidden",
        "nothing there!": "/visits/nothing",
        "sign-in": "/sign-in",
    }


def reviewer_pages(sample: Sample) -> dict[str, str]:
    review = f"/reviews/{sample.finished.removeprefix('/visits/')}"
    return {
        "inbox": "/inbox",
        "desk": review,
        "calls": f"{review}/calls",
        "desk, measure": f"{review}?indicator=A1",
        "desk, returned": f"/reviews/{sample.returned.removeprefix('/visits/')}?indicator=B1",
        "report": f"{sample.finished}/report",
        "visit": sample.finished,
        "visits": "/visits",
        "institutions": "/institutions",
        "bundles": "/bundles",
        "standards": "/standards",
        "a standard, unread": "/standards/bangkok.5?back=/inbox",
    }


ADMIN_PAGES: Final = {
    "people": "/people",
    "new person": "/people/new",
    "my sign-in": "/my-sign-in",
    "institutions": "/institutions",
    "no institution found": "/institutions?search=zzz",
    "new institution": "/institutions/new",
    "institutions from a file": "/institutions/import",
    "contacts of the office": "/contacts",
    "new contact": "/contacts/new",
    "tablets": "/devices",
    "checklists": "/checklists",
    "a checklist": "/checklists/police-holding/1",
    "not allowed!": "/inbox",
    "sign-in": "/sign-in",
}


@pytest.mark.parametrize("language", IN_TURN)
def test_pages_of_the_tablet(sample: Sample, open_page: Open, language: str) -> None:
    device = sample.pair.device
    page = open_page(device)
    look(page, device, language=language)
    acts.sign_in(page, device, ANA_WORDS)
    assert faults_of_pages(page, device, device_pages(sample)) == []


@pytest.mark.parametrize("language", IN_TURN)
def test_pages_of_the_reviewer(sample: Sample, open_page: Open, language: str) -> None:
    central = sample.pair.central
    page = open_page(central, DESKTOP)
    look(page, central, language=language)
    acts.sign_in(page, central, OFFICE_WORDS, name="ben")
    assert faults_of_pages(page, central, reviewer_pages(sample)) == []


@pytest.mark.parametrize("language", IN_TURN)
def test_pages_of_the_administrator(sample: Sample, open_page: Open, language: str) -> None:
    central = sample.pair.central
    page = open_page(central, DESKTOP)
    look(page, central, language=language)
    acts.sign_in(page, central, OFFICE_WORDS, name="adm")
    faults = faults_of_pages(page, central, ADMIN_PAGES)
    page.goto(f"{central.url}/institutions/import")
    table = "name_kk,name_ru,type,region\nА,Б,ivs,astana\nВ,Г,zzz,astana\n".encode()
    page.locator("[name=file]").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": table})
    page.locator("main button.go").click()
    page.locator("[role=status]").wait_for()
    faults += faults_of(page, "imported")
    page.goto(f"{central.url}/devices")
    page.locator("a.task").first.click()
    page.locator("dl.health").wait_for()
    faults += faults_of(page, "a tablet")
    page.goto(f"{page.url}/revocation")
    faults += faults_of(page, "withdraw a tablet?")
    page.goto(f"{central.url}/devices")
    page.locator("[name=name]").fill("Планшет 2")
    page.locator("input[name=member] + span").first.click()
    page.locator("main button.go").click()
    page.locator("p.code").wait_for()
    faults += faults_of(page, "one-time code")
    page.goto(f"{central.url}/people/new")
    page.locator("[name=name]").fill("Жаңа адам")
    expect(page.locator(".for-reviewers")).to_be_hidden()
    page.locator("main button.go").click()  # no role: refused with what was typed
    page.locator("[role=alert]").first.wait_for()
    page.locator("[name=role][value=reviewer]").check(force=True)
    expect(page.locator(".for-reviewers")).to_be_visible()
    faults += faults_of(page, "refused form")
    assert faults == []


@pytest.mark.long
@pytest.mark.parametrize("theme", ["light", "dark", "night"])
@pytest.mark.parametrize("size", ["normal", "large"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_all_pages_in_all_looks(sample: Sample, open_page: Open, language: str, size: str, theme: str) -> None:
    faults = []
    visit = sample.going
    sections = {}
    for node, name, words, pages in (
        (sample.pair.device, "", ANA_WORDS, device_pages(sample)),
        (sample.pair.central, "ben", OFFICE_WORDS, reviewer_pages(sample)),
        (sample.pair.central, "adm", OFFICE_WORDS, ADMIN_PAGES),
    ):
        page = open_page(node, TABLET)
        look(page, node, language=language, size=size, theme=theme)
        acts.sign_in(page, node, words, name=name)
        if not name:
            page.goto(f"{node.url}{visit}")
            links = page.locator("ul.tasks a[href*='/sections/']").all()
            sections = {str(a.get_attribute("href")).rpartition("/")[2]: str(a.get_attribute("href")) for a in links}
        faults += faults_of_pages(page, node, sections | pages if not name else pages, (320, 600, 800, 1280, 1920))
    assert faults == []


def look(page: Page, node: Node, **chosen: str) -> None:
    """How the pages look, chosen before signing in."""
    form = {"language": "kk", "theme": "light", "size": "normal", "hand": "right", "next": "/sign-in"} | chosen
    reply = page.request.post(f"{node.url}/preferences", form=form, headers={"Origin": node.url})  # type: ignore[arg-type]
    assert reply.ok, urlencode(form)


def faults_of_pages(page: Page, node: Node, pages: dict[str, str], widths: tuple[int, ...] = WIDTHS) -> list[str]:
    faults = []
    for name, path in share_of(page, pages, widths).items():
        reply = page.goto(f"{node.url}{path}")
        is_refusal = name.endswith("!")
        if reply is None or (reply.status >= 400) != is_refusal:
            faults.append(f"{name}: {reply.status if reply else 'no reply'}")
        faults += faults_of(page, name, widths)
    return faults


def share_of(page: Page, pages: dict[str, str], widths: tuple[int, ...]) -> dict[str, str]:
    """All pages in Kazakh and in all looks of the long run; else every fourth, whose words are of another length.

    What axe finds hangs on the shape of a page, and that is the same in all languages.
    """
    if page.evaluate("document.documentElement.lang") == "kk" or widths != WIDTHS:
        return pages
    return dict(list(pages.items())[::4])


def faults_of(page: Page, name: str, widths: tuple[int, ...] = WIDTHS) -> list[str]:
    """What axe finds, and what sticks out at each width with everything unfolded.

    Axe looks at what is unfolded in Kazakh, and in every language in the long run: the shapes are the same, and time is
    short.
    """
    unfolded = widths != WIDTHS or page.evaluate("document.documentElement.lang") == "kk"
    page.evaluate("document.querySelectorAll('main details').forEach((d) => { d.open = true; })")
    expect(page.locator(".learn[open] .body > a[href*='/meanings/']")).to_have_count(0)  # fetched by now
    faults = []
    before = page.viewport_size
    for width in widths:
        page.set_viewport_size({"width": width, "height": 1000})
        faults += [f"{name}: {width} px: {wide}" for wide in page.evaluate(TOO_WIDE)]
    if before:  # as high as the page: axe must not take what lies under the fixed bar for hidden; one can scroll
        height = min(int(page.evaluate("document.documentElement.scrollHeight")), 16_000)
        page.set_viewport_size({"width": before["width"], "height": max(height, before["height"])})
    if not unfolded:
        page.evaluate("document.querySelectorAll('main details').forEach((d) => { d.open = false; })")
    menu = page.locator("details.menu > summary")
    if menu.count():  # a page made for paper has none
        menu.click()
    faults += [f"{name}: {violation}" for violation in violations(page)]
    if before:
        page.set_viewport_size(before)
    return faults


def violations(page: Page) -> list[str]:
    found: dict[str, Any] = Axe().run(page, options=RULES).response
    told = []
    for one in found["violations"]:
        first = one["nodes"][0]
        why = first["any"][0]["message"] if first["any"] else one["help"]
        told.append(f"{one['id']} x{len(one['nodes'])}: {first['html'][:160]} {why}")
    return told
