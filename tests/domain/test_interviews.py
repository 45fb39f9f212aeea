"""An interview: what its form takes, what closing waits for, its code, and the document that is sealed."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from app.domain import interviews, readings
from app.domain.interviews import Interview, document, missing, new_code, read_document
from app.domain.people import Person

WHOLE = {
    "assent": "yes",
    "age": "11_14",
    "language": "kk",
    "near.nobody": "yes",
    "distress": "calm",
    "disclosure": "none",
    "reprisal": "low",
}
TALK = Interview("i", "v", "ana", "Б-7", "child-11-14", date(2026, 11, 22), "morning", WHOLE)


def test_a_whole_interview_may_be_closed_without_a_note() -> None:
    assert missing(TALK, is_child=True) == ()


@pytest.mark.parametrize("name", [name for name in WHOLE if name != "assent"])
def test_closing_names_what_is_missing(name: str) -> None:
    less = {key: value for key, value in WHOLE.items() if key != name}
    assert missing(replace(TALK, content=less), is_child=True) == (name.partition(".")[0],)


def test_an_adult_has_no_age_to_choose() -> None:
    ageless = {key: value for key, value in WHOLE.items() if key != "age"}
    assert missing(replace(TALK, content=ageless), is_child=False) == ()


@pytest.mark.parametrize(
    ("told", "asks"),
    [
        ({"disclosure": "self"}, "passing_on"),
        ({"reprisal": "some"}, "follow_up_on"),
        ({"reprisal": "high"}, "follow_up_on"),
    ],
)
def test_what_was_told_asks_for_what_comes_next(told: dict[str, str], asks: str) -> None:
    assert missing(replace(TALK, content=WHOLE | told), is_child=True) == (asks,)
    assert missing(replace(TALK, content=WHOLE | told | {asks: "x"}), is_child=True) == ()


def test_nobody_is_seen_again_before_the_talk() -> None:
    assert missing(replace(TALK, content=WHOLE | {"follow_up_on": "2026-11-21"}), is_child=True) == ("follow_up_on",)
    assert missing(replace(TALK, content=WHOLE | {"follow_up_on": "2026-11-22"}), is_child=True) == ()


def test_codes_are_short_free_and_in_no_order() -> None:
    codes: list[str] = []
    for number in range(200):
        codes.append(new_code(codes, (number * 7919).to_bytes(8)))
    assert len(set(codes)) == 200
    assert all(3 <= len(code) <= 4 and code[0] in "АБЖКЛМРСТ" and code[1] == "-" for code in codes)
    assert codes != sorted(codes)
    assert new_code([], b"\x00") == "А-2"
    assert new_code(["А-2"], b"\x00") == "А-3"


def test_only_half_a_day_is_kept() -> None:
    assert interviews.half_of(datetime(2026, 11, 22, 11, 59)) == "morning"
    assert interviews.half_of(datetime(2026, 11, 22, 12, 0)) == "afternoon"


@pytest.mark.parametrize(
    ("trained_on", "is_trained"), [(None, False), (date(2026, 11, 23), False), (date(2026, 11, 22), True)]
)
def test_who_has_no_past_training_talks_with_nobody(trained_on: date | None, is_trained: bool) -> None:
    person = Person("ana", "Ana", frozenset({"monitor"}), trained_on=trained_on)
    assert interviews.is_trained(person, date(2026, 11, 22)) is is_trained


def test_the_form_sets_what_it_knows_and_nothing_else() -> None:
    known = ("age", "near.staff_in_sight", "note.day", "note.other", "reach", "follow_up_on")
    strange = ("assent", "representative", "near.judge", "note.nothing", "code", "name", "in", "near", "note")
    assert all(interviews.is_field(name, {"day"}) for name in known)
    assert not any(interviews.is_field(name, {"day"}) for name in strange)


def test_a_choice_is_one_of_those_offered_and_a_day_is_a_day() -> None:
    assert interviews.is_allowed("distress", "severe") and not interviews.is_allowed("distress", "9")
    assert interviews.is_allowed("near.camera", "yes") and not interviews.is_allowed("near.camera", "on")
    assert interviews.is_allowed("follow_up_on", "2026-12-01") and not interviews.is_allowed("follow_up_on", "20261201")
    assert interviews.is_allowed("reach", "anything")


def test_a_document_says_all_and_its_length_nothing() -> None:
    short, long = document(TALK), document(replace(TALK, content=WHOLE | {"note.day": "ұрды " * 300}))
    assert len(short) == len(long) == interviews.PADDING_BYTES
    assert read_document(short) == TALK
    assert read_document(long).content["note.day"].startswith("ұрды")


@pytest.mark.parametrize("plain", [b"", b"[]", b"{}", b'{"version":2}', b'{"version":1}', b'{"version":1,"content":7}'])
def test_what_is_no_document_is_refused(plain: bytes) -> None:
    with pytest.raises(ValueError):
        read_document(plain)


def test_a_document_is_sealed_for_its_own_interview() -> None:
    kinds = {interviews.sealed_info("v", "i"), interviews.sealed_info("v", "j"), interviews.sealed_info("w", "i")}
    assert len(kinds) == 3


# ---- the file of a reading -------------------------------------------------------------------------------------------

GIVEN = readings.Given("r", "i", "v", "Б-7", "CENTRAL", "Ben", "", "to answer a complaint", 5, ({"KEY": "c2VhbGVk"},))


def test_a_reading_comes_back_as_it_was_written() -> None:
    text = readings.text_of(GIVEN)
    assert readings.read(readings.written(text, b"\x01\x02")) == (GIVEN, text, b"\x01\x02")


@pytest.mark.parametrize(
    "spoil", [lambda d: b"", lambda d: d[:40], lambda d: d[5:], lambda d: d.replace(b'"KEY"', b"7")]
)
def test_a_broken_reading_is_named(spoil: object) -> None:
    data = readings.written(readings.text_of(GIVEN), b"\x01")
    with pytest.raises(readings.BrokenReading):
        readings.read(spoil(data))  # type: ignore[operator]


def test_a_request_lasts_a_day_and_waits_for_a_second_person_when_there_must_be_one() -> None:
    asked = readings.Reading("r", "i", "v", "ben", "why", asked_at_ms=1000)
    assert not asked.is_over(1000 + 24 * 3_600_000) and asked.is_over(1001 + 24 * 3_600_000)
    assert asked.waits(True) and not asked.waits(False)
    assert not replace(asked, confirmed_by="bek").waits(True)
