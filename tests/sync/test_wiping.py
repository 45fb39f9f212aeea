"""A visit that is signed off and safe at the office leaves the tablet: no word of it is in the data folder, the chain
holds, and it does not come back by itself.
"""

import itertools
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlalchemy import inspect, select, text, update
from sqlmodel import Session

from app.domain.alerts import ALERT
from app.domain.interviews import Interview
from app.domain.journal import Draft, Json
from app.domain.visits import visit_of
from app.domain.wiping import NEVER, Policy
from app.services.visits import signature_is_sound
from app.store import attachments, backups, interviews, journal, projection, reads, wiping
from app.store.backups_file import Manifest
from app.store.db import Database, open_sqlite
from app.store.node import EPOCH, put_value, value_of
from app.store.outgoing import QUARANTINED
from app.store.tables import AttachmentRow, LinkRow, table
from app.store.verification import findings
from tests.builders import (
    ANA,
    BEN,
    DEVICE_KEY,
    ENTRY,
    FakeClock,
    World,
    answer,
    held,
    make_visit,
    node_of,
    records,
)
from tests.store.backup_samples import row_of

CANARY = "kanarienvogel"
POLICY = Policy()
LINK, ATTACHMENT = table(LinkRow), table(AttachmentRow)
PAGE, RESERVED, IV = 4096, 80, 16  # SQLCipher 4: of each page the last 80 bytes are IV and HMAC
NUMBERS = itertools.count()


def check_backup(world: World) -> None:
    """Counts a copy of central as a backup that was restored into scratch and verified there."""
    number = next(NUMBERS)
    world.central.checkpoint()
    copy = world.folder / f"backup-{number}"
    shutil.copytree(world.folder / "central", copy)
    scratch = open_sqlite(copy, None)
    with scratch.read() as copied, world.central.write() as live:
        told = {"entry": 1, "attachment": 1}
        epoch, at_ms = value_of(copied, EPOCH), 1_790_000_000_000 + number
        manifest = Manifest("", epoch, at_ms, "", backups.stream_ends(copied), {}, told)
        assert backups.count_backup(live, copied, manifest, row_of(manifest), FakeClock())
    scratch.close()


def sign(session: Session, visit_id: str, person: str = ANA) -> None:
    """A member's sign-off over what stands there now."""
    visit = visit_of(reads.record(session, visit_id))  # type: ignore[arg-type]
    heads: list[Json] = list(reads.records_of(session, visit).heads())
    sets: dict[str, Json] = {"person": person, "heads": heads, "dissent": f"{CANARY} dissent"}
    subject = f"{visit_id}/sign_off/{person}"
    before = reads.record(session, subject)
    journal.append(session, Draft("sign_off", subject, visit.scope, sets, before.heads if before else ()), person)


def photo(session: Session, visit_id: str, data: bytes = CANARY.encode() * 50) -> str:
    sha256 = attachments.keep(session, data, attachments.ORIGINAL_TYPE, f"visit:{visit_id}", CANARY.encode())
    sets: dict[str, Json] = {"original": sha256, "caption": f"{CANARY} caption"}
    journal.append(session, Draft("photo", session.info["node"].clock.new_id(), f"visit:{visit_id}", sets), ANA)
    return sha256


def finished_visit(device: Database, team: tuple[str, ...] = (ANA,), pad: int = 40) -> str:
    with device.write() as session:
        visit = make_visit(session, "finished", team, finish_reason=f"{CANARY} reason")
        for number in range(pad):
            answer(session, visit, f"A-{number}", f"{CANARY} {number} " * 30)
        for number in range(0, pad, 3):
            answer(session, visit, f"A-{number}", f"{CANARY} again {number}")
        photo(session, visit)
        for member in team:
            sign(session, visit, member)
    return visit


def settle(world: World, *devices: Database) -> None:
    """All is sent, backed up, verified, and the tablets have heard of it."""
    for device in devices:
        world.meet(device)
    check_backup(world)
    for device in devices:
        world.meet(device)


def wipe(device: Database) -> int:
    return wiping.wipe_due(device, POLICY)


def flaws(database: Database) -> list[str]:
    with database.read() as session:
        return [f"{one.where}: {one.text}" for one in findings(session, signature_is_sound)]


def pages(path: Path, key: bytes) -> bytes:
    """The database as SQLite sees it: every page decrypted, those that nobody uses too."""
    data = path.read_bytes()
    found = []
    for start in range(0, len(data), PAGE):
        page = data[start : start + PAGE]
        cipher = Cipher(algorithms.AES(key), modes.CBC(page[-RESERVED : IV - RESERVED])).decryptor()
        found.append(cipher.update(page[16:-RESERVED] if not start else page[:-RESERVED]))
    return b"".join(found)


