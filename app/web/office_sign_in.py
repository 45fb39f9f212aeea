"""Signing in at central with the office's own sign-in (OpenID Connect). Who its subject is, an administrator has said.

What was asked stands in a cookie of this browser alone, of minutes: nothing is written before somebody is known. It is
`lax`, for the browser comes back from another site; the session's own cookie stays `strict`, hence the page in between.
"""

import hmac
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Query, Request, Response

from app.config import Settings
from app.domain.audit import SIGN_IN_FAILED
from app.errors import AppError, NotThere, TooManyTries
from app.errors_of_signing_in import NotFromOffice, NotLinked
from app.services import office_sign_in, sign_in_tries, signing_in
from app.store import audit
from app.store.vault import new_token
from app.web.deps import database_of, open_to_all
from app.web.office_issuer import Asked, OfficeIssuer
from app.web.preferences import own_path
from app.web.render import page, speech_of
from app.web.session_cookie import came_over_tls
from app.web.sign_in import sign_in_form
from app.web.sign_in_contexts import GoingOnPage
from app.web.sign_in_cookies import OWN_PAGE, PAGE_OF, address_of, arrival, keep_step, origin_of, signed_in, to

router = APIRouter()
BACK = "/sign-in/office/back"
MINUTES_S = 600
Told = Annotated[str, Query(max_length=4000)]


@router.get("/sign-in/office")
@open_to_all
def start(request: Request, next: Annotated[str, Query(max_length=300)] = "/") -> Response:
    """To the office's own sign-in."""
    issuer = _issuer(request)
    asked = Asked(new_token(), new_token(), new_token() + new_token(), origin_of(request) + BACK)
    try:
        response = to(issuer.address_for(asked))
    except NotFromOffice as error:
        return _refused(request, error)
    kept = urlencode(vars(asked) | {"next": own_path(next)})
    is_tls = came_over_tls(request)
    name = _cookie_name(request)
    response.set_cookie(name, kept, MINUTES_S, httponly=True, samesite="lax", path=BACK, secure=is_tls)
    return response


@router.get(BACK)
@open_to_all
def back(request: Request, code: Told = "", state: Told = "", iss: Told = "") -> Response:
    """From there, with a code for this browser. A GET that signs in: the protocol has it so, and `state` guards it."""
    issuer, settings = _issuer(request), _settings(request)
    kept = dict(parse_qsl(request.cookies.get(_cookie_name(request), "")))
    next_path = own_path(kept.pop("next", "/"))
    try:
        with database_of(request).write() as session:
            sign_in_tries.count_from(session, address_of(request))
        asked = Asked(**kept) if set(kept) == {"state", "nonce", "verifier", "back"} else None
        is_asked = asked is not None and hmac.compare_digest(asked.state.encode(), state.encode())
        if asked is None or not is_asked or not code or (iss and iss != settings.oidc_issuer):
            raise NotFromOffice()
        subject = issuer.subject_of(asked, code, request.app.state.clock.now_ms())  # no transaction is open
        response = _go_on(request, office_sign_in.mark_of(settings.oidc_issuer, subject), next_path)
    except (NotFromOffice, NotLinked) as error:
        with database_of(request).write() as session:
            audit.note(session, audit.PROGRAM, SIGN_IN_FAILED, told={"address": address_of(request)})
        response = _refused(request, error)
    except TooManyTries as error:
        return _refused(request, error)  # nothing was asked of the issuer or used up
    response.delete_cookie(_cookie_name(request), path=BACK)
    return response


def _go_on(request: Request, mark: str, next_path: str) -> Response:
    required = _settings(request).second_step_required
    with database_of(request).write() as session:
        person = office_sign_in.person_behind(session, mark)
        sign_in_tries.forget_from(session, address_of(request))
        opened = signing_in.go_on(session, person, arrival(request, next_path=next_path), required)
    place = PAGE_OF[opened.next_step] if opened.next_step else OWN_PAGE if opened.has_news else next_path
    response = page(request, "sign_in/going_on.html", GoingOnPage(place))
    if not opened.next_step:
        return signed_in(request, response, opened.token)
    keep_step(request, response, opened.token)
    return response


def _refused(request: Request, error: AppError) -> Response:
    return sign_in_form(request, "", "/", speech_of(request).say(error.sentence, **error.params), error.status)


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _issuer(request: Request) -> OfficeIssuer:
    """The one issuer of this process. Raises NotThere where the office has none."""
    state = request.app.state
    if not _settings(request).oidc_issuer:
        raise NotThere()
    if getattr(state, "office_issuer", None) is None:
        state.office_issuer = OfficeIssuer(_settings(request))
    issuer: OfficeIssuer = state.office_issuer
    return issuer


def _cookie_name(request: Request) -> str:
    return f"{_settings(request).cookie_name}_office"
