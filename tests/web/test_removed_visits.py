"""What a tablet still says of a visit that it sent and removed."""

from __future__ import annotations

from app.store import reads, wiping
from tests.web.nodes import PERSON_IDS, Browser, Node, Visiting, text_of
from tests.web.test_photos import photograph, picture
from tests.web.test_variants import SECOND_ID, plan_form


def remove(device: Node, visit: Visiting) -> None:
    with device.database.write() as session:
        ana = reads.person(session, PERSON_IDS["ana"])
        assert ana
        wiping.wipe(session, reads.visit_for(session, ana, visit.visit_id))


def test_its_team_reads_one_quiet_line_and_others_nothing(ana: Browser, device: Node, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="no")
    remove(device, visit)
    said = text_of(ana.get("/visits").text)
    assert "This visit was sent, received and removed from this tablet: 22 November 2026" in said
    assert ana.get(visit.url).status_code == 404
    assert ana.tap(visit.answer_url("B1"), value="yes").status_code == 404  # a late tap
    assert "removed from this tablet:" not in text_of(device.browser("cy").get("/visits").text)


def test_its_follow_up_is_planned_at_the_office(ana: Browser, device: Node, visit: Visiting) -> None:
    remove(device, visit)
    reply = ana.submit("/visits", **plan_form(visit=SECOND_ID, variant="follow_up"))
    assert reply.status_code == 422 and "The office can plan the follow-up" in text_of(reply.text)


def test_a_photo_of_a_visit_that_came_back_is_said_to_be_at_the_office(
    ana: Browser, device: Node, visit: Visiting
) -> None:
    photograph(ana, visit, picture((90, 70)))
    with device.database.write() as session:
        photo = visit.records().photos[0].text("sha256")
        wiping.files_named.let_go(session, [photo])
    pages = [text_of(ana.get(f"{visit.url}/sections/{one.id}").text) for one in visit.checklist().checklist.sections]
    assert any("was removed from this tablet" in page for page in pages)
