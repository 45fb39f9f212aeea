"""Taps on an indicator: saved once, in order, never lost, never under another name."""

from __future__ import annotations

import re

import pytest

from app.services import answers as services
from app.store.db import Database
from tests.web.nodes import PERSON_IDS, Browser, Node, Visiting, person_name, problem_of, text_of

LANGUAGES = ("kk", "ru", "en")


def add_room(browser: Browser, visit: Visiting, name: str = "4-камера", kind: str = "rooms") -> str:
    repeat_id = visit.node.clock.new_id()
    reply = browser.submit(f"{visit.url}/repeats", kind="room", section=kind, repeat=repeat_id, name=name)
    assert reply.status_code == 303
    return repeat_id


# ---- one tap ----------------------------------------------------------------------------------------------------------


def test_a_tap_is_saved_and_named_in_the_reply(ana: Browser, visit: Visiting) -> None:
    reply = ana.tap(visit.answer_url("B1"), value="no", seen="", tap="t1", person=PERSON_IDS["ana"])
    assert reply.status_code == 200
    assert reply.headers["X-Op-Ack"] == "t1"
    assert 'id="live-indicator-B1"' in reply.text
    assert visit.answer("B1") == {"value": "no"}


def test_the_first_tap_starts_a_planned_visit(ana: Browser, visit: Visiting) -> None:
    assert visit.state == "planned"
    ana.tap(visit.answer_url("B1"), value="yes")
    assert visit.state == "in_progress"


def test_each_of_the_five_answers_is_kept_and_shown_pressed(ana: Browser, visit: Visiting) -> None:
    for value in ("yes", "partly", "no", "not_applicable", "not_seen"):
        reply = ana.tap(visit.answer_url("B1"), value=value, seen=visit.heads("B1"))
        assert visit.answer("B1")["value"] == value
        assert re.search(rf'name="value" value="" data-on="{value}"[^>]*aria-pressed="true"', reply.text)


def test_an_empty_value_takes_the_answer_back(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="no", tap="t1")
    ana.tap(visit.answer_url("B1"), value="", previous_tap="t1")
    assert visit.answer("B1") == {"value": None}
    assert len(visit.entries("B1")) == 2


@pytest.mark.parametrize("value", ["not_applicable", "not_seen"])
def test_not_seen_and_not_applicable_count_only_with_a_reason(ana: Browser, visit: Visiting, value: str) -> None:
    without = ana.tap(visit.answer_url("B1"), value=value, tap="t1")
    assert 'data-answered="false"' in without.text
    with_reason = ana.tap(visit.answer_url("B1"), reason="Есік жабық болды", previous_tap="t1")
    assert 'data-answered="true"' in with_reason.text
    assert visit.answer("B1") == {"value": value, "reason": "Есік жабық болды"}


KEPT = [
    ("P2", {"field__present": "12"}, {"field.present": 12}),
    ("P2", {"field__present": ""}, {"field.present": None}),
    ("P4", {"field__median_days": "2,5"}, {"field.median_days": 2.5}),
    ("P4", {"field__median_days": "2.5", "method__median_days": "records"}, {"field.median_days": 2.5, "method.median_days": "records"}),
    ("P6", {"field__talked": "3", "field__talked__of": "12"}, {"field.talked": {"n": 3, "of": 12}}),
    ("J2", {"field__checked": "3"}, {"field.checked": {"n": 3, "of": None}}),
    ("P1", {"field__received_by": "  кезекші\r\n"}, {"field.received_by": "кезекші"}),
    ("A15", {"field__cared_by": "family"}, {"field.cared_by": "family"}),
    ("I6", {"field__last_visit": "2026-09-01"}, {"field.last_visit": "2026-09-01"}),
    ("B1", {"source__child": "on", "source__staff": "off"}, {"source.child": True, "source.staff": False}),
    ("B1", {"confidence": "high"}, {"confidence": "high"}),
    ("B1", {"note": "№ 4 камера"}, {"note": "№ 4 камера"}),
    ("B1", {"severity": "danger", "flagged": "on"}, {"severity": "danger", "flagged": True}),
]


def test_each_kind_of_field_is_kept_as_what_it_means(ana: Browser, visit: Visiting) -> None:
    for indicator, posted, kept in KEPT:
        assert ana.tap(visit.answer_url(indicator), seen=visit.heads(indicator), **posted).status_code == 200
        answer = visit.answer(indicator)
        assert {name: answer[name] for name in kept} == kept


