"""The second step of signing in at central: a code or a passkey; for who has neither yet and must, setting codes up.

These routes are open to all because nobody is signed in yet; each asks for the step that the passphrase opened.
"""

import base64
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session

from app.domain.audit import SECOND_STEP_FAILED
from app.errors import AppError
from app.errors_of_signing_in import StepOver, WrongCode, WrongPasskey
from app.services import passkeys, second_factors, sign_in_tries, signing_in
from app.services import sign_in_steps as steps
from app.services.sign_in_steps import SECOND, SETTING_UP, Step
from app.store import audit
from app.store.one_time_codes import address_of as address_of_codes
from app.store.passkeys import request_options
from app.web.deps import database_of, open_to_all
from app.web.passkey_places import place_of
from app.web.preferences import own_path
from app.web.qr import qr_path
from app.web.render import page, speech_of
from app.web.sign_in_contexts import RecoveryPage, SecondPage, SettingUpPage
from app.web.sign_in_cookies import address_of, arrival, may_have_passkeys, passed, signed_in, step_token, to

router = APIRouter()
Code = Annotated[str, Form(max_length=100)]
Answer = Annotated[str, Form(max_length=12_000)]


@router.get("/sign-in/second")
@open_to_all
def second_page(request: Request) -> Response:
    return _second(request)


@router.post("/sign-in/second")
@open_to_all
def second(request: Request, code: Code = "") -> Response:
    """A code of the phone, or a recovery code."""
    try:
        step = _begun(request, SECOND)
        name = f"second {step.person_id}"
        with database_of(request).write() as session:
            sign_in_tries.count_try(session, name, address_of(request))
        with database_of(request).write() as session:
            second_factors.check_code(session, step.person_id, code)
            sign_in_tries.forget_try(session, name, address_of(request))
            return _finished(request, session)
    except StepOver:
        return to("/sign-in")
    except AppError as error:
        if isinstance(error, WrongCode):
            _note_failure(request, step)
        return _second(request, error)


@router.post("/sign-in/second/passkey")
@open_to_all
def second_by_passkey(request: Request, answer: Answer = "") -> Response:
    """A passkey signed the challenge of this step. It is used up, whatever came of it."""
    try:
        step = _begun(request, SECOND)
        with database_of(request).write() as session:
            steps.keep(session, step_token(request), _with_new_challenge(session, step))
        with database_of(request).write() as session:
            passkeys.use(session, place_of(request), bytes.fromhex(step.kept["challenge"]), answer, step.person_id)
            return _finished(request, session)
    except StepOver:
        return to("/sign-in")
    except WrongPasskey as error:
        _note_failure(request, step)
        return _second(request, error)


@router.get("/sign-in/setting-up")
@open_to_all
def setting_up_page(request: Request) -> Response:
    return _setting_up(request)


@router.post("/sign-in/setting-up")
@open_to_all
def set_up(request: Request, code: Code = "") -> Response:
    """The first code of the phone: the second step is there, and this was it."""
    try:
        with database_of(request).write() as session:
            step = steps.take(session, step_token(request), SETTING_UP)
            codes = second_factors.confirm_codes(session, steps.person_in(session, step).person_id, code)
            opened = signing_in.finish(session, step.person_id, signing_in.arrival_of(step, arrival(request)))
    except StepOver:
        return to("/sign-in")
    except WrongCode as error:
        return _setting_up(request, error)
    view = RecoveryPage(tuple(codes), own_path(step.kept["next"]))
    return signed_in(request, page(request, "sign_in/recovery.html", view), opened.token)


def set_up_page(request: Request, secret: bytes, account: str, url: str, back_url: str, problem: str) -> Response:
    """The picture for the phone, and the field for its first code."""
    path, width = qr_path(address_of_codes(secret, account, "Baqylau"))
    text = base64.b32encode(secret).decode()
    groups = " ".join(text[at : at + 4] for at in range(0, len(text), 4))
    view = SettingUpPage(url, back_url, path, width, groups, problem)
    return page(request, "sign_in/setting_up.html", view, status=422 if problem else 200)


def _begun(request: Request, what: str) -> Step:
    """The step that this browser is in. Raises StepOver, also when the person was blocked meanwhile."""
    with database_of(request).read() as session:
        step = steps.step_of(session, step_token(request), what)
        steps.person_in(session, step)
        return step


def _with_new_challenge(session: Session, step: Step) -> Step:
    return Step(step.what, step.person_id, {**step.kept, "challenge": signing_in.new_challenge(session)})


def _finished(request: Request, session: Session) -> Response:
    step = steps.take(session, step_token(request), SECOND)
    opened = signing_in.finish(session, step.person_id, signing_in.arrival_of(step, arrival(request)))
    return passed(request, opened, step.kept["next"])


def _note_failure(request: Request, step: Step) -> None:
    with database_of(request).write() as session:
        told = {"address": address_of(request)}
        audit.note(session, audit.PROGRAM, SECOND_STEP_FAILED, step.person_id, told)


def _second(request: Request, error: AppError | None = None) -> Response:
    try:
        step = _begun(request, SECOND)
    except StepOver:
        return to("/sign-in")
    with database_of(request).read() as session:
        factors = second_factors.factors_of(session, step.person_id)
        known = passkeys.ids_of(session, step.person_id)
    options = ""
    if known and may_have_passkeys(request):
        options = request_options(place_of(request), bytes.fromhex(step.kept["challenge"]), known, must_verify=False)
    problem = speech_of(request).say(error.sentence, **error.params) if error else ""
    has_codes = factors.has_codes or factors.recovery_left > 0
    view = SecondPage(has_codes, options, problem)
    return page(request, "sign_in/second.html", view, status=error.status if error else 200)


def _setting_up(request: Request, error: AppError | None = None) -> Response:
    try:
        step = _begun(request, SETTING_UP)
        with database_of(request).read() as session:
            secret = second_factors.pending_secret(session, step.person_id)
            account = second_factors.account_of(session, step.person_id)
    except AppError:
        return to("/sign-in")
    problem = speech_of(request).say(error.sentence, **error.params) if error else ""
    return set_up_page(request, secret, account, "/sign-in/setting-up", "", problem)
