"""Central: the contacts that every tablet carries."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.domain.contacts import EVERYWHERE, WHATS
from app.domain.people import Person
from app.errors import InvalidInput
from app.services import contacts as services
from app.services.institutions import REGIONS
from app.store import reads
from app.web import words
from app.web.contact_cards import contact_lines, region_words
from app.web.contexts import Choice, Problem
from app.web.deps import ReadSession, WriteSession, needs
from app.web.forms import TypedForm
from app.web.guide_contexts import ContactForm, ContactsDesk
from app.web.render import page, speech_of

router = APIRouter()
Editor = Annotated[Person, needs("edit_institutions")]


@router.get("/contacts")
def contacts_page(request: Request, session: ReadSession, person: Editor) -> Response:
    return page(request, "contacts/page.html", ContactsDesk(contact_lines(session, speech_of(request))))


@router.get("/contacts/new")
def new_page(request: Request, session: ReadSession, person: Editor) -> Response:
    return page(request, "contacts/new.html", _form(request, session.info["node"].clock.new_id(), {}))


@router.get("/contacts/{contact_id}")
def change_page(request: Request, session: ReadSession, person: Editor, contact_id: str) -> Response:
    record = reads.contact(session, contact_id)
    typed = {name: record.text(name) for name in services.FIELDS}
    return page(request, "contacts/new.html", _form(request, contact_id, typed, is_known=True))


@router.post("/contacts")
def save(request: Request, session: WriteSession, person: Editor, typed: TypedForm) -> Response:
    """Adds a contact, or changes it when its id is known."""
    contact_id = typed.get("contact") or session.info["node"].clock.new_id()
    try:
        services.save_contact(session, person, contact_id, typed)
    except InvalidInput as error:
        session.rollback()
        problem = Problem(error.field, speech_of(request).say(error.problem, **error.params))
        is_known = reads.record(session, contact_id) is not None
        view = _form(request, contact_id, typed, (problem,), is_known=is_known)
        return page(request, "contacts/new.html", view, status=422)
    return RedirectResponse("/contacts", 303)


@router.post("/contacts/{contact_id}/removal")
def remove(session: WriteSession, person: Editor, contact_id: str) -> Response:
    services.remove_contact(session, person, contact_id)
    return RedirectResponse("/contacts", 303)


def _form(
    request: Request,
    contact_id: str,
    typed: dict[str, str],
    problems: tuple[Problem, ...] = (),
    *,
    is_known: bool = False,
) -> ContactForm:
    speech, chosen = speech_of(request), typed.get("region", EVERYWHERE)
    regions = [Choice(code, words.region(speech, code), code == chosen) for code in REGIONS]
    regions.sort(key=lambda choice: speech.sort_key(choice.label))
    country = Choice(EVERYWHERE, region_words(speech, EVERYWHERE), chosen == EVERYWHERE)
    return ContactForm(
        contact_id=contact_id,
        problems=problems,
        regions=(country, *regions),
        whats=tuple(Choice(code, words.contact(speech, code), code == typed.get("what")) for code in WHATS),
        name=typed.get("name", ""),
        phone=typed.get("phone", ""),
        hours=typed.get("hours", ""),
        note=typed.get("note", ""),
        removal_url=f"/contacts/{contact_id}/removal" if is_known else "",
    )
