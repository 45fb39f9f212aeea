"""From who somebody is to a session at central: at once, or after the second step that they have or still owe."""

from dataclasses import dataclass, replace

from sqlmodel import Session

from app.domain.audit import SIGNED_IN
from app.domain.journal import Json
from app.domain.people import Person
from app.services import people, second_factors
from app.services import sign_in_steps as steps
from app.store import audit
from app.store.node import Node

CHALLENGE_BYTES = 32


@dataclass(frozen=True)
class Passed:
    """The first step was passed: `token` is that of a session, or of the step `next_step`."""

    token: str
    next_step: str = ""
    has_news: bool = False  # others did something with this person's sign-in, and they have not been told


@dataclass(frozen=True)
class Arrival:
    """How somebody came to the sign-in: from where, after how many wrong tries, and where they want to go."""

    address: str
    failed_before: int = 0
    next_path: str = "/"
    old_token: str = ""


def go_on(session: Session, person: Person, arrival: Arrival, is_required: bool) -> Passed:
    """After the first step: a session, or the step that comes before it. `is_required`: `second_step_required`."""
    factors = second_factors.factors_of(session, person.person_id)
    if not factors.is_any and not second_factors.is_owed(person, factors, is_required):
        return finish(session, person.person_id, arrival)
    what = steps.SECOND if factors.is_any else steps.SETTING_UP
    if what == steps.SETTING_UP:
        second_factors.begin_codes(session, person.person_id)
    kept = {"failed_before": str(arrival.failed_before), "next": arrival.next_path, "challenge": new_challenge(session)}
    return Passed(steps.begin(session, what, person.person_id, **kept), what)


def finish(session: Session, person_id: str, arrival: Arrival) -> Passed:
    """The last step was passed: a fresh session, in the place of the one that this browser had."""
    people.end_session(session, arrival.old_token)
    told: dict[str, Json] = {"address": arrival.address, "failed_before": arrival.failed_before}
    audit.note(session, person_id, SIGNED_IN, told=told)
    has_news = bool(second_factors.notices_of(session, person_id))
    return Passed(people.start_session(session, person_id, arrival.address), has_news=has_news)


def arrival_of(step: steps.Step, now: Arrival) -> Arrival:
    """How the browser is here now, with what was kept of the first step."""
    return replace(now, failed_before=int(step.kept.get("failed_before", 0)), next_path=step.kept.get("next", "/"))


def new_challenge(session: Session) -> str:
    """What a passkey has to sign, once; in hex."""
    node: Node = session.info["node"]
    return node.clock.random_bytes(CHALLENGE_BYTES).hex()
