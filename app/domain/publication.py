"""What is published of a period: in how many places something was found wanting, by kind of place or by region. Pure.

Counted are places, never visits or children: five visits to one place are one place, and would look like five. A table is
shown with its small cells hidden (`small_cells`); a period is published once, in one way, and then never changes: two
versions, or two ways to cut it, could be subtracted from each other.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from app.domain.answers import is_complete
from app.domain.checklist import CompiledChecklist, Text, Value
from app.domain.coverage import Answers, Repeats
from app.domain.report import report_of
from app.domain.small_cells import LEAST, Cell, Pick, hidden_cells, merged_groups

FOUND, IN_ORDER, NOT_KNOWN = "found", "in_order", "not_known"  # not asked, not seen, not applicable, not settled
OUTCOMES: Final = (FOUND, IN_ORDER, NOT_KNOWN)
WAYS: Final = ("type", "region")  # by which a period can be cut


@dataclass(frozen=True)
class Period:
    """A calendar year ("2026") or half a year ("2026-1"): no other stretch is published, for two could be subtracted."""

    code: str
    first: date
    last: date

    def overlaps(self, other: "Period") -> bool:
        return self.first <= other.last and other.first <= self.last


def period_of(code: str) -> Period:
    """Raises ValueError for a text that is no period."""
    year_text, _, half = code.partition("-")
    if not (year_text.isascii() and year_text.isdigit() and len(year_text) == 4) or half not in ("", "1", "2"):
        raise ValueError(code)
    year = int(year_text)
    begins, ends = {"": (1, 12), "1": (1, 6), "2": (7, 12)}[half]
    period = Period(code, date(year, begins, 1), date(year, ends, monthrange(year, ends)[1]))
    if code != (f"{year}-{half}" if half else f"{year}"):
        raise ValueError(code)
    return period


@dataclass(frozen=True)
class Place:
    """A place that was visited in the period, with what its latest approved visit came to."""

    institution_id: str
    type: str
    region: str
    outcomes: Mapping[str, str]  # indicator id -> FOUND or IN_ORDER; what is not known is left out

    def group(self, way: str) -> str:
        return self.type if way == "type" else self.region


class Group(Value):
    """A row of every table: its key ("" for those put together because each is small), what it holds, places visited."""

    key: str
    members: tuple[str, ...]
    visited: int


class IndicatorFigures(Value):
    """`totals` and `rows` are counts by OUTCOMES, rows in the order of the groups; None is hidden."""

    id: str
    text: Text
    totals: tuple[int, int, int] | None
    rows: tuple[tuple[int | None, int | None, int | None], ...]


class Figures(Value):
    """All that a public file says. It is kept as it was published, and holds nothing that is hidden."""

    period: str
    way: str
    least: int
    visited: int
    groups: tuple[Group, ...]
    indicators: tuple[IndicatorFigures, ...]

    @property
    def withheld(self) -> int:
        """How many indicators show nothing at all."""
        return sum(one.totals is None for one in self.indicators)

    @property
    def hidden(self) -> int:
        """How many cells are hidden in the tables that are shown."""
        return sum(count is None for one in self.indicators if one.totals for row in one.rows for count in row)


def outcomes_of(checklist: CompiledChecklist, answers: Answers, repeats: Repeats) -> dict[str, str]:
    """What a visit found of each indicator that judges: FOUND in any room or file, IN_ORDER where all that was seen is."""
    report = report_of(checklist, answers, repeats)
    found = {one.asked.indicator.id for one in report.findings()}
    told = dict.fromkeys(found, FOUND)
    for (indicator_id, _), answer in answers.items():
        indicator = checklist.indicators.get(indicator_id)
        if indicator is None or indicator_id in found or not (indicator.answer.rating or indicator.thresholds):
            continue
        is_seen = answer.text("value") == "yes" or (not indicator.answer.rating and not answer.text("value"))
        if is_seen and is_complete(indicator, answer) and not answer.conflicts:
            told[indicator_id] = IN_ORDER
    return told


def figures_of(
    period: Period, way: str, places: Sequence[Place], texts: Mapping[str, Text], pick: Pick, least: int = LEAST
) -> Figures | None:
    """The figures with everything small hidden; None when fewer than `least` places were visited.

    `texts`: the indicators in the order in which they are told.
    """
    visited = _counted(one.group(way) for one in places)
    merged = merged_groups(visited, least)
    if merged is None:
        return None
    groups = tuple(Group(key=k, members=m, visited=sum(visited[one] for one in m)) for k, m in merged.items())
    row_of = {member: number for number, group in enumerate(groups) for member in group.members}
    figures = []
    for indicator_id, text in texts.items():
        table = [[0] * len(OUTCOMES) for _ in groups]
        for place in places:
            outcome = place.outcomes.get(indicator_id, NOT_KNOWN)
            table[row_of[place.group(way)]][OUTCOMES.index(outcome)] += 1
        figures.append(_shown(indicator_id, text, table, pick, least))
    return Figures(
        period=period.code, way=way, least=least, visited=len(places), groups=groups, indicators=tuple(figures)
    )


def _shown(indicator_id: str, text: Text, table: list[list[int]], pick: Pick, least: int) -> IndicatorFigures:
    hidden = hidden_cells(table, pick, OUTCOMES.index(FOUND), least)
    if hidden is None:
        nothing: Any = (None, None, None)
        return IndicatorFigures(id=indicator_id, text=text, totals=None, rows=(nothing,) * len(table))
    rows: Any = tuple(_row(row, number, hidden) for number, row in enumerate(table))
    totals: Any = tuple(sum(row[at] for row in table) for at in range(len(OUTCOMES)))
    return IndicatorFigures(id=indicator_id, text=text, totals=totals, rows=rows)


def _row(row: Sequence[int], number: int, hidden: frozenset[Cell]) -> tuple[int | None, ...]:
    return tuple(None if (number, at) in hidden else count for at, count in enumerate(row))


def recognisable(places: Sequence[Place], least: int = LEAST) -> list[tuple[str, str, int]]:
    """(kind, region, places) of each pair behind which fewer than `least` visited places stand, the fewest first.

    No table shows a pair; but who knows the country knows where they are, and may think of them at a figure.
    """
    pairs = _counted((one.type, one.region) for one in places)
    return sorted(((*pair, count) for pair, count in pairs.items() if count < least), key=lambda one: (one[2], one))


def _counted(keys: Iterable[Any]) -> dict[Any, int]:
    counts: dict[Any, int] = {}
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    return counts
