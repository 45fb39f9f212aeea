"""A device and its office: register it, give its people passphrases, meet the office once.

What is asked and said at the keyboard; how it is done stands in `sync/enrolling.py`, which the page `/enrol` uses too.
"""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.clock import SystemClock
from app.commands import wipe
from app.commands.nodes import OpenNode, alone, this_device
from app.commands.terminal import (
    ask_new_passphrase,
    ask_passphrase,
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
from app.domain.wiping import ORDER
from app.errors import N_, AppError, InvalidInput, NotEnrolled
from app.store import wiping
from app.store.calibration import asked_cost
from app.store.db import Database
from app.store.device_people import give_slots, people_of, waiting_people
from app.store.node import OFFLINE, value_of
from app.store.opening import open_database, open_slot
from app.store.slots import has_slots
from app.sync import client, enrolling, link, orders, tls
from app.sync.enrolling import CODE_USED_UP, NewDevice, new_passphrase
from app.sync.transport import HttpTransport

NO_CERTIFICATE: Final = N_("“%(path)s” holds no certificate. Give the PEM file that the office's web server uses.")
NOBODY_HERE: Final = N_("“%(name)s” is nobody of this tablet. Its people: %(people)s.")
FINISHED_NOW: Final = N_("The enrolment that was interrupted is finished now.")
NO_PASSPHRASE: Final = N_("%(name)s has no passphrase on this tablet yet. Give one with: baqylau add-person")
NO_CARD: Final = N_("This tablet has no recovery card yet. Make one with: baqylau recovery-card")
ENROLLED: Final = N_("This tablet is enrolled as “%(name)s”. Start it with: baqylau device")


def enrol_device(url: str, code: str, data: Path | None, passphrase_file: Path | None) -> None:
    """Registers the device of the data folder with the office; one that is registered already, anew."""
    settings = settings_of(data, role="device")
    folder = Path(settings.data_dir)
    with alone(settings):
        if enrolling.tidy(folder):
            console.print(say(FINISHED_NOW))
            return
        url = enrolling.checked_url(url)
        if has_slots(folder):
            _enrol_again(settings, url, code, passphrase_file)
        else:
            _enrol_first(settings, url, code, passphrase_file)


def meet_office(data: Path | None, passphrase_file: Path | None) -> int:
    """Meets the office once and says what came of it. Returns 1 when that failed, with the sentence on stderr."""
    settings = settings_of(data, role="device")
    try:
        with this_device(data, passphrase_file) as node:
            return _meet(node)
    except orders.WipeOrdered:
        wipe.finish(settings)
        return 1


def _meet(node: OpenNode) -> int:
    """Raises WipeOrdered once the keys of this device are destroyed: the rest can go when nothing holds it any more."""
    try:
        with progress() as bar:
            bar.add_task("Meeting the office", total=None)
            outcome = client.meet_central(node.database, _transport(node))
    except AppError as error:
        say_refusal(error)
        return 1
    except orders.WipeOrdered as ordered:
        orders.destroy_keys(Path(node.settings.data_dir), node.database, ORDER, order_id=ordered.order_id)
        raise
    wiping.wipe_due(node.database, wiping.policy_of(node.settings))
    console.print(f"sent: {outcome.pushed} entries, {outcome.blobs} files; received: {outcome.pulled} entries")
    for refused in outcome.quarantined:
        complaints.print(f"not counted by the office: {refused.entry_id} ({refused.reason})", markup=False)
    return 0


def add_key_slot(name: str, data: Path | None, passphrase_file: Path | None) -> None:
    """Gives a person of this device, by name or id, a passphrase. Raises InvalidInput when that cannot be.

    In a script the first line is the passphrase that opens the device, the second the new one.
    """
    with this_device(data, passphrase_file) as node:
        names = people_of(node.database)
        found = [person for person, called in names.items() if name.strip() in (person, called)]
        if len(found) != 1:
            raise InvalidInput(NOBODY_HERE, "name", name=name, people=", ".join(names.values()))
        if found[0] not in waiting_people(node.database):
            raise InvalidInput("“%(name)s” has a passphrase on this tablet already.", "name", name=name)
        given = list(given_passphrases(passphrase_file))[1:]
        passphrase = new_passphrase(given[0], set()) if given else ask_new_passphrase(name, set())
        if node.opened is None:
            raise NotEnrolled()
        folder, asked, by = Path(node.settings.data_dir), asked_cost(node.settings), node.opened.person_id
        give_slots(folder, node.opened.database_key, asked, node.database, {found[0]: passphrase}, by)


def tell_pin(certificate: Path) -> None:
    """Prints the pin of the first certificate in a PEM file. Raises InvalidInput for another file."""
    try:
        text = certificate.read_text("ascii").partition(ssl.PEM_FOOTER)[0]
        pin = tls.pin_of(ssl.PEM_cert_to_DER_cert(f"{text.strip()}\n{ssl.PEM_FOOTER}"))
    except (OSError, ValueError) as error:
        raise InvalidInput(NO_CERTIFICATE, "certificate", path=str(certificate)) from error
    console.print(pin, markup=False)


def _enrol_first(settings: Settings, url: str, code: str, passphrase_file: Path | None) -> None:
    _check_given(passphrase_file)
    device = NewDevice(settings, SystemClock())
    try:
        transport = HttpTransport(url, settings.sync_timeout_s)
        device.enrol(transport, url, code)
        _fetch_names(device.database, settings)
        device.give_passphrases(_ask_all(device.database, passphrase_file, given_passphrases(passphrase_file)))
    except BaseException:
        device.throw_away()
        if device.name:
            complaints.print(say(CODE_USED_UP))
        raise
    device.settle()
    console.print(say(ENROLLED, name=device.name))
    console.print(say(NO_CARD))


def _check_given(passphrase_file: Path | None) -> None:
    """A script's passphrases are refused before the one-time code is used up. Raises WeakPassphrase, PassphraseTaken."""
    taken: set[str] = set()
    for typed in given_passphrases(passphrase_file):
        taken.add(new_passphrase(typed, taken))


def _enrol_again(settings: Settings, url: str, code: str, passphrase_file: Path | None) -> None:
    """The same device with a new code: for other people, or after it was withdrawn.

    In a script the first line is the passphrase that opens it.
    """
    opened, _ = open_slot(settings, ask_passphrase(passphrase_file), SystemClock())
    database = open_database(settings, opened.database_key, SystemClock())
    try:
        transport = HttpTransport(url, settings.sync_timeout_s)
        name = enrolling.link_to_office(database, transport, url, code)
        _fetch_names(database, settings)
        given = given_passphrases(passphrase_file)
        next(given, None)
        chosen = _ask_all(database, passphrase_file, given)
        folder, by = Path(settings.data_dir), opened.person_id
        give_slots(folder, opened.database_key, asked_cost(settings), database, chosen, by)
        database.checkpoint()
    finally:
        database.close()
    console.print(say(ENROLLED, name=name))


def _ask_all(database: Database, passphrase_file: Path | None, given: Iterator[str]) -> dict[str, str]:
    """The new passphrase of each person of the device who has none; `given`: those of a script."""
    chosen: dict[str, str] = {}
    for person, name in waiting_people(database).items():
        typed = next(given, None)
        if typed is None and is_asked_in_script(passphrase_file):
            console.print(say(NO_PASSPHRASE, name=name))
            continue
        taken = set(chosen.values())
        chosen[person] = new_passphrase(typed, taken) if typed else ask_new_passphrase(name, taken)
    return chosen


def _fetch_names(database: Database, settings: Settings) -> None:
    """Meets the office for the names of its people: they make the questions kinder, and may come later as well."""
    try:
        client.meet_central(database, _to_office(database, settings))
    except AppError as error:
        say_refusal(error)
    except orders.WipeOrdered:
        return  # an order from before it was linked anew is obeyed at the next meeting, unless the office takes it back


def _transport(node: OpenNode) -> HttpTransport:
    with node.database.read() as session:
        if value_of(session, OFFLINE) == "on":
            complaints.print("This tablet is told to stay offline; this one meeting was asked for by hand.")
    return _to_office(node.database, node.settings)


def _to_office(database: Database, settings: Settings) -> HttpTransport:
    """The way to the office of an enrolled device, trusting what enrolment pinned. Raises NotEnrolled."""
    with database.read() as session:
        url, pins = value_of(session, link.CENTRAL_URL), value_of(session, tls.TLS_PINS)
    if not url:
        raise NotEnrolled()
    return HttpTransport(url, settings.sync_timeout_s, tls.trust_in(pins))
