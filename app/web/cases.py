"""The custody clock of a sampled file: its times and facts, the verdicts, the picture."""

from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.clock import as_moment
from app.domain.cases import case_subject
from app.errors import InvalidInput
from app.services import cases as services
from app.store import reads
from app.web.answers import FRAME_FIELDS, sight_of
from app.web.case_contexts import CasePage
from app.web.case_pages import case_page
from app.web.deps import ReadSession, Visitor, WriteSession
from app.web.forms import TypedForm
from app.web.render import is_part_wanted, page, part, speech_of
from app.web.scenes import scene_of
from app.web.status import status_of
from app.web.visit_pages import Scene

router = APIRouter()
NOT_OF_THE_CASE = (*FRAME_FIELDS, "at")  # `at`: where a browser without JavaScript goes back to


@router.get("/visits/{visit_id}/files/{repeat_id}/clock")
def clock(request: Request, session: ReadSession, person: Visitor, visit_id: str, repeat_id: str) -> Response:
    scene = scene_of(session, request, person, visit_id)
    return page(request, "cases/page.html", _view(session, scene, repeat_id))


@router.post("/visits/{visit_id}/files/{repeat_id}/clock")
def record_case(
    request: Request, session: WriteSession, person: Visitor, typed: TypedForm, visit_id: str, repeat_id: str
) -> Response:
    """Sets what of the posted fields was changed. 422 brings the forms back with the sentence and what was typed."""
    scene = scene_of(session, request, person, visit_id)
    sight = sight_of(typed, person)
    fields = {name: value for name, value in typed.items() if name not in NOT_OF_THE_CASE}
    try:
        services.record_case(session, person, scene.records, repeat_id, fields, sight, scene.speech.zone)
    except InvalidInput as error:
        session.rollback()
        return _refused(request, session, scene, repeat_id, fields, error)
    if not is_part_wanted(request):
        return RedirectResponse(f"{request.url.path}#{typed.get('at', 'case')}", 303)
    view = _view(session, _after(session, scene, repeat_id), repeat_id)
    return part(request, "cases/_saved.html", _with_status(request, session, view), acked_tap=sight.tap)


def _refused(
    request: Request, session: Session, scene: Scene, repeat_id: str, typed: dict[str, str], error: InvalidInput
) -> Response:
    sentence = speech_of(request).say(error.problem, **error.params)
    repeat = services.find_file(scene.records, repeat_id)
    now = as_moment(session.info["node"].clock.now_ms())
    view = case_page(scene, repeat, now, typed, sentence, error.field)
    if is_part_wanted(request):
        return part(request, "cases/_saved.html", _with_status(request, session, view), status=422)
    return page(request, "cases/page.html", view, status=422)


def _view(session: Session, scene: Scene, repeat_id: str) -> CasePage:
    repeat = services.find_file(scene.records, repeat_id)
    return case_page(scene, repeat, as_moment(session.info["node"].clock.now_ms()))


def _after(session: Session, scene: Scene, repeat_id: str) -> Scene:
    """The scene after the case was written: only that record is read again."""
    record = reads.record(session, case_subject(scene.visit.visit_id, repeat_id))
    cases = {**scene.records.cases, repeat_id: record} if record else scene.records.cases
    return replace(scene, records=replace(scene.records, cases=cases))


def _with_status(request: Request, session: Session, view: CasePage) -> CasePage:
    is_device = request.app.state.settings.role == "device"
    return replace(view, status=status_of(session, request) if is_device else None)
