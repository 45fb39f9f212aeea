"""A device and its office: register it, give its people passphrases, meet the office once.

Enrolment is made in a folder of its own beside the data and moved in place when it is whole. A database whose key is
in nobody's slot could never be opened again, so half an enrolment is thrown away, and the office makes a new code.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from app.clock import SystemClock
from app.commands.nodes import OpenNode, alone, this_device
from app.commands.terminal import (
    ask_new_passphrase,
    ask_passphrase,
    check_new_passphrase,
    complaints,
    console,
    given_passphrases,
    is_asked_in_script,
    progress,
    say,
    say_refusal,
    settings_of,
)
from app.config import Settings
from app.errors import N_, AppError, FolderTaken, InvalidInput, NotEnrolled
from app.store import reads
from app.store.db import DATABASE_NAME, Database
from app.store.node import OFFLINE, put_value, value_of, values_with_prefix
from app.store.opening import open_database, open_slot
from app.store.vault import SLOTS_NAME, Cost, add_slot, has_slots, make_vault, new_database_key
from app.sync import client, link
from app.sync.enrolment import DEVICE_PEOPLE, enrol
from app.sync.transport import HttpTransport

MAKING: Final = "enrolling"  # the folder in which an enrolment is made
HAS_SLOT: Final = "slot."  # node value: this person has a passphrase here; the slots themselves name nobody
WRONG_URL: Final = N_("“%(url)s” is no address of an office. Write it as https://name or http://name:port.")
NOBODY_HERE: Final = N_("“%(name)s” is nobody of this tablet. Its people: %(people)s.")
CODE_USED_UP: Final = N_("The enrolment was not finished, and its code is used up. Ask the office for a new one.")
FINISHED_NOW: Final = N_("The enrolment that was interrupted is finished now.")
NO_PASSPHRASE: Final = N_("%(name)s has no passphrase on this tablet yet. Give one with: baqylau add-person")
ENROLLED: Final = N_("This tablet is enrolled as “%(name)s”. Start it with: baqylau device")


def enrol_device(url: str, code: str, data: Path | None, passphrase_file: Path | None) -> None:
    """Registers the device of the data folder with the office; one that is registered already, anew."""
    settings = settings_of(data, role="device")
    folder = Path(settings.data_dir)
    with alone(settings):
        if _finish_interrupted(folder):
            console.print(say(FINISHED_NOW))
            return
        url = _checked_url(url)
        if has_slots(folder):
            _enrol_again(settings, url, code, passphrase_file)
        elif (folder / DATABASE_NAME).exists():
            raise FolderTaken(folder=str(folder))
        else:
            _enrol_first(settings, url, code, passphrase_file)


def meet_office(data: Path | None, passphrase_file: Path | None) -> int:
    """Meets the office once and says what came of it. Returns 1 when that failed, with the sentence on stderr."""
    with this_device(data, passphrase_file) as node:
        try:
            with progress() as bar:
                bar.add_task("Meeting the office", total=None)
                outcome = client.meet_central(node.database, _transport(node))
        except AppError as error:
            say_refusal(error)
            return 1
        console.print(f"sent: {outcome.pushed} entries, {outcome.blobs} files; received: {outcome.pulled} entries")
        for refused in outcome.quarantined:
            complaints.print(f"not counted by the office: {refused.entry_id} ({refused.reason})", markup=False)
    return 0


def add_key_slot(name: str, data: Path | None, passphrase_file: Path | None) -> None:
    """Gives a person of this device, by name or id, a passphrase. Raises InvalidInput when that cannot be.

    In a script the first line is the passphrase that opens the device, the second the new one.
    """
    with this_device(data, passphrase_file) as node:
        names = _people_of(node.database)
        found = [person for person, called in names.items() if name.strip() in (person, called)]
        if len(found) != 1:
            raise InvalidInput(NOBODY_HERE, "name", name=name, people=", ".join(names.values()))
        if found[0] in _with_slot(node.database):
            raise InvalidInput("“%(name)s” has a passphrase on this tablet already.", "name", name=name)
        given = list(given_passphrases(passphrase_file))[1:]
        passphrase = check_new_passphrase(given[0], set()) if given else ask_new_passphrase(name, set())
        if node.opened is None:
            raise NotEnrolled()
        add_slot(Path(node.settings.data_dir), node.opened.database_key, found[0], passphrase)
        _remember_slots(node.database, found)


def cost_of(settings: Settings) -> Cost:
    """What one try of a passphrase costs on this node."""
    return Cost(settings.passphrase_memory_mib, settings.passphrase_rounds)


def _enrol_first(settings: Settings, url: str, code: str, passphrase_file: Path | None) -> None:
    _check_given(passphrase_file)
    making = Path(settings.data_dir) / MAKING
    shutil.rmtree(making, ignore_errors=True)
    is_used_up = False
    try:
        key = new_database_key()
        database = open_database(settings.model_copy(update={"data_dir": making}), key, SystemClock())
        try:
            reply = enrol(database, HttpTransport(url, settings.sync_timeout_s), url, code)
            is_used_up = True
            make_slots(making, key, settings, database, passphrase_file)
            database.checkpoint()
        finally:
            database.close()
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        if is_used_up:
            complaints.print(say(CODE_USED_UP))
        raise
    move_in(making, Path(settings.data_dir))
    console.print(say(ENROLLED, name=reply.name))


def _check_given(passphrase_file: Path | None) -> None:
    """A script's passphrases are refused before the one-time code is used up. Raises WeakPassphrase, PassphraseTaken."""
    taken: set[str] = set()
    for typed in given_passphrases(passphrase_file):
        taken.add(check_new_passphrase(typed, taken))


