"""The clocks of questioning: at most two hours without a break, four hours a day, in daytime (CPC 535(2), 209(4)). Pure."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta, tzinfo

from app.domain.checklist import CustodyRule
from app.domain.custody_case import Case, Span
from app.domain.custody_rules import DAY_BEGINS, DAY_ENDS
from app.domain.custody_verdict import (
    AT_NIGHT,
    IN_DAYTIME,
    OVER,
    SPAN_OPEN,
    WITHIN,
    WRONG_ORDER,
    Outcome,
    Verdict,
)
from app.domain.problem import Problem


def span_verdict(rule: CustodyRule, case: Case) -> Verdict:
    """What a rule on questioning says of the spans. One span that is known to break it is enough."""
    whole = [(span.start, span.end) for span in case.questioning if span.start and span.end]
    sound = [(start, end) for start, end in whole if start <= end]
    if rule.kind == "daytime":
        is_over, longest = any(_is_at_night(start, end, case.zone) for start, end in sound), None
    else:
        lengths = _lengths(sound) if rule.kind == "span" else _by_day(sound, case.zone)
        longest = max(lengths, default=None)
        is_over = longest is not None and longest > (rule.minutes or 0)
    outcome, sentence = _outcome(rule, is_over, len(whole) < len(case.questioning), len(sound) < len(whole))
    return Verdict(rule, outcome, Problem("questioning", sentence), longest, longest, rule.minutes)


def order_is_wrong(span: Span) -> bool:
    """True for a questioning that ends before it begins."""
    return bool(span.start and span.end and span.end < span.start)


def _outcome(rule: CustodyRule, is_over: bool, is_open: bool, is_wrong: bool) -> tuple[Outcome, str]:
    if is_over:
        return "breach", AT_NIGHT if rule.kind == "daytime" else OVER
    if is_wrong:
        return "cannot_tell", WRONG_ORDER
    if is_open:
        return "cannot_tell", SPAN_OPEN
    return "kept", IN_DAYTIME if rule.kind == "daytime" else WITHIN


def _lengths(spans: Sequence[tuple[datetime, datetime]]) -> list[int]:
    """Minutes of each questioning; what begins when another ends, or before, goes on without a break."""
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return [_minutes(start, end) for start, end in joined]


def _by_day(spans: Sequence[tuple[datetime, datetime]], zone: tzinfo) -> list[int]:
    """Minutes of questioning on each day of the place; a span over midnight counts on both."""
    days: dict[str, list[tuple[datetime, datetime]]] = {}
    for start, end in spans:
        at = start
        while True:
            day = at.astimezone(zone).date()
            midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(at.tzinfo)
            days.setdefault(day.isoformat(), []).append((at, min(end, midnight)))
            if end <= midnight:
                break
            at = midnight
    return [sum(_lengths(parts)) for parts in days.values()]


def _is_at_night(start: datetime, end: datetime, zone: tzinfo) -> bool:
    """True when a minute of it lies between 22:00 and 06:00 of the place."""
    local, last = start.astimezone(zone), end.astimezone(zone)
    if not DAY_BEGINS <= local.time() < DAY_ENDS:
        return True
    return last > datetime.combine(local.date(), DAY_ENDS, zone)


def _minutes(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds()) // 60
