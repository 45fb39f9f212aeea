"""The custody clock of a sampled file: what is kept, what is refused, what the page, the report and the office show."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from app.domain.merge import Record
from app.store import journal
from app.sync import client
from tests.web.nodes import PERSON_IDS, Browser, Node, Visiting, add_room, problem_of, text_of, transport_to

CASE_C = {
    "time.arrest.log": "2026-03-05T22:10",
    "time.record.record": "2026-03-05T23:05",
    "time.court_order.record": "2026-03-06T23:40",
}


@pytest.fixture
def file_id(ana: Browser, visit: Visiting) -> str:
    return add_room(ana, visit, "1-іс", "files")


def clock_of(visit: Visiting, file_id: str) -> str:
    return f"{visit.url}/files/{file_id}/clock"


def record(visit: Visiting, file_id: str) -> Record:
    return visit.records().cases[file_id]


def write(browser: Browser, visit: Visiting, file_id: str, fields: dict[str, str], **frame: str) -> Any:
    """Posts as the page's outbox does."""
    return browser.post(clock_of(visit, file_id), data={**fields, **frame}, headers={"HX-Request": "true"})


def facts_of_c(browser: Browser, visit: Visiting, file_id: str) -> None:
    assert write(browser, visit, file_id, {**CASE_C, "age": "15", "is_suspect": "yes"}).status_code == 200


# ---- what is kept --------------------------------------------------------------------------------------------------------


def test_times_and_facts_are_kept_as_one_record_of_the_file(ana: Browser, visit: Visiting, file_id: str) -> None:
    facts_of_c(ana, visit, file_id)
    marks = {"state.embassy_told": "never", "state.counsel": "unknown", "ground": "4", "ground_recorded": "no"}
    write(ana, visit, file_id, {**marks, "questioning.1.start": "2026-03-06T10:00"})
    kept = record(visit, file_id)
    assert kept.subject == f"{visit.visit_id}/case/{file_id}"
    assert kept.kind == "case"
    fields = {name: value for name, value in kept.fields.items() if value is not None}
    assert fields == {
        **CASE_C,
        "age": 15,
        "is_suspect": True,
        "never.embassy_told": True,
        "unknown.counsel": True,
        "ground": 4,
        "ground_recorded": False,
        "questioning.1.start": "2026-03-06T10:00",
    }
    assert visit.state == "in_progress"


def test_only_what_its_author_changed_is_written(ana: Browser, dana: Browser, visit: Visiting, file_id: str) -> None:
    write(ana, visit, file_id, {"time.arrest.log": "2026-03-05T22:10"})
    stale = {"time.arrest.log": "", "was.time.arrest.log": "", "time.arrest.child": "2026-03-05 19:40"}
    write(dana, visit, file_id, {**stale, "was.time.arrest.child": ""})
    assert record(visit, file_id).fields == {
        "time.arrest.log": "2026-03-05T22:10",
        "time.arrest.child": "2026-03-05T19:40",
    }


def test_a_time_can_be_taken_back(ana: Browser, visit: Visiting, file_id: str) -> None:
    write(ana, visit, file_id, {"time.arrest.log": "2026-03-05T22:10"})
    heads = ",".join(record(visit, file_id).heads)
    write(ana, visit, file_id, {"time.arrest.log": "", "was.time.arrest.log": "2026-03-05T22:10"}, seen=heads)
    assert record(visit, file_id).fields["time.arrest.log"] is None


def test_a_tap_that_comes_twice_is_written_once(ana: Browser, visit: Visiting, file_id: str) -> None:
    for _ in range(2):
        reply = write(ana, visit, file_id, {"age": "15"}, tap="t1")
        assert reply.headers["X-Op-Ack"] == "t1"
    with visit.node.database.read() as session:
        assert len(journal.entries_of(session, record(visit, file_id).subject)) == 1


def test_two_who_did_not_know_of_each_other_stand_side_by_side(
    ana: Browser, dana: Browser, visit: Visiting, file_id: str
) -> None:
    write(ana, visit, file_id, {"time.arrest.log": "2026-03-05T22:10"})
    write(dana, visit, file_id, {"time.arrest.log": "2026-03-05T21:10"})
    page = text_of(ana.get(clock_of(visit, file_id)).text)
    assert "Two of you typed different times: 2026-03-05 22:10 and 2026-03-05 21:10" in page
    heads = ",".join(record(visit, file_id).heads)
    write(ana, visit, file_id, {"time.arrest.log": "2026-03-05T21:10"}, seen=heads)
    assert record(visit, file_id).conflicts == {}


