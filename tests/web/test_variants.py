"""How much a visit asks: everything, what 90 minutes are enough for, or what has to be looked at again."""

from __future__ import annotations

import re

import pytest

from app.store import reads
from app.store.checklists import Shelf
from tests.web.nodes import INSTITUTION_ID, PERSON_IDS, Browser, Node, Visiting
from tests.web.test_visits import plan_form

SHORT_ID = "01900000-0000-7000-8000-00000000ab01"
SECOND_ID = "01900000-0000-7000-8000-00000000ab02"


def planned(device: Node, visit_id: str) -> reads.VisitRecords:
    with device.database.read() as session:
        ana = reads.people(session)[PERSON_IDS["ana"]]
        return reads.visit_records_for(session, ana, visit_id)


def asked_on_hub(browser: Browser, visit_id: str) -> set[str]:
    """Every indicator that the visit's sections show."""
    hub = browser.get(f"/visits/{visit_id}").text
    sections = set(re.findall(rf"/visits/{visit_id}/sections/([a-z-]+)", hub))
    pages = [browser.get(f"/visits/{visit_id}/sections/{one}").text for one in sections]
    return {found for page in pages for found in re.findall(r'id="indicator-([A-P]\d+)(?:-\d+)?"', page)}


def test_the_page_offers_the_three_variants_with_what_they_are_for(ana: Browser) -> None:
    page = ana.get("/visits/new").text
    assert re.findall(r'name="variant" value="(\w+)"( checked)?', page) == [
        ("full", " checked"),
        ("short", ""),
        ("follow_up", ""),
    ]
    assert "about 90 minutes" in page


def test_a_short_visit_asks_only_the_short_list_of_its_checklist(ana: Browser, device: Node, shelf: Shelf) -> None:
    reply = ana.submit("/visits", **plan_form(visit=SHORT_ID, variant="short"))
    assert reply.status_code == 303
    compiled = shelf.named("police-holding")
    assert compiled is not None
    short = compiled.checklist.checklist.short
    assert planned(device, SHORT_ID).visit.asked == short
    shown = asked_on_hub(ana, SHORT_ID)
    assert shown <= set(short)
    assert {"P1", "B1", "F1"} <= shown
    assert "Short list" in ana.get(f"/visits/{SHORT_ID}").text


def test_what_a_short_visit_does_not_ask_cannot_be_answered(ana: Browser, shelf: Shelf) -> None:
    ana.submit("/visits", **plan_form(visit=SHORT_ID, variant="short"))
    compiled = shelf.named("police-holding")
    assert compiled is not None
    left_out = next(name for name in compiled.checklist.indicators if name not in compiled.checklist.checklist.short)
    assert ana.tap(f"/visits/{SHORT_ID}/answers/{left_out}", value="yes").status_code == 404


def test_a_follow_up_asks_again_what_was_a_finding_or_critical(ana: Browser, visit: Visiting, device: Node) -> None:
    ana.tap(visit.answer_url("C7"), value="no", tap="t1")
    ana.tap(visit.answer_url("C7"), flagged="on", previous_tap="t1")
    ana.tap(visit.answer_url("C8"), value="yes")
    ana.submit(f"{visit.url}/finish", reason="Уақыт жетпеді")
    assert visit.state == "finished"
    ana.submit("/visits", **plan_form(visit=SECOND_ID, kind="follow_up", variant="follow_up"))
    asked = planned(device, SECOND_ID).visit.asked
    assert "C7" in asked
    assert "C8" not in asked
    assert "B1" in asked  # always asked


def test_a_follow_up_asks_again_what_two_monitors_had_not_settled(
    ana: Browser, dana: Browser, visit: Visiting, device: Node
) -> None:
    ana.tap(visit.answer_url("C8"), value="no")
    dana.tap(visit.answer_url("C8"), value="yes")  # who saw nothing of Ana's answer
    assert visit.records().answers["C8", ""].conflicts
    ana.submit(f"{visit.url}/finish", reason="Уақыт жетпеді")
    ana.submit("/visits", **plan_form(visit=SECOND_ID, variant="follow_up"))
    assert "C8" in planned(device, SECOND_ID).visit.asked


def test_without_a_finished_visit_there_is_nothing_to_follow_up(ana: Browser, device: Node) -> None:
    reply = ana.submit("/visits", **plan_form(visit=SECOND_ID, variant="follow_up"))
    assert reply.status_code == 422
    assert "nothing to follow up" in reply.text
    assert 'value="follow_up" checked' in reply.text


def test_a_visit_of_another_team_is_not_followed_up_by_who_may_not_see_it(
    ana: Browser, device: Node, shelf: Shelf
) -> None:
    cy = PERSON_IDS["cy"]
    with device.database.write() as session:
        from app.domain.journal import Draft
        from app.store import journal

        sets = {"institution": INSTITUTION_ID, "team": [cy], "state": "finished", "visited_on": "2026-11-01"}
        journal.append(session, Draft("visit", SHORT_ID, f"visit:{SHORT_ID}", sets), cy)
    reply = ana.submit("/visits", **plan_form(visit=SECOND_ID, variant="follow_up"))
    assert "nothing to follow up" in reply.text


def test_an_unknown_variant_is_refused_with_what_was_typed(ana: Browser) -> None:
    reply = ana.submit("/visits", **plan_form(visit=SHORT_ID, variant="tiny"))
    assert reply.status_code == 422
    assert "Choose how much is asked." in reply.text


@pytest.mark.parametrize("checklist", ["", "police-holding"])
def test_without_a_choice_the_checklist_made_for_the_place_is_taken(ana: Browser, device: Node, checklist: str) -> None:
    ana.submit("/visits", **plan_form(visit=SHORT_ID, checklist=checklist))
    assert planned(device, SHORT_ID).visit.checklist_id == "police-holding"


def test_a_visit_planned_before_there_were_variants_asks_everything(ana: Browser, visit: Visiting) -> None:
    records = visit.records()
    assert (records.visit.variant, records.visit.asked) == ("full", ())
    assert len(asked_on_hub(ana, visit.visit_id)) > 100


def test_the_booklet_of_a_short_visit_asks_what_the_visit_asks(ana: Browser, device: Node) -> None:
    ana.submit("/visits", **plan_form(visit=SHORT_ID, variant="short"))
    page = ana.get(f"/visits/{SHORT_ID}/booklet").text
    assert "Short, 90 minutes" not in page  # the list is fixed: nothing to choose
    assert "Short, 90 minutes" in ana.get("/checklists/police-holding/1/booklet").text
    short = set(planned(device, SHORT_ID).visit.asked)
    assert set(re.findall(r">([A-P]\d+)<", page)) <= short
