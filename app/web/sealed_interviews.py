"""Sealed talks at the office: which there are, who asked to read one and why. Nothing here can open them."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.domain.interviews import sealed_keys
from app.domain.merge import Record
from app.domain.people import Person
from app.domain.readings import Reading
from app.errors import N_, InvalidInput
from app.services import readings as services
from app.store import readings as kept
from app.store import reads
from app.web import interview_words as words
from app.web.contexts import Problem
from app.web.deps import ReadSession, WriteSession, needs
from app.web.forms import TypedForm
from app.web.interview_contexts import ReadingRow, SealedPage, SealedRow
from app.web.render import page
from app.web.scenes import scene_of
from app.web.visit_pages import Scene, institution_name

router = APIRouter()
Reader = Annotated[Person, needs("read_interviews")]
FILE_TYPE = "application/x-baqylau-reading"
OVER, WAITS, READY = N_("older than a day"), N_("waits for a second reviewer"), N_("may be read now")


@router.get("/reviews/{visit_id}/interviews")
def sealed(request: Request, session: ReadSession, person: Reader, visit_id: str) -> Response:
    return _page(request, session, person, visit_id)


@router.post("/reviews/{visit_id}/interviews/{interview_id}/readings")
def ask(
    request: Request, session: WriteSession, person: Reader, typed: TypedForm, visit_id: str, interview_id: str
) -> Response:
    """A stated purpose, kept with who and when."""
    try:
        services.ask(session, person, visit_id, interview_id, typed.get("purpose", ""))
    except InvalidInput as error:
        return _page(request, session, person, visit_id, interview_id, error, typed.get("purpose", ""))
    return _back(visit_id, interview_id)


@router.post("/reviews/{visit_id}/interviews/{interview_id}/readings/{reading_id}/confirmation")
def confirm(
    request: Request, session: WriteSession, person: Reader, visit_id: str, interview_id: str, reading_id: str
) -> Response:
    """The second reviewer agrees."""
    try:
        services.confirm(session, person, visit_id, interview_id, reading_id)
    except InvalidInput as error:
        return _page(request, session, person, visit_id, interview_id, error)
    return _back(visit_id, interview_id)


@router.post("/reviews/{visit_id}/interviews/{interview_id}/readings/{reading_id}/file")
def give_out(
    request: Request, session: WriteSession, person: Reader, visit_id: str, interview_id: str, reading_id: str
) -> Response:
    """The sealed file for the reader. The audit row is committed before a byte of it goes out."""
    needs_second = request.app.state.settings.interview_second_person
    try:
        data = services.give_out(session, person, visit_id, interview_id, reading_id, needs_second)
    except InvalidInput as error:
        return _page(request, session, person, visit_id, interview_id, error)
    headers = {"Content-Disposition": f'attachment; filename="{reading_id}.reading"', "Cache-Control": "no-store"}
    return Response(data, media_type=FILE_TYPE, headers=headers)


def _back(visit_id: str, interview_id: str) -> RedirectResponse:
    return RedirectResponse(f"/reviews/{visit_id}/interviews#talk-{interview_id}", 303)


def _page(
    request: Request,
    session: Session,
    person: Person,
    visit_id: str,
    interview_id: str = "",
    error: InvalidInput | None = None,
    purpose: str = "",
) -> Response:
    """All talks of a visit; a refusal stands at the talk that it is about."""
    session.rollback()
    scene = scene_of(session, request, person, visit_id)
    needs_second: bool = request.app.state.settings.interview_second_person
    readings = kept.readings_in(session, visit_id)
    now_ms: int = session.info["node"].clock.now_ms()
    rows = []
    for record in reads.records(session, "interview", scene.visit.scope):
        if not sealed_keys(record.fields):  # erased
            continue
        about = [one for one in readings if one.interview_id == record.subject]
        row = _row(scene, record, [_reading(scene, one, now_ms, needs_second) for one in about])
        if error and record.subject == interview_id:
            told = Problem(error.field or "purpose", scene.speech.say(error.problem, **error.params))
            row = SealedRow(**vars(row) | {"problems": (told,), "purpose": purpose})
        rows.append(row)
    view = SealedPage(
        institution_name(scene.institution, scene.speech.language), f"/reviews/{visit_id}", tuple(rows), needs_second
    )
    return page(request, "interviews/sealed.html", view, status=error.status if error else 200)


def _row(scene: Scene, record: Record, readings: list[ReadingRow]) -> SealedRow:
    return SealedRow(
        dom_id=f"talk-{record.subject}",
        code=record.text("code"),
        when=words.when(scene.speech, record.text("held_on"), record.text("half")),
        keys=tuple(sealed_keys(record.fields)),
        ask_url=f"/reviews/{scene.visit.visit_id}/interviews/{record.subject}/readings",
        readings=tuple(readings),
        problems=(),
        purpose="",
    )


def _reading(scene: Scene, reading: Reading, now_ms: int, needs_second: bool) -> ReadingRow:
    """Who asked, when, why, and what this reader can do about it now."""
    speech, is_own = scene.speech, reading.asked_by == scene.person.person_id
    url = f"/reviews/{reading.visit_id}/interviews/{reading.interview_id}/readings/{reading.reading_id}"
    is_over, waits = reading.is_over(now_ms), reading.waits(needs_second)
    state = speech.say(OVER if is_over else WAITS if waits else READY)
    if reading.confirmed_by:
        state += " · " + speech.say("agreed: %(name)s", name=scene.names.get(reading.confirmed_by, "?"))
    return ReadingRow(
        line=f"{scene.names.get(reading.asked_by, '?')}, {speech.moment(speech.at(reading.asked_at_ms))}",
        purpose=reading.purpose,
        state=state,
        confirm_url=f"{url}/confirmation" if waits and not is_own and not is_over else "",
        file_url=f"{url}/file" if is_own and not waits and not is_over else "",
    )
