"""Two real nodes: what one has, the other gets, whatever the network does."""

import contextlib
import random
import shutil
import threading
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.domain.journal import Draft, aside_name
from app.errors import AppError, CentralNotGenuine, CentralUnreachable
from app.store import attachments, journal, outgoing, reads
from app.store.db import Database
from app.store.node import EPOCH, put_value, value_of
from app.sync import link, wire
from app.sync.link import Reply
from app.sync.reports import LAST_PROBLEM
from tests.builders import (
    ANA,
    BEN,
    CY,
    ENTRY,
    FEED,
    LINK,
    PORTAL,
    STREAM,
    BadNetwork,
    FakeClock,
    World,
    answer,
    feed_positions,
    held,
    lose_body,
    make_node,
    make_visit,
    node_of,
    records,
)


def unsent(device: Database) -> int:
    with device.read() as session:
        return outgoing.unsent_entries(session)


def settle(world: World, *devices: Database) -> None:
    for _ in range(3):
        for device in devices:
            world.meet(device)


def visit_scope(database: Database, visit: str) -> list[tuple[str, ...]]:
    return records(database, f"visit:{visit}")


def test_what_was_answered_on_the_tablet_is_at_central_byte_by_byte(either_world: World) -> None:
    device = either_world.device()
    with device.write() as session:
        visit = make_visit(session)
        for number in range(20):
            answer(session, visit, f"A-{number}", "иә")
    outcome = either_world.meet(device)
    assert (outcome.pushed, outcome.quarantined) == (21, [])
    assert held(device).items() <= held(either_world.central).items()
    assert visit_scope(device, visit) == visit_scope(either_world.central, visit)
    assert unsent(device) == 0


def test_what_the_office_wrote_comes_to_the_tablet(either_world: World) -> None:
    device = either_world.device()
    with device.write() as session:
        visit = make_visit(session)
    either_world.meet(device)
    with either_world.central.write() as session:
        heads = reads.record(session, visit).heads  # type: ignore[union-attr]
        journal.append(session, Draft("visit", visit, f"visit:{visit}", {"state": "returned"}, heads), BEN)
        journal.append(session, Draft("question", "q", f"visit:{visit}", {"question": "Why?"}), BEN)
    either_world.meet(device)
    with device.read() as session:
        assert reads.record(session, visit).fields["state"] == "returned"  # type: ignore[union-attr]
        assert reads.record(session, "q").text("question") == "Why?"  # type: ignore[union-attr]


def test_with_nothing_new_nothing_is_sent_and_nothing_changes(world: World) -> None:
    device = world.device()
    with device.write() as session:
        answer(session, make_visit(session))
    world.meet(device)
    before = held(device), held(world.central), records(device), records(world.central)
    sent: list[int] = []

    def measured(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        reply = world.transport()(method, path, headers, body)
        sent.append(len(body) + len(reply.body))
        return reply

    outcome = world.meet(device, measured)
    assert (outcome.pushed, outcome.pulled) == (0, 0)
    assert len(sent) == 1 and sent[0] < 2000
    assert (held(device), held(world.central), records(device), records(world.central)) == before


def test_two_tablets_of_one_team_see_each_other_and_their_conflict(world: World) -> None:
    one, two = world.device([ANA]), world.device([CY])
    with one.write() as session:
        visit = make_visit(session, team=(ANA, CY))
    settle(world, one, two)
    with one.write() as session:
        answer(session, visit, value="yes")
    with two.write() as session:
        answer(session, visit, value="no", author=CY)
    settle(world, one, two)
    for database in (one, two, world.central):
        with database.read() as session:
            record = reads.record(session, f"{visit}/A-1")
        assert record and {(c.value, c.author) for c in record.conflicts["value"]} == {("yes", ANA), ("no", CY)}
    with one.write() as session:
        answer(session, visit, value="partly")
    settle(world, one, two)
    assert visit_scope(one, visit) == visit_scope(two, visit) == visit_scope(world.central, visit)
    with two.read() as session:
        assert reads.record(session, f"{visit}/A-1").fields == {"value": "partly"}  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(12))
