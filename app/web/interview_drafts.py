"""Talks that are written down on a tablet: consent first, a form that saves itself, closing, and stop.

Not by way of the outbox: it keeps words in the browser's own storage, and what a child said is kept in the vault alone.
"""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.clock import as_moment
from app.domain.interviews import Interview, is_trained
from app.domain.people import Person
from app.domain.scripts import Script
from app.errors import N_, InvalidInput
from app.services import interviews as services
from app.store import confidential, reads
from app.store import interviews as kept
from app.web.contexts import Problem
from app.web.deps import ReadSession, Visitor, WriteSession, database_of
from app.web.forms import TypedForm
from app.web.guides import SpokenIn, reference_of
from app.web.interview_pages import closing_page, consent_page, draft_page, stop_page, talks_page
from app.web.render import is_part_wanted, page, speech_in, speech_of
from app.web.scenes import scene_of
from app.web.script_pages import script_named
from app.web.visit_pages import Scene

router = APIRouter()
LOOPBACK = ("127.0.0.1", "localhost", "::1")
NOT_PRIVATE = N_(
    "Here the way to the tablet is not encrypted, so no talk is written down. Use the tablet itself, or a hub with https."
)


@router.get("/visits/{visit_id}/interviews")
def talks(request: Request, session: ReadSession, person: Visitor, visit_id: str) -> Response:
    """Code, half a day and state of every talk of the visit."""
    scene = scene_of(session, request, person, visit_id)
    drafts, closed = kept.drafts_in(session, visit_id), reads.records(session, "interview", scene.visit.scope)
    why_not = _why_not(request, session, scene)
    view = talks_page(scene, drafts, closed, kept.count_stopped(session, visit_id), why_not)
    return page(request, "interviews/list.html", view)


@router.get("/visits/{visit_id}/interviews/new")
def consent(
    request: Request,
    session: ReadSession,
    person: Visitor,
    visit_id: str,
    script: str = "",
    spoken_in: SpokenIn = "",
) -> Response:
    scene = scene_of(session, request, person, visit_id)
    found = script_named(reference_of(request), script)
    if _why_not(request, session, scene):
        return RedirectResponse(f"{scene.url}/interviews", 303)
    language = speech_in(request, spoken_in).language
    return page(request, "interviews/consent.html", consent_page(scene, found, language, frozenset(), "", ()))


@router.post("/visits/{visit_id}/interviews")
def open_talk(request: Request, session: WriteSession, person: Visitor, typed: TypedForm, visit_id: str) -> Response:
    """Begins a draft once every step of the consent has its yes; before that nothing is written anywhere."""
    scene = scene_of(session, request, person, visit_id)
    _require_private(request)
    script = script_named(reference_of(request), typed.get("script", ""))
    steps = range(1, len(script.consent) + 1)
    agreed = frozenset(number for number in steps if typed.get(f"agree.{number}") == "yes")
    given = services.Consent(script, len(agreed), typed.get("representative", ""))
    try:
        made = services.open_interview(session, person, scene.visit, given, scene.speech.local(_now(session)))
    except InvalidInput as error:
        session.rollback()
        problems = (_problem(scene, error),)
        view = consent_page(scene, script, speech_of(request).language, agreed, given.representative, problems)
        return page(request, "interviews/consent.html", view, status=error.status)
    return RedirectResponse(f"{scene.url}/interviews/{made}", 303)


@router.get("/visits/{visit_id}/interviews/{interview_id}")
def talk(request: Request, session: ReadSession, person: Visitor, visit_id: str, interview_id: str) -> Response:
    scene, draft, script = _found(session, request, person, visit_id, interview_id)
    return page(request, "interviews/draft.html", draft_page(scene, draft, script, draft.content, ()))