@pytest.mark.parametrize(
    ("indicator", "posted", "kept"),
    [
        ("C4", {"field__measured_at": "14:05"}, {"field.measured_at": "14:05"}),
        ("C4", {"field__temperature": "-3,5"}, {"field.temperature": -3.5}),
        ("A2", {"field__arrested_at": "2026-11-21T23:40"}, {"field.arrested_at": "2026-11-21T23:40"}),
    ],
)
def test_rooms_and_files_keep_times_and_moments(ana: Browser, visit: Visiting, indicator: str, posted: dict[str, str], kept: dict[str, object]) -> None:
    repeat_id = add_room(ana, visit, kind="rooms" if indicator == "C4" else "files")
    assert ana.tap(visit.answer_url(indicator, repeat_id), **posted).status_code == 200
    assert visit.answer(indicator, repeat_id) == kept


def test_a_post_sets_only_the_fields_it_carries(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="no", tap="t1")
    ana.tap(visit.answer_url("B1"), note="Камера 4", tap="t2", previous_tap="t1")
    ana.tap(visit.answer_url("B1"), source__child="on", previous_tap="t2")
    assert visit.answer("B1") == {"value": "no", "note": "Камера 4", "source.child": True}
    assert [entry.sets for entry in visit.entries("B1")] == [("value",), ("note",), ("source.child",)]


# ---- refusals keep what was typed --------------------------------------------------------------------------------------


