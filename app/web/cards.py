"""Fills the contexts of the indicator cards from a visit's records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote

from app.domain.answers import derived_values, is_complete, needs_reason, verdicts
from app.domain.checklist import METHODS, SOURCES, AnswerField, CompiledChecklist, Indicator, Standard
from app.domain.journal import Json
from app.domain.merge import Record
from app.domain.people import Person
from app.domain.visits import may_answer
from app.errors import N_
from app.store.reads import VisitRecords
from app.web import words
from app.web.answer_contexts import (
    Candidate,
    CardContext,
    CardMeanings,
    ConflictContext,
    FieldContext,
    Meaning,
    PhotoContext,
    ReviewerQuestion,
    SourceChip,
    StandardLine,
    VerdictContext,
)
from app.web.contexts import Choice, PhotoPlace
from app.web.language import Speech
from app.web.photo_places import original_line, place_of

FIELD_WORDS: Final = {
    "value": N_("the answer"),
    "note": N_("the note"),
    "reason": N_("the reason"),
    "confidence": N_("how sure"),
    "severity": N_("how serious"),
    "flagged": N_("whether it is a finding"),
}


@dataclass(frozen=True)
class Desk:
    """What every card of a page needs beside its own indicator. `counts`: entries of each answer's subject."""

    checklist: CompiledChecklist
    records: VisitRecords
    person: Person
    names: Mapping[str, str]  # person id -> name
    counts: Mapping[str, int]
    asked_by: Mapping[str, tuple[str, int]]  # entry id -> (author, ms), for questions and last changes
    speech: Speech
    photo_places: Mapping[str, PhotoPlace] = field(default_factory=dict)  # by SHA-256
    settled: frozenset[str] = frozenset()  # entries that settled an earlier conflict
    typed: Mapping[str, str] = field(default_factory=dict)  # what was refused, kept for the person
    problem: str = ""
    problem_field: str = ""

    def name(self, person_id: str) -> str:
        return self.names.get(person_id, "?")

    @cached_property
    def names_known(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(self.names.items()))

    def refused(self, typed: Mapping[str, str], problem: str, name: str) -> "Desk":
        return replace(self, typed=typed, problem=problem, problem_field=name)

    def card_problem(self, indicator: Indicator) -> str:
        """The refusal, unless it stands beside a field of the indicator: it is said once."""
        names = {f"field.{asked.key}" for asked in indicator.answer.fields}
        return "" if self.problem_field.removesuffix(".of") in names else self.problem


def card(desk: Desk, indicator: Indicator, repeat_id: str = "", number: int = 0) -> CardContext:
    """The card of an indicator; in a repeat with the display number of its room or file."""
    answer = desk.records.answers.get((indicator.id, repeat_id))
    question = desk.records.question_about(indicator.id, repeat_id)
    return CardContext(
        dom_id=f"indicator-{indicator.id}" + (f"-{number}" if number else ""),
        indicator_id=indicator.id,
        repeat_id=repeat_id,
        person_id=desk.person.person_id,
        is_editable=may_answer(desk.person, desk.records.visit, question is not None),
        reviewer_question=_question(desk, question),
        problem=desk.card_problem(indicator),
        **_addresses(desk, indicator, repeat_id),
        **_asked(desk, indicator),
        **_said(desk, indicator, repeat_id, answer),
    )


def _addresses(desk: Desk, indicator: Indicator, repeat_id: str) -> dict[str, Any]:
    """Where the card's forms are sent."""
    visit_url = f"/visits/{desk.records.visit.visit_id}"
    base = f"{visit_url}/answers/{indicator.id}" + (f"/{repeat_id}" if repeat_id else "")
    return {
        "answer_url": base,
        "undo_url": f"{base}/undo",
        "history_url": f"{base}/history",
        "resolution_url": f"{base}/resolution",
        "photos_url": f"{visit_url}/photos",
        "meaning_url": f"{visit_url}/meanings/{indicator.id}",
    }


