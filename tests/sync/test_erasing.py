"""An erasure travels: wherever it comes, in whatever order and however often, the body that it names is not."""

import itertools

import pytest
from sqlalchemy import select
from sqlmodel import Session

from app.domain import erasure
from app.domain.journal import Draft, Entry, compose
from app.errors import NotAllowed, NotThere, ProtocolError
from app.services.erasures import erase_entry
from app.services.visits import signature_is_sound
from app.store import attachments, files_named, journal, reads, verification, vouchers
from app.store.db import Database
from app.store.tables import AttachmentRow, DeviceRow, table
from app.store.uploads import Upload
from app.sync.taken_files import check_upload, keep_whole
from tests.builders import ANA, BEN, World, answer, held, lose_body, make_person, make_visit, node_of, records
from tests.sync.test_bundles import photo_bytes

ADMINISTRATOR = "00000000-0000-7000-8000-0000000000ad"


def erase(database: Database, entry: Entry, author: str = ANA, by_office: bool = False) -> None:
    with database.write() as session:
        journal.erase(session, entry.entry_id, author, by_office=by_office)


def body(database: Database, entry: Entry) -> bytes | None:
    return held(database)[entry.entry_id][1]


def value(database: Database, entry: Entry) -> str:
    with database.read() as session:
        found = reads.record(session, entry.subject)
    assert found
    return found.text("value")


def flaws(database: Database) -> list[str]:
    with database.read() as session:
        return [f"{one.where}: {one.text}" for one in verification.findings(session, signature_is_sound)]


@pytest.fixture
def said(either_world: World) -> Entry:
    """Ana's word, on her tablet, at central and on Ben's tablet."""
    anas, bens = either_world.device([ANA]), either_world.device([BEN])
    with anas.write() as session:
        entry = answer(session, make_visit(session, team=(ANA, BEN)), "A-1", "hurt")
    for device in (anas, bens):
        either_world.meet(device)
    return entry


def test_what_its_author_erases_is_gone_everywhere_and_its_chain_holds(either_world: World, said: Entry) -> None:
    anas, bens = either_world.devices
    erase(anas, said)
    assert (body(anas, said), body(bens, said)) == (None, said.body)
    for device in (anas, bens, anas):
        either_world.meet(device)
    for node in (anas, bens, either_world.central):
        assert (body(node, said), value(node, said), flaws(node)) == (None, "", [])
    assert records(anas, said.scope) == records(bens, said.scope) == records(either_world.central, said.scope)


def test_what_the_office_erases_is_gone_on_the_tablets(either_world: World, said: Entry) -> None:
    erase(either_world.central, said, BEN, by_office=True)
    for device in either_world.devices:
        either_world.meet(device)
        assert (body(device, said), flaws(device)) == (None, [])


def test_a_tablet_cannot_erase_what_others_wrote(either_world: World, said: Entry) -> None:
    _, bens = either_world.devices
    erase(bens, said, BEN)
    erase(bens, said, BEN, by_office=True)
    assert body(bens, said) is None  # on his own tablet nobody can hinder him
    outcome = either_world.meet(bens)
    assert [one.reason for one in outcome.quarantined] == ["rights"]
    assert body(either_world.central, said) == said.body


def an_erasure(database: Database, said: Entry, author: str = ANA) -> Entry:
    draft = erasure.draft_of(said, by_office=False)
    return compose(draft, node_of(database).clock.new_id(), author, 1, b"salt" * 4)


@pytest.mark.parametrize("order", list(itertools.permutations((0, 1, 2))))
def test_in_any_order_in_one_batch_or_in_many_nothing_is_left_of_it(world: World, order: tuple[int, ...]) -> None:
    elsewhere = world.device()
    with elsewhere.write() as session:
        visit = make_visit(session)
        said, later = answer(session, visit, "A-1", "hurt"), answer(session, visit, "A-2", "well")
    entries = [said, an_erasure(elsewhere, said), later]
    arrivals = [entries[at] for at in order]
    for node, groups in ((world.central, [arrivals, arrivals]), (world.device(), [[one] for one in arrivals * 2])):
        for group in groups:
            with node.write() as session:
                journal.receive(session, group)
        assert (body(node, said), body(node, later)) == (None, later.body)
        assert value(node, said) == "" and value(node, later) == "well"


