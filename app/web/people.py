"""Central: the people of the group and the office."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.domain.people import ROLES, Person
from app.errors import AppError, InvalidInput, WeakPassphrase
from app.services import people as services
from app.services.people import PersonForm as SavedForm
from app.store import reads
from app.store.calibration import office_cost
from app.web import words
from app.web.contexts import Choice, Problem
from app.web.deps import ReadSession, WriteSession, needs
from app.web.forms import PostedForm, TypedForm
from app.web.new_passphrases import suggestion
from app.web.render import page, speech_of
from app.web.review_contexts import PeoplePage, PersonForm, PersonRow

router = APIRouter()
Seer = Annotated[Person, needs("see_people")]
Editor = Annotated[Person, needs("edit_people")]
LANGUAGE_NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}


@router.get("/people")
def people_page(request: Request, session: ReadSession, person: Seer) -> Response:
    speech = speech_of(request)
    seen = services.seen_at(session)
    others = services.who_signs_in(session) - {person.person_id} if person.may("edit_people") else set()
    rows = [
        PersonRow(
            person_id=one.person_id,
            name=one.name,
            roles_words=", ".join(words.role(speech, role) for role in sorted(one.roles)),
            organisation=one.organisation,
            trained_on=one.trained_on,
            accredited_until=one.accredited_until,
            is_active=one.is_active,
            seen_at=speech.at(seen.get(one.person_id)),
            passphrase_url=f"/people/{one.person_id}/passphrase" if one.person_id in others else "",
        )
        for one in reads.people(session).values()
    ]
    rows.sort(key=lambda row: speech.sort_key(row.name))
    return page(request, "people/page.html", PeoplePage(tuple(rows), person.may("edit_people")))


@router.get("/people/new")
def new_page(request: Request, session: ReadSession, person: Editor) -> Response:
    return page(request, "people/new.html", _form(request, {"person": session.info["node"].clock.new_id()}, []))


@router.post("/people")
def add(request: Request, session: WriteSession, person: Editor, typed: TypedForm, form: PostedForm) -> Response:
    """Adds a person, and with a sign-in name also the way into central."""
    roles = [str(role) for role in form.getlist("role")]
    saved = SavedForm(
        person_id=typed.get("person") or session.info["node"].clock.new_id(),
        name=typed.get("name", ""),
        roles=roles,
        organisation=typed.get("organisation", ""),
        language=typed.get("language", "kk"),
        accredited_until=typed.get("accredited_until", ""),
        trained_on=typed.get("trained_on", ""),
    )
    try:
        services.save_person(session, person, saved)
        if typed.get("sign_in_name"):
            settings = request.app.state.settings
            given = (typed["sign_in_name"], typed.get("passphrase", ""), office_cost(settings))
            services.set_sign_in(session, saved.person_id, *given, by=person.person_id)
    except AppError as error:
        session.rollback()
        return page(
            request, "people/new.html", _form(request, typed, roles, _problem(request, error)), status=error.status
        )
    return RedirectResponse("/people", 303)


def _problem(request: Request, error: AppError) -> tuple[Problem, ...]:
    speech = speech_of(request)
    if isinstance(error, InvalidInput):
        return (Problem(error.field, speech.say(error.problem, **error.params)),)
    field = "passphrase" if isinstance(error, WeakPassphrase) else "name"
    return (Problem(field, speech.say(error.sentence, **error.params)),)


def _form(request: Request, typed: dict[str, str], roles: list[str], problems: tuple[Problem, ...] = ()) -> PersonForm:
    speech = speech_of(request)
    language = typed.get("language", "kk")
    return PersonForm(
        person_id=typed.get("person", ""),
        problems=problems,
        name=typed.get("name", ""),
        organisation=typed.get("organisation", ""),
        accredited_until=typed.get("accredited_until", ""),
        trained_on=typed.get("trained_on", ""),
        sign_in_name=typed.get("sign_in_name", ""),
        roles=tuple(Choice(role, words.role(speech, role), role in roles) for role in ROLES),
        suggestion=suggestion(speech, "/people/new"),
        languages=tuple(Choice(code, name, code == language) for code, name in LANGUAGE_NAMES.items()),
    )
