"""Signing in: a passphrase opens a key slot on a device; name and passphrase open a session at central."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from app.config import Settings
from app.domain.audit import SIGN_IN_FAILED, SIGNED_IN
from app.domain.people import Person
from app.errors import AppError, WrongPassphrase, WrongSignIn
from app.services import people, sign_in_tries, signing_in
from app.services.signing_in import Passed
from app.store import audit
from app.store.opening import unlock_device
from app.web import session_cookie
from app.web.contexts import SignInPage
from app.web.deps import is_here, is_to_be_linked, open_to_all, signed_in_person
from app.web.locking import locked
from app.web.preferences import own_path
from app.web.render import page, speech_of
from app.web.sign_in_cookies import address_of, arrival, may_have_passkeys, passed, to

router = APIRouter()


@router.get("/")
@open_to_all
def start(request: Request) -> Response:
    """To the inbox for the office's reviewers, to the visits for all others."""
    person = signed_in_person(request)
    if person is None:
        return to("/sign-in")
    return to(home_of(request, person))


def home_of(request: Request, person: Person) -> str:
    """The first page of a person on this node."""
    if request.app.state.settings.role == "device":
        return "/visits"
    return "/inbox" if person.may("review") else "/people" if person.may("edit_people") else "/visits"


@router.get("/sign-in")
@open_to_all
def sign_in_page(request: Request, next: str = "/") -> Response:
    return to("/enrol") if is_to_be_linked(request) else sign_in_form(request, "", next, "", 200)


@router.post("/sign-in")
@open_to_all
def sign_in(
    request: Request,
    passphrase: Annotated[str, Form(max_length=400)] = "",
    name: Annotated[str, Form(max_length=100)] = "",
    next: Annotated[str, Form(max_length=300)] = "/",
) -> Response:
    """Opens the device or a session at central. A fresh session each time: nothing to fixate."""
    settings: Settings = request.app.state.settings
    try:
        if settings.role == "device":
            opened = Passed(_open_device(request, passphrase))
        else:
            opened = _open_session(request, name, passphrase, next)
    except AppError as error:
        return sign_in_form(request, name, next, speech_of(request).say(error.sentence, **error.params), error.status)
    return passed(request, opened, next)


@router.post("/sign-out")
@open_to_all
async def sign_out(request: Request) -> Response:
    """Ends this session; a tablet of one's own locks, as nobody is there any more."""
    return await locked(request, "/sign-in")


def _open_device(request: Request, passphrase: str) -> str:
    state = request.app.state
    was_locked = state.database is None
    try:
        opened, failed_before = unlock_device(state, passphrase)
    except WrongPassphrase:
        if state.database is not None:  # while it is locked nothing can be noted: the next good sign-in says how many
            with state.database.write() as session:
                audit.note(session, audit.PROGRAM, SIGN_IN_FAILED)
        raise
    with state.database.write() as session:
        if was_locked:
            people.end_all_sessions(session)
        audit.note(session, opened.person_id, SIGNED_IN, told={"failed_before": failed_before})
        people.end_session(session, session_cookie.token_in(request))  # nobody goes on with what stood open before
        token = people.start_session(session, opened.person_id)
    state.lock.here()
    if state.sync_loop:
        state.sync_loop.wake()
    return token


def _open_session(request: Request, name: str, passphrase: str, next_path: str) -> Passed:
    database, address = request.app.state.database, address_of(request)
    with database.write() as session:
        sign_in_tries.count_try(session, name, address)
    try:
        with database.read() as session:
            person = people.check_sign_in(session, name, passphrase)
    except WrongSignIn:
        with database.write() as session:
            audit.note(session, audit.PROGRAM, SIGN_IN_FAILED, people.id_behind(session, name), {"address": address})
        raise
    with database.write() as session:
        came = arrival(request, sign_in_tries.forget_try(session, name, address), own_path(next_path))
        return signing_in.go_on(session, person, came, request.app.state.settings.second_step_required)


def sign_in_form(request: Request, name: str, next_path: str, problem: str, status: int) -> Response:
    """The page with what was typed before, and what happened."""
    settings: Settings = request.app.state.settings
    is_central = settings.role == "central"
    view = SignInPage(
        needs_name=is_central,
        name=name,
        next=own_path(next_path),
        problem=problem,
        recovery_url="/recovery" if not is_central and is_here(request) else "",
        has_passkeys=is_central and may_have_passkeys(request),
        office=(settings.oidc_name or settings.oidc_issuer.removeprefix("https://")) if is_central else "",
    )
    return page(request, "sign_in/page.html", view, status=status)
