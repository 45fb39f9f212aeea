"""Tries to sign in at central: counted before they are checked, by name and by address, alike for names of nobody."""

from typing import Final

from sqlmodel import Session

from app.domain.attempts import LONGEST_WAIT_S
from app.store import tries
from app.store.vault import hash_token

# A whole office may stand behind one address, so there the wait begins late and stays short: it slows down who tries
# many names, and keeps nobody out.
FREE_OF_ADDRESS: Final = 20
LONGEST_OF_ADDRESS_S: Final = 60


def count_try(session: Session, sign_in_name: str, address: str) -> None:
    """Counts a try as failed; `forget_try` takes that back. Raises TooManyTries when it comes too early."""
    tries.forget_old(session)
    tries.count(session, _of_name(sign_in_name), 0, LONGEST_WAIT_S)
    count_from(session, address)


def count_from(session: Session, address: str) -> None:
    """Counts a try that names nobody, as failed; `forget_from` takes that back. Raises TooManyTries."""
    tries.count(session, _of_address(address), FREE_OF_ADDRESS, LONGEST_OF_ADDRESS_S)


def forget_try(session: Session, sign_in_name: str, address: str) -> int:
    """After a good try: the name starts anew; the address loses this one try only, or one good account would clear it.

    Gives how many tries under the name had failed before.
    """
    counted = tries.forget(session, _of_name(sign_in_name))
    forget_from(session, address)
    return counted - 1


def forget_from(session: Session, address: str) -> None:
    """The last try from this address was good."""
    tries.take_one_back(session, _of_address(address))


def _of_name(sign_in_name: str) -> str:
    return f"name {hash_token(sign_in_name.strip().casefold())}"


def _of_address(address: str) -> str:
    return f"address {address}"
