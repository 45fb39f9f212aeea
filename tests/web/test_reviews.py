"""At the office: ask, return, approve by a second person, and the report whose numbers come from one value."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from app.domain.journal import Draft, Json
from app.domain.report import Report, report_of
from app.store import attachments, journal
from app.store.attachments import sha256_of
from app.store.checklists import Shelf
from tests.builders import make_visit
from tests.web.nodes import PERSON_IDS, Browser, Node, Visiting, add_room, person_name, plan_by_service, text_of


@pytest.fixture
def desk(central: Node, sent_visit: Visiting) -> str:
    """The address of the reviewer's desk for a visit that its team has finished."""
    ana = central.browser("ana")
    ana.tap(sent_visit.answer_url("B1"), value="no", note="Камера 4")
    ana.tap(sent_visit.answer_url("B2"), value="yes")
    ana.submit(f"{sent_visit.url}/finish", reason="уақыт болмады")
    return f"/reviews/{sent_visit.visit_id}"


def ask(browser: Browser, desk: str, question: str = "Кім көрді?", indicator: str = "B1") -> int:
    return browser.submit(f"{desk}/questions", indicator=indicator, question=question).status_code


def test_a_question_stands_on_the_desk_and_not_yet_with_the_team(
    ben: Browser, central: Node, sent_visit: Visiting, desk: str
) -> None:
    reply = ben.submit(f"{desk}/questions", indicator="B1", question="Кім көрді?")
    assert reply.headers["Location"] == f"{desk}?indicator=B1#ask-team"
    assert "Кім көрді?" in ben.get(f"{desk}?indicator=B1").text
    assert "Кім көрді?" not in central.browser("ana").get(sent_visit.url).text


def test_a_return_brings_the_question_to_the_team(ben: Browser, central: Node, sent_visit: Visiting, desk: str) -> None:
    ask(ben, desk)
    assert ben.submit(f"{desk}/return", reason="Сұраққа жауап керек").headers["Location"] == f"{desk}#decide"
    hub = text_of(central.browser("ana").get(sent_visit.url).text)
    assert "Кім көрді?" in hub and "Сұраққа жауап керек" in hub
    assert sent_visit.state == "returned"


def test_an_empty_question_is_refused(ben: Browser, sent_visit: Visiting, desk: str) -> None:
    assert ask(ben, desk, question="  ") == 422
    assert sent_visit.records().questions == ()


def test_a_question_about_nothing_is_refused(ben: Browser, sent_visit: Visiting, desk: str) -> None:
    assert ask(ben, desk, indicator="Z9") == 404
    assert sent_visit.records().questions == ()


def test_a_return_without_a_question_is_refused_and_keeps_the_reason(
    ben: Browser, sent_visit: Visiting, desk: str
) -> None:
    reply = ben.submit(f"{desk}/return", reason="Сұраққа жауап керек")
    assert reply.status_code == 422
    assert "Сұраққа жауап керек" in reply.text and "Ask at least one question" in reply.text
    assert sent_visit.state == "finished"


def test_a_return_and_an_approval_need_a_reason(ben: Browser, sent_visit: Visiting, desk: str) -> None:
    ask(ben, desk)
    assert ben.submit(f"{desk}/return", reason=" ").status_code == 422
    assert ben.submit(f"{desk}/approval", reason=" ").status_code == 422
    assert sent_visit.state == "finished"


def test_who_returned_the_visit_does_not_approve_it_but_a_second_person_does(
    ben: Browser, bek: Browser, central: Node, sent_visit: Visiting, desk: str
) -> None:
    ask(ben, desk)
    ben.submit(f"{desk}/return", reason="сұрақ бар")
    ana = central.browser("ana")
    ana.tap(sent_visit.answer_url("B1"), note="Дана көрді", seen=sent_visit.heads("B1"))
    assert ana.submit(f"{sent_visit.url}/finish", reason="уақыт болмады").status_code == 303
    refused = ben.submit(f"{desk}/approval", reason="жақсы")
    assert refused.status_code == 409
    assert "жақсы" in refused.text
    assert sent_visit.state == "finished"
    assert bek.submit(f"{desk}/approval", reason="жақсы").status_code == 303
    assert sent_visit.state == "approved"
    assert "Дана көрді" in bek.get(f"{desk}?indicator=B1").text


