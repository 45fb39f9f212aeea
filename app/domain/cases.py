"""A `case` record: what was typed about a sampled file -> the fields it keeps, and those fields -> the case to judge. Pure.

Fields: `time.<event>.<source>` ISO local minute of the place · `unknown.<event>`, `never.<event>` true · `age` whole years
at the arrest · `is_suspect`, `listed`, `foreign`, `administrative`, `extradition`, `border`, `extended`,
`ground_recorded`, `ground_checked` true or false · `ground` 1-6 · `questioning.<n>.start`, `questioning.<n>.end`, n from 1.
The page posts the same names, and `state.<event>` for the two marks of an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from itertools import product
from math import prod
from typing import Final

from app.domain.answer_input import NO_SUCH_CHOICE, check_moment
from app.domain.custody_case import Case, Span, Told
from app.domain.custody_rules import EVENTS, GROUNDS, SOURCES
from app.domain.journal import Json
from app.domain.merge import Record
from app.domain.problem import N_, Problem

MOST_SPANS: Final = 6  # more than a team copies from one file
STATES: Final = ("unknown", "never")
FACTS: Final = (
    "is_suspect",
    "listed",
    "ground_recorded",
    "ground_checked",
    "foreign",
    "administrative",
    "extradition",
    "border",
    "extended",
)
MOST_SIDES: Final = 64  # six facts in conflict at once; beyond it nothing is told until one is settled
OLDEST: Final = 25  # a case may be sampled of somebody who has grown up since

IN_FUTURE: Final = N_("This time is still to come. Check the day and the time.")
NO_AGE: Final = N_("The age at the arrest is a whole number of years, from 0 to 25.")
NO_SUCH_PLACE: Final = N_("This page does not ask that. Open the page again.")


@dataclass(frozen=True)
class CheckedCase:
    """What a post sets, and what of it is refused. Write nothing while there are problems."""

    sets: Mapping[str, Json] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def case_subject(visit_id: str, repeat_id: str) -> str:
    """Two people who write about one file write about one record."""
    return f"{visit_id}/case/{repeat_id}"


def check_case(
    typed: Mapping[str, str],
    held: Mapping[str, Json],
    now: datetime,
    zone: tzinfo,
    seen: Mapping[str, Json] | None = None,
) -> CheckedCase:
    """The posted fields that say something else than their author saw and than is held.

    What the author saw is `seen`, the record with the last words of the same page, or what the page showed at first
    (`was.<name>`). So a form of many fields writes only what its author changed, and a correction back counts as one.
    Refused: impossible days and times, times to come, unknown names. An end before its beginning is taken: the page
    shows that it cannot be, and the sources may say so.
    """
    sets: dict[str, Json] = {}
    problems: list[Problem] = []
    for name, raw in typed.items():
        if name.startswith("was.") or (seen is None and raw.strip() == typed.get(f"was.{name}", "\0")):
            continue
        checked = _checked(name, raw.strip(), now, zone)
        if isinstance(checked, Problem):
            problems.append(checked)
        else:
            before = held if seen is None else seen
            sets |= {key: value for key, value in checked.items() if value not in (before.get(key), held.get(key))}
    return CheckedCase(sets, tuple(problems))


def case_of(record: Record | None, zone: tzinfo) -> Case:
    """The case that a record describes. Of times in conflict each stands, as if two sources had told them.

    Of facts and marks in conflict each side is a case of its own: what they come to differently nobody can tell.
    """
    if record is None:
        return Case(zone=zone)
    names = [name for name in record.conflicts if name in _DECISIVE]
    if not names:
        return _case(record, zone)
    said = [tuple(one.value for one in record.conflicts[name]) for name in names]
    combined = product(*said) if prod(map(len, said)) <= MOST_SIDES else ()
    sides = tuple((values, _case(_as_if(record, dict(zip(names, values, strict=True))), zone)) for values in combined)
    return replace(_case(record, zone), disputed=tuple(names), sides=sides)


def _as_if(record: Record, said: Mapping[str, Json]) -> Record:
    """The record as one side of its conflicts has it."""
    open_still = {name: sides for name, sides in record.conflicts.items() if name not in said}
    return replace(record, fields={**record.fields, **said}, conflicts=open_still)


def _case(record: Record, zone: tzinfo) -> Case:
    values = {name: [value] for name, value in record.fields.items()}
    values |= {name: [one.value for one in sides] for name, sides in record.conflicts.items()}
    times: dict[str, tuple[Told, ...]] = {}
    for event in EVENTS:
        said = [(source, value) for source in SOURCES for value in values.get(f"time.{event}.{source}", ())]
        found = [Told(at, source) for source, value in said if (at := moment(value, zone))]
        if found:
            times[event] = tuple(sorted(found))
    return Case(
        times=times,
        unknown=frozenset(event for event in EVENTS if record.is_on(f"unknown.{event}")),
        never=frozenset(event for event in EVENTS if record.is_on(f"never.{event}")),
        age=_whole(record.fields.get("age")),
        is_suspect=_flag(record.fields.get("is_suspect")),
        ground=_ground(record.fields.get("ground")),
        ground_recorded=record.is_on("ground_recorded"),
        ground_checked=record.is_on("ground_checked"),
        is_listed=_flag(record.fields.get("listed")),
        is_foreign=record.is_on("foreign"),
        is_administrative=record.is_on("administrative"),
        is_extradition=record.is_on("extradition"),
        shown=frozenset(name for name in ("border", "extended") if record.is_on(name)),
        questioning=_spans(record, zone),
        zone=zone,
    )


def moment(value: Json, zone: tzinfo) -> datetime | None:
    """A kept local minute as a moment in UTC; None for anything else."""
    try:
        return datetime.fromisoformat(value).replace(tzinfo=zone).astimezone(UTC) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _spans(record: Record, zone: tzinfo) -> tuple[Span, ...]:
    """An end in conflict leaves its span open."""
    spans = []
    for number in range(1, MOST_SPANS + 1):
        names = [f"questioning.{number}.{end}" for end in ("start", "end")]
        start, end = (moment(record.fields.get(name), zone) for name in names)
        if start or end or any(name in record.conflicts for name in names):
            spans.append(Span(start, end))
    return tuple(spans)


def _checked(name: str, raw: str, now: datetime, zone: tzinfo) -> Mapping[str, Json] | Problem:
    kind, _, rest = name.partition(".")
    if kind == "state":
        return _state(name, rest, raw)
    if name in _TIMES:
        return _time(name, raw, now, zone)
    if name == "age":
        return _age(raw)
    if name == "ground":
        return {name: int(raw) if raw else None} if raw in _GROUNDS else Problem(name, NO_SUCH_CHOICE)
    if name in FACTS:
        return {name: _FLAGS[raw]} if raw in _FLAGS else Problem(name, NO_SUCH_CHOICE)
    return Problem(name, NO_SUCH_PLACE)


_DECISIVE: Final = frozenset([*FACTS, "age", "ground", *(f"{state}.{event}" for state in STATES for event in EVENTS)])
_FLAGS: Final[Mapping[str, bool | None]] = {"": None, "yes": True, "no": False}
_GROUNDS: Final = ("", *(str(ground) for ground in GROUNDS))
_TIMES: Final = frozenset(
    [f"time.{event}.{source}" for event in EVENTS for source in SOURCES]
    + [f"questioning.{n}.{end}" for n in range(1, MOST_SPANS + 1) for end in ("start", "end")]
)


def _state(name: str, event: str, raw: str) -> Mapping[str, Json] | Problem:
    if event not in EVENTS or raw not in ("", *STATES):
        return Problem(name, NO_SUCH_CHOICE)
    return {f"{state}.{event}": True if state == raw else None for state in STATES}


def _time(name: str, raw: str, now: datetime, zone: tzinfo) -> Mapping[str, Json] | Problem:
    if not raw:
        return {name: None}
    typed = check_moment(name, raw)
    if isinstance(typed, Problem):
        return typed
    at = moment(typed, zone)
    return Problem(name, IN_FUTURE) if at is None or at > now else {name: typed}


def _age(raw: str) -> Mapping[str, Json] | Problem:
    if not raw:
        return {"age": None}
    if not (raw.isascii() and raw.isdigit() and int(raw) <= OLDEST):
        return Problem("age", NO_AGE)
    return {"age": int(raw)}


def _whole(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _ground(value: Json) -> int | None:
    """A point that this version knows."""
    found = _whole(value)
    return found if found in GROUNDS else None


def _flag(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None
