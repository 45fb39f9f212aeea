"""Fills the contexts of the custody clock: the forms of a case, its verdicts, its part of the report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.cases import MOST_SPANS, STATES, case_of
from app.domain.checklist import CompiledChecklist
from app.domain.custody import judge
from app.domain.custody_case import Case
from app.domain.custody_rules import EVENT_GROUPS, GROUNDS, SOURCES
from app.domain.custody_verdict import OUTCOMES, Reading, Verdict
from app.domain.journal import Json
from app.domain.merge import Record
from app.errors import N_
from app.services.cases import may_write
from app.web import custody_words
from app.web.cards import citation
from app.web.case_contexts import (
    CasePage,
    ClockVerdict,
    EventGroup,
    EventRow,
    FactField,
    OutcomeCount,
    ReportCase,
    SpanRow,
    TimeField,
)
from app.web.contexts import Choice
from app.web.language import Speech
from app.web.timeline import timeline
from app.web.visit_pages import Scene, head

CLASH = N_("Two of you typed different times: %(first)s and %(second)s. Type the right one.")
FACT_CLASH = N_("Two of you said different things here. Choose the right one.")
SPAN_ORDER = N_("Cannot be: order of times. The end is before the beginning.")
ENDS = {"start": N_("Began"), "end": N_("Ended")}


@dataclass(frozen=True)
class Sheet:
    """A case record as its forms show it, with what was typed last and refused."""

    record: Record
    speech: Speech
    typed: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    problem_field: str = ""

    def held(self, name: str) -> str:
        """What the record holds, as an input takes it."""
        return _as_typed(self.record.fields.get(name))

    def value(self, name: str) -> str:
        return self.typed.get(name, self.held(name))

    def refusal(self, name: str) -> str:
        return self.problem if name == self.problem_field else ""


def case_page(
    scene: Scene, repeat: Record, now: datetime, refused: Mapping[str, str] | None = None, *problem: str
) -> CasePage:
    """The clock of one file. `refused`: what was typed, `problem`: the sentence and the field it is about."""
    speech, repeat_id = scene.speech, repeat.subject
    record = scene.records.cases.get(repeat_id) or Record("", "case", "")
    sentence, at_field = (*problem, "", "")[:2]
    sheet = Sheet(record, speech, refused or {}, sentence, at_field)
    case = case_of(record, speech.zone)
    verdicts = judge(case, scene.checklist.custody, now) if _is_begun(record) else ()
    return CasePage(
        visit=head(scene),
        file_name=repeat.text("name"),
        url=f"{scene.url}/files/{repeat_id}/clock",
        back_url=f"{scene.url}/sections/{repeat.text('section')}#repeat-{repeat_id}",
        person_id=scene.person.person_id,
        seen=",".join(record.heads),
        is_editable=may_write(scene.person, scene.records, repeat_id),
        has_rules=bool(scene.checklist.custody),
        facts=tuple(_facts(sheet, case)),
        groups=tuple(_group(sheet, group, events) for group, events in EVENT_GROUPS.items()),
        spans=tuple(_spans(sheet, case)),
        verdicts=tuple(clock_verdicts(speech, scene.checklist, case, verdicts)),
        timeline=timeline(speech, case, verdicts, "clock"),
        counts=tuple(_counts(speech, verdicts)),
        problem=sentence,
    )


def _counts(speech: Speech, verdicts: Sequence[Verdict]) -> Iterable[OutcomeCount]:
    for outcome in OUTCOMES:
        count = sum(verdict.outcome == outcome for verdict in verdicts)
        if count:
            yield OutcomeCount(outcome, speech.say(custody_words.OUTCOME[outcome]), count)


def report_cases(scene: Scene, now: datetime) -> Iterable[ReportCase]:
    """Every sampled file of the visit with a time or fact, in the order the files were made."""
    for number, repeat in enumerate(scene.records.repeats, start=1):
        record = scene.records.cases.get(repeat.subject)
        if record is None or not _is_begun(record):
            continue
        case = case_of(record, scene.speech.zone)
        verdicts = judge(case, scene.checklist.custody, now)
        yield ReportCase(
            name=repeat.text("name"),
            facts=_facts_line(scene.speech, case),
            verdicts=tuple(clock_verdicts(scene.speech, scene.checklist, case, verdicts)),
            timeline=timeline(scene.speech, case, verdicts, f"clock-{number}"),
        )


def _is_begun(record: Record) -> bool:
    return bool(record.conflicts) or any(value is not None for value in record.fields.values())


# ---- verdicts ----------------------------------------------------------------------------------------------------------


def clock_verdicts(
    speech: Speech, checklist: CompiledChecklist, case: Case, verdicts: Iterable[Verdict]
) -> Iterable[ClockVerdict]:
    """The verdicts in words, worst first."""
    for verdict in verdicts:
        rule, standards = verdict.rule, checklist.standards
        named = [standards[name] for name in rule.named_standards() if name in standards]
        is_international = bool(named) and named[0].instrument.level == "international"
        yield ClockVerdict(
            rule_id=rule.id,
            outcome=verdict.outcome,
            outcome_words=speech.say(custody_words.OUTCOME[verdict.outcome]),
            level="international" if is_international else "national",
            text=rule.text.in_(speech.language),
            limit=custody_words.limit(speech, rule, verdict.limit_minutes),
            elapsed=custody_words.elapsed(speech, verdict.least, verdict.most),
            why=custody_words.why(speech, verdict.why),
            readings=tuple(_readings(speech, verdict)),
            citation="; ".join(citation(one, speech.language) for one in named),
            is_verified=rule.status != "unconfirmed" and all(one.provision.is_verified for one in named[:1]),
            seen_line=_seen_line(speech, verdict, case),
            note=rule.note.in_(speech.language) if rule.note else "",
        )


def _readings(speech: Speech, verdict: Verdict) -> Iterable[str]:
    """Source by source, where that says more than the whole."""
    kinds = {one.outcome for one in verdict.readings}
    if len(verdict.readings) < 2 or (len(kinds) == 1 and "impossible" not in kinds):
        return
    for one in verdict.readings:
        yield speech.say(
            "%(first)s → %(last)s: %(time)s, %(outcome)s",
            first=_reading_end(speech, one.from_source, one.start),
            last=_reading_end(speech, one.to_source, one.end),
            time=_reading_time(speech, one),
            outcome=speech.say(custody_words.READING[one.outcome]),
        )


def _reading_end(speech: Speech, source: str, at: datetime) -> str:
    return f"{custody_words.source(speech, source)} {speech.local(at):%H:%M}".strip()


def _reading_time(speech: Speech, reading: Reading) -> str:
    if reading.minutes < 0:
        return f"−{custody_words.duration(speech, -reading.minutes)}"
    if reading.bound == "at_least":
        return custody_words.elapsed(speech, reading.minutes, None)
    if reading.bound == "at_most":
        return custody_words.elapsed(speech, None, reading.minutes)
    return custody_words.duration(speech, reading.minutes)


def _seen_line(speech: Speech, verdict: Verdict, case: Case) -> str:
    """When the arrest is later than the text of the law that was read: it may have changed since."""
    rule, began = verdict.rule, case.began_at()
    if rule.status != "unconfirmed_after" or began is None or speech.local(began).date() <= rule.text_seen_on:
        return ""
    return speech.say(
        "Text of the law seen as of %(day)s; later changes are not checked.", day=speech.day(rule.text_seen_on)
    )


# ---- forms -------------------------------------------------------------------------------------------------------------


def _as_typed(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None or isinstance(value, list | dict) else str(value)


def _choices(speech: Speech, table: Mapping[str, str], chosen: str) -> tuple[Choice, ...]:
    return tuple(Choice(code, speech.say(said), code == chosen) for code, said in table.items())


def _facts(sheet: Sheet, case: Case) -> Iterable[FactField]:
    """The facts that decide which rules hold. What cannot matter in this case is not asked, unless it was said."""
    for name in _asked_facts(sheet, case):
        table = {} if name == "age" else custody_words.YES_NO
        if name == "ground":
            table = {
                "": custody_words.YES_NO[""],
                **{str(ground): custody_words.GROUND[str(ground)] for ground in GROUNDS},
            }
        value = sheet.value(name)
        yield FactField(
            name=name,
            label=sheet.speech.say(custody_words.FACT[name]),
            value=value,
            shown=sheet.held(name),
            choices=_choices(sheet.speech, table, value),
            problem=sheet.refusal(name),
            clash=sheet.speech.say(FACT_CLASH) if name in sheet.record.conflicts else "",
        )


def _asked_facts(sheet: Sheet, case: Case) -> list[str]:
    is_asked = {
        "ground_recorded": case.ground is not None,
        "ground_checked": case.ground == 1,
        "listed": case.age in (14, 15),
        "border": case.is_administrative,
        "extended": bool(case.told("decision") or case.told("custody_end")),
    }
    return [
        name
        for name in custody_words.FACT
        if is_asked.get(name, True) or sheet.held(name) or name in sheet.record.conflicts
    ]


def _group(sheet: Sheet, group: str, events: Iterable[str]) -> EventGroup:
    rows = tuple(_row(sheet, event) for event in events)
    filled = sum(row.is_filled for row in rows)
    is_refused = any(one.problem for row in rows for one in row.fields)
    return EventGroup(
        group_id=group,
        title=sheet.speech.say(custody_words.EVENT_GROUP[group]),
        rows=rows,
        is_open=group in ("arrest", "told") or bool(filled) or is_refused,
        filled=filled,
    )


def _row(sheet: Sheet, event: str) -> EventRow:
    fields = tuple(
        _time_field(sheet, f"time.{event}.{source}", custody_words.source(sheet.speech, source)) for source in SOURCES
    )
    kept = next((state for state in STATES if sheet.record.is_on(f"{state}.{event}")), "")
    state = sheet.typed.get(f"state.{event}", kept)
    return EventRow(
        event=event,
        label=custody_words.event(sheet.speech, event),
        fields=fields,
        state_name=f"state.{event}",
        state=kept,
        states=_choices(sheet.speech, custody_words.STATE, state),
        is_filled=bool(kept) or any(one.shown or one.clash for one in fields),
    )


def _time_field(sheet: Sheet, name: str, label: str) -> TimeField:
    sides = sheet.record.conflicts.get(name, ())
    said = [str(side.value or "—").replace("T", " ") for side in sides]
    return TimeField(
        name=name,
        label=label,
        value=sheet.value(name),
        shown=sheet.held(name),
        problem=sheet.refusal(name),
        clash=sheet.speech.say(CLASH, first=said[0], second=said[1]) if len(said) > 1 else "",
    )


def _spans(sheet: Sheet, case: Case) -> Iterable[SpanRow]:
    """The questionings written down, and one empty row more."""
    used = [n for n in range(1, MOST_SPANS + 1) if any(sheet.value(f"questioning.{n}.{end}") for end in ENDS)]
    for number in range(1, min(max(used, default=0) + 1, MOST_SPANS) + 1):
        start, end = (
            _time_field(sheet, f"questioning.{number}.{end}", sheet.speech.say(words)) for end, words in ENDS.items()
        )
        is_wrong = bool(start.shown and end.shown and end.shown < start.shown)
        yield SpanRow(number, start, end, sheet.speech.say(SPAN_ORDER) if is_wrong else "")


def _facts_line(speech: Speech, case: Case) -> str:
    """ "15 years; suspect; foreign citizen"."""
    said = []
    if case.age is not None:
        said.append(speech.say_n("%(count)s year old", "%(count)s years old", case.age))
    if case.is_administrative:
        said.append(speech.say("administrative detention"))
    elif case.is_suspect is not None:
        said.append(speech.say("suspect") if case.is_suspect else speech.say("not a suspect"))
    if case.is_foreign:
        said.append(speech.say("foreign citizen"))
    if case.ground is not None:
        said.append(speech.say("ground named: %(ground)s", ground=speech.say(custody_words.GROUND[str(case.ground)])))
    return "; ".join(said)
