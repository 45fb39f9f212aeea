"""What the random worlds meet too seldom, told step by step."""

import random
from dataclasses import replace

import pytest

from app.simulator import faults, network, people
from app.simulator.oracle import InvariantBroken
from app.simulator.rules import SHIPPED, Rules
from app.simulator.runs import settle
from app.simulator.world import World


def lost_after_bare_links(rules: Rules) -> set[str]:
    """A tablet purges what is safe. Then the office and its newest backup burn; an older one is put back. The tablet
    can bring the links only; a clone of it, copied before it ever sent them, still has the entries. Returns what is lost."""
    world = World(random.Random(3), rules)
    tablet = next(iter(world.nodes.tablets.values()))
    world.nodes.tablets = {tablet.node: tablet}
    faults.back_up(world)
    faults.verify_backup(world)
    for _ in range(4):
        people.edit(world)
    copy = tablet.disk.copy()
    settle(world)
    faults.back_up(world)
    world.office.verify(world.nodes.backups[-1])
    world.oracle.note_verified(world.nodes.backups[-1])
    settle(world)
    _purge(world, tablet.node)
    assert tablet.disk.wiped
    clone = world.add(copy)
    saved = set(world.oracle.alive)
    world.fault(lambda: faults.put_back(world, 0, is_said=True))
    _meet(world, tablet.node)
    _meet(world, clone.node)
    _meet(world, tablet.node)
    return saved - set(world.office.disk.entries)


def _purge(world: World, node: str) -> None:
    tablet = world.nodes.tablets[node]
    for subject in list(tablet.disk.records):
        world.oracle.check_purge(tablet, tablet.purge(subject))


def _meet(world: World, node: str) -> None:
    tablet = world.nodes.tablets[node]
    while network.take_in(world, tablet, network.answer(world, tablet.ask(world.fresh(), 100))):
        pass


def test_a_clone_gives_back_what_its_twin_brought_as_bare_links() -> None:
    assert lost_after_bare_links(SHIPPED) == set()


def test_an_ack_of_bare_links_would_lose_it() -> None:
    """Why central, in the reply that names its new epoch, acknowledges only as far as every entry is there."""
    assert lost_after_bare_links(replace(SHIPPED, acks_only_what_it_can_read=False))


def test_a_silent_restore_is_found_by_a_device_that_has_nothing_to_say() -> None:
    """Without the places where its streams and cursors stand, nothing in the exchange would tell it (`gap` needs a
    push)."""
    for shows, is_found in ((True, True), (False, False)):
        world = World(random.Random(3), replace(SHIPPED, shows_where_it_stands=shows))
        faults.back_up(world)
        for _ in range(4):
            people.edit(world)
        settle(world)
        epoch = world.office.disk.epoch
        faults.roll_central_back(world)
        settle(world)
        assert (world.office.disk.epoch != epoch) is is_found


def test_a_purge_is_refused_before_the_backup_is_verified() -> None:
    world = World(random.Random(3), SHIPPED)
    for _ in range(4):
        people.edit(world)
    settle(world)
    faults.back_up(world)
    settle(world)
    tablet = next(one for one in world.nodes.tablets.values() if one.disk.entries)
    subjects = list(tablet.disk.records)
    assert not any(tablet.purge(subject) for subject in subjects)
    faults.verify_backup(world)
    settle(world)
    assert any(tablet.purge(subject) for subject in subjects)
    with pytest.raises(InvariantBroken, match="I8"):
        world.oracle.check_purge(tablet, ["an entry of no backup"])
