"""Kazakh, Russian and English: nothing unsaid, the right plural, dates, order and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from babel.support import Translations

from app.web import words
from app.web.language import DOMAIN, LOCALE_DIR, Speech, catalogue
from tests.web.nodes import Browser, Visiting

ROOT = Path(__file__).resolve().parents[2]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "N_": None,
    "say": None,
    "say_n": (1, 2),
    "say_in": ((1, "c"), 2),
    "InvalidInput": None,
    "PhotoRefused": None,
}
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
OPTIONS = {
    "**.html": {
        "extensions": "jinja2.ext.i18n",
        "newstyle_gettext": "true",
        "trim_blocks": "true",
        "lstrip_blocks": "true",
    }
}
PARAMETER = re.compile(r"%\((\w+)\)[sd]")
ALMATY = ZoneInfo("Asia/Almaty")


def speech(language: str) -> Speech:
    return Speech(language, ALMATY)


def said_by_the_code() -> set[tuple[str | None, str]]:
    """(context, message) of everything that the program can say."""
    found: set[tuple[str | None, str]] = set()
    for folder in ("app", "templates"):
        for _, _, message, _, context in extract_from_dir(str(ROOT / folder), METHODS, OPTIONS, KEYWORDS):
            found.add((context, message[0] if isinstance(message, tuple) else message))
    return {(context, text) for context, text in found if text}


def known_to(language: str) -> dict[tuple[str | None, str], Message]:
    with (LOCALE_DIR / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as source:
        messages = read_po(source, locale=language)
    return {(m.context, m.id if isinstance(m.id, str) else m.id[0]): m for m in messages if m.id}


def forms(message: Message) -> Iterator[str]:
    yield from [message.string] if isinstance(message.string, str) else message.string or [""]


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_everything_that_the_program_can_say_is_translated(language: str) -> None:
    said = said_by_the_code()
    known = known_to(language)
    assert len(said) > 400
    assert sorted(text for context, text in said - set(known)) == []
    assert [key for key in said if not all(forms(known[key])) or known[key].fuzzy] == []


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_every_translation_names_the_same_parameters(language: str) -> None:
    for (_, text), message in known_to(language).items():
        wanted = set(PARAMETER.findall(text))
        if isinstance(message.id, tuple):
            wanted = wanted | set(PARAMETER.findall(message.id[1]))
        for string in forms(message):
            assert set(PARAMETER.findall(string)) == wanted, text


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_every_code_has_its_words_in_each_language(language: str) -> None:
    known = known_to(language)
    tables = [table for name, table in vars(words).items() if name.isupper() and isinstance(table, dict)]
    said = [
        text for table in tables for value in table.values() for text in ([value] if isinstance(value, str) else value)
    ]
    assert len(said) > 80
    assert [text for text in said if (None, text) not in known] == []


@pytest.mark.parametrize(
    ("language", "count", "told"),
    [
        ("en", 1, "1 child today"),
        ("en", 2, "2 children today"),
        ("en", 5, "5 children today"),
        ("en", 11, "11 children today"),
        ("en", 21, "21 children today"),
        ("en", 22, "22 children today"),
        ("en", 1.5, "1.5 children today"),
        ("ru", 1, "1 ребёнок"),
        ("ru", 2, "2 ребёнка"),
        ("ru", 5, "5 детей"),
        ("ru", 11, "11 детей"),
        ("ru", 21, "21 ребёнок"),
        ("ru", 22, "22 ребёнка"),
        ("ru", 1.5, "1,5 ребёнка"),
        ("kk", 1, "1 бала"),
        ("kk", 2, "2 бала"),
        ("kk", 5, "5 бала"),
        ("kk", 11, "11 бала"),
        ("kk", 21, "21 бала"),
        ("kk", 22, "22 бала"),
        ("kk", 1.5, "1,5 бала"),
    ],
)
def test_each_number_takes_the_plural_of_its_language(language: str, count: float, told: str) -> None:
    said = speech(language).say_n("%(count)s child today", "%(count)s children today", count)
    assert re.search(rf"(?<!\S){re.escape(told)}(?!\S)", said), said


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_plural_with_more_parameters_keeps_them(language: str) -> None:
    said = speech(language).say_n(
        "Came at %(time)s, let in after %(count)s minute",
        "Came at %(time)s, let in after %(count)s minutes",
        25,
        time="13:10",
    )
    assert "13:10" in said and "25" in said and "%" not in said


def test_the_catalogues_can_be_read_by_anyone() -> None:
    assert not isinstance(catalogue("kk"), Translations) and catalogue("kk") is catalogue("kk")
    assert catalogue("en").gettext("yes") == "yes"


# ---- dates, numbers, order ---------------------------------------------------------------------------------------------

MONTHS = [
    "қаңтар",
    "ақпан",
    "наурыз",
    "сәуір",
    "мамыр",
    "маусым",
    "шілде",
    "тамыз",
    "қыркүйек",
    "қазан",
    "қараша",
    "желтоқсан",
]


@pytest.mark.parametrize(("month", "name"), list(enumerate(MONTHS, start=1)))
def test_kazakh_dates_name_the_month_in_kazakh(month: int, name: str) -> None:
    assert name in speech("kk").day(date(2026, month, 5)).casefold()


def test_a_day_reads_as_it_is_written_in_each_language() -> None:
    day = date(2026, 11, 22)
    told = [" ".join(speech(language).day(day).split()) for language in ("kk", "ru", "en")]  # CLDR has narrow spaces
    assert told == ["2026 ж. 22 қараша", "22 ноября 2026 г.", "November 22, 2026"]


def test_a_moment_is_told_in_the_offices_time_zone() -> None:
    late = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)  # already the 23rd in Almaty, UTC+5 since 2024-03-01
    assert speech("ru").moment(late) == "23 ноября 2026, 01:30"
    assert speech("kk").clock_time(late) == "01:30"


@pytest.mark.parametrize(("language", "written"), [("kk", "9,3"), ("ru", "9,3"), ("en", "9.3")])
def test_numbers_have_the_comma_of_their_language(language: str, written: str) -> None:
    assert speech(language).number(9.3) == written
    assert speech(language).number(9.26, 1) == written
    assert speech(language).number(12) == "12"


def test_kazakh_words_are_sorted_as_a_kazakh_dictionary_does() -> None:
    right = [
        "Абай",
        "Ая",
        "Әлем",
        "Б",
        "Ғ",
        "Д",
        "Ер",
        "Ёлка",
        "Ж",
        "Кент",
        "Қала",
        "Нұр",
        "Ңа",
        "Ор",
        "Өзен",
        "Су",
        "Тау",
        "Ушарал",
        "Ұлытау",
        "Үй",
        "Фон",
        "Хан",
        "Һа",
        "Ыс",
        "Із",
        "Э",
        "Я",
    ]
    key = speech("kk").sort_key
    mixed = sorted(right, key=lambda word: word[::-1])
    assert mixed != right and sorted(mixed, key=key) == right


def test_sorting_minds_neither_case_nor_how_a_keyboard_makes_a_letter() -> None:
    key = speech("kk").sort_key
    assert key("ӘЛЕМ")[0] < key("б")[0] and key("Йод") == key("Йод")
    assert sorted(["б", "А", "а", "Б"], key=key)[:2] in (["А", "а"], ["а", "А"])


def test_russian_words_have_yo_after_ye() -> None:
    assert sorted(["Жук", "Ёж", "Ель", "Дом"], key=speech("ru").sort_key) == ["Дом", "Ель", "Ёж", "Жук"]


# ---- the switch --------------------------------------------------------------------------------------------------------


def test_the_switch_keeps_the_place_with_its_query(ana: Browser, visit: Visiting) -> None:
    here = f"{visit.url}/sections/cells?show=unanswered"
    assert f'name="next" value="{here}"' in ana.get(here).text
    reply = ana.submit("/preferences", language="ru", next=here)
    assert (reply.status_code, reply.headers["Location"]) == (303, here)
    assert '<html lang="ru"' in ana.get(here).text


def test_the_switch_stands_on_every_page(ana: Browser, visit: Visiting) -> None:
    for path in (
        "/visits",
        "/visits/new",
        visit.url,
        f"{visit.url}/finish",
        f"{visit.url}/report",
        "/sync",
        "/sign-in",
        "/visits/nothing",
    ):
        html = ana.get(path).text
        assert all(f'name="language" value="{language}"' in html for language in ("kk", "ru", "en")), path


def test_a_choice_stays_with_the_others_that_were_made(ana: Browser) -> None:
    ana.submit("/preferences", theme="night")
    ana.submit("/preferences", language="kk", size="large")
    ana.submit("/preferences", hand="left", theme="purple")
    assert '<html lang="kk" data-theme="night" data-size="large" data-hand="left">' in ana.get("/visits").text


def test_an_odd_look_cookie_is_as_good_as_none(ana: Browser) -> None:
    name = f"{ana.node_app.state.settings.cookie_name}_look"
    ana.cookies.set(name, "language=xx&theme=%22%3E%3Cscript%3E", domain="127.0.0.1")
    assert '<html lang="en" data-theme="light"' in ana.get("/visits").text


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_the_pages_of_a_visit_speak_the_readers_language(ana: Browser, visit: Visiting, language: str) -> None:
    ana.speak(language).tap(visit.answer_url("B1"), value="no")
    for path in (
        "/visits",
        visit.url,
        f"{visit.url}/sections/cells",
        f"{visit.url}/finish",
        f"{visit.url}/report",
        "/sync",
    ):
        html = ana.get(path).text
        assert f'<html lang="{language}"' in html
        assert not re.findall(r">\s*(Save|Finish|Sign|Visits|Report|Sending|Undo|Yes|No)\s*<", html), path
