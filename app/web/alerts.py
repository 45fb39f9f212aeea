"""The tablet: raise an alert, say whom one told, and see whether the office knows."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session
from starlette.background import BackgroundTask

from app.domain.people import Person
from app.errors import InvalidInput
from app.services import alerts as services
from app.store import alerts, reads
from app.store.node import OFFLINE, value_of
from app.sync.loop import SyncLoop
from app.web.alert_contexts import AlertsPage
from app.web.alert_pages import Hand, Wording, alerts_page
from app.web.contact_cards import cards_by_kind
from app.web.contexts import Problem
from app.web.deps import ReadSession, Visitor, WriteSession
from app.web.guide_pages import tie_of
from app.web.guides import reference_of
from app.web.red_button import calls_url
from app.web.render import page, part, speech_of
from app.web.scenes import names_of

router = APIRouter()
Typed = Annotated[str, Form(max_length=1000)]


@router.get("/visits/{visit_id}/calls")
def calls_page(request: Request, session: ReadSession, person: Visitor, visit_id: str) -> Response:
    return page(request, "alerts/page.html", _view(request, session, person, visit_id))


@router.get("/visits/{visit_id}/calls/states")
def calls_states(request: Request, session: ReadSession, person: Visitor, visit_id: str) -> Response:
    """How far each alert is; the page asks again and again."""
    return part(request, "alerts/_states.html", _view(request, session, person, visit_id))


@router.post("/visits/{visit_id}/calls")
def raise_alert(
    request: Request, session: WriteSession, person: Visitor, visit_id: str, alert: Typed = "", danger: Typed = ""
) -> Response:
    """The second tap. It is saved here before anybody is asked for a network."""
    visit = reads.visit_for(session, person, visit_id)
    services.raise_alert(session, person, visit, alert, danger)
    return _sent_at_once(request, calls_url(visit_id))


@router.post("/visits/{visit_id}/calls/{alert_id}/words")
def describe(
    request: Request, session: WriteSession, person: Visitor, visit_id: str, alert_id: str, words: Typed = ""
) -> Response:
    visit = reads.visit_for(session, person, visit_id)
    try:
        services.describe_alert(session, person, visit, alert_id, words)
    except InvalidInput as error:
        session.rollback()
        problem = Problem(error.field, speech_of(request).say(error.problem, **error.params))
        view = _view(request, session, person, visit_id, (problem,))
        return page(request, "alerts/page.html", view, status=error.status)
    return _sent_at_once(request, calls_url(visit_id))


@router.post("/visits/{visit_id}/calls/{alert_id}/told")
def note_told(
    request: Request,
    session: WriteSession,
    person: Visitor,
    visit_id: str,
    alert_id: str,
    told: Typed = "",
    recipient: Typed = "",
    how: Typed = "",
) -> Response:
    visit = reads.visit_for(session, person, visit_id)
    services.note_told(session, person, visit, alert_id, told, recipient, how)
    return _sent_at_once(request, f"{calls_url(visit_id)}#call-{alert_id}")


@router.post("/visits/{visit_id}/calls/told/{told_id}/removal")
def take_back(request: Request, session: WriteSession, person: Visitor, visit_id: str, told_id: str) -> Response:
    services.take_back_told(session, person, reads.visit_for(session, person, visit_id), told_id)
    return _sent_at_once(request, calls_url(visit_id))


def _sent_at_once(request: Request, url: str) -> RedirectResponse:
    """Back to the page; the sync loop is woken after the commit, and sends alerts before everything else."""
    loop: SyncLoop = request.app.state.sync_loop
    return RedirectResponse(url, 303, background=BackgroundTask(loop.rush))


def _view(
    request: Request, session: Session, person: Person, visit_id: str, problems: tuple[Problem, ...] = ()
) -> AlertsPage:
    visit, speech, clock = reads.visit_for(session, person, visit_id), speech_of(request), session.info["node"].clock
    tie = tie_of(session, speech, person, visit_id)
    assert tie is not None  # noqa: S101 - the visit is there: it was just read
    institution = reads.record(session, visit.institution_id)
    hand = Hand(
        institution_type=institution.text("type") if institution else "",
        contacts=cards_by_kind(session, speech, tie.region),
        standards={standard.provision.id: standard for standard in reference_of(request).standards},
        new_id=clock.new_id,
        stays_offline=value_of(session, OFFLINE) == "on",
    )
    waiting = alerts.not_at_office(session, visit_id)
    wording = Wording(speech, names_of(session), clock.now_ms(), person.person_id, waiting)
    return alerts_page(wording, hand, tie, alerts.in_visit(session, visit_id), problems)