def _asked(desk: Desk, indicator: Indicator) -> dict[str, Any]:
    """What the checklist says: the same for every visit."""
    language = desk.speech.language
    return {
        "question": indicator.text.in_(language),
        "from_words": words.how_to_find_out(desk.speech, indicator.sources),
        "is_danger": indicator.is_danger,
        "is_must": desk.checklist.is_must(indicator.id),
        "has_rating": indicator.answer.rating,
        "finding_phrases": tuple(text.in_(language) for text in indicator.phrases.finding),
        "recommendation_phrases": tuple(text.in_(language) for text in indicator.phrases.recommendation),
    }


def meaning(checklist: CompiledChecklist, indicator: Indicator, language: str, back: str) -> Meaning:
    """How to find out, what each answer means here, and the rules behind it; `back` leads from them to the card."""
    lines = tuple(standard_lines(checklist, indicator, language, back))
    return Meaning(indicator.guidance.in_(language), meanings(indicator, language), lines)


def _said(desk: Desk, indicator: Indicator, repeat_id: str, answer: Record | None) -> dict[str, Any]:
    """What the team has answered so far; what was refused just now stands as it was typed."""
    fields: Mapping[str, Json] = answer.fields if answer else {}
    value, subject = _text(fields, "value"), answer.subject if answer else ""
    photos = desk.records.photos_of(indicator.id, repeat_id)
    return {
        "seen": ",".join(answer.heads) if answer else "",
        "is_answered": is_complete(indicator, answer),
        "value": value,
        "reason": desk.typed.get("reason", _text(fields, "reason")),
        "reason_is_missing": needs_reason(fields),
        "quick_reasons": tuple(desk.speech.say(text) for text in words.QUICK_REASONS.get(value, ())),
        "fields": tuple(_field(desk, asked, fields) for asked in indicator.answer.fields),
        "derived": tuple(derived_lines(desk.speech, indicator, fields)),
        "verdicts": tuple(verdict_tiles(desk.speech, desk.checklist, indicator, fields)),
        "sources": tuple(_chips(desk, indicator, fields)),
        "confidence": _text(fields, "confidence"),
        "note": desk.typed.get("note", _text(fields, "note")),
        "photos": tuple(_photo(desk, photo) for photo in photos),
        "is_flagged": fields.get("flagged") is True,
        "severity": _text(fields, "severity"),
        "conflicts": tuple(_conflicts(desk, indicator, answer)),
        "can_undo": desk.counts.get(subject, 0) > 0,
        "history_count": desk.counts.get(subject, 0),
        "changed_line": _changed(desk, answer),
    }


def meanings(indicator: Indicator, language: str) -> CardMeanings:
    """The definition card in a language."""
    card_ = indicator.card
    return CardMeanings(
        yes=card_.yes.in_(language),
        partly=card_.partly.in_(language),
        no=card_.no.in_(language),
        not_applicable=card_.not_applicable.in_(language),
        not_seen=card_.not_seen.in_(language),
        example=card_.example.in_(language),
        counter_example=card_.counter_example.in_(language),
    )


def standard_lines(
    checklist: CompiledChecklist, indicator: Indicator, language: str, back: str
) -> Iterable[StandardLine]:
    """The rules behind an indicator, national first; what is unverified says so. `back`: the page that shows them."""
    found = [checklist.standards[key] for key in indicator.standards if key in checklist.standards]
    for standard in sorted(found, key=lambda one: one.instrument.level != "national"):
        yield StandardLine(
            level="national" if standard.instrument.level == "national" else "international",
            citation=citation(standard, language),
            text=standard.provision.text.in_(language),
            is_verified=standard.provision.is_verified,
            url=standard_url(standard.provision.id, back),
        )


def standard_url(provision_id: str, back: str = "") -> str:
    """The page of a provision, with the way back to where it was cited."""
    return f"/standards/{provision_id}" + (f"?back={quote(back, safe='/')}" if back else "")