def test_a_late_entry_keeps_its_hash_in_stream_and_voucher(either_world: World) -> None:
    """Its erasure comes first, through a tablet that had it from a hub; the entry itself follows."""
    anas, bens = either_world.device([ANA]), either_world.device([BEN])
    with anas.write() as session:
        visit = make_visit(session, team=(ANA, BEN))
        said = answer(session, visit, "A-1", "hurt")
    with either_world.central.write() as session:
        journal.receive(session, [erases := an_erasure(anas, said)])
        vouchers.mark_relayed(session, [erases.entry_id], "a hub")
    for device in (anas, bens):
        either_world.meet(device)
    for node in (either_world.central, bens):
        assert (body(node, said), flaws(node)) == (None, [])


def test_an_erasure_that_does_not_count_erases_nothing_until_it_does(world: World) -> None:
    with world.central.write() as session:
        said = answer(session, make_visit(session), "A-1", "hurt")
        erases = an_erasure(world.central, said)
        journal.receive(session, [erases], {erases.entry_id: "author"})
    assert body(world.central, said) == said.body
    with world.central.write() as session:
        journal.receive(session, [erases])
    assert body(world.central, said) is None


def test_who_may_erase_what(world: World) -> None:
    device = world.device([ANA])
    with device.write() as session:
        own = answer(session, make_visit(session), "A-1", "hurt")
    world.meet(device)
    with world.central.write() as session:
        make_person(session, ADMINISTRATOR, "Adm", ["administrator"])
        adm, ben, ana = (reads.person(session, one) for one in (ADMINISTRATOR, BEN, ANA))
        assert adm and ben and ana
        with pytest.raises(NotAllowed):
            erase_entry(session, ben, own.entry_id)
        with pytest.raises(NotThere):
            erase_entry(session, adm, node_of(world.central).clock.new_id())
        erase_entry(session, adm, own.entry_id)
        erase_entry(session, adm, own.entry_id)
        made = reads.records(session, erasure.KIND)
        assert [one.is_on(erasure.BY_OFFICE) for one in made] == [True]
        with pytest.raises(NotAllowed):
            erase_entry(session, adm, made[0].heads[0])
    world.meet(device)
    assert body(device, own) is None
    with device.write() as session:
        mine = answer(session, own.scope.removeprefix("visit:"), "A-2", "well")
        with pytest.raises(NotAllowed):  # the right of the office is the office's
            erase_entry(session, adm, mine.entry_id)
        erase_entry(session, ana, mine.entry_id)
        lose_body(session, mine.entry_id)
        erase_entry(session, ana, mine.entry_id)  # nothing is left to erase
    assert body(device, mine) is None


def photograph(session: Session, visit: str, data: bytes) -> Entry:
    name = attachments.keep(session, data, attachments.PHOTO_TYPE, f"visit:{visit}", b"small")
    draft = Draft("photo", session.info["node"].clock.new_id(), f"visit:{visit}", {"sha256": name, "indicator": "A-1"})
    return journal.append(session, draft, ANA)


def files(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.execute(select(table(AttachmentRow).c.sha256)).scalars())


def test_a_photo_goes_with_its_entry_unless_another_names_it_and_does_not_come_late(either_world: World) -> None:
    device = either_world.device([ANA])
    with device.write() as session:
        visit = make_visit(session)
        mine = [photograph(session, visit, photo_bytes()) for _ in range(2)]  # the same picture twice
        name = str(mine[0].fields()["sha256"])
    either_world.meet(device)
    central = either_world.central
    assert name in files(central)
    erase(central, mine[0], BEN, by_office=True)
    assert name in files(central)
    erase(central, mine[1], BEN, by_office=True)
    assert name not in files(central) and name in files(device)
    upload = Upload(name, f"visit:{visit}", attachments.PHOTO_TYPE, 1)
    with central.read() as session, pytest.raises(ProtocolError):
        row = session.get(DeviceRow, node_of(device).device_id)
        assert row
        check_upload(session, row, upload)
    with pytest.raises(ProtocolError):  # erased while it came
        keep_whole(central, upload, photo_bytes())
    either_world.meet(device)
    assert name not in files(device)
    with device.write() as session:  # taken anew, with a consent of its own
        photograph(session, visit, photo_bytes())
    either_world.meet(device)
    assert name in files(central) and flaws(device) == flaws(central) == []


def test_a_photo_whose_erasure_came_first_is_not_kept(world: World) -> None:
    elsewhere = world.device()
    with elsewhere.write() as session:
        visit = make_visit(session)
        photo = photograph(session, visit, photo_bytes())
        gone = an_erasure(elsewhere, photo)
    name = str(photo.fields()["sha256"])
    with world.central.write() as session:
        attachments.keep(session, photo_bytes(), attachments.PHOTO_TYPE, f"visit:{visit}")
        journal.receive(session, [gone])
        journal.receive(session, [photo])
        assert files_named.is_unwanted(session, name)
    assert name not in files(world.central)
