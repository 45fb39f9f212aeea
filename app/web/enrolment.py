"""Linking this tablet to its office with the card from there: the first time before anybody can sign in, later by one
of its people, with a new card."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Final

from anyio import from_thread, to_thread
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.errors import N_, AppError, EnrolmentRefused, InvalidInput, NotThere
from app.sync import enrolling
from app.sync.begun_enrolment import LIFE_MS, BegunEnrolment
from app.sync.loop import SyncLoop
from app.web.contexts import Problem
from app.web.deps import Here, SignedIn, is_to_be_linked, open_to_all
from app.web.forms import TypedForm
from app.web.new_passphrases import PersonToAsk, chosen_passphrases, people_to_ask
from app.web.recovery import card_page
from app.web.render import page, speech_of
from app.web.security import CAMERA_HEADERS
from app.web.sync import meet_with_patience

router = APIRouter()
Address = Annotated[str, Form(max_length=200)]
Code = Annotated[str, Form(max_length=100)]
# Here nothing waits to be sent yet: these say what to do at this form. By code of the refusal: field and sentence.
AT_THIS_FORM: Final = {
    EnrolmentRefused.code: ("code", EnrolmentRefused.sentence),
    "central_unreachable": (
        "url",
        N_("Nobody answers at this address. Check the address and the connection of this tablet, then try again."),
    ),
    "network_sign_in": (
        "url",
        N_("This network shows a sign-in page of its own. Sign in to the network first, then try again."),
    ),
    "central_not_genuine": (
        "code",
        N_(
            "Another server answered, not the office of this card. Compare the address and the code with the card. "
            "If they are the same, stop and ask the office."
        ),
    ),
}


@dataclass(frozen=True)
class LinkPage:
    """`enrol/page.html`: address and code of the card."""

    action: str  # where the form goes
    is_first: bool  # nobody is signed in: this tablet was never linked
    url: str  # as typed
    code: str
    note: str  # what happened before; may be ""
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class TabletPeoplePage:
    """`enrol/people.html`: the new passphrases of a tablet that the office just took."""

    name: str  # of the tablet
    people: tuple[PersonToAsk, ...]
    problems: tuple[Problem, ...]


def only_to_be_linked(request: Request) -> None:
    """Raises NotThere once somebody has a passphrase here, and for other machines always."""
    if not is_to_be_linked(request):
        raise NotThere()


Unlinked = Depends(only_to_be_linked)


@router.get("/enrol", dependencies=[Unlinked])
@open_to_all
def link_page(request: Request) -> Response:
    """The card first; when the office has answered, the passphrases."""
    begun = _begun(request)
    if begun.name():
        return RedirectResponse("/enrol/people", 303, {"Cache-Control": "no-store"})
    note = speech_of(request).say(enrolling.CODE_USED_UP) if begun.is_code_used_up else ""
    return _page(request, LinkPage("/enrol", True, "", "", note, ()))


@router.post("/enrol", dependencies=[Unlinked])
@open_to_all
def begin(request: Request, url: Address = "", code: Code = "") -> Response:
    """Takes the card to the office."""
    begun = _begun(request)
    try:
        begun.begin(url, code)
    except AppError as error:
        return _page(request, LinkPage("/enrol", True, url, code, "", (_problem(request, error),)), 422)
    from_thread.run_sync(_throw_away_later, begun)
    return RedirectResponse("/enrol/people", 303)


@router.get("/enrol/people", dependencies=[Unlinked])
@open_to_all
def people_page(request: Request) -> Response:
    """Who opens this tablet; back to the card where there is nothing to go on with."""
    if not _begun(request).name():
        return RedirectResponse("/enrol", 303, {"Cache-Control": "no-store"})
    return _people(request)


@router.post("/enrol/people", dependencies=[Unlinked])
@open_to_all
def finish(request: Request, typed: TypedForm) -> Response:
    """The first passphrases: from now on this tablet is opened with them, and these pages are closed.

    What is shown then is the recovery card, and from there the way goes to sign-in.
    """
    begun, speech = _begun(request), speech_of(request)
    name, people = begun.name(), begun.people()
    chosen, problems = chosen_passphrases(speech, people, typed)
    if people and not chosen and not problems:
        problems = (Problem("people", speech.say("At least one of you needs a passphrase, or nobody can sign in.")),)
    if problems:
        return _people(request, problems)
    try:
        code = begun.finish(chosen)
    except InvalidInput as error:
        return _page(request, LinkPage("/enrol", True, "", "", speech.say(error.problem), ()), 409)
    return card_page(request, code, "/sign-in", name)


@router.post("/enrol/end", dependencies=[Unlinked])
@open_to_all
def start_again(request: Request) -> Response:
    """It was the wrong card: nothing of it stays."""
    _begun(request).throw_away()
    return RedirectResponse("/enrol", 303)


@router.get("/enrol/again", dependencies=[Here])
def link_again_page(request: Request, person: SignedIn) -> Response:
    return _page(request, LinkPage("/enrol/again", False, "", "", "", ()))


@router.post("/enrol/again", dependencies=[Here])
async def link_again(request: Request, person: SignedIn, url: Address = "", code: Code = "") -> Response:
    """The same tablet with a new card: for other people, or after it was withdrawn."""
    loop: SyncLoop = request.app.state.sync_loop
    try:
        address = enrolling.checked_url(url)
        transport = loop.connect(address)
        await to_thread.run_sync(enrolling.link_to_office, request.app.state.database, transport, address, code)
    except AppError as error:
        return _page(request, LinkPage("/enrol/again", False, url, code, "", (_problem(request, error),)), 422)
    loop.start_over()
    await meet_with_patience(loop)  # for the names of its people
    return RedirectResponse("/passphrases", 303)


def _page(request: Request, view: LinkPage, status: int = 200) -> Response:
    """It may ask for the camera, for the card's picture."""
    response = page(request, "enrol/page.html", view, status=status)
    response.headers.update(CAMERA_HEADERS)
    return response


def _people(request: Request, problems: tuple[Problem, ...] = ()) -> Response:
    begun = _begun(request)
    view = TabletPeoplePage(begun.name(), people_to_ask(speech_of(request), begun.people(), "/enrol/people"), problems)
    return page(request, "enrol/people.html", view, status=422 if problems else 200)


def _problem(request: Request, error: AppError) -> Problem:
    if isinstance(error, InvalidInput):
        return Problem(error.field, speech_of(request).say(error.problem, **error.params))
    field, sentence = AT_THIS_FORM.get(error.code, ("url", error.sentence))
    return Problem(field, speech_of(request).say(sentence, **error.params))


def _throw_away_later(begun: BegunEnrolment) -> None:
    """Also when nobody opens a page any more. In a thread: it may have to wait for a try that is under way."""
    loop = asyncio.get_running_loop()
    loop.call_later(LIFE_MS / 1000 + 1, loop.run_in_executor, None, begun.throw_away_old)


def _begun(request: Request) -> BegunEnrolment:
    begun: BegunEnrolment = request.app.state.begun_enrolment
    return begun
