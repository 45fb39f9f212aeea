"""Interviews between tablet and office: drafts never travel, keys do, and what arrives sealed the office's server cannot open."""

import base64
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import Session, SQLModel

from app.domain.interviews import SEALED, Interview, read_document, sealed_info
from app.domain.people import Person
from app.domain.scripts import Script
from app.services import interviews as services
from app.store import backups, confidential, interviews, reads
from app.store.checklist_files import read_library
from app.store.db import Database
from app.store.node import value_of
from app.store.tables import NodeValueRow, table
from app.store.vault import NotOpened, key_fingerprint, new_sealing_key, open_sealed, sealing_public_key
from app.sync import bundles, codec, wire
from app.sync.link import Reply, Transport
from tests.builders import ANA, World, make_visit

CANARY = "Балапан-құпия"
ANA_TRAINED = Person(ANA, "Ana", frozenset({"team_lead"}), trained_on=date(2026, 1, 1))
FILLED = {
    "age": "15_17",
    "language": "kk",
    "near.nobody": "yes",
    "note.other": CANARY,
    "distress": "calm",
    "disclosure": "none",
    "reprisal": "low",
}


@pytest.fixture(scope="session")
def script() -> Script:
    library, _ = read_library(Path(__file__).resolve().parents[2] / "checklists")
    return library.scripts["child-15-17"]


def draft_on(device: Database, script: Script) -> Interview:
    with device.write() as session:
        visit = reads.visit_for(session, ANA_TRAINED, make_visit(session))
        consent = services.Consent(script, len(script.consent), "not_asked")
        made = services.open_interview(session, ANA_TRAINED, visit, consent, datetime(2026, 11, 22, 9))
        draft = interviews.draft_of(session, ANA_TRAINED, visit.visit_id, made)
        return services.write_interview(session, draft, script, FILLED)


def close(device: Database, draft: Interview, script: Script) -> None:
    with device.write() as session:
        visit = reads.visit_for(session, ANA_TRAINED, draft.visit_id)
        services.close_interview(session, ANA_TRAINED, visit, draft, script)


def register(world: World, private: bytes, purpose: str = confidential.READING) -> str:
    with world.central.write() as session:
        return confidential.register(session, sealing_public_key(private), purpose)


def told(device: Database) -> list[bytes]:
    with device.read() as session:
        return confidential.told(session)


def dump(session: Session) -> str:
    """Everything in a database, as text."""
    return "\n".join(str(tuple(row)) for one in SQLModel.metadata.sorted_tables for row in session.execute(select(one)))