def log_of(database: Database) -> int:
    assert database.folder
    log = database.folder / "baqylau.db-wal"
    return log.stat().st_size if log.exists() else 0


@pytest.fixture
def left(world: World) -> tuple[Database, str]:
    """A tablet whose visit is signed off and safe."""
    device = world.device()
    visit = finished_visit(device)
    settle(world, device)
    return device, visit


def test_no_word_of_a_removed_visit_is_in_the_data_folder_even_with_the_key(
    world: World, left: tuple[Database, str]
) -> None:
    device, visit = left
    assert device.folder
    device.checkpoint()
    assert CANARY.encode() in pages(device.folder / "baqylau.db", DEVICE_KEY), "the test would see nothing"
    assert wipe(device) == 1
    assert log_of(device) < 12 * PAGE  # the log was emptied; only that the work is done stands in it
    assert CANARY.encode() not in pages(device.folder / "baqylau.db", DEVICE_KEY)
    with device.read() as session:
        for name in inspect(device.engine).get_table_names():
            rows = session.execute(text(f"SELECT * FROM {name}")).all()  # noqa: S608 - names of our own tables
            assert CANARY not in str(rows) and CANARY.encode() not in b"".join(
                c for r in rows for c in r if isinstance(c, bytes)
            )
    assert visit not in str(records(device))
    world.central.checkpoint()
    assert CANARY in str(records(world.central))


def test_links_stay_the_chain_holds_and_the_next_entry_follows(world: World, left: tuple[Database, str]) -> None:
    device, _ = left
    with device.read() as session:
        links = session.execute(select(LINK).order_by(LINK.c.stream, LINK.c.seq)).all()
    wipe(device)
    with device.write() as session:
        assert session.execute(select(LINK).order_by(LINK.c.stream, LINK.c.seq)).all() == links
        before = records(device)
        projection.rebuild(session)
    assert (flaws(device), records(device)) == ([], before)
    with device.write() as session:
        make_visit(session)
    assert world.meet(device).pushed == 1
    assert (flaws(device), flaws(world.central)) == ([], [])


def test_it_does_not_come_back_by_itself_nor_after_a_new_epoch(world: World, left: tuple[Database, str]) -> None:
    device, visit = left
    wipe(device)
    for _ in range(2):
        world.meet(device)
        with world.central.write() as session:
            backups.rotate_epoch(session, FakeClock(next(NUMBERS) + 50))
    with device.write() as session:
        answer(session, make_visit(session), "A-1", "later")
    assert world.meet(device).new_epoch
    assert f"visit:{visit}" not in {row[2] for row in records(device)}
    assert (flaws(device), flaws(world.central)) == ([], [])
    assert held(device).items() <= held(world.central).items()


def test_a_visit_that_the_office_returns_is_given_again_whole(world: World, left: tuple[Database, str]) -> None:
    device, visit = left
    before = records(device, f"visit:{visit}")
    wipe(device)
    with world.central.write() as session:
        heads = reads.record(session, visit).heads  # type: ignore[union-attr]
        journal.append(session, Draft("visit", visit, f"visit:{visit}", {"state": "returned"}, heads), BEN)
    world.meet(device)
    again = records(device, f"visit:{visit}")
    assert again[1:] == before[1:] and again == records(world.central, f"visit:{visit}")
    with device.read() as session:
        assert wiping.wiped_at(session) == {}
    with device.write() as session:
        answer(session, visit, "A-1", "more")
        visit_heads = reads.record(session, visit).heads  # type: ignore[union-attr]
        journal.append(session, Draft("visit", visit, f"visit:{visit}", {"state": "finished"}, visit_heads), ANA)
        sign(session, visit)
    assert wipe(device) == 0
    settle(world, device)
    assert (wipe(device), flaws(device)) == (1, [])


def hold_by_draft(device: Database, visit: str) -> None:
    with device.write() as session:
        talk = Interview("t", visit, ANA, "Б-1", "s", date(2026, 11, 20), "morning", {})
        interviews.add(session, talk)


def hold_by_alert(device: Database, visit: str) -> None:
    with device.write() as session:
        sets: dict[str, Json] = {"danger": "other", "institution": "i"}
        journal.append(session, Draft(ALERT, "00000000-0000-7000-8000-00000000aa01", f"visit:{visit}", sets), ANA, 0)


