"""Keys for sealed interviews, made on a reviewer's own computer or beside the office, and the reader, which needs none."""

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.clock import SystemClock, as_moment
from app.commands.nodes import beside_central
from app.commands.office import author_of
from app.commands.terminal import (
    ask_new_passphrase,
    ask_passphrase,
    complaints,
    console,
    given_passphrases,
    say,
    settings_of,
)
from app.config import Settings
from app.domain import audit as acts
from app.domain import readings
from app.domain.interviews import MOST_KEYS, Interview, read_document, sealed_info
from app.domain.readings import BrokenReading, Given
from app.domain.scripts import Script
from app.errors import AppError, InvalidInput, OfficeOnly
from app.store import audit, backups, confidential, key_files
from app.store.calibration import office_cost
from app.store.db import Database
from app.store.key_files import KeyFile
from app.store.slots import has_slots
from app.store.vault import (
    NotOpened,
    key_fingerprint,
    new_sealing_key,
    open_sealed,
    sealing_public_key,
    signature_holds,
)
from app.sync.enrolling import new_passphrase

CLOCK = SystemClock()


def make_key(file: Path, is_recovery: bool, author_name: str, data: Path | None, passphrase_file: Path | None) -> None:
    """A new key: file first, then the public half and the audit row in one transaction.

    Raises InvalidInput for a file in the data folder, or when there are as many keys as an interview is sealed to.
    """
    settings = _central(data)
    if settings.data_dir.resolve() in file.resolve().parents:
        raise InvalidInput(
            "Write the key file elsewhere, best on a stick: who copies the data would have both.", "file"
        )
    with _office(settings) as database:
        passphrase = _new_passphrase(file, next(given_passphrases(passphrase_file), None))
        private = new_sealing_key()
        with database.write() as session:
            fingerprint = _register(session, sealing_public_key(private), is_recovery, author_name)
            key_files.write(file, private, database.node.public_key, passphrase, office_cost(settings))
    console.print(f"key {fingerprint} in {file}", markup=False, soft_wrap=True)
    console.print("Take the stick out now, and keep a second one elsewhere: without the file or its passphrase no")
    console.print("interview sealed to this key opens. Tablets learn the key when they next meet the office.")


