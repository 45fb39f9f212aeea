"""Signing in at central with a passkey alone: the key itself asks for finger, face or PIN, so it is both steps at once."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from app.domain.audit import SIGN_IN_FAILED
from app.errors import AppError, TooManyTries
from app.errors_of_signing_in import StepOver, WrongPasskey
from app.services import passkeys, sign_in_tries, signing_in
from app.services import sign_in_steps as steps
from app.store import audit
from app.store.passkeys import request_options
from app.web.deps import database_of, open_to_all
from app.web.passkey_places import place_of
from app.web.preferences import own_path
from app.web.render import page, speech_of
from app.web.sign_in_contexts import PasskeyPage
from app.web.sign_in_cookies import address_of, arrival, keep_step, passed, step_token, to

router = APIRouter()


@router.post("/sign-in/passkey/begin")
@open_to_all
def begin(request: Request, next: Annotated[str, Form(max_length=300)] = "/") -> Response:
    """A challenge for whoever has a passkey."""
    return _begun(request, own_path(next))


def _begun(request: Request, next_path: str) -> Response:
    with database_of(request).write() as session:
        kept = {"challenge": signing_in.new_challenge(session), "next": next_path}
        token = steps.begin(session, steps.PASSKEY, **kept)
    response = to("/sign-in/passkey")
    keep_step(request, response, token)
    return response


@router.get("/sign-in/passkey")
@open_to_all
def passkey_page(request: Request) -> Response:
    try:
        return _page(request)
    except StepOver:
        return to("/sign-in")


@router.post("/sign-in/passkey")
@open_to_all
def sign_in(request: Request, answer: Annotated[str, Form(max_length=12_000)] = "") -> Response:
    """Whose passkey signed the challenge. It is used up, whatever came of it."""
    try:
        with database_of(request).write() as session:
            step = steps.take(session, step_token(request), steps.PASSKEY)
            sign_in_tries.count_from(session, address_of(request))
        with database_of(request).write() as session:
            person = passkeys.use(session, place_of(request), bytes.fromhex(step.kept["challenge"]), answer)
            sign_in_tries.forget_from(session, address_of(request))
            opened = signing_in.finish(session, person.person_id, arrival(request))
    except StepOver:
        return to("/sign-in")
    except TooManyTries as error:
        return _page(request, error)
    except WrongPasskey as error:
        with database_of(request).write() as session:
            audit.note(session, audit.PROGRAM, SIGN_IN_FAILED, told={"address": address_of(request)})
            steps.keep(session, step_token(request), _anew(step, signing_in.new_challenge(session)))
        return _page(request, error)
    return passed(request, opened, step.kept["next"])


def _anew(step: steps.Step, challenge: str) -> steps.Step:
    return steps.Step(step.what, "", {**step.kept, "challenge": challenge})


def _page(request: Request, error: AppError | None = None) -> Response:
    with database_of(request).read() as session:
        step = steps.step_of(session, step_token(request), steps.PASSKEY)
    options = request_options(place_of(request), bytes.fromhex(step.kept["challenge"]), (), must_verify=True)
    problem = speech_of(request).say(error.sentence, **error.params) if error else ""
    return page(request, "sign_in/passkey.html", PasskeyPage(options, problem), status=error.status if error else 200)
