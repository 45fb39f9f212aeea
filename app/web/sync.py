"""What was sent and what waits; send now; stay offline."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.errors import AppError
from app.store import attachments, journal, outgoing
from app.store.node import OFFLINE, put_value, value_of, values_with_prefix
from app.sync.client import LAST_SENT
from app.sync.enrolment import DEVICE_NAME
from app.sync.link import CENTRAL_URL
from app.sync.loop import SyncLoop
from app.sync.replies import QUARANTINED
from app.sync.reports import LAST_PROBLEM
from app.web import words
from app.web.contexts import NotCounted, SyncPage, SyncRow
from app.web.deps import ReadSession, SignedIn, Visitor, WriteSession
from app.web.language import Speech
from app.web.render import page, part, speech_of
from app.web.scenes import scenes_of
from app.web.status import TO_DO, WHY_NOT_COUNTED, problem_words
from app.web.visit_pages import Scene, institution_name

router = APIRouter()


@router.get("/sync")
def sync_page(request: Request, session: ReadSession, person: Visitor) -> Response:
    speech = speech_of(request)
    rows = tuple(_row(session, scene) for scene in scenes_of(session, request, person))
    sent, problem = value_of(session, LAST_SENT), value_of(session, LAST_PROBLEM)
    view = SyncPage(
        rows=rows,
        unsent=outgoing.unsent_entries(session),
        photos_unsent=sum(row.photos - row.photos_sent for row in rows),
        sent_at=speech.at(int(sent)) if sent else None,
        stays_offline=value_of(session, OFFLINE) == "on",
        is_sending=request.app.state.sync_loop.is_sending,
        problem=problem_words(request, problem),
        to_do=speech.say(TO_DO[problem]) if problem in TO_DO else "",
        device_name=value_of(session, DEVICE_NAME),
        centre=value_of(session, CENTRAL_URL),
        not_counted=tuple(_not_counted(session, speech)),
    )
    return page(request, "sync/page.html", view)


@router.get("/sync/status")
def sent_line(request: Request, person: SignedIn) -> Response:
    """The line that says what central has; the page asks for it now and then."""
    return part(request, "shared/_sent_line.html", request.state.status)


def _not_counted(session: Session, speech: Speech) -> Iterator[NotCounted]:
    """What central holds but does not count, with the reason: the words stay on this tablet too."""
    reasons = values_with_prefix(session, QUARANTINED)
    for entry in journal.entries_named(session, list(reasons)):
        sentence = WHY_NOT_COUNTED.get(reasons[entry.entry_id], WHY_NOT_COUNTED[""])
        kind = words.entry_kind(speech, entry.kind)
        yield NotCounted(kind, speech.at(entry.made_at_ms), speech.say(sentence))  # type: ignore[arg-type]


def _row(session: Session, scene: Scene) -> SyncRow:
    unsent, total = outgoing.unsent_in(session, scene.visit.scope)
    photos_sent, photos = attachments.photo_counts(session, scene.visit.scope)
    title = institution_name(scene.institution, scene.speech.language)
    day = scene.visit.visited_on
    is_safe = outgoing.is_safe(session, scene.visit.scope)
    return SyncRow(title, scene.url, day, total, total - unsent, photos, photos_sent, is_safe)  # type: ignore[arg-type]


@router.post("/sync")
async def send_now(request: Request, person: SignedIn) -> Response:
    """Meets central at once, if sending is not switched off. What went wrong stands on the page."""
    loop: SyncLoop = request.app.state.sync_loop
    if loop.may_send():
        try:
            await loop.meet_now()
        except AppError:
            return RedirectResponse("/sync", 303)
    return RedirectResponse("/sync", 303)


@router.post("/sync/offline")
def stay_offline(
    request: Request, session: WriteSession, person: SignedIn, offline: Annotated[str, Form()] = "off"
) -> Response:
    """The switch: nothing is sent until it is off again."""
    put_value(session, OFFLINE, "on" if offline == "on" else "off")
    if offline != "on":
        request.app.state.sync_loop.wake()
    return RedirectResponse("/sync", 303)
