"""Telephone numbers that can be dialled, and those that are refused with a sentence."""

from __future__ import annotations

import pytest

from app.domain.contacts import Contact, check_phone, dialled, sorted_contacts
from app.domain.letters import folded, holds
from app.domain.problem import Problem


@pytest.mark.parametrize(
    ("typed", "kept", "call"),
    [
        ("111", "111", "111"),
        ("1414", "1414", "1414"),
        (" +7 727 272-00-00 ", "+7 727 272-00-00", "+77272720000"),
        ("8 (727) 272 00 00", "8 (727) 272 00 00", "+77272720000"),
        ("87272720000", "87272720000", "+77272720000"),
        ("+7\u00a0701\u2013123\u201145\u201167", "+7 701-123-45-67", "+77011234567"),
        ("+996 312 66 00 00", "+996 312 66 00 00", "+996312660000"),
    ],
)
def test_a_number_is_kept_as_it_was_typed_and_dialled_from_anywhere(typed: str, kept: str, call: str) -> None:
    assert check_phone(typed) == kept
    assert dialled(kept) == call


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "11",
        "12345",
        "272-00-00",
        "7272720000",
        "+7 727 272 00 0",
        "+7 727 272 00 000",
        "9 727 272 00 00",
        "+111",
        "+0 000 000 00",
        "727 272 00 00, вн. 12",
        "прокурор",
        "+7 727 272 00 00 +7 701 000 00 00",
        "１１１",
        "1" * 40,
    ],
)
def test_what_nobody_could_dial_is_refused(typed: str) -> None:
    refused = check_phone(typed)
    assert isinstance(refused, Problem)
    assert refused.field == "phone" and "telephone number" in str(refused)


def test_the_most_urgent_stands_first_and_other_regions_stay_away() -> None:
    contacts = [
        Contact("1", "almaty", "other", "Б", "111"),
        Contact("2", "almaty", "psychologist", "А", "111"),
        Contact("3", "almaty", "ambulance", "В", "103"),
        Contact("4", "almaty", "other", "А", "111"),
        Contact("5", "", "ambulance", "Г", "103"),
        Contact("6", "astana", "ambulance", "Д", "103"),
    ]
    assert [one.contact_id for one in sorted_contacts(contacts, "almaty")] == ["3", "2", "4", "1"]
    assert [one.contact_id for one in sorted_contacts(contacts, "")] == ["5"]


@pytest.mark.parametrize(
    ("text", "wanted", "is_found"),
    [
        ("қорғаншылық және қамқоршылық органы", "корганшылык", True),
        ("Әкімшілік ұстау", "акимшилик устау", True),
        ("Ребёнок", "РЕБЕНОК", True),
        ("Ребенок", "ребёнок", True),
        ("уақытша ұстау изоляторы", "изолятор  уақыт", True),
        ("үй", "уй", True),
        ("өкіл һәм", "окил хам", True),
        ("абақты", "абаз", False),
        ("anything", "", True),
    ],
)
def test_a_search_needs_no_kazakh_keyboard(text: str, wanted: str, is_found: bool) -> None:
    assert holds(text, wanted) == is_found


def test_a_letter_made_of_two_signs_is_the_same_letter() -> None:
    assert folded("и\u0306од") == folded("йод") != folded("иод")