def test_a_member_of_the_team_does_not_approve_their_own_visit(central: Node, shelf: Shelf) -> None:
    visit = plan_by_service(central, shelf, {"ana": "team_lead", "bek": "monitor"})
    central.browser("ana").submit(f"{visit.url}/finish", reason="x")
    assert central.browser("bek").submit(f"/reviews/{visit.visit_id}/approval", reason="жақсы").status_code == 409
    assert visit.state == "finished"


@pytest.mark.parametrize("state", ["planned", "in_progress", "returned", "approved"])
def test_only_a_finished_visit_is_asked_about_returned_or_approved(
    ben: Browser, sent_visit: Visiting, desk: str, state: str
) -> None:
    ask(ben, desk)
    with sent_visit.node.database.write() as session:
        heads = sent_visit.records().visit.heads
        journal.append(
            session,
            Draft("visit", sent_visit.visit_id, f"visit:{sent_visit.visit_id}", {"state": state}, heads),
            PERSON_IDS["ana"],
        )
    assert ask(ben, desk) == 409
    assert ben.submit(f"{desk}/return", reason="x").status_code == 409
    assert ben.submit(f"{desk}/approval", reason="x").status_code == 409
    assert sent_visit.state == state


def test_a_decision_is_stale_after_a_later_change(ben: Browser, central: Node, sent_visit: Visiting, desk: str) -> None:
    ben.submit(f"{desk}/approval", reason="жақсы")
    assert "Something changed after the last decision" not in text_of(ben.get(desk).text)
    subject = f"{sent_visit.visit_id}/B1"  # a tablet that was offline sends a note
    with central.database.write() as session:
        journal.append(
            session, Draft("answer", subject, f"visit:{sent_visit.visit_id}", {"note": "кеш келді"}), PERSON_IDS["dana"]
        )
    assert "Something changed after the last decision" in text_of(ben.get(desk).text)


def test_each_decision_names_who_when_and_why(ben: Browser, desk: str) -> None:
    ben.submit(f"{desk}/approval", reason="Бәрі дұрыс")
    told = text_of(ben.get(desk).text)
    assert re.search(rf"22 November 2026, 10:00, {person_name('ben')}: approved\. Бәрі дұрыс", told)


def test_the_inbox_shows_danger_first(ben: Browser, central: Node, shelf: Shelf, desk: str) -> None:
    calm = plan_by_service(central, shelf, on="2026-11-23")  # a later day, and still after the danger
    ana = central.browser("ana")
    ana.tap(calm.answer_url("B2"), value="yes")
    ana.submit(f"{calm.url}/finish", reason="x")
    html = ben.get("/inbox").text
    assert html.index("Danger first") < html.index(desk) < html.index("To review") < html.index(calm.visit_id)


@pytest.mark.parametrize("document", [b"{}", b"[" * 30_000, b"\xff"])
def test_a_checklist_that_nobody_can_read_holds_up_no_other_visit(
    central: Node, device: Node, visit: Visiting, desk: str, document: bytes
) -> None:
    """A tablet says itself what its visits pin; one in the wrong hands, or a newer one, says what others cannot read."""
    for node in (central, device):
        with node.database.write() as session:
            odd = make_visit(session, "finished", team=(PERSON_IDS["ana"],), checklist_sha256=sha256_of(document))
            attachments.keep(session, document, attachments.DOCUMENT_TYPE, f"visit:{odd}")
    ben, ana = central.browser("ben"), device.browser("ana")
    for browser, path, told in ((ben, "/inbox", desk), (ana, "/visits", visit.url), (ana, "/sync", visit.url)):
        reply = browser.get(path)
        assert reply.status_code == 200 and told in reply.text, path
    assert "from a newer Baqylau" in ana.get(f"/visits/{odd}").text
    assert "Visits that cannot be shown: 1." in text_of(ben.get("/inbox").text)


def test_the_desk_opens_at_the_danger(ben: Browser, desk: str) -> None:
    told = text_of(ben.get(desk).text)
    assert "Danger first" in told and "Камера 4" in told


def test_the_desk_says_when_a_signature_does_not_verify(
    ben: Browser, central: Node, sent_visit: Visiting, desk: str
) -> None:
    forged: dict[str, Json] = {
        "person": PERSON_IDS["ana"],
        "heads": list[Json](sent_visit.records().heads()),
        "dissent": "",
        "public_key": "11" * 32,
        "signature": "22" * 64,
    }
    subject = f"{sent_visit.visit_id}/sign_off/{PERSON_IDS['ana']}"
    with central.database.write() as session:
        journal.append(session, Draft("sign_off", subject, f"visit:{sent_visit.visit_id}", forged), PERSON_IDS["ana"])
    assert "A signature does not verify" in text_of(ben.get(desk).text)


