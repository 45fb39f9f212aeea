"""The key slots of a device: one random database key, wrapped once per person under their passphrase.

`slots.json` beside the database. Slots stand in groups; those of a group share salt, cost and, where there is one, the
secret in the computer's keystore. So one Argon2id run looks for a passphrase in a whole group, and the file names nobody:
a slot is found by a name derived from the key, and whose it is, is sealed with the database key. As a rule there is one
group; a second one stands while people move to a new cost or keystore secret, each with their next sign-in.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from app.errors import DataFromNewerVersion, PassphraseTaken, WrongPassphrase
from app.errors_of_keys import KeystoreSilent
from app.store import keystore
from app.store.calibration import calibrated
from app.store.folder import flush, make_private, write_whole
from app.store.vault import (
    Cost,
    NotOpened,
    SigningKey,
    boxed,
    check_passphrase,
    derived_key,
    new_database_key,
    new_signing_key,
    plain_passphrase,
    signing_key_of,
    stretched,
    unboxed,
)

SLOTS_NAME: Final = "slots.json"
VERSION: Final = 2
NAME, KEY, KEYSTORE, OWNER = b"baqylau slot name", b"baqylau slot key", b"baqylau keystore", b"baqylau slot owner"
BOX: Final = b"slot"
_one_at_a_time = threading.Lock()  # two changes at once: one of them would be lost


@dataclass(frozen=True)
class Opened:
    """What a passphrase opens: the database key, whose slot it was, and that person's own signing key."""

    database_key: bytes
    person_id: str
    signing_key: SigningKey
    slot: str  # its name


@dataclass
class Group:
    """Slots that one Argon2id run looks through. `keystore` names the secret that they need; empty for none."""

    salt: bytes
    cost: Cost
    keystore: str
    slots: dict[str, dict[str, Any]]  # name -> box, and whose it is


@dataclass
class Slots:
    """The whole file. `cost` and `keystore` are what slots are to have: who has less moves when they sign in."""

    groups: list[Group] = field(default_factory=list)  # the newest first
    cost: Cost | None = None  # what this computer was found good for; None in a file from before it was asked
    keystore: str = ""
    card: dict[str, str] | None = None  # the database key under the recovery card


def has_slots(folder: Path) -> bool:
    """True when somebody can sign in on this device."""
    return (folder / SLOTS_NAME).exists()


def make_vault(folder: Path, person_id: str, passphrase: str, cost: Cost, database_key: bytes | None = None) -> Opened:
    """A new vault with its first slot, around a fresh database key or the one that enrolment opened with."""
    make_private(folder)
    slots = Slots(cost=cost)
    opened = put(slots, database_key or new_database_key(), person_id, passphrase)
    write_whole(folder / SLOTS_NAME, _as_json(slots))
    return opened


def add_slot(folder: Path, database_key: bytes, person_id: str, passphrase: str) -> Opened:
    """A slot for one person, in place of the one that they had. Raises what `put` does."""
    with changing(folder) as slots:
        return put(slots, database_key, person_id, passphrase)


def change_passphrase(folder: Path, opened: Opened, passphrase: str) -> None:
    """The same keys under another passphrase. Either the old one opens or the new one. Raises what `put` does."""
    with changing(folder) as slots:
        _drop(slots, opened.slot)
        put(slots, opened.database_key, opened.person_id, passphrase, opened.signing_key)


def open_vault(folder: Path, passphrase: str) -> Opened:
    """Opens the slot of this passphrase.

    Raises WrongPassphrase, and KeystoreSilent where it could not be tried everywhere; nothing else is told apart.
    """
    slots, is_silent = read(folder), False
    for group in slots.groups:
        try:
            key = _key(group, plain_passphrase(passphrase))
        except KeystoreSilent:
            is_silent = True
            continue
        name = _name(key)
        if name in group.slots:
            return _open(key, name, group.slots[name])
    raise KeystoreSilent() if is_silent else WrongPassphrase()


def settle(folder: Path, opened: Opened, passphrase: str, asked: Cost | None) -> None:
    """Moves a slot that was just opened to where it belongs: at least the cost that is `asked` for, or else the one that
    suits this computer, the secret of its keystore if that is used, and a sealed word whose it is.

    Raises KeystoreSilent; the slot stays as it was.
    """
    slots = read(folder)
    cost = asked or slots.cost or calibrated()
    group = next(group for group in slots.groups if opened.slot in group.slots)
    if slots.cost == cost and _suits(group, slots) and "owner" in group.slots[opened.slot]:
        return
    with changing(folder) as slots:
        slots.cost = cost
        _drop(slots, opened.slot)
        put(slots, opened.database_key, opened.person_id, passphrase, opened.signing_key)


def destroy_slots(folder: Path) -> None:
    """Throws all key slots away: nobody opens the database of this folder any more."""
    try:
        names = _keystores(read(folder))
    except (OSError, ValueError, KeyError, TypeError):
        names = set()  # a file that cannot be read is thrown away all the same
    (folder / SLOTS_NAME).unlink(missing_ok=True)
    flush(folder)
    for name in names:
        keystore.forget(name)


# ---- inside one change of the file -------------------------------------------------------------------------------------


@contextmanager
def changing(folder: Path) -> Iterator[Slots]:
    """The file, to be changed and written whole at the end, or not at all when something is raised."""
    with _one_at_a_time:
        slots = read(folder)
        before = _keystores(slots)
        yield slots
        slots.groups = [group for group in slots.groups if group.slots]
        write_whole(folder / SLOTS_NAME, _as_json(slots))
        for name in before - _keystores(slots):
            keystore.forget(name)


