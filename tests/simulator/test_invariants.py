"""Each invariant can fail: a quiet world is changed by hand in one place, and the one that is hurt is named."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.domain import erasure
from app.domain.journal import SALT_BYTES, compose
from app.domain.merge import merge
from app.simulator import network, people
from app.simulator.invariants import check_quiet
from app.simulator.office import REFERENCE
from app.simulator.oracle import InvariantBroken, check_repeat, check_scopes
from app.simulator.rules import SHIPPED
from app.simulator.runs import settle
from app.simulator.tablet import Tablet
from app.simulator.world import World

SEED = 5


@pytest.fixture
def world() -> World:
    """A quiet world in which every tablet has said something."""
    world = World(random.Random(SEED), SHIPPED)
    for _ in range(60):
        world.now_ms += 1000
        people.edit(world)
    for _ in range(6):
        people.write_at_office(world)
    settle(world)
    assert all(tablet.disk.own_streams() for tablet in world.nodes.tablets.values())
    return world


def check(world: World) -> None:
    tablets = {node: tablet.disk for node, tablet in world.nodes.tablets.items()}
    check_quiet(world.office.disk, tablets, world.oracle, world.kept(), random.Random(SEED), merge)


def first(world: World) -> Tablet:
    return next(iter(world.nodes.tablets.values()))


def an_id(world: World, scope: str = "") -> str:
    tablet = first(world)
    scope = scope or tablet.disk.who.scopes[0]
    return min(key for key, entry in tablet.disk.entries.items() if entry.scope == scope)


def lose_everywhere(world: World) -> None:
    entry_id = an_id(world)
    for disk in (world.office.disk, *(tablet.disk for tablet in world.nodes.tablets.values())):
        disk.entries.pop(entry_id, None)


def lose_at_central(world: World) -> None:
    del world.office.disk.entries[an_id(world)]


def lose_on_a_tablet(world: World) -> None:
    del first(world).disk.entries[an_id(world)]


def hide_a_head(world: World) -> None:
    disk = first(world).disk
    subject = disk.entries[an_id(world)].subject
    disk.records[subject] = replace(disk.records[subject], heads=())


def skip_where_it_may_not_read_any_more(world: World) -> None:
    tablet = first(world)
    scope = tablet.disk.who.scopes[0]
    known = world.office.disk.devices[tablet.disk.who.device]
    world.office.disk.devices[tablet.disk.who.device] = known._replace(scopes=known.scopes - {scope})
    lose_on_a_tablet(world)


def bring_back_an_erased_body(world: World) -> None:
    disk, entry_id = world.office.disk, an_id(world)
    whole = disk.entries[entry_id]
    draft = erasure.draft_of(whole, by_office=True)
    world.office.write(compose(draft, world.new_id(), "staff", world.now_ms, bytes(SALT_BYTES)))
    world.oracle.alive.discard(entry_id)
    settle(world)
    check(world)
    disk.entries[entry_id] = whole
    disk.project({whole.subject})
    for tablet in world.nodes.tablets.values():
        if entry_id in tablet.disk.entries:
            tablet.disk.entries[entry_id] = whole
            tablet.disk.project({whole.subject})


def change_a_record_everywhere(world: World) -> None:
    subject = world.office.disk.entries[an_id(world)].subject
    for disk in (world.office.disk, *(tablet.disk for tablet in world.nodes.tablets.values())):
        if subject in disk.records:
            disk.records[subject] = replace(disk.records[subject], kind="other")


def break_the_chain(world: World) -> None:
    stream = next(stream for stream in world.office.disk.streams.values() if len(stream.links) > 1)
    stream.links[0] = replace(stream.links[0], chain=bytes(32))


def lose_a_seal(world: World) -> None:
    stream = next(stream for stream in world.office.disk.streams.values() if stream.seals)
    stream.seals.clear()


def leave_one_waiting(world: World) -> None:
    stream = first(world).disk.own_streams()[0]
    stream.standing = replace(stream.standing, acked_seq=stream.standing.acked_seq - 1)


@pytest.mark.parametrize(
    ("invariant", "hurt"),
    [
        ("I1", lose_everywhere),
        ("I2", lose_at_central),
        ("I2", lose_on_a_tablet),
        ("I2", hide_a_head),
        ("I6", bring_back_an_erased_body),
        ("I7", skip_where_it_may_not_read_any_more),
        ("I9", change_a_record_everywhere),
        ("I10", break_the_chain),
        ("I10", lose_a_seal),
        ("I12", leave_one_waiting),
    ],
)
def test_what_is_hurt_is_named(world: World, invariant: str, hurt: Callable[[World], None]) -> None:
    check(world)
    hurt(world)
    with pytest.raises(InvariantBroken) as told:
        check(world)
    assert told.value.invariant == invariant


def test_what_is_lost_by_no_fault_is_found_at_the_next_fault(world: World) -> None:
    lose_everywhere(world)
    with pytest.raises(InvariantBroken, match="I1"):
        world.fault(lambda: None)


def test_an_ack_of_what_central_never_had_is_found(world: World) -> None:
    tablet = first(world)
    people.edit(world)
    for one in world.nodes.tablets.values():
        for stream in one.disk.own_streams():
            stream.standing = replace(stream.standing, acked_seq=len(stream.links))
    with pytest.raises(InvariantBroken, match="I1"):
        for one in world.nodes.tablets.values():
            world.oracle.check_acks(one)
    assert tablet.disk.entries


def test_a_purge_without_a_verified_backup_is_found(world: World) -> None:
    with pytest.raises(InvariantBroken, match="I8"):
        world.oracle.check_purge(first(world), [an_id(world)])


def test_an_entry_outside_of_what_a_device_may_pull_is_found(world: World) -> None:
    tablet = first(world)
    tablet.disk.cursors.clear()
    reply = network.answer(world, tablet.ask(world.fresh(), 100))
    scope = next(feed.scope for feed in reply.feeds if feed.scope != REFERENCE)
    known = world.office.disk.devices[tablet.disk.who.device]
    world.office.disk.devices[tablet.disk.who.device] = known._replace(scopes=known.scopes - {scope})
    with pytest.raises(InvariantBroken, match="I13"):
        check_scopes(world.office.disk, reply)


def test_a_request_that_changes_something_twice_is_found(world: World) -> None:
    asked = first(world).ask(world.fresh(), 1)
    before = world.office.disk.fingerprint()
    people.write_at_office(world)
    with pytest.raises(InvariantBroken, match="I3"):
        check_repeat(before, world.office.disk.fingerprint(), asked)
