"""Markup typed into every field of every form, through the ordinary routes: no page that shows it has an element, an
attribute, an address or a script from it. The browser's own view of the same: browser/test_markup.py."""

from __future__ import annotations

import random
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from tests.web.busy import make_busy_office, make_busy_tablet
from tests.web.crawling import Crawl, Field, Form, crawl, filled, typed_forms
from tests.web.hostile import MARK, MARKUP
from tests.web.nodes import Browser, Node, Visiting

SHORT, LONG = 60, 1500  # letters that fields without a limit of their own take
PAGES_TO_READ = r"^/(checklists|standards|interviews|guides)|/booklet|/mandate|/meanings/"
ADDRESSES = ("href", "src", "action", "formaction", "data", "xlink:href", "poster", "srcdoc", "hx-get", "hx-post")
ENDS = ("/finish", "/signature", "/approval", "/return")  # come last: after them there is less to fill


def hostile_words(form: Form, one: Field) -> str:
    """As many of the payloads as the field takes, in another order for each field."""
    room = min(one.longest or LONG, LONG if one.kind == "textarea" else SHORT)
    typed = ""
    for payload in random.sample(MARKUP, len(MARKUP)):
        if len(typed) + len(payload) < room:
            typed += payload + " "
    return typed.strip() or f"<{MARK}>"[:room]


class Suspects(HTMLParser):
    """What stands in a page that no template of ours writes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_script = tag == "script"
        if tag in (MARK, "iframe", "object", "embed", "base", "math") or (tag == "script" and "src" not in dict(attrs)):
            self.found.append(f"<{tag}>")
        if tag == "meta" and "http-equiv" in dict(attrs):
            self.found.append("<meta http-equiv>")
        for name, value in attrs:
            is_code = name.startswith(("on", "hx-on")) or name in ("style", "srcdoc", MARK)
            is_foreign = name in ADDRESSES and not (value or "").startswith(("/", "#", "?", "tel:"))
            if is_code or is_foreign or MARK in name:
                self.found.append(f"<{tag} {name}={value!r}>")

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.found.append(f"script: {data[:60]}")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_comment(self, data: str) -> None:
        self.found.append(f"<!--{data[:60]}")

    def unknown_decl(self, data: str) -> None:
        self.found.append(f"<![{data[:60]}")


def suspects_in(html: str) -> list[str]:
    parser = Suspects()
    parser.feed(html)
    parser.close()
    return parser.found


def fill_everything(browser: Browser, role: str) -> Iterator[Any]:
    """Types payloads into every field of every form; gives the answers."""
    forms = typed_forms(crawl(browser.get, role, each=4, leave_out=PAGES_TO_READ).forms)
    for form in sorted(forms, key=lambda form: form.route.endswith(ENDS)):
        yield form, browser.post(form.action, data=filled(form, hostile_words))


def expect_nothing_of_it(seen: Crawl, fewest: int) -> None:
    shown = [path for path, html in seen.pages.items() if MARK in html]
    assert len(shown) >= fewest, shown
    assert {path: suspects_in(html) for path, html in seen.pages.items() if suspects_in(html)} == {}


def test_the_test_sees_what_it_looks_for() -> None:
    for payload in MARKUP[:20]:
        html = f"<p>{payload}</p><input value=\"{payload}\"><input value='{payload}'><textarea>{payload}</textarea>"
        assert suspects_in(html) or "&lt;" in payload, payload
    assert suspects_in('<a href="/visits">x</a><p title="&lt;script&gt;">&lt;script&gt;</p>') == []


def test_no_page_of_a_tablet_has_an_element_that_was_typed(device: Node, ana: Browser, visit: Visiting) -> None:
    make_busy_tablet(device, ana, visit)
    for form, reply in fill_everything(ana, "device"):
        assert reply.status_code in (200, 204, 303, 409, 422), form.route
        assert suspects_in(reply.text) == [], form.route
    expect_nothing_of_it(crawl(ana.get, "device", each=4, leave_out=r"^/(checklists|standards|interviews)"), 8)


def test_no_page_of_the_office_has_an_element_that_was_typed(
    central: Node, adm: Browser, ben: Browser, sent_visit: Visiting
) -> None:
    ana = central.browser("ana")
    make_busy_office(central, sent_visit, adm)
    for browser in (adm, ben, ana):
        for form, reply in fill_everything(browser, "central"):
            assert reply.status_code in (200, 204, 303, 403, 409, 422), form.route
            assert suspects_in(reply.text) == [], form.route
    for browser, fewest in ((adm, 3), (ben, 5)):
        expect_nothing_of_it(
            crawl(browser.get, "central", each=4, leave_out=r"^/(checklists|standards|interviews)"), fewest
        )


def test_a_browser_is_told_to_keep_nothing_that_is_typed_on_a_tablet(
    device: Node, ana: Browser, visit: Visiting
) -> None:
    """Else it lies on its disk, for the next time or to bring a tab back (seen: browser/test_profile.py)."""
    make_busy_tablet(device, ana, visit)
    forms = crawl(ana.get, "device", each=2, leave_out=PAGES_TO_READ).forms
    kept = {
        (form.route, one.name)
        for form in forms
        for one in form.fields.values()
        if one.is_free and not one.is_forgotten and one.kind != "password"
    }
    assert kept == set()


def test_what_was_looked_for_on_a_tablet_gets_into_no_address(device: Node, ana: Browser, visit: Visiting) -> None:
    """Addresses stay in the browser's history: a form that asks with GET is sent by htmx, which leaves the address."""
    make_busy_tablet(device, ana, visit)
    seen = crawl(ana.get, "device", each=8, leave_out=r"^/checklists|/booklet|/sections/|/standards/|/interviews")
    asking = [form for form in seen.forms if form.method == "GET" and any(one.is_free for one in form.fields.values())]
    assert len(asking) >= 3
    for form in asking:
        assert f'action="{form.action}" role="search" hx-get="{form.action}"' in seen.pages[form.page], form.page
