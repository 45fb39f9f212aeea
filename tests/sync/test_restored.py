"""Central put back to an older state: it finds out, begins a new epoch, and gets back what anybody still has."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.domain.journal import Draft, Entry
from app.errors import CentralUnreachable
from app.store import journal, outgoing
from app.store.central_words import PROOF
from app.store.db import Database
from app.store.node import EPOCH, put_value, value_of, values_with_prefix
from app.store.tables import CursorRow, DeviceRow, RelayedRow, StreamRow, VoucherRow, table
from app.sync import codec, wire
from app.sync.link import Reply
from tests.builders import ANA, BEN, CY, FakeClock, World, answer, held, make_node, make_visit, node_of, records

RELAYED, VOUCHER = table(RelayedRow), table(VoucherRow)


def snapshot(world: World) -> Path:
    world.central.checkpoint()
    return Path(shutil.copytree(world.folder / "central", world.folder / "yesterday"))


def put_back(world: World, folder: Path, epoch: str = "") -> None:
    """Central runs on an older copy of its data. Without an epoch nobody told it so."""
    world.central.close()
    world.central = make_node(folder, "central", FakeClock(seed=8))
    if epoch:
        with world.central.write() as session:
            put_value(session, EPOCH, epoch)
    world.http.app.state.database = world.central  # type: ignore[attr-defined]


def epoch_of(database: Database) -> str:
    with database.read() as session:
        return value_of(session, EPOCH)


def relayed(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.execute(select(RELAYED.c.entry_id)).scalars())


@pytest.fixture
def told(world: World) -> tuple[Database, str, Path]:
    """A device that has sent a visit, a copy of central from before its last answer, and that answer sent too."""
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
    world.meet(device)
    old = snapshot(world)
    with device.write() as session:
        answer(session, visit)
    world.meet(device)
    return device, visit, old


def test_a_central_that_was_put_back_in_silence_finds_out_by_its_own_signature(
    world: World, told: tuple[Database, str, Path]
) -> None:
    device, visit, old = told
    before = epoch_of(world.central)
    put_back(world, old)
    assert epoch_of(world.central) == before
    with device.write() as session:
        answer(session, visit, "A-2")  # a place after the gap
    outcome = world.meet(device)
    assert outcome.new_epoch and epoch_of(world.central) == epoch_of(device) != before
    assert held(world.central) == held(device)
    assert not world.meet(device).new_epoch


def test_its_signed_ack_alone_is_enough(world: World, told: tuple[Database, str, Path]) -> None:
    device, visit, old = told
    before = epoch_of(world.central)
    with device.write() as session:  # as if it had never read anything
        session.execute(VOUCHER.delete())
        session.execute(table(CursorRow).delete())
    put_back(world, old)
    with device.write() as session:
        answer(session, visit, "A-2")
    assert world.meet(device).new_epoch
    assert epoch_of(world.central) != before
    assert held(world.central) == held(device)


def test_it_finds_out_also_when_nothing_new_was_written_by_what_the_device_has_read(
    world: World, told: tuple[Database, str, Path]
) -> None:
    device, _, old = told
    before = epoch_of(world.central)
    put_back(world, old)
    assert world.meet(device).new_epoch
    assert epoch_of(world.central) != before
    assert held(world.central) == held(device)


def test_a_gap_without_centrals_signature_begins_no_new_epoch(world: World, told: tuple[Database, str, Path]) -> None:
    device, visit, _ = told
    before = epoch_of(world.central)
    with device.write() as session:
        for name, kept in values_with_prefix(session, PROOF).items():
            put_value(session, f"{PROOF}{name}", kept.replace('"proof": "', '"proof": "00'))
        session.execute(update(table(StreamRow)).where(StreamRow.own == True).values(acked_seq=3))  # noqa: E712
        answer(session, visit, "A-2")
        answer(session, visit, "A-3")
    outcome = world.meet(device)
    assert not outcome.new_epoch and epoch_of(world.central) == before
    assert held(world.central) == held(device)


def test_a_device_that_pretends_to_have_read_more_reads_all_of_it_anew(world: World) -> None:
    device = world.device()
    world.meet(device)
    before, epoch = held(device), epoch_of(world.central)
    with device.write() as session:
        session.execute(VOUCHER.delete())
        cursor = outgoing.cursors(session)["reference"]
        outgoing.put_cursor(session, "reference", cursor + 90)
    world.meet(device)
    with device.read() as session:
        assert outgoing.cursors(session)["reference"] == cursor
    assert (held(device), epoch_of(world.central)) == (before, epoch)


def two_of_one_team(world: World) -> tuple[Database, Database, str]:
    ana, cy = world.device([ANA]), world.device([CY])
    with ana.write() as session:
        visit = make_visit(session, team=(ANA, CY))
    world.meet(ana)
    world.meet(cy)
    return ana, cy, visit


def test_what_a_lost_tablet_wrote_comes_back_from_one_that_had_read_it(world: World) -> None:
    ana, cy, visit = two_of_one_team(world)
    old = snapshot(world)
    with ana.write() as session:
        lost = answer(session, visit)
    world.meet(ana)
    world.meet(cy)
    put_back(world, old, "ee" * 8)
    assert lost.entry_id not in held(world.central)
    world.meet(cy)  # Ana's tablet lies in a river
    assert lost.entry_id in held(world.central)
    assert relayed(world.central) == {lost.entry_id}
    again = held(world.central), records(world.central)
    world.meet(cy)
    assert (held(world.central), records(world.central)) == again
    with cy.read() as session:
        epochs = set(session.execute(select(VOUCHER.c.epoch)).scalars())
    assert epochs == {"ee" * 8}


def test_it_is_hearsay_until_its_own_tablet_shows_it(world: World) -> None:
    ana, cy, visit = two_of_one_team(world)
    old = snapshot(world)
    with ana.write() as session:
        answer(session, visit)
    world.meet(ana)
    world.meet(cy)
    put_back(world, old, "ee" * 8)
    world.meet(cy)
    assert relayed(world.central)
    world.meet(ana)
    assert relayed(world.central) == set()
    assert held(world.central) == held(ana)


def test_a_decision_of_the_office_comes_back_the_same_way(world: World) -> None:
    ana, _, visit = two_of_one_team(world)
    old = snapshot(world)
    with world.central.write() as session:
        decision = journal.append(session, Draft("review", f"{visit}/review", f"visit:{visit}", {"state": "x"}), BEN)
    world.meet(ana)
    put_back(world, old, "ee" * 8)
    world.meet(ana)
    assert decision.entry_id in held(world.central)


def test_words_changed_on_the_tablet_do_not_come_back_under_centrals_signature(world: World) -> None:
    ana, cy, visit = two_of_one_team(world)
    old = snapshot(world)
    with ana.write() as session:
        lost = answer(session, visit, value="no")
    world.meet(ana)
    world.meet(cy)
    with cy.write() as session:
        body = lost.body.replace(b'"no"', b'"yes"') if lost.body else b""
        session.execute(update(journal.ENTRY).where(journal.ENTRY.c.entry_id == lost.entry_id).values(body=body))
    put_back(world, old, "ee" * 8)
    world.meet(cy)
    assert lost.entry_id not in held(world.central)
    world.meet(ana)
    assert held(world.central)[lost.entry_id][1] == lost.body


# ---- what the simulator found ------------------------------------------------------------------------------------------


def test_a_feed_that_grew_past_the_cursor_again_is_known_by_its_chain(world: World) -> None:
    """Put back in silence, then written on by others: the number of the cursor looks right, what stands there is not."""
    ana, cy, visit = two_of_one_team(world)
    old = snapshot(world)
    with ana.write() as session:
        lost = answer(session, visit, "A-1")
    world.meet(ana)
    world.meet(cy)
    put_back(world, old)
    with world.central.write() as session:
        for number in range(3):
            journal.append(session, Draft("review", f"{visit}/r{number}", f"visit:{visit}", {"n": number}), BEN)
    world.meet(cy)
    assert lost.entry_id in held(world.central)
    assert held(cy) == held(world.central)


def test_old_vouchers_stay_until_what_they_cover_was_read_anew(world: World) -> None:
    """Central is put back twice: the second time before the tablet had read in the epoch between."""
    ana, cy, visit = two_of_one_team(world)
    old = snapshot(world)
    with ana.write() as session:
        lost = answer(session, visit)
    world.meet(ana)
    world.meet(cy)
    again = Path(shutil.copytree(old, world.folder / "again"))
    put_back(world, old, "ee" * 8)

    class NoFeeds:
        """The way back breaks off as soon as the lost entries were given."""

        count = 0

        def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
            self.count += 1
            reply = world.transport()(method, path, headers, body)
            if self.count > 1:
                raise CentralUnreachable()
            return reply

    with pytest.raises(CentralUnreachable):
        world.meet(cy, NoFeeds())
    put_back(world, again, "dd" * 8)
    world.meet(cy)
    assert lost.entry_id in held(world.central)
    with cy.read() as session:
        assert session.execute(select(VOUCHER.c.signature).where(VOUCHER.c.is_old)).all() == []


def test_an_epoch_that_comes_back_makes_its_own_vouchers_old(world: World) -> None:
    ana, cy, visit = two_of_one_team(world)
    first = epoch_of(world.central)
    old = snapshot(world)
    with ana.write() as session:
        lost = answer(session, visit)
    world.meet(ana)
    world.meet(cy)
    with world.central.write() as session:
        put_value(session, EPOCH, "ee" * 8)
    world.meet(ana)
    put_back(world, old)  # in silence: the first epoch is back
    assert epoch_of(world.central) == first
    world.meet(cy)
    assert lost.entry_id in held(world.central)


def test_what_was_written_before_the_tablet_knew_the_visit_counts_when_the_office_added_it(world: World) -> None:
    ana, cy = world.device([ANA]), world.device([CY])
    with ana.write() as session:
        visit = make_visit(session, team=(ANA,))
    world.meet(ana)
    with cy.write() as session:
        early = answer(session, visit, author=CY)
    world.meet(cy)
    assert early.entry_id not in held(world.central)
    with world.central.write() as session:
        team = journal.entries_of(session, visit)
        draft = Draft("visit", visit, f"visit:{visit}", {"team": [ANA, CY]}, (team[0].entry_id,))
        journal.append(session, draft, BEN)
    world.meet(cy)
    assert early.entry_id in held(world.central)


@pytest.mark.parametrize("by_office", [False, True])
def test_an_erased_body_in_a_piece_holds_up_no_other_entry_of_it(world: World, by_office: bool) -> None:
    """Ben's tablet brings Ana's words back, also those beside one that was erased; her tablet is lost."""
    empty = snapshot(world)
    anas, bens = world.device([ANA]), world.device([BEN])
    with anas.write() as session:
        visit = make_visit(session, team=(ANA, BEN))
        before, gone, after = (answer(session, visit, f"A-{number}") for number in range(3))
    for device in (anas, bens):
        world.meet(device)
    with (world.central if by_office else anas).write() as session:
        journal.erase(session, gone.entry_id, BEN if by_office else ANA, by_office=by_office)
    for device in (anas, bens):
        world.meet(device)
    put_back_with_devices(world, empty, "later")
    for _ in range(3):
        world.meet(bens)
    found = held(world.central)
    assert found[gone.entry_id] == (gone.header, None)
    assert [found[one.entry_id][1] for one in (before, after)] == [before.body, after.body]


def test_whoever_brings_a_piece_cannot_empty_an_entry_of_it(world: World) -> None:
    empty = snapshot(world)
    anas, bens = world.device([ANA]), world.device([BEN])
    with anas.write() as session:
        visit = make_visit(session, team=(ANA, BEN))
        said = answer(session, visit)
    for device in (anas, bens):
        world.meet(device)
    put_back_with_devices(world, empty, "later")

    def emptying(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        if path.endswith("/exchange"):
            asked = wire.unpack(wire.Exchange, codec.decompress(body, headers["Content-Encoding"]))
            pieces = [
                one.model_copy(update={"entries": [_emptied(e, said) for e in one.entries]}) for one in asked.vouched
            ]
            body, headers["Content-Encoding"] = codec.compress(wire.pack(asked.model_copy(update={"vouched": pieces})))
            headers[wire.PROOF_HEADER] = node_of(bens).sign(wire.request_message("exchange", body)).hex()
        return world.transport()(method, path, headers, body)

    world.meet(bens, emptying)
    assert said.entry_id not in held(world.central)
    world.meet(bens)
    assert held(world.central)[said.entry_id] == (said.header, said.body)


def _emptied(entry: wire.WireEntry, said: Entry) -> wire.WireEntry:
    is_it = entry.h == said.header.decode()
    return entry.model_copy(update={"b": None, "bh": said.hashed.body_hash.hex()}) if is_it else entry


def put_back_with_devices(world: World, folder: Path, epoch: str) -> None:
    """As `put_back`, but the office has enrolled its devices again."""
    with world.central.read() as session:
        devices = [dict(row._mapping) for row in session.execute(select(table(DeviceRow)))]
    put_back(world, folder, epoch)
    with world.central.write() as session:
        session.execute(table(DeviceRow).insert(), devices)
