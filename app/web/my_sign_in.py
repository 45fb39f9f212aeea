"""Central: how the person who is signed in signs in. Changes are taken only soon after signing in: an open browser that
somebody else sits down at must not become their lasting key."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session

from app.config import Settings
from app.domain import audit as acts
from app.domain.people import Person
from app.errors import N_, AppError, InvalidInput
from app.errors_of_signing_in import SignInTooOld, StepOver, WrongCode, WrongPasskey
from app.services import passkeys, people, second_factors, signing_in
from app.services import sign_in_steps as steps
from app.services.sign_in_steps import NEW_PASSKEY, Step
from app.store import audit, reads
from app.store.passkeys import creation_options
from app.store.vault import hash_token
from app.web.deps import ReadSession, SignedIn, WriteSession, limits_of
from app.web.language import Speech
from app.web.passkey_places import place_of
from app.web.render import page, speech_of
from app.web.second_steps import set_up_page
from app.web.sign_in_contexts import MinePage, NewPasskeyPage, PasskeyLine, RecoveryPage, SessionRow
from app.web.sign_in_cookies import OWN_PAGE, may_have_passkeys, renewed, session_token, to

router = APIRouter()
FRESH_MS: Final = 10 * 60_000
NOTICE: Final = {
    acts.SECOND_STEP_REMOVED: N_("%(name)s removed the second step of your sign-in, %(when)s."),
    acts.SIGN_IN_SET: N_("%(name)s changed your sign-in name or passphrase, %(when)s."),
    acts.OFFICE_SIGN_IN_SET: N_("%(name)s changed which office account signs in as you, %(when)s."),
}


@router.get(OWN_PAGE)
def mine(request: Request, session: ReadSession, person: SignedIn) -> Response:
    return _mine(request, session, person)


@router.post(f"{OWN_PAGE}/read")
def notices_read(session: WriteSession, person: SignedIn) -> Response:
    """The person knows what others did with their sign-in."""
    second_factors.notices_read(session, person.person_id)
    return to("/")


@router.post(f"{OWN_PAGE}/other-sessions")
def end_others(request: Request, session: WriteSession, person: SignedIn) -> Response:
    """Signs the person out everywhere else."""
    ended = people.end_sessions_of(session, person.person_id, but=session_token(request))
    audit.note(session, person.person_id, acts.SESSIONS_ENDED, person.person_id, {"count": ended})
    return to(OWN_PAGE)


@router.post(f"{OWN_PAGE}/codes")
def begin_codes(request: Request, session: WriteSession, person: SignedIn) -> Response:
    """A secret for a phone, also for a new phone in the place of an old one."""
    _require_fresh(request, session)
    second_factors.begin_codes(session, person.person_id)
    return to(f"{OWN_PAGE}/codes")


@router.get(f"{OWN_PAGE}/codes")
def codes_page(request: Request, session: ReadSession, person: SignedIn) -> Response:
    return _codes(request, session, person)


@router.post(f"{OWN_PAGE}/codes/first")
def first_code(
    request: Request, session: WriteSession, person: SignedIn, code: Annotated[str, Form(max_length=100)] = ""
) -> Response:
    """The phone shows the right code: from now on it is asked for. The recovery codes are shown here, once."""
    _require_fresh(request, session)
    try:
        codes = second_factors.confirm_codes(session, person.person_id, code)
    except WrongCode as error:
        return _codes(request, session, person, error)
    view = RecoveryPage(tuple(codes), OWN_PAGE)
    return renewed(request, session, page(request, "sign_in/recovery.html", view), person.person_id)


@router.post(f"{OWN_PAGE}/codes/recovery")
def new_recovery_codes(request: Request, session: WriteSession, person: SignedIn) -> Response:
    """Ten new recovery codes; those of before are worth nothing."""
    _require_fresh(request, session)
    codes = second_factors.new_recovery_codes(session, person.person_id)
    return page(request, "sign_in/recovery.html", RecoveryPage(tuple(codes), OWN_PAGE))


@router.post(f"{OWN_PAGE}/codes/removal")
def remove_codes(request: Request, session: WriteSession, person: SignedIn) -> Response:
    _require_fresh(request, session)
    try:
        second_factors.remove_codes(session, person, _settings(request).second_step_required)
    except InvalidInput as error:
        return _mine(request, session, person, error)
    return renewed(request, session, to(OWN_PAGE), person.person_id)


@router.post(f"{OWN_PAGE}/passkeys/begin")
def begin_passkey(request: Request, session: WriteSession, person: SignedIn) -> Response:
    """A challenge for a new passkey, bound to this session."""
    _require_fresh(request, session)
    _keep_challenge(request, session, person)
    return to(f"{OWN_PAGE}/passkeys/new")


@router.get(f"{OWN_PAGE}/passkeys/new")
def new_passkey_page(request: Request, session: ReadSession, person: SignedIn) -> Response:
    """For who did not begin it, or took too long, the page before."""
    try:
        return _new_passkey(request, session, person)
    except StepOver:
        return to(OWN_PAGE)


@router.post(f"{OWN_PAGE}/passkeys")
def add_passkey(
    request: Request,
    session: WriteSession,
    person: SignedIn,
    name: Annotated[str, Form(max_length=200)] = "",
    answer: Annotated[str, Form(max_length=12_000)] = "",
) -> Response:
    """The browser made a passkey. The challenge is used up, whatever came of it."""
    _require_fresh(request, session)
    try:
        step = steps.take(session, session_token(request), NEW_PASSKEY)
        challenge = bytes.fromhex(step.kept["challenge"])
        passkeys.add(session, person, place_of(request), challenge, answer, name.strip())
    except StepOver:
        return to(OWN_PAGE)
    except (WrongPasskey, InvalidInput) as error:
        _keep_challenge(request, session, person)
        return _new_passkey(request, session, person, error, name)
    return renewed(request, session, to(OWN_PAGE), person.person_id)


@router.post(f"{OWN_PAGE}/passkeys/{{credential_id}}/removal")
def remove_passkey(request: Request, session: WriteSession, person: SignedIn, credential_id: str) -> Response:
    _require_fresh(request, session)
    try:
        passkeys.remove(session, person, credential_id, _settings(request).second_step_required)
    except InvalidInput as error:
        return _mine(request, session, person, error)
    return renewed(request, session, to(OWN_PAGE), person.person_id)


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _is_fresh(request: Request, session: Session) -> bool:
    now_ms: int = session.info["node"].clock.now_ms()
    return now_ms - int(request.state.signed_in_at_ms) <= FRESH_MS


def _require_fresh(request: Request, session: Session) -> None:
    if not _is_fresh(request, session):
        raise SignInTooOld()


def _keep_challenge(request: Request, session: Session, person: Person) -> None:
    kept = {"challenge": signing_in.new_challenge(session)}
    steps.keep(session, session_token(request), Step(NEW_PASSKEY, person.person_id, kept))


def _said(speech: Speech, error: AppError | None) -> str:
    if error is None:
        return ""
    return speech.say(error.problem if isinstance(error, InvalidInput) else error.sentence, **error.params)


def _mine(request: Request, session: Session, person: Person, error: AppError | None = None) -> Response:
    speech, factors = speech_of(request), second_factors.factors_of(session, person.person_id)
    this = hash_token(session_token(request))
    view = MinePage(
        notices=tuple(_notices(session, speech, person)),
        sign_in_name=people.sign_in_name_of(session, person.person_id),
        has_codes=factors.has_codes,
        recovery_left=factors.recovery_left,
        passkeys=tuple(
            PasskeyLine(
                name=one.name,
                made_at=speech.at(one.made_at_ms),
                used_at=speech.at(one.used_at_ms),
                remove_url=f"{OWN_PAGE}/passkeys/{one.credential_id}/removal",
            )
            for one in passkeys.passkeys_of(session, person.person_id)
        ),
        may_have_passkeys=may_have_passkeys(request),
        is_required=second_factors.is_required_of(person, _settings(request).second_step_required),
        is_fresh=_is_fresh(request, session),
        sessions=tuple(
            SessionRow(row.address, speech.at(row.made_at_ms), speech.at(row.seen_at_ms), row.token_hash == this)
            for row in people.sessions_of(session, person.person_id, limits_of(request))
        ),
        problem=_said(speech, error),
    )
    return page(request, "sign_in/mine.html", view, status=error.status if error else 200)


def _notices(session: Session, speech: Speech, person: Person) -> list[str]:
    found = second_factors.notices_of(session, person.person_id)
    names = reads.people(session) if found else {}
    told = []
    for one in found:
        by = names.get(one.by)
        when, name = speech.moment(speech.at(one.at_ms)), by.name if by else "?"
        told.append(speech.say(NOTICE[one.what], name=name, when=when))
    return told


def _codes(request: Request, session: Session, person: Person, error: AppError | None = None) -> Response:
    secret = second_factors.pending_secret(session, person.person_id)
    account = second_factors.account_of(session, person.person_id)
    problem = _said(speech_of(request), error)
    return set_up_page(request, secret, account, f"{OWN_PAGE}/codes/first", OWN_PAGE, problem)


def _new_passkey(
    request: Request, session: Session, person: Person, error: AppError | None = None, name: str = ""
) -> Response:
    step = steps.step_of(session, session_token(request), NEW_PASSKEY)
    account, known = second_factors.account_of(session, person.person_id), passkeys.ids_of(session, person.person_id)
    challenge = bytes.fromhex(step.kept["challenge"])
    options = creation_options(place_of(request), challenge, person.person_id, account, known)
    view = NewPasskeyPage(options, name, _said(speech_of(request), error))
    return page(request, "sign_in/new_passkey.html", view, status=422 if error else 200)
