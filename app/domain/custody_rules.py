"""The words of the custody clocks: events, sources, people. Which rules were law when, and what can be wrong in one. Pure.

Source: the rule table of the legal study (K1-K20, I1-I2) and its logic; the rules are data: `checklists/custody/`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from app.domain.checklist import CustodyRule
from app.domain.library import Flaw, Library, Path

# As they follow one another in a case; each group is a part of the page.
EVENT_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "arrest": ("arrest", "delivery", "record", "cell", "still_held", "release"),
    "told": ("parents_told", "relatives_told", "prosecutor_told", "counsel", "embassy_told"),
    "health": ("medical", "injury", "injury_told"),
    "court": ("questioning", "request", "decision", "court_order", "siz", "custody_end"),
    "rare": (
        "short_order",
        "order_review",
        "challenge",
        "challenge_decided",
        "removal",
        "removal_claim",
        "hospital",
        "other_place",
        "special_school",
        "special_school_end",
    ),
}
EVENTS: Final = tuple(event for events in EVENT_GROUPS.values() for event in events)
SOURCES: Final = ("log", "record", "camera", "child", "other")

# The real restriction of liberty: the earliest of these in a source. Clocks run from it (CPC 129(2), 48(5)), or from the
# real bringing in, which the word about either of the first two dates: the way to the police is part of it.
RESTRICTING: Final = ("arrest", "delivery", "record", "cell")
DATED_BY: Final[Mapping[str, tuple[str, ...]]] = {"restriction": ("arrest",), "bringing_in": ("arrest", "delivery")}
HELD: Final = "still_held"  # "seen still held at": not an end, but the clock has run at least until then

WHO: Final = (
    "anyone",
    "minor",
    "brought_in",
    "suspect",
    "suspect_minor",
    "not_suspect",
    "suspect_under_14",
    "suspect_14_15",
    "administrative_minor",
    "administrative_under_16",
    "foreigner",
    "criminal_foreigner",
    "administrative_foreigner",
    "extradition",
)
# What a file may show that makes a limit longer: a ground of CPC 131(4), a case of CAO 789(2), an extension by a court.
EXCEPTIONS: Final = ("ground", "border", "extended")
GROUNDS: Final = (1, 2, 3, 4, 5, 6)  # CPC 131(4), points 1-6
SPANS: Final = ("span", "day_total", "daytime")  # kinds that look at questioning spans, not at events
DAY_BEGINS, DAY_ENDS = time(6), time(22)


def rules_at(rules: Iterable[CustodyRule], day: date) -> tuple[CustodyRule, ...]:
    """The rules that were law on a day, both ends included. A case is judged by those of the day of the arrest."""
    return tuple(rule for rule in rules if is_law(rule, day))


def is_law(rule: CustodyRule, day: date) -> bool:
    return (rule.valid_from or date.min) <= day <= (rule.valid_to or date.max)


def deadline(rule: CustodyRule, start: datetime, zone: tzinfo, has_exception: bool) -> datetime | None:
    """The last moment that keeps the rule when its clock starts at `start` (UTC in, UTC out); None: no such moment.

    Minutes run without stop from the minute itself: the first hour counts, nights and holidays too (CPC 48(2)-(5)).
    Days and months end with the last day's 24:00 in `zone`, the day of the start being the first.
    """
    if rule.days is None and rule.months is None:
        minutes = rule.exception_minutes if has_exception else rule.minutes
        return start + timedelta(minutes=minutes) if minutes else None
    first = start.astimezone(zone).date()
    after = _months_on(first, rule.months) if rule.months else first + timedelta(days=rule.days or 0)
    return datetime.combine(after, time(), zone).astimezone(start.tzinfo)


def _months_on(day: date, months: int) -> date:
    """The same day so many months later, where the term ends as it begins.

    In a month that has no such day it ends with the last day: with the beginning of the next month (CPC 48(4)).
    """
    years, month = divmod(day.month - 1 + months, 12)
    first_of_next = date(day.year + years + (month == 11), (month + 1) % 12 + 1, 1)
    last = (first_of_next - timedelta(days=1)).day
    return date(day.year + years, month + 1, day.day) if day.day <= last else first_of_next


def custody_flaws(rule: CustodyRule, library: Library) -> Iterator[Flaw]:
    """Every flaw of one rule. The library is asked only for the standards that it names."""
    for path, text in (*_word_flaws(rule), *_limit_flaws(rule), *_standard_flaws(rule, library)):
        yield Flaw("custody", rule.id, path, text)


def _word_flaws(rule: CustodyRule) -> Iterator[tuple[Path, str]]:
    if rule.who not in WHO:
        yield ("who",), f"there is no group of people `{rule.who}`"
    if rule.exception is not None and rule.exception not in EXCEPTIONS:
        yield ("exception",), f"there is no exception `{rule.exception}`"
    if rule.from_ is not None and rule.from_ not in (*EVENTS, *DATED_BY):
        yield ("from",), f"there is no event `{rule.from_}`"
    for key, events in (("to", rule.to), ("when_known", rule.when_known)):
        for index, event in enumerate(events):
            if event not in EVENTS:
                yield (key, index), f"there is no event `{event}`"


def _limit_flaws(rule: CustodyRule) -> Iterator[tuple[Path, str]]:
    given = [key for key in ("minutes", "days", "months") if getattr(rule, key) is not None]
    wanted = rule.kind in ("within", "span", "day_total")
    if len(given) > 1 or (not given) == wanted:
        needed = "one of `minutes`, `days` and `months`" if wanted else "none of `minutes`, `days` and `months`"
        yield ("kind",), f"a rule of the kind `{rule.kind}` has {needed}"
    if rule.kind in ("within", "at_once") and (rule.from_ is None or not rule.to):
        yield ("from",), f"a rule of the kind `{rule.kind}` says `from` which event `to` which"
    if rule.exception is None and rule.exception_minutes is not None:
        yield ("exception_minutes",), "`exception_minutes` needs an `exception`"
    if rule.valid_from and rule.valid_to and rule.valid_from > rule.valid_to:
        yield ("valid_to",), "`valid_to` is before `valid_from`"


def _standard_flaws(rule: CustodyRule, library: Library) -> Iterator[tuple[Path, str]]:
    if not library.knows_standard(rule.standard):
        yield ("standard",), f"there is no standard `{rule.standard}`"
    for index, name in enumerate(rule.also):
        if not library.knows_standard(name):
            yield ("also", index), f"there is no standard `{name}`"
