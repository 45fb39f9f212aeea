"""The main job, end to end, in each language: a visit from the first tap to the reviewer's decision.

Real processes, a real browser. The tablet has no network, is killed while taps wait in the page, and loses nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.conftest import DESKTOP, Open
from tests.browser.nodes import (
    ANA,
    ANA_WORDS,
    BEK,
    DANA,
    DANA_WORDS,
    INSTITUTION,
    INSTITUTION_RU,
    OFFICE_WORDS,
    Node,
    Pair,
)

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Words:
    """Some words of the page in one language: enough to see that it is that language."""

    saved: str
    per_child: str


WORDS: Final = {
    "kk": Words("Сақталды", "Бір балаға келетін аудан"),
    "ru": Words("Сохранено", "Площадь на одного ребёнка"),
    "en": Words("Saved", "Floor area for each child"),
}
ANSWER: Final = "Бұйрық жоқ, кезекші шешті."
NOTE: Final = "4-камерада екі бала мен бір ересек. Койка на троих."
QUEUED: Final = {"B2": "partly", "B3": "no", "C2": "yes", "C3": "no"}


@pytest.mark.parametrize("language", ["kk", *(pytest.param(one, marks=pytest.mark.long) for one in ("ru", "en"))])
def test_a_visit_goes_from_the_first_tap_to_the_decision(nodes: Pair, open_page: Open, language: str) -> None:
    words = WORDS[language]
    device, central = nodes.device, nodes.central
    device.start()  # and no office anywhere
    page = open_page(device)
    page.goto(device.url)
    acts.choose_language(page, language)
    acts.sign_in(page, device, ANA_WORDS)

    visit = plan(page, device, nodes)
    arrive_and_declare(page)
    answer_offline(page, device, visit, words)
    kill_the_tablet_under_the_page(page, device, visit, words)
    finish_and_sign(page, device, visit)
    dana_signs(open_page, device, visit)

    central.start()
    acts.send_now(page, device)
    expect(page.locator("#sent")).to_contain_text(re.compile(r"\d\d:\d\d"))
    ben_returns_two(open_page, central, visit, language)

    acts.send_now(page, device)
    only_the_two_are_open(page, device, visit)
    answer_the_questions(page, device, visit)
    finish_and_sign(page, device, visit)
    acts.send_now(page, device)
    bek_approves(open_page, central, visit, language)

    acts.send_now(page, device)
    page.goto(f"{device.url}{visit}/report")
    assert_report(page, language)


def plan(page: Page, device: Node, nodes: Pair) -> str:
    page.locator("footer a.go").click()
    page.locator("input[name=institution]").first.wait_for()
    page.locator("[name=search]").fill("Алмал")
    with page.expect_response(
        re.compile(r"/visits/new\?search=")
    ):  # a part: the address, and so the history, says nothing
        page.locator("form[role=search] button").click()
    page.locator(".pick label", has_text=re.compile(f"{INSTITUTION}|{INSTITUTION_RU}")).click()
    dana = page.locator("label", has=page.locator(f"input[name=member][value='{nodes.people[DANA]}']"))
    dana.locator("span").click()
    expect(page.locator(f"input[name=member][value='{nodes.people[ANA]}']")).to_be_checked()
    page.locator("[name=checklist]").select_option("police-holding")  # with cells: the station has some
    page.locator("main form[method=post] button.go").click()
    page.wait_for_url(re.compile(r"/visits/[0-9a-f-]{20,}$"))
    return page.url.removeprefix(device.url)


def arrive_and_declare(page: Page) -> None:
    gate = page.locator("section[aria-labelledby=arrival]")
    gate.locator("[name=arrived_at]").fill("13:10")
    gate.locator("[name=waiting_minutes]").fill("25")
    gate.locator("[name=received_by_role]").fill("Кезекші")
    gate.locator("button.go").click()
    expect(page.locator("ul.facts")).to_contain_text("13:10")
    ties = page.locator("section[aria-labelledby=declaration]")
    ties.locator("label", has=page.locator("[value=none]")).click()
    ties.locator("button.go").click()
    expect(ties).to_have_count(0)


def answer_offline(page: Page, device: Node, visit: str, words: Words) -> None:
    # B1: a danger sign, with its source, a note and a photo
    page.goto(f"{device.url}{visit}/sections/cells")
    acts.tap(page, "B1", "no")
    acts.card(page, "B1").locator("button[name='source.child']").click()
    acts.write_note(page, "B1", NOTE)
    acts.expect_saved(page)
    expect(page.locator("#saved")).to_contain_text(words.saved)
    expect(acts.card(page, "B1").locator("[data-note-text]")).to_have_text(NOTE)
    acts.take_photo(page, "B1", "Койка жоқ")
    # A1: a share, in the registers
    page.goto(f"{device.url}{visit}/sections/registers")
    acts.tap(page, "A1", "partly")
    acts.put(page, "A1", "field.valid_files", "3")
    acts.put(page, "A1", "field.valid_files.of", "5")
    acts.expect_saved(page)
    # C1: a measure in a room, with both verdicts side by side
    page.goto(f"{device.url}{visit}/sections/rooms")
    page.locator("#add [name=name]").fill("Камера 4")
    page.locator("#add button").click()
    acts.put(page, "C1-1", "field.area", "8,4")
    acts.put(page, "C1-1", "field.children", "3")
    expect(acts.card(page, "C1-1").locator(".derived")).to_contain_text(words.per_child)
    expect(acts.card(page, "C1-1").locator(".derived")).to_contain_text("2.8" if words.saved == "Saved" else "2,8")
    verdicts = acts.card(page, "C1-1").locator("ul.verdict li")
    expect(verdicts).to_have_count(2)
    expect(verdicts.nth(0)).to_have_class("ok")  # 2.5 m2, national
    expect(verdicts.nth(1)).to_have_class("bad")  # 4 m2, international
    acts.expect_saved(page)


def kill_the_tablet_under_the_page(page: Page, device: Node, visit: str, words: Words) -> None:
    page.goto(f"{device.url}{visit}/sections/cells")
    taps = iter(QUEUED.items())
    acts.tap(page, *next(taps))  # on its way while the node dies
    device.kill()
    for indicator, value in taps:
        acts.tap(page, indicator, value)
        acts.expect_pressed(page, indicator, value)
    acts.expect_state(page, "waiting")
    device.start()
    page.wait_for_url("**/sign-in?next=*")  # the restarted node has forgotten its key: its page does not stay open
    acts.sign_in(page, device, ANA_WORDS, next_path=f"{visit}/sections/cells")
    acts.expect_state(page, "saved")
    page.reload()  # now nothing is laid over the page: this is what the node has
    for indicator, value in QUEUED.items():
        acts.expect_pressed(page, indicator, value)
        expect(acts.card(page, indicator).locator("[data-live]")).to_have_attribute("data-answered", "true")
    acts.expect_pressed(page, "B1", "no")
    expect(acts.card(page, "B1").locator("[data-note-text]")).to_have_text(NOTE)
    expect(acts.card(page, "B1").locator("button[name='source.child']")).to_have_attribute("aria-pressed", "true")
    expect(acts.card(page, "B1").locator("ul.photos img")).to_have_count(1)
    expect(page.locator("[role=status]")).to_contain_text(words.saved)


def finish_and_sign(page: Page, device: Node, visit: str) -> None:
    page.goto(f"{device.url}{visit}/finish")
    page.locator("form[action$='/finish'] [name=reason]").fill("Уақыт болмады: камералар ашылмады.")
    page.locator("form[action$='/finish'] button").click()
    page.locator("form[action$='/signature'] button").click()
    expect(page.locator("ul.tasks .tag.ok")).to_be_visible()


def dana_signs(open_page: Open, device: Node, visit: str) -> None:
    page = open_page(device)
    acts.sign_in(page, device, DANA_WORDS)
    page.goto(f"{device.url}{visit}/finish")
    page.locator("form[action$='/signature'] [name=dissent]").fill("Бұл туралы басқа ойдамын.")
    page.locator("form[action$='/signature'] button").click()
    expect(page.locator("ul.tasks .tag.ok")).to_have_count(2)


def ben_returns_two(open_page: Open, central: Node, visit: str, language: str) -> None:
    page = at_office(open_page, central, "ben", language)
    urgent = page.locator("ul.tasks.urgent a.task")
    expect(urgent).to_have_count(1)
    urgent.click()
    danger = page.locator("nav.side ul.places").first
    expect(danger).to_contain_text("B1")  # danger comes first, and is opened first
    expect(page.locator(".middle .id").first).to_have_text("B1")
    expect(page.locator(".middle")).to_contain_text(NOTE)
    expect(page.locator(".middle ul.photos img")).to_be_visible()
    ask(page, "B1-сұрақ: кім шешті?", 1)
    page.goto(f"{central.url}/reviews/{visit.removeprefix('/visits/')}?indicator=A1")
    ask(page, "A1: қай журнал?", 2)
    page.locator("#decide [name=reason]").fill("Екі сұраққа жауап керек.")
    page.locator("#decide button[formaction$='/return']").click()
    expect(page.locator("#decide button")).to_have_count(0)


def at_office(open_page: Open, central: Node, name: str, language: str) -> Page:
    page = open_page(central, DESKTOP)
    page.goto(f"{central.url}/sign-in")
    acts.choose_language(page, language)
    acts.sign_in(page, central, OFFICE_WORDS, name=name)
    return page


def ask(page: Page, question: str, count: int) -> None:
    page.locator("[name=question]").fill(question)
    page.locator("form[action$='/questions'] button").click()
    expect(page.locator(".asked")).to_contain_text(question)
    expect(page.locator("#decide button[formaction$='/return']")).to_contain_text(str(count))


def only_the_two_are_open(page: Page, device: Node, visit: str) -> None:
    page.goto(f"{device.url}{visit}")
    expect(page.locator("#returned")).to_contain_text("Екі сұраққа жауап керек.")
    sections = [link.get_attribute("href") for link in page.locator("ul.tasks a[href*='/sections/']").all()]
    assert len(sections) == 17
    opened: list[str] = []
    for section in sections:
        page.goto(f"{device.url}{section}")
        ids = "cards => cards.filter(c => c.querySelector('fieldset.answers:not([disabled])')).map(c => c.id)"
        opened += page.locator("article.card").evaluate_all(ids)
    assert opened == ["indicator-A1", "indicator-B1"]


def answer_the_questions(page: Page, device: Node, visit: str) -> None:
    page.goto(f"{device.url}{visit}/sections/cells")
    expect(acts.card(page, "B1").locator(".asked")).to_contain_text("B1-сұрақ")
    acts.write_note(page, "B1", f"{NOTE} {ANSWER}")
    acts.expect_saved(page)
    page.goto(f"{device.url}{visit}/sections/registers")
    expect(acts.card(page, "A1").locator("[name='field.valid_files.of']")).to_have_value("5")
    acts.put(page, "A1", "field.valid_files", "2")
    acts.expect_saved(page)
    page.reload()
    expect(acts.card(page, "A1").locator("[name='field.valid_files']")).to_have_value("2")


def bek_approves(open_page: Open, central: Node, visit: str, language: str) -> None:
    page = at_office(open_page, central, "bek", language)
    page.locator("ul.tasks.urgent a.task").click()
    expect(page.locator(".middle")).to_contain_text(ANSWER)
    page.locator("#decide [name=reason]").fill("Барлық сұраққа жауап берілді.")
    page.locator("#decide button[formaction$='/approval']").click()
    expect(page.locator("#decide")).to_contain_text(BEK)
    page.goto(f"{central.url}{visit}/report")
    assert_report(page, language)


def assert_report(page: Page, language: str) -> None:
    report = page.locator("article.report")
    expect(report.locator(".stamp")).to_have_count(0)  # no draft any more
    expect(report.locator("h1")).to_have_text(INSTITUTION if language == "kk" else INSTITUTION_RU)
    expect(report).to_contain_text(ANSWER)
    expect(report.locator(".finding.urgent").first).to_contain_text("B1")
    expect(report.locator(".verdict li.bad").first).to_be_visible()
    expect(report).to_contain_text("Бұл туралы басқа ойдамын.")
    expect(report.locator(".annex img")).to_be_visible()
