"""The team's hub: what a tablet needs to join this one, joining another, and how its certificate is installed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from sqlmodel import Session

from app.config import Settings
from app.errors import AppError, InvalidInput
from app.store import authority
from app.store.node import value_of
from app.sync import hub_joining
from app.sync.hub import HUB_MET, HUB_NAME, HUB_URL, forget_hub
from app.sync.link import Transport
from app.web.amounts import in_groups
from app.web.contexts import Problem
from app.web.deps import ReadSession, SignedIn, WriteSession
from app.web.language import LANGUAGES
from app.web.qr import qr_path
from app.web.render import alone_in, page, speech_of
from app.web.security import CAMERA_HEADERS

router = APIRouter()


@dataclass(frozen=True)
class InstallGuide:
    """`hub/_install.html`: in one language."""

    language: str
    sha256: str
    fingerprint: str


@dataclass(frozen=True)
class InstallPage:
    """`hub/install.html`: the guide in all languages."""

    parts: tuple[Markup, ...]


@dataclass(frozen=True)
class HubShown:
    """What other tablets need to join this one. `fingerprint`, in groups, and `guide`: empty for plain HTTP."""

    address: str
    fingerprint: str
    guide: str  # where a plain browser gets the certificate
    qr_svg: str
    qr_width: int


@dataclass(frozen=True)
class HubPage:
    """`hub/page.html`."""

    shown: HubShown | None  # this tablet is a hub
    joined: str  # address of the hub that this tablet meets
    met_at: datetime | None
    name: str
    url: str  # as typed
    fingerprint: str
    problems: tuple[Problem, ...]


@router.get("/hub")
def hub_page(request: Request, session: ReadSession, person: SignedIn) -> Response:
    return _page(request, _view(request, session))


@router.post("/hub")
def join(
    request: Request,
    person: SignedIn,
    url: Annotated[str, Form(max_length=200)] = "",
    fingerprint: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Joins a hub; it is met as soon as the centre cannot be reached."""
    database = request.app.state.database
    try:
        hub_joining.join(database, url, fingerprint, _connect_from(request))
    except AppError as error:
        sentence = error.problem if isinstance(error, InvalidInput) else error.sentence
        field = error.field if isinstance(error, InvalidInput) else "url"
        problem = Problem(field, speech_of(request).say(sentence, **error.params))
        with database.read() as session:
            view = _view(request, session, url, fingerprint, (problem,))
        return _page(request, view, 422)
    request.app.state.sync_loop.wake()
    return RedirectResponse("/hub", 303)


@router.post("/hub/end")
def leave(session: WriteSession, person: SignedIn) -> Response:
    """Meets no hub any more."""
    forget_hub(session)
    return RedirectResponse("/hub", 303)


def _page(request: Request, view: HubPage, status: int = 200) -> Response:
    """It may ask for the camera: a hub shows what is typed here as a QR picture."""
    response = page(request, "hub/page.html", view, status=status)
    response.headers.update(CAMERA_HEADERS)
    return response


def install_page(sha256: str, fingerprint: str) -> str:
    """How to install a hub's certificate, in all three languages on one page."""
    guides = [InstallGuide(language, sha256, in_groups(fingerprint)) for language in LANGUAGES]
    parts = tuple(Markup(alone_in(one.language, "hub/_install.html", one)) for one in guides)  # noqa: S704
    return alone_in(LANGUAGES[0], "hub/install.html", InstallPage(parts))


def _connect_from(request: Request) -> Callable[[str], Transport]:
    def connect(address: str) -> Transport:
        from app.sync.transport import HttpTransport  # an HTTP client: not before there is somebody to speak with

        return HttpTransport(address, request.app.state.settings.sync_timeout_s)

    return connect


def _view(
    request: Request, session: Session, url: str = "", fingerprint: str = "", problems: tuple[Problem, ...] = ()
) -> HubPage:
    met = value_of(session, HUB_MET)
    return HubPage(
        shown=_shown(request) if request.app.state.is_shared else None,
        joined=value_of(session, HUB_URL),
        met_at=speech_of(request).at(int(met)) if met else None,
        name=value_of(session, HUB_NAME),
        url=url,
        fingerprint=fingerprint,
        problems=problems,
    )


def _shown(request: Request) -> HubShown:
    settings: Settings = request.app.state.settings
    folder = Path(settings.data_dir)
    is_safe = authority.is_made(folder)
    address = f"{'https' if is_safe else 'http'}://{_address(request, settings)}:{settings.port}"
    fingerprint = authority.fingerprint((folder / authority.CA_NAME).read_bytes()) if is_safe else ""
    svg, width = qr_path(f"baqylau-hub:{address}#{fingerprint}")
    guide = hub_joining.guide_url(address) if is_safe else ""
    return HubShown(address, in_groups(fingerprint), guide, svg, width)


def _address(request: Request, settings: Settings) -> str:
    """How others reach this computer: not by its loopback, from which its own browser may ask."""
    others = [name.strip() for name in settings.public_hosts.split(",") if name.strip()]
    here = request.url.hostname or ""
    return here if here in others or not others else others[0]
