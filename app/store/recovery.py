"""The recovery card of a device: the database key under a code of 130 bits, which no keystore and no passphrase stands before.

Such a code needs no Argon2id: nobody guesses it. There is one card; a new one takes the place of the old.
"""

import os
from pathlib import Path
from typing import Final

from app.domain.recovery_code import new_code, read_code
from app.errors_of_keys import MistypedCard, WrongCard
from app.store import keystore
from app.store.slots import Slots, changing, read
from app.store.vault import NotOpened, boxed, derived_key, unboxed

CARD: Final = b"baqylau recovery card"


def make_card(folder: Path, database_key: bytes, uses_keystore: bool) -> str:
    """The code of a new card; the one before opens nothing any more."""
    with changing(folder) as slots:
        return renew_card(slots, database_key, uses_keystore)


def renew_card(slots: Slots, database_key: bytes, uses_keystore: bool) -> str:
    """The same inside a change of the slots.

    With the card slots may begin to need the secret of this computer's keystore: not before, or a computer that is set up
    anew would take all that is on it along.
    """
    code = new_code(os.urandom)
    slots.card = boxed(_key(code), database_key, CARD)
    if not uses_keystore:
        slots.keystore = ""
    elif not slots.keystore or keystore.secret(slots.keystore) is None:
        slots.keystore = keystore.keep()
    return code


def has_card(folder: Path) -> bool:
    """True when a card opens this device."""
    return read(folder).card is not None


def checked_code(typed: str) -> str:
    """A code in its one form. Raises MistypedCard, which tells nothing about the card."""
    code = read_code(typed)
    if not code:
        raise MistypedCard()
    return code


def open_card(folder: Path, code: str) -> bytes:
    """The database key. `code`: in its one form. Raises WrongCard, also when there is no card."""
    try:
        return unboxed(_key(code), read(folder).card or {}, CARD)
    except NotOpened as error:
        raise WrongCard() from error


def _key(code: str) -> bytes:
    return derived_key(code.encode(), CARD)