# ---- what is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "typed", "told"),
    [
        ("time.arrest.log", "2026-02-30T10:00", "not a date with a time"),
        ("time.arrest.log", "2026-03-05", "not a date with a time"),
        ("time.arrest.log", "2026-11-22T10:02", "still to come"),  # it is 10:00 in Almaty
        ("time.arrest.rumour", "2026-03-05T10:00", "does not ask that"),
        ("time.lunch.log", "2026-03-05T10:00", "does not ask that"),
        ("age", "-1", "whole number of years"),
        ("age", "99", "whole number of years"),
        ("age", "²", "whole number of years"),
        ("ground", "7", "not offered"),
        ("is_suspect", "maybe", "not offered"),
        ("state.arrest", "lost", "not offered"),
        ("questioning.9.start", "2026-03-05T10:00", "does not ask that"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_what_was_typed_stays(
    ana: Browser, visit: Visiting, file_id: str, name: str, typed: str, told: str
) -> None:
    reply = write(ana, visit, file_id, {name: typed, "time.record.log": "2026-03-05T12:00"}, tap="t1")
    assert reply.status_code == 422
    assert told in problem_of(reply.text)
    assert "X-Op-Ack" not in reply.headers
    assert file_id not in visit.records().cases
    assert 'value="2026-03-05T12:00"' in reply.text
    if name == "time.arrest.log":
        assert f'value="{typed}"' in reply.text


def test_an_end_before_its_beginning_is_kept_and_shown_as_impossible(
    ana: Browser, visit: Visiting, file_id: str
) -> None:
    spans = {"questioning.1.start": "2026-03-06T12:00", "questioning.1.end": "2026-03-06T11:00"}
    reply = write(ana, visit, file_id, {**spans, "age": "15", "is_suspect": "yes"})
    assert reply.status_code == 200
    assert "Cannot be: order of times" in text_of(reply.text)


def test_a_room_has_no_clock_and_neither_has_a_file_of_another_visit(ana: Browser, visit: Visiting) -> None:
    room = add_room(ana, visit)
    for repeat in (room, visit.visit_id):
        assert ana.get(clock_of(visit, repeat)).status_code == 404
        assert write(ana, visit, repeat, {"age": "15"}).status_code == 404


def test_a_finished_visit_is_closed_and_the_page_offers_nothing(ana: Browser, visit: Visiting, file_id: str) -> None:
    facts_of_c(ana, visit, file_id)
    ana.submit(f"{visit.url}/finish", reason="уақыт болмады")
    assert write(ana, visit, file_id, {"age": "16"}).status_code == 409
    page = ana.get(clock_of(visit, file_id)).text
    assert page.count("<fieldset") == page.count(" disabled>")


def test_who_is_not_on_the_team_writes_nothing(
    cy: Browser, ben: Browser, ana: Browser, visit: Visiting, file_id: str
) -> None:
    assert cy.get(clock_of(visit, file_id)).status_code == 404
    assert write(cy, visit, file_id, {"age": "15"}).status_code == 404
    assert file_id not in visit.records().cases


def test_a_tap_of_another_person_is_not_written_under_this_name(ana: Browser, visit: Visiting, file_id: str) -> None:
    assert write(ana, visit, file_id, {"age": "15"}, person=PERSON_IDS["dana"]).status_code == 403


def test_a_question_of_the_office_about_the_file_opens_its_clock_again(
    ben: Browser, central: Node, sent_visit: Visiting
) -> None:
    there = central.browser("ana")
    asked, other = (add_room(there, sent_visit, name, "files") for name in ("1", "2"))
    there.tap(sent_visit.answer_url("A2", asked), value="no")
    there.submit(f"{sent_visit.url}/finish", reason="уақыт болмады")
    ben.submit(f"/reviews/{sent_visit.visit_id}/questions", indicator="A2", repeat=asked, question="Сағаты нешеде?")
    ben.submit(f"/reviews/{sent_visit.visit_id}/return", reason="Сұрақ бар")
    assert sent_visit.state == "returned"
    assert write(there, sent_visit, asked, {"age": "15"}).status_code == 200
    assert write(there, sent_visit, other, {"age": "15"}).status_code == 409


# ---- the page ------------------------------------------------------------------------------------------------------------


def test_the_section_leads_to_the_clock_of_each_file(ana: Browser, visit: Visiting, file_id: str) -> None:
    add_room(ana, visit)
    assert f'href="{clock_of(visit, file_id)}"' in ana.get(f"{visit.url}/sections/files").text
    assert "/clock" not in ana.get(f"{visit.url}/sections/rooms").text


def test_scenario_c_is_shown_as_a_breach_with_its_rule_time_and_picture(
    ana: Browser, visit: Visiting, file_id: str
) -> None:
    facts_of_c(ana, visit, file_id)
    page = ana.get(clock_of(visit, file_id)).text
    first = text_of(re.findall(r'<li class="breach">.*?</li>', page, re.S)[0])
    assert first.startswith("Breach K1 National rule")
    assert "25 h 30 min" in first and "24 h" in first and "exception not shown" in first and "CPC 131(4)" in first
    assert "2026" not in first  # the text was read as of a later day than the arrest
    assert page.index('class="breach"') < page.index('class="kept"')
    assert '<rect class="over"' in page and "The timeline in words" in page
    assert "Actual arrest: March 5, 2026, 22:10 (Log)" in text_of(page) or "5 March 2026, 22:10 (Log)" in text_of(page)
    assert "to be checked by counsel" in page  # GC24, para 90: the number is not verified


def test_a_later_arrest_says_that_changes_of_the_law_are_not_checked(
    ana: Browser, visit: Visiting, file_id: str
) -> None:
    write(ana, visit, file_id, {"time.arrest.log": "2026-11-01T10:00", "age": "16", "is_suspect": "yes"})
    assert "later changes are not checked" in text_of(ana.get(clock_of(visit, file_id)).text)


def test_without_javascript_a_form_goes_back_to_its_place(ana: Browser, visit: Visiting, file_id: str) -> None:
    reply = ana.post(clock_of(visit, file_id), data={"time.arrest.log": "2026-03-05T22:10", "at": "row-arrest"})
    assert (reply.status_code, reply.headers["Location"]) == (303, f"{clock_of(visit, file_id)}#row-arrest")
    page = ana.get(clock_of(visit, file_id)).text
    assert 'id="row-arrest"' in page and "<noscript><button" in page
    refused = ana.post(clock_of(visit, file_id), data={"age": "99", "at": "facts"})
    assert refused.status_code == 422 and "<html" in refused.text and 'value="99"' in refused.text


def test_every_input_of_the_page_has_its_label_and_says_what_it_showed(
    ana: Browser, visit: Visiting, file_id: str
) -> None:
    page = ana.get(clock_of(visit, file_id)).text
    names = re.findall(r'<(?:input|select) id="[^"]+" name="([^"]+)"', page)
    assert len(names) > 150
    for name in names:
        assert f'name="was.{name}"' in page, name
    ids = re.findall(r'<(?:input|select) id="([^"]+)"', page)
    assert set(ids) <= set(re.findall(r'<label for="([^"]+)"', page))


# ---- report, signature, office -------------------------------------------------------------------------------------------


def test_the_report_has_the_custody_times_of_each_file(ana: Browser, visit: Visiting, file_id: str) -> None:
    add_room(ana, visit, "2-іс", "files")
    assert "Custody times" not in ana.get(f"{visit.url}/report").text
    facts_of_c(ana, visit, file_id)
    report = ana.get(f"{visit.url}/report").text
    section = report[report.index("Custody times of sampled files") :]
    assert "15 years old; suspect" in text_of(section)
    assert '<li class="breach">' in section and 'id="clock-1-title"' in section


def test_a_signature_covers_the_times(ana: Browser, visit: Visiting, file_id: str) -> None:
    before = visit.records().heads()
    facts_of_c(ana, visit, file_id)
    assert set(visit.records().heads()) - set(before) == set(record(visit, file_id).heads)


def test_a_case_written_on_the_tablet_shows_at_the_office_and_on_the_other_tablet(
    ana: Browser,
    ben: Browser,
    visit: Visiting,
    file_id: str,
    central: Node,
    danas_tablet: Node,
    meet: Callable[[], client.Outcome],
) -> None:
    facts_of_c(ana, visit, file_id)
    meet()
    client.meet_central(danas_tablet.database, transport_to(central))
    page = ben.get(clock_of(visit, file_id)).text
    assert '<li class="breach">' in page and "25 h 30 min" in page
    assert "Custody times of sampled files" in ben.get(f"{visit.url}/report").text
    assert "25 h 30 min" in danas_tablet.browser("dana").get(clock_of(visit, file_id)).text
    write(danas_tablet.browser("dana"), visit, file_id, {"time.arrest.child": "2026-03-05T19:40"})
    client.meet_central(danas_tablet.database, transport_to(central))
    assert Visiting(visit.visit_id, central).records().cases[file_id].fields["time.arrest.child"] == "2026-03-05T19:40"


# ---- one page, several words ---------------------------------------------------------------------------------------------


def test_a_correction_back_to_what_the_page_showed_is_written(ana: Browser, visit: Visiting, file_id: str) -> None:
    name, was = "time.arrest.log", {"was.time.arrest.log": ""}
    write(ana, visit, file_id, {name: "2026-03-05T10:00", **was}, tap="t1")
    write(ana, visit, file_id, {name: "", **was}, tap="t2", previous_tap="t1")
    assert record(visit, file_id).fields[name] is None
    write(ana, visit, file_id, {name: "2026-03-05T11:00", **was}, tap="t3", previous_tap="t2")
    assert (record(visit, file_id).fields[name], record(visit, file_id).conflicts) == ("2026-03-05T11:00", {})


def test_a_word_that_changes_nothing_still_leads_to_the_next(ana: Browser, visit: Visiting, file_id: str) -> None:
    write(ana, visit, file_id, {"age": "15", "was.age": ""}, tap="t1")
    write(ana, visit, file_id, {"age": "15", "was.age": ""}, tap="t2", previous_tap="t1")
    write(ana, visit, file_id, {"age": "16", "was.age": ""}, tap="t3", previous_tap="t2")
    assert (record(visit, file_id).fields["age"], record(visit, file_id).conflicts) == (16, {})


def test_a_later_word_of_the_page_leaves_what_another_wrote_since(
    ana: Browser, dana: Browser, visit: Visiting, file_id: str
) -> None:
    blank = {"time.arrest.log": "", "was.time.arrest.log": ""}
    write(ana, visit, file_id, {"age": "15", "was.age": "", **blank}, tap="t1")
    write(dana, visit, file_id, {"time.arrest.log": "2026-03-05T22:10"})
    write(ana, visit, file_id, {"age": "16", "was.age": "", **blank}, tap="t2", previous_tap="t1")
    kept = record(visit, file_id)
    assert (kept.fields["time.arrest.log"], kept.conflicts) == ("2026-03-05T22:10", {})


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ({"ground": "2"}, {"ground": "3"}, "Ground for up to 72 hours"),
        ({"time.arrest.log": "2026-03-05T22:10"}, {"time.arrest.log": "2026-03-05T21:10"}, "Actual arrest (Log)"),
        ({"state.counsel": "never"}, {"state.counsel": "unknown"}, "Defender came"),
        (
            {"questioning.1.end": "2026-03-05T22:10"},
            {"questioning.1.end": "2026-03-05T21:10"},
            "First questioning",
        ),
    ],
)
def test_what_two_wrote_differently_stands_on_hub_finish_and_report(
    ana: Browser,
    dana: Browser,
    visit: Visiting,
    file_id: str,
    first: dict[str, str],
    second: dict[str, str],
    told: str,
) -> None:
    write(ana, visit, file_id, first)
    write(dana, visit, file_id, second)
    for page in (visit.url, f"{visit.url}/finish"):
        shown = ana.get(page).text
        assert f'href="{clock_of(visit, file_id)}"' in shown and told in text_of(shown), page
    report = text_of(ana.get(f"{visit.url}/report").text)
    assert told in report[report.index("Left unsettled") :]
