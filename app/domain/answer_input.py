"""What was typed into an answer -> the value it keeps, or the problem with it. Pure; nothing is rounded or guessed.

Names are those of the form and of the record: `value`, `reason`, `note`, `field.<key>`, `method.<key>`,
`source.<kind>`, `confidence`, `severity`, `flagged`. The denominator of a share is posted as `field.<key>.of`.
An empty text takes a value back (None).
"""

from __future__ import annotations  # Json is a name in quotes: it cannot be joined with | at run time

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Final

from app.domain.checklist import METHODS, RATINGS, SOURCES, WITHOUT_RATING, AnswerField, Indicator
from app.domain.journal import Json
from app.domain.problem import N_, Problem
from app.domain.skip_rules import Fields

TEXT_MAX_CHARS: Final = 4000
CONFIDENCES: Final = ("high", "medium", "low")
SEVERITIES: Final = ("1", "2", "3", "4", "danger")
FIRST_YEAR, LAST_YEAR = 1950, 2099  # outside is a slip of the finger, not a day that a visit asks about

NOT_A_NUMBER: Final = N_("This is not a number. Type digits only, for example 12 or 2,5.")
NOT_WHOLE: Final = N_("Only a whole number fits here. Type it without comma, dot or minus.")
TOO_PRECISE: Final = N_("Too many digits after the comma. Type at most %(decimals)d.")
TOO_SMALL: Final = N_("The number is below %(least)s, which cannot be. Check it and type it again.")
TOO_LARGE: Final = N_("The number is above %(most)s, which cannot be. Check it and type it again.")
ABOVE_WHOLE: Final = N_("The first number is larger than the second. Check both.")
TOO_LONG: Final = N_("The text is longer than %(most)d characters. Shorten it or split it into a note.")
NO_SUCH_CHOICE: Final = N_("This choice is not offered here. Choose one of the list.")
NO_RATING: Final = N_("This question has no yes or no. Fill in its fields, or choose not applicable or not seen.")
NOT_A_DATE: Final = N_("This is not a date. Type year, month and day, for example 2026-11-22.")
NOT_A_TIME: Final = N_("This is not a time. Type hours and minutes, for example 14:30.")
NOT_A_MOMENT: Final = N_("This is not a date with a time. Type both, for example 2026-11-22 14:30.")
NO_SUCH_FIELD: Final = N_("This question does not ask that. Open the page again.")

