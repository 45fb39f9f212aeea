"""Every template, with every sample, in every language: renders, speaks that language, keeps the rules of the page."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment

from app.web.emptying import EmptyingPage
from tests.web import (
    alert_samples,
    bundle_samples,
    card_samples,
    central_samples,
    checklist_samples,
    enrolment_samples,
    export_samples,
    guide_samples,
    hub_samples,
    interview_samples,
    rendering,
    samples,
    sign_in_samples,
)

LANGUAGES = ("kk", "ru", "en")
DEVICE = {
    "hub/page.html": hub_samples.PAGES,
    "bundles/page.html": bundle_samples.PAGES,
    "tablet/page.html": (EmptyingPage("/tablet", "12 жазба", 2), EmptyingPage("/tablet", "", 0)),
    "tablet/last_step.html": (EmptyingPage("/tablet", "", 1),),
    "alerts/page.html": alert_samples.PAGES,
    "alerts/_states.html": alert_samples.PAGES,
    **enrolment_samples.ENROLMENT,
    **card_samples.DEVICE,
    **guide_samples.GUIDES,
    **checklist_samples.CHECKLISTS,
    **interview_samples.DEVICE,
}
CENTRAL = {
    "bundles/import.html": bundle_samples.IMPORTS,
    "alerts/office.html": alert_samples.OFFICE,
    **central_samples.CENTRAL,
    **export_samples.CENTRAL,
    **guide_samples.OFFICE,
    **interview_samples.CENTRAL,
    **sign_in_samples.CENTRAL,
}
VIEWS = {**DEVICE, **CENTRAL}
CASES = [(name, n, samples.page) for name, views in DEVICE.items() for n in range(len(views))]
CASES += [(name, n, central_samples.page) for name, views in CENTRAL.items() for n in range(len(views))]
VOID = {"meta", "link", "input", "img", "br", "use"}


@cache
def _environment(language: str) -> Environment:
    return rendering.environment(language)


def render(name: str, n: int, language: str, **changes: object) -> str:
    frame = central_samples.page if name in CENTRAL else samples.page
    return (
        _environment(language).get_template(name).render(view=VIEWS[name][n], page=frame(language=language, **changes))
    )


class Reader(HTMLParser):
    """Collects ids, what points at them, buttons without words, and tags left open."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.pointers: list[str] = []
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = dict(attrs)
        if "id" in had:
            self.ids.append(had["id"] or "")
        self.pointers += [had[name] or "" for name in ("for", "aria-labelledby", "aria-describedby") if name in had]
        if "style" in had or any(name.startswith("on") for name in had):
            self.faults.append(f"inline style or handler on <{tag}>")
        if tag == "script" and "src" not in had:
            self.faults.append("inline script")
        if tag == "form" and "action" in had and not had["action"]:
            self.faults.append("form without an address")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes <{self.open[-1] if self.open else ''}>")
        else:
            self.open.pop()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "n"), [(name, n) for name, n, _ in CASES])
def test_each_page_is_sound_in_each_language(name: str, n: int, language: str) -> None:
    html = render(name, n, language)
    reader = Reader()
    reader.feed(html)
    assert reader.faults == []
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids)), [one for one in reader.ids if reader.ids.count(one) > 1]
    if "/_" not in name:
        missing = {pointer for pointers in reader.pointers for pointer in pointers.split()} - set(reader.ids)
        assert missing == set()
        assert f'<html lang="{language}"' in html


@pytest.mark.parametrize("language", ["kk", "ru"])
@pytest.mark.parametrize("status", samples.STATUSES)
def test_the_status_line_says_something_in_each_state(language: str, status: object) -> None:
    html = render("sync/page.html", 0, language, status=status)
    line = re.search(r'<p id="sent"[^>]*>(.*?)</p>', html, re.S)
    assert line and re.sub(r"<[^>]+>|\s", "", line.group(1))


def test_training_is_said_on_every_page() -> None:
    for name, n, _ in CASES:
        if "/_" not in name:
            assert 'class="training"' in render(name, n, "en", is_training=True), name


def test_a_pressed_answer_sends_a_clearing_when_pressed_again() -> None:
    html = render("sections/page.html", 0, "en")
    assert 'name="value" value="" data-on="no" data-off="" aria-pressed="true"' in html
    assert 'name="source.child" value="off" data-on="on" data-off="off" aria-pressed="true"' in html


def test_every_form_of_a_card_says_what_it_showed_and_to_whom() -> None:
    html = render("answers/_saved.html", 1, "en")
    forms = re.findall(r"<form .*?</form>", html, re.S)
    assert len(forms) > 5
    for form in forms:
        assert 'name="seen" value="e1,e2"' in form
        assert 'name="person" value="p1"' in form


def test_a_locked_card_offers_nothing_to_change() -> None:
    locked = card_samples.SavedAnswer(card_samples.LOCKED, samples.PROGRESS, None)
    html = _environment("en").get_template("answers/_saved.html").render(view=locked, page=samples.page())
    for button in re.findall(r"<button[^>]*data-on[^>]*>", html):
        assert " disabled" in button or 'name="value"' in button  # the tiles are inside a disabled fieldset
    assert 'fieldset class="answers" disabled' in html
    assert "Save note" not in html


def test_words_of_people_are_escaped() -> None:
    card = replace(card_samples.CARD, note="<b onclick=x>", question="<script>1</script>")
    html = (
        _environment("kk")
        .get_template("answers/_saved.html")
        .render(view=card_samples.SavedAnswer(card, samples.PROGRESS, None), page=samples.page())
    )
    assert "<b onclick" not in html
    assert "<script>" not in html


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_no_sentence_of_a_page_is_left_in_english(language: str) -> None:
    with (rendering.ROOT / f"app/locale/{language}/LC_MESSAGES/baqylau.po").open("rb") as source:
        known = {
            (m.context, m.id[0] if isinstance(m.id, tuple) else m.id): m.string
            for m in read_po(source, locale=language)
        }
    for path in (rendering.ROOT / "templates").rglob("*.html"):
        for message in rendering.messages(path):
            string = known.get(message)
            assert string and all([string] if isinstance(string, str) else string), f"{path.name}: {message}"
