"""One sampled file as the custody clocks see it: its times by event and source, and its facts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Final

from app.domain.custody_rules import RESTRICTING
from app.domain.journal import Json


@dataclass(frozen=True, order=True)
class Told:
    """What a source says: when something was (UTC)."""

    at: datetime
    source: str


@dataclass(frozen=True)
class Span:
    """A questioning from start to end (UTC); None: not written down."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class Case:
    """One sampled file. `never`: events that did not happen; `unknown`: events whose time no source knows.

    `ground`: the point 1-6 of CPC 131(4) that the file names, `ground_recorded`: it stands in the record itself,
    `ground_checked`: for point 1, somebody compared the crime with CC 11(5). `shown`: other exceptions of the file.
    `zone` is that of the place. Facts that are None were not said.
    `disputed`: the facts that two people said differently; `sides`: the case by each combination of what they said
    (the values in the order of `disputed`), none when there are too many.
    """

    times: Mapping[str, tuple[Told, ...]] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    age: int | None = None
    is_suspect: bool | None = None
    ground: int | None = None
    ground_recorded: bool = False
    ground_checked: bool = False
    is_listed: bool | None = None
    is_foreign: bool = False
    is_administrative: bool = False
    is_extradition: bool = False
    shown: frozenset[str] = frozenset()
    questioning: tuple[Span, ...] = ()
    zone: tzinfo = UTC
    disputed: tuple[str, ...] = ()
    sides: tuple[tuple[tuple[Json, ...], Case], ...] = ()

    def told(self, event: str) -> tuple[Told, ...]:
        """What the sources say of an event; of the first questioning also what its spans say."""
        found = self.times.get(event, ())
        starts = [span.start for span in self.questioning if span.start]
        return (Told(min(starts), "record"),) if event == "questioning" and not found and starts else found

    @property
    def has_ground(self) -> bool:
        """True when the file shows a 72 h ground: named, in the record, and for point 1 checked against CC 11(5)."""
        return self.ground is not None and self.ground_recorded and (self.ground != 1 or self.ground_checked)

    def shows(self, exception: str | None) -> bool:
        return self.has_ground if exception == "ground" else exception in self.shown

    def began_at(self) -> datetime | None:
        """When liberty was first restricted by any source, else the first time of all: its day picks the rules."""
        first = [told.at for event in RESTRICTING for told in self.told(event)]
        return min(first or [told.at for told in self.every_time()], default=None)

    def every_time(self) -> list[Told]:
        return [told for event in self.times for told in self.told(event)]


def missing_fact(who: str, case: Case) -> str | None:
    """ "" when the people a rule is for include this child, None when not, else the fact that has to be said first."""
    needs_suspect = "suspect" in who and not (case.is_administrative or case.is_extradition)
    if needs_suspect and case.is_suspect is None:
        return "is_suspect"
    if AGES.get(who) is not None and case.age is None and _IS_KIND[who](case):
        return "age"
    youngest, oldest = AGES.get(who) or (0, 200)
    fits = _IS_KIND[who](case) and (case.age is None or youngest <= case.age <= oldest)
    return "" if fits else None


AGES: Final[Mapping[str, tuple[int, int]]] = {
    "minor": (0, 17),
    "suspect_minor": (0, 17),
    "suspect_under_14": (0, 13),
    "suspect_14_15": (14, 15),
    "administrative_minor": (16, 17),
    "administrative_under_16": (0, 15),
}


def _is_suspect(case: Case) -> bool:
    return case.is_suspect is True and not case.is_administrative


_IS_KIND: Final[Mapping[str, Callable[[Case], bool]]] = {
    "anyone": lambda case: True,
    "minor": lambda case: True,
    "brought_in": lambda case: not case.is_administrative,
    "suspect": _is_suspect,
    "suspect_minor": lambda case: _is_suspect(case) and not case.is_extradition,  # it has a term of its own
    "suspect_under_14": _is_suspect,
    "suspect_14_15": _is_suspect,
    "not_suspect": lambda case: case.is_suspect is False and not (case.is_administrative or case.is_extradition),
    "administrative_minor": lambda case: case.is_administrative,
    "administrative_under_16": lambda case: case.is_administrative,
    "foreigner": lambda case: case.is_foreign,
    "criminal_foreigner": lambda case: case.is_foreign and not case.is_administrative,
    "administrative_foreigner": lambda case: case.is_foreign and case.is_administrative,
    "extradition": lambda case: case.is_extradition,
}
