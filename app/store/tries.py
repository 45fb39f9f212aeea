"""Tries of whatever can be guessed at central, counted before they are looked at: under a name, or from an address."""

from sqlalchemy import delete, update
from sqlmodel import Session

from app.domain.attempts import FORGOTTEN_AFTER_S, as_clock, left_s
from app.errors import TooManyTries
from app.store.db import insert_or_lock
from app.store.node import Node
from app.store.tables import SignInTryRow, table

TRY = table(SignInTryRow)


def count(session: Session, name: str, free: int, longest_s: int) -> None:
    """Counts a try under a name as failed. Raises TooManyTries when it comes too early: `free` tries cost no wait, which
    then grows to `longest_s` seconds."""
    now = _now(session)
    row = session.execute(insert_or_lock(session, TRY), {"name": name, "failed": 0, "last_ms": now}).one()
    left = left_s(row.failed, row.last_ms, now, free, longest_s)
    if left:
        raise TooManyTries(wait=as_clock(left))
    session.execute(update(TRY).where(TRY.c.name == name).values(failed=row.failed + 1, last_ms=now))


def take_one_back(session: Session, name: str) -> None:
    """The last try under this name was good; those before it stay counted."""
    session.execute(update(TRY).where(TRY.c.name == name, TRY.c.failed > 0).values(failed=TRY.c.failed - 1))


def forget(session: Session, name: str) -> int:
    """The name starts anew; gives how many tries were counted."""
    counted: int = session.execute(delete(TRY).where(TRY.c.name == name).returning(TRY.c.failed)).scalar_one()
    return counted


def forget_old(session: Session) -> None:
    """What nobody tried for a day."""
    session.execute(delete(TRY).where(TRY.c.last_ms < _now(session) - FORGOTTEN_AFTER_S * 1000))


def _now(session: Session) -> int:
    node: Node = session.info["node"]
    return node.clock.now_ms()
