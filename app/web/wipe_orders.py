"""Central: ordering a tablet to destroy all that is on it, and taking the order back."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.errors import InvalidInput
from app.services import devices, wipes
from app.web.contexts import Problem
from app.web.deps import ReadSession, WriteSession
from app.web.devices import Keeper
from app.web.render import page, speech_of
from app.web.wipe_pages import order_page

router = APIRouter()


@router.get("/devices/{device_id}/wipe")
def ask_before_ordering(request: Request, session: ReadSession, person: Keeper, device_id: str) -> Response:
    """Says what it means, and asks why."""
    view = order_page(speech_of(request), devices.device(session, device_id))
    return page(request, "devices/wipe.html", view)


@router.post("/devices/{device_id}/wipe")
def order(
    request: Request,
    session: WriteSession,
    person: Keeper,
    device_id: str,
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    try:
        wipes.order_wipe(session, person, device_id, reason)
    except InvalidInput as error:
        session.rollback()
        problem = Problem(error.field, speech_of(request).say(error.problem, **error.params))
        view = order_page(speech_of(request), devices.device(session, device_id), reason, (problem,))
        return page(request, "devices/wipe.html", view, status=422)
    return RedirectResponse(f"/devices/{device_id}#wipe", 303)


@router.post("/devices/{device_id}/wipe/end")
def take_back(session: WriteSession, person: Keeper, device_id: str) -> Response:
    wipes.take_back(session, person, device_id)
    return RedirectResponse(f"/devices/{device_id}#wipe", 303)