_NUMBER = re.compile(r"(-?)([0-9]{1,9}|[0-9]{1,3}(?: [0-9]{3}){1,2})(?:[.,]([0-9]{1,9}))?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?::[0-9]{2}(?:\.[0-9]+)?)?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class CheckedAnswer:
    """What a post sets, and what of it is refused. Write nothing while there are problems."""

    sets: Mapping[str, Json] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def check_answer(indicator: Indicator, posted: Mapping[str, str], held: Fields | None = None) -> CheckedAnswer:
    """All that a post says about an answer. Names that belong to no answer (`seen`, `tap`, `person`) are left alone.

    `held`: the record's fields now, so that one half of a share may be posted without the other.
    """
    sets: dict[str, Json] = {}
    problems: list[Problem] = []
    for name in dict.fromkeys(posted_name.removesuffix(".of") for posted_name in posted):
        if name.partition(".")[0] not in _KINDS:
            continue
        checked = _check_named(indicator, name, posted, held or {})
        if isinstance(checked, Problem):
            problems.append(checked)
        else:
            sets[name] = checked
    return CheckedAnswer(sets, tuple(problems))


def check_value(indicator: Indicator, raw: str) -> str | Problem | None:
    """One of the five answers, or None when it is taken back. Without a rating only the last two exist."""
    value = raw.strip()
    if not value:
        return None
    if value not in RATINGS:
        return Problem("value", NO_SUCH_CHOICE)
    if not indicator.answer.rating and value not in WITHOUT_RATING:
        return Problem("value", NO_RATING)
    return value


def check_field(indicator: Indicator, key: str, raw: str, of_raw: str = "") -> Json | Problem:
    """The value of the field `key` as the record keeps it; None when it was emptied.

    count -> int · measure -> int or float · share -> {"n": ..., "of": ...}, either None while only the other is typed ·
    choice -> its key · text · date, time, moment -> ISO 8601 to the minute, in the local time of the place.
    """
    name, asked = f"field.{key}", indicator.field(key)
    if asked is None:
        return Problem(name, NO_SUCH_FIELD)
    if asked.type == "share":
        return _check_share(name, raw, of_raw)
    typed = raw.strip()
    if not typed:
        return None
    if asked.type in ("count", "measure"):
        return _check_number(asked, name, typed)
    if asked.type == "choice":
        return typed if typed in {option.key for option in asked.options} else Problem(name, NO_SUCH_CHOICE)
    if asked.type == "text":
        return check_text(name, typed)
    return _check_when(asked, name, typed)


def check_text(name: str, raw: str, most: int = TEXT_MAX_CHARS) -> str | Problem | None:
    """A text without control characters and outer spaces, of at most `most` characters; None when empty."""
    text = _CONTROLS.sub("", raw.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(text) > most:
        return Problem(name, TOO_LONG, {"most": most})
    return text or None


def _check_named(indicator: Indicator, name: str, posted: Mapping[str, str], held: Fields) -> Json | Problem:
    kind, _, key = name.partition(".")
    raw = posted.get(name, "")
    if kind == "field":
        return check_field(indicator, key, *_halves(name, posted, held))
    if name == "value":
        return check_value(indicator, raw)
    if name in ("reason", "note"):
        return check_text(name, raw)
    if kind == "method":
        asked = indicator.field(key)
        return _one_of(name, raw, METHODS) if asked and asked.type == "measure" else Problem(name, NO_SUCH_FIELD)
    if kind == "source":
        return _on_or_off(name, raw) if key in SOURCES else Problem(name, NO_SUCH_FIELD)
    if name == "flagged":
        return _on_or_off(name, raw)
    allowed = {"confidence": CONFIDENCES, "severity": SEVERITIES}.get(name)
    return _one_of(name, raw, allowed) if allowed else Problem(name, NO_SUCH_FIELD)


_KINDS: Final = frozenset({"value", "reason", "note", "field", "method", "source", "confidence", "severity", "flagged"})


def _halves(name: str, posted: Mapping[str, str], held: Fields) -> tuple[str, str]:
    """Both numbers of a share as typed; the one that was not posted as it is held."""
    kept = held.get(name)
    halves = kept if isinstance(kept, dict) else {}
    n, of = ("" if halves.get(half) is None else str(halves.get(half)) for half in ("n", "of"))
    return posted.get(name, n), posted.get(f"{name}.of", of)


def _one_of(name: str, raw: str, allowed: tuple[str, ...]) -> str | Problem | None:
    typed = raw.strip()
    return (typed or None) if not typed or typed in allowed else Problem(name, NO_SUCH_CHOICE)


def _on_or_off(name: str, raw: str) -> bool | Problem:
    switched = {"on": True, "off": False, "": False}.get(raw.strip())
    return Problem(name, NO_SUCH_CHOICE) if switched is None else switched


def _check_share(name: str, raw: str, of_raw: str) -> Json | Problem:
    """Two whole numbers, the first never above the second. Half a share is kept: nothing typed is lost."""
    n = _whole(name, raw)
    if isinstance(n, Problem):
        return n
    of = _whole(f"{name}.of", of_raw)
    if isinstance(of, Problem):
        return of
    if n is None and of is None:
        return None
    if n is not None and of is not None and n > of:
        return Problem(name, ABOVE_WHOLE)
    return {"n": n, "of": of}


def _whole(name: str, raw: str) -> int | Problem | None:
    if not raw.strip():
        return None
    number = _parsed(name, raw, decimals=0)
    if isinstance(number, Problem):
        return number
    return Problem(name, NOT_WHOLE) if number < 0 else int(number)


def _check_number(asked: AnswerField, name: str, raw: str) -> int | float | Problem:
    number = _parsed(name, raw, asked.decimals if asked.type == "measure" else 0)
    if isinstance(number, Problem):
        return number
    least = 0.0 if asked.min is None and asked.type == "count" else asked.min
    if least is not None and number < Decimal(str(least)):
        return Problem(name, TOO_SMALL, {"least": _bare(Decimal(str(least)))})
    if asked.max is not None and number > Decimal(str(asked.max)):
        return Problem(name, TOO_LARGE, {"most": _bare(Decimal(str(asked.max)))})
    return _bare(number)


def _parsed(name: str, raw: str, decimals: int) -> Decimal | Problem:
    """Digits with a comma or a dot; spaces only between thousands.

    "1.000" for a whole number is refused: it may mean 1 or 1000.
    """
    typed = _NUMBER.fullmatch(re.sub(r"\s", " ", raw.strip()).replace("\u2212", "-"))
    if typed is None:
        return Problem(name, NOT_A_NUMBER)
    sign, whole, fraction = typed.group(1), typed.group(2).replace(" ", ""), typed.group(3) or ""
    if len(fraction) > decimals:
        return Problem(name, TOO_PRECISE, {"decimals": decimals}) if decimals else Problem(name, NOT_WHOLE)
    return Decimal(f"{sign}{whole}.{fraction or '0'}")


def _bare(number: Decimal) -> int | float:
    """3 for 3.0, so that two people who typed the same number keep the same value."""
    return int(number) if number == number.to_integral_value() else float(number)


def _check_when(asked: AnswerField, name: str, raw: str) -> str | Problem:
    if asked.type == "date":
        return _day(raw) or Problem(name, NOT_A_DATE)
    if asked.type == "time":
        return _clock_time(raw) or Problem(name, NOT_A_TIME)
    return check_moment(name, raw)


def check_moment(name: str, raw: str) -> str | Problem:
    """A day with a time as ISO text to the minute, in the local time of the place."""
    day, _, clock = raw.strip().replace("T", " ").partition(" ")
    found_day, found_time = _day(day), _clock_time(clock.strip())
    return f"{found_day}T{found_time}" if found_day and found_time else Problem(name, NOT_A_MOMENT)


def _day(raw: str) -> str | None:
    try:
        found = date.fromisoformat(raw) if _DATE.fullmatch(raw) else None
    except ValueError:
        return None
    return found.isoformat() if found and FIRST_YEAR <= found.year <= LAST_YEAR else None


def _clock_time(raw: str) -> str | None:
    typed = _TIME.fullmatch(raw)
    try:
        return time(int(typed.group(1)), int(typed.group(2))).isoformat("minutes") if typed else None
    except ValueError:
        return None
