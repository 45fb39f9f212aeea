"""Fills the report page from the one Report value."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.clock import as_moment
from app.domain.coverage import Asked
from app.domain.merge import Record
from app.domain.report import Finding, Report, SectionReport, report_of
from app.web import words
from app.web.cards import field_value_words, standard_lines, verdict_tiles
from app.web.case_pages import report_cases
from app.web.in_hand import danger_url
from app.web.photo_places import place_of
from app.web.review_contexts import FactRow, ReportContext, ReportFinding, ReportPhoto, ReportSection, ReportSignature
from app.web.review_pages import field_lines
from app.web.visit_pages import Scene, institution_name, refusal_lines, unsettled


def report_page(
    scene: Scene, signed_at: Mapping[str, datetime], record_line: str, made_at_ms: int, back_url: str, talks: int = 0
) -> ReportContext:
    """Every number is one of `report`'s; this only finds the words. `talks`: sealed ones, of which nothing but their number
    is told here."""
    visit, speech = scene.visit, scene.speech
    report = report_of(scene.checklist, scene.records.answers, scene.repeats())
    numbers = _photo_numbers(scene)
    return ReportContext(
        **_cover(scene),
        back_url=back_url,
        access=tuple(_access(scene)),
        method=tuple(_method(scene, report, talks)),
        facts=tuple(_facts(scene, report)),
        asked=report.counts.asked,
        answered=report.counts.answered,
        not_seen=report.counts.not_seen,
        not_seen_share=f"{speech.number(report.counts.not_seen_percent, 0)} %",
        danger=tuple(_finding(scene, finding, numbers) for finding in report.danger),
        sections=tuple(_section(scene, section, numbers) for section in report.sections),
        recommendations=tuple(_recommendations(scene, report)),
        conflicts=unsettled(scene, report.conflicts),
        cases=tuple(report_cases(scene, as_moment(made_at_ms))),
        signatures=tuple(_signatures(scene, signed_at)),
        photos=tuple(_photos(scene, numbers)),
        checklist_line=f"{visit.checklist_id}, {visit.checklist_version}, SHA-256 {visit.checklist_sha256}",
        record_line=record_line,
        made_at=speech.at(made_at_ms),  # type: ignore[arg-type]
        danger_url=danger_url(visit),
    )


def _cover(scene: Scene) -> dict[str, Any]:
    """Where, when, by whom and on what right."""
    visit, speech, institution = scene.visit, scene.speech, scene.institution
    return {
        "institution": institution_name(institution, speech.language),
        "type_words": words.institution_type(speech, institution.text("type")) if institution else "",
        "place": institution.text("place") if institution else "",
        "visited_on": visit.visited_on,
        "kind_words": words.kind(speech, visit.kind),
        "announced_words": speech.say("announced") if visit.is_announced else speech.say("unannounced"),
        "legal_basis_words": words.legal_basis(speech, visit.legal_basis),
        "team": tuple(f"{scene.names.get(m, '?')}, {words.role(speech, visit.roles[m])}" for m in visit.team),
        "state_words": words.state(speech, visit.state),
        "is_draft": visit.state != "approved",
    }


def _access(scene: Scene) -> Iterable[str]:
    visit, speech = scene.visit, scene.speech
    if visit.arrived_at:
        yield speech.say("Arrived at %(time)s.", time=visit.arrived_at)
    if visit.waiting_minutes is not None:
        yield speech.say_n(
            "Waited %(count)s minute at the entrance.",
            "Waited %(count)s minutes at the entrance.",
            visit.waiting_minutes,
        )
    if visit.received_by_role:
        yield speech.say("Received by: %(role)s.", role=visit.received_by_role)
    for line in refusal_lines(scene):
        yield speech.say("Access refused: %(line)s", line=line)


def _method(scene: Scene, report: Report, talks: int) -> Iterable[str]:
    speech = scene.speech
    rooms = sum(repeat.text("kind") == "room" for repeat in scene.records.repeats)
    files = sum(repeat.text("kind") == "file" for repeat in scene.records.repeats)
    if rooms:
        yield speech.say_n("%(count)s room looked at.", "%(count)s rooms looked at.", rooms)
    if files:
        yield speech.say_n("%(count)s file sampled.", "%(count)s files sampled.", files)
    if talks:
        yield speech.say_n("%(count)s talk in private.", "%(count)s talks in private.", talks)
    used = {
        name.removeprefix("source.")
        for a in scene.records.answers.values()
        for name, on in a.fields.items()
        if name.startswith("source.") and on is True
    }
    if used:
        yield speech.say(
            "Sources used: %(sources)s.", sources=", ".join(words.source(speech, kind) for kind in sorted(used))
        )
    if scene.visit.finish_reason:
        yield speech.say("Finished with open questions: %(reason)s", reason=scene.visit.finish_reason)


def _facts(scene: Scene, report: Report) -> Iterable[FactRow]:
    """Every filled field of the facts block."""
    for asked, answer in report.facts:
        for one in asked.indicator.answer.fields:
            value = answer.fields.get(f"field.{one.key}")
            if value not in (None, ""):
                yield FactRow(one.label.in_(scene.speech.language), field_value_words(scene.speech, one, value))


def _finding(scene: Scene, finding: Finding, numbers: Mapping[str, int]) -> ReportFinding:
    speech, asked, answer = scene.speech, finding.asked, finding.answer
    indicator = asked.indicator
    used = [words.source(speech, kind) for kind in indicator.sources if answer.is_on(f"source.{kind}")]
    photos = scene.records.photos_of(indicator.id, asked.repeat_id)
    value = answer.text("value")
    return ReportFinding(
        indicator_id=indicator.id,
        text=indicator.text.in_(speech.language),
        place=scene.repeat_name(asked.repeat_id),
        answer_words=words.value(speech, value) if value else speech.say("numbers only"),
        value=value,
        severity_words=words.severity(speech, finding.severity),
        is_danger=finding.is_danger,
        lines=tuple(field_lines(speech, asked, answer.fields)),
        note=answer.text("note"),
        sources_words=", ".join(used),
        confidence_words=words.confidence(speech, answer.text("confidence")) if answer.text("confidence") else "",
        verdicts=tuple(verdict_tiles(speech, scene.checklist, indicator, answer.fields)),
        standards=tuple(standard_lines(scene.checklist, indicator, speech.language, f"{scene.url}/report")),
        photo_numbers=tuple(numbers[photo.subject] for photo in photos),
    )


def _section(scene: Scene, section: SectionReport, numbers: Mapping[str, int]) -> ReportSection:
    counts = section.counts
    return ReportSection(
        title=section.section.title.in_(scene.speech.language),
        asked=counts.asked,
        answered=counts.answered,
        not_seen=counts.not_seen,
        yes=counts.yes,
        partly=counts.partly,
        no=counts.no,
        not_applicable=counts.not_applicable,
        findings=tuple(_finding(scene, finding, numbers) for finding in section.findings),
        not_seen_lines=tuple(_not_seen_line(scene, asked, answer) for asked, answer in section.not_seen),
    )


def _not_seen_line(scene: Scene, asked: Asked, answer: Record) -> str:
    return f"{asked.indicator.id} {asked.indicator.text.in_(scene.speech.language)} — {answer.text('reason')}"


def _recommendations(scene: Scene, report: Report) -> Iterable[str]:
    """The ready recommendations of the findings, worst first, each once: a draft for the office."""
    seen: set[str] = set()
    for finding in report.findings():
        for phrase in finding.asked.indicator.phrases.recommendation[:1]:
            text = phrase.in_(scene.speech.language)
            if text not in seen:
                seen.add(text)
                yield f"{text} ({finding.asked.indicator.id})"


def _signatures(scene: Scene, signed_at: Mapping[str, datetime]) -> Iterable[ReportSignature]:
    dissents = {record.text("person"): record.text("dissent") for record in scene.records.sign_offs}
    for member in scene.visit.team:
        role = words.role(scene.speech, scene.visit.roles[member])
        yield ReportSignature(scene.names.get(member, "?"), role, signed_at.get(member), dissents.get(member, ""))


def _photo_numbers(scene: Scene) -> dict[str, int]:
    """Photos numbered from 1 in the order they were taken."""
    return {photo.subject: number for number, photo in enumerate(scene.records.photos, start=1)}


def _photos(scene: Scene, numbers: Mapping[str, int]) -> Iterable[ReportPhoto]:
    for photo in scene.records.photos:
        taken = photo.fields.get("taken_at_ms")
        moment = scene.speech.at(taken if isinstance(taken, int) else None)
        if moment:
            yield ReportPhoto(
                numbers[photo.subject],
                f"/photos/{photo.subject}",
                photo.text("caption"),
                photo.text("indicator"),
                moment,
                photo.text("sha256"),
                place_of(scene.photo_places, photo),
            )
