"""The paper fallback: a checklist as a booklet to print, from the library or for a visit."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from app.errors import NotThere
from app.web import words
from app.web.booklet_pages import MOST_REPEATS, Paper, booklet_page
from app.web.checklist_contexts import BookletHead
from app.web.checklists import on_shelf
from app.web.deps import ReadSession, SignedIn, Visitor
from app.web.language import Speech
from app.web.render import page, speech_in
from app.web.scenes import scene_of
from app.web.visit_pages import Scene, institution_name

router = APIRouter()
Language = Annotated[str, Query(alias="in", max_length=2)]
Variant = Annotated[str, Query(max_length=10)]
Count = Annotated[str, Query(max_length=3)]
CHECKLIST_ID, NUMBER, MARK = re.compile(r"[a-z][a-z0-9-]*"), re.compile(r"[0-9]{1,6}"), re.compile(r"[0-9a-f]{12}")
# Only what was checked above stands between the quotes: nobody can write style of their own into it.
FOOT: Final = """@page {
  @bottom-left { content: "%s · %s · %s"; font: 9pt "Golos Text", sans-serif; }
  @bottom-right { content: counter(page) " / " counter(pages); font: 9pt "Golos Text", sans-serif; }
}
"""


@router.get("/checklists/{checklist_id}/{version}/booklet")
def booklet(
    request: Request,
    person: SignedIn,
    checklist_id: str,
    version: str,
    variant: Variant = "full",
    language: Language = "",
    rooms: Count = "",
    files: Count = "",
) -> Response:
    found, speech = on_shelf(request, checklist_id, version), speech_in(request, language)
    paper = Paper(variant == "short", _count(rooms, 4), _count(files, 5))
    url = f"/checklists/{checklist_id}/{found.version}"
    view = booklet_page(speech, found.checklist, found.sha256, paper, (f"{url}/booklet", url))
    return page(request, "checklists/booklet.html", view, language=speech.language)


@router.get("/visits/{visit_id}/booklet")
def visit_booklet(
    request: Request,
    session: ReadSession,
    person: Visitor,
    visit_id: str,
    variant: Variant = "full",
    language: Language = "",
    rooms: Count = "",
    files: Count = "",
) -> Response:
    """The booklet of what this visit pinned, with its head and the rooms and files that it has by now."""
    scene, speech = scene_of(session, request, person, visit_id), speech_in(request, language)
    is_short, has_variants = variant == "short" and not scene.visit.asked, not scene.visit.asked
    paper = Paper(is_short, _count(rooms, 4), _count(files, 5), _head(scene, speech), _names(scene), has_variants)
    sha256, urls = scene.visit.checklist_sha256, (f"{scene.url}/booklet", scene.url)
    view = booklet_page(speech, scene.checklist, sha256, paper, urls)
    return page(request, "checklists/booklet.html", view, language=speech.language)


@router.get("/checklists/{checklist_id}/{version}/foot.css")
def foot(
    person: SignedIn, checklist_id: str, version: str, mark: Annotated[str, Query(max_length=12)] = ""
) -> Response:
    """The style of the page foot: id, version and hash on every page of a booklet, and its number.

    A style sheet of its own, for the CSP allows no style in the page, and CSS cannot read the page's text.
    """
    if not (CHECKLIST_ID.fullmatch(checklist_id) and NUMBER.fullmatch(version) and MARK.fullmatch(mark)):
        raise NotThere()
    kept = {"Cache-Control": "private, max-age=86400"}
    return Response(FOOT % (checklist_id, version, mark), headers=kept, media_type="text/css")


def _count(typed: str, usual: int) -> int:
    return min(max(int(typed), 1), MOST_REPEATS) if typed.isascii() and typed.isdigit() else usual


def _head(scene: Scene, speech: Speech) -> BookletHead:
    visit = scene.visit
    return BookletHead(
        visit_id=visit.visit_id,
        institution=institution_name(scene.institution, speech.language),
        visited_on=visit.visited_on,
        kind_words=words.kind(speech, visit.kind),
        team=tuple(f"{scene.names.get(m, '?')}, {words.role(speech, visit.roles[m])}" for m in visit.team),
    )


def _names(scene: Scene) -> dict[str, list[str]]:
    return {section: [scene.repeat_name(one) for one in ids] for section, ids in scene.repeats().items()}
