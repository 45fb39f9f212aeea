"""create_app(settings): the one factory for every role."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, Final
from urllib.parse import quote

from anyio import to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException

from app.clock import Clock, SystemClock
from app.config import Settings, is_ruled
from app.errors import AppError, InvalidInput, NotThere, SignInNeeded
from app.store.checklists import Shelf
from app.store.db import Database
from app.store.office_policy import proclaim
from app.sync.begun_enrolment import BegunEnrolment
from app.sync.loop import SyncLoop
from app.sync.wire import PREFIX
from app.web.bodies import BodyLimit, keep_uploads_in_memory
from app.web.contexts import ErrorPage
from app.web.deps import Needs
from app.web.locking import Leaving, Lock
from app.web.render import STATIC_DIR, is_part_wanted, page, part, speech_of
from app.web.security import Guard

log = logging.getLogger("baqylau")
WORKERS = 8
# FastAPI would hand spans, counts and exceptions to whatever OpenTelemetry finds in the environment.
TELL_NOBODY: Final[TelemetryConfig] = {
    "auto_configure": False,
    "logs": False,
    "metrics": False,
    "operation_spans": False,
    "tracing": False,
}
# Imported when the role is known: a tablet that starts does not wait for the pages of the office.
BOTH = (
    "health",
    "sign_in",
    "new_passphrases",
    "own_passphrase",
    "locking",
    "preferences",
    "visits",
    "sections",
    "answers",
    "cases",
    "photos",
    "reports",
    "guides",
    "interviews",
    "checklists",
    "booklets",
    "standards",
    "policy",
)
DEVICE_ONLY = (
    "sync",
    "hub",
    "bundles",
    "alerts",
    "enrolment",
    "passphrases",
    "recovery",
    "interview_drafts",
    "emptying",
)
CENTRAL_ONLY = (
    "reviews",
    "alert_reviews",
    "originals",
    "institutions",
    "people",
    "office_passphrases",
    "devices",
    "wipe_orders",
    "contacts",
    "brought_bundles",
    "audit",
    "sealed_interviews",
    "exports",
    "retention",
    "second_steps",
    "passkeys",
    "my_sign_in",
    "office_sign_in",
)


def create_app(
    settings: Settings,
    checklists: Shelf,
    database: Database | None = None,
    clock: Clock | None = None,
    transport: Any = None,
    is_shared: bool = False,
    leaving: Leaving | None = None,
) -> FastAPI:
    """The app of one node. A device starts without its database: signing in opens it. Central is given one.

    `transport` replaces the network in tests and in the simulator. `is_shared`: a device that serves other devices.
    `leaving`: how a device forgets its key when it locks; without one it closes the database.
    """
    closed: dict[str, Any] = {"docs_url": None, "redoc_url": None, "openapi_url": None}
    app = FastAPI(lifespan=_lifespan, telemetry=TELL_NOBODY, **closed)
    app.state.settings, app.state.checklists = settings, checklists
    app.state.database, app.state.clock = database, clock or SystemClock()
    app.state.touched, app.state.is_shared = {}, is_shared
    app.state.lock = Lock(app.state, leaving)
    _take_up_role(app.state, settings, transport)
    require_rights(routes_of(settings.role))
    for module in modules_of(settings.role):
        app.include_router(module.router)
    app.mount("/static", CachedStatic(directory=STATIC_DIR), name="static")
    _say_refusals(app)
    keep_uploads_in_memory()
    app.add_middleware(BodyLimit, photo_max_mb=settings.photo_max_mb)
    app.add_middleware(Guard, hosts=known_hosts(settings))
    return app


def _take_up_role(state: Any, settings: Settings, transport: Any) -> None:
    """What only a device has, and what only central knows."""
    state.own_settings = settings  # before the office's policy
    state.sync_loop = SyncLoop(state, transport) if settings.role == "device" else None
    state.bundle_plan = None  # of the sealed bundle that this device offers on a page
    if state.sync_loop:
        state.begun_enrolment = BegunEnrolment(settings, state.clock, state.sync_loop.connect)
    if state.database is not None:
        state.database.node.tls_pins = settings.pinned_keys
        if settings.role == "central":
            proclaim(state.database, settings, is_ruled(settings))


def _say_refusals(app: FastAPI) -> None:
    app.add_exception_handler(AppError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_form)
    app.add_exception_handler(HTTPException, _refuse_http)


def known_hosts(settings: Settings) -> frozenset[str]:
    """The names this node answers to: loopback, the address it listens on, and those of the settings."""
    more = {name.strip().lower() for name in settings.public_hosts.split(",") if name.strip()}
    return frozenset({"127.0.0.1", "localhost", "::1", settings.host.lower()} | more)


def modules_of(role: str) -> tuple[Any, ...]:
    """The router modules of a role."""
    pages = [f"app.web.{name}" for name in (*BOTH, *(DEVICE_ONLY if role == "device" else CENTRAL_ONLY))]
    machines = ["app.sync.hub_server"] if role == "device" else ["app.sync.server", "app.sync.blob_server"]
    return tuple(import_module(name) for name in (*pages, *machines))


def routes_of(role: str) -> list[APIRoute]:
    """Every route of a role."""
    return [route for module in modules_of(role) for route in module.router.routes if isinstance(route, APIRoute)]


def require_rights(routes: Iterable[APIRoute]) -> None:
    """Deny by default: a route that declares no right and is not marked open stops the start."""
    for route in routes:
        is_machine = route.path.startswith(PREFIX)  # devices show token and signature
        if not right_of(route) and not is_machine and not getattr(route.endpoint, "is_open_to_all", False):
            raise RuntimeError(f"{route.path} declares no right")


def right_of(route: APIRoute) -> str:
    """The right that a route declares in its signature; empty when it declares none."""
    return next((d.call.right for d in route.dependant.dependencies if isinstance(d.call, Needs)), "")


class CachedStatic(StaticFiles):
    """A file whose address carries the mark of its content may be kept; modules that scripts import are asked for anew."""

    async def get_response(self, path: str, scope: Any) -> Response:
        response = await super().get_response(path, scope)
        is_marked = b"v=" in scope.get("query_string", b"") or path.startswith("fonts/")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_marked else "no-cache"
        return response


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    loop: SyncLoop | None = app.state.sync_loop
    # Of 40 threads each keeps memory of its own; eight serve a team, and the others of a hub wait a moment.
    to_thread.current_default_thread_limiter().total_tokens = WORKERS
    watch = asyncio.create_task(app.state.lock.watch()) if app.state.settings.role == "device" else None
    if loop:
        app.state.begun_enrolment.start()
        loop.start()
    yield
    if loop:
        await loop.stop()
    if watch:
        watch.cancel()
    if app.state.database is not None:
        app.state.database.checkpoint()
        app.state.database.close()


def _refuse(request: Request, error: Exception) -> Response:
    """An expected "no": the sign-in page for a visitor, a sentence with its status for a tap, a page for a browser."""
    if not isinstance(error, AppError):
        raise error
    if isinstance(error, SignInNeeded) and request.method == "GET" and not is_part_wanted(request):
        return RedirectResponse(f"/sign-in?next={quote(_wanted(request))}", 303, {"Cache-Control": "no-store"})
    speech = speech_of(request)
    sentence = error.problem if isinstance(error, InvalidInput) else error.sentence
    happened, _, to_do = speech.say(sentence, **error.params).partition(". ")
    view = ErrorPage(happened.rstrip(".") + ".", to_do, "", "/")
    if is_part_wanted(request):
        return part(request, "error/_sentence.html", view, status=error.status)
    return page(request, "error/page.html", view, status=error.status)


def _wanted(request: Request) -> str:
    """The place that was asked for, with its query unless that is longer than the sign-in form takes."""
    whole = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return whole if len(whole) <= 300 else request.url.path


def _refuse_form(request: Request, error: Exception) -> Response:
    """A request that does not fit the form: never repeats what was sent."""
    log.info("form refused: %s %s", request.method, request.url.path)
    return _refuse(
        request, InvalidInput("The form is incomplete or too large. Open the page again. Nothing was changed.")
    )


def _refuse_http(request: Request, error: Exception) -> Response:
    if isinstance(error.__cause__, AppError):  # what stopped a body that was being read
        return _refuse(request, error.__cause__)
    status = getattr(error, "status_code", 500)
    if status == 404:
        return _refuse(request, NotThere())
    return Response(str(status), status)