def citation(standard: Standard, language: str) -> str:
    """ "CRC 37(c)" in the reader's language."""
    return f"{standard.instrument.short.in_(language)} {standard.provision.number}"


def verdict_tiles(
    speech: Speech, checklist: CompiledChecklist, indicator: Indicator, fields: Mapping[str, Json]
) -> Iterable[VerdictContext]:
    """Each value against each rule: national and international side by side, neither above the other."""
    for verdict in verdicts(indicator, fields):
        if verdict.value is None:
            continue
        threshold = verdict.threshold
        unit = words.unit(speech, threshold.unit)
        standard = checklist.standards.get(threshold.standard)
        bound = speech.number(threshold.value)
        rule = speech.say("at least %(bound)s %(unit)s", bound=bound, unit=unit)
        if threshold.rule == "at_most":
            rule = speech.say("at most %(bound)s %(unit)s", bound=bound, unit=unit)
        outcome = speech.say("kept") if verdict.outcome == "kept" else speech.say("not kept")
        yield VerdictContext(
            level=verdict.level,
            outcome=verdict.outcome,
            words=f"{speech.number(_shown(verdict.value))} {unit} — {outcome}",
            rule=(f"{citation(standard, speech.language)}: " if standard else "") + rule,
            is_verified=standard.provision.is_verified if standard else False,
        )


def derived_lines(speech: Speech, indicator: Indicator, fields: Mapping[str, Json]) -> Iterable[str]:
    values = derived_values(indicator, fields)
    for derived in indicator.answer.derived:
        value = values[derived.key]
        if value is not None:
            number = speech.number(_shown(value))
            yield f"{derived.label.in_(speech.language)}: {number} {words.unit(speech, derived.unit)}"


def field_words(speech: Speech, indicator: Indicator, name: str) -> str:
    """What people call a field of an answer's record."""
    kind, _, key = name.partition(".")
    asked = indicator.field(key) if key else None
    if kind == "source":
        return words.source(speech, key)
    if asked:
        label = asked.label.in_(speech.language)
        return speech.say("%(label)s (method)", label=label) if kind == "method" else label
    return speech.say(FIELD_WORDS[name]) if name in FIELD_WORDS else name


def value_words(speech: Speech, indicator: Indicator, name: str, value: Json) -> str:
    """A field's value as people read it; a dash for one that was taken back."""
    kind, _, key = name.partition(".")
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return speech.say("on") if value else speech.say("off")
    if kind == "value":
        return words.value(speech, str(value))
    if kind == "confidence":
        return words.confidence(speech, str(value))
    if kind == "severity":
        return words.severity(speech, str(value))
    if kind == "method":
        return words.method(speech, str(value))
    asked = indicator.field(key) if kind == "field" else None
    return field_value_words(speech, asked, value) if asked else str(value)


def field_value_words(speech: Speech, asked: AnswerField, value: Json) -> str:
    """The value of an asked field with its unit; a share as "3 of 12"."""
    if asked.type == "share" and isinstance(value, dict):
        n, of = value.get("n"), value.get("of")
        parts = [speech.number(part) if isinstance(part, int) else "—" for part in (n, of)]
        return speech.say("%(part)s of %(whole)s", part=parts[0], whole=parts[1])
    if asked.type == "choice":
        return next((o.label.in_(speech.language) for o in asked.options if o.key == value), str(value))
    if isinstance(value, int | float):
        unit = words.unit(speech, asked.unit) if asked.unit else ""
        return f"{speech.number(value)} {unit}".strip()
    return str(value).replace("T", " ")


