"""Markup typed into every field, shown by a real browser on the pages of a tablet and of the office: no dialog, no breach
of the policy, no request to elsewhere, no element of it. In process and more of it: web/test_markup.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import acts
from tests.browser.conftest import Open
from tests.browser.nodes import ANA, ANA_WORDS, OFFICE_WORDS, Hand, Pair
from tests.web.crawling import crawl, filled, typed_forms
from tests.web.hostile import MARK
from tests.web.test_markup import ENDS, hostile_words

pytestmark = pytest.mark.browser
# In the page: what came out of the typed texts, seen by the parser that counts.
FOREIGN = f"""() => [...document.querySelectorAll("*")].filter(one => one.localName === "{MARK}"
    || [...one.attributes].some(at => at.name.startsWith("on") || at.name === "{MARK}" || at.name === "srcdoc")
    || ["iframe", "object", "embed", "base"].includes(one.localName)
    || (one.localName === "script" && !one.src)).map(one => one.outerHTML.slice(0, 200))"""
READ_ONLY = r"^/(checklists|standards|interviews|guides)|/booklet|/mandate|/meanings/"


def type_everywhere(node_hand: Hand) -> list[str]:
    """Types payloads into every field of every form of a tablet; gives the addresses whose pages show them now."""
    get = node_hand.client.get
    forms = typed_forms(crawl(get, "device", each=3, leave_out=READ_ONLY).forms)
    for form in sorted(forms, key=lambda form: form.route.endswith(ENDS)):
        node_hand.client.post(form.action, data=filled(form, hostile_words))
    seen = crawl(get, "device", each=3, leave_out=r"^/(checklists|standards|interviews)|/history")
    return [path for path, html in seen.pages.items() if MARK in html]


def look(page: Page, url: str, paths: list[str]) -> None:
    for path in paths:
        page.goto(url + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate(FOREIGN) == [], path


def test_no_page_runs_or_builds_what_was_typed(open_page: Open, nodes: Pair, tmp_path: Path) -> None:
    nodes.central.start()
    nodes.device.start()
    with Hand(nodes.device, "", ANA_WORDS) as ana:
        visit = ana.plan({nodes.people[ANA]: "team_lead"})
        ana.answer(visit, "B1", value="no", note=MARK)
        shown = type_everywhere(ana)
        ana.post("/sync", {})
    assert len(shown) >= 6
    dialogs: list[str] = []
    for node, name, words, paths in (
        (nodes.device, "", ANA_WORDS, shown),
        (nodes.central, "ben", OFFICE_WORDS, [visit, f"{visit}/report", visit.replace("visits", "reviews")]),
    ):
        page = open_page(node)  # notes errors, breaches of the policy and requests to elsewhere
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        acts.sign_in(page, node, words, name)
        look(page, node.url, paths)
        assert MARK in page.content()
    assert dialogs == []
