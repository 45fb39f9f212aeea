"""The checklists on this node: the list, what each asks, and what changed between two versions."""

import re
from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from app.domain.checklist import CompiledChecklist
from app.domain.people import Person
from app.errors import NotThere
from app.store import attachments, reads
from app.store.checklists import Compiled, Shelf, shared_document
from app.web.checklist_pages import changes_page, checklist_page, checklists_page
from app.web.deps import ReadSession, SignedIn
from app.web.render import page, speech_of

router = APIRouter()
SHA256: Final = re.compile(r"[0-9a-f]{64}")


@router.get("/checklists")
def checklists(request: Request, person: SignedIn) -> Response:
    is_device = request.app.state.settings.role == "device"
    view = checklists_page(speech_of(request), request.app.state.checklists, "/visits" if is_device else "")
    return page(request, "checklists/list.html", view)


@router.get("/checklists/{checklist_id}/{version}")
def checklist(request: Request, session: ReadSession, person: SignedIn, checklist_id: str, version: str) -> Response:
    found = on_shelf(request, checklist_id, version)
    view = checklist_page(speech_of(request), found, _others(request, session, person, found))
    return page(request, "checklists/page.html", view)


@router.get("/checklists/{checklist_id}/{version}/changes")
def changes(
    request: Request,
    session: ReadSession,
    person: SignedIn,
    checklist_id: str,
    version: str,
    since: Annotated[str, Query(alias="from", max_length=64)] = "",
) -> Response:
    """What changed from another version, or from a document that a visit here pinned, to this version."""
    found = on_shelf(request, checklist_id, version)
    old = _older(request, session, checklist_id, since)
    view = changes_page(speech_of(request), old, found, _others(request, session, person, found))
    return page(request, "checklists/changes.html", view)


def on_shelf(request: Request, checklist_id: str, version: str) -> Compiled:
    """The version of a checklist that this node has. Raises NotThere."""
    shelf: Shelf = request.app.state.checklists
    found = shelf.named(checklist_id, int(version)) if re.fullmatch(r"[0-9]{1,6}", version) else None
    if found is None:
        raise NotThere()
    return found


def _older(request: Request, session: Session, checklist_id: str, since: str) -> tuple[CompiledChecklist, str]:
    """The document to compare with, by version or by SHA-256, and its SHA-256. Raises NotThere."""
    shelf: Shelf = request.app.state.checklists
    if not SHA256.fullmatch(since):
        found = on_shelf(request, checklist_id, since)
        return found.checklist, found.sha256
    known = next((one for one in shelf.compiled if one.sha256 == since), None)
    old = known.checklist if known else shared_document(session, since)
    if old.checklist.id != checklist_id:
        raise NotThere()
    return old, since


def _others(request: Request, session: Session, person: Person, found: Compiled) -> Sequence[tuple[int, str]]:
    """(version, SHA-256) of the other documents of the checklist: on the shelf, and pinned by visits of this person."""
    shelf: Shelf = request.app.state.checklists
    others = {(one.version, one.sha256) for one in shelf.compiled if one.checklist_id == found.checklist_id}
    if person.may("visit"):
        visits = [one for one in reads.visits_for(session, person) if one.checklist_id == found.checklist_id]
        here = attachments.present(session, [one.checklist_sha256 for one in visits])
        others |= {(one.checklist_version, one.checklist_sha256) for one in visits if one.checklist_sha256 in here}
    return sorted(one for one in others if one[1] != found.sha256)
