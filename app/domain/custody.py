"""The custody clocks: the times of one sampled file against the rules that were law on its day. Pure.

A time may be told by several sources that disagree, be known to nobody, or belong to something that never happened. So a
verdict is one of four: `kept`, `breach`, `cannot_tell`, `depends_on_source`, and says why. Every pair of a told
beginning and a told end is one reading; one more source for an event adds readings and takes none away, so it never
turns a breach by every source into "kept".

Minutes are counted from the minute of the real restriction of liberty, whatever the record calls it, and run without
stop: the first hour counts, and nights, days off and holidays too (CPC 48(2)-(5); Constitutional Council 2/2012). What
lasts exactly as long as the limit keeps it. Moments are in UTC: clocks were moved in 2024, and an hour is an hour.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import product
from typing import Final, Literal

from app.domain.checklist import CustodyRule
from app.domain.custody_case import Case, Told, missing_fact
from app.domain.custody_rules import DATED_BY, HELD, RESTRICTING, SPANS, deadline, rules_at
from app.domain.custody_sides import both_sides
from app.domain.custody_spans import span_verdict
from app.domain.custody_verdict import (
    AT_LEAST,
    AT_MOST,
    AT_ONCE,
    BEFORE_RECORD,
    BROUGHT_IN,
    BY_EXCEPTION,
    DISAGREE,
    LISTED,
    NEEDED,
    NEVER,
    NO_EXCEPTION,
    NO_GROUND,
    NOT_CHECKED,
    NOT_HELD,
    NOT_KNOWN,
    NOT_LISTED,
    NOT_TYPED,
    OUTCOMES,
    OVER,
    OVER_EXCEPTION,
    RUNNING,
    SAY_LISTED,
    TOO_OPEN,
    WITHIN,
    WRONG_ORDER,
    Bound,
    Outcome,
    Reading,
    Verdict,
)
from app.domain.problem import Problem

A_DAY: Final = 24 * 60
AGE_LIABLE: Final = 14
BRINGING_IN: Final = timedelta(hours=3)  # CPC 129(1), as in K3
Point = tuple[Told, Bound]  # `at_least` and `at_most`: how the time that passed changes when the truth is another


def judge(case: Case, rules: Iterable[CustodyRule], now: datetime) -> tuple[Verdict, ...]:
    """Every rule that speaks of this case, worst first, then in the order of the rules. `now`: the moment of looking.

    Where a fact is missing that decides whether rules apply, one verdict says so for all of them.
    """
    kept = tuple(rules)
    found = list(both_sides(case, lambda side: _judged(side, kept, now))) if case.disputed else _judged(case, kept, now)
    order = [rule.id for rule in kept]
    return tuple(sorted(found, key=lambda one: (OUTCOMES.index(one.outcome), order.index(one.rule.id))))


def _judged(case: Case, rules: Iterable[CustodyRule], now: datetime) -> list[Verdict]:
    day = (case.began_at() or now).astimezone(case.zone).date()
    found: list[Verdict] = []
    waiting: set[str] = set()
    for rule in rules_at(rules, day):
        missing = missing_fact(rule.who, case)
        if missing is None or not _is_asked_about(rule, case):
            continue
        if not missing:
            found.append(_verdict(rule, case, now))
        elif missing not in waiting:
            waiting.add(missing)
            found.append(Verdict(rule, "cannot_tell", Problem(missing, NEEDED[missing])))
    return found


def _is_asked_about(rule: CustodyRule, case: Case) -> bool:
    """False for a rule whose own events nobody wrote down, or in whose stead another one holds.

    What never began binds nobody, nor what the release came before: see `_is_moot`.
    """
    if rule.from_ in case.never and not case.told(rule.from_ or ""):
        return False
    if _is_moot(rule, case):
        return False
    if rule.id == "K2" and not case.has_ground:  # without a shown ground there is no longer limit: K1 says so
        return False
    if rule.exception and not rule.exception_minutes and case.shows(rule.exception):
        return False
    if rule.kind in SPANS:
        return bool(case.questioning)
    marked = case.unknown | case.never
    is_told = any(case.told(event) or event in marked for event in rule.when_known)
    return not rule.when_known or is_told or _is_held_over(rule, case)


def _is_held_over(rule: CustodyRule, case: Case) -> bool:
    """True where the child was seen held after the term of days or months, and no event that ends it is written down."""
    starts = [told.at for told in case.told(rule.from_ or "")]
    last = _last(rule, case, min(starts)) if starts and (rule.days or rule.months) else None
    is_ended = any(case.told(event) for event in rule.to)
    return last is not None and not is_ended and any(told.at > last for told in case.told(HELD))


def _is_moot(rule: CustodyRule, case: Case) -> bool:
    """True for the request or first questioning that nobody dates, where the child was free before its time was over.

    A request that never was is no breach of its own: after a release nobody needed it, else the limit of K1 says it.
    """
    if rule.to not in (("request",), ("questioning",)) or case.told(rule.to[0]):
        return False
    freed = [told.at for told in case.told("release")]
    if rule.to == ("request",) and "request" in case.never:
        return bool(freed) or not (case.told("decision") or case.told("court_order"))
    starts = [told.at for told, _ in _starts(rule, case)]
    last = _last(rule, case, min(starts)) if starts else None
    return bool(freed) and last is not None and max(freed) <= last


def _last(rule: CustodyRule, case: Case, start: datetime) -> datetime | None:
    """The last moment that keeps the rule in this case."""
    return deadline(rule, start, case.zone, bool(rule.exception) and case.shows(rule.exception))


def _verdict(rule: CustodyRule, case: Case, now: datetime) -> Verdict:
    if rule.kind == "no_ground":
        return _ground_verdict(rule, case)
    if rule.kind in SPANS:
        return span_verdict(rule, case)
    starts, ends = _starts(rule, case), _ends(rule, case, now)
    readings = sorted((_reading(rule, case, *pair) for pair in product(starts, ends)), key=_by_length)
    outcome, sentence, event = _sum_up(rule, case, readings, bool(starts), now)
    exact = [one.minutes for one in readings if one.bound == "exact" and one.minutes >= 0]
    floor = exact or [one.minutes for one in readings if one.bound == "at_least" and one.minutes >= 0]
    ceiling = exact or [one.minutes for one in readings if one.bound == "at_most" and one.minutes >= 0]
    start = min((told.at for told, _ in starts), default=None)
    is_longer = bool(rule.exception) and case.shows(rule.exception)
    return Verdict(
        rule=rule,
        outcome=outcome,
        why=Problem(event, sentence, {"event": event}),
        least=min(floor, default=None),
        most=max(ceiling, default=None),
        limit_minutes=rule.exception_minutes if is_longer else rule.minutes,
        start=start,
        deadline=deadline(rule, start, case.zone, is_longer) if start else None,
        readings=tuple(readings),
    )


# ---- where a clock begins and ends -------------------------------------------------------------------------------------


def _starts(rule: CustodyRule, case: Case) -> list[Point]:
    begins = rule.from_ or ""
    if begins in DATED_BY:
        return _restrictions(case, DATED_BY[begins])
    return [(told, "exact") for told in case.told(begins)]


def _restrictions(case: Case, dated_by: tuple[str, ...]) -> list[Point]:
    """When liberty was really restricted, by each source: its earliest word about arrest, bringing in, record or cell.

    A source that names the events of `dated_by` says when; one that names only what comes after says "at the latest
    then". The latter counts where nobody names the former, or where somebody names a later minute, which it contradicts.
    """
    arrests = case.told("arrest")
    dating = [
        (event, told)
        for event in dated_by
        for told in case.told(event)
        if event == "arrest" or not _is_only_later(told, arrests, _earliest(case, event, told))
    ]
    words: dict[str, list[datetime]] = {}
    for told in (told for event in RESTRICTING for told in case.told(event)):
        words.setdefault(told.source, []).append(told.at)
    exact = {(_earliest(case, event, told), told.source) for event, told in dating}
    points: list[Point] = [(Told(at, source), "exact") for at, source in sorted(exact)]
    latest = max((at for at, _ in exact), default=None)
    for source in sorted(words.keys() - {told.source for _, told in dating}):
        at = min(words[source])
        if latest is None or at < latest:
            points.append((Told(at, source), "at_least"))
    return points


def _is_only_later(told: Told, arrests: tuple[Told, ...], began: datetime) -> bool:
    """True for a bringing in after an arrest that others tell of, where its source tells of none: the way there."""
    is_silent = all(one.source != told.source for one in arrests)
    return is_silent and any(one.at < began for one in arrests)


def _earliest(case: Case, event: str, told: Told) -> datetime:
    """The minute, or an earlier one at which the same source already has the child taken, recorded or in a cell."""
    others = [
        one.at for other in RESTRICTING if other != event for one in case.told(other) if one.source == told.source
    ]
    return min([told.at, *others])


def _ends(rule: CustodyRule, case: Case, now: datetime) -> list[Point]:
    """The first of the events that stop the clock, by each combination of the sources."""
    known = [case.told(event) for event in rule.to if case.told(event)]
    unknown = {event for event in rule.to if event in case.unknown and not case.told(event)}
    if known:
        firsts = sorted({min(pair) for pair in product(*known)})
        is_open = bool(unknown) or _waits_for_record(rule, case)
        return [(told, "at_most" if is_open else "exact") for told in firsts] + _seen_after(rule, case, is_open)
    if unknown - ({"release"} if case.told(HELD) else set()) or _waits_for_record(rule, case):
        return []
    if rule.to[0] in rule.when_known and rule.to[0] not in case.never | case.unknown:  # asked for what was seen alone
        return []
    if "release" in rule.to and case.told(HELD):
        return [(told, "at_least") for told in sorted(case.told(HELD))]
    return [(Told(now, ""), "at_least")] if case.never.issuperset(rule.to) else []


def _waits_for_record(rule: CustodyRule, case: Case) -> bool:
    """True for a suspect whose record has no time yet: it may have stopped the clock before what is told did."""
    is_typed = bool(case.told("record")) or "record" in case.never
    return "record" in rule.to and bool(case.is_suspect) and not is_typed


def _seen_after(rule: CustodyRule, case: Case, is_open: bool) -> list[Point]:
    """Where only a release is told, and somebody saw the child held later than that: the time may be falsified."""
    is_release_alone = [event for event in rule.to if case.told(event)] == ["release"]
    if not is_release_alone or is_open:
        return []
    last = max(told.at for told in case.told("release"))
    return [(told, "at_least") for told in sorted(case.told(HELD)) if told.at > last]


def _reading(rule: CustodyRule, case: Case, start: Point, end: Point) -> Reading:
    (begun, first), (ended, last) = start, end
    bound: Bound = "exact"
    if "at_least" in (first, last):
        bound = "open" if "at_most" in (first, last) else "at_least"
    elif "at_most" in (first, last):
        bound = "at_most"
    minutes = int((ended.at - begun.at).total_seconds()) // 60
    outcome = _outcome(rule, case, begun.at, ended.at, bound)
    return Reading(begun.source, ended.source, begun.at, ended.at, minutes, bound, outcome)


def _outcome(
    rule: CustodyRule, case: Case, start: datetime, end: datetime, bound: Bound
) -> Literal["kept", "breach", "unknown", "impossible"]:
    if end < start:
        return "impossible" if bound in ("exact", "at_most") else "unknown"
    last = _last(rule, case, start)
    if rule.kind == "at_once":
        return "kept" if end == start and bound == "exact" else "unknown"
    is_over = last is not None and end > last
    if bound == "exact":
        return "breach" if is_over else "kept"
    if bound == "at_least":
        return "breach" if is_over else "unknown"
    return "kept" if bound == "at_most" and not is_over else "unknown"


def _by_length(reading: Reading) -> tuple[int, str, str]:
    return reading.minutes, reading.from_source, reading.to_source


# ---- what the readings come to -------------------------------------------------------------------------------------------


def _sum_up(
    rule: CustodyRule, case: Case, readings: list[Reading], has_start: bool, now: datetime
) -> tuple[Outcome, str, str]:
    """Outcome, sentence, and the event that the sentence is about."""
    event = rule.to[0] if rule.to else ""
    is_begun = has_start or rule.from_ in DATED_BY  # without a beginning of its own a rule asks for nothing yet
    if case.never.issuperset(rule.to) and is_begun and (rule.kind == "at_once" or not has_start):
        return "breach", NEVER, event
    outcomes = {one.outcome for one in readings} - {"impossible"}
    if readings and not outcomes:
        return "cannot_tell", BEFORE_RECORD if rule.to == ("questioning",) else WRONG_ORDER, event
    if outcomes == {"kept"}:
        return "kept", _why_kept(rule, readings), event
    if outcomes == {"breach"}:
        is_never = case.never.issuperset(rule.to)
        return "breach", NEVER if is_never else _why_over(rule, case, readings), event
    if "breach" in outcomes:
        return "depends_on_source", DISAGREE, event
    return "cannot_tell", *_why_open(rule, case, readings, has_start, now)


def _why_kept(rule: CustodyRule, readings: list[Reading]) -> str:
    usual = rule.minutes
    if usual and rule.exception_minutes and any(one.minutes > usual for one in readings):
        return BY_EXCEPTION
    return AT_MOST if all(one.bound == "at_most" for one in readings) else WITHIN


def _why_over(rule: CustodyRule, case: Case, readings: list[Reading]) -> str:
    if rule.exception == "ground" and rule.minutes == A_DAY and not case.has_ground:
        return NOT_CHECKED if case.ground == 1 and case.ground_recorded else NO_EXCEPTION
    if rule.exception and case.shows(rule.exception):
        return OVER_EXCEPTION
    return AT_LEAST if any(one.bound != "exact" for one in readings) else OVER


def _why_open(
    rule: CustodyRule, case: Case, readings: list[Reading], has_start: bool, now: datetime
) -> tuple[str, str]:
    wanted = "arrest" if rule.from_ in DATED_BY else (rule.from_ or "")
    if not has_start:
        return (NOT_KNOWN if wanted in case.unknown else NOT_TYPED), wanted
    if not readings:
        unknown = next((event for event in rule.to if event in case.unknown), "")
        if unknown:
            return NOT_KNOWN, unknown
        starts = [told.at for told, _ in _starts(rule, case)]
        last = _last(rule, case, min(starts))
        untyped = next((event for event in rule.to if event not in case.never), rule.to[0])
        return (RUNNING if last and now <= last else NOT_TYPED), untyped
    if rule.kind == "at_once":
        return AT_ONCE, rule.to[0]
    if all(one.end == now and one.bound == "at_least" for one in readings):
        return RUNNING, rule.to[0]
    return TOO_OPEN, rule.to[0]


def _ground_verdict(rule: CustodyRule, case: Case) -> Verdict:
    """A rule without a clock: there is no ground to hold such a child at all."""
    start = case.began_at()
    if not any(case.told(event) for event in (*RESTRICTING, HELD)):
        return Verdict(rule, "cannot_tell", Problem("arrest", NOT_HELD), start=start)
    if rule.id == "G1" and _is_bringing_in(case):
        return Verdict(rule, "cannot_tell", Problem("arrest", BROUGHT_IN), start=start)
    if rule.who == "suspect_14_15":
        if case.is_listed is None:
            return Verdict(rule, "cannot_tell", Problem("listed", SAY_LISTED), start=start)
        outcome, sentence = ("kept", LISTED) if case.is_listed else ("breach", NOT_LISTED)
        return Verdict(rule, outcome, Problem("listed", sentence), start=start)  # type: ignore[arg-type]
    return Verdict(rule, "breach", Problem("arrest", NO_GROUND), start=start)


def _is_bringing_in(case: Case) -> bool:
    """True where a child from 14 on was brought in, not arrested, and freed by every source within three hours."""
    start = case.began_at()
    is_arrested = any(case.told(event) or event in case.unknown for event in ("record", "cell"))
    if start is None or is_arrested or not case.told("release") or (case.age is not None and case.age < AGE_LIABLE):
        return False
    ends = [told.at for event in ("release", HELD) for told in case.told(event)]
    return all(end - start <= BRINGING_IN for end in ends)
