"""A sign-in between its first and its second step. It is known by a token of its own, lives minutes and gives no right."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select
from sqlmodel import Session

from app.domain.people import Person
from app.errors_of_signing_in import StepOver
from app.store import reads
from app.store.node import Node
from app.store.sign_in_tables import SignInStepRow
from app.store.tables import table
from app.store.vault import hash_token, new_token

STEP: Final = table(SignInStepRow)
LIVES_MS: Final = 5 * 60_000
SECOND, SETTING_UP, PASSKEY, NEW_PASSKEY = "second", "setting_up", "passkey", "new_passkey"


@dataclass(frozen=True)
class Step:
    """`what` is to be done next, by whom ("" while nobody knows), and what was `kept` for it."""

    what: str
    person_id: str
    kept: Mapping[str, str]


def begin(session: Session, what: str, person_id: str = "", **kept: str) -> str:
    """A new step; returns its token."""
    token = new_token()
    keep(session, token, Step(what, person_id, kept))
    return token


def keep(session: Session, token: str, step: Step) -> None:
    """The step of a token, in the place of the one before. Its minutes begin anew."""
    now = _now(session)
    mine = STEP.c.token_hash == hash_token(token)
    session.execute(delete(STEP).where(mine | (STEP.c.made_at_ms < now - LIVES_MS)))
    row = {"token_hash": hash_token(token), "what": step.what, "person_id": step.person_id, "made_at_ms": now}
    session.execute(STEP.insert(), row | {"kept": json.dumps(dict(step.kept))})


def step_of(session: Session, token: str, *what: str) -> Step:
    """The step of a token, if it is one of `what`. Raises StepOver when it is not, or took too long."""
    row = session.execute(select(STEP).where(STEP.c.token_hash == hash_token(token))).first()
    if row is None or row.what not in what or _now(session) - row.made_at_ms > LIVES_MS:
        raise StepOver()
    return Step(row.what, row.person_id, json.loads(row.kept))


def take(session: Session, token: str, *what: str) -> Step:
    """As `step_of`, and nobody takes it again."""
    step = step_of(session, token, *what)
    taken = delete(STEP).where(STEP.c.token_hash == hash_token(token)).returning(STEP.c.token_hash)
    if not session.execute(taken).all():
        raise StepOver()
    return step


def person_in(session: Session, step: Step) -> Person:
    """Who goes through the step. Raises StepOver for who was blocked meanwhile."""
    person = reads.person(session, step.person_id)
    if person is None or not person.is_active:
        raise StepOver()
    return person


def _now(session: Session) -> int:
    node: Node = session.info["node"]
    return node.clock.now_ms()