def put(
    slots: Slots, database_key: bytes, person_id: str, passphrase: str, signing_key: SigningKey | None = None
) -> Opened:
    """A person's slot, in place of the one that they had, with their signing key or a fresh one.

    Raises PassphraseTaken when it is somebody else's passphrase, WeakPassphrase, and KeystoreSilent.
    """
    plain = check_passphrase(passphrase)
    for name in slots_of(slots, database_key, person_id):
        _drop(slots, name)
    group = _group_for(slots)
    _refuse_taken(slots, group, plain)
    key, signing_key = _key(group, plain), signing_key or new_signing_key()
    name = _name(key)
    if name in group.slots:
        raise PassphraseTaken()
    kept = {
        "database_key": database_key.hex(),
        "person_id": person_id,
        "signing_key": signing_key.private_bytes_raw().hex(),
    }
    owner = boxed(derived_key(database_key, OWNER), person_id.encode(), name.encode())
    group.slots[name] = boxed(derived_key(key, KEY), json.dumps(kept).encode(), BOX) | {"owner": owner}
    return Opened(database_key, person_id, signing_key, name)


def slots_of(slots: Slots, database_key: bytes, person_id: str) -> list[str]:
    """Names of the slots of a person."""
    return [name for name, owner in owners(slots, database_key).items() if owner == person_id]


def owners(slots: Slots, database_key: bytes) -> dict[str, str]:
    """Name of each slot -> whose it is; empty for one from before that was kept, until its owner signs in."""
    key = derived_key(database_key, OWNER)
    return {
        name: unboxed(key, slot["owner"], name.encode()).decode() if "owner" in slot else ""
        for group in slots.groups
        for name, slot in group.slots.items()
    }


def drop_unowned(slots: Slots) -> None:
    """Throws away slots of which nobody knows whose they are: one of them may be the one that has to go."""
    for group in slots.groups:
        group.slots = {name: slot for name, slot in group.slots.items() if "owner" in slot}


def _drop(slots: Slots, name: str) -> None:
    for group in slots.groups:
        group.slots.pop(name, None)


def _group_for(slots: Slots) -> Group:
    found = next((group for group in slots.groups if _suits(group, slots)), None)
    if found is None:
        found = Group(os.urandom(16), slots.cost or Cost(), slots.keystore, {})
        slots.groups.insert(0, found)
    return found


def _suits(group: Group, slots: Slots) -> bool:
    return group.keystore == slots.keystore and not (slots.cost and group.cost.is_below(slots.cost))


def _refuse_taken(slots: Slots, but: Group, plain: str) -> None:
    """Looks through the other groups: else one passphrase would open whichever slot is found first."""
    for group in slots.groups:
        if group is not but and group.slots and _is_asked(group) and _name(_key(group, plain)) in group.slots:
            raise PassphraseTaken()


def _is_asked(group: Group) -> bool:
    """False for a group that nobody can open any more."""
    return not group.keystore or keystore.secret(group.keystore) is not None


def _key(group: Group, plain: str) -> bytes:
    """KEK = HKDF(Argon2id(passphrase) || keystore secret). Raises KeystoreSilent."""
    if not group.keystore:
        return stretched(plain, group.salt, group.cost)
    secret = keystore.secret(group.keystore)
    if secret is None:
        raise KeystoreSilent()
    return derived_key(stretched(plain, group.salt, group.cost) + secret, KEYSTORE)


def _name(key: bytes) -> str:
    return derived_key(key, NAME).hex()


def _open(key: bytes, name: str, slot: Mapping[str, Any]) -> Opened:
    try:
        plain = json.loads(unboxed(derived_key(key, KEY), slot, BOX))
    except NotOpened as error:
        raise WrongPassphrase() from error
    signing_key = signing_key_of(bytes.fromhex(plain["signing_key"]))
    return Opened(bytes.fromhex(plain["database_key"]), plain["person_id"], signing_key, name)


def _keystores(slots: Slots) -> set[str]:
    """The names of all keystore secrets that are needed."""
    return {slots.keystore, *(group.keystore for group in slots.groups)} - {""}


# ---- the file ----------------------------------------------------------------------------------------------------------


def read(folder: Path) -> Slots:
    """The slots of a folder. A file of version 1 is one group, without owners. Raises DataFromNewerVersion."""
    told: dict[str, Any] = json.loads((folder / SLOTS_NAME).read_text())
    if told["version"] > VERSION:
        raise DataFromNewerVersion()
    if told["version"] == 1:
        return Slots([Group(bytes.fromhex(told["salt"]), Cost(**told["cost"]), "", told["slots"])])
    groups = [
        Group(bytes.fromhex(one["salt"]), Cost(**one["cost"]), one["keystore"], one["slots"]) for one in told["groups"]
    ]
    cost = Cost(**told["cost"]) if told["cost"] else None
    return Slots(groups, cost, told["keystore"], told["card"])


def _as_json(slots: Slots) -> dict[str, Any]:
    return {
        "version": VERSION,
        "groups": [vars(group) | {"salt": group.salt.hex(), "cost": vars(group.cost)} for group in slots.groups],
        "cost": vars(slots.cost) if slots.cost else None,
        "keystore": slots.keystore,
        "card": slots.card,
    }
