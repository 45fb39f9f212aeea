"""A Jinja environment like the app's, for one language, without the app: to test and to look at templates alone."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO
from pathlib import Path

from babel.dates import format_date, format_datetime, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parents[2]


def environment(language: str) -> Environment:
    """Strict and autoescaping, with the filters of the language and its catalogue."""
    made = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    made.globals["sprite"] = "/static/sprite.svg?v=test"
    made.globals["static"] = lambda path: f"/static/{path}?v=test"
    made.filters["date"] = lambda day: _day(day, language)
    made.filters["time"] = lambda moment: format_time(moment, "HH:mm", locale=language)
    made.filters["moment"] = lambda moment: _moment(moment, language)
    made.filters["number"] = lambda number: format_decimal(number, locale=language)
    return made


def catalogue(language: str) -> NullTranslations:
    """The catalogue as it stands in the .po file: a test must not depend on somebody having compiled it."""
    if language == "en":
        return NullTranslations()
    compiled = BytesIO()
    with (ROOT / f"app/locale/{language}/LC_MESSAGES/baqylau.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled, domain="baqylau")


def _day(day: date, language: str) -> str:
    return format_date(day, "long", locale=language)


def _moment(moment: datetime, language: str) -> str:
    return format_datetime(moment, "d MMM, HH:mm", locale=language)


def messages(path: Path) -> list[tuple[str | None, str]]:
    """The (context, msgid) pairs of one template."""
    found: list[tuple[str | None, str]] = []
    with path.open("rb") as source:
        for _, function, texts, _ in babel_extract(
            source, ("_", "gettext", "ngettext", "pgettext"), [], {"newstyle_gettext": "true"}
        ):
            words = [texts] if isinstance(texts, str) else [text for text in texts or () if text]
            found.append((words[0], words[1]) if function == "pgettext" else (None, words[0]))
    return found
