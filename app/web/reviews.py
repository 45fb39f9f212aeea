"""Central: the inbox, the reviewer's desk, and the decisions."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.domain.coverage import Asked
from app.domain.people import Person
from app.errors import AppError, InvalidInput
from app.services import reviews as services
from app.services.visits import signature_is_sound
from app.store import alerts, device_facts, reads
from app.web import words
from app.web.alert_reviews import office_alerts_of
from app.web.contexts import Problem
from app.web.deps import ReadSession, Reviewer, WriteSession
from app.web.render import page, speech_of
from app.web.review_contexts import InboxPage, PastAnswer
from app.web.review_pages import DeskFacts, chosen_in, inbox_row, review_page
from app.web.scenes import scene_of, scenes_of, with_photos
from app.web.visit_pages import Scene

router = APIRouter()
Typed = Annotated[str, Form(max_length=4000)]
EARLIER_VISITS = 3


@router.get("/inbox")
def inbox(request: Request, session: ReadSession, person: Reviewer) -> Response:
    """What waits for the office: alerts above everything, then danger."""
    scenes = [with_photos(session, scene) for scene in scenes_of(session, request, person)]
    unconfirmed = device_facts.by_hearsay_in(session)
    rows = [
        inbox_row(scene, reads.last_change_ms(session, scene.visit.scope), unconfirmed.get(scene.visit.scope, 0))
        for scene in scenes
    ]
    to_review = [row for row in rows if row.state == "finished"]
    raised = office_alerts_of(session, request, alerts.for_office(session, person))
    view = InboxPage(
        danger=tuple(row for row in to_review if row.danger),
        waiting=tuple(row for row in to_review if not row.danger),
        returned=tuple(row for row in rows if row.state in ("returned", "in_progress", "planned")),
        done=tuple(row for row in rows if row.state == "approved"),
        alerts=tuple(one for one in raised if one.is_waiting),
        followed=tuple(one for one in raised if not one.is_waiting and not one.card.closed_line),
        left_out=len(reads.visits_for(session, person)) - len(scenes),
    )
    return page(request, "inbox/page.html", view)


@router.get("/reviews/{visit_id}")
def desk(request: Request, session: ReadSession, person: Reviewer, visit_id: str, indicator: str = "") -> Response:
    return _desk(request, session, person, visit_id, indicator)


@router.post("/reviews/{visit_id}/questions")
def ask(
    request: Request,
    session: WriteSession,
    person: Reviewer,
    visit_id: str,
    indicator: Typed = "",
    repeat: Typed = "",
    question: Typed = "",
) -> Response:
    key = f"{indicator}/{repeat}" if repeat else indicator
    scene = scene_of(session, request, person, visit_id)
    try:
        services.ask_question(session, person, scene.records, scene.checklist, indicator, repeat, question)
    except AppError as error:
        session.rollback()
        return _desk(request, session, person, visit_id, key, error, question=question)
    return RedirectResponse(f"/reviews/{visit_id}?indicator={key}#ask-team", 303)


@router.post("/reviews/{visit_id}/return")
def return_visit(
    request: Request, session: WriteSession, person: Reviewer, visit_id: str, reason: Typed = ""
) -> Response:
    try:
        services.return_for_correction(session, person, reads.visit_records_for(session, person, visit_id), reason)
    except AppError as error:
        session.rollback()
        return _desk(request, session, person, visit_id, "", error, reason=reason)
    return RedirectResponse(f"/reviews/{visit_id}#decide", 303)


@router.post("/reviews/{visit_id}/approval")
def approve(request: Request, session: WriteSession, person: Reviewer, visit_id: str, reason: Typed = "") -> Response:
    try:
        services.approve_visit(session, person, reads.visit_records_for(session, person, visit_id), reason)
    except AppError as error:
        session.rollback()
        return _desk(request, session, person, visit_id, "", error, reason=reason)
    return RedirectResponse(f"/reviews/{visit_id}#decide", 303)


def _desk(
    request: Request,
    session: Session,
    person: Person,
    visit_id: str,
    wanted: str,
    error: AppError | None = None,
    question: str = "",
    reason: str = "",
) -> Response:
    scene = with_photos(session, scene_of(session, request, person, visit_id))
    records = scene.records
    heads = [h for r in (*records.answers.values(), *records.questions, *records.reviews) for h in r.heads]
    chosen = chosen_in(scene, wanted)
    facts = DeskFacts(
        made=reads.made_at_of(session, heads),
        past=_past(session, person, scene, chosen.indicator.id) if chosen else (),
        counts=reads.entry_facts(session, scene.visit.scope),
        by_hearsay=device_facts.by_hearsay_in(session).get(scene.visit.scope, 0),
        is_sound=all(signature_is_sound(visit_id, record.fields) for record in records.sign_offs),
        may_approve=services.may_approve(session, person, records),
        is_stale=services.is_stale(records),
        settled=reads.settlements(session, _against(scene, chosen)) if chosen else (),
        problems=_problems(request, error),
        question=question,
        reason=reason,
    )
    raised = office_alerts_of(session, request, alerts.in_visit(session, visit_id))
    view = replace(review_page(scene, chosen, facts), alerts=tuple(raised))
    return page(request, "reviews/page.html", view, status=error.status if error else 200)


def _against(scene: Scene, chosen: Asked) -> list[str]:
    """The entries that stand against each other in an answer."""
    answer = scene.answer(chosen)
    return [one.entry_id for sides in answer.conflicts.values() for one in sides] if answer else []


def _problems(request: Request, error: AppError | None) -> tuple[Problem, ...]:
    if error is None:
        return ()
    speech = speech_of(request)
    if isinstance(error, InvalidInput):
        return (Problem(error.field, speech.say(error.problem, **error.params)),)
    return (Problem("reason", speech.say(error.sentence, **error.params)),)


def _past(session: Session, person: Person, scene: Scene, indicator_id: str) -> list[PastAnswer]:
    """What earlier visits to the same institution answered to this indicator."""
    earlier = [
        visit
        for visit in reads.visits_for(session, person)
        if visit.institution_id == scene.visit.institution_id
        and visit.visit_id != scene.visit.visit_id
        and str(visit.visited_on) <= str(scene.visit.visited_on)
    ]
    past = []
    for visit in earlier[:EARLIER_VISITS]:
        for (found, _), answer in reads.records_of(session, visit).answers.items():
            if found == indicator_id and answer.text("value") and visit.visited_on:
                past.append(
                    PastAnswer(visit.visited_on, words.value(scene.speech, answer.text("value")), answer.text("note"))
                )
    return past
