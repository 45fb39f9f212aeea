"""What is typed into an answer, and what an answer means."""

from typing import Any

import pytest

from app.domain.answer_input import TEXT_MAX_CHARS, check_answer, check_field, check_text, check_value
from app.domain.answers import (
    answer_place,
    answer_subject,
    derived_values,
    is_complete,
    is_finding,
    needs_reason,
    shows_danger,
    suggested_confidence,
    verdicts,
)
from app.domain.checklist import CompiledChecklist, Indicator, Threshold
from app.domain.coverage import Coverage, asked_in, coverage_of
from app.domain.journal import Json
from app.domain.merge import Candidate, Record
from app.domain.problem import Problem

VISIT = "0193a1c2-0000-7000-8000-000000000001"
ROOM = "0193a1c2-0000-7000-8000-00000000000a"
OTHER_ROOM = "0193a1c2-0000-7000-8000-00000000000b"


def text(said: str = "text") -> dict[str, str]:
    return {"kk": f"{said} kk", "ru": f"{said} ru", "en": f"{said} en"}


def make_indicator(indicator_id: str = "B1", *, rating: bool = True, **overrides: Any) -> Indicator:
    """A small indicator; `fields`, `derived` go into its answer, everything else over its keys."""
    answer = {"rating": rating, "fields": overrides.pop("fields", []), "derived": overrides.pop("derived", [])}
    cards = ("yes", "partly", "no", "not_applicable", "not_seen", "example", "counter_example")
    return Indicator.model_validate(
        {
            "id": indicator_id,
            "text": text(),
            "guidance": text(),
            "card": {card: text() for card in cards},
            "applies_to": ["ALL"],
            "sources": ["observation"],
            "measures": "outcome",
            "answer": answer,
            "severity": 2,
            **overrides,
        }
    )


def asked(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": text(), **more}


def rooms() -> Indicator:
    """Area for each child: at least 2.5 m2 by the law, 4 m2 by the international standard."""
    rule = {"field": "area_per_child", "rule": "at_least", "unit": "m2", "standard": "crc.1"}
    quotient = {"key": "area_per_child", "unit": "m2", "numerator": "area", "denominator": "children"}
    return make_indicator(
        "C1",
        rating=False,
        fields=[
            asked("area", "measure", unit="m2", min=0.5, max=500, decimals=1),
            asked("children", "count", unit="persons", min=0, max=200),
        ],
        derived=[{**quotient, "label": text()}],
        thresholds=[{**rule, "level": "national", "value": 2.5}, {**rule, "level": "international", "value": 4}],
    )


def record(**fields: Json) -> Record:
    """A merged answer. Keyword `field__area` stands for the field `field.area`."""
    return Record("s", "answer", "v", {name.replace("__", "."): value for name, value in fields.items()})


def test_a_number_for_one_child_is_not_held_against_a_room_of_three() -> None:
    rule = {"field": "area_per_child", "rule": "at_least", "unit": "m2", "standard": "crc.1", "level": "international"}
    shared, single = {"field": "children", "at_least": 2}, {"field": "children", "at_most": 1}
    thresholds = [{**rule, "value": 4, "where": shared}, {**rule, "value": 6, "where": single}]
    room = rooms().model_copy(update={"thresholds": tuple(Threshold.model_validate(one) for one in thresholds)})

    def limits(**fields: Json) -> list[tuple[float, str]]:
        return [(one.threshold.value, one.outcome) for one in verdicts(room, record(**fields).fields)]

    assert limits(field__area=8, field__children=2) == [(4, "kept")]
    assert limits(field__area=5, field__children=1) == [(6, "broken")]
    assert limits(field__area=6, field__children=1) == [(6, "kept")]
    assert limits(field__area=6) == []


FIELDS = make_indicator(
    fields=[
        asked("area", "measure", unit="m2", min=0.5, max=500, decimals=1),
        asked("cold", "measure", unit="C", min=-30, max=50, decimals=0),
        asked("children", "count", unit="persons", max=2000),
        asked("seen", "share", of=text()),
        asked("how_often", "choice", options=[{"key": "never", "label": text()}, {"key": "often", "label": text()}]),
        asked("words", "text"),
        asked("day", "date"),
        asked("clock", "time"),
        asked("told_at", "moment"),
    ]
)


# ---- typed text -> value ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "typed", "kept"),
    [
        ("area", "12,5", 12.5),
        ("area", " 12.5 ", 12.5),
        ("area", "12.0", 12),
        ("area", "0,5", 0.5),
        ("area", "500", 500),
        ("cold", "-7", -7),
        ("cold", "−7", -7),
        ("children", "1 200", 1200),
        ("children", "1\u00a0200", 1200),
        ("children", "0", 0),
        ("children", "  ", None),
        ("how_often", "often", "often"),
        ("day", "2026-02-28", "2026-02-28"),
        ("clock", "9:05", "09:05"),
        ("clock", "09.05", "09:05"),
        ("clock", "09:05:30", "09:05"),
        ("told_at", "2026-11-22T14:30", "2026-11-22T14:30"),
        ("told_at", "2026-11-22 9:30", "2026-11-22T09:30"),
        ("words", " a\r\nb\x00 ", "a\nb"),
    ],
)
def test_a_field_keeps_what_was_typed_in_one_written_form(key: str, typed: str, kept: Json) -> None:
    assert check_field(FIELDS, key, typed) == kept


