"""What a browser carries of a sign-in: the token of a session, or of the step before it. And where the browser is."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.config import Settings
from app.services import people, sign_in_steps
from app.services.signing_in import Arrival, Passed
from app.web import session_cookie
from app.web.preferences import own_path

PAGE_OF: Final = {sign_in_steps.SECOND: "/sign-in/second", sign_in_steps.SETTING_UP: "/sign-in/setting-up"}
OWN_PAGE: Final = "/my-sign-in"


def to(path: str) -> RedirectResponse:
    return RedirectResponse(path, 303, {"Cache-Control": "no-store"})


def address_of(request: Request) -> str:
    """From where the browser asks."""
    return request.client.host if request.client else ""


def arrival(request: Request, failed_before: int = 0, next_path: str = "/") -> Arrival:
    """How this browser came, and with which session, that a new one takes the place of."""
    return Arrival(address_of(request), failed_before, next_path, session_cookie.token_in(request))


def passed(request: Request, opened: Passed, next_path: str) -> Response:
    """On to the page that was wanted, or to the next step."""
    if opened.next_step:
        response = to(PAGE_OF[opened.next_step])
        keep_step(request, response, opened.token)
        return response
    return signed_in(request, to(OWN_PAGE if opened.has_news else own_path(next_path)), opened.token)


def signed_in(request: Request, response: Response, token: str) -> Response:
    """The response with the cookie of a session, and without that of a step."""
    session_cookie.hand_over(request, response, token)
    if step_token(request):
        response.delete_cookie(_step_name(request), path="/")
    return response


def keep_step(request: Request, response: Response, token: str) -> None:
    is_tls = session_cookie.came_over_tls(request)
    response.set_cookie(_step_name(request), token, httponly=True, samesite="strict", path="/", secure=is_tls)


def step_token(request: Request) -> str:
    return request.cookies.get(_step_name(request), "")


def session_token(request: Request) -> str:
    return session_cookie.token_in(request)


def renewed(request: Request, session: Session, response: Response, person_id: str) -> Response:
    """After a change of how a person signs in: a fresh session here, and no other one anywhere."""
    people.end_sessions_of(session, person_id)
    return signed_in(request, response, people.start_session(session, person_id, address_of(request)))


def origin_of(request: Request) -> str:
    """The office's address as browsers see it: by the setting, else as this browser asked."""
    settings: Settings = request.app.state.settings
    given = urlsplit(settings.public_url)
    return f"{given.scheme}://{given.netloc}" if given.netloc else f"{request.url.scheme}://{request.url.netloc}"


def may_have_passkeys(request: Request) -> bool:
    """Passkeys belong to a name: browsers make none for the number of an address."""
    try:
        ipaddress.ip_address(urlsplit(origin_of(request)).hostname or "0.0.0.0")  # noqa: S104 - no address to listen on
    except ValueError:
        return True
    return False


def _step_name(request: Request) -> str:
    return f"{request.app.state.settings.cookie_name}_step"
