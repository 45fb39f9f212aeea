"""Who of this tablet's people has a passphrase, and a first one for a colleague, with the help of who has."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.domain.people import Person
from app.errors import PassphraseTaken, TooManyTries, WrongPassphrase
from app.store.db import Database
from app.store.opening import open_slot
from app.sync import enrolling
from app.web.contexts import Choice, Problem
from app.web.deps import SignedIn, is_here
from app.web.new_passphrases import faults
from app.web.render import page, speech_of

router = APIRouter()
Words = Annotated[str, Form(max_length=400)]


@dataclass(frozen=True)
class PassphrasesPage:
    """`passphrases/page.html`."""

    waiting: tuple[Choice, ...]  # those without one
    others: tuple[str, ...]  # names of those who have one
    may_link: bool  # the page for a new card of the office opens here
    problems: tuple[Problem, ...]


@router.get("/passphrases")
def passphrases_page(request: Request, person: SignedIn) -> Response:
    return _page(request, "", ())


@router.post("/passphrases")
def give(
    request: Request,
    person: SignedIn,
    colleague: Annotated[str, Form(max_length=40)] = "",
    own: Words = "",
    passphrase: Words = "",
    again: Words = "",
) -> Response:
    """A first passphrase for a colleague. The helper's own one opens the tablet's key: to be signed in is not enough."""
    problems = _problems(request, person, colleague, own, passphrase, again)
    if problems:
        return _page(request, colleague, problems)
    return RedirectResponse("/passphrases", 303)


def _problems(
    request: Request, person: Person, colleague: str, own: str, passphrase: str, again: str
) -> tuple[Problem, ...]:
    """Gives the passphrase, or says what speaks against it."""
    speech, database = speech_of(request), _database(request)
    problems = tuple(faults(speech, "", passphrase, again, set()))
    if colleague not in enrolling.waiting_people(database):
        return Problem("colleague", speech.say("Choose who gets a passphrase.")), *problems
    if problems:
        return problems
    try:
        _give(request, person, own, {colleague: passphrase})
    except TooManyTries as error:
        return (Problem("own", speech.say(error.sentence, **error.params)),)
    except WrongPassphrase:
        return (Problem("own", speech.say("This is not your passphrase. Check the four words and try again.")),)
    except PassphraseTaken as error:
        return (Problem("passphrase", speech.say(error.sentence)),)
    return ()


def _give(request: Request, person: Person, own: str, passphrases: dict[str, str]) -> None:
    state = request.app.state
    opened, _ = open_slot(state.settings, own, state.clock)
    if opened.person_id != person.person_id:
        raise WrongPassphrase()
    folder, cost = Path(state.settings.data_dir), enrolling.cost_of(state.settings)
    enrolling.give_slots(folder, opened.database_key, cost, state.database, passphrases)


def _page(request: Request, colleague: str, problems: tuple[Problem, ...]) -> Response:
    speech, database = speech_of(request), _database(request)
    people, waiting = enrolling.people_of(database), enrolling.waiting_people(database)
    named = [(key, name) for key, name in people.items() if name != key]  # the others' names are still on their way
    ordered = sorted(named, key=lambda item: speech.sort_key(item[1]))
    view = PassphrasesPage(
        waiting=tuple(Choice(key, name, key == colleague) for key, name in ordered if key in waiting),
        others=tuple(name for key, name in ordered if key not in waiting),
        may_link=is_here(request),
        problems=problems,
    )
    return page(request, "passphrases/page.html", view, status=422 if problems else 200)


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database
