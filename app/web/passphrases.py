"""Who of this tablet's people has a passphrase; a new one for a colleague with the help of who has; the recovery card."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.domain.audit import RECOVERY_CARD_MADE
from app.domain.people import Person
from app.errors import AppError
from app.services import people
from app.store import audit
from app.store.calibration import asked_cost
from app.store.device_people import give_slots, people_of, waiting_people
from app.store.recovery import has_card, make_card
from app.web.contexts import Choice, Problem, Suggestion
from app.web.deps import Here, SignedIn, database_of, is_here
from app.web.new_passphrases import faults, refusal, suggestion
from app.web.own_passphrase import Words, open_own
from app.web.recovery import card_page
from app.web.render import page, speech_of

router = APIRouter()
OfCardForm = Annotated[str, Form(max_length=400, alias="card-own")]  # the page has another field for one's own


@dataclass(frozen=True)
class PassphrasesPage:
    """`passphrases/page.html`."""

    colleagues: tuple[Choice, ...]  # all but who is signed in
    waiting: tuple[str, ...]  # names of those without one
    suggestion: Suggestion
    has_card: bool
    is_here: bool  # at the tablet itself: the pages for a new card of the office and for the recovery card open
    problems: tuple[Problem, ...]


@router.get("/passphrases")
def passphrases_page(request: Request, person: SignedIn) -> Response:
    return _page(request, person, "", ())


@router.post("/passphrases")
def give(
    request: Request,
    person: SignedIn,
    colleague: Annotated[str, Form(max_length=40)] = "",
    own: Words = "",
    passphrase: Words = "",
    again: Words = "",
) -> Response:
    """A first passphrase for a colleague, or one in the place of a forgotten one.

    The helper's own passphrase opens the tablet's key: to be signed in is not enough.
    """
    speech = speech_of(request)
    problems = tuple(faults(speech, "", passphrase, again, set()))
    if colleague == person.person_id or colleague not in people_of(database_of(request)):
        problems = (Problem("colleague", speech.say("Choose who gets a passphrase.")), *problems)
    if not problems:
        try:
            _give(request, person, own, colleague, passphrase)
        except AppError as error:
            problems = (refusal(speech, error),)
    return _page(request, person, colleague, problems) if problems else RedirectResponse("/passphrases", 303)


def _give(request: Request, person: Person, own: str, colleague: str, passphrase: str) -> None:
    opened, database, settings = open_own(request, person, own), database_of(request), request.app.state.settings
    folder = Path(settings.data_dir)
    given = {colleague: passphrase}
    give_slots(folder, opened.database_key, asked_cost(settings), database, given, person.person_id)
    with database.write() as session:
        people.end_sessions_of(session, colleague)


@router.post("/passphrases/card", dependencies=[Here])
def new_card(request: Request, person: SignedIn, own: OfCardForm = "") -> Response:
    """The recovery card anew, shown once: this answer is the only place where its code stands."""
    try:
        opened = open_own(request, person, own)
    except AppError as error:
        problem = refusal(speech_of(request), error)
        return _page(request, person, "", (Problem("card-own", problem.text),))
    settings = request.app.state.settings
    code = make_card(Path(settings.data_dir), opened.database_key, settings.keystore)
    with database_of(request).write() as session:
        audit.note(session, person.person_id, RECOVERY_CARD_MADE)
    return card_page(request, code, "/passphrases")


def _page(request: Request, person: Person, colleague: str, problems: tuple[Problem, ...]) -> Response:
    speech, database = speech_of(request), database_of(request)
    waiting = waiting_people(database)
    # Those whose names are still on their way cannot be chosen yet.
    named = [(key, name) for key, name in people_of(database).items() if name != key and key != person.person_id]
    ordered = sorted(named, key=lambda item: speech.sort_key(item[1]))
    has_one, has_none = speech.say("has one: it will stop working"), speech.say("has none yet")
    view = PassphrasesPage(
        colleagues=tuple(
            Choice(key, name, key == colleague, has_none if key in waiting else has_one) for key, name in ordered
        ),
        waiting=tuple(name for key, name in ordered if key in waiting),
        suggestion=suggestion(speech, "/passphrases"),
        has_card=has_card(Path(request.app.state.settings.data_dir)),
        is_here=is_here(request),
        problems=problems,
    )
    return page(request, "passphrases/page.html", view, status=422 if problems else 200)
