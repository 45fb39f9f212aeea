"""Central: the tablets and how they are, the one-time codes with which they enrol, and withdrawing one."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.domain.people import Person
from app.errors import InvalidInput
from app.services import devices as services
from app.services import wipes
from app.services.devices import OneTimeCode
from app.store import reads
from app.store.vault import key_fingerprint
from app.web.amounts import in_groups
from app.web.contexts import Choice, Problem
from app.web.deps import ReadSession, WriteSession, needs
from app.web.device_contexts import DevicesPage, EnrolmentCard
from app.web.device_pages import card_languages, device_page, device_row, names, revocation_page
from app.web.qr import qr_path
from app.web.render import page, speech_in, speech_of
from app.web.wipe_pages import wipes_of

router = APIRouter()
Keeper = Annotated[Person, needs("devices")]
Language = Annotated[str, Form(max_length=2)]


@router.get("/devices")
def devices_page(request: Request, session: ReadSession, person: Keeper) -> Response:
    return page(request, "devices/list.html", _view(session, request))


@router.post("/devices")
def make_code(
    request: Request,
    session: WriteSession,
    person: Keeper,
    name: Annotated[str, Form(max_length=100)] = "",
    member: Annotated[list[str] | None, Form(max_length=12)] = None,
    language: Language = "",
) -> Response:
    """A one-time code on a card for paper, shown once: this answer is the only place where the code stands."""
    try:
        code = services.make_code(session, person, name, member or [])
    except InvalidInput as error:
        session.rollback()
        problem = Problem(error.field, speech_of(request).say(error.problem, **error.params))
        view = _view(session, request, (problem,), name, member or [])
        return page(request, "devices/list.html", view, status=422)
    for_whom = names(reads.people(session), member or [])
    return _card(request, session, person, code, name.strip(), for_whom, "/devices", language)


@router.get("/devices/{device_id}")
def one_device(request: Request, session: ReadSession, person: Keeper, device_id: str) -> Response:
    seen = services.device(session, device_id)
    speech, people = speech_of(request), reads.people(session)
    orders, told = wipes.removed(session, person, device_id)
    view = device_page(speech, people, seen, wipes_of(speech, people, seen, orders, told))
    return page(request, "devices/page.html", view)


@router.post("/devices/{device_id}/code")
def make_code_again(
    request: Request, session: WriteSession, person: Keeper, device_id: str, language: Language = ""
) -> Response:
    """A new card for the same tablet: after it was withdrawn, or when its data was lost."""
    code = services.make_code_again(session, person, device_id)
    seen = services.device(session, device_id)
    for_whom = names(reads.people(session), seen.people)
    return _card(request, session, person, code, seen.name, for_whom, f"/devices/{device_id}", language)


@router.get("/devices/{device_id}/revocation")
def ask_before_revoking(request: Request, session: ReadSession, person: Keeper, device_id: str) -> Response:
    """Says what withdrawing means, and asks once more."""
    view = revocation_page(speech_of(request), services.device(session, device_id))
    return page(request, "devices/revocation.html", view)


@router.post("/devices/{device_id}/revocation")
def revoke(session: WriteSession, person: Keeper, device_id: str) -> Response:
    """Withdraws a tablet."""
    services.revoke_device(session, person, device_id)
    return RedirectResponse(f"/devices/{device_id}", 303)


def _card(
    request: Request,
    session: Session,
    person: Person,
    code: OneTimeCode,
    name: str,
    for_whom: str,
    back_url: str,
    language: str,
) -> Response:
    speech = speech_in(request, language)
    # Behind a proxy that ends TLS the browser's address is not what a tablet has to type.
    address = (request.app.state.settings.public_url or str(request.base_url)).rstrip("/")
    qr_svg, qr_width = qr_path(f"baqylau:{address}#{code.text}")
    view = EnrolmentCard(
        name=name,
        people=for_whom,
        code=in_groups(code.text.replace("-", "")),
        key_words=_key_words(session),
        expires_at=speech.at(code.expires_at_ms),  # type: ignore[arg-type]
        address=address,
        qr_width=qr_width,
        qr_svg=qr_svg,
        ask=", ".join(part for part in (person.name, person.organisation) if part),
        back_url=back_url,
    )
    return page(request, "devices/card.html", view, language=speech.language)


def _key_words(session: Session) -> str:
    return in_groups(key_fingerprint(session.info["node"].public_key))


def _view(
    session: Session,
    request: Request,
    problems: tuple[Problem, ...] = (),
    name: str = "",
    chosen: list[str] | None = None,
) -> DevicesPage:
    speech, people = speech_of(request), reads.people(session)
    choices = [
        Choice(key, one.name, key in (chosen or []))
        for key, one in people.items()
        if one.is_active and one.roles & {"monitor", "team_lead"}
    ]
    return DevicesPage(
        rows=tuple(device_row(speech, people, seen) for seen in services.devices(session)),
        people=tuple(sorted(choices, key=lambda choice: speech.sort_key(choice.label))),
        languages=card_languages(speech.language),
        name=name,
        problems=problems,
        key_words=_key_words(session),
    )
