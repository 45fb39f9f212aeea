"""What was sent and what waits; send now; stay offline; how much of a day's link photos may take."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.domain.budget import CHOICES_MB
from app.domain.people import Person
from app.errors import AppError, InvalidInput
from app.store import central_words, journal, outgoing, sending
from app.store.node import OFFLINE, put_value, value_of, values_with_prefix
from app.store.outgoing import QUARANTINED
from app.store.vault import key_fingerprint
from app.sync import files
from app.sync.client import LAST_SENT
from app.sync.enrolment import DEVICE_NAME
from app.sync.link import CENTRAL_URL
from app.sync.loop import SyncLoop
from app.sync.replies import Outcome
from app.web import words
from app.web.amounts import in_groups
from app.web.deps import ReadSession, SignedIn, Visitor, WriteSession
from app.web.language import Speech
from app.web.render import page, part, speech_of
from app.web.scenes import scenes_of
from app.web.status import WHY_NOT_COUNTED, refusal, truths
from app.web.sync_contexts import NotCounted, SyncLive, SyncPage
from app.web.sync_pages import Dispatch, photo_budget, photo_titles, sync_row, upload_line, waiting_words

router = APIRouter()
log = logging.getLogger("baqylau.sync")
PATIENCE_S: Final = 4.0  # of a person who pressed «Send now», before the page comes back
MEETINGS: Final[set[asyncio.Task[Outcome | None]]] = set()


@router.get("/sync")
def sync_page(request: Request, session: ReadSession, person: Visitor) -> Response:
    keys = central_words.pinned(session)
    view = SyncPage(
        live=_live(request, session, person),
        device_name=value_of(session, DEVICE_NAME),
        centre=value_of(session, CENTRAL_URL),
        key_words=in_groups(key_fingerprint(keys[0])) if keys else "",
        keeps_originals=request.app.state.settings.keep_originals,
    )
    return page(request, "sync/page.html", view)


@router.get("/sync/status")
def sent_line(request: Request, person: SignedIn) -> Response:
    """The line that says what central has; the page asks for it now and then."""
    return part(request, "shared/_sent_line.html", request.state.status)


@router.get("/sync/progress")
def progress(request: Request, session: ReadSession, person: Visitor) -> Response:
    """The moving part of the sync page."""
    return part(request, "sync/_live.html", _live(request, session, person))


def _live(request: Request, session: Session, person: Person) -> SyncLive:
    speech, node = speech_of(request), session.info["node"]
    loop: SyncLoop = request.app.state.sync_loop
    dispatch = Dispatch(sending.files(session), loop.progress.upload(), loop.is_sending, node.clock.now_ms())
    scenes = scenes_of(session, request, person)
    sent_at = sending.sent_at(session, [scene.visit.scope for scene in scenes])
    titles = {key: title for scene in scenes for key, title in photo_titles(speech, scene.records.photos).items()}
    unsent, sent = outgoing.unsent_entries(session), value_of(session, LAST_SENT)
    failed = refusal(session, speech)
    return SyncLive(
        rows=tuple(sync_row(session, scene, dispatch, sent_at.get(scene.visit.scope)) for scene in scenes),
        waiting=waiting_words(speech, unsent, dispatch.files),
        upload=upload_line(speech, loop.progress, dispatch, titles),
        sent_at=speech.at(int(sent)) if sent else None,
        stays_offline=value_of(session, OFFLINE) == "on",
        is_sending=loop.is_sending,
        is_safe=not unsent and sending.is_all_safe(session),
        quiet=f"{failed.happened} {failed.to_do}" if failed and not failed.is_alarm else "",
        is_refused=bool(failed and failed.is_alarm),
        truths=tuple(truths(session, request)),
        not_counted=tuple(_not_counted(session, speech)),
        budget=photo_budget(speech, files.budget_of(session, node), dispatch.files),
    )


def _not_counted(session: Session, speech: Speech) -> Iterator[NotCounted]:
    """What central holds but does not count, with the reason: the words stay on this tablet too."""
    reasons = values_with_prefix(session, QUARANTINED)
    for entry in journal.entries_named(session, list(reasons)):
        sentence = WHY_NOT_COUNTED.get(reasons[entry.entry_id], WHY_NOT_COUNTED[""])
        kind = words.entry_kind(speech, entry.kind)
        yield NotCounted(kind, speech.at(entry.made_at_ms), speech.say(sentence))  # type: ignore[arg-type]


@router.post("/sync")
async def send_now(request: Request, person: SignedIn) -> Response:
    """Meets central at once, if sending is not switched off. What went wrong stands on the page.

    Photos over a slow link take minutes: the page comes back long before, and shows how it goes on.
    """
    loop: SyncLoop = request.app.state.sync_loop
    await meet_with_patience(loop)
    return RedirectResponse("/sync", 303)


async def meet_with_patience(loop: SyncLoop) -> None:
    """Meets central unless sending is switched off; comes back when that is done, or when a person has waited enough."""
    if loop.may_send():
        meeting = asyncio.create_task(loop.meet_now())
        MEETINGS.add(meeting)  # else nothing would hold it while it runs
        meeting.add_done_callback(_ended)
        await asyncio.wait({meeting}, timeout=PATIENCE_S)


def _ended(meeting: asyncio.Task[Outcome | None]) -> None:
    MEETINGS.discard(meeting)
    error = None if meeting.cancelled() else meeting.exception()
    if error and not isinstance(error, AppError):  # those are on the page
        log.error("sync broke off", exc_info=error)


@router.post("/sync/offline")
def stay_offline(
    request: Request, session: WriteSession, person: SignedIn, offline: Annotated[str, Form()] = "off"
) -> Response:
    """The switch: nothing is sent until it is off again."""
    put_value(session, OFFLINE, "on" if offline == "on" else "off")
    if offline != "on":
        request.app.state.sync_loop.wake()
    return RedirectResponse("/sync", 303)


@router.post("/sync/photos")
def limit_photos(request: Request, session: WriteSession, person: SignedIn, day_mb: Annotated[str, Form()]) -> Response:
    """How much photos may take of a day's link. Words always go."""
    if day_mb not in {str(size) for size in CHOICES_MB}:
        raise InvalidInput("Choose one of the limits of the list.", "day_mb")
    put_value(session, files.DAY_MB, day_mb)
    request.app.state.sync_loop.wake()
    return RedirectResponse("/sync#photos", 303)


@router.post("/sync/photos/pause")
def pause_photos(
    request: Request, session: WriteSession, person: SignedIn, paused: Annotated[str, Form()] = "off"
) -> Response:
    """Photos wait until the switch is off again. Words go on being sent."""
    put_value(session, files.PAUSED, "on" if paused == "on" else "off")
    if paused != "on":
        request.app.state.sync_loop.wake()
    return RedirectResponse("/sync#photos", 303)