def _enrol_again(settings: Settings, url: str, code: str, passphrase_file: Path | None) -> None:
    """The same device with a new code: for other people, or after it was withdrawn.

    In a script the first line is the passphrase that opens it.
    """
    opened, _ = open_slot(settings, ask_passphrase(passphrase_file), SystemClock())
    database = open_database(settings, opened.database_key, SystemClock())
    try:
        reply = enrol(database, HttpTransport(url, settings.sync_timeout_s), url, code)
        given = given_passphrases(passphrase_file)
        next(given, None)
        make_slots(Path(settings.data_dir), opened.database_key, settings, database, passphrase_file, given)
        database.checkpoint()
    finally:
        database.close()
    console.print(say(ENROLLED, name=reply.name))


def make_slots(
    folder: Path,
    key: bytes,
    settings: Settings,
    database: Database,
    passphrase_file: Path | None,
    given: Iterator[str] | None = None,
) -> None:
    """A key slot in `folder` for each person of the device who has none. All are asked first, then all are made."""
    _fetch_names(database, settings)
    waiting = {person: name for person, name in _people_of(database).items() if person not in _with_slot(database)}
    given = given_passphrases(passphrase_file) if given is None else given
    chosen: dict[str, str] = {}
    for person, name in waiting.items():
        typed = next(given, None)
        if typed is None and is_asked_in_script(passphrase_file):
            console.print(say(NO_PASSPHRASE, name=name))
            continue
        taken = set(chosen.values())
        chosen[person] = check_new_passphrase(typed, taken) if typed else ask_new_passphrase(name, taken)
    for person, passphrase in chosen.items():
        if has_slots(folder):
            add_slot(folder, key, person, passphrase)
        else:
            make_vault(folder, person, passphrase, cost_of(settings), key)
    _remember_slots(database, chosen)


def move_in(making: Path, folder: Path) -> None:
    """Moves a whole enrolment to its place, the slots last: while they are missing, the move can be taken up again."""
    for name in (f"{DATABASE_NAME}-wal", DATABASE_NAME, SLOTS_NAME):
        if (making / name).exists():
            os.replace(making / name, folder / name)
    shutil.rmtree(making, ignore_errors=True)


def _finish_interrupted(folder: Path) -> bool:
    """Takes up a move that a power cut stopped. True when it is finished now."""
    if has_slots(folder) or not has_slots(folder / MAKING):
        return False
    move_in(folder / MAKING, folder)
    return True


def _fetch_names(database: Database, settings: Settings) -> None:
    """Meets the office for the names of its people: they make the questions kinder, and may come later as well."""
    with database.read() as session:
        url = value_of(session, link.CENTRAL_URL)
    try:
        client.meet_central(database, HttpTransport(url, settings.sync_timeout_s))
    except AppError as error:
        say_refusal(error)


def _people_of(database: Database) -> dict[str, str]:
    """Person id -> name of the people who use this device; the id where the name has not come yet."""
    with database.read() as session:
        people: list[str] = json.loads(value_of(session, DEVICE_PEOPLE) or "[]")
        known = reads.people(session)
    return {person: known[person].name if person in known else person for person in people}


def _with_slot(database: Database) -> set[str]:
    with database.read() as session:
        return set(values_with_prefix(session, HAS_SLOT))


def _remember_slots(database: Database, people: Iterable[str]) -> None:
    with database.write() as session:
        for person in people:
            put_value(session, f"{HAS_SLOT}{person}", "on")


def _transport(node: OpenNode) -> HttpTransport:
    with node.database.read() as session:
        url = value_of(session, link.CENTRAL_URL)
        if value_of(session, OFFLINE) == "on":
            complaints.print("This tablet is told to stay offline; this one meeting was asked for by hand.")
    if not url:
        raise NotEnrolled()
    return HttpTransport(url, node.settings.sync_timeout_s)


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_address = False
    if not is_address:
        raise InvalidInput(WRONG_URL, "url", url=url)
    return url.rstrip("/")
