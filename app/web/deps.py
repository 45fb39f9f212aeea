"""What routes ask for: a session to read or to write, and the person, with the right that the route declares."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlmodel import Session

from app.config import Settings
from app.domain.people import RIGHTS, Person
from app.errors import DiskFull, NotAllowed, NotThere, SignInNeeded
from app.services import people
from app.store.db import Database
from app.store.slots import has_slots
from app.web import session_cookie
from app.web.red_button import red_button
from app.web.render import is_part_wanted
from app.web.status import status_of

TOUCH_EVERY_MS = 60_000
EMPTYING_URL = "/tablet"  # neutral: a browser's history tells nothing
HERE = ("127.0.0.1", "::1", "localhost")
# Asked by the page itself: must not keep a forgotten tablet open.
POLLED = ("/sync/status", "/sync/progress", "/calls/states", "/lock")


def database_of(request: Request) -> Database:
    """The open database. On a locked device there is none: raises SignInNeeded."""
    database: Database | None = request.app.state.database
    if database is None:
        raise SignInNeeded()
    return database


def signed_in_person(request: Request) -> Person | None:
    """Who is signed in, or None. Also puts the person and the sending status into the frame of the page."""
    database: Database | None = request.app.state.database
    if database is None:
        return None
    settings: Settings = request.app.state.settings
    limits = limits_of(request)
    token = session_cookie.token_in(request)
    with database.read() as session:
        found = people.signed_in(session, token, limits)
        if found is None:
            return None
        person = request.state.person = found.person
        request.state.signed_in_at_ms = found.made_at_ms
        if settings.role == "device" and not _saves_a_part(request):
            request.state.status = status_of(session, request)
            request.state.red_button = red_button(session, request, person)
        request.state.emptying_url = EMPTYING_URL if settings.wipe_now and is_here(request) else ""
    _touch(request, database, token)
    return person


def _saves_a_part(request: Request) -> bool:
    """True for a tap: what waits to be sent is counted after it was saved, not before."""
    return request.method == "POST" and is_part_wanted(request)


def limits_of(request: Request) -> people.Limits:
    """How long sessions live on this node."""
    settings: Settings = request.app.state.settings
    return people.Limits(_idle_ms(request), settings.session_max_h * 3_600_000)


def _idle_ms(request: Request) -> int:
    """How long a session lives untouched. Nobody locks a hub for its guests: their sessions end as a tablet locks."""
    settings: Settings = request.app.state.settings
    return settings.lock_after_s * 1000 if request.app.state.is_shared else settings.session_idle_min * 60_000


def _touch(request: Request, database: Database, token: str) -> None:
    if request.url.path.endswith(POLLED) and "here" not in request.query_params:
        return
    request.app.state.lock.here()
    now = database.node.clock.now_ms()
    touched: dict[str, int] = request.app.state.touched
    if now - touched.get(token, 0) > min(TOUCH_EVERY_MS, _idle_ms(request) // 4):
        # A full disk: the page is shown all the same, or nobody could send, remove or destroy what fills it.
        with contextlib.suppress(DiskFull), database.write() as session:
            people.touch_session(session, token, now)
        touched[token] = now


# One look per request; a write session waits for it, so that noting the person never waits for its own request's lock.
Present = Annotated[Person | None, Depends(signed_in_person)]


def _read(request: Request) -> Iterator[Session]:
    with database_of(request).read() as session:
        yield session


def _write(request: Request, _present: Present) -> Iterator[Session]:
    with database_of(request).write() as session:
        yield session


ReadSession = Annotated[Session, Depends(_read)]
# scope="function": the commit happens before the reply is sent, so a commit that fails is never shown as "saved".
WriteSession = Annotated[Session, Depends(_write, scope="function")]


def is_here(request: Request) -> bool:
    """True when a browser of this very computer asks, under its loopback name: not over the network of a hub."""
    asks = request.client.host if request.client else ""
    return asks in HERE and request.url.hostname in HERE


def only_here(request: Request) -> None:
    """Raises NotThere for other machines."""
    if not is_here(request):
        raise NotThere()


Here = Depends(only_here)


def is_to_be_linked(request: Request) -> bool:
    """True on a device where nobody has a passphrase yet, for who sits at it: the one time that it is open to all."""
    settings: Settings = request.app.state.settings
    return settings.role == "device" and is_here(request) and not has_slots(Path(settings.data_dir))


class Needs:
    """The right a route declares. A route without one does not start (see `main.require_rights`)."""

    def __init__(self, right: str) -> None:
        if right not in RIGHTS:
            raise KeyError(right)
        self.right = right

    async def __call__(self, person: Present) -> Person:  # async, for a plain function would be sent to a thread
        if person is None:
            raise SignInNeeded()
        if not person.may(self.right):
            raise NotAllowed()
        return person


def needs(right: str) -> Any:
    """For signatures: `person: Annotated[Person, needs("visit")]`."""
    return Depends(Needs(right))


def open_to_all(route: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a route that needs no sign-in. There are few, and a test lists them."""
    route.is_open_to_all = True  # type: ignore[attr-defined]
    return route


SignedIn = Annotated[Person, needs("signed_in")]
Visitor = Annotated[Person, needs("visit")]
Planner = Annotated[Person, needs("plan_visit")]
Reviewer = Annotated[Person, needs("review")]
