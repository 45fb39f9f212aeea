"""Originals of photos at the office: opened for a reviewer who asks, and handed over so that they cannot run."""

from fastapi import APIRouter, Response

from app.domain.audit import ORIGINAL_READ
from app.errors import NotThere
from app.store import audit, originals, reads
from app.web.deps import Reviewer, WriteSession

router = APIRouter()
HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "no-store"}


@router.get("/photos/{photo_id}/original")
def original(session: WriteSession, person: Reviewer, photo_id: str) -> Response:
    """The photo as the camera made it, to be saved: with all that the camera wrote into it, such as the place."""
    data = originals.opened(session, reads.photo_for(session, person, photo_id))
    if data is None:
        raise NotThere()
    audit.note(session, person.person_id, ORIGINAL_READ, photo_id)
    named = {"Content-Disposition": f'attachment; filename="{originals.file_name(data)}"'}
    return Response(data, media_type="application/octet-stream", headers=HEADERS | named)
