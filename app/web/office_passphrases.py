"""Central: a new passphrase for a colleague of the office who forgot theirs, given by an administrator."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.config import Settings
from app.domain.people import Person
from app.errors import NotThere
from app.services import people, proposals
from app.store import reads
from app.store.calibration import office_cost
from app.web.contexts import Problem, Suggestion
from app.web.deps import ReadSession, WriteSession, needs
from app.web.new_passphrases import faults, suggestion
from app.web.render import page, speech_of

router = APIRouter()
Editor = Annotated[Person, needs("edit_people")]
Words = Annotated[str, Form(max_length=400)]


@dataclass(frozen=True)
class OfficePassphrasePage:
    """`people/passphrase.html`; posts to itself."""

    url: str
    name: str
    sign_in_name: str
    suggestion: Suggestion
    problems: tuple[Problem, ...]


@router.get("/people/{person_id}/passphrase")
def ask_passphrase(request: Request, session: ReadSession, person: Editor, person_id: str) -> Response:
    return _page(request, session, person, person_id, ())


@router.post("/people/{person_id}/passphrase")
def reset_passphrase(
    request: Request, session: WriteSession, person: Editor, person_id: str, passphrase: Words = "", again: Words = ""
) -> Response:
    """The old one counts no more, and who was signed in with it is not."""
    problems = tuple(faults(speech_of(request), "", passphrase, again, set()))
    if problems:
        return _page(request, session, person, person_id, problems)
    settings: Settings = request.app.state.settings
    given = (passphrase, office_cost(settings), settings.people_second_person)
    proposals.reset_passphrase(session, person, person_id, *given)
    return RedirectResponse("/people", 303)


def _page(
    request: Request, session: Session, person: Person, person_id: str, problems: tuple[Problem, ...]
) -> Response:
    """Raises NotThere for who does not sign in here, and for oneself: that is changed with the old one."""
    name, colleague = people.sign_in_name_of(session, person_id), reads.person(session, person_id)
    if not name or colleague is None or person_id == person.person_id:
        raise NotThere()
    url = f"/people/{person_id}/passphrase"
    view = OfficePassphrasePage(url, colleague.name, name, suggestion(speech_of(request), url), problems)
    return page(request, "people/passphrase.html", view, status=422 if problems else 200)
