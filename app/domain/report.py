"""The report of a visit as one value: every number that the page, the print or an export shows comes from here. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.answers import is_complete, is_finding, shows_danger, verdicts
from app.domain.checklist import CompiledChecklist, Section
from app.domain.coverage import Answers, Asked, Repeats, asked_in
from app.domain.merge import Record

FACTS_BLOCK = "P"


@dataclass(frozen=True)
class Finding:
    """An answer that the report must speak of: no, partly, flagged, a broken rule, or danger."""

    asked: Asked
    answer: Record
    is_danger: bool
    has_broken_rule: bool

    @property
    def severity(self) -> str:
        """What the monitor said, else the indicator's own."""
        return self.answer.text("severity") or str(self.asked.indicator.severity)


@dataclass(frozen=True)
class Counts:
    """How the questions of a section, or of all, were answered. The parts add up to `asked` with `open`."""

    asked: int
    yes: int
    partly: int
    no: int
    not_applicable: int
    not_seen: int
    numbers_only: int
    open: int

    @property
    def answered(self) -> int:
        return self.asked - self.open

    @property
    def not_seen_percent(self) -> float:
        """Share of the questions that nobody could look at, 0 to 100."""
        return 100 * self.not_seen / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class SectionReport:
    section: Section
    counts: Counts
    findings: tuple[Finding, ...]
    not_seen: tuple[tuple[Asked, Record], ...]


@dataclass(frozen=True)
class Report:
    """No total score and no rank: danger first, then section by section (domain corpus, 4.3)."""

    counts: Counts
    danger: tuple[Finding, ...]
    sections: tuple[SectionReport, ...]
    facts: tuple[tuple[Asked, Record], ...]
    conflicts: tuple[tuple[Asked, Record], ...]

    def findings(self) -> list[Finding]:
        """All findings, worst first: danger, then by severity, in the order of the walk."""
        found = [finding for section in self.sections for finding in section.findings]
        return sorted(found, key=lambda finding: (not finding.is_danger, -_rank(finding.severity)))


def report_of(checklist: CompiledChecklist, answers: Answers, repeats: Repeats) -> Report:
    """The report of what was answered. Skipped questions are not asked and count nowhere."""
    sections = tuple(_section(checklist, section, answers, repeats) for section in checklist.checklist.sections)
    asked = list(asked_in(checklist, None, answers, repeats))
    pairs = [(one, answer) for one in asked if (answer := answers.get((one.indicator.id, one.repeat_id))) is not None]
    return Report(
        counts=_counts(asked, answers),
        danger=tuple(finding for section in sections for finding in section.findings if finding.is_danger),
        sections=sections,
        facts=tuple((one, answer) for one, answer in pairs if one.indicator.id.startswith(FACTS_BLOCK)),
        conflicts=tuple((one, answer) for one, answer in pairs if answer.conflicts),
    )


def _section(checklist: CompiledChecklist, section: Section, answers: Answers, repeats: Repeats) -> SectionReport:
    asked = list(asked_in(checklist, section, answers, repeats))
    pairs = [(one, answer) for one in asked if (answer := answers.get((one.indicator.id, one.repeat_id))) is not None]
    findings = tuple(finding for one, answer in pairs if (finding := _finding(one, answer)) is not None)
    complete = [(one, answer) for one, answer in pairs if is_complete(one.indicator, answer)]
    not_seen = tuple((one, answer) for one, answer in complete if answer.text("value") == "not_seen")
    return SectionReport(section, _counts(asked, answers), findings, not_seen)


def _finding(asked: Asked, answer: Record) -> Finding | None:
    indicator, fields = asked.indicator, answer.fields
    broken = any(verdict.outcome == "broken" for verdict in verdicts(indicator, fields))
    if not broken and answer.text("value") not in ("no", "partly") and not is_finding(indicator, fields):
        return None
    return Finding(asked, answer, shows_danger(indicator, fields), broken)


def _counts(asked: Sequence[Asked], answers: Answers) -> Counts:
    values = {"yes": 0, "partly": 0, "no": 0, "not_applicable": 0, "not_seen": 0}
    numbers_only, still_open = 0, 0
    for one in asked:
        answer = answers.get((one.indicator.id, one.repeat_id))
        if answer is None or not is_complete(one.indicator, answer):
            still_open += 1
        elif answer.text("value") in values:
            values[answer.text("value")] += 1
        else:
            numbers_only += 1
    return Counts(asked=len(asked), numbers_only=numbers_only, open=still_open, **values)


def _rank(severity: str) -> int:
    return 5 if severity == "danger" else int(severity)
