"""What is asked in a visit, and how far the answers go. Pure: counts are made from the records, never kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from app.domain.answers import is_complete, is_finding, shows_danger
from app.domain.checklist import CompiledChecklist, Indicator, Section
from app.domain.merge import Record
from app.domain.skip_rules import Fields, indicator_in, is_skipped, leaves

Answers: TypeAlias = Mapping[tuple[str, str], Record]  # by (indicator id, repeat id or "")
Repeats: TypeAlias = Mapping[str, Sequence[str]]  # section id -> ids of its rooms or files that were not removed


@dataclass(frozen=True)
class Asked:
    """A question as it stands in the visit: once, or once for each room or file."""

    section: Section
    indicator: Indicator
    repeat_id: str


@dataclass(frozen=True)
class Coverage:
    """Counts of questions. `must_open`: required and not complete; `flagged`: findings, dangers among them."""

    asked: int
    answered: int
    must_open: int
    not_seen: int
    danger: int
    flagged: int
    conflicts: int


def coverage_of(checklist: CompiledChecklist, section: Section | None, answers: Answers, repeats: Repeats) -> Coverage:
    """The counts of a section (None: of the whole visit). Skipped questions are not asked and count nowhere."""
    return count(checklist, list(asked_in(checklist, section, answers, repeats)), answers)


def count(checklist: CompiledChecklist, asked: Sequence[Asked], answers: Answers) -> Coverage:
    """The counts of these questions."""
    with_record = [(one, answers.get((one.indicator.id, one.repeat_id))) for one in asked]
    must = set(checklist.checklist.must)
    complete = [is_complete(one.indicator, record) for one, record in with_record]
    present = [(one.indicator, record) for one, record in with_record if record is not None]
    return Coverage(
        asked=len(asked),
        answered=sum(complete),
        must_open=sum(one.indicator.id in must and not done for one, done in zip(asked, complete, strict=True)),
        not_seen=sum(record.text("value") == "not_seen" for _, record in present),
        danger=sum(shows_danger(indicator, record.fields) for indicator, record in present),
        flagged=sum(is_finding(indicator, record.fields) for indicator, record in present),
        conflicts=sum(bool(record.conflicts) for _, record in present),
    )


def asked_in(
    checklist: CompiledChecklist, section: Section | None, answers: Answers, repeats: Repeats
) -> Iterator[Asked]:
    """The questions of a section (None: of the visit) in the order one walks: room by room, file by file.

    A repeat section without a room or file yet asks each of its questions once, with an empty repeat id: they are open.
    """
    for one in checklist.checklist.sections if section is None else (section,):
        for repeat_id in (repeats.get(one.id) or ("",)) if one.repeat else ("",):
            for indicator_id in one.indicators:
                indicator = checklist.indicators[indicator_id]
                if not is_skipped(indicator.when, _awaited(indicator, answers, repeat_id)):
                    yield Asked(one, indicator, repeat_id)


def follow_up_of(checklist: CompiledChecklist, answers: Answers) -> tuple[str, ...]:
    """What a follow-up visit asks again: what may never be left out, and what was a finding, critical or not settled last time.

    `answers` are those of the last visit. Critical: answered no or partly where the severity is 4 or danger. Source:
    issue 3 point 3 of this project; the next visit verifies (domain.md 2, step 19).
    """
    again = set(checklist.checklist.must)
    for (indicator_id, _), record in answers.items():
        indicator = checklist.indicators.get(indicator_id)
        if indicator and (record.conflicts or is_finding(indicator, record.fields) or _is_critical(indicator, record)):
            again.add(indicator_id)
    return tuple(indicator.id for _, indicator in checklist.in_order() if indicator.id in again)


def _is_critical(indicator: Indicator, record: Record) -> bool:
    return indicator.severity in (4, "danger") and record.text("value") in ("no", "partly")


def _awaited(indicator: Indicator, answers: Answers, repeat_id: str) -> dict[str, Fields]:
    """The fields that the indicator's skip rule waits for: of the same room or file, else of the visit."""
    if indicator.when is None:
        return {}
    found: dict[str, Fields] = {}
    for _, leaf in leaves(indicator.when):
        awaited = indicator_in(leaf)
        record = answers.get((awaited, repeat_id)) or answers.get((awaited, ""))
        if record is not None:
            found[awaited] = record.fields
    return found
