"""The provisions of the library as one reads them: their order, what is to be checked, what they differ from. Pure.

A provision whose text nobody has read is for counsel to check (issue 3, point 1); none is silently promoted.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from app.domain.checklist import Instrument, Language, ProvisionStatus, Standard
from app.domain.library import Question, Reference

LEVELS: Final = ("national", "international", "method")
STATUSES: Final[tuple[ProvisionStatus, ...]] = ("read", "number-unverified", "unverified")
PARTS: Final = re.compile(r"\d+|[^\W\d_]+")
ARTICLE: Final = re.compile(r"(\d+)(?:-(\d+))?")  # 14-1 is an article of its own, after all parts of 14

MarkedKind: TypeAlias = Literal["provision", "indicator", "script", "guide"]


@dataclass(frozen=True)
class Tally:
    """How many provisions of an instrument have each status."""

    instrument: Instrument
    read: int
    number_unverified: int
    unverified: int

    @property
    def provisions(self) -> int:
        return self.read + self.to_check

    @property
    def to_check(self) -> int:
        """Provisions for counsel."""
        return self.number_unverified + self.unverified


@dataclass(frozen=True)
class Marked:
    """An item of the library whose wording in a language a native jurist has still to confirm."""

    kind: MarkedKind
    item_id: str
    language: Language


def in_order(standards: Iterable[Standard]) -> tuple[Standard, ...]:
    """National, international, method; instrument by instrument; numbers as people count: 14(2) before 131(4)."""
    return tuple(sorted(standards, key=_place))


def tallies(standards: Iterable[Standard]) -> tuple[Tally, ...]:
    """One for each instrument that has provisions, in the order of `in_order`."""
    counts: dict[str, dict[ProvisionStatus, int]] = {}
    instruments: dict[str, Instrument] = {}
    for standard in in_order(standards):
        instruments[standard.instrument.id] = standard.instrument
        count = counts.setdefault(standard.instrument.id, dict.fromkeys(STATUSES, 0))
        count[standard.provision.status] += 1
    return tuple(Tally(one, *(counts[name][status] for status in STATUSES)) for name, one in instruments.items())


def to_check(standards: Iterable[Standard]) -> tuple[Standard, ...]:
    """Every provision that counsel must check, in reading order."""
    return in_order(one for one in standards if not one.provision.is_verified)


def to_review(reference: Reference) -> tuple[Marked, ...]:
    """Every provision, indicator, script and guide that is marked `review`, in this order."""
    provisions = [one.provision for one in in_order(reference.standards)]
    items: list[tuple[MarkedKind, str, Language | None]] = [
        *(("provision", one.id, one.review) for one in provisions),
        *(("indicator", one.indicator_id, one.review) for one in reference.questions),
        *(("script", one.id, one.review) for one in reference.scripts),
        *(("guide", one.id, one.review) for one in reference.guides),
    ]
    return tuple(Marked(kind, item_id, language) for kind, item_id, language in items if language is not None)


def questions_by_standard(reference: Reference) -> Mapping[str, tuple[Question, ...]]:
    """The questions that rest on each provision, in order of their ids; a provision without any is left out."""
    found: dict[str, list[Question]] = {}
    for question in reference.questions:
        for name in question.standards:
            found.setdefault(name, []).append(question)
    return {name: tuple(questions) for name, questions in found.items()}


def counterparts(reference: Reference, standard: Standard) -> tuple[Standard, ...]:
    """The provisions that set another rule on the same point, whichever of the two says so; in reading order."""
    here = standard.provision
    return in_order(
        one
        for one in reference.standards
        if one.provision.id in here.differs or here.id in one.provision.differs
        if one.provision.id != here.id
    )


def number_parts(number: str) -> tuple[str, ...]:
    """The numbers and letters of a citation: "131(4)" and "131.4" are both 131, 4."""
    return tuple(PARTS.findall(number.casefold()))


def _place(standard: Standard) -> tuple[object, ...]:
    number = standard.provision.number
    article = ARTICLE.match(number)
    first = (int(article[1]), int(article[2] or 0)) if article else (0, 0)
    rest = tuple((int(part), "") if part.isdecimal() else (-1, part) for part in number_parts(number))
    level = LEVELS.index(standard.instrument.level)
    return level, standard.instrument.id, first, rest, standard.provision.id