def test_on_a_bad_network_nothing_is_lost_nothing_doubled_and_all_agree(world: World, seed: int) -> None:
    chance = random.Random(seed)
    people = [ANA, CY]
    devices = [world.device([person]) for person in people]
    networks = [BadNetwork(world.transport(), seed * 10 + at) for at in range(2)]
    with devices[0].write() as session:
        visit = make_visit(session, team=people)
    settle(world, *devices)
    written: dict[str, bytes] = {}
    for _ in range(25):
        at = chance.randrange(2)
        with devices[at].write() as session:
            for _ in range(chance.randrange(1, 4)):
                lane = chance.choice([0, 1, 1])
                entry = answer(session, visit, f"A-{chance.randrange(4)}", chance.choice("abc"), people[at], None, lane)
                written[entry.entry_id] = entry.header
        if chance.random() < 0.6:
            with contextlib.suppress(AppError):
                world.meet(devices[at], networks[at])
    settle(world, *devices)
    for late in networks:
        for request in late.late:
            late.inner(*request)
    settle(world, *devices)
    for database in (world.central, *devices):
        found = held(database)
        assert {key: found[key][0] for key in written if key in found} == written
        assert visit_scope(database, visit) == visit_scope(world.central, visit)
    _no_place_is_empty_or_double(world.central)
    assert held(world.central, counting=False) == {}
    assert unsent(devices[0]) == unsent(devices[1]) == 0
    assert {"late", "repeat", "lose_reply", "portal"} & {fault for network in networks for fault in network.seen}


def _no_place_is_empty_or_double(central: Database) -> None:
    with central.read() as session:
        links = session.execute(select(LINK.c.stream, LINK.c.seq, LINK.c.entry_id)).all()
        fed = session.execute(select(FEED.c.entry_id)).scalars().all()
        entries = session.execute(select(ENTRY.c.entry_id).where(ENTRY.c.quarantined.is_(None))).scalars().all()
        scopes = session.execute(select(FEED.c.scope).distinct()).scalars().all()
    for stream in {one.stream for one in links}:
        seqs = sorted(one.seq for one in links if one.stream == stream)
        assert seqs == list(range(1, len(seqs) + 1))
    assert sorted(fed) == sorted(entries)
    for scope in scopes:
        positions = feed_positions(central, scope)
        assert positions == list(range(1, len(positions) + 1))


@pytest.mark.parametrize("fault", ["lose_request", "lose_reply", "error_500", "portal", "other_key", "late", "cut"])
def test_a_meeting_that_failed_changes_no_word_on_the_screen_and_the_next_one_makes_good(
    world: World, fault: str
) -> None:
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
        answer(session, visit)
    network = BadNetwork(world.transport(), 1, [fault])
    for _ in range(2):
        with pytest.raises((CentralUnreachable, CentralNotGenuine)):
            world.meet(device, network)
        assert unsent(device) == 2
    with device.read() as session:
        assert value_of(session, LAST_PROBLEM) in ("central_unreachable", "central_not_genuine", "network_sign_in")
    world.meet(device)
    assert unsent(device) == 0
    assert len(visit_scope(world.central, visit)) == 2
    _no_place_is_empty_or_double(world.central)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {"content-type": "text/html"}, PORTAL),
        Reply(302, {"location": "http://portal.example/login"}, b""),
        Reply(511, {}, PORTAL),
        Reply(200, {}, b"{}"),
        Reply(200, {"x-baqylau-signature": "zz"}, b"{}"),
        Reply(401, {}, b'{"code":"sign_in_needed"}'),
        Reply(403, {}, PORTAL),
    ],
)
def test_a_captive_portal_changes_nothing(world: World, reply: Reply) -> None:
    device = world.device()
    with device.write() as session:
        answer(session, make_visit(session))
    before = unsent(device), records(device)
    with pytest.raises(CentralNotGenuine):
        world.meet(device, lambda *_: reply)
    assert (unsent(device), records(device)) == before == (2, before[1])


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(200, {"content-type": "text/html"}, b""), "network_sign_in"),
        (Reply(200, {}, b" \n<!doctype html>"), "network_sign_in"),
        (Reply(302, {"location": "http://portal.example/login"}, b""), "network_sign_in"),
        (Reply(511, {}, b""), "network_sign_in"),
        (Reply(200, {}, b"{}"), "central_not_genuine"),  # a forgery, not a page
        (Reply(403, {"content-type": "text/html"}, PORTAL), "central_not_genuine"),
    ],
)
def test_a_sign_in_page_of_a_network_is_told_from_a_forgery(world: World, reply: Reply, code: str) -> None:
    device = world.device()
    with pytest.raises(CentralNotGenuine):
        world.meet(device, lambda *_: reply)
    with device.read() as session:
        assert value_of(session, LAST_PROBLEM) == code


