"""The picture of a case in finished numbers: events as ticks, limits as bars. The template only draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.domain.custody_case import Case, Told
from app.domain.custody_rules import EVENTS
from app.domain.custody_verdict import Verdict
from app.web import custody_words
from app.web.case_contexts import EventLine, LimitLine, Tick, Timeline
from app.web.language import Speech

WIDTH, LEFT, RIGHT = 900.0, 262.0, 26.0
TOP, ROW, BOTTOM = 46.0, 30.0, 8.0
LONGEST: Final = timedelta(days=5)  # what lies further away would squeeze the first day to nothing
STEPS_H: Final = (1, 2, 3, 6, 12, 24)
MOST_TICKS: Final = 10
TURN: Final = 0.62  # right of this part of the axis words stand left of their mark


@dataclass(frozen=True)
class _Axis:
    start: datetime
    end: datetime
    speech: Speech

    def x(self, at: datetime) -> float:
        share = (at - self.start) / (self.end - self.start)
        return round(LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT), 1)

    def is_turned(self, x: float) -> bool:
        return x > LEFT + TURN * (WIDTH - LEFT - RIGHT)

    def holds(self, at: datetime) -> bool:
        return self.start <= at <= self.end


def timeline(speech: Speech, case: Case, verdicts: Sequence[Verdict], dom_id: str) -> Timeline | None:
    """The picture of a case; None while no time is written down."""
    times = case.every_time()
    if not times:
        return None
    limits = [one for one in verdicts if one.deadline and one.start and one.rule.minutes and one.rule.kind == "within"]
    axis = _axis(speech, case, limits)
    shown = [(event, [told for told in case.told(event) if axis.holds(told.at)]) for event in EVENTS]
    lines = sorted(((event, told) for event, told in shown if told), key=lambda pair: min(pair[1]))
    drawn = [one for one in limits if one.start and axis.holds(one.start)]
    outside = [(event, told) for event in EVENTS for told in case.told(event) if not axis.holds(told.at)]
    below = TOP + ROW * len(lines) + (10 if drawn else 0)
    return Timeline(
        dom_id=dom_id,
        width=WIDTH,
        height=below + ROW * len(drawn) + BOTTOM,
        left=LEFT,
        ticks=tuple(_ticks(axis)),
        events=tuple(_event_line(axis, event, told, TOP + ROW * (n + 0.5)) for n, (event, told) in enumerate(lines)),
        limits=tuple(_limit_line(axis, one, below + ROW * (n + 0.5)) for n, one in enumerate(drawn)),
        words=tuple(_sentence(speech, event, told) for event, told in lines),
        outside=tuple(_sentence(speech, event, [told]) for event, told in outside),
    )


def _axis(speech: Speech, case: Case, limits: Sequence[Verdict]) -> _Axis:
    """From the hour before the first restriction to the last event or limit, at most five days."""
    times = [told.at for told in case.every_time()]
    first = case.began_at() or min(times)
    near = [at for at in times if abs(at - first) <= LONGEST]
    ends = [one.deadline for one in limits if one.deadline and one.deadline - first <= LONGEST]
    start = min(near)
    last = max([*near, *ends, start + timedelta(hours=3)])
    local = speech.local(start).replace(minute=0)
    return _Axis(local.astimezone(start.tzinfo), last + (last - start) / 30, speech)


def _ticks(axis: _Axis) -> list[Tick]:
    hours = (axis.end - axis.start).total_seconds() / 3600
    step = next((one for one in STEPS_H if hours / one <= MOST_TICKS), STEPS_H[-1])
    ticks: list[Tick] = []
    at, day = axis.start, ""
    while at <= axis.end:
        local = axis.speech.local(at)
        if local.hour % step == 0 or not ticks:
            today = f"{local.day}.{local.month:02}"
            ticks.append(Tick(axis.x(at), f"{local:%H:%M}", today if today != day else ""))
            day = today
        at += timedelta(hours=1)
    # The first tick stands where the picture begins; a second one close by would be written over it.
    return [one for n, one in enumerate(ticks) if n != 1 or one.x - ticks[0].x > 48]


def _event_line(axis: _Axis, event: str, told: Sequence[Told], y: float) -> EventLine:
    marks = tuple(sorted({axis.x(one.at) for one in told}))
    is_turned = axis.is_turned(marks[-1])
    x = marks[0] - 12 if is_turned else marks[-1] + 12
    return EventLine(
        custody_words.event(axis.speech, event), y, marks, _times(axis.speech, told), round(x, 1), is_turned
    )


def _limit_line(axis: _Axis, verdict: Verdict, y: float) -> LimitLine:
    start, last = verdict.start, verdict.deadline
    speech = axis.speech
    if start is None or last is None:
        raise ValueError("a limit is drawn only where its clock began")
    ends = [one.end for one in verdict.readings if one.outcome != "impossible"]
    bar_x, bar_end = axis.x(start), axis.x(last)
    run_end = axis.x(max(ends)) if ends else bar_x
    is_over = verdict.outcome in ("breach", "depends_on_source") and run_end > bar_end
    right = max(bar_end, run_end)
    is_turned = axis.is_turned(right)
    limit = custody_words.limit(speech, verdict.rule, verdict.limit_minutes)
    return LimitLine(
        label=f"{verdict.rule.id} · {limit}",
        y=y,
        outcome=verdict.outcome,
        words=speech.say(custody_words.OUTCOME[verdict.outcome]),
        bar_x=bar_x,
        bar_width=round(max(bar_end - bar_x, 2), 1),
        run_width=round(max(run_end - bar_x, 0), 1),
        over_x=bar_end,
        over_width=round(run_end - bar_end, 1) if is_over else 0,
        words_x=round(bar_x + 28 if is_turned else right + 26, 1),
    )


def _times(speech: Speech, told: Sequence[Told]) -> str:
    """ "22:10 Log, Camera · 21:50 Child"."""
    by_time: dict[datetime, list[str]] = {}
    for one in sorted(told):
        by_time.setdefault(one.at, []).append(custody_words.source(speech, one.source))
    return " · ".join(f"{speech.local(at):%H:%M} {', '.join(names)}" for at, names in by_time.items())


def _sentence(speech: Speech, event: str, told: Sequence[Told]) -> str:
    """ "Actual arrest: 5 March 2026, 22:10 (Log)"."""
    said = [f"{speech.moment(one.at)} ({custody_words.source(speech, one.source)})" for one in sorted(told)]
    return f"{custody_words.event(speech, event)}: {'; '.join(said)}"
