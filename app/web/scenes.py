"""Reads from the store what the pages of a visit show."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from fastapi import Request
from sqlmodel import Session

from app.domain.people import Person
from app.domain.visits import Visit
from app.errors import ChecklistTooNew
from app.store import attachments, entry_counts, interviews, outgoing, reads
from app.store.checklists import pinned
from app.web.cards import Desk
from app.web.contexts import TalkCount
from app.web.language import Speech
from app.web.photo_places import places_of
from app.web.render import speech_of
from app.web.visit_pages import Scene


def scene_of(session: Session, request: Request, person: Person, visit_id: str) -> Scene:
    """The visit as this person sees it. Raises NotThere when it is not theirs, ChecklistNotHere."""
    visit = reads.visit_for(session, person, visit_id)
    return _scene(session, request, person, visit, names_of(session))


def scenes_of(session: Session, request: Request, person: Person) -> list[Scene]:
    """All visits the person may see whose checklist is here and can be read, latest first: another holds up none."""
    names = names_of(session)
    scenes = []
    for visit in reads.visits_for(session, person):
        if attachments.has(session, visit.checklist_sha256):
            with suppress(ChecklistTooNew):
                scenes.append(_scene(session, request, person, visit, names))
    return scenes


def _scene(session: Session, request: Request, person: Person, visit: Visit, names: Mapping[str, str]) -> Scene:
    checklist = pinned(session, visit.checklist_sha256, visit.asked)
    records = reads.records_of(session, visit)
    institution = reads.record(session, visit.institution_id)
    return Scene(records, checklist, institution, person, names, speech_of(request))


def with_sending(session: Session, request: Request, scene: Scene) -> Scene:
    """The scene with what of the visit central has not confirmed; only devices have anything to send."""
    if request.app.state.settings.role != "device":
        return scene
    unsent, _ = outgoing.unsent_in(session, scene.visit.scope)
    sent, total = attachments.sent_counts(session, scene.visit.scope)
    originals_sent, originals = attachments.sent_counts(session, scene.visit.scope, attachments.ORIGINAL_TYPE)
    is_safe = not unsent and sent == total and outgoing.is_safe(session, scene.visit.scope)
    scene = replace(scene, photos_unsent=total - sent, originals_unsent=originals - originals_sent)
    return replace(scene, unsent=unsent, is_safe=is_safe)


def talks_of(session: Session, request: Request, scene: Scene) -> TalkCount | None:
    """How many talks are written down; None at the office, where none are, and for who is not on the team."""
    if request.app.state.settings.role != "device" or scene.person.person_id not in scene.visit.team:
        return None
    drafts = interviews.drafts_in(session, scene.visit.visit_id)
    closed = reads.records(session, "interview", scene.visit.scope)
    return TalkCount(f"{scene.url}/interviews", len(drafts), len(closed))


def with_photos(session: Session, scene: Scene) -> Scene:
    """The scene with where each of its photos is."""
    return replace(scene, photo_places=places_of(session, scene.speech, scene.records.photos))


def names_of(session: Session) -> dict[str, str]:
    """Person id -> name, of everybody known here."""
    return {key: person.name for key, person in reads.people(session).items()}


def after_answer(session: Session, scene: Scene, subject: str) -> Scene:
    """The scene after one answer was written: only that record is read again, unless the visit itself moved."""
    answer = reads.record(session, subject)
    answers = {**scene.records.answers, reads.answer_key(subject): answer} if answer else scene.records.answers
    return replace(scene, records=replace(scene.records, answers=answers))


def desk_of(session: Session, scene: Scene, subjects: Sequence[str] | None = None) -> Desk:
    """What the cards of a page need: how many entries each answer has, and who made its newest ones.

    `subjects` narrows it to the answers that are shown.
    """
    records = scene.records
    shown = [answer for answer in records.answers.values() if subjects is None or answer.subject in subjects]
    heads = [head for answer in shown for head in answer.heads]
    heads += [head for question in records.questions for head in question.heads]
    made = reads.made_at_of(session, heads)
    against = [one.entry_id for answer in shown for sides in answer.conflicts.values() for one in sides]
    keys = {reads.answer_key(answer.subject) for answer in shown}
    photos = [p for p in records.photos if (p.text("indicator"), p.text("repeat")) in keys or subjects is None]
    counts = entry_counts.by_subject(session, scene.visit.scope, "answer", subjects)
    return Desk(
        checklist=scene.checklist,
        records=records,
        person=scene.person,
        names=scene.names,
        counts=counts,
        asked_by=made,
        speech=scene.speech,
        photo_places=places_of(session, scene.speech, photos),
        settled=reads.settlements(session, against) if against else frozenset(),
    )


def signed_moments(session: Session, scene: Scene) -> dict[str, datetime]:
    """When each member signed."""
    heads = {record.heads[0]: record.text("person") for record in scene.records.sign_offs if record.heads}
    made = reads.made_at_of(session, list(heads))
    return {heads[key]: moment for key, (_, at_ms) in made.items() if (moment := scene.speech.at(at_ms))}


def finished_moment(session: Session, speech: Speech, visit: Visit) -> datetime | None:
    """When the visit took its present state, if that is finished or later."""
    if visit.state in ("planned", "in_progress"):
        return None
    made = reads.made_at_of(session, list(visit.heads))
    return speech.at(max((at_ms for _, at_ms in made.values()), default=0))