def new_key(file: Path, office: str, passphrase_file: Path | None) -> None:
    """A new key away from the office, which never sees its private half: FILE, and FILE.public for the office.

    `office`: its signing key in hex, as `list_keys` shows it there. Raises InvalidInput, WouldOverwrite, WeakPassphrase.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", office):
        raise InvalidInput(
            "Give the office's key: 64 signs, as `baqylau confidential-key list` shows it there.", "office"
        )
    passphrase = _new_passphrase(file, next(given_passphrases(passphrase_file), None))
    private, public = new_sealing_key(), file.with_name(f"{file.name}.public")
    key_files.write(file, private, bytes.fromhex(office), passphrase, office_cost(settings_of(None)))
    fingerprint = key_files.write_public(public, sealing_public_key(private))
    console.print(f"key {fingerprint} in {file}", markup=False, soft_wrap=True)
    console.print(f"Bring {public} to the office: `baqylau confidential-key add` there.", markup=False, soft_wrap=True)
    console.print("Keep a second copy of the key file: without it or its passphrase no interview sealed to it opens.")


def add_key(file: Path, is_recovery: bool, author_name: str, data: Path | None) -> None:
    """The office takes up a key that was made elsewhere. Raises InvalidInput for what is none, or is here already."""
    public = key_files.read_public(file)
    with _office(_central(data)) as database, database.write() as session:
        fingerprint = _register(session, public, is_recovery, author_name)
    console.print(f"key {fingerprint} added", markup=False)
    console.print("Compare these signs with those at its making. Tablets learn the key when they next meet the office.")


def _register(session: Session, public: bytes, is_recovery: bool, author_name: str) -> str:
    author = author_of(session, author_name)
    if key_fingerprint(public) in {key.fingerprint for key in confidential.known(session)}:
        raise InvalidInput("This key is here already, in use or retired.", "key")
    if len(confidential.in_use(session)) >= MOST_KEYS:
        raise InvalidInput("Interviews are sealed to %(most)d keys at most. Retire one first.", most=MOST_KEYS)
    purpose = confidential.RECOVERY if is_recovery else confidential.READING
    fingerprint = confidential.register(session, public, purpose)
    audit.note(session, author.person_id, acts.CONFIDENTIAL_KEY_MADE, fingerprint, {"purpose": purpose})
    return fingerprint


def copy_key(file: Path, to: Path, passphrase_file: Path | None) -> None:
    """The same key under another passphrase; in a script the first line opens, the second is the new one."""
    given = list(given_passphrases(passphrase_file))
    held = key_files.read(file)
    private = held.open(given[0] if given else ask_passphrase(None))
    passphrase = _new_passphrase(to, given[1] if len(given) > 1 else None)
    key_files.write(to, private, held.central, passphrase, office_cost(settings_of(None)))
    console.print(f"key {held.fingerprint} in {to}", markup=False, soft_wrap=True)


def list_keys(data: Path | None) -> None:
    with _office(_central(data)) as database, database.read() as session:
        keys = confidential.known(session)
    console.print(f"office  {database.node.public_key.hex()}", markup=False, soft_wrap=True)
    for key in keys:
        ended = f", retired {_day(key.retired_at_ms)}" if key.retired_at_ms else ""
        console.print(f"{key.fingerprint}  {key.purpose}, since {_day(key.made_at_ms)}{ended}", markup=False)
    if not any(key.retired_at_ms is None for key in keys):
        console.print("There is no key to seal to: tablets keep their interviews as drafts until there is one.")


def retire_key(fingerprint: str, author_name: str, data: Path | None) -> None:
    """Raises InvalidInput for a key that is not in use."""
    with _office(_central(data)) as database, database.write() as session:
        author = author_of(session, author_name)
        if not confidential.retire(session, fingerprint):
            raise InvalidInput("No key %(fingerprint)s is in use here.", "fingerprint", fingerprint=fingerprint)
        audit.note(session, author.person_id, acts.CONFIDENTIAL_KEY_RETIRED, fingerprint)
    console.print(f"Nothing more is sealed to {fingerprint}. Keep its file: older interviews open only with it.")


# ---- the reader -------------------------------------------------------------------------------------------------------


def read_interview(file: Path, key: Path, passphrase_file: Path | None) -> None:
    """Shows what a file of a reading holds. Raises InvalidInput, before the passphrase is asked, unless the key's own
    office signed it and it is still in time: so there is an audit row for whatever is shown."""
    held = key_files.read(key)
    given = _genuine(file, held)
    sealed = [one[held.fingerprint] for one in given.sealed if held.fingerprint in one]
    if not sealed:
        wanted = ", ".join(sorted({name for one in given.sealed for name in one}))
        raise InvalidInput("This interview is sealed to other keys: %(wanted)s.", "key", wanted=wanted)
    private = held.open(ask_passphrase(passphrase_file))
    for one in sealed:
        _show(given, _opened(private, given, one))


def _genuine(file: Path, held: KeyFile) -> Given:
    try:
        given, text, signature = readings.read(file.read_bytes())
    except BrokenReading as error:
        raise InvalidInput("This is no file that the office gave out, or it is cut. Save it again.", "file") from error
    if not signature_holds(held.central, signature, readings.signed_message(text)):
        raise InvalidInput(
            "This file was changed, or comes from another office than the key. It is not opened.", "file"
        )
    if CLOCK.now_ms() > given.until_ms:
        raise InvalidInput("This file was given out for a day, and that is over. Ask at the office again.", "file")
    return given


def _opened(private: bytes, given: Given, sealed: str) -> Interview:
    try:
        plain = open_sealed(private, base64.b64decode(sealed), sealed_info(given.visit_id, given.interview_id))
        return read_document(plain)
    except (NotOpened, binascii.Error, ValueError) as error:
        raise InvalidInput("What is sealed here does not open: it was changed, or is of a newer Baqylau.") from error


def _show(given: Given, interview: Interview) -> None:
    from app.web import interview_words as words
    from app.web.language import Speech

    settings = settings_of(None)
    speech = Speech(settings.language, ZoneInfo(settings.time_zone))
    when = words.when(speech, interview.held_on.isoformat(), interview.half)
    console.print(f"{interview.code} · {when}", markup=False)
    console.print(say("For: %(purpose)s (%(name)s)", purpose=given.purpose, name=given.asked_by), markup=False)
    for label, text in words.lines(speech, interview, _script_of(settings, interview.script)):
        console.print(f"\n{label}\n  {text}", markup=False, soft_wrap=True)
    complaints.print(
        "\n" + say("Close this window when you have read it: it may keep what it has shown."), markup=False
    )


def _script_of(settings: Settings, script_id: str) -> Script | None:
    """For the titles of its topics; without it their ids are shown."""
    from app.store.checklists import load_library

    try:
        return load_library(settings.checklists_dir).scripts.get(script_id)
    except AppError:
        return None


# ---- helpers ------------------------------------------------------------------------------------------------------------


def _central(data: Path | None) -> Settings:
    settings = settings_of(data, role="central")
    if has_slots(settings.data_dir):
        raise OfficeOnly()
    return settings


@contextmanager
def _office(settings: Settings) -> Iterator[Database]:
    """The office's database beside the running server, as the office itself, without an incarnation of its own."""
    with beside_central(settings) as database:
        with database.read() as session:
            database.node = backups.node_in(session, database, CLOCK)
        yield database


def _new_passphrase(file: Path, given: str | None) -> str:
    return new_passphrase(given, set()) if given else ask_new_passphrase(file.name, set())


def _day(at_ms: int) -> str:
    return as_moment(at_ms).date().isoformat()
