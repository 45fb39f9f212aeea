"""Every institution type: its checklist is planned, filled to the last question, finished and reported."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.domain.checklist import INSTITUTION_TYPES, AnswerField, Indicator
from app.domain.coverage import coverage_of
from app.domain.journal import Draft
from app.store import journal
from tests.web.nodes import INSTITUTION, PERSON_IDS, Browser, Node, Visiting, add_room, text_of
from tests.web.test_visits import plan_form

PLACE_ID, VISIT_ID = "01900000-0000-7000-8000-0000000ab0de", "01900000-0000-7000-8000-0000000ab0df"


@pytest.mark.long  # tests/browser/test_every_checklist.py opens, fills and reports each of them in every run
@pytest.mark.parametrize("variant", ["short", "full"])
@pytest.mark.parametrize("kind", INSTITUTION_TYPES)
def test_the_checklist_of_each_type_opens_fills_and_reports(
    ana: Browser, device: Node, kind: str, variant: str
) -> None:
    visit = planned(ana, device, kind, variant)
    hub = ana.get(visit.url).text
    sections = re.findall(rf'href="{visit.url}/sections/([a-z-]+)"', hub)
    checklist = visit.checklist()
    assert list(dict.fromkeys(sections)) == [one.id for one in checklist.checklist.sections]
    for section in checklist.checklist.sections:
        repeat_id = add_room(ana, visit, "Бірінші", section.id) if section.repeat else ""
        for name in section.indicators:
            answer(ana, visit, checklist.indicators[name], repeat_id)
        page = ana.get(f"{visit.url}/sections/{section.id}")
        assert page.status_code == 200
        assert 'data-answered="false"' not in page.text, section.id
    hub = text_of(ana.get(visit.url).text)
    assert "must-answer" not in hub
    assert ana.submit(f"{visit.url}/finish", reason="").status_code == 303
    report = ana.get(f"{visit.url}/report")
    assert report.status_code == 200
    records = visit.records()
    repeats = {one.text("section"): [one.subject] for one in records.repeats}
    done = coverage_of(checklist, None, records.answers, repeats)
    assert done.answered == done.asked > 25
    assert re.search(rf"\b{done.asked}\b", text_of(report.text))


def planned(ana: Browser, device: Node, kind: str, variant: str) -> Visiting:
    """A visit to a place of this type, with the checklist that is proposed for it."""
    with device.database.write() as session:
        sets: dict[str, Any] = {**INSTITUTION, "type": kind}
        journal.append(session, Draft("institution", PLACE_ID, "reference", sets), PERSON_IDS["adm"])
    reply = ana.submit("/visits", **plan_form(visit=VISIT_ID, institution=PLACE_ID, checklist="", variant=variant))
    assert reply.status_code == 303
    return Visiting(VISIT_ID, device)


def answer(ana: Browser, visit: Visiting, indicator: Indicator, repeat_id: str) -> None:
    """Fills every field of a question and gives its rating."""
    typed = {name: value for field in indicator.answer.fields for name, value in typed_into(field).items()}
    if indicator.answer.rating:
        typed["value"] = "yes"
    reply = ana.tap(visit.answer_url(indicator.id, repeat_id), **typed)
    assert reply.status_code == 200, (indicator.id, typed, text_of(reply.text)[:300])


def typed_into(field: AnswerField) -> dict[str, str]:
    """A value that the field takes, as it is typed."""
    name = f"field.{field.key}"
    if field.type in ("count", "measure"):
        return {name: str(round(max(field.min or 0, 1))).replace(".", ",")}
    if field.type == "share":
        return {name: "1", f"{name}.of": "2"}
    typed = {"text": "Сөз", "date": "2026-11-20", "time": "10:30", "moment": "2026-11-20T10:30"}
    return {name: field.options[0].key if field.type == "choice" else typed[field.type]}
