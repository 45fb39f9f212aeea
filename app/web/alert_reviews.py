"""The office: say that one knows of an alert, and how it ended. Works before the visit itself has come."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.domain.alerts import Alert
from app.domain.people import Person
from app.errors import InvalidInput
from app.services import alerts as services
from app.store import alerts, reads
from app.web.alert_contexts import OfficeAlert, OfficeAlertsPage
from app.web.alert_pages import Wording, office_alerts, place_of
from app.web.contexts import Problem
from app.web.deps import ReadSession, Reviewer, WriteSession
from app.web.render import page, speech_of
from app.web.scenes import names_of

router = APIRouter()
Typed = Annotated[str, Form(max_length=4000)]


@router.get("/reviews/{visit_id}/calls")
def office_page(request: Request, session: ReadSession, person: Reviewer, visit_id: str) -> Response:
    return _page(request, session, person, visit_id)


@router.post("/reviews/{visit_id}/calls/acknowledgement")
def acknowledge(session: WriteSession, person: Reviewer, visit_id: str, alerts: Typed = "") -> Response:
    services.acknowledge(session, person, visit_id, alerts.split(","))
    return RedirectResponse(f"/reviews/{visit_id}/calls", 303)


@router.post("/reviews/{visit_id}/calls/closing")
def close(
    request: Request,
    session: WriteSession,
    person: Reviewer,
    visit_id: str,
    alerts: Typed = "",
    outcome: Typed = "",
    words: Typed = "",
) -> Response:
    try:
        services.close_alerts(session, person, visit_id, alerts.split(","), outcome, words)
    except InvalidInput as error:
        session.rollback()
        return _page(request, session, person, visit_id, error)
    return RedirectResponse(f"/reviews/{visit_id}/calls", 303)


def office_alerts_of(session: Session, request: Request, found: list[Alert]) -> list[OfficeAlert]:
    """Alerts as a reviewer's page shows them."""
    wording = Wording(speech_of(request), names_of(session), session.info["node"].clock.now_ms())
    return office_alerts(wording, reads.institutions(session), found)


def _page(
    request: Request, session: Session, person: Person, visit_id: str, error: InvalidInput | None = None
) -> Response:
    found = alerts.in_visit_for_office(session, person, visit_id)
    speech, institution = speech_of(request), reads.record(session, found[0].institution_id)
    problem = (Problem(error.field, speech.say(error.problem, **error.params)),) if error else ()
    is_open = reads.seen_visit(session, person, visit_id) is not None
    view = OfficeAlertsPage(
        institution=place_of(speech, institution),
        desk_url=f"/reviews/{visit_id}" if is_open else "",
        alerts=tuple(office_alerts_of(session, request, found)),
        problems=problem,
    )
    return page(request, "alerts/office.html", view, status=error.status if error else 200)
