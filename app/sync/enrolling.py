"""How a device is linked to its office, whoever asks for it: the command `baqylau enrol` or the page `/enrol`.

A first enrolment is made in a folder of its own beside the data and moved in place when it is whole. A database whose
key is in nobody's slot could never be opened again, so half an enrolment is thrown away.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from app.clock import Clock
from app.config import Settings
from app.domain.audit import RECOVERY_CARD_MADE
from app.errors import N_, FolderTaken, InvalidInput, PassphraseTaken
from app.store import audit, recovery
from app.store.calibration import asked_cost
from app.store.db import DATABASE_NAME, Database
from app.store.device_people import give_slots
from app.store.node import value_of
from app.store.opening import open_database
from app.store.slots import SLOTS_NAME, has_slots
from app.store.vault import check_passphrase, new_database_key
from app.sync.enrolment import WHOLE_CODE, enrol, letters_of
from app.sync.link import Transport
from app.sync.tls import TLS_PINS

MAKING: Final = "enrolling"  # the folder in which an enrolment is made
WRONG_URL: Final = N_("“%(url)s” is no address of an office. Write it as https://name or http://name:port.")
WRONG_CODE: Final = N_("The code has %(wanted)d Latin letters and digits, in groups of four. Compare it with the card.")
CODE_USED_UP: Final = N_("The enrolment was not finished, and its code is used up. Ask the office for a new one.")


class NewDevice:
    """A device in the making. Nobody has a passphrase yet, so the key of its database is in this object alone."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Raises FolderTaken where a node has its data already."""
        self.folder = Path(settings.data_dir)
        if (self.folder / DATABASE_NAME).exists():
            raise FolderTaken(folder=str(self.folder))
        self.settings, self.making = settings, self.folder / MAKING
        self.name = ""  # what the office calls it; empty until the office took the code
        self.key = new_database_key()
        shutil.rmtree(self.making, ignore_errors=True)
        self.database = open_database(settings.model_copy(update={"data_dir": self.making}), self.key, clock)

    def enrol(self, transport: Transport, url: str, code: str) -> None:
        """Uses the code. After a lost answer the same code may be used again. Raises what `link_to_office` does."""
        self.name = link_to_office(self.database, transport, url, code)

    def pins(self) -> str:
        """To what the way to the office is held from now on; see `tls.trust_in`."""
        with self.database.read() as session:
            return value_of(session, TLS_PINS)

    def give_passphrases(self, passphrases: Mapping[str, str]) -> None:
        """Person id -> passphrase, at least one. With them it is whole: all that is left is to `settle`."""
        give_slots(self.making, self.key, asked_cost(self.settings), self.database, passphrases)

    def make_card(self) -> str:
        """The code of its recovery card. Not before somebody has a passphrase."""
        with self.database.write() as session:
            audit.note(session, audit.PROGRAM, RECOVERY_CARD_MADE)
        return recovery.make_card(self.making, self.key, self.settings.keystore)

    def settle(self) -> None:
        """Moves it to its place, where one of its people opens it. Must not be thrown away any more."""
        self.database.checkpoint()
        self.database.close()
        move_in(self.making, self.folder)

    def throw_away(self) -> None:
        self.database.close()
        shutil.rmtree(self.making, ignore_errors=True)


def link_to_office(database: Database, transport: Transport, url: str, code: str) -> str:
    """Registers the open device with its office; returns the name that it has there.

    Raises InvalidInput for what cannot be a code, and what `enrolment.enrol` and the network raise.
    """
    letters = letters_of(code)
    # Half a code would be used up at the office, and only then be found to pin no key.
    if len(letters) != WHOLE_CODE or not letters.isascii():
        raise InvalidInput(WRONG_CODE, "code", wanted=WHOLE_CODE)
    return enrol(database, transport, url, code).name


def checked_url(url: str) -> str:
    """The address of an office, without a stroke at its end. Raises InvalidInput."""
    try:
        parts = urlsplit(url.strip())
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_address = False
    if not is_address:
        raise InvalidInput(WRONG_URL, "url", url=url)
    return url.strip().rstrip("/")


def tidy(folder: Path) -> bool:
    """What a power cut or a stop left: a move that had begun is taken up, half an enrolment thrown away.

    True when the device is enrolled by that.
    """
    making = folder / MAKING
    is_whole = has_slots(making) and not has_slots(folder)
    if is_whole:
        move_in(making, folder)
    shutil.rmtree(making, ignore_errors=True)
    return is_whole


def move_in(making: Path, folder: Path) -> None:
    """Moves a whole enrolment to its place, the slots last: while they are missing, the move can be taken up again."""
    for name in (f"{DATABASE_NAME}-wal", DATABASE_NAME, SLOTS_NAME):
        if (making / name).exists():
            os.replace(making / name, folder / name)
    shutil.rmtree(making, ignore_errors=True)


def new_passphrase(typed: str, taken: set[str]) -> str:
    """A new passphrase in its one form. `taken`: of others, in that form. Raises WeakPassphrase, PassphraseTaken."""
    passphrase = check_passphrase(typed)
    if passphrase in taken:
        raise PassphraseTaken()
    return passphrase
