"""Drafts of interviews: their author's alone, gone without a trace when erased, sealed beyond the tablet's reach."""

import base64
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from app.domain.interviews import SEALED, Interview, read_document, sealed_info
from app.domain.people import Person
from app.domain.scripts import Script
from app.errors import InvalidInput, NotThere
from app.services import interviews as services
from app.store import confidential, interviews, journal, key_files, reads
from app.store.checklist_files import read_library
from app.store.db import DATABASE_NAME, Database
from app.store.vault import (
    Cost,
    NotOpened,
    key_fingerprint,
    new_sealing_key,
    open_sealed,
    sealing_public_key,
)
from tests.builders import ANA, CY, DEVICE_KEY, make_node, make_visit

CANARY = "Балапан-құпия"
CHEAP = Cost(19, 2, 1)
ANA_TRAINED = Person(ANA, "Ana", frozenset({"team_lead"}), trained_on=date(2026, 1, 1))
NOON = datetime(2026, 11, 22, 12, 30)
FILLED = {
    "age": "11_14",
    "sex": "female",
    "language": "kk",
    "interpreter": "none",
    "place": "outdoors",
    "near.nobody": "yes",
    "note.first-hours": CANARY,
    "note.other": CANARY,
    "reach": CANARY,
    "distress": "calm",
    "disclosure": "self",
    "passing_on": "agreed",
    "reprisal": "high",
    "follow_up_on": "2026-12-01",
}


@pytest.fixture(scope="session")
def script() -> Script:
    library, _ = read_library(Path(__file__).resolve().parents[2] / "checklists")
    return library.scripts["child-15-17"]


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Database]:
    database = make_node(tmp_path / "device")
    yield database
    database.close()


def begun(database: Database, script: Script, **filled: str) -> Interview:
    """A visit with a draft of Ana's, filled in and saved letter by letter, as a form that saves itself does."""
    with database.write() as session:
        visit_id = make_visit(session)
        visit = reads.visit_for(session, ANA_TRAINED, visit_id)
        consent = services.Consent(script, len(script.consent), "not_asked")
        made = services.open_interview(session, ANA_TRAINED, visit, consent, NOON)
    for end in (3, None):
        with database.write() as session:
            draft = interviews.draft_of(session, ANA_TRAINED, visit_id, made)
            typed = {name: value if name != "note.other" else value[:end] for name, value in (FILLED | filled).items()}
            draft = services.write_interview(session, draft, script, typed)
    return draft


def close(database: Database, draft: Interview, script: Script) -> None:
    with database.write() as session:
        visit = reads.visit_for(session, ANA_TRAINED, draft.visit_id)
        services.close_interview(session, ANA_TRAINED, visit, draft, script)
    database.checkpoint()


def told_keys(database: Database, *keys: bytes) -> None:
    with database.write() as session:
        confidential.keep_told(session, [sealing_public_key(key).hex() for key in keys])


def plain_pages(folder: Path) -> bytes:
    """Every byte of the database file and its log with the encryption taken off: also pages that hold no row any more.

    SQLCipher 4: AES-256-CBC, 4,096 bytes a page, of which the last 80 are IV and HMAC; the first 16 of the file are salt.
    """
    found = b""
    for name, head, gap in ((DATABASE_NAME, 0, 0), (f"{DATABASE_NAME}-wal", 32, 24)):
        path = folder / name
        data = path.read_bytes() if path.exists() else b""
        for at in range(head, len(data) - gap, 4096 + gap):
            page = data[at + gap : at + gap + 4096]
            start = 16 if name == DATABASE_NAME and at == 0 else 0
            if len(page) == 4096:
                opened = Cipher(algorithms.AES(DEVICE_KEY), modes.CBC(page[4016:4032])).decryptor()
                found += opened.update(page[start:4016])
    return found


def test_a_draft_is_read_by_its_author_alone(tablet: Database, script: Script) -> None:
    draft = begun(tablet, script)
    with tablet.read() as session:
        assert interviews.draft_of(session, ANA_TRAINED, draft.visit_id, draft.interview_id).content["reach"] == CANARY
        for who, visit_id in ((CY, draft.visit_id), (ANA, "another")):
            with pytest.raises(NotThere):
                interviews.draft_of(session, Person(who, "x", frozenset()), visit_id, draft.interview_id)


