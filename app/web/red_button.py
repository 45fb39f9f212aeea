"""The red button in the frame of every page of a visit. Its addresses are neutral: «calls» tells a bystander nothing."""

from fastapi import Request
from sqlmodel import Session

from app.domain.alerts import DANGERS, may_raise
from app.domain.people import Person
from app.errors import NotThere
from app.store import reads
from app.web import in_hand, words
from app.web.contexts import Choice, RedButton
from app.web.render import speech_of


def red_button(session: Session, request: Request, person: Person) -> RedButton | None:
    """The button for the visit that an address names in its path or after `?visit=`; None where none may be pressed."""
    visit_id = request.path_params.get("visit_id") or request.query_params.get("visit", "")
    try:
        visit = reads.visit_for(session, person, visit_id) if visit_id else None
    except NotThere:
        return None
    if visit is None or not may_raise(person, visit):
        return None
    speech = speech_of(request)
    return RedButton(
        url=calls_url(visit.visit_id),
        alert_id=session.info["node"].clock.new_id(),
        dangers=tuple(Choice(code, words.danger(speech, code), False) for code in DANGERS),
        guide_url=f"/guides/{in_hand.DANGER_GUIDE}{in_hand.query_of(visit)}",
    )


def calls_url(visit_id: str) -> str:
    """The page of a visit's alerts."""
    return f"/visits/{visit_id}/calls"
