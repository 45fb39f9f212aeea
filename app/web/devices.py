"""Central: the tablets, and the one-time codes with which they enrol."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.domain.people import Person
from app.errors import InvalidInput
from app.services import devices as services
from app.store import reads
from app.web.contexts import Choice, Problem
from app.web.deps import ReadSession, WriteSession, needs
from app.web.language import Speech
from app.web.qr import qr_path
from app.web.render import page, speech_of
from app.web.review_contexts import DeviceRow, DevicesPage, EnrolmentCard

router = APIRouter()
Keeper = Annotated[Person, needs("devices")]


@router.get("/devices")
def devices_page(request: Request, session: ReadSession, person: Keeper) -> Response:
    return page(request, "devices/page.html", _view(session, request))


@router.post("/devices")
def make_code(
    request: Request,
    session: WriteSession,
    person: Keeper,
    name: Annotated[str, Form(max_length=100)] = "",
    member: Annotated[list[str] | None, Form(max_length=12)] = None,
) -> Response:
    """A one-time code, shown once."""
    speech = speech_of(request)
    try:
        code = services.make_code(session, person, name, member or [])
    except InvalidInput as error:
        session.rollback()
        problem = Problem(error.field, speech.say(error.problem, **error.params))
        return page(request, "devices/page.html", _view(session, request, (problem,)), status=422)
    names = reads.people(session)
    for_whom = ", ".join(names[one].name for one in member or [])
    address = str(request.base_url).rstrip("/")
    qr_svg, qr_width = qr_path(f"baqylau:{address}#{code.text}")
    card = EnrolmentCard(
        code=code.text,
        person=for_whom,
        expires_at=speech.at(code.expires_at_ms),  # type: ignore[arg-type]
        address=address,
        qr_svg=qr_svg,
        qr_width=qr_width,
    )
    return page(request, "devices/page.html", _view(session, request, (), card))


@router.post("/devices/{device_id}/revocation")
def revoke(session: WriteSession, person: Keeper, device_id: str) -> Response:
    """Withdraws a tablet."""
    services.revoke_device(session, person, device_id)
    return RedirectResponse("/devices", 303)


def _view(
    session: Session, request: Request, problems: tuple[Problem, ...] = (), card: EnrolmentCard | None = None
) -> DevicesPage:
    speech = speech_of(request)
    people = reads.people(session)
    choices = [
        Choice(key, one.name, False)
        for key, one in people.items()
        if one.is_active and one.roles & {"monitor", "team_lead"}
    ]
    return DevicesPage(
        rows=tuple(_row(speech, people, seen) for seen in services.devices(session)),
        people=tuple(sorted(choices, key=lambda choice: speech.sort_key(choice.label))),
        problems=problems,
        card=card,
    )


def _row(speech: Speech, people: dict[str, Person], seen: services.DeviceSeen) -> DeviceRow:
    return DeviceRow(
        device_id=seen.device_id,
        name=seen.name,
        person=", ".join(people[one].name for one in seen.people if one in people),
        enrolled_at=speech.at(seen.enrolled_at_ms),
        seen_at=speech.at(seen.seen_at_ms),
        is_revoked=seen.is_revoked,
    )
