"""Central: the people of the group and the office, what each may see, and changes that wait for a second administrator."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.config import Settings
from app.domain.people import Person
from app.errors import AppError, InvalidInput, NotThere, WeakPassphrase
from app.services import office_sign_in, proposals
from app.services import people as services
from app.services.people import PersonForm as SavedForm
from app.services.proposals import Change, Proposal
from app.store import reads
from app.store.calibration import office_cost
from app.web import people_words, words
from app.web.contexts import Problem
from app.web.deps import ReadSession, WriteSession, needs
from app.web.forms import PostedForm, TypedForm
from app.web.language import Speech
from app.web.people_contexts import PeoplePage, PersonRow, ProposalRow
from app.web.people_forms import blank, filled_form, form_of, typed_again
from app.web.render import page, speech_of

router = APIRouter()
Seer = Annotated[Person, needs("see_people")]
Editor = Annotated[Person, needs("edit_people")]


@router.get("/people")
def people_page(request: Request, session: ReadSession, person: Seer) -> Response:
    return _people(request, session, person)


def _people(request: Request, session: Session, person: Person, error: AppError | None = None) -> Response:
    speech, known, may_edit = speech_of(request), reads.people(session), person.may("edit_people")
    seen = services.seen_at(session)
    others = services.who_signs_in(session) - {person.person_id} if may_edit else set()
    rows = [_row(speech, one, seen.get(one.person_id), may_edit, others) for one in known.values()]
    rows.sort(key=lambda row: speech.sort_key(row.name))
    waiting = proposals.proposals(session) if may_edit else []
    problem = _told(speech, error) if error else ""
    asked = tuple(_proposal(speech, one, known, person) for one in waiting)
    view = PeoplePage(tuple(rows), asked, may_edit, problem)
    return page(request, "people/page.html", view, status=error.status if error else 200)


def _row(speech: Speech, one: Person, seen_ms: int | None, may_edit: bool, others: set[str]) -> PersonRow:
    return PersonRow(
        url=f"/people/{one.person_id}" if may_edit else "",
        name=one.name,
        roles_words=", ".join(words.role(speech, role) for role in sorted(one.roles)),
        limits=people_words.limits(speech, one.need_to_know) if "reviewer" in one.roles else "",
        organisation=one.organisation,
        trained_on=one.trained_on,
        accredited_until=one.accredited_until,
        is_active=one.is_active,
        seen_at=speech.at(seen_ms),
        passphrase_url=f"/people/{one.person_id}/passphrase" if one.person_id in others else "",
    )


def _proposal(speech: Speech, proposal: Proposal, known: dict[str, Person], person: Person) -> ProposalRow:
    change, by = proposal.change, known.get(proposal.asked_by)
    about = known.get(change.person_id)
    url = f"/people/proposals/{proposal.proposal_id}"
    may_confirm = person.person_id not in (proposal.asked_by, change.person_id)
    return ProposalRow(
        name=change.form.name if change.form else about.name if about else "?",
        lines=people_words.change_lines(speech, change),
        asked=f"{by.name if by else '?'}, {speech.moment(speech.at(proposal.asked_at_ms))}",
        confirm_url=f"{url}/confirmation" if may_confirm else "",
        withdraw_url=f"{url}/withdrawal",
    )


@router.get("/people/new")
def new_page(request: Request, session: ReadSession, person: Editor) -> Response:
    form = SavedForm(session.info["node"].clock.new_id(), "", ())
    return page(request, "people/new.html", blank(request, form))


@router.get("/people/{person_id}")
def person_page(request: Request, session: ReadSession, person: Editor, person_id: str) -> Response:
    found = reads.person(session, person_id)
    if found is None:
        raise NotThere()
    return page(request, "people/new.html", filled_form(request, session, found))


@router.post("/people")
def save(request: Request, session: WriteSession, person: Editor, typed: TypedForm, form: PostedForm) -> Response:
    """Adds or changes a person, with a sign-in name also the way into central; at once, or after a second one agreed."""
    person_id = typed.get("person") or session.info["node"].clock.new_id()
    saved = form_of(person_id, typed, form)
    settings: Settings = request.app.state.settings
    try:
        sign_in, mark = _sign_in(session, settings, person_id, typed), _mark(session, settings, person_id, typed)
        change = Change(person_id, saved, sign_in, mark)
        proposals.change_person(session, person, change, settings.people_second_person)
    except (InvalidInput, WeakPassphrase) as error:
        session.rollback()
        view = typed_again(request, session, saved, typed, _problem(request, error))
        return page(request, "people/new.html", view, status=error.status)
    return RedirectResponse("/people", 303)


@router.post("/people/{person_id}/second-step/removal")
def remove_second_step(request: Request, session: WriteSession, person: Editor, person_id: str) -> Response:
    """For somebody who lost phone and keys."""
    change = Change(person_id, is_second_step_removed=True)
    proposals.change_person(session, person, change, request.app.state.settings.people_second_person)
    return RedirectResponse("/people", 303)


@router.post("/people/proposals/{proposal_id}/confirmation")
def confirm(request: Request, session: WriteSession, person: Editor, proposal_id: str) -> Response:
    """A second administrator agrees."""
    try:
        proposals.confirm(session, person, proposal_id)
    except InvalidInput as error:
        session.rollback()
        return _people(request, session, person, error)
    return RedirectResponse("/people", 303)


@router.post("/people/proposals/{proposal_id}/withdrawal")
def withdraw(session: WriteSession, person: Editor, proposal_id: str) -> Response:
    proposals.withdraw(session, person, proposal_id)
    return RedirectResponse("/people", 303)


def _sign_in(session: Session, settings: Settings, person_id: str, typed: dict[str, str]) -> tuple[str, str] | None:
    """The new name and passphrase; None where none was typed, or only the name that is known already."""
    name, passphrase = typed.get("sign_in_name", "").strip(), typed.get("passphrase", "")
    if not name or (not passphrase and name.casefold() == services.sign_in_name_of(session, person_id)):
        return None
    return proposals.sign_in_for(session, person_id, name, passphrase, office_cost(settings))


def _mark(session: Session, settings: Settings, person_id: str, typed: dict[str, str]) -> str | None:
    """The subject of the office's sign-in, where the form asked for it and it is another one now."""
    if "office_subject" not in typed or not settings.oidc_issuer:
        return None
    mark = office_sign_in.mark_of(settings.oidc_issuer, typed["office_subject"].strip())
    return None if mark == office_sign_in.mark_behind(session, person_id) else mark


def _problem(request: Request, error: AppError) -> tuple[Problem, ...]:
    field = error.field if isinstance(error, InvalidInput) else "passphrase"
    return (Problem(field or "name", _told(speech_of(request), error)),)


def _told(speech: Speech, error: AppError) -> str:
    return speech.say(error.problem if isinstance(error, InvalidInput) else error.sentence, **error.params)