def listening(world: World, heard: list[bytes]) -> Transport:
    """The network, with somebody who hears all that is said in both directions, opened."""

    def carry(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        encoding = {name.lower(): value for name, value in headers.items()}.get("content-encoding", "")
        heard.append(codec.decompress(body, encoding) if encoding else body)
        reply = world.transport()(method, path, headers, body)
        heard.append(reply.content())
        return reply

    return carry


def test_a_tablet_learns_the_keys_and_every_change_of_them(either_world: World) -> None:
    world = either_world
    device = world.device()
    world.meet(device)
    assert told(device) == []
    first, second = new_sealing_key(), new_sealing_key()
    name = register(world, first)
    world.meet(device)
    assert told(device) == [sealing_public_key(first)]
    register(world, second, confidential.RECOVERY)
    world.meet(device)
    assert told(device) == [sealing_public_key(first), sealing_public_key(second)]
    with world.central.write() as session:
        assert confidential.retire(session, name)
        assert not confidential.retire(session, name)
    world.meet(device)
    assert told(device) == [sealing_public_key(second)]


def test_when_the_last_key_is_retired_tablets_seal_to_none(world: World) -> None:
    device = world.device()
    name = register(world, new_sealing_key())
    world.meet(device)
    with world.central.write() as session:
        confidential.retire(session, name)
    world.meet(device)
    assert told(device) == []


def test_keys_that_a_tablet_has_are_not_sent_again(world: World) -> None:
    device, private = world.device(), new_sealing_key()
    register(world, private)
    world.meet(device)
    heard: list[bytes] = []
    world.meet(device, listening(world, heard))
    assert heard and sealing_public_key(private).hex().encode() not in b"".join(heard)


def test_an_older_tablet_is_told_nothing_of_keys() -> None:
    asked = wire.unpack(wire.Exchange, b'{"device":"d","nonce":"0123456789abcdef"}')
    assert asked.confidential_keys is None


def test_a_draft_never_travels(world: World, script: Script) -> None:
    device, courier = world.device(), world.device()
    register(world, new_sealing_key())
    world.meet(device)
    draft = draft_on(device, script)
    heard: list[bytes] = []
    files = list(bundles.export(device, everything=True))
    world.meet(device, listening(world, heard))
    for _, _, data in files:
        bundles.take(world.central, data)
    world.meet(courier)
    assert draft.visit_id.encode() in b"".join(heard)  # the visit itself has gone
    for word in (CANARY, draft.code, draft.interview_id):
        assert word.encode() not in b"".join(heard)
        for database in (world.central, courier):
            with database.read() as session:
                assert word not in dump(session)
    with device.read() as session:
        assert CANARY in dump(session)


def test_a_backup_holds_no_drafts() -> None:
    kept = {one.name for one in backups.kept_tables()}
    assert "interview_draft" not in kept
    assert {"confidential_key", "reading"} <= kept


def test_what_the_office_has_and_all_its_secrets_open_no_interview(world: World, script: Script) -> None:
    """A dump of central's database, its signing key, its key for bundles: none is the key, and only the key opens it."""
    device, private = world.device(), new_sealing_key()
    name = register(world, private)
    world.meet(device)
    draft = draft_on(device, script)
    close(device, draft, script)
    world.meet(device)
    with world.central.read() as session:
        held = dump(session)
        record = reads.record(session, draft.interview_id)
        values = [row.value for row in session.execute(select(table(NodeValueRow)))]
        bundle_key = bytes.fromhex(value_of(session, "bundle_private_key"))
    assert record is not None and record.text("code") == draft.code and record.text("state") == "closed"
    assert CANARY not in held and "15_17" not in held and private.hex() not in held
    sealed, info = base64.b64decode(record.text(SEALED + name)), sealed_info(draft.visit_id, draft.interview_id)
    secrets = [
        bundle_key,
        *(bytes.fromhex(v) for v in values if len(v) in (64, 192) and set(v) <= set("0123456789abcdef")),
    ]
    assert len(secrets) >= 2
    for secret in secrets:
        with pytest.raises(NotOpened):
            open_sealed((secret * 3)[:96], sealed, info)
    assert read_document(open_sealed(private, sealed, info)) == draft


def test_a_retired_key_still_opens_what_was_sealed_to_it(world: World, script: Script) -> None:
    device, old, new = world.device(), new_sealing_key(), new_sealing_key()
    name = register(world, old)
    world.meet(device)
    first = draft_on(device, script)
    close(device, first, script)
    register(world, new)
    with world.central.write() as session:
        confidential.retire(session, name)
    world.meet(device)
    second = draft_on(device, script)
    close(device, second, script)
    world.meet(device)
    for draft, private, other in ((first, old, new), (second, new, old)):
        with world.central.read() as session:
            record = reads.record(session, draft.interview_id)
        assert record is not None
        sealed = base64.b64decode(record.text(SEALED + key_fingerprint(sealing_public_key(private))))
        assert read_document(open_sealed(private, sealed, sealed_info(draft.visit_id, draft.interview_id))) == draft
        assert SEALED + key_fingerprint(sealing_public_key(other)) not in record.fields


def test_the_teams_other_tablets_hold_it_sealed_too(world: World, script: Script) -> None:
    device, other = world.device(), world.device()
    register(world, new_sealing_key())
    world.meet(device)
    draft = draft_on(device, script)
    close(device, draft, script)
    world.meet(device)
    world.meet(other)
    with other.read() as session:
        record = reads.record(session, draft.interview_id)
        assert record is not None and record.text("code") == draft.code
        assert CANARY not in dump(session)
