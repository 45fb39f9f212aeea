"""A tablet in danger: all that is on it is destroyed at once, after two steps. Its addresses are neutral."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session
from starlette.background import BackgroundTask

from app.domain.wiping import PERSON
from app.errors import NotThere
from app.store import attachments, interviews, outgoing
from app.web.amounts import count_words
from app.web.deps import EMPTYING_URL, ReadSession, SignedIn
from app.web.language import Speech
from app.web.locking import Lock
from app.web.render import page, speech_of

router = APIRouter()


@dataclass(frozen=True)
class EmptyingPage:
    """`tablet/page.html`, and `tablet/last_step.html`, which posts to `url`."""

    url: str
    lost: str  # "12 entries, 3 photos": not at the office; "" when all is
    talks: int  # drafts of talks, which are on this tablet alone


@router.get(EMPTYING_URL)
def emptying_page(request: Request, session: ReadSession, person: SignedIn) -> Response:
    """What it means, and what would be lost."""
    return page(request, "tablet/page.html", _view(request, session))


@router.get(f"{EMPTYING_URL}/last-step")
def last_step(request: Request, session: ReadSession, person: SignedIn) -> Response:
    return page(request, "tablet/last_step.html", _view(request, session))


@router.post(EMPTYING_URL)
async def empty(request: Request, person: SignedIn, sure: Annotated[str, Form(max_length=3)] = "") -> Response:
    """Destroys the keys before anything else is done, then ends what held them, as locking does.

    `sure`: "yes" from the last step; whatever else asks is shown that step.
    """
    _require_allowed(request)
    if sure != "yes":
        return RedirectResponse(f"{EMPTYING_URL}/last-step", 303)
    lock: Lock = request.app.state.lock
    lock.destroy(PERSON, person.person_id)
    lock.leaving.announce()
    # The browser too forgets what it can: taps that wait in its storage, what it cached, the session.
    headers = {"Cache-Control": "no-store", "Connection": "close", "Clear-Site-Data": '"cache", "cookies", "storage"'}
    return RedirectResponse("/hidden", 303, headers, background=BackgroundTask(_leave, lock))


async def _leave(lock: Lock) -> None:
    lock.leaving.forget()


def _require_allowed(request: Request) -> None:
    """Raises NotThere where the policy forbids it, and for guests of a hub: they cannot destroy it."""
    if not request.state.emptying_url:
        raise NotThere()


def _view(request: Request, session: Session) -> EmptyingPage:
    _require_allowed(request)
    return EmptyingPage(EMPTYING_URL, _lost(session, speech_of(request)), interviews.count_drafts(session))


def _lost(session: Session, speech: Speech) -> str:
    waiting = [attachments.type_of(session, sha256) for sha256, _ in attachments.unsent(session)]
    photos, originals = waiting.count(attachments.PHOTO_TYPE), waiting.count(attachments.ORIGINAL_TYPE)
    return count_words(speech, outgoing.unsent_entries(session), photos, originals=originals)
