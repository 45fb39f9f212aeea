"""The list of visits, planning one, its hub, and what happens at the gate and at the end."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.domain.people import Person
from app.errors import AppError, InvalidInput
from app.services import visits as services
from app.store import reads
from app.store.checklists import keep_document
from app.web import new_visit
from app.web.contexts import HubPage, Problem, VisitsPage
from app.web.deps import Planner, ReadSession, Visitor, WriteSession
from app.web.forms import PostedForm
from app.web.removed_visits import removed_lines
from app.web.render import page, speech_of
from app.web.scenes import finished_moment, scene_of, scenes_of, signed_moments, talks_of, with_sending
from app.web.visit_pages import finish, hub, hub_refused, row

router = APIRouter()
Typed = Annotated[str, Form(max_length=12_000)]


@router.get("/visits")
def visits_page(request: Request, session: ReadSession, person: Visitor) -> Response:
    rows = [row(with_sending(session, request, scene)) for scene in scenes_of(session, request, person)]
    view = VisitsPage(
        open=tuple(
            sorted((r for r in rows if r.state in ("planned", "in_progress", "returned")), key=lambda r: r.visited_on)
        ),
        closed=tuple(r for r in rows if r.state in ("finished", "approved")),
        removed=tuple(removed_lines(session, request, person)),
        new_url="/visits/new" if person.may("plan_visit") else "",
        has_institutions=bool(reads.institutions(session)),
    )
    return page(request, "visits/page.html", view)


@router.get("/visits/new")
def new_visit_page(request: Request, session: ReadSession, person: Planner, search: str = "") -> Response:
    view = new_visit.form(session, request, person, new_visit.Typed(search=search))
    return page(request, "visits/new.html", view)


@router.post("/visits")
def plan(request: Request, session: WriteSession, person: Planner, form: PostedForm) -> Response:
    typed = new_visit.read(form)
    try:
        compiled = new_visit.chosen_checklist(session, request.app.state.checklists, typed)
        services.plan_visit(session, person, typed.plan(), compiled.checklist, compiled.sha256)
    except AppError as error:
        session.rollback()
        view = new_visit.form(session, request, person, typed, new_visit.problem(speech_of(request), error))
        return page(request, "visits/new.html", view, status=error.status)
    keep_document(session, compiled)
    return _hub(typed.visit)


@router.get("/visits/{visit_id}")
def hub_page(request: Request, session: ReadSession, person: Visitor, visit_id: str) -> Response:
    return page(request, "visits/hub.html", _hub_view(request, session, person, visit_id))


@router.post("/visits/{visit_id}/arrival")
def arrive(
    request: Request,
    session: WriteSession,
    person: Visitor,
    visit_id: str,
    arrived_at: Typed = "",
    waiting_minutes: Typed = "",
    received_by_role: Typed = "",
) -> Response:
    visit = reads.visit_for(session, person, visit_id)
    typed = {"arrived_at": arrived_at, "waiting_minutes": waiting_minutes, "received_by_role": received_by_role}
    try:
        services.record_arrival(session, person, visit, **typed)
    except InvalidInput as error:
        return _hub_refused(request, session, person, visit_id, "arrival", typed, error)
    return _hub(visit_id)


@router.post("/visits/{visit_id}/declaration")
def declare(
    request: Request, session: WriteSession, person: Visitor, visit_id: str, conflict: Typed = "", text: Typed = ""
) -> Response:
    typed = {"conflict": conflict, "text": text}
    try:
        services.declare_interest(session, person, reads.visit_for(session, person, visit_id), **typed)
    except InvalidInput as error:
        return _hub_refused(request, session, person, visit_id, "declaration", typed, error)
    return _hub(visit_id)


@router.post("/visits/{visit_id}/refusal")
def refuse_access(
    request: Request,
    session: WriteSession,
    person: Visitor,
    visit_id: str,
    who_role: Typed = "",
    at: Typed = "",
    reason: Typed = "",
) -> Response:
    typed = {"who_role": who_role, "at": at, "reason": reason}
    try:
        services.record_refusal(session, person, reads.visit_for(session, person, visit_id), **typed)
    except InvalidInput as error:
        return _hub_refused(request, session, person, visit_id, "refusal", typed, error)
    return _hub(visit_id)


@router.get("/visits/{visit_id}/finish")
def finish_page(request: Request, session: ReadSession, person: Visitor, visit_id: str) -> Response:
    return _finish_page(request, session, person, visit_id)


@router.post("/visits/{visit_id}/finish")
def finish_visit(
    request: Request, session: WriteSession, person: Visitor, visit_id: str, reason: Typed = ""
) -> Response:
    scene = scene_of(session, request, person, visit_id)
    must_open = scene.coverage(None).must_open if not scene.records.refusals else 0
    try:
        services.finish_visit(session, person, scene.visit, must_open, reason)
    except AppError as error:
        session.rollback()
        return _finish_page(request, session, person, visit_id, {"reason": reason}, error)
    return RedirectResponse(f"/visits/{visit_id}/finish", 303)


@router.post("/visits/{visit_id}/signature")
def sign(
    request: Request, session: WriteSession, person: Visitor, visit_id: str, dissent: Typed = "", seen: Typed = ""
) -> Response:
    """Signs what the page showed; if that has changed meanwhile, the page comes back to be looked at again."""
    records = reads.visit_records_for(session, person, visit_id)
    try:
        services.sign_visit(session, person, records.visit, records.heads(), dissent, seen)
    except InvalidInput as error:
        session.rollback()
        return _finish_page(request, session, person, visit_id, {"dissent": dissent}, error)
    return RedirectResponse(f"/visits/{visit_id}/finish", 303)


def _finish_page(
    request: Request,
    session: ReadSession,
    person: Visitor,
    visit_id: str,
    typed: dict[str, str] | None = None,
    error: AppError | None = None,
) -> Response:
    scene = scene_of(session, request, person, visit_id)
    ended = finished_moment(session, scene.speech, scene.visit)
    problem = None
    if isinstance(error, InvalidInput):
        problem = Problem(error.field, scene.speech.say(error.problem, **error.params))
    elif error:
        problem = Problem("reason", scene.speech.say(error.sentence, **error.params))
    view = finish(scene, signed_moments(session, scene), ended, typed or {}, problem)
    view = replace(view, talks=talks_of(session, request, scene))
    return page(request, "visits/finish.html", view, status=error.status if error else 200)


def _hub_refused(
    request: Request,
    session: Session,
    person: Person,
    visit_id: str,
    form: str,
    typed: dict[str, str],
    error: InvalidInput,
) -> Response:
    """The hub again, with the sentence beside the field and everything that was typed."""
    session.rollback()
    problem = Problem(error.field, speech_of(request).say(error.problem, **error.params))
    view = hub_refused(_hub_view(request, session, person, visit_id), form, typed, problem)
    return page(request, "visits/hub.html", view, status=error.status)


def _hub_view(request: Request, session: Session, person: Person, visit_id: str) -> HubPage:
    scene = with_sending(session, request, scene_of(session, request, person, visit_id))
    return replace(hub(scene), talks=talks_of(session, request, scene))


def _hub(visit_id: str) -> RedirectResponse:
    return RedirectResponse(f"/visits/{visit_id}", 303)