def hold_by_answer(device: Database, visit: str) -> None:
    with device.write() as session:
        answer(session, visit, "A-1", "changed")


def hold_by_state(device: Database, visit: str) -> None:
    with device.write() as session:
        heads = reads.record(session, visit).heads  # type: ignore[union-attr]
        journal.append(session, Draft("visit", visit, f"visit:{visit}", {"state": "in_progress"}, heads), ANA)


def hold_by_quarantine(device: Database, visit: str) -> None:
    with device.write() as session:
        entry = session.execute(select(ENTRY.c.entry_id).where(ENTRY.c.scope == f"visit:{visit}").limit(1)).scalar_one()
        put_value(session, f"{QUARANTINED}{entry}", "author")


@pytest.mark.parametrize("hold", [hold_by_draft, hold_by_alert, hold_by_state, hold_by_quarantine])
def test_what_somebody_has_still_to_do_here_keeps_a_visit(
    world: World, left: tuple[Database, str], hold: Callable[[Database, str], None]
) -> None:
    device, visit = left
    hold(device, visit)
    settle(world, device)
    assert wipe(device) == 0
    assert f"visit:{visit}" in {row[2] for row in records(device)}


def test_what_is_not_in_a_checked_backup_of_this_epoch_is_never_removed(world: World) -> None:
    device = world.device()
    visit = finished_visit(device)
    assert wipe(device) == 0  # saved
    world.meet(device)
    world.meet(device)
    assert wipe(device) == 0  # sent
    check_backup(world)
    assert wipe(device) == 0  # safe, and nobody has heard of it
    world.meet(device)
    with world.central.write() as session:
        backups.rotate_epoch(session, FakeClock(next(NUMBERS) + 50))
    world.meet(device)
    assert wipe(device) == 0  # of another epoch
    check_backup(world)
    world.meet(device)
    with device.write() as session:
        answer(session, visit, "A-1", "changed")
        sign(session, visit)
    assert wipe(device) == 0  # one entry is newer
    world.meet(device)
    assert wipe(device) == 0
    check_backup(world)
    world.meet(device)
    assert wipe(device) == 1


def test_a_file_that_is_not_in_a_checked_backup_keeps_its_visit(world: World, left: tuple[Database, str]) -> None:
    device, _ = left
    with device.write() as session:
        session.execute(update(ATTACHMENT).values(durable_at_ms=None))
    assert wipe(device) == 0


def test_what_others_wrote_goes_only_when_the_feed_is_durable(world: World) -> None:
    anas, bens = world.device([ANA, BEN]), world.device([BEN])
    visit = finished_visit(anas, (ANA, BEN))
    settle(world, anas, bens)
    with anas.write() as session:
        answer(session, visit, "A-1", "changed")
        sign(session, visit)
        sign(session, visit, BEN)
    world.meet(anas)
    world.meet(bens)
    assert wipe(bens) == 0  # it has read what no checked backup holds
    settle(world, anas, bens)
    assert wipe(bens) == 1
    assert f"visit:{visit}" not in {row[2] for row in records(bens)}
    assert wipe(anas) == 1


def test_a_visit_waits_for_the_signature_of_each_member(world: World) -> None:
    device = world.device([ANA, BEN])
    with device.write() as session:
        visit = make_visit(session, "finished", (ANA, BEN))
        sign(session, visit)
    settle(world, device)
    assert wipe(device) == 0
    with device.write() as session:
        sign(session, visit, BEN)
    settle(world, device)
    assert wipe(device) == 1


@pytest.mark.parametrize("policy", [Policy(NEVER), Policy(days=2)])
def test_the_policy_may_keep_it(left: tuple[Database, str], policy: Policy) -> None:
    device, _ = left
    assert wiping.wipe_due(device, policy) == 0
    node_of(device).clock.at_ms += 3 * 24 * 3600 * 1000  # type: ignore[attr-defined]
    assert wiping.wipe_due(device, policy) == (1 if policy.days else 0)


def test_a_tablet_killed_between_removing_and_rewriting_finishes_later(
    left: tuple[Database, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    device, _ = left
    assert device.folder
    monkeypatch.setattr(Database, "rewrite", lambda _: False)  # as if the power were cut
    wipe(device)
    monkeypatch.undo()
    with device.read() as session:
        assert value_of(session, wiping.UNFINISHED)
        assert not device.rewrite()  # somebody reads
        device.engine.pool.recreate()
    wiping.finish(device)
    with device.read() as session:
        assert not value_of(session, wiping.UNFINISHED)
    assert CANARY.encode() not in pages(device.folder / "baqylau.db", DEVICE_KEY)