@router.post("/visits/{visit_id}/interviews/{interview_id}")
def write(
    request: Request,
    session: WriteSession,
    person: Visitor,
    typed: TypedForm,
    visit_id: str,
    interview_id: str,
    then: str = "",
) -> Response:
    """Saves the whole form. 204 for the page's own saving; 422 with the sentence, and what was typed stays."""
    scene, draft, script = _found(session, request, person, visit_id, interview_id)
    try:
        services.write_interview(session, draft, script, typed)
    except InvalidInput as error:
        session.rollback()
        if is_part_wanted(request):
            return Response(_problem(scene, error).text, 422, media_type="text/plain; charset=utf-8")
        view = draft_page(scene, draft, script, typed, (_problem(scene, error),))
        return page(request, "interviews/draft.html", view, status=error.status)
    if is_part_wanted(request):
        return Response(None, 204)
    return RedirectResponse(f"{request.url.path}/closing" if then == "closing" else request.url.path, 303)


@router.get("/visits/{visit_id}/interviews/{interview_id}/closing")
def closing(request: Request, session: ReadSession, person: Visitor, visit_id: str, interview_id: str) -> Response:
    """What will happen, said before it does."""
    scene, draft, script = _found(session, request, person, visit_id, interview_id)
    view = closing_page(scene, draft, script, confidential.told(session))
    return page(request, "interviews/closing.html", view)


@router.post("/visits/{visit_id}/interviews/{interview_id}/closing")
def close(request: Request, person: Visitor, visit_id: str, interview_id: str) -> Response:
    """Seals and erases; then the write-ahead log is emptied, in which the draft's pages still lie."""
    database = database_of(request)
    with database.write() as session:
        scene, draft, script = _found(session, request, person, visit_id, interview_id)
        try:
            services.close_interview(session, person, scene.visit, draft, script)
        except InvalidInput as error:
            session.rollback()
            view = closing_page(scene, draft, script, (), _problem(scene, error).text)
            return page(request, "interviews/closing.html", view, status=error.status)
    database.checkpoint()
    return RedirectResponse(f"{scene.url}/interviews", 303)


@router.get("/visits/{visit_id}/interviews/{interview_id}/stop")
def stopping(request: Request, session: ReadSession, person: Visitor, visit_id: str, interview_id: str) -> Response:
    scene, draft, script = _found(session, request, person, visit_id, interview_id)
    return page(request, "interviews/stop.html", stop_page(scene, draft, script))


@router.post("/visits/{visit_id}/interviews/{interview_id}/stop")
def stop(request: Request, person: Visitor, visit_id: str, interview_id: str) -> Response:
    """Erases this talk alone, and the pages of the write-ahead log on which it was."""
    database = database_of(request)
    with database.write() as session:
        scene, draft, _ = _found(session, request, person, visit_id, interview_id)
        services.stop_interview(session, draft)
    database.checkpoint()
    return RedirectResponse(f"{scene.url}/interviews", 303)


def _found(
    session: Session, request: Request, person: Person, visit_id: str, interview_id: str
) -> tuple[Scene, Interview, Script]:
    """A draft of this person, with its visit and script. Raises NotThere for anybody else's."""
    scene = scene_of(session, request, person, visit_id)
    draft = kept.draft_of(session, person, visit_id, interview_id)
    _require_private(request)
    return scene, draft, script_named(reference_of(request), draft.script)


def _why_not(request: Request, session: Session, scene: Scene) -> str:
    """Why this person begins no talk here, in a sentence; empty when they may."""
    say, visit, person = scene.speech.say, scene.visit, scene.person
    if person.person_id not in visit.team or not visit.is_open:
        return say("Talks are begun by the team, while the visit is open.")
    if not _is_private(request):
        return say(NOT_PRIVATE)
    if not is_trained(person, scene.speech.local(_now(session)).date()):
        return say(services.NOT_TRAINED)
    return ""


def _require_private(request: Request) -> None:
    if not _is_private(request):
        raise InvalidInput(NOT_PRIVATE)


def _is_private(request: Request) -> bool:
    """On this very machine, or encrypted on the way: a plain hotspot must not carry what a child says."""
    return request.url.scheme == "https" or request.url.hostname in LOOPBACK


def _now(session: Session) -> datetime:
    return as_moment(session.info["node"].clock.now_ms())


def _problem(scene: Scene, error: InvalidInput) -> Problem:
    return Problem(error.field, scene.speech.say(error.problem, **error.params))
