"""The workbook of findings at a level: what each level leaves out is decided here, column by column."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.domain.answers import NUMERIC
from app.domain.checklist import Section
from app.domain.report import Finding, report_of
from app.export.workbook import Cell, Sheet, Workbook, sheet_of
from app.web import words
from app.web.cards import field_value_words, standard_lines
from app.web.export_words import INTERNAL, LEVEL, RULES
from app.web.language import Speech
from app.web.review_pages import field_lines
from app.web.visit_pages import Scene, institution_name, refusal_lines

SHEETS = ("visits", "findings", "about")  # also the names of the files in a .zip


@dataclass(frozen=True)
class About:
    """What a file says of itself: (what, the value) in order."""

    lines: tuple[tuple[str, str], ...]


def findings_workbook(speech: Speech, scenes: Sequence[Scene], level: str, about: About) -> tuple[Workbook, int]:
    """The workbook, and how many findings it holds. `scenes`: the visits, in the order in which they are numbered."""
    visits = [_visit(number, scene, level) for number, scene in enumerate(scenes, 1)]
    findings = [
        _finding(number, scene, finding, level)
        for number, scene in enumerate(scenes, 1)
        for finding in report_of(scene.checklist, scene.records.answers, scene.repeats()).findings()
    ]
    sheets = (
        _sheet(speech.say("Visits"), visits),
        _sheet(speech.say("Findings"), findings),
        about_sheet(speech, about),
    )
    return Workbook(sheets), len(findings)


def about_sheet(speech: Speech, about: About) -> Sheet:
    """The sheet that says what the file is, and by which rules it was made."""
    what, value = speech.say("About this file"), speech.say("Value")
    return sheet_of(speech.say("About"), (what, value), [{what: name, value: told} for name, told in about.lines])


def rule_lines(speech: Speech, level: str, **params: str) -> Iterable[tuple[str, str]]:
    for number, rule in enumerate(RULES[level], 1):
        yield speech.say("Rule %(number)s", number=number), speech.say(rule, **params)


def level_line(speech: Speech, level: str) -> tuple[str, str]:
    return speech.say("Level"), speech.say(LEVEL[level])


def _sheet(name: str, rows: list[dict[str, Cell]]) -> Sheet:
    columns = tuple(dict.fromkeys(head for row in rows for head in row))
    return sheet_of(name, columns or ("—",), rows)


def _visit(number: int, scene: Scene, level: str) -> dict[str, Cell]:
    visit, speech, institution = scene.visit, scene.speech, scene.institution
    told: dict[str, Cell] = {
        speech.say("Visit"): number,
        speech.say("Institution"): institution_name(institution, speech.language),
        speech.say("Type"): words.institution_type(speech, institution.text("type")) if institution else "",
        speech.say("Region"): words.region(speech, institution.text("region")) if institution else "",
        speech.say("Place"): institution.text("place") if institution else "",
        speech.say("Day"): str(visit.visited_on or ""),
        speech.say("Kind of visit"): words.kind(speech, visit.kind),
        speech.say("On what right"): words.legal_basis(speech, visit.legal_basis),
    }
    if level == INTERNAL:
        told |= {
            speech.say("State"): words.state(speech, visit.state),
            speech.say("Team"): "; ".join(scene.names.get(one, "?") for one in visit.team),
            speech.say("Arrived"): visit.arrived_at,
            speech.say("Minutes waited"): visit.waiting_minutes,
            speech.say("Access refused"): "\n".join(refusal_lines(scene)),
            speech.say("Number in the system"): visit.visit_id,
        }
    return told


def _finding(number: int, scene: Scene, finding: Finding, level: str) -> dict[str, Cell]:
    speech, indicator, answer = scene.speech, finding.asked.indicator, finding.answer
    value = answer.text("value")
    told: dict[str, Cell] = {
        speech.say("Visit"): number,
        speech.say("Institution"): institution_name(scene.institution, speech.language),
        speech.say("Section"): finding.asked.section.title.in_(speech.language),
        speech.say("Indicator"): indicator.id,
        speech.say("Question"): indicator.text.in_(speech.language),
        speech.say("Room or file"): _place(scene, finding, level),
        speech.say("Answer"): words.value(speech, value) if value else speech.say("numbers only"),
        speech.say("Severity"): words.severity(speech, finding.severity),
        speech.say("Figures"): "\n".join(_facts(scene, finding, level)),
        speech.say("Rule"): "\n".join(
            f"{line.citation}: {line.text}" for line in standard_lines(scene.checklist, indicator, speech.language, "")
        ),
        speech.say("Recommendation"): "\n".join(
            one.in_(speech.language) for one in indicator.phrases.recommendation[:1]
        ),
    }
    if level == INTERNAL:
        used = [words.source(speech, kind) for kind in indicator.sources if answer.is_on(f"source.{kind}")]
        confidence = answer.text("confidence")
        told |= {
            speech.say("Note"): answer.text("note"),
            speech.say("Sources"): ", ".join(used),
            speech.say("Confidence"): words.confidence(speech, confidence) if confidence else "",
        }
    return told


def _is_file(section: Section) -> bool:
    """A sampled file is a child's: outside the office nothing may tell which."""
    return section.repeat == "file"


def _place(scene: Scene, finding: Finding, level: str) -> str:
    if level != INTERNAL and _is_file(finding.asked.section):
        return scene.speech.say("a sampled file")
    return scene.repeat_name(finding.asked.repeat_id)


def _facts(scene: Scene, finding: Finding, level: str) -> Iterable[str]:
    """What was counted and measured; outside the office without texts, days and times, and nothing of a child's file."""
    speech, fields = scene.speech, finding.answer.fields
    if level == INTERNAL:
        yield from field_lines(speech, finding.asked, fields)
    elif not _is_file(finding.asked.section):
        for one in finding.asked.indicator.answer.fields:
            value = fields.get(f"field.{one.key}")
            if one.type in (*NUMERIC, "choice") and value not in (None, ""):
                yield f"{one.label.in_(speech.language)}: {field_value_words(speech, one, value)}"
