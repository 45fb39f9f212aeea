"""Two tablets, one indicator, through the real exchange: both values kept, both named, settled by a person, and again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from app.sync import client
from tests.web.nodes import PERSON_IDS, Browser, Node, Visiting, text_of, transport_to

SETTLED = "Two of you settled this in different ways"


@pytest.fixture
def both(danas_tablet: Node, central: Node, meet: Callable[[], client.Outcome]) -> Callable[[], None]:
    """Lets both tablets meet the office until each has what the other wrote."""

    def exchange() -> None:
        for _ in range(2):
            meet()
            client.meet_central(danas_tablet.database, transport_to(central))

    return exchange


@pytest.fixture
def apart(ana: Browser, visit: Visiting, danas_tablet: Node, both: Callable[[], None]) -> Visiting:
    """Ana said yes and Dana no, neither knowing of the other; by now both tablets know."""
    both()
    ana.tap(visit.answer_url("B1"), value="yes")
    danas_tablet.browser("dana").tap(visit.answer_url("B1"), value="no")
    both()
    return visit


def card(browser: Browser, visit: Visiting) -> str:
    section = visit.checklist().section_of("B1")
    assert section is not None
    page = browser.get(f"{visit.url}/sections/{section.id}").text
    found = re.search(r'id="live-indicator-B1".*?<form [^>]*class="part"', page, re.S)
    return found.group(0) if found else ""


def settle(browser: Browser, visit: Visiting, words: str) -> None:
    """Presses «Keep this» as the page shows it."""
    shown = card(browser, visit)
    keep = re.search(rf'name="keep" value="([^"]+)">Keep this: {words}<', shown)
    seen = re.search(r'name="seen" value="([^"]+)"', shown)
    assert keep and seen
    reply = browser.tap(f"{visit.answer_url('B1')}/resolution", field="value", keep=keep.group(1), seen=seen.group(1))
    assert reply.status_code == 200


def test_both_are_kept_and_named_on_both_tablets_and_at_the_office(
    ana: Browser, ben: Browser, apart: Visiting, danas_tablet: Node
) -> None:
    on_anas, on_danas = text_of(card(ana, apart)), text_of(card(danas_tablet.browser("dana"), apart))
    assert "You · " in on_anas and "Дана Касенова" in on_anas and "Keep this: yes" in on_anas
    assert "You · " in on_danas and "Ана Сапарова" in on_danas and "Keep this: no" in on_danas
    desk = text_of(ben.get(f"/reviews/{apart.visit_id}?indicator=B1").text)
    assert re.search(r"Ана Сапарова \d\d:\d\d: yes", desk) and re.search(r"Дана Касенова \d\d:\d\d: no", desk)


def test_one_person_settles_it_for_all(
    ana: Browser, apart: Visiting, danas_tablet: Node, central: Node, both: Callable[[], None]
) -> None:
    settle(ana, apart, "no")
    both()
    for node in (apart.node, danas_tablet, central):
        answer = Visiting(apart.visit_id, node).records().answers[("B1", "")]
        assert answer.text("value") == "no" and not answer.conflicts
    assert "Keep this" not in card(danas_tablet.browser("dana"), apart)


def test_two_who_settle_it_alike_agree(
    ana: Browser, apart: Visiting, danas_tablet: Node, both: Callable[[], None]
) -> None:
    settle(ana, apart, "no")
    settle(danas_tablet.browser("dana"), Visiting(apart.visit_id, danas_tablet), "no")
    both()
    assert apart.answer("B1")["value"] == "no" and "Keep this" not in card(ana, apart)


def test_two_who_settle_it_apart_stand_against_each_other_by_name_until_one_settles_that(
    ana: Browser, ben: Browser, apart: Visiting, danas_tablet: Node, central: Node, both: Callable[[], None]
) -> None:
    dana, hers = danas_tablet.browser("dana"), Visiting(apart.visit_id, danas_tablet)
    settle(ana, apart, "no")  # each keeps the other's answer
    settle(dana, hers, "yes")
    both()
    for node in (apart.node, danas_tablet, central):
        candidates = Visiting(apart.visit_id, node).records().answers[("B1", "")].conflicts["value"]
        assert {(c.author, c.value) for c in candidates} == {(PERSON_IDS["ana"], "no"), (PERSON_IDS["dana"], "yes")}
    shown = text_of(card(dana, hers))
    assert SETTLED in shown and "settled it so" in shown and "Ана Сапарова" in shown
    assert "Two different answers: settle together" in text_of(ana.get(apart.url).text)
    desk = text_of(ben.get(f"/reviews/{apart.visit_id}?indicator=B1").text)
    assert re.search(r"Ана Сапарова \d\d:\d\d: no \(settled it so\)", desk)
    assert re.search(r"Дана Касенова \d\d:\d\d: yes \(settled it so\)", desk)
    settle(dana, hers, "no")
    both()
    for node in (apart.node, danas_tablet, central):
        answer = Visiting(apart.visit_id, node).records().answers[("B1", "")]
        assert answer.text("value") == "no" and not answer.conflicts
    assert len(apart.entries("B1")) == 5  # nothing is thrown away: two answers, three decisions


def test_a_first_difference_is_not_called_a_second_one(
    ana: Browser, visit: Visiting, danas_tablet: Node, both: Callable[[], None]
) -> None:
    """Both changed the same earlier answer: each knew of one entry, and settled nothing."""
    ana.tap(visit.answer_url("B1"), value="partly")
    both()
    hers = Visiting(visit.visit_id, danas_tablet)
    ana.tap(visit.answer_url("B1"), value="yes", seen=visit.heads("B1"))
    danas_tablet.browser("dana").tap(visit.answer_url("B1"), value="no", seen=hers.heads("B1"))
    both()
    shown = card(ana, visit)
    assert "Keep this: yes" in shown and "Keep this: no" in shown
    assert SETTLED not in shown and "settled it so" not in shown
