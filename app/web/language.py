"""Kazakh, Russian and English: catalogues, dates, numbers and sorting. Everything a page says goes through here."""

import gettext
import io
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LANGUAGES: Final = ("kk", "ru", "en")
DOMAIN: Final = "baqylau"
LOCALE_DIR: Final = Path(__file__).resolve().parent.parent / "locale"
# The Kazakh alphabet's order (Cyrillic); letters of Russian and English stand where a Kazakh reader looks for them.
KAZAKH_ORDER: Final = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
RUSSIAN_ORDER: Final = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"


@lru_cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The translations of a language, read from its .po file; English is what the code says."""
    path = LOCALE_DIR / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    if language == "en" or not path.exists():
        return gettext.NullTranslations()
    with open(path, "rb") as source:
        messages = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@lru_cache(maxsize=2000)
def _number(language: str, value: float | int, decimals: int | None) -> str:
    """Babel takes a fifth of a millisecond for a number, and a page shows the same few again and again."""
    pattern = None if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(value, format=pattern, locale=language))


@dataclass(frozen=True)
class Speech:
    """How this reader is spoken to: a language and a time zone. Passed to whatever makes words."""

    language: str
    zone: ZoneInfo

    def say(self, message: str, **params: object) -> str:
        """The sentence in the reader's language, with its `%(name)s` filled in."""
        text = catalogue(self.language).gettext(message)
        return text % params if params else text

    def say_in(self, context: str, message: str) -> str:
        return catalogue(self.language).pgettext(context, message)

    def say_n(self, one: str, many: str, count: float, **params: object) -> str:
        """The sentence with the plural form of `count`, which it may name as `%(count)s`."""
        # A fraction takes the form of two: "1,5 ребёнка"; gettext itself knows whole numbers only.
        whole = int(count) if count == int(count) else 2
        text = catalogue(self.language).ngettext(one, many, whole)
        return text % {"count": self.number(count), **params}

    def number(self, value: float | int, decimals: int | None = None) -> str:
        """A number as it is written here: 9,3 in Kazakh and Russian. `decimals` fixes how many places are shown."""
        return _number(self.language, value, decimals)

    def day(self, value: date | None) -> str:
        return str(format_date(value, format="long", locale=self.language)) if value else ""

    def short_day(self, value: date | None) -> str:
        return str(format_date(value, format="medium", locale=self.language)) if value else ""

    def clock_time(self, value: datetime | None) -> str:
        return str(format_time(self.local(value), format="HH:mm", locale=self.language)) if value else ""

    def moment(self, value: datetime | None) -> str:
        """Day and time in the office's time zone."""
        return str(format_datetime(self.local(value), format="d MMMM y, HH:mm", locale=self.language)) if value else ""

    def local(self, value: datetime) -> datetime:
        return value.astimezone(self.zone)

    def at(self, at_ms: int | None) -> datetime | None:
        """The moment of a count of milliseconds; None for None or 0."""
        return datetime.fromtimestamp(at_ms / 1000, UTC) if at_ms else None

    def sort_key(self, text: str) -> tuple[tuple[int, str], ...]:
        """Sorts Kazakh words as a Kazakh dictionary does (Әә after Аа), Russian ones with Ёё after Ее."""
        order = KAZAKH_ORDER if self.language == "kk" else RUSSIAN_ORDER
        return tuple(
            (order.find(letter) if letter in order else 100 + ord(letter), letter) for letter in _folded(text, order)
        )


def _folded(text: str, order: str) -> str:
    plain = unicodedata.normalize("NFC", text).casefold()
    return "".join(letter for letter in plain if letter in order or letter.isalnum() or letter.isspace())
