"""A run: one seed, so many events, then quiet; and whether every invariant held."""

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from app.simulator import faults, network, people
from app.simulator.invariants import check_quiet
from app.simulator.oracle import InvariantBroken
from app.simulator.rules import SHIPPED, Rules, remembering
from app.simulator.tablet import Tablet
from app.simulator.world import World

STEPS: Final = 120
MOST_ROUNDS: Final = 6  # I11: so many times each device meets central, then nothing is left to say
MOST_EXCHANGES: Final = 200  # of one meeting; as in app/sync/client.py
Event = Callable[[World], None]
EVENTS: Final[Mapping[Event, int]] = {
    people.edit: 22,
    people.edit_concurrently: 8,
    people.resolve: 4,
    people.delete: 3,
    people.note: 2,
    people.forge: 1,
    people.write_at_office: 3,
    people.erase: 1,
    people.grant: 1,
    network.exchange: 40,
    network.arrive_late: 6,
    faults.crash_tablet: 1,
    faults.snapshot_tablet: 2,
    faults.restore_tablet: 1,
    faults.clone_tablet: 1,
    faults.lose_tablet: 1,
    faults.purge_tablet: 3,
    faults.set_clock: 1,
    faults.crash_central: 1,
    faults.back_up: 2,
    faults.verify_backup: 3,
    faults.restore_central: 1,
    faults.roll_central_back: 1,
}
MOODS: Final = (0.0, 0.5, 1.0, 2.0, 5.0)  # each seed has its own: a world without erasing, one that restores all day


@dataclass(frozen=True)
class Run:
    """What came of a seed. `broken` names the invariant, None when all held; `digest` is the same for the same story."""

    seed: int
    events: int
    broken: str | None
    found: str
    trail: tuple[str, ...]
    digest: str
    rounds: int
    counts: Counter[str] = field(compare=False)


def run_seed(seed: int, steps: int = STEPS, rules: Rules = SHIPPED) -> Run:
    """One world from its beginning to quiet. Raises nothing: what broke is in the result."""
    rng = random.Random(seed)  # noqa: S311 - chance that can be repeated is the point
    world, broken, found, rounds = World(rng, replace(rules, merge=remembering(rules.merge))), None, "", 0
    try:
        for event in _schedule(rng, steps):
            world.now_ms += 1000
            world.events += 1
            event(world)
        rounds = settle(world)
        tablets = {node: tablet.disk for node, tablet in world.nodes.tablets.items()}
        check_quiet(world.office.disk, tablets, world.oracle, world.kept(), rng, rules.merge)
    except InvariantBroken as told:
        broken, found = told.invariant, told.found
    digest = hashlib.sha256("\n".join(world.trail).encode()).hexdigest()
    return Run(seed, world.events, broken, found, tuple(world.trail), digest, rounds, world.counts)


def _schedule(rng: random.Random, steps: int) -> list[Event]:
    weights = [weight * (rng.choice(MOODS) if weight < 10 else 1.0) for weight in EVENTS.values()]
    return rng.choices(list(EVENTS), weights=weights, k=steps)


def settle(world: World) -> int:
    """Faults stop, what is late arrives, and all exchange until nothing changes. Returns the rounds that it took (I11)."""
    while world.nodes.late:
        network.answer(world, world.nodes.late.pop(0).asked)
    before = None
    for done in range(MOST_ROUNDS + 1):
        after = _state(world)
        if before == after:
            world.tell(f"quiet after {done - 1} rounds")
            return done - 1
        before = after
        for tablet in world.nodes.tablets.values():
            _meet(world, tablet)
    raise InvariantBroken("I11", f"still not quiet after {MOST_ROUNDS} rounds")


def _meet(world: World, tablet: Tablet) -> None:
    """Exchanges until both sides have nothing new."""
    for _ in range(MOST_EXCHANGES):
        world.events += 1
        reply = network.answer(world, tablet.ask(world.fresh(), 100))
        if not network.take_in(world, tablet, reply):
            return
    raise InvariantBroken("I11", f"{tablet.node} and central found no end")


def _state(world: World) -> tuple[object, ...]:
    tablets = tuple(
        (len(one.disk.entries), one.disk.waiting_entries(), one.disk.epoch, len(one.disk.older), len(one.disk.wiped))
        for one in world.nodes.tablets.values()
    )
    return world.office.disk.fingerprint(), tablets