# ---- the report --------------------------------------------------------------------------------------------------------


ANSWERS = {
    "B1": {"value": "no"},
    "B2": {"value": "yes"},
    "B3": {"value": "partly"},
    "B4": {"value": "not_seen", "reason": "жабық"},
    "C2": {"value": "not_seen"},  # without a reason: still open
    "C3": {"value": "not_applicable", "reason": "жоқ"},
    "P2": {"field__present": "12", "field__capacity": "10"},
    "P7": {"field__flags": "0"},
    "I9": {"value": "yes"},
}


def report_value(visit: Visiting, shelf: Shelf) -> Report:
    compiled, records = shelf.named("police-holding"), visit.records()
    assert compiled
    return report_of(compiled.checklist, records.answers, {"rooms": [room.subject for room in records.repeats]})


@pytest.fixture
def reported(central: Node, sent_visit: Visiting) -> Visiting:
    ana = central.browser("ana")
    for indicator, posted in ANSWERS.items():
        ana.tap(sent_visit.answer_url(indicator), **posted)
    room = add_room(ana, sent_visit)
    ana.tap(sent_visit.answer_url("C1", room), field__area="9,3", field__children="3")
    return sent_visit


def test_every_number_of_the_report_page_is_the_reports(ben: Browser, reported: Visiting, shelf: Shelf) -> None:
    html, report = ben.get(f"{reported.url}/report").text, report_value(reported, shelf)
    short = re.findall(r'<td class="num">([^<]*)</td>', html[html.index('class="short"') : html.index("</table>")])
    counts = report.counts
    assert short == [str(counts.asked), str(counts.answered), f"{counts.not_seen} ({counts.not_seen_percent:.0f} %)"]
    rows = re.findall(r'<tr><th scope="row">([^<]*)</th>((?:<td class="num">\d+</td>){6})</tr>', html)
    shown = {title: [int(n) for n in re.findall(r"\d+", cells.replace('class="num"', ""))] for title, cells in rows}
    expected = {
        section.section.title.in_("en"): [c.asked, c.yes, c.partly, c.no, c.not_applicable, c.not_seen]
        for section in report.sections
        for c in [section.counts]
    }
    assert shown == expected
    assert expected["Cells and separation"][1:] == [1, 1, 1, 1, 1]


def test_the_sections_of_the_report_add_up_to_its_whole(reported: Visiting, shelf: Shelf) -> None:
    report = report_value(reported, shelf)
    assert sum(section.counts.asked for section in report.sections) == report.counts.asked
    assert sum(section.counts.answered for section in report.sections) == report.counts.answered
    for counts in [report.counts, *(section.counts for section in report.sections)]:
        assert (
            counts.yes
            + counts.partly
            + counts.no
            + counts.not_applicable
            + counts.not_seen
            + counts.numbers_only
            + counts.open
            == counts.asked
        )


def test_the_report_shows_danger_before_the_findings_and_says_that_it_is_a_draft(
    ben: Browser, reported: Visiting
) -> None:
    told = text_of(ben.get(f"{reported.url}/report").text)
    assert "Draft, not approved yet" in told
    assert told.index("Danger signs") < told.index("B1") < told.index("Findings")


@pytest.mark.parametrize(("language", "number"), [("kk", "9,3 м²"), ("ru", "9,3 м²"), ("en", "9.3 m²")])
def test_the_report_writes_numbers_as_its_reader_does(
    ben: Browser, reported: Visiting, language: str, number: str
) -> None:
    assert number in text_of(ben.speak(language).get(f"{reported.url}/report").text)


def test_a_report_is_the_same_on_the_tablet_and_at_the_office(
    ana: Browser, visit: Visiting, central: Node, shelf: Shelf, meet: Callable[[], object]
) -> None:
    ana.tap(visit.answer_url("B1"), value="no")
    ana.submit(f"{visit.url}/finish", reason="x")
    meet()
    assert report_value(visit, shelf).counts == report_value(Visiting(visit.visit_id, central), shelf).counts
