"""Locking: what held the key is ended. By button, by idle time, after the computer slept.

On a hub the others' browsers only end their own session, and idle time ends a session, not the node.
"""

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Any, Final, Protocol

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from app.config import Settings
from app.domain.audit import LOCKED, SIGNED_OUT
from app.services import people
from app.store import audit, emptying
from app.sync import orders
from app.web import session_cookie
from app.web.deps import open_to_all, signed_in_person

LOOK_EVERY_S: Final = 0.5
SLEPT_MS: Final = 30_000  # between two looks: the computer slept, and who woke it may be somebody else
LOOPBACK: Final = ("127.0.0.1", "::1")

router = APIRouter()


class Leaving(Protocol):
    """How the key is forgotten."""

    def announce(self) -> None:
        """Said before anything else is done; takes no time. On the thread of the event loop."""
        ...

    def forget(self) -> None:
        """From here on there is no key in this process, or no process."""
        ...


class Closing:
    """The most that one process alone can do: it closes the database. Copies of the key may stay in its memory."""

    def __init__(self, state: Any) -> None:
        self.state = state

    def announce(self) -> None:
        pass

    def forget(self) -> None:
        database, self.state.database = self.state.database, None
        if database is not None:
            database.close()
        folder = Path(self.state.settings.data_dir)
        if emptying.is_begun(folder):
            emptying.finish(folder)


class Lock:
    """Knows when this node has to lock, and does it. `state` is the app's."""

    def __init__(self, state: Any, leaving: Leaving | None) -> None:
        self.state, self.leaving = state, leaving or Closing(state)
        self.monotonic = time.monotonic
        self.was_here = self.looked = self._now()

    def here(self) -> None:
        """Somebody did something."""
        self.was_here = self._now()

    def due(self) -> str:
        """Why the node has to lock now; "" when it has not. Asked once a second."""
        asleep, self.looked = self._since(self.looked), self._now()
        settings: Settings = self.state.settings
        if self.state.database is None:
            return ""
        if asleep > SLEPT_MS:
            return "slept"
        is_idle = self._since(self.was_here) >= settings.lock_after_s * 1000
        return "idle" if is_idle and not self.state.is_shared else ""

    def announce(self) -> bool:
        """Begins to lock, before the last answer goes out. False on a node that is locked."""
        if self.state.database is not None:
            self.leaving.announce()
        return self.state.database is not None

    def finish(self, why: str, who: str = audit.PROGRAM) -> None:
        """Locks. What cannot be noted, on a full disk, hinders nothing."""
        try:
            with contextlib.suppress(Exception), self.state.database.write() as session:
                audit.note(session, who, LOCKED, told={"why": why})
        finally:
            self.leaving.forget()

    def destroy(self, why: str, who: str = "", order_id: str = "") -> None:
        """Destroys the keys of this tablet, and what they opened as soon as nothing holds it: see `store.emptying`.

        `who` pressed the button; `order_id` is the office's.
        """
        orders.destroy_keys(self.folder, self.state.database, why, who, order_id)

    def empty(self, why: str, order_id: str = "") -> None:
        """The same, and what held the key ends at once."""
        self.destroy(why, order_id=order_id)
        self.leaving.announce()
        self.leaving.forget()

    async def watch(self) -> None:
        """Looks until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            why = self.due()
            if not self.is_over() and why and self.announce():
                self.finish(why)

    def is_over(self) -> bool:
        """True when another process destroyed the keys, by the command: then this one goes too."""
        is_over = emptying.is_begun(self.folder)
        if is_over:
            self.leaving.announce()
            self.leaving.forget()
        return is_over

    @property
    def folder(self) -> Path:
        return Path(self.state.settings.data_dir)

    def _now(self) -> tuple[int, int]:
        return self.state.clock.now_ms(), int(self.monotonic() * 1000)

    def _since(self, moment: tuple[int, int]) -> int:
        """By the clock of the day, which goes on in sleep, or by the one that nobody can set back: what is more."""
        return max(now - then for now, then in zip(self._now(), moment, strict=True))


@router.get("/lock")
@open_to_all
def look(request: Request, here: str = "") -> Response:
    """Asked by every page now and then: 401 when it has to go. `here`: somebody touched it since the last time."""
    return Response(status_code=204 if signed_in_person(request) else 401, headers={"Cache-Control": "no-store"})


@router.post("/lock")
@open_to_all
async def lock(request: Request) -> Response:
    """Hides and locks: the neutral page, and behind it no key any more. Async: it must not wait for a free thread."""
    return await locked(request, "/hidden")


async def locked(request: Request, place: str) -> RedirectResponse:
    """Ends this browser's session and, where the tablet is the browser's own, the process that holds the key."""
    state = request.app.state
    # Before the session's end is written: a full disk or a long write must not stand between the button and the lock.
    is_locking = _is_own(request) and state.lock.announce()
    who = ""
    with contextlib.suppress(Exception) if is_locking else contextlib.nullcontext():
        # The key goes at once; where it stays, at the office, nobody else waits for this write.
        who = _end_session(request) if is_locking else await run_in_threadpool(_end_session, request)
    task = BackgroundTask(_finish, state.lock, who or audit.PROGRAM) if is_locking else None
    response = RedirectResponse(place, 303, {"Cache-Control": "no-store", "Connection": "close"}, background=task)
    session_cookie.take_back(request, response)
    return response


def _end_session(request: Request) -> str:
    """Who was signed in with this browser; "" for nobody. Unlocking ends the sessions from before a lock in any case."""
    if request.app.state.database is None:
        return ""
    with request.app.state.database.write() as session:
        who = people.end_session(session, session_cookie.token_in(request))
        if who:
            audit.note(session, who, SIGNED_OUT)
    return who


async def _finish(lock: Lock, who: str) -> None:
    lock.finish("button", who)


def _is_own(request: Request) -> bool:
    """True for the browser on the device itself; on a hub the others are guests."""
    is_here = request.client is not None and request.client.host in LOOPBACK
    return request.app.state.settings.role == "device" and (is_here or not request.app.state.is_shared)
