"""What a monitor keeps in hand beside the checklist: guides, glossary, contacts, the mandate page."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.domain.library import Reference
from app.domain.people import Person
from app.store import reads
from app.web.contact_cards import all_groups, groups_for
from app.web.deps import ReadSession, SignedIn, Visitor
from app.web.guide_contexts import ContactsPage
from app.web.guide_pages import glossary_page, guide_named, guide_page, guides_page, mandate_page, tie_of
from app.web.in_hand import DANGER_GUIDE
from app.web.render import is_part_wanted, page, part, speech_in, speech_of

router = APIRouter()
SpokenIn = Annotated[str, Query(alias="in")]


@router.get("/guides")
def guides(request: Request, person: SignedIn) -> Response:
    return page(request, "guides/page.html", guides_page(reference_of(request), speech_of(request)))


# Before the guides: a guide of that name is none.
@router.get("/guides/contacts")
def contacts(request: Request, session: ReadSession, person: SignedIn, visit: str = "") -> Response:
    speech = speech_of(request)
    tie = tie_of(session, speech, person, visit)
    view = ContactsPage(
        visit=tie,
        back_url=tie.url if tie else "/guides",
        groups=groups_for(session, speech, tie.region) if tie else all_groups(session, speech),
        edit_url="/contacts" if may_edit_contacts(request, person) else "",
    )
    return page(request, "guides/contacts.html", view)


@router.get("/guides/{guide_id}")
def guide(
    request: Request, session: ReadSession, person: SignedIn, guide_id: str, visit: str = "", search: str = ""
) -> Response:
    speech, reference = speech_of(request), reference_of(request)
    found = guide_named(reference, guide_id)
    if found.terms:
        view = glossary_page(found, speech, search)
        if is_part_wanted(request):
            return part(request, "guides/_terms.html", view)
        return page(request, "guides/glossary.html", view)
    tie = tie_of(session, speech, person, visit)
    groups = (
        (groups_for(session, speech, tie.region) if tie else all_groups(session, speech))
        if (guide_id == DANGER_GUIDE)
        else ()
    )
    return page(request, "guides/guide.html", guide_page(reference, found, speech, tie, groups))


@router.get("/visits/{visit_id}/mandate")
def mandate(
    request: Request, session: ReadSession, person: Visitor, visit_id: str, spoken_in: SpokenIn = ""
) -> Response:
    """One page for the gate: the part of the visit's legal basis, the team, and lines to sign on."""
    visit = reads.visit_for(session, person, visit_id)
    speech = speech_in(request, spoken_in)
    return page(request, "guides/mandate.html", mandate_page(session, reference_of(request), speech, visit))


def reference_of(request: Request) -> Reference:
    """Standards, scripts and guides of this node's library."""
    reference: Reference = request.app.state.checklists.reference
    return reference


def may_edit_contacts(request: Request, person: Person) -> bool:
    """Contacts are changed at the office only: a tablet's changes would not count."""
    return request.app.state.settings.role == "central" and person.may("edit_institutions")
