"""One's own passphrase: another one in the place of the old, on a tablet and at central."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.config import Settings
from app.domain.audit import PASSPHRASE_CHANGED, SIGN_IN_FAILED
from app.domain.people import Person
from app.errors import AppError, WrongPassphrase, WrongSignIn
from app.services import people, sign_in_tries
from app.store import audit, slots
from app.store.calibration import office_cost
from app.store.opening import open_slot
from app.store.slots import Opened
from app.web import session_cookie
from app.web.contexts import Problem, Suggestion
from app.web.deps import SignedIn, database_of
from app.web.new_passphrases import faults, refusal, suggestion
from app.web.render import page, speech_of

router = APIRouter()
Words = Annotated[str, Form(max_length=400)]


@dataclass(frozen=True)
class OwnPassphrasePage:
    """`passphrases/own.html`."""

    suggestion: Suggestion
    back_url: str
    is_changed: bool  # just now
    problems: tuple[Problem, ...]


@router.get("/passphrase")
def own_page(request: Request, person: SignedIn, changed: str = "") -> Response:
    return _page(request, bool(changed), ())


@router.post("/passphrase")
def change(request: Request, person: SignedIn, own: Words = "", passphrase: Words = "", again: Words = "") -> Response:
    """The old one opens first: who finds an open tablet must not take it over."""
    problems = tuple(faults(speech_of(request), "", passphrase, again, set()))
    if not problems:
        try:
            settings: Settings = request.app.state.settings
            (_change_here if settings.role == "device" else _change_at_office)(request, person, own, passphrase)
        except AppError as error:
            problems = (refusal(speech_of(request), error),)
    return _page(request, False, problems) if problems else RedirectResponse("/passphrase?changed=yes", 303)


def open_own(request: Request, person: Person, own: str) -> Opened:
    """The slot of who is signed in. Raises WrongPassphrase also for that of another, and what `open_slot` does."""
    state = request.app.state
    opened, _ = open_slot(state.settings, own, state.clock)
    if opened.person_id != person.person_id:
        raise WrongPassphrase()
    return opened


def _change_here(request: Request, person: Person, own: str, passphrase: str) -> None:
    """On a tablet: the same keys under another passphrase."""
    opened = open_own(request, person, own)
    slots.change_passphrase(Path(request.app.state.settings.data_dir), opened, passphrase)
    with database_of(request).write() as session:
        people.end_sessions_of(session, person.person_id, session_cookie.token_in(request))
        audit.note(session, person.person_id, PASSPHRASE_CHANGED)


def _change_at_office(request: Request, person: Person, own: str, passphrase: str) -> None:
    database, address = database_of(request), request.client.host if request.client else ""
    with database.write() as session:
        name = people.sign_in_name_of(session, person.person_id)
        sign_in_tries.count_try(session, name, address)
    try:
        with database.read() as session:
            people.check_sign_in(session, name, own)
    except WrongSignIn:
        with database.write() as session:
            audit.note(session, person.person_id, SIGN_IN_FAILED, told={"address": address})
        raise
    with database.write() as session:
        sign_in_tries.forget_try(session, name, address)
        cost, token = office_cost(request.app.state.settings), session_cookie.token_in(request)
        people.change_passphrase(session, person, passphrase, cost, token)


def _page(request: Request, is_changed: bool, problems: tuple[Problem, ...]) -> Response:
    is_tablet = request.app.state.settings.role == "device"
    words = suggestion(speech_of(request), "/passphrase")
    view = OwnPassphrasePage(words, "/passphrases" if is_tablet else "/", is_changed, problems)
    return page(request, "passphrases/own.html", view, status=422 if problems else 200)
