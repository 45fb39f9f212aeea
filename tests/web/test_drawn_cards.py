"""Cards that are kept: the section page shows what stands now, to this reader, whatever was drawn before."""

from __future__ import annotations

import pytest

from app.services import people
from app.services.people import PersonForm
from app.store import journal, reads
from app.web import drawn_cards
from tests.web.nodes import PERSON_IDS, Browser, Node, Visiting
from tests.web.test_photos import photograph, picture


def section(browser: Browser, visit: Visiting, indicator: str = "B1") -> str:
    """The card of an indicator on its section's page."""
    page = browser.get(f"{visit.url}/sections/cells")
    assert page.status_code == 200
    start = page.text.index(f'id="indicator-{indicator}"')
    return page.text[start : page.text.index("</article>", start)]


def test_an_unchanged_card_is_drawn_once(ana: Browser, visit: Visiting, monkeypatch: pytest.MonkeyPatch) -> None:
    section(ana, visit)
    drawn: list[str] = []
    monkeypatch.setattr(drawn_cards, "rendered_card", lambda speech, card: drawn.append(card.indicator_id) or "")
    section(ana, visit)
    assert drawn == []


def test_a_changed_answer_shows_on_a_page_that_was_looked_at_before(ana: Browser, visit: Visiting) -> None:
    assert 'aria-pressed="true"' not in section(ana, visit)
    ana.tap(visit.answer_url("B1"), value="no", tap="t1")
    assert 'data-on="no" data-off="" aria-pressed="true"' in section(ana, visit)
    ana.tap(visit.answer_url("B1"), note="Камера 4", previous_tap="t1")
    assert "Камера 4" in section(ana, visit)


def test_a_new_photo_shows_on_a_page_that_was_looked_at_before(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="no")
    assert "<img" not in section(ana, visit)
    photograph(ana, visit, picture(), caption="Бос камера")
    assert "Бос камера" in section(ana, visit)


def test_an_erased_note_is_shown_no_more_though_heads_and_history_stay(
    ana: Browser, visit: Visiting, device: Node
) -> None:
    ana.tap(visit.answer_url("B1"), value="no", note="Айтылмасын")
    assert "Айтылмасын" in section(ana, visit)
    with device.database.write() as session:
        journal.erase(session, visit.heads("B1"), PERSON_IDS["ana"], by_office=False)
    assert "Айтылмасын" not in section(ana, visit)


def test_a_card_drawn_for_one_person_is_not_shown_to_another(ana: Browser, dana: Browser, visit: Visiting) -> None:
    assert f'name="person" value="{PERSON_IDS["ana"]}"' in section(ana, visit)
    assert f'name="person" value="{PERSON_IDS["dana"]}"' in section(dana, visit)


def test_each_language_has_cards_of_its_own(ana: Browser, visit: Visiting) -> None:
    section(ana, visit)
    assert "бала" in section(ana.speak("kk"), visit).lower()


def test_the_author_is_called_by_the_new_name(ana: Browser, visit: Visiting, device: Node) -> None:
    ana.tap(visit.answer_url("B1"), value="no")
    before = section(ana, visit)
    with device.database.write() as session:
        person = reads.people(session)[PERSON_IDS["ana"]]
        people.save_person(session, None, PersonForm(person.person_id, "Ана Жаңа", sorted(person.roles)))
    assert "Ана Жаңа" not in before
    assert "Ана Жаңа" in section(ana, visit)


def test_a_finished_visit_shows_closed_cards(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="no")
    assert 'fieldset class="answers">' in section(ana, visit)
    ana.submit(f"{visit.url}/finish", reason="Уақыт жетпеді")
    assert visit.state == "finished"
    assert 'fieldset class="answers" disabled' in section(ana, visit)


def test_the_memory_keeps_no_more_than_it_may(ana: Browser, visit: Visiting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn_cards, "KEPT", 3)
    drawn_cards._kept.clear()
    section(ana, visit)
    assert len(drawn_cards._kept) == 3


def test_the_foot_of_a_card_is_fetched_when_it_is_opened(ana: Browser, visit: Visiting) -> None:
    assert f'hx-get="{visit.url}/meanings/B1"' in section(ana, visit)
    part = ana.get(f"{visit.url}/meanings/B1", headers={"HX-Request": "true"})
    assert "<dl>" in part.text
    assert "<html" not in part.text


def test_without_javascript_the_foot_is_a_page_with_the_way_back(ana: Browser, visit: Visiting) -> None:
    page = ana.get(f"{visit.url}/meanings/B1")
    assert "<dl>" in page.text
    assert f'href="{visit.url}/sections/cells#indicator-B1"' in page.text


def test_an_indicator_that_the_checklist_lacks_has_no_meaning(ana: Browser, cy: Browser, visit: Visiting) -> None:
    assert ana.get(f"{visit.url}/meanings/Z9").status_code == 404
    assert cy.get(f"{visit.url}/meanings/B1").status_code == 404
