"""Authentic but wrong entries: kept, acked with a reason, shown nowhere, and holding up nobody. And forks."""

import contextlib
import json
import shutil

import pytest
from sqlalchemy import select

from app.domain.journal import Draft, Fork, canonical, chain_on, first_chain, read_entry, seal_message, set_aside
from app.errors import CentralUnreachable, ProtocolError, StreamFork
from app.store import journal, reads
from app.store.db import Database
from app.store.node import EPOCH, put_value, values_with_prefix
from app.store.outgoing import QUARANTINED
from app.store.tables import DeviceRow, SealRow, table
from app.store.vault import signature_holds
from app.sync import client, pushes, wire
from app.sync.link import Reply
from tests.builders import (
    ANA,
    BEN,
    CY,
    ENTRY,
    LINK,
    FakeClock,
    World,
    answer,
    entry_id,
    held,
    make_entry,
    make_node,
    make_visit,
    node_of,
    records,
)

SEAL = table(SealRow)


def reasons(world: World, device: Database) -> dict[str, str]:
    return {told.entry_id: told.reason for told in world.meet(device).quarantined}


@pytest.mark.parametrize(
    ("draft", "author", "reason"),
    [
        (Draft("answer", "{v}/A-2", "visit:{v}", {"value": "no"}), BEN, "author"),
        (Draft("person", BEN, "reference", {"roles": ["administrator"]}), ANA, "rights"),
        (Draft("answer", "{v}/A-2", "reference", {"value": "no"}), ANA, "rights"),
        (Draft("note", "n", "institution:i", {"value": "no"}), ANA, "rights"),
        (Draft("contact", "c", "reference", {"what": "police", "phone": "111"}), ANA, "rights"),
        (Draft("contact", "c", "visit:{v}", {"what": "police", "phone": "111"}), ANA, "rights"),
        (Draft("question", "q", "visit:{v}", {"question": "?"}), ANA, "rights"),
        (Draft("review", "r", "visit:{v}", {"decision": "approved"}), ANA, "rights"),
        (Draft("visit", "{v}", "visit:{v}", {"state": "approved"}), ANA, "rights"),
        (Draft("memo", "m", "office", {"text": "x"}), ANA, "scope"),
        (Draft("memo", "m", "nowhere", {"text": "x"}), ANA, "scope"),
        (Draft("note", "p", f"person:{CY}", {"text": "x"}), ANA, "scope"),
        (Draft("answer", "{w}/A-1", "visit:{w}", {"value": "no"}), ANA, "scope"),
        (Draft("answer", "{w}/A-1", "visit:{v}", {"value": "no"}), ANA, "subject"),
        (Draft("answer", "{w}/A-7", "visit:{v}", {"value": "no"}), ANA, "subject"),
        (Draft("visit", "{w}", "visit:{v}", {"team": [ANA]}), ANA, "subject"),
        (Draft("photo", "{v}", "visit:{v}", {"sha256": "x"}), ANA, "subject"),
        (Draft("photo", "{v}/A-1", "visit:{v}", {"sha256": "x"}), ANA, "subject"),
        (Draft("visit", "{v}", "visit:{v}", {"visited_on": "never"}), ANA, "value"),
        (Draft("visit", "{v}", "visit:{v}", {"team": "everybody"}), ANA, "value"),
    ],
)
def test_an_entry_that_its_device_may_not_write_is_kept_and_told_and_does_not_hold_up_the_rest(
    world: World, draft: Draft, author: str, reason: str
) -> None:
    """`{v}` is Ana's visit, `{w}` one of Cy's, both known at central."""
    device, cys = world.device([ANA]), world.device([CY])
    with device.write() as session:
        v = make_visit(session)
        answer(session, v, "A-1", "yes")
    with cys.write() as session:
        w = make_visit(session, team=(CY,))
        answer(session, w, "A-1", "yes", CY)
    world.meet(device)
    world.meet(cys)
    before = records(world.central)
    subject, scope = (text.replace("{v}", v).replace("{w}", w) for text in (draft.subject, draft.scope))
    with device.write() as session:
        wrong = journal.append(session, Draft(draft.kind, subject, scope, draft.sets), author)
        good = answer(session, v, "A-9", "yes")
    assert reasons(world, device) == {wrong.entry_id: reason}
    assert held(world.central, counting=False) == {wrong.entry_id: (wrong.header, wrong.body)}
    assert [row for row in records(world.central) if row[0] != good.subject] == before
    assert good.entry_id in held(world.central)
    with device.read() as session:
        assert values_with_prefix(session, QUARANTINED) == {wrong.entry_id: reason}
    assert world.meet(device).pushed == 0
    world.meet(cys)
    assert wrong.entry_id not in held(cys)


