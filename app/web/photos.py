"""Photos of places and things: redrawn on arrival, served so that they cannot run."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.errors import BodyTooLarge, NotThere
from app.services import answers as services
from app.services.answers import Place, Sight
from app.store import attachments, reads, uploads
from app.web.answers import card_of, saved_view
from app.web.deps import ReadSession, Visitor, WriteSession
from app.web.render import is_part_wanted, part
from app.web.scenes import scene_of

router = APIRouter()
Typed = Annotated[str, Form(max_length=400)]
PHOTO_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
    "Content-Disposition": 'inline; filename="photo.webp"',
}


@router.post("/visits/{visit_id}/photos")
def add_photo(
    request: Request,
    session: WriteSession,
    person: Visitor,
    visit_id: str,
    file: Annotated[UploadFile, File()],
    indicator: Typed = "",
    repeat: Typed = "",
    caption: Typed = "",
    tap: Typed = "",
) -> Response:
    """Keeps a photo beside an answer, redrawn without place, time or comments."""
    settings = request.app.state.settings
    data = file.file.read(settings.photo_max_mb * 2**20 + 1)
    if len(data) > settings.photo_max_mb * 2**20:
        raise BodyTooLarge(megabytes=settings.photo_max_mb)
    scene = scene_of(session, request, person, visit_id)
    place = services.find_place(scene.checklist, scene.records, indicator, repeat)
    redrawn = attachments.redraw_photo(data, settings.photo_edge_px)
    original = data if settings.role == "device" and settings.keep_originals else None
    services.add_photo(session, person, scene.records, place, redrawn, caption, Sight(tap=tap), original)
    return _back(request, session, person, visit_id, place, tap)


@router.post("/visits/{visit_id}/photos/{photo_id}/removal")
def remove_photo(
    request: Request, session: WriteSession, person: Visitor, visit_id: str, photo_id: str, tap: Typed = ""
) -> Response:
    scene = scene_of(session, request, person, visit_id)
    photo = next((p for p in scene.records.photos if p.subject == photo_id), None)
    if photo is None:
        raise NotThere()
    place = services.find_place(scene.checklist, scene.records, photo.text("indicator"), photo.text("repeat"))
    services.remove_photo(session, person, scene.records, photo_id)
    return _back(request, session, person, visit_id, place, tap)


@router.get("/photos/{photo_id}")
def photo(session: ReadSession, person: Visitor, photo_id: str) -> Response:
    kept = attachments.read(session, reads.photo_for(session, person, photo_id).text("sha256"))
    if kept is None or kept[0] != attachments.PHOTO_TYPE:
        raise NotThere()
    return Response(kept[1], media_type=attachments.PHOTO_TYPE, headers=PHOTO_HEADERS)


@router.get("/photos/{photo_id}/thumbnail")
def thumbnail(session: ReadSession, person: Visitor, photo_id: str) -> Response:
    sha256 = reads.photo_for(session, person, photo_id).text("sha256")
    # The small picture comes before its photo: it stands for it until then.
    data = attachments.read_thumbnail(session, sha256) or uploads.thumbnail(session, sha256)
    if data is None:
        raise NotThere()
    return Response(data, media_type=attachments.PHOTO_TYPE, headers=PHOTO_HEADERS)


def _back(request: Request, session: Session, person: Visitor, visit_id: str, place: Place, tap: str) -> Response:
    scene = scene_of(session, request, person, visit_id)
    section = scene.checklist.section_of(place.indicator.id)
    shown = card_of(session, scene, place)
    if is_part_wanted(request):
        return part(request, "answers/_saved.html", saved_view(request, session, scene, place, shown), acked_tap=tap)
    return RedirectResponse(f"{scene.url}/sections/{section.id if section else ''}#{shown.dom_id}", 303)
