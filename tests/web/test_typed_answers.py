"""What is typed into a card: each field kept as what it means, and what cannot be refused without losing a letter."""

from __future__ import annotations

import re

import pytest

from tests.web.nodes import Browser, Visiting, add_room, problem_of

LANGUAGES = ("kk", "ru", "en")


KEPT: list[tuple[str, dict[str, str], dict[str, object]]] = [
    ("P2", {"field__present": "12"}, {"field.present": 12}),
    ("P2", {"field__present": ""}, {"field.present": None}),
    ("P4", {"field__median_days": "2,5"}, {"field.median_days": 2.5}),
    (
        "P4",
        {"field__median_days": "2.5", "method__median_days": "records"},
        {"field.median_days": 2.5, "method.median_days": "records"},
    ),
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
def test_rooms_and_files_keep_times_and_moments(
    ana: Browser, visit: Visiting, indicator: str, posted: dict[str, str], kept: dict[str, object]
) -> None:
    repeat_id = add_room(ana, visit, section="rooms" if indicator == "C4" else "files")
    assert ana.tap(visit.answer_url(indicator, repeat_id), **posted).status_code == 200
    assert visit.answer(indicator, repeat_id) == kept


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
def test_what_cannot_be_is_refused_in_the_readers_language_and_stays_typed(
    ana: Browser, visit: Visiting, language: str
) -> None:
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
def test_a_numerator_above_its_denominator_is_refused_and_both_stay_typed(
    ana: Browser, visit: Visiting, language: str
) -> None:
    reply = ana.speak(language).tap(visit.answer_url("P6"), field__talked="13", field__talked__of="12")
    assert reply.status_code == 422
    assert 'value="13"' in reply.text and 'value="12"' in reply.text
    assert problem_of(reply.text)
    assert visit.answer("P6") == {}


def test_a_numerator_is_held_against_the_denominator_that_was_kept_before(ana: Browser, visit: Visiting) -> None:
    ana.tap(visit.answer_url("P6"), field__talked="3", field__talked__of="12", tap="t1")
    assert ana.tap(visit.answer_url("P6"), field__talked="13", previous_tap="t1").status_code == 422
    assert visit.answer("P6")["field.talked"] == {"n": 3, "of": 12}


@pytest.mark.parametrize(
    ("indicator", "typed"), [("C4", "25:00"), ("C4", "12:60"), ("A2", "2026-11-21"), ("A2", "2026-13-01T10:00")]
)
def test_impossible_times_and_moments_are_refused(ana: Browser, visit: Visiting, indicator: str, typed: str) -> None:
    repeat_id = add_room(ana, visit, section="rooms" if indicator == "C4" else "files")
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
