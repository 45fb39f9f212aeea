"""How a device is linked to its office, whoever asks for it: the command `baqylau enrol` or the page `/enrol`.

A first enrolment is made in a folder of its own beside the data and moved in place when it is whole. A database whose
key is in nobody's slot could never be opened again, so half an enrolment is thrown away.
"""

import json
import os
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from app.clock import Clock
from app.config import Settings
from app.errors import N_, FolderTaken, InvalidInput, PassphraseTaken
from app.store import reads
from app.store.db import DATABASE_NAME, Database
from app.store.node import put_value, value_of, values_with_prefix
from app.store.opening import open_database
from app.store.vault import SLOTS_NAME, Cost, add_slot, check_passphrase, has_slots, make_vault, new_database_key
from app.sync.enrolment import DEVICE_PEOPLE, WHOLE_CODE, enrol, letters_of
from app.sync.link import Transport
from app.sync.tls import TLS_PINS

MAKING: Final = "enrolling"  # the folder in which an enrolment is made
HAS_SLOT: Final = "slot."  # node value: this person has a passphrase here; the slots themselves name nobody
WRONG_URL: Final = N_("“%(url)s” is no address of an office. Write it as https://name or http://name:port.")
WRONG_CODE: Final = N_("The code has %(wanted)d Latin letters and digits, in groups of four. Compare it with the card.")
CODE_USED_UP: Final = N_("The enrolment was not finished, and its code is used up. Ask the office for a new one.")
_one_at_a_time = threading.Lock()  # two slots added at once: one of them would be lost


class NewDevice:
    """A device in the making. Nobody has a passphrase yet, so the key of its database is in this object alone."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Raises FolderTaken where a node has its data already."""
        self.folder = Path(settings.data_dir)
        if (self.folder / DATABASE_NAME).exists():
            raise FolderTaken(folder=str(self.folder))
        self.making, self.cost = self.folder / MAKING, cost_of(settings)
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
        give_slots(self.making, self.key, self.cost, self.database, passphrases)
        self.database.checkpoint()
        self.database.close()

    def settle(self) -> None:
        """Moves it to its place, where one of its people opens it. Must not be thrown away any more."""
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


# ---- people and their passphrases ------------------------------------------------------------------------------------


def people_of(database: Database) -> dict[str, str]:
    """Person id -> name of the people who use this device; the id where the name has not come yet."""
    with database.read() as session:
        people: list[str] = json.loads(value_of(session, DEVICE_PEOPLE) or "[]")
        known = reads.people(session)
    return {person: known[person].name if person in known else person for person in people}


def waiting_people(database: Database) -> dict[str, str]:
    """Those of them who have no passphrase here yet."""
    with database.read() as session:
        given = values_with_prefix(session, HAS_SLOT)
    return {person: name for person, name in people_of(database).items() if person not in given}


def new_passphrase(typed: str, taken: set[str]) -> str:
    """A new passphrase in its one form. `taken`: of others, in that form. Raises WeakPassphrase, PassphraseTaken."""
    passphrase = check_passphrase(typed)
    if passphrase in taken:
        raise PassphraseTaken()
    return passphrase


def give_slots(folder: Path, key: bytes, cost: Cost, database: Database, passphrases: Mapping[str, str]) -> None:
    """A key slot in `folder` for each of these people. Raises PassphraseTaken, WeakPassphrase."""
    with _one_at_a_time:
        for person, passphrase in passphrases.items():
            if has_slots(folder):
                add_slot(folder, key, person, passphrase)
            else:
                make_vault(folder, person, passphrase, cost, key)
        with database.write() as session:
            for person in passphrases:
                put_value(session, f"{HAS_SLOT}{person}", "on")


def cost_of(settings: Settings) -> Cost:
    """What one try of a passphrase costs on this node."""
    return Cost(settings.passphrase_memory_mib, settings.passphrase_rounds)
