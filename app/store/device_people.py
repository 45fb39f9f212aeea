"""Who uses this device, and which of them have a key slot."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sqlmodel import Session

from app.domain.audit import PASSPHRASE_GIVEN, PASSPHRASE_RESET, RECOVERY_CARD_MADE, RECOVERY_CARD_USED
from app.store import audit, reads, slots
from app.store.calibration import calibrated
from app.store.db import Database
from app.store.node import drop_values, put_value, value_of, values_with_prefix
from app.store.recovery import renew_card
from app.store.slots import Slots, has_slots, make_vault
from app.store.vault import Cost

DEVICE_PEOPLE: Final = "device_people"  # node value: their ids, a JSON list, as the office said
HAS_SLOT: Final = "slot."  # node value: this person has a passphrase here; a locked tablet does not tell


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


def give_slots(
    folder: Path,
    key: bytes,
    asked: Cost | None,
    database: Database,
    passphrases: Mapping[str, str],
    by: str = audit.PROGRAM,
) -> None:
    """A key slot in `folder` for each of these people, in place of the one that they had. `by`: who helps them.

    Raises PassphraseTaken, WeakPassphrase.
    """
    for person, passphrase in passphrases.items():
        had_one = person not in waiting_people(database)
        if has_slots(folder):
            with slots.changing(folder) as kept:
                replace_slot(kept, key, person, passphrase, had_one)
        else:
            make_vault(folder, person, passphrase, asked or calibrated(), key)
        with database.write() as session:
            note_slot(session, folder, key, person, had_one, by)
        database.node.person_keys.pop(person, None)


def replace_slot(kept: Slots, key: bytes, person: str, passphrase: str, had_one: bool) -> None:
    """Inside a change of the slots: a slot with a signing key of its own, since the old one opened with the forgotten
    passphrase alone. Nobody has to be told of the new key: a signature brings its public half along.

    The old slot goes in any case: where nobody knows which one it is, with all of which that is so.
    """
    if had_one and not slots.slots_of(kept, key, person):
        slots.drop_unowned(kept)
    slots.put(kept, key, person, passphrase)


def note_slot(session: Session, folder: Path, key: bytes, person: str, had_one: bool, by: str) -> None:
    """Writes down in the database who has a slot, after one was given."""
    owners = set(slots.owners(slots.read(folder), key).values())
    if "" not in owners:
        gone = values_with_prefix(session, HAS_SLOT).keys() - owners
        drop_values(session, [f"{HAS_SLOT}{one}" for one in gone])
    put_value(session, f"{HAS_SLOT}{person}", "on")
    audit.note(session, by, PASSPHRASE_RESET if had_one else PASSPHRASE_GIVEN, person)


def reset_with_card(
    folder: Path, key: bytes, uses_keystore: bool, database: Database, person: str, passphrase: str
) -> str:
    """The passphrase of a person anew, with the recovery card that gave `key`; returns the code of the next card.

    Slot and card change in one step: the used card is good until it is replaced. Raises PassphraseTaken, WeakPassphrase.
    """
    had_one = person not in waiting_people(database)
    with slots.changing(folder) as kept:
        code = renew_card(kept, key, uses_keystore)
        replace_slot(kept, key, person, passphrase, had_one)
    with database.write() as session:
        audit.note(session, audit.PROGRAM, RECOVERY_CARD_USED, person)
        note_slot(session, folder, key, person, had_one, audit.PROGRAM)
        audit.note(session, audit.PROGRAM, RECOVERY_CARD_MADE)
    database.node.person_keys.pop(person, None)
    return code