@pytest.mark.parametrize(
    ("key", "typed", "said"),
    [
        ("area", "many", "not a number"),
        ("area", "NaN", "not a number"),
        ("area", "1e3", "not a number"),
        ("area", "1.234,5", "not a number"),
        ("area", "3 1", "not a number"),
        ("area", "٣", "not a number"),
        ("area", "2,55", "at most 1"),
        ("area", "0,4", "below 0.5"),
        ("area", "500,1", "above 500"),
        ("children", "2,5", "whole number"),
        ("children", "1.000", "whole number"),
        ("children", "-1", "below 0"),
        ("children", "2001", "above 2000"),
        ("how_often", "sometimes", "not offered"),
        ("day", "2026-02-30", "not a date"),
        ("day", "22.11.2026", "not a date"),
        ("day", "0206-11-22", "not a date"),
        ("clock", "25:00", "not a time"),
        ("told_at", "2026-11-22", "not a date with a time"),
        ("nothing", "1", "does not ask"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_not_rounded(key: str, typed: str, said: str) -> None:
    problem = check_field(FIELDS, key, typed)
    assert isinstance(problem, Problem)
    assert problem.field == f"field.{key}"
    assert said in str(problem)


def test_a_share_is_two_whole_numbers_the_first_never_above_the_second() -> None:
    assert check_field(FIELDS, "seen", "3", "12") == {"n": 3, "of": 12}
    assert check_field(FIELDS, "seen", "0", "0") == {"n": 0, "of": 0}
    assert check_field(FIELDS, "seen", "", "") is None
    above = check_field(FIELDS, "seen", "13", "12")
    assert isinstance(above, Problem)
    assert "larger than the second" in str(above)
    for n, of in (("1,5", "2"), ("1", "2,5"), ("-1", "2"), ("x", "2")):
        assert isinstance(check_field(FIELDS, "seen", n, of), Problem)


def test_half_a_share_is_kept_and_completed_by_the_other_half() -> None:
    first = check_answer(FIELDS, {"field.seen": "3"})
    assert first.sets == {"field.seen": {"n": 3, "of": None}}
    second = check_answer(FIELDS, {"field.seen.of": "12"}, held=first.sets)
    assert second.sets == {"field.seen": {"n": 3, "of": 12}}
    assert check_answer(FIELDS, {"field.seen.of": "2"}, held=first.sets).problems[0].field == "field.seen"


def test_a_text_of_4000_characters_is_kept_and_a_longer_one_refused() -> None:
    assert check_text("note", "ж" * TEXT_MAX_CHARS) == "ж" * TEXT_MAX_CHARS
    assert isinstance(check_text("note", "ж" * (TEXT_MAX_CHARS + 1)), Problem)


def test_without_a_rating_only_not_applicable_and_not_seen_can_be_answered() -> None:
    assert check_value(FIELDS, "partly") == "partly"
    assert check_value(FIELDS, "") is None
    assert isinstance(check_value(FIELDS, "maybe"), Problem)
    assert isinstance(check_value(rooms(), "yes"), Problem)
    assert check_value(rooms(), "not_seen") == "not_seen"


def test_a_post_sets_only_what_it_names_and_reports_every_problem() -> None:
    posted = {
        "value": "no",
        "reason": "",
        "field.area": "3,1",
        "field.children": "x",
        "method.area": "tape",
        "source.child": "on",
        "source.staff": "off",
        "confidence": "high",
        "severity": "danger",
        "flagged": "on",
        "seen": "abc",
        "tap": "1",
        "person": VISIT,
    }
    checked = check_answer(FIELDS, posted)
    assert checked.sets == {
        "value": "no",
        "reason": None,
        "field.area": 3.1,
        "method.area": "tape",
        "source.child": True,
        "source.staff": False,
        "confidence": "high",
        "severity": "danger",
        "flagged": True,
    }
    assert [problem.field for problem in checked.problems] == ["field.children"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("method.area", "guess"),
        ("method.children", "tape"),
        ("source.rumour", "on"),
        ("source.child", "maybe"),
        ("confidence", "sure"),
        ("severity", "5"),
        ("flagged", "1"),
        ("value.x", "yes"),
        ("severity.x", "1"),
    ],
)
def test_a_post_cannot_set_what_the_question_does_not_offer(name: str, typed: str) -> None:
    checked = check_answer(FIELDS, {name: typed})
    assert not checked.sets
    assert checked.problems[0].field == name


# ---- what an answer means --------------------------------------------------------------------------------------------


def test_an_answer_is_complete_with_a_value_and_a_reason_where_nothing_was_seen() -> None:
    assert not is_complete(FIELDS, None)
    assert not is_complete(FIELDS, record(note="later"))
    assert is_complete(FIELDS, record(value="yes"))
    assert not is_complete(FIELDS, record(value="not_seen", reason=" "))
    assert needs_reason(record(value="not_applicable").fields)
    assert is_complete(FIELDS, record(value="not_seen", reason="locked"))


def test_a_disputed_value_is_not_complete() -> None:
    two = (Candidate("a", "yes", "p", 1), Candidate("b", "no", "q", 1))
    assert not is_complete(FIELDS, Record("s", "answer", "v", {}, {"value": two}, ("a", "b")))


def test_without_a_rating_every_number_is_needed() -> None:
    assert not is_complete(rooms(), record(field__area=12))
    assert is_complete(rooms(), record(field__area=12, field__children=0))
    shared = make_indicator(rating=False, fields=[asked("seen", "share", of=text()), asked("words", "text")])
    assert not is_complete(shared, record(field__seen={"n": 3, "of": None}, field__words="x"))
    assert is_complete(shared, record(field__seen={"n": 3, "of": 4}))
    words = make_indicator(rating=False, fields=[asked("words", "text"), asked("more", "text")])
    assert not is_complete(words, record(field__words=None))
    assert is_complete(words, record(field__words="x"))


def test_the_area_per_child_is_computed_and_never_divides_by_nought() -> None:
    assert derived_values(rooms(), record(field__area=10, field__children=4).fields) == {"area_per_child": 2.5}
    assert derived_values(rooms(), record(field__area=10, field__children=0).fields) == {"area_per_child": None}
    assert derived_values(rooms(), record(field__area=10).fields) == {"area_per_child": None}


@pytest.mark.parametrize(
    ("area", "children", "outcomes"),
    [
        (12.5, 5, ["kept", "broken"]),  # exactly 2.5 m2
        (12.4, 5, ["broken", "broken"]),  # 2.48 m2 would be 2.5 when rounded
        (16, 4, ["kept", "kept"]),
        (16, 0, ["unknown", "unknown"]),
        (None, 4, ["unknown", "unknown"]),
    ],
)
def test_law_and_standard_are_held_side_by_side_before_rounding(area: Json, children: int, outcomes: list[str]) -> None:
    found = verdicts(rooms(), record(field__area=area, field__children=children).fields)
    assert [verdict.level for verdict in found] == ["national", "international"]
    assert [verdict.outcome for verdict in found] == outcomes


def test_a_quotient_is_compared_as_it_was_typed_and_not_as_binary_fractions() -> None:
    tenths = make_indicator(
        fields=[asked("a", "measure", unit="h", decimals=1), asked("b", "measure", unit="h", decimals=1)],
        derived=[{"key": "c", "label": text(), "unit": "h", "numerator": "a", "denominator": "b"}],
        thresholds=[
            {"field": "c", "level": "national", "rule": "at_least", "value": 3, "unit": "h", "standard": "x"},
            {"field": "a", "level": "national", "rule": "at_most", "value": 0.3, "unit": "h", "standard": "x"},
        ],
    )
    assert 0.3 / 0.1 < 3  # what this test is about
    found = verdicts(tenths, record(field__a=0.3, field__b=0.1).fields)
    assert [verdict.outcome for verdict in found] == ["kept", "kept"]


def test_what_does_not_apply_is_held_against_no_rule() -> None:
    fields = record(value="not_applicable", field__area=1, field__children=4).fields
    assert {verdict.outcome for verdict in verdicts(rooms(), fields)} == {"unknown"}


def test_danger_shows_in_a_bad_answer_to_a_danger_question_or_in_a_finding_marked_so() -> None:
    danger = make_indicator(severity="danger")
    assert [shows_danger(danger, {"value": value}) for value in ("no", "partly", "yes", "not_seen")] == [
        True,
        True,
        False,
        False,
    ]
    assert not shows_danger(FIELDS, {"value": "no"})
    assert shows_danger(FIELDS, {"flagged": True, "severity": "danger"})
    assert not shows_danger(FIELDS, {"flagged": False, "severity": "danger"})
    assert is_finding(danger, {"value": "no", "flagged": False})
    assert is_finding(FIELDS, {"flagged": True})
    assert not is_finding(FIELDS, {"value": "no"})


@pytest.mark.parametrize(
    ("sources", "suggested"),
    [
        ([], ""),
        (["child", "records"], "high"),
        (["observation", "staff"], "high"),
        (["records"], "medium"),
        (["staff", "records"], "medium"),  # both are the word of the place
        (["child", "family"], "medium"),
        (["staff"], "low"),
        (["child"], "low"),
    ],
)
def test_confidence_is_high_only_when_independent_sources_agree(sources: list[str], suggested: str) -> None:
    fields: dict[str, Json] = {f"source.{kind}": True for kind in sources}
    assert suggested_confidence({**fields, "value": "no", "source.measurement": False}) == suggested


def test_the_subject_of_an_answer_can_be_read_back() -> None:
    assert answer_subject(VISIT, "C1") == f"{VISIT}/C1"
    assert answer_place(answer_subject(VISIT, "C1")) == (VISIT, "C1", "")
    assert answer_place(answer_subject(VISIT, "C1", ROOM)) == (VISIT, "C1", ROOM)
    for wrong in ("x", "a/b/c/d", "/B1"):
        with pytest.raises(ValueError, match="not the subject"):
            answer_place(wrong)


# ---- coverage --------------------------------------------------------------------------------------------------------


def make_checklist() -> CompiledChecklist:
    """P2 and B1 once, C1 and C2 in each room; B1 only when there are girls; B1 and C1 are required."""
    indicators = [
        make_indicator("P2", rating=False, fields=[asked("girls", "count")]),
        make_indicator("B1", severity="danger", when={"field": "P2.girls", "at_least": 1}),
        rooms(),
        make_indicator("C2", when={"field": "C1.children", "at_least": 2}),
    ]
    return CompiledChecklist.model_validate(
        {
            "checklist": {
                "id": "small",
                "version": 1,
                "types": ["ivs"],
                "title": text(),
                "sections": [
                    {"id": "all", "title": text(), "hint": text(), "indicators": ["P2", "B1"]},
                    {"id": "rooms", "title": text(), "hint": text(), "repeat": "room", "indicators": ["C1", "C2"]},
                ],
                "must": ["B1", "C1"],
            },
            "indicators": {indicator.id: indicator for indicator in indicators},
            "standards": {},
        }
    )


def test_an_empty_visit_asks_everything_once() -> None:
    assert coverage_of(make_checklist(), None, {}, {}) == Coverage(4, 0, 2, 0, 0, 0, 0)


def test_rooms_are_asked_one_by_one_and_each_by_its_own_answers() -> None:
    checklist = make_checklist()
    repeats = {"rooms": [ROOM, OTHER_ROOM]}
    answers = {
        ("C1", ROOM): record(field__area=12, field__children=1),
        ("C1", OTHER_ROOM): record(field__area=12, field__children=2),
        ("C2", "removed-room"): record(value="no"),
    }
    section = checklist.section("rooms")
    found = [(one.indicator.id, one.repeat_id) for one in asked_in(checklist, section, answers, repeats)]
    assert found == [("C1", ROOM), ("C1", OTHER_ROOM), ("C2", OTHER_ROOM)]
    assert coverage_of(checklist, section, answers, repeats) == Coverage(3, 2, 0, 0, 0, 0, 0)


def test_a_skipped_question_counts_nowhere_and_danger_not_seen_and_conflicts_are_counted() -> None:
    checklist = make_checklist()
    without_girls = {("P2", ""): record(field__girls=0), ("B1", ""): record(value="no")}
    assert coverage_of(checklist, checklist.section("all"), without_girls, {}) == Coverage(1, 1, 0, 0, 0, 0, 0)
    two = (Candidate("a", "yes", "p", 1), Candidate("b", "no", "q", 1))
    answers = {
        ("P2", ""): record(value="not_seen", field__girls=1),
        ("B1", ""): Record("s", "answer", "v", {"flagged": True, "severity": "danger"}, {"value": two}, ("a", "b")),
    }
    assert coverage_of(checklist, checklist.section("all"), answers, {}) == Coverage(2, 0, 1, 1, 1, 1, 1)
