"""The report of a visit as a page that prints well."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from app.store import reads
from app.web.deps import ReadSession, Visitor
from app.web.render import page
from app.web.report_pages import report_page
from app.web.review_pages import counts_line
from app.web.scenes import scene_of, signed_moments, with_photos
from app.web.visit_pages import Scene

router = APIRouter()


@router.get("/visits/{visit_id}/report")
def report(request: Request, session: ReadSession, person: Visitor, visit_id: str) -> Response:
    scene = with_photos(session, scene_of(session, request, person, visit_id))
    is_central = request.app.state.settings.role == "central"
    back = f"/reviews/{visit_id}" if is_central and person.may("review") else scene.url
    talks = len(reads.records(session, "interview", scene.visit.scope))
    now = session.info["node"].clock.now_ms()
    view = report_page(scene, signed_moments(session, scene), _record_line(session, scene), now, back, talks)
    return page(request, "reports/page.html", view)


def _record_line(session: Session, scene: Scene) -> str:
    return counts_line(scene.speech, reads.entry_facts(session, scene.visit.scope))