def test_the_whole_form_is_what_counts_and_the_consent_stays(tablet: Database, script: Script) -> None:
    draft = begun(tablet, script)
    with tablet.write() as session:
        services.write_interview(session, draft, script, {"sex": "male", "assent": "no", "representative": "agreed"})
    with tablet.read() as session:
        kept = interviews.draft_of(session, ANA_TRAINED, draft.visit_id, draft.interview_id)
    assert kept.content == {"assent": "yes", "representative": "not_asked", "sex": "male"}


@pytest.mark.parametrize("typed", [{"distress": "9"}, {"follow_up_on": "soon"}, {"reach": "x" * 3001}])
def test_what_cannot_be_is_refused_and_changes_nothing(tablet: Database, script: Script, typed: dict[str, str]) -> None:
    draft = begun(tablet, script)
    with pytest.raises(InvalidInput) as refused, tablet.write() as session:
        services.write_interview(session, draft, script, {"sex": "male", **typed})
    assert refused.value.field in typed
    with tablet.read() as session:
        kept = interviews.draft_of(session, ANA_TRAINED, draft.visit_id, draft.interview_id)
        assert kept.content["sex"] == "female"


def test_a_draft_is_in_no_journal(tablet: Database, script: Script) -> None:
    draft = begun(tablet, script)
    with tablet.read() as session:
        assert journal.entries_of(session, draft.interview_id) == []
    assert CANARY.encode() in plain_pages(tablet.folder or Path())  # this is how a trace would be seen


def test_stop_erases_that_interview_alone(tablet: Database, script: Script) -> None:
    first, second = (
        begun(tablet, script),
        begun(tablet, script, reach="қалады", **{"note.first-hours": "", "note.other": ""}),
    )
    with tablet.write() as session:
        services.stop_interview(session, first)
    tablet.checkpoint()
    with tablet.read() as session:
        assert interviews.drafts_in(session, first.visit_id) == []
        assert interviews.count_stopped(session, first.visit_id) == 1
        assert [one.content["reach"] for one in interviews.drafts_in(session, second.visit_id)] == ["қалады"]
        assert journal.entries_of(session, first.interview_id) == []
    pages = plain_pages(tablet.folder or Path())
    assert CANARY.encode() not in pages and CANARY[:3].encode() not in pages
    assert "қалады".encode() in pages
    assert first.interview_id.encode() not in pages


def test_a_late_letter_does_not_bring_a_stopped_interview_back(tablet: Database, script: Script) -> None:
    draft = begun(tablet, script)
    with tablet.write() as session:
        services.stop_interview(session, draft)
        services.write_interview(session, draft, script, FILLED)
        assert interviews.drafts_in(session, draft.visit_id) == []


def test_a_closed_interview_cannot_be_opened_with_everything_that_is_on_the_tablet(
    tablet: Database, script: Script
) -> None:
    """The raw key of the database, every decrypted page, the device's own key and the public keys of the office."""
    office = new_sealing_key()
    told_keys(tablet, office)
    draft = begun(tablet, script)
    close(tablet, draft, script)
    folder = tablet.folder or Path()
    pages = plain_pages(folder)
    assert CANARY.encode() not in pages and b"11_14" not in pages and b"note.first-hours" not in pages
    for path in folder.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes()
    with tablet.read() as session:
        (entry,) = journal.entries_of(session, draft.interview_id)
        fields = dict(entry.fields())
    sealed = base64.b64decode(str(fields.pop(SEALED + key_fingerprint(sealing_public_key(office)))))
    assert fields == {"code": draft.code, "held_on": "2026-11-22", "half": "afternoon", "state": "closed"}
    info = sealed_info(draft.visit_id, draft.interview_id)
    device_seed = tablet.node.signing_key.private_bytes_raw()
    for known in (DEVICE_KEY, device_seed, sealing_public_key(office)):
        with pytest.raises(NotOpened):
            open_sealed((known * 40)[:96], sealed, info)
    assert read_document(open_sealed(office, sealed, info)) == draft  # and the office can
    with pytest.raises(NotOpened):
        open_sealed(office, sealed, sealed_info(draft.visit_id, "another"))


