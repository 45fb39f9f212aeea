"""What the templates of the custody clock receive (see `contexts.py`).

cases/page.html and cases/_live.html CasePage; cases/_verdicts.html and cases/_timeline.html parts of it, and of the
report.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.web.contexts import Choice, StatusContext, VisitHead


@dataclass(frozen=True)
class TimeField:
    """One date with a time. `clash`: two people typed different times, both are given; the next one typed settles it."""

    name: str
    label: str  # the source, or "from", "to"
    value: str  # as a datetime-local input takes it
    shown: str  # what the record held when this was drawn: posted back as was.<name>
    problem: str
    clash: str


@dataclass(frozen=True)
class EventRow:
    """An event with a time per source, and a mark when there is none."""

    event: str
    label: str
    fields: tuple[TimeField, ...]
    state_name: str
    state: str  # "" | unknown | never
    states: tuple[Choice, ...]
    is_filled: bool


@dataclass(frozen=True)
class EventGroup:
    group_id: str
    title: str
    rows: tuple[EventRow, ...]
    is_open: bool
    filled: int  # rows with something written down


@dataclass(frozen=True)
class FactField:
    name: str
    label: str
    value: str
    shown: str
    choices: tuple[Choice, ...]  # empty: a whole number is typed
    problem: str
    clash: str


@dataclass(frozen=True)
class SpanRow:
    """A questioning, from and to."""

    number: int
    start: TimeField
    end: TimeField
    problem: str  # it ends before it begins


@dataclass(frozen=True)
class ClockVerdict:
    """What one rule says. Words are finished; `outcome` picks shape and colour."""

    rule_id: str
    outcome: str  # breach | depends_on_source | cannot_tell | kept
    outcome_words: str
    level: str  # national | international
    text: str
    limit: str
    elapsed: str  # "" when nothing is known
    why: str
    readings: tuple[str, ...]  # source by source, where they disagree or cannot be
    citation: str
    is_verified: bool  # False: to be checked by counsel
    seen_line: str  # "text of the law seen on …; later changes are not checked"; "" when it does not matter
    note: str


@dataclass(frozen=True)
class OutcomeCount:
    outcome: str
    words: str
    count: int


@dataclass(frozen=True)
class Tick:
    x: float
    time: str  # "22:00"
    day: str  # "6.03" where a day begins or the picture does, else ""


@dataclass(frozen=True)
class EventLine:
    """A row of the picture: the event, a mark at each told time, and those times in words."""

    label: str
    y: float  # middle of the row
    marks: tuple[float, ...]
    words: str
    words_x: float
    words_end: bool  # the words end at words_x instead of beginning there


@dataclass(frozen=True)
class LimitLine:
    """A row with a limit: the allowed time as a bar, the time that passed as a line, what is over as a hatched part."""

    label: str
    y: float
    outcome: str
    words: str
    bar_x: float
    bar_width: float
    run_width: float  # 0: nothing known
    over_x: float
    over_width: float  # 0: nothing over
    words_x: float


@dataclass(frozen=True)
class Timeline:
    """The picture of a case in numbers of its own view box; drawn by cases/_timeline.html."""

    dom_id: str
    width: float
    height: float
    left: float  # where the axis begins
    ticks: tuple[Tick, ...]
    events: tuple[EventLine, ...]
    limits: tuple[LimitLine, ...]
    words: tuple[str, ...]  # the same as text, in order of time
    outside: tuple[str, ...]  # times that lie outside the picture


@dataclass(frozen=True)
class ReportCase:
    """A sampled file in the report."""

    name: str
    facts: str  # "16 years; suspect"
    verdicts: tuple[ClockVerdict, ...]
    timeline: Timeline | None


@dataclass(frozen=True)
class CasePage:
    """The clock of one file. Every form posts to `url` with `seen`, `person` and its own fields."""

    visit: VisitHead
    file_name: str
    url: str
    back_url: str
    person_id: str
    seen: str
    is_editable: bool
    has_rules: bool  # False: the checklist of the visit is older than the clocks, or of a place of care
    facts: tuple[FactField, ...]
    groups: tuple[EventGroup, ...]
    spans: tuple[SpanRow, ...]
    verdicts: tuple[ClockVerdict, ...]
    timeline: Timeline | None  # None: no times yet
    counts: tuple[OutcomeCount, ...]  # of the verdicts, worst first
    problem: str
    status: StatusContext | None = None