BAD = [
    ("P2", "field__present", "99999"),
    ("P2", "field__present", "-1"),
    ("P2", "field__present", "он екі"),
    ("P4", "field__median_days", "2,55"),
    ("P4", "field__median_days", "1 000,0,0"),
    ("I6", "field__last_visit", "2026-02-30"),
    ("I6", "field__last_visit", "30.02.2026"),
    ("I6", "field__last_visit", "0001-01-01"),
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cannot_be_is_refused_in_the_readers_language_and_stays_typed(ana: Browser, visit: Visiting, language: str) -> None:
    ana.speak(language)
    for indicator, name, typed in BAD:
        reply = ana.tap(visit.answer_url(indicator), **{name: typed})
        assert reply.status_code == 422, typed
        assert f'value="{typed}"' in reply.text
        sentence = problem_of(reply.text)
        assert len(sentence) > 10
        assert bool(re.search("[а-яё]", sentence)) == (language != "en"), sentence
        assert visit.entries(indicator) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_numerator_above_its_denominator_is_refused_and_both_stay_typed(ana: Browser, visit: Visiting, language: str) -> None:
    reply = ana.speak(language).tap(visit.answer_url("P6"), field__talked="13", field__talked__of="12")
    assert reply.status_code == 422
    assert 'value="13"' in reply.text and 'value="12"' in reply.text
    assert problem_of(reply.text)
    assert visit.answer("P6") == {}


def test_a_numerator_is_held_against_the_denominator_that_was_kept_before(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("P6"), field__talked="3", field__talked__of="12", tap="t1")
    assert ana.tap(visit.answer_url("P6"), field__talked="13", previous_tap="t1").status_code == 422
    assert visit.answer("P6")["field.talked"] == {"n": 3, "of": 12}


@pytest.mark.parametrize(("indicator", "typed"), [("C4", "25:00"), ("C4", "12:60"), ("A2", "2026-11-21"), ("A2", "2026-13-01T10:00")])
def test_impossible_times_and_moments_are_refused(ana: Browser, visit: Visiting, indicator: str, typed: str) -> None:
    repeat_id = add_room(ana, visit, kind="rooms" if indicator == "C4" else "files")
    name = "field__measured_at" if indicator == "C4" else "field__arrested_at"
    reply = ana.tap(visit.answer_url(indicator, repeat_id), **{name: typed})
    assert reply.status_code == 422
    assert f'value="{typed}"' in reply.text
    assert f'id="live-indicator-{indicator}-1"' in reply.text


def test_choices_that_are_not_offered_are_refused(ana: Browser, visit: Visiting) -> None:
    for name, typed in (
        ("value", "maybe"),
        ("severity", "9"),
        ("confidence", "very"),
        ("source__rumour", "on"),
        ("flagged", "maybe"),
        ("method__x", "tape"),
        ("field__nothing", "1"),
    ):
        assert ana.tap(visit.answer_url("B1"), **{name: typed}).status_code == 422, name
    assert visit.entries("B1") == []


def test_a_question_without_a_rating_takes_no_yes(ana: Browser, visit: Visiting) -> None:
    assert ana.tap(visit.answer_url("P2"), value="yes").status_code == 422
    assert ana.tap(visit.answer_url("P2"), value="not_seen").status_code == 200


def test_a_note_that_is_too_long_is_refused_whole_and_stays_typed(ana: Browser, visit: Visiting) -> None:
    long = "ә" * 4001
    reply = ana.tap(visit.answer_url("B1"), note=long)
    assert reply.status_code == 422
    assert long in reply.text
    assert visit.entries("B1") == []


def test_a_refused_form_without_javascript_shows_the_card_with_what_was_typed(ana: Browser, visit: Visiting) -> None:
    reply = ana.submit(visit.answer_url("P2"), field__present="99999")
    assert reply.status_code == 422
    assert "<html" in reply.text and 'value="99999"' in reply.text and problem_of(reply.text)


def test_typed_markup_comes_back_as_text(ana: Browser, visit: Visiting) -> None:
    reply = ana.tap(visit.answer_url("B1"), note="<script>alert(1)</script>")
    assert "<script>alert" not in reply.text
    assert "&lt;script&gt;alert(1)" in reply.text


# ---- order, repetition, conflict ---------------------------------------------------------------------------------------


def test_a_tap_sent_twice_is_one_entry(ana: Browser, visit: Visiting) -> None:
    for _ in range(2):
        reply = ana.tap(visit.answer_url("B1"), value="no", tap="same")
        assert reply.headers["X-Op-Ack"] == "same"
    assert len(visit.entries("B1")) == 1


def test_six_queued_taps_end_in_order_without_a_conflict(ana: Browser, visit: Visiting) -> None:
    seen = visit.heads("B1")  # the page never saw a reply: each tap names only the one before it
    for number, value in enumerate(["yes", "no", "partly", "yes", "no", "partly"]):
        previous = {"previous_tap": f"q{number - 1}"} if number else {}
        ana.tap(visit.answer_url("B1"), value=value, seen=seen, tap=f"q{number}", **previous)
    record = visit.records().answers[("B1", "")]
    assert record.fields["value"] == "partly"
    assert record.conflicts == {}
    assert len(visit.entries("B1")) == 6


def test_a_late_tap_with_an_old_sight_stands_against_the_other_and_a_person_decides(ana: Browser, dana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes", seen="", tap="a1")
    reply = dana.tap(visit.answer_url("B1"), value="no", seen="", tap="d1")
    assert reply.status_code == 200
    shown = text_of(reply.text)
    assert person_name("ana") in shown and "You" in shown  # side by side
    candidates = {c.value: c.entry_id for c in visit.records().answers[("B1", "")].conflicts["value"]}
    assert set(candidates) == {"yes", "no"}
    assert f'value="{candidates["yes"]}"' in reply.text
    hub = text_of(dana.get(visit.url).text)
    assert "Two different answers" in hub

    settled = dana.tap(f"{visit.answer_url('B1')}/resolution", field="value", keep=candidates["yes"], seen=visit.heads("B1"))
    assert settled.status_code == 200
    record = visit.records().answers[("B1", "")]
    assert record.fields["value"] == "yes" and record.conflicts == {}
    assert len(visit.entries("B1")) == 3  # nothing was overwritten


def test_a_tap_that_saw_the_other_replaces_it(ana: Browser, dana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes")
    dana.tap(visit.answer_url("B1"), value="no", seen=visit.heads("B1"))
    assert visit.records().answers[("B1", "")].conflicts == {}
    assert visit.answer("B1")["value"] == "no"


def test_two_who_say_the_same_do_not_disagree(ana: Browser, dana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes", seen="")
    dana.tap(visit.answer_url("B1"), value="yes", seen="")
    assert visit.records().answers[("B1", "")].conflicts == {}


def test_a_conflict_is_settled_only_with_a_value_that_stands(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes")
    reply = ana.tap(f"{visit.answer_url('B1')}/resolution", field="value", keep=visit.node.clock.new_id())
    assert reply.status_code == 409
    assert len(visit.entries("B1")) == 1


def test_a_tap_of_another_person_is_refused_and_not_written(dana: Browser, visit: Visiting) -> None:
    reply = dana.tap(visit.answer_url("B1"), value="no", tap="t1", person=PERSON_IDS["ana"])
    assert reply.status_code == 403
    assert "X-Op-Ack" not in reply.headers
    assert visit.entries("B1") == []


def test_heads_that_are_no_entries_of_this_answer_are_not_taken_as_seen(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B2"), value="no")
    ana.tap(visit.answer_url("B1"), value="no", seen=f"{visit.heads('B2')},{visit.node.clock.new_id()},rubbish")
    assert visit.entries("B1")[0].parents == ()


def test_the_tap_before_counts_only_for_its_own_answer(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B2"), value="no", tap="other")
    ana.tap(visit.answer_url("B1"), value="yes", tap="first")
    ana.tap(visit.answer_url("B1"), value="no", seen=visit.heads("B1"), previous_tap="other")
    assert visit.records().answers[("B1", "")].conflicts == {}
    assert visit.answer("B1")["value"] == "no"


# ---- undo and history --------------------------------------------------------------------------------------------------


def test_undo_twice_takes_back_two_taps_and_loses_none(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes", tap="t1")
    ana.tap(visit.answer_url("B1"), value="no", tap="t2", previous_tap="t1")
    assert ana.tap(f"{visit.answer_url('B1')}/undo", seen=visit.heads("B1"), tap="u1").headers["X-Op-Ack"] == "u1"
    assert visit.answer("B1")["value"] == "yes"
    ana.tap(f"{visit.answer_url('B1')}/undo", seen=visit.heads("B1"), tap="u2")
    assert visit.answer("B1")["value"] is None
    assert len(visit.entries("B1")) == 4


def test_an_undo_sent_twice_takes_back_once(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes", tap="t1")
    ana.tap(visit.answer_url("B1"), value="no", tap="t2", previous_tap="t1")
    for _ in range(2):
        ana.tap(f"{visit.answer_url('B1')}/undo", seen=visit.heads("B1"), tap="u1")
    assert visit.answer("B1")["value"] == "yes"


def test_undo_of_nothing_changes_nothing(ana: Browser, visit: Visiting) -> None:
    assert ana.tap(f"{visit.answer_url('B1')}/undo").status_code == 200
    assert visit.entries("B1") == []


def test_the_history_lists_every_entry_newest_first(ana: Browser, dana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes")
    dana.tap(visit.answer_url("B1"), value="no", note="Камера 4", seen=visit.heads("B1"))
    ana.tap(f"{visit.answer_url('B1')}/undo", seen=visit.heads("B1"))
    html = ana.get(f"{visit.answer_url('B1')}/history").text
    rows = [text_of(row) for row in re.findall(r'<ol class="past">(.*?)</ol>', html, re.S)[0].split("<li><b>")[0:]]
    whole = " ".join(rows)
    assert whole.count(person_name("ana")) == 2 and whole.count(person_name("dana")) == 1
    assert "undone" in whole and "Камера 4" in whole and "stands now" in whole
    assert whole.index("undone") < whole.index(person_name("dana"))


# ---- forms without JavaScript ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/undo"])
def test_a_form_without_javascript_goes_back_to_the_card(ana: Browser, visit: Visiting, path: str) -> None:
    reply = ana.submit(visit.answer_url("B1") + path, value="no", seen="", person=PERSON_IDS["ana"])
    assert reply.status_code == 303
    assert reply.headers["Location"] == f"{visit.url}/sections/cells#indicator-B1"
    assert 'id="indicator-B1"' in ana.get(f"{visit.url}/sections/cells").text


def test_a_form_in_the_second_room_goes_back_to_its_card(ana: Browser, visit: Visiting) -> None:
    add_room(ana, visit, "1")
    second = add_room(ana, visit, "2")
    reply = ana.submit(visit.answer_url("C4", second), value="yes")
    assert reply.headers["Location"] == f"{visit.url}/sections/rooms#indicator-C4-2"
    assert 'id="indicator-C4-2"' in ana.get(f"{visit.url}/sections/rooms").text


@pytest.mark.parametrize("indicator", ["Z9", "C4", "B1/no-such-room"])
def test_a_place_that_the_checklist_does_not_have_is_not_there(ana: Browser, visit: Visiting, indicator: str) -> None:
    assert ana.tap(visit.answer_url(indicator), value="yes").status_code == 404


# ---- rooms and files ---------------------------------------------------------------------------------------------------


def test_a_room_sent_twice_is_one_room(ana: Browser, visit: Visiting) -> None:
    repeat_id = add_room(ana, visit)
    ana.submit(f"{visit.url}/repeats", section="rooms", repeat=repeat_id, name="4-камера")
    assert [room.text("name") for room in visit.records().repeats] == ["4-камера"]


def test_a_room_can_be_renamed_and_taken_out(ana: Browser, visit: Visiting) -> None:
    repeat_id = add_room(ana, visit)
    ana.submit(f"{visit.url}/repeats/{repeat_id}", name="5-камера")
    assert visit.records().repeats[0].text("name") == "5-камера"
    ana.submit(f"{visit.url}/repeats/{repeat_id}", removed="on")
    assert visit.records().repeats == ()


def test_a_room_needs_a_name(ana: Browser, visit: Visiting) -> None:
    reply = ana.submit(f"{visit.url}/repeats", section="rooms", repeat=visit.node.clock.new_id(), name=" ")
    assert reply.status_code == 422
    assert visit.records().repeats == ()


def test_a_room_needs_a_sound_id(ana: Browser, visit: Visiting) -> None:
    for repeat in ("a/b", "", "..", "x" * 200):
        assert ana.submit(f"{visit.url}/repeats", section="rooms", repeat=repeat, name="4").status_code == 404
    assert visit.records().repeats == ()


def test_a_room_cannot_take_the_id_of_something_else(ana: Browser, cy: Browser, visit: Visiting) -> None:
    before = visit.records()
    ana.submit(f"{visit.url}/repeats", section="rooms", repeat=visit.visit_id, name="4")
    ana.submit(f"{visit.url}/repeats", section="rooms", repeat=PERSON_IDS["cy"], name="4")
    assert visit.records() == before
    assert cy.get("/visits").status_code == 200 and person_name("cy") in cy.get("/visits").text


# ---- after the end -----------------------------------------------------------------------------------------------------


def test_answers_are_locked_after_the_finish(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("B1"), value="yes")
    ana.submit(f"{visit.url}/finish", reason="уақыт болмады")
    for path in ("", "/undo", "/resolution"):
        reply = ana.tap(visit.answer_url("B1") + path, value="no")
        assert reply.status_code == 409
        assert "closed" in problem_of(reply.text)
    assert visit.answer("B1")["value"] == "yes"


def test_a_return_reopens_only_the_indicator_it_asks_about(ana: Browser, ben: Browser, central: Node, sent_visit: Visiting) -> None:
    visit, there = sent_visit, central.browser("ana")
    there.tap(visit.answer_url("B1"), value="yes")
    there.tap(visit.answer_url("B2"), value="yes")
    there.submit(f"{visit.url}/finish", reason="уақыт болмады")
    assert ben.submit(f"/reviews/{visit.visit_id}/questions", indicator="B1", question="Кім көрді?").status_code == 303
    assert ben.submit(f"/reviews/{visit.visit_id}/return", reason="Сұраққа жауап керек").status_code == 303
    assert visit.state == "returned"
    assert there.tap(visit.answer_url("B2"), value="no").status_code == 409
    assert there.tap(visit.answer_url("B1"), note="Ана өзі көрді", seen=visit.heads("B1")).status_code == 200
    assert visit.answer("B1")["note"] == "Ана өзі көрді"
    assert visit.answer("B2")["value"] == "yes"


def test_a_full_disk_is_said_and_nothing_is_acknowledged(ana: Browser, visit: Visiting, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.errors import DiskFull

    def full(*_: object, **__: object) -> None:
        raise DiskFull()

    monkeypatch.setattr(services, "record_answer", full)
    reply = ana.tap(visit.answer_url("B1"), value="no", tap="t1")
    assert reply.status_code == 507
    assert "X-Op-Ack" not in reply.headers
    assert "disk" in problem_of(reply.text)


def test_saved_is_said_only_after_the_commit(ana: Browser, visit: Visiting, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError
    from sqlmodel import Session

    def fail(_: Session) -> None:
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    assert isinstance(visit.node.database, Database)
    ana.get(visit.url)  # the look that notes the session is over before the commits begin to fail
    monkeypatch.setattr(Session, "commit", fail)
    reply = ana.tap(visit.answer_url("B1"), value="no", tap="t1")
    monkeypatch.undo()
    assert reply.status_code == 507
    assert "X-Op-Ack" not in reply.headers
    assert visit.entries("B1") == []
