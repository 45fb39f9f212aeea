"""Fills the contexts of the reviewer's inbox and desk."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.answers import shows_danger, verdicts
from app.domain.coverage import Asked
from app.domain.journal import Json
from app.domain.merge import Record
from app.web import words
from app.web.cards import (
    derived_lines,
    field_value_words,
    field_words,
    meanings,
    standard_lines,
    value_words,
    verdict_tiles,
)
from app.web.contexts import Problem
from app.web.language import Speech
from app.web.photo_places import count_line, original_of, place_of
from app.web.review_contexts import (
    EvidenceRow,
    InboxRow,
    PastAnswer,
    QuestionRow,
    ReviewIndicator,
    ReviewNavItem,
    ReviewNavSection,
    ReviewPage,
    ReviewPhoto,
)
from app.web.visit_pages import Scene, institution_name, visit_line

Made = Mapping[str, tuple[str, int]]  # entry id -> (author, ms)


def inbox_row(scene: Scene, received_ms: int | None, by_hearsay: int) -> InboxRow:
    """A visit in the inbox, with what a reviewer must see before opening it. `by_hearsay`: see `store.device_facts`."""
    visit, done, speech = scene.visit, scene.coverage(None), scene.speech
    signed = {record.text("person") for record in scene.records.sign_offs}
    return InboxRow(
        visit_id=visit.visit_id,
        review_url=f"/reviews/{visit.visit_id}",
        institution=institution_name(scene.institution, speech.language),
        place=scene.institution.text("place") if scene.institution else "",
        kind_words=words.kind(speech, visit.kind),
        visited_on=visit.visited_on,  # type: ignore[arg-type]
        received_at=speech.at(received_ms),
        state=visit.state,
        state_words=words.state(speech, visit.state),
        danger=done.danger,
        not_seen=done.not_seen,
        conflicts=done.conflicts,
        questions_open=len(scene.records.open_questions()),
        unsigned=sum(member not in signed for member in visit.team),
        was_refused=bool(scene.records.refusals),
        photos_line=_photos_awaited(scene),
        by_hearsay=by_hearsay,
    )


def _photos_awaited(scene: Scene) -> str:
    """How many of its photos are here, as long as some are not."""
    photos = scene.records.photos
    is_whole = all(place_of(scene.photo_places, photo).is_here for photo in photos)
    return "" if is_whole else count_line(scene.speech, photos, scene.photo_places)


def key_of(asked: Asked) -> str:
    """How an address names an indicator, in its room or file: `C1` or `C1/<repeat>`."""
    return f"{asked.indicator.id}/{asked.repeat_id}" if asked.repeat_id else asked.indicator.id


@dataclass(frozen=True)
class DeskFacts:
    """What the desk shows beside the visit itself. `counts`: entries, persons and devices behind it; `by_hearsay`: entries
    that only another device than their own has shown."""

    made: Made
    past: Sequence[PastAnswer]
    counts: tuple[int, int, int]
    by_hearsay: int
    is_sound: bool
    may_approve: bool
    is_stale: bool
    settled: Collection[str] = ()
    problems: Sequence[Problem] = ()
    question: str = ""
    reason: str = ""


def chosen_in(scene: Scene, wanted: str) -> Asked | None:
    """The indicator that an address names, else the first that shows danger."""
    asked = scene.asked()
    named = next((one for one in asked if key_of(one) == wanted), None)
    return named or next((one for one in asked if _is_danger(scene, one)), None)


def review_page(scene: Scene, chosen: Asked | None, facts: DeskFacts) -> ReviewPage:
    """The desk: danger first, the sections, and one indicator with all that is known of it."""
    visit, asked, url = scene.visit, scene.asked(), f"/reviews/{scene.visit.visit_id}"
    return ReviewPage(
        visit_id=visit.visit_id,
        institution=institution_name(scene.institution, scene.speech.language),
        line=f"{visit_line(scene)} · {_signed_line(scene)}",
        visited_on=visit.visited_on,  # type: ignore[arg-type]
        state=visit.state,
        state_words=words.state(scene.speech, visit.state),
        danger=tuple(_nav_item(scene, one, chosen) for one in asked if _is_danger(scene, one)),
        sections=tuple(_nav_sections(scene, asked, chosen)),
        item=review_indicator(scene, asked, chosen, facts) if chosen else None,
        question_url=f"{url}/questions",
        return_url=f"{url}/return",
        approval_url=f"{url}/approval",
        report_url=f"/visits/{visit.visit_id}/report",
        open_questions=sum(not q.is_on("sent") for q in scene.records.questions),
        may_decide=visit.state == "finished",
        blockers=tuple(_blockers(scene, facts.may_approve)),
        problems=tuple(facts.problems),
        question=facts.question,
        reason=facts.reason,
        record_line=_record_line(scene, facts),
        hearsay_line=_hearsay_line(scene.speech, facts.by_hearsay),
        is_record_sound=facts.is_sound,
        decisions=tuple(_decision_lines(scene, facts.made)),
        is_stale=facts.is_stale,
        photos_line=count_line(scene.speech, scene.records.photos, scene.photo_places),
    )


def _record_line(scene: Scene, facts: DeskFacts) -> str:
    counted = counts_line(scene.speech, facts.counts)
    if facts.is_sound:
        return counted + " " + scene.speech.say("Signatures verified.")
    return counted + " " + scene.speech.say("A signature does not verify. Ask the administrator.")


def _hearsay_line(speech: Speech, entries: int) -> str:
    """What came through another device counts like the rest; until its own shows it, that is said."""
    if not entries:
        return ""
    return speech.say_n(
        "%(count)s entry came by way of another tablet; its own tablet has not confirmed it yet.",
        "%(count)s entries came by way of another tablet; their own tablet has not confirmed them yet.",
        entries,
    )


def counts_line(speech: Speech, counts: tuple[int, int, int]) -> str:
    """How many entries, persons and devices stand behind a visit."""
    entries, people, devices = (speech.number(count) for count in counts)
    return speech.say(
        "Entries: %(entries)s. People: %(people)s. Tablets: %(devices)s.",
        entries=entries,
        people=people,
        devices=devices,
    )


def _signed_line(scene: Scene) -> str:
    signed = len({record.text("person") for record in scene.records.sign_offs})
    return scene.speech.say("signed by %(signed)s of %(team)s", signed=signed, team=len(scene.visit.team))


def _blockers(scene: Scene, may_approve: bool) -> Iterable[str]:
    speech, done = scene.speech, scene.coverage(None)
    if not may_approve:
        yield speech.say("A second person has to approve: you were on the team or returned it.")
    if done.conflicts:
        yield speech.say("The team has not settled: %(count)s", count=done.conflicts)
    waiting = sum(not q.is_on("sent") for q in scene.records.questions)
    if waiting:
        yield speech.say("Questions that have not gone out: %(count)s", count=waiting)


def _decision_lines(scene: Scene, made: Made) -> Iterable[str]:
    for review in sorted(scene.records.reviews, key=lambda one: one.subject, reverse=True):
        author, at_ms = made.get(review.heads[0], ("", 0))
        moment = scene.speech.moment(scene.speech.at(at_ms))
        what = words.state(scene.speech, review.text("decision"))
        yield f"{moment}, {scene.names.get(author, '?')}: {what}. {review.text('reason')}"


def _is_danger(scene: Scene, asked: Asked) -> bool:
    """Danger by the answer itself, or a broken rule of a critical indicator."""
    answer = scene.answer(asked)
    if answer is None:
        return False
    indicator = asked.indicator
    broken = any(
        verdict.outcome == "broken" and verdict.level == "national" for verdict in verdicts(indicator, answer.fields)
    )
    return shows_danger(indicator, answer.fields) or (broken and indicator.severity in (4, "danger"))


def _nav_item(scene: Scene, asked: Asked, chosen: Asked | None) -> ReviewNavItem:
    answer = scene.answer(asked)
    name = scene.repeat_name(asked.repeat_id)
    text = asked.indicator.text.in_(scene.speech.language) + (f" · {name}" if name else "")
    mark = words.value(scene.speech, answer.text("value")) if answer and answer.text("value") else ""
    if answer and answer.conflicts:
        mark = scene.speech.say("not agreed")
    return ReviewNavItem(
        url=f"/reviews/{scene.visit.visit_id}?indicator={key_of(asked)}",
        indicator_id=asked.indicator.id,
        text=text,
        mark=mark,
        is_danger=_is_danger(scene, asked),
        is_current=asked == chosen,
    )


def _nav_sections(scene: Scene, asked: Sequence[Asked], chosen: Asked | None) -> Iterable[ReviewNavSection]:
    for section in scene.checklist.checklist.sections:
        inside = [one for one in asked if one.section.id == section.id]
        yield ReviewNavSection(
            title=section.title.in_(scene.speech.language),
            total=len(inside),
            danger=sum(_is_danger(scene, one) for one in inside),
            not_seen=sum((a := scene.answer(one)) is not None and a.text("value") == "not_seen" for one in inside),
            items=tuple(_nav_item(scene, one, chosen) for one in inside),
            is_open=chosen is not None and chosen.section.id == section.id,
        )


def review_indicator(scene: Scene, asked: Sequence[Asked], chosen: Asked, desk: DeskFacts) -> ReviewIndicator:
    """The indicator on the desk: answer, evidence, photos, questions, rules."""
    speech, indicator = scene.speech, chosen.indicator
    answer = scene.answer(chosen)
    fields: Mapping[str, Json] = answer.fields if answer else {}
    before, after = _beside(scene, asked, chosen)
    desk_url = _desk_url(scene, chosen)
    return ReviewIndicator(
        indicator_id=indicator.id,
        repeat_id=chosen.repeat_id,
        repeat_name=scene.repeat_name(chosen.repeat_id),
        text=indicator.text.in_(speech.language),
        is_danger=indicator.is_danger,
        value=answer.text("value") if answer else "",
        answer_words=_answer_words(speech, answer),
        answer_line=_strength_line(speech, fields),
        reason=answer.text("reason") if answer else "",
        note=answer.text("note") if answer else "",
        field_lines=tuple(field_lines(speech, chosen, fields)),
        verdicts=tuple(verdict_tiles(speech, scene.checklist, indicator, fields)),
        evidence=tuple(_evidence(scene, chosen, answer, desk.made)),
        past=tuple(desk.past),
        photos=tuple(_photos(scene, chosen)),
        questions=tuple(_questions(scene, chosen, desk.made)),
        standards=tuple(standard_lines(scene.checklist, indicator, speech.language, desk_url)),
        meanings=meanings(indicator, speech.language),
        conflict_lines=tuple(_conflict_lines(scene, chosen, answer, desk.settled)),
        previous_url=before,
        next_url=after,
    )


def _beside(scene: Scene, asked: Sequence[Asked], chosen: Asked) -> tuple[str, str]:
    """The addresses of the indicators before and after; empty at the ends."""
    index = list(asked).index(chosen)
    urls = [_desk_url(scene, one) for one in asked]
    return urls[index - 1] if index else "", urls[index + 1] if index + 1 < len(urls) else ""


def _desk_url(scene: Scene, asked: Asked) -> str:
    return f"/reviews/{scene.visit.visit_id}?indicator={key_of(asked)}"


def _answer_words(speech: Speech, answer: Record | None) -> str:
    if answer is None:
        return speech.say("not answered")
    if "value" in answer.conflicts:
        return speech.say("not agreed")
    value = answer.text("value")
    return words.value(speech, value) if value else speech.say("numbers only")


def _strength_line(speech: Speech, fields: Mapping[str, Json]) -> str:
    kinds = sum(value is True for name, value in fields.items() if name.startswith("source."))
    parts = []
    if kinds:
        parts.append(speech.say_n("%(count)s kind of source", "%(count)s kinds of source", kinds))
    confidence = fields.get("confidence")
    if confidence:
        parts.append(words.confidence(speech, str(confidence)))
    return ", ".join(parts)


def field_lines(speech: Speech, asked: Asked, fields: Mapping[str, Json]) -> Iterable[str]:
    """ "Area: 9,3 m² (laser)", then what follows from the numbers."""
    for one in asked.indicator.answer.fields:
        value = fields.get(f"field.{one.key}")
        if value is None or value == "":
            continue
        method = fields.get(f"method.{one.key}")
        how = f" ({words.method(speech, str(method))})" if method else ""
        yield f"{one.label.in_(speech.language)}: {field_value_words(speech, one, value)}{how}"
    yield from derived_lines(speech, asked.indicator, fields)


def _evidence(scene: Scene, chosen: Asked, answer: Record | None, made: Made) -> Iterable[EvidenceRow]:
    """One row for each kind of source that the team ticked; the note is what was seen or said."""
    if answer is None or not answer.heads:
        return
    author, at_ms = max((made[h] for h in answer.heads if h in made), key=lambda one: one[1], default=("", 0))
    moment = scene.speech.at(at_ms)
    if moment is None:
        return
    strength = words.confidence(scene.speech, answer.text("confidence")) if answer.text("confidence") else ""
    for name, value in answer.fields.items():
        kind, _, code = name.partition(".")
        if kind == "source" and value is True:
            yield EvidenceRow(
                words.source(scene.speech, code),
                answer.text("note"),
                scene.names.get(author, "?"),
                moment,
                strength,
                False,
            )


def _photos(scene: Scene, chosen: Asked) -> Iterable[ReviewPhoto]:
    for photo in scene.records.photos_of(chosen.indicator.id, chosen.repeat_id):
        url = f"/photos/{photo.subject}"
        place = place_of(scene.photo_places, photo)
        original = original_of(scene.speech, scene.photo_places, photo)
        yield ReviewPhoto(url, f"{url}/thumbnail", photo.text("caption"), place, original)


def _questions(scene: Scene, chosen: Asked, made: Made) -> Iterable[QuestionRow]:
    for question in scene.records.questions:
        if (question.text("indicator"), question.text("repeat")) != (chosen.indicator.id, chosen.repeat_id):
            continue
        author, at_ms = made.get(question.heads[0], ("", 0))
        moment = scene.speech.at(at_ms)
        answered = question.is_on("sent") and scene.records.is_answered(question)
        answer = scene.answer(chosen)
        said = (answer.text("note") or _answer_words(scene.speech, answer)) if answered and answer else ""
        if moment:
            yield QuestionRow(
                question.text("question"), scene.names.get(author, "?"), moment, said, question.is_on("sent")
            )


def _conflict_lines(scene: Scene, chosen: Asked, answer: Record | None, settled: Collection[str]) -> Iterable[str]:
    """Who says what; `settled`: entries whose authors settled an earlier difference so."""
    for name, candidates in (answer.conflicts if answer else {}).items():
        for one in candidates:
            at = scene.speech.clock_time(scene.speech.at(one.made_at_ms))
            said = value_words(scene.speech, chosen.indicator, name, one.value)
            if one.entry_id in settled:
                said = scene.speech.say("%(value)s (settled it so)", value=said)
            yield f"{field_words(scene.speech, chosen.indicator, name)}: {scene.names.get(one.author, '?')} {at}: {said}"
