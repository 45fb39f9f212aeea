"""The standards: browse and search them without a network, read one provision. The same on a tablet and at the office."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.errors import NotThere
from app.store.checklists import Shelf
from app.web.deps import SignedIn
from app.web.preferences import own_path
from app.web.render import page, speech_of
from app.web.standards_pages import Wanted, provision_page
from app.web.standards_pages import standards_page as filled

router = APIRouter()
Typed = Annotated[str, Query(max_length=300)]


@router.get("/standards")
def standards_page(
    request: Request,
    person: SignedIn,
    search: Typed = "",
    instrument: Typed = "",
    topic: Typed = "",
    status: Typed = "",
) -> Response:
    shelf: Shelf = request.app.state.checklists
    wanted = Wanted(search, instrument, topic, status)
    # The index is made here also when nothing is looked for yet: the first search then need not wait for it.
    view = filled(speech_of(request), shelf.standards_index, shelf.reference, wanted)
    return page(request, "standards/page.html", view)


@router.get("/standards/{provision_id}")
def provision(request: Request, person: SignedIn, provision_id: str, back: Typed = "") -> Response:
    """`back`: the card or report that the reader came from."""
    shelf: Shelf = request.app.state.checklists
    standard = shelf.reference.standard(provision_id)
    if standard is None:
        raise NotThere()
    view = provision_page(speech_of(request), shelf.reference, standard, own_path(back) if back else "")
    return page(request, "standards/provision.html", view)
