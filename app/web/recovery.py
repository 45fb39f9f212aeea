"""The recovery card of a tablet: it opens the tablet for a person whose passphrase was forgotten, and is replaced then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response

from app.errors import AppError
from app.services import people
from app.store.device_people import people_of, reset_with_card
from app.store.node import value_of
from app.store.opening import unlock_with_card
from app.sync.enrolment import DEVICE_NAME
from app.web.amounts import in_groups
from app.web.contexts import Choice, Problem, Suggestion
from app.web.deps import Here, database_of, open_to_all
from app.web.forms import TypedForm
from app.web.new_passphrases import faults, refusal, suggestion
from app.web.qr import qr_path
from app.web.render import page, speech_of
from app.web.security import CAMERA_HEADERS

router = APIRouter(dependencies=[Here])
QR_KIND: Final = "baqylau-recovery"  # the picture says KIND:#CODE


@dataclass(frozen=True)
class RecoveryPage:
    """`recovery/page.html`: the code of the card, while the tablet is locked. Names nobody."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class NewPassphrasePage:
    """`recovery/person.html`: whose passphrase is to be set anew. `code` was found right."""

    code: str
    people: tuple[Choice, ...]
    suggestion: Suggestion
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class RecoveryCard:
    """`recovery/card.html`: paper."""

    name: str
    code: str
    made_at: datetime
    qr_width: int
    qr_svg: str
    back_url: str


@router.get("/recovery")
@open_to_all
def recovery_page(request: Request) -> Response:
    return _ask_code(request, ())


@router.post("/recovery")
@open_to_all
def show_card(request: Request, code: Annotated[str, Form(max_length=100)] = "") -> Response:
    """A right code opens the tablet, and nobody's session: next is asked whose passphrase it is about."""
    try:
        unlock_with_card(request.app.state, code)
    except AppError as error:
        return _ask_code(request, (Problem("code", speech_of(request).say(error.sentence, **error.params)),))
    return _ask_person(request, {"code": code}, ())


@router.post("/recovery/passphrase")
@open_to_all
def reset(request: Request, typed: TypedForm) -> Response:
    """The new passphrase. The code comes again: what this page does, the card allows, and nothing that stays in memory."""
    state, speech, person = request.app.state, speech_of(request), typed.get("person", "")
    try:
        key = unlock_with_card(state, typed.get("code", ""))
    except AppError as error:
        return _ask_code(request, (Problem("code", speech.say(error.sentence, **error.params)),))
    passphrase = typed.get("passphrase", "")
    problems = tuple(faults(speech, "", passphrase, typed.get("again", ""), set()))
    if person not in people_of(state.database):
        problems = (Problem("person", speech.say("Choose whose passphrase is forgotten.")), *problems)
    if problems:
        return _ask_person(request, typed, problems)
    settings = state.settings
    try:
        code = reset_with_card(Path(settings.data_dir), key, settings.keystore, state.database, person, passphrase)
    except AppError as error:
        return _ask_person(request, typed, (refusal(speech, error),))
    with state.database.write() as session:
        people.end_sessions_of(session, person)
    return card_page(request, code, "/sign-in")


def card_page(request: Request, code: str, back_url: str, name: str = "") -> Response:
    """The card for paper, shown once. `name`: of the tablet, where its database is not open."""
    speech = speech_of(request)
    if not name:
        with database_of(request).read() as session:
            name = value_of(session, DEVICE_NAME)
    qr_svg, qr_width = qr_path(f"{QR_KIND}:#{code}")
    made_at = speech.at(request.app.state.clock.now_ms())
    view = RecoveryCard(name, in_groups(code), made_at, qr_width, qr_svg, back_url)  # type: ignore[arg-type]
    return page(request, "recovery/card.html", view)


def _ask_code(request: Request, problems: tuple[Problem, ...]) -> Response:
    """It may ask for the camera, for the card's picture."""
    response = page(request, "recovery/page.html", RecoveryPage(problems), status=422 if problems else 200)
    response.headers.update(CAMERA_HEADERS)
    return response


def _ask_person(request: Request, typed: Mapping[str, str], problems: tuple[Problem, ...]) -> Response:
    speech = speech_of(request)
    ordered = sorted(people_of(request.app.state.database).items(), key=lambda item: speech.sort_key(item[1]))
    view = NewPassphrasePage(
        code=typed["code"],
        people=tuple(Choice(key, name, key == typed.get("person")) for key, name in ordered if name != key),
        suggestion=suggestion(speech, "/suggestion"),
        problems=problems,
    )
    return page(request, "recovery/person.html", view, status=422 if problems else 200)