def test_it_is_sealed_to_every_key_and_each_of_them_opens_it(tablet: Database, script: Script) -> None:
    keys = [new_sealing_key() for _ in range(3)]
    told_keys(tablet, *keys)
    draft = begun(tablet, script)
    close(tablet, draft, script)
    with tablet.read() as session:
        fields = journal.entries_of(session, draft.interview_id)[0].fields()
    for key in keys:
        sealed = base64.b64decode(str(fields[SEALED + key_fingerprint(sealing_public_key(key))]))
        plain = open_sealed(key, sealed, sealed_info(draft.visit_id, draft.interview_id))
        assert read_document(plain).content["reach"] == CANARY


def test_without_a_key_of_the_office_it_stays_a_draft(tablet: Database, script: Script) -> None:
    draft = begun(tablet, script)
    with pytest.raises(InvalidInput, match="no key of the office"):
        close(tablet, draft, script)
    with tablet.read() as session:
        assert interviews.drafts_in(session, draft.visit_id) == [draft]


def test_an_unfinished_one_is_not_sealed(tablet: Database, script: Script) -> None:
    told_keys(tablet, new_sealing_key())
    draft = begun(tablet, script, distress="")
    with pytest.raises(InvalidInput, match="still missing"):
        close(tablet, draft, script)


def test_the_longest_interview_is_an_entry_that_central_takes(tablet: Database, script: Script) -> None:
    told_keys(tablet, *(new_sealing_key() for _ in range(6)))
    notes = {f"note.{topic.id}": "ұ" * 3000 for topic in script.topics}
    draft = begun(tablet, script, **notes, reach="ұ" * 3000)
    close(tablet, draft, script)
    with tablet.read() as session:
        (entry,) = journal.entries_of(session, draft.interview_id)
    assert len([name for name in entry.sets if name.startswith(SEALED)]) == 4
    assert entry.body is not None and 300_000 < len(entry.body) < 1024 * 1024


def test_notes_too_long_to_be_sealed_are_refused_while_they_are_written(tablet: Database, script: Script) -> None:
    draft = begun(tablet, script)
    notes = {f"note.{topic.id}": "🙂" * 3000 for topic in script.topics}
    with pytest.raises(InvalidInput, match="too long to be sealed"), tablet.write() as session:
        services.write_interview(session, draft, script, notes | {"note.other": "🙂" * 3000})


def test_sealing_takes_a_moment(tablet: Database, script: Script) -> None:
    """5 ms by the issue; the fastest of ten, for the machine is shared."""
    from app.domain.interviews import document
    from app.store.vault import seal_to

    draft, public = begun(tablet, script), sealing_public_key(new_sealing_key())
    times = []
    for _ in range(10):
        started = time.perf_counter()
        seal_to(public, document(draft), sealed_info(draft.visit_id, draft.interview_id))
        times.append(time.perf_counter() - started)
    assert min(times) < 0.005


# ---- the key file ------------------------------------------------------------------------------------------------------


def test_a_key_file_opens_with_its_passphrase_alone(tmp_path: Path) -> None:
    private = new_sealing_key()
    path = tmp_path / "stick.key"
    name = key_files.write(path, private, b"c" * 32, "one little blue elephant", CHEAP)
    assert path.stat().st_mode & 0o777 == 0o600
    assert private.hex() not in path.read_text()
    held = key_files.read(path)
    assert (held.fingerprint, held.central) == (name, b"c" * 32)
    assert held.open("One  little blue ELEPHANT") == private
    with pytest.raises(InvalidInput, match="does not open the key file"):
        held.open("one little blue elephan")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"baqylau_confidential_key": 2}', '{"baqylau_confidential_key": 1}'])
def test_what_is_no_key_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x"
    path.write_text(text)
    with pytest.raises(InvalidInput, match="no key file"):
        key_files.read(path)
