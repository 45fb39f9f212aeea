"""Talks: the scripts that a monitor keeps in hand with a child, a member of staff or a parent."""

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from app.web.deps import ReadSession, SignedIn
from app.web.guide_pages import tie_of
from app.web.guides import SpokenIn, reference_of
from app.web.render import page, speech_in, speech_of
from app.web.scenes import scene_of
from app.web.script_pages import script_named, script_page, scripts_page

router = APIRouter()


@router.get("/interviews")
def scripts(request: Request, session: ReadSession, person: SignedIn, visit: str = "") -> Response:
    speech = speech_of(request)
    view = scripts_page(reference_of(request), speech, tie_of(session, speech, person, visit))
    return page(request, "interviews/page.html", view)


@router.get("/interviews/{script_id}")
def script(
    request: Request,
    session: ReadSession,
    person: SignedIn,
    script_id: str,
    visit: str = "",
    spoken_in: SpokenIn = "",
) -> Response:
    """One script; `in` is the language of the words to say. The browser's title stays neutral, as everywhere."""
    speech, reference = speech_of(request), reference_of(request)
    found = script_named(reference, script_id)
    tie = tie_of(session, speech, person, visit)
    scene = scene_of(session, request, person, visit) if tie else None
    view = script_page(reference, found, speech, speech_in(request, spoken_in).language, tie, scene)
    is_device = request.app.state.settings.role == "device"
    if is_device and scene and scene.visit.is_open and person.person_id in scene.visit.team:
        view = replace(view, write_url=f"{scene.url}/interviews/new?script={script_id}")
    return page(request, "interviews/script.html", view)
