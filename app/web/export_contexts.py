"""What the pages of exports receive."""

from dataclasses import dataclass

from app.web.contexts import Choice, Problem


@dataclass(frozen=True)
class ExportsPage:
    """`exports/page.html`. `levels` carry what leaves at each as their hint; `periods` is empty while none is over."""

    problems: tuple[Problem, ...]
    levels: tuple[Choice, ...]
    formats: tuple[Choice, ...]
    types: tuple[Choice, ...]
    regions: tuple[Choice, ...]
    from_day: str
    until_day: str
    purpose: str
    periods: tuple[Choice, ...]
    ways: tuple[Choice, ...]
    may_publish: bool = True  # figures are of the whole office: not for a reviewer of some regions


@dataclass(frozen=True)
class GroupLine:
    """A row of every published table. `was_merged`: small kinds or regions that were put together."""

    name: str
    visited: int
    was_merged: bool


@dataclass(frozen=True)
class IndicatorLine:
    """An indicator of which something is hidden. `is_withheld`: nothing of it is shown."""

    indicator_id: str
    text: str
    hidden: int
    is_withheld: bool


@dataclass(frozen=True)
class PairLine:
    """A kind of place in a region behind which few visited places stand."""

    kind: str
    region: str
    places: int


@dataclass(frozen=True)
class CheckPage:
    """`exports/check.html`: who could be recognised in the figures of a period? `published_line`: it was published
    already, and what was published is what one gets; then there is nothing to check and `pairs` is empty."""

    problems: tuple[Problem, ...]
    period: str
    period_words: str
    way: str
    way_words: str
    visited: int
    least: int
    waiting: int
    groups: tuple[GroupLine, ...]
    shown: int
    indicators: tuple[IndicatorLine, ...]
    pairs: tuple[PairLine, ...]
    published_line: str
    formats: tuple[Choice, ...]
    purpose: str