def _field(desk: Desk, asked: AnswerField, fields: Mapping[str, Json]) -> FieldContext:
    speech, name = desk.speech, f"field.{asked.key}"
    value, of_value = _input_values(asked, fields)
    method = desk.typed.get(f"method.{asked.key}", _text(fields, f"method.{asked.key}"))
    value = desk.typed.get(name, value)
    return FieldContext(
        key=asked.key,
        type=asked.type,
        name=name,
        label=asked.label.in_(speech.language),
        value=value,
        unit=words.unit(speech, asked.unit) if asked.unit else "",
        of_label=asked.of.in_(speech.language) if asked.of else "",
        of_value=desk.typed.get(f"{name}.of", of_value),
        method=method,
        methods=tuple(Choice(code, words.method(speech, code), code == method) for code in METHODS)
        if asked.type == "measure"
        else (),
        options=tuple(Choice(o.key, o.label.in_(speech.language), o.key == value) for o in asked.options),
        hint="",
        problem=desk.problem if desk.problem_field.removesuffix(".of") == name else "",
    )


def _input_values(asked: AnswerField, fields: Mapping[str, Json]) -> tuple[str, str]:
    """What the inputs show: numbers with a comma as one types them here, times as ISO."""
    value = fields.get(f"field.{asked.key}")
    if asked.type == "share":
        n, of = (value.get("n"), value.get("of")) if isinstance(value, dict) else (None, None)
        return "" if n is None else str(n), "" if of is None else str(of)
    if isinstance(value, float | int) and not isinstance(value, bool):
        return str(value).replace(".", ","), ""
    return "" if value is None else str(value), ""


def _chips(desk: Desk, indicator: Indicator, fields: Mapping[str, Json]) -> Iterable[SourceChip]:
    """The kinds of evidence that fit the indicator first, then the others that were used all the same."""
    used = [kind for kind in SOURCES if fields.get(f"source.{kind}") is True]
    for kind in (*indicator.sources, *(kind for kind in used if kind not in indicator.sources)):
        yield SourceChip(f"source.{kind}", words.source(desk.speech, kind), kind in used)


def _photo(desk: Desk, photo: Record) -> PhotoContext:
    url = f"/photos/{photo.subject}"
    removal = f"/visits/{desk.records.visit.visit_id}/photos/{photo.subject}/removal"
    place = place_of(desk.photo_places, photo)
    line = original_line(desk.speech, photo)
    return PhotoContext(photo.subject, url, f"{url}/thumbnail", photo.text("caption"), removal, place, line)


def _question(desk: Desk, question: Record | None) -> ReviewerQuestion | None:
    if question is None:
        return None
    author, at_ms = desk.asked_by.get(question.heads[0], ("", 0))
    moment = desk.speech.at(at_ms)
    return ReviewerQuestion(question.text("question"), desk.name(author), moment) if moment else None


def _conflicts(desk: Desk, indicator: Indicator, answer: Record | None) -> Iterable[ConflictContext]:
    for name, candidates in (answer.conflicts if answer else {}).items():
        shown = [
            Candidate(
                entry_id=one.entry_id,
                words=value_words(desk.speech, indicator, name, one.value),
                note="",
                author=desk.name(one.author),
                made_at=desk.speech.at(one.made_at_ms),  # type: ignore[arg-type]
                is_mine=one.author == desk.person.person_id,
                has_settled=one.entry_id in desk.settled,
            )
            for one in candidates
        ]
        yield ConflictContext(name, field_words(desk.speech, indicator, name), tuple(shown))


def _changed(desk: Desk, answer: Record | None) -> str:
    if answer is None:
        return ""
    known = [desk.asked_by[head] for head in answer.heads if head in desk.asked_by]
    if not known:
        return ""
    author, at_ms = max(known, key=lambda one: one[1])
    return f"{desk.name(author)}, {desk.speech.clock_time(desk.speech.at(at_ms))}"


def _shown(value: float) -> float:
    """Two places, cut and not rounded, so that 2.499 does not show as 2.5 beside "not kept"."""
    return float(Decimal(str(value)).quantize(Decimal("0.01"), ROUND_DOWN))


def _text(fields: Mapping[str, Json], name: str) -> str:
    value = fields.get(name)
    return "" if value is None or isinstance(value, dict | list) else str(value)