def test_the_reason_is_forgotten_when_the_entry_counts_after_all(world: World) -> None:
    """The office lets Ben use this tablet, and everything is offered again in a new epoch."""
    device = world.device([ANA])
    with device.write() as session:
        visit = make_visit(session)
        late = answer(session, visit, "A-1", author=BEN)
        wrong = journal.append(session, Draft("memo", "m", "office", {"text": "x"}), ANA)
    assert reasons(world, device) == {late.entry_id: "author", wrong.entry_id: "scope"}
    with world.central.write() as session:
        session.execute(table(DeviceRow).update().values(people=json.dumps([ANA, BEN])))
        put_value(session, EPOCH, "ee" * 8)
    world.meet(device)
    with device.read() as session:
        assert values_with_prefix(session, QUARANTINED) == {wrong.entry_id: "scope"}


def test_the_reason_is_told_again_when_the_reply_was_lost(world: World) -> None:
    device = world.device([ANA])
    with device.write() as session:
        wrong = answer(session, make_visit(session), author=BEN)
    kept: list[Reply] = []

    def lossy(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        kept.append(world.transport()(method, path, headers, body))
        return Reply(502, {}, b"") if len(kept) == 1 else kept[-1]

    with pytest.raises(CentralUnreachable):
        world.meet(device, lossy)
    assert {told.entry_id for told in world.meet(device, lossy).quarantined} == {wrong.entry_id}


def test_a_new_visit_planned_on_the_tablet_is_taken_with_all_that_follows_in_one_push(world: World) -> None:
    device = world.device([ANA])
    with device.write() as session:
        visit = make_visit(session, state="planned")
        answer(session, visit)
        journal.append(session, Draft("refusal", "r", f"visit:{visit}", {"at": "13:10"}), ANA)
    assert reasons(world, device) == {}


def test_an_unknown_kind_with_unknown_keys_is_passed_on_byte_by_byte(world: World) -> None:
    one, two = world.device([ANA]), world.device([ANA])
    with one.write() as session:
        visit = make_visit(session)
    entry = make_entry(entry_id(5), {"hum": 4}, kind="sound_level", scope=f"visit:{visit}")
    header = canonical(json.loads(entry.header) | {"schema": 99, "mood": {"new": True}})
    put_in_stream(one, [(header, entry.body)])
    assert reasons(world, one) == {}
    world.meet(two)
    assert held(two)[entry_id(5)] == held(world.central)[entry_id(5)] == (header, entry.body)


def put_in_stream(device: Database, texts: list[tuple[bytes, bytes | None]]) -> None:
    """Entries of any bytes in the device's own stream, as a newer or a tampered program would write them."""
    node = node_of(device)
    with device.write() as session:
        place = journal.own_stream(session, node)
        seq, chain = place.last_seq, place.chain
        for header, body in texts:
            try:
                entry = read_entry(header, body)
            except ValueError:
                entry = set_aside(header, body)
            hashed = set_aside(header, body).hashed
            link = chain_on(chain, seq + 1, [hashed])[0]
            session.execute(ENTRY.insert().values(**journal._row(entry, 1)))
            session.execute(LINK.insert().values(**{**vars(link), "entry_id": entry.entry_id, "stream": place.stream}))
            seq, chain = link.seq, link.chain
        session.execute(journal.ADVANCE_STREAM, {"name": place.stream, "last_seq": seq, "chain": chain})


def test_bytes_that_are_no_entry_are_kept_aside_and_the_rest_goes_on(world: World) -> None:
    device = world.device([ANA])
    with device.write() as session:
        visit = make_visit(session)
    put_in_stream(device, [(b'{"broken":true}', b"what"), (b"[" * 5000, b"{}")])
    with device.write() as session:
        last = answer(session, visit)
    outcome = world.meet(device)
    assert outcome.pushed == 4
    assert sorted(told.reason for told in outcome.quarantined) == [
        "broken: the body is not JSON",
        "broken: the header is not JSON",
    ]
    assert last.entry_id in held(world.central)
    assert {header for header, _ in held(world.central, counting=False).values()} == {b'{"broken":true}', b"[" * 5000}


def test_a_tampered_tablet_that_reuses_an_id_cannot_silence_its_entry(world: World) -> None:
    device, other = world.device([ANA]), world.device([ANA])
    with device.write() as session:
        visit = make_visit(session)
    world.meet(device)
    forged = make_entry(
        entry_id(5), {"value": "no"}, subject=f"{visit}/A-1", kind="answer", scope=f"visit:{visit}", author=CY
    )
    genuine = make_entry(entry_id(5), {"value": "yes"}, subject=f"{visit}/A-1", kind="answer", scope=f"visit:{visit}")
    put_in_stream(other, [(forged.header, forged.body)])
    assert reasons(world, other) == {entry_id(5): "author"}
    put_in_stream(device, [(genuine.header, genuine.body)])
    assert reasons(world, device) == {}
    with world.central.read() as session:
        assert reads.record(session, f"{visit}/A-1").fields == {"value": "yes"}  # type: ignore[union-attr]
    third = world.device([ANA])
    later = make_entry(entry_id(5), {"value": "partly"}, subject=f"{visit}/A-1", kind="answer", scope=f"visit:{visit}")
    put_in_stream(third, [(later.header, later.body)])
    assert reasons(world, third) == {entry_id(5): "id"}
    assert len(held(world.central, counting=False)) == 2
    assert held(world.central)[entry_id(5)] == (genuine.header, genuine.body)


def test_a_malformed_visit_does_not_stop_the_others(world: World) -> None:
    device = world.device([ANA])
    with device.write() as session:
        make_visit(session, team=(ANA,), checklist_sha256=["not a text"])
        good = make_visit(session)
    world.meet(device)
    world.meet(device)
    assert f"visit:{good}" in {row[2] for row in records(world.central)}


# ---- seals and chains ------------------------------------------------------------------------------------------------


def pushed_with(world: World, device: Database, **changes: object) -> None:
    """Meets central with a push that was changed before it was signed: what a tampered program would send."""
    real = client.push_of

    def changed(node: object, batch: object) -> wire.Push:
        return real(node, batch).model_copy(update=changes)  # type: ignore[arg-type]

    client.push_of = changed
    try:
        world.meet(device)
    finally:
        client.push_of = real


def test_the_seal_that_central_keeps_verifies_over_the_end_of_the_batch(world: World) -> None:
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
        answer(session, visit)
    world.meet(device)
    stream = node_of(device).stream()
    with world.central.read() as session:
        seal = session.execute(select(SEAL).where(SEAL.c.stream == str(stream))).one()
        link = session.execute(select(LINK).where(LINK.c.stream == str(stream), LINK.c.seq == 2)).one()
        public_key = session.get_one(DeviceRow, node_of(device).device_id).public_key
    assert seal.seq == 2
    assert signature_holds(public_key, seal.signature, seal_message(stream, 2, link.chain))


@pytest.mark.parametrize(
    "changes",
    [
        {"seal": "00" * 64},
        {"seal": ""},
        {"seal": "not hexadecimal"},
        {"prev": "zz"},
        {"incarnation": "ab"},  # the seal and chain of one stream, pushed as another
        {"lane": 0},
    ],
)
def test_a_push_whose_seal_or_chain_is_anothers_is_refused_whole(world: World, changes: dict[str, object]) -> None:
    device = world.device()
    with device.write() as session:
        make_visit(session)
    before = held(world.central)
    with contextlib.suppress(ProtocolError):
        pushed_with(world, device, **changes)
    assert held(world.central) == before
    assert world.meet(device).pushed == 1
    assert len(held(world.central)) == len(before) + 1


@pytest.mark.parametrize(
    "changes",
    [
        {"start": 0},
        {"start": -3},
        {"lane": 7},
        {"incarnation": "../x"},
        {"incarnation": "a/1"},
        {"incarnation": "a" * 5000},
        {"start": 2**70},
        {"entries": [wire.PushedEntry()]},
        {"entries": [wire.PushedEntry(hh="00" * 32, bh="00" * 32)]},
        {"entries": [wire.PushedEntry(id=entry_id(1), hh="00", bh="00")]},
    ],
)
def test_a_message_of_impossible_form_is_refused_in_words_and_nothing_is_taken(
    world: World, changes: dict[str, object]
) -> None:
    device = world.device()
    with device.write() as session:
        make_visit(session)
    before = held(world.central)
    with pytest.raises(ProtocolError):
        pushed_with(world, device, **changes)
    assert held(world.central) == before


def test_a_push_that_starts_in_the_middle_is_a_gap_and_is_made_good(world: World) -> None:
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
        for number in range(5):
            answer(session, visit, f"A-{number}")
        session.execute(journal.STREAM.update().values(acked_seq=3))
    outcome = world.meet(device)
    assert not outcome.new_incarnation
    assert held(device).items() <= held(world.central).items()


# ---- forks -----------------------------------------------------------------------------------------------------------


def copy_of(world: World, device: Database, name: str) -> Database:
    """A tablet that was cloned, or restored from a copy of its folder."""
    device.checkpoint()
    shutil.copytree(world.folder / "device1", world.folder / name)
    clone = make_node(world.folder / name, clock=FakeClock(seed=4321, at_ms=1_790_000_500_000))
    world.devices.append(clone)
    return clone


def test_a_cloned_tablet_starts_a_new_incarnation_and_nothing_is_lost_or_doubled(either_world: World) -> None:
    world = either_world
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
        first = answer(session, visit, "A-1", lane=0)
    world.meet(device)
    clone = copy_of(world, device, "clone")
    written = {first.entry_id}
    for turn, database in enumerate((device, clone, device, clone, clone)):
        with database.write() as session:
            written.add(answer(session, visit, f"B-{turn}").entry_id)
            written.add(answer(session, visit, f"C-{turn}", lane=0).entry_id)
        world.meet(database)
    outcome = world.meet(device)
    world.meet(clone)
    assert written <= set(held(world.central))
    assert held(device) == held(clone) == held(world.central)
    assert records(device) == records(clone) == records(world.central)
    assert held(world.central, counting=False) == {}
    assert (outcome.pushed, outcome.new_incarnation) == (0, False)
    with clone.read() as session:
        lanes = [name.lane for name in journal.own_streams(session)]
    assert node_of(clone).incarnation != node_of(device).incarnation
    assert sorted(lanes) == [0, 1]


def test_a_tablet_restored_from_an_old_copy_goes_on_and_gets_back_what_it_had_sent(world: World) -> None:
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
    world.meet(device)
    restored = copy_of(world, device, "restored")
    with device.write() as session:
        lost = answer(session, visit, "A-1")
    world.meet(device)
    device.close()
    with restored.write() as session:
        new = answer(session, visit, "A-2")
    outcome = world.meet(restored)
    assert outcome.new_incarnation
    assert {lost.entry_id, new.entry_id} <= set(held(restored))
    assert held(restored) == held(world.central)
    assert world.meet(restored).pushed == 0
    again = make_node(world.folder / "restored")
    assert node_of(again).incarnation == node_of(restored).incarnation
    again.close()


def test_a_fork_that_could_not_be_written_down_changes_nothing_in_memory_either(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = world.device()
    with device.write() as session:
        visit = make_visit(session)
    world.meet(device)
    clone = copy_of(world, device, "clone")
    for database in (device, clone):
        with database.write() as session:
            answer(session, visit, "A-1", str(database))
    world.meet(device)
    before = node_of(clone).incarnation

    def broken(*_: object) -> None:
        raise RuntimeError("power")

    with monkeypatch.context() as patched:
        patched.setattr(journal, "relink", broken)
        with pytest.raises(RuntimeError):
            world.meet(clone)
    assert node_of(clone).incarnation == before
    assert world.meet(clone).new_incarnation
    world.meet(device)
    assert held(device) == held(clone) == held(world.central)


def test_a_central_that_cries_fork_for_ever_does_not_make_a_device_run_in_circles(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = world.device()
    with device.write() as session:
        make_visit(session)
    monkeypatch.setattr(pushes, "accept", lambda *_: Fork(1))
    with pytest.raises(StreamFork):
        world.meet(device)
    monkeypatch.undo()
    world.meet(device)
    assert held(device).items() <= held(world.central).items()
    assert first_chain(node_of(device).stream())