def test_a_busy_central_is_not_called_a_portal(world: World) -> None:
    device = world.device()
    for status in (429, 500, 502, 503, 504):
        with pytest.raises(CentralUnreachable):
            world.meet(device, lambda *_, status=status: Reply(status, {}, b"busy"))  # type: ignore[misc]


def test_a_true_reply_to_an_older_request_counts_nothing(world: World) -> None:
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
    kept: list[Reply] = []

    def listening(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        kept.append(world.transport()(method, path, headers, body))
        return kept[-1]

    world.meet(device, listening)
    with device.write() as session:
        answer(session, visit)
    with pytest.raises(CentralNotGenuine):
        world.meet(device, lambda *_: kept[0])
    assert unsent(device) == 1


def test_the_reply_to_another_device_counts_nothing(world: World) -> None:
    one, two = world.device([ANA]), world.device([ANA])
    with one.write() as session:
        make_visit(session)

    def crossed(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        kept: list[Reply] = []

        def listening(*request: object) -> Reply:
            kept.append(world.transport()(*request))  # type: ignore[arg-type]
            return kept[-1]

        world.meet(two, listening)
        return kept[0]

    with pytest.raises(CentralNotGenuine):
        world.meet(one, crossed)
    assert unsent(one) == 1


def test_a_signed_body_cannot_be_shown_under_another_status_or_for_another_call() -> None:
    body = b'{"complete":"x"}'
    messages = {
        wire.reply_message("exchange", 200, "00" * 16, body),
        wire.reply_message("exchange", 401, "00" * 16, body),
        wire.reply_message("blob", 200, "00" * 16, body),
        wire.reply_message("blob", 200, "01" * 16, body),
    }
    assert len(messages) == 4 and body not in messages


def test_a_cursor_goes_forward_only(world: World) -> None:
    device = world.device()
    world.meet(device)
    with device.write() as session:
        before = outgoing.cursors(session)["reference"]
        outgoing.put_cursor(session, "reference", before - 1)
        assert outgoing.cursors(session)["reference"] == before > 1


def test_central_restored_from_an_old_copy_gets_everything_back_from_the_tablets(world: World) -> None:
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
    world.meet(device)
    world.central.checkpoint()
    shutil.copytree(world.folder / "central", world.folder / "backup")
    with device.write() as session:
        photo = attachments.keep(session, b"{}", attachments.DOCUMENT_TYPE, "reference")
        answer(session, visit)
    world.meet(device)
    before = held(world.central), records(world.central)
    restore(world, world.folder / "backup", epoch="ee" * 8)
    assert held(world.central) != before[0]
    outcome = world.meet(device)
    assert (outcome.pushed, outcome.blobs, outcome.new_incarnation) == (1, 1, False)  # the rest it still holds
    assert (held(world.central), records(world.central)) == before
    with world.central.read() as session:
        assert attachments.has(session, photo)
    with device.read() as session:
        assert value_of(session, EPOCH) == "ee" * 8
    assert world.meet(device).pushed == 0


def restore(world: World, backup: Path, epoch: str) -> None:
    """Central starts from a backup, in a new epoch: what `baqylau restore` is going to do."""
    world.central.close()
    world.central = make_node(backup, "central", FakeClock(seed=8))
    with world.central.write() as session:
        put_value(session, EPOCH, epoch)
    world.http.app.state.database = world.central  # type: ignore[attr-defined]


def test_central_that_lost_the_end_of_a_stream_gets_it_again(world: World) -> None:
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
    world.meet(device)
    with device.write() as session:
        answer(session, visit)
    with device.write() as session:
        session.execute(update(STREAM).values(acked_seq=2))  # as if it had been acked
        late = answer(session, visit, "A-2")
    assert world.meet(device).pushed == 2
    assert late.entry_id in held(world.central)


def test_an_alert_is_sent_before_the_rest_though_it_is_younger(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PUSH_ENTRIES", 3)
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
        for number in range(5):
            answer(session, visit, f"A-{number}")
        alert = answer(session, visit, "A-9", lane=0)
    with device.read() as session:
        first = outgoing.unacknowledged(session, wire.PUSH_ENTRIES, wire.BATCH_BYTES)
    assert [len(batch.entries) for batch in first] == [1, 2]
    assert (first[0].entries[0].header or "").encode() == alert.header
    outcome = world.meet(device)
    assert outcome.pushed == 7
    assert held(device).items() <= held(world.central).items()


def test_a_push_is_cut_by_bytes_too_and_an_entry_larger_than_that_goes_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "BATCH_BYTES", 3000)
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
        for number, size in enumerate([10, 1000, 5000, 10, 1000, 1000]):
            answer(session, visit, f"A-{number}", "x" * size)
    assert world.meet(device).pushed == 7
    other = world.device()
    assert held(world.central) == held(device)
    world.meet(other)
    assert held(other) == held(world.central)


def test_erased_bodies_are_pushed_as_their_hashes_and_the_rest_is_not_held_up(either_world: World) -> None:
    device = either_world.device()
    with device.write() as session:
        visit = make_visit(session)
        first = answer(session, visit, "A-1", "yes")
        erased = answer(session, visit, "A-1", "no")
        gone = answer(session, visit, "A-2", "no")
        last = answer(session, visit, "A-3", "yes")
        lose_body(session, erased.entry_id)
        session.execute(ENTRY.delete().where(ENTRY.c.entry_id == gone.entry_id))  # wiped: header and body
    outcome = either_world.meet(device)
    assert outcome.pushed == 5
    found = held(either_world.central)
    assert found[erased.entry_id] == (erased.header, None)
    assert gone.entry_id not in found and last.entry_id in found and first.entry_id in found
    with either_world.central.read() as session:
        links = session.execute(
            select(LINK).where(LINK.c.stream == str(node_of(device).stream())).order_by(LINK.c.seq)
        ).all()
        assert reads.record(session, f"{visit}/A-1").fields == {}  # type: ignore[union-attr]
    bare = links[3]  # its entry never came: the link stands under the name of its hashes
    assert bare.entry_id == aside_name(bare.header_hash, bare.body_hash) != gone.entry_id
    assert links[3].body_hash == gone.hashed.body_hash
    assert links[2].body_hash == erased.hashed.body_hash


def test_many_entries_go_in_many_exchanges_and_come_in_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PUSH_ENTRIES", 10)
    monkeypatch.setattr(wire, "PULL_ENTRIES", 7)
    one, two = world.device(), world.device()
    with one.write() as session:
        visit = make_visit(session)
        for number in range(43):
            answer(session, visit, f"A-{number}")
    assert world.meet(one).pushed == 44
    world.meet(two)
    assert held(one) == held(two) == held(world.central)
    assert records(one) == records(two) == records(world.central)


def test_devices_that_push_into_the_same_scopes_at_once_do_not_wait_for_each_other(either_world: World) -> None:
    devices = [either_world.device([ANA]) for _ in range(3)]
    visits = []
    with devices[0].write() as session:
        visits = [make_visit(session) for _ in range(4)]
    settle(either_world, *devices)
    for at, device in enumerate(devices):
        with device.write() as session:
            for turn in range(24):
                wanted = visits[(turn * (1 + at)) % 4]
                answer(session, wanted, f"{at}-{turn}", lane=turn % 2)
    failures: list[Exception] = []

    def send(device: Database) -> None:
        try:
            either_world.meet(device)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=send, args=(device,)) for device in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    settle(either_world, *devices)
    assert records(devices[0]) == records(devices[1]) == records(either_world.central)
    _no_place_is_empty_or_double(either_world.central)


def test_a_blob_is_uploaded_once_and_marked_only_then(world: World) -> None:
    device = world.device()
    with device.write() as session:
        make_visit(session)
        sha256 = attachments.keep(session, b"{}", attachments.DOCUMENT_TYPE, "reference")
    with pytest.raises(CentralUnreachable):
        world.meet(device, BadNetwork(world.transport(), 1, ["lose_reply"]))
    with device.read() as session:
        assert attachments.unsent(session) == [(sha256, 2)]
    assert world.meet(device).blobs == 1
    assert world.meet(device).blobs == 0
    with world.central.read() as session:
        assert attachments.read(session, sha256) == (attachments.DOCUMENT_TYPE, b"{}")


def test_client_offers_only_what_is_its_own(world: World) -> None:
    device = world.device()
    world.meet(device)
    with device.read() as session:
        assert outgoing.unacknowledged(session, 100, 10**6) == []
        assert value_of(session, link.TOKEN)
