"""Tries to sign in at central: counted before they are checked, by name and by address, alike for names of nobody."""

from typing import Final

from sqlalchemy import delete, update
from sqlmodel import Session

from app.domain.attempts import FORGOTTEN_AFTER_S, LONGEST_WAIT_S, as_clock, left_s
from app.errors import TooManyTries
from app.store.db import insert_or_lock
from app.store.node import Node
from app.store.tables import SignInTryRow, table
from app.store.vault import hash_token

TRY: Final = table(SignInTryRow)
# A whole office may stand behind one address, so there the wait begins late and stays short: it slows down who tries
# many names, and keeps nobody out.
FREE_OF_ADDRESS: Final = 20
LONGEST_OF_ADDRESS_S: Final = 60


def count_try(session: Session, sign_in_name: str, address: str) -> None:
    """Counts a try as failed; `forget_try` takes that back. Raises TooManyTries when it comes too early."""
    _forget_old(session)
    _count(session, _of_name(sign_in_name), 0, LONGEST_WAIT_S)
    _count(session, _of_address(address), FREE_OF_ADDRESS, LONGEST_OF_ADDRESS_S)


def forget_try(session: Session, sign_in_name: str, address: str) -> int:
    """After a good try: the name starts anew; the address loses this one try only, or one good account would clear it.

    Gives how many tries under the name had failed before.
    """
    failed: int = session.execute(
        delete(TRY).where(TRY.c.name == _of_name(sign_in_name)).returning(TRY.c.failed)
    ).scalar_one()
    session.execute(update(TRY).where(TRY.c.name == _of_address(address)).values(failed=TRY.c.failed - 1))
    return failed - 1


def _count(session: Session, name: str, free: int, longest_s: int) -> None:
    now = _now(session)
    row = session.execute(insert_or_lock(session, TRY), {"name": name, "failed": 0, "last_ms": now}).one()
    left = left_s(row.failed, row.last_ms, now, free, longest_s)
    if left:
        raise TooManyTries(wait=as_clock(left))
    session.execute(update(TRY).where(TRY.c.name == name).values(failed=row.failed + 1, last_ms=now))


def _forget_old(session: Session) -> None:
    session.execute(delete(TRY).where(TRY.c.last_ms < _now(session) - FORGOTTEN_AFTER_S * 1000))


def _of_name(sign_in_name: str) -> str:
    return f"name {hash_token(sign_in_name.strip().casefold())}"


def _of_address(address: str) -> str:
    return f"address {address}"


def _now(session: Session) -> int:
    node: Node = session.info["node"]
    return node.clock.now_ms()
