"""The simulated network between tablets and central: what gets lost, late, doubled, or answered by somebody else."""

from collections.abc import Callable
from typing import Final

from app.simulator.messages import Reply, Request
from app.simulator.oracle import check_repeat, check_scopes
from app.simulator.tablet import Tablet
from app.simulator.world import Late, World

MOST_LATE: Final = 6  # messages that the network keeps; the oldest is lost then


def exchange(world: World) -> None:
    """A tablet asks central, and something happens on the way or nothing does."""
    tablet = world.any_tablet()
    if tablet.asked and world.rng.random() < 0.5:
        return  # it still waits for an answer
    asked = tablet.ask(world.fresh(), world.rng.choice((1, 3, 6, 20)))
    name, befall = world.rng.choices(FATES, cum_weights=WEIGHTS)[0]
    world.counts[name] += 1
    pushed = sum(len(push.places) for push in asked.pushes)
    world.tell(f"{tablet.node} sends {pushed} entries, {len(asked.offers)} vouchers in {asked.epoch[:4]}: {name}")
    befall(world, tablet, asked)


def arrive_late(world: World) -> None:
    """Something that the network held back arrives; it may stay to arrive once more."""
    if not world.nodes.late:
        return
    index = world.rng.randrange(len(world.nodes.late))
    late = world.nodes.late[index]
    if world.rng.random() < 0.8:
        del world.nodes.late[index]
    world.tell(f"a late {'reply' if late.reply else 'request'} of {late.asked.node} arrives")
    reply = late.reply or answer(world, late.asked)
    tablet = world.nodes.tablets.get(late.asked.node)
    if tablet and tablet.asked is late.asked:
        take_in(world, tablet, reply)


def answer(world: World, asked: Request) -> Reply:
    """Central's reply, after its commit."""
    reply = world.office.answer(asked, world.fresh())
    world.oracle.note_committed(world.office.log)
    check_scopes(world.office.disk, reply)
    return reply


def take_in(world: World, tablet: Tablet, reply: Reply) -> bool:
    """What the device does with a reply, in one transaction."""
    more = tablet.take_in(reply)
    world.oracle.check_acks(tablet)
    return more


def _goes_well(world: World, tablet: Tablet, asked: Request) -> None:
    take_in(world, tablet, answer(world, asked))


def _request_lost(world: World, tablet: Tablet, asked: Request) -> None:
    tablet.asked = None


def _reply_lost(world: World, tablet: Tablet, asked: Request) -> None:
    answer(world, asked)
    tablet.asked = None


def _request_late(world: World, tablet: Tablet, asked: Request) -> None:
    _hold(world, Late(asked, None))


def _reply_late(world: World, tablet: Tablet, asked: Request) -> None:
    _hold(world, Late(asked, answer(world, asked)))


def _doubled(world: World, tablet: Tablet, asked: Request) -> None:
    replies = [answer(world, asked)]
    before = world.office.disk.fingerprint()
    replies.append(answer(world, asked))
    check_repeat(before, world.office.disk.fingerprint(), asked)
    take_in(world, tablet, world.rng.choice(replies))


def _page_of_a_network(world: World, tablet: Tablet, asked: Request) -> None:
    tablet.take_page()
    world.oracle.check_acks(tablet)


def _forged_reply(world: World, tablet: Tablet, asked: Request) -> None:
    reply = answer(world, asked)
    reply.signature = world.rng.randbytes(16)
    take_in(world, tablet, reply)


def _central_falls_before_commit(world: World, tablet: Tablet, asked: Request) -> None:
    world.office.incarnation = world.fresh()
    tablet.asked = None


def _central_falls_after_commit(world: World, tablet: Tablet, asked: Request) -> None:
    answer(world, asked)
    world.office.incarnation = world.fresh()
    tablet.asked = None


def _tablet_falls_before_commit(world: World, tablet: Tablet, asked: Request) -> None:
    reply = answer(world, asked)
    tablet.restart(tablet.disk)
    take_in(world, tablet, reply)  # it comes, and nobody waits for it


def _tablet_falls_after_commit(world: World, tablet: Tablet, asked: Request) -> None:
    _goes_well(world, tablet, asked)
    tablet.restart(tablet.disk)


def _hold(world: World, late: Late) -> None:
    world.nodes.late.append(late)
    del world.nodes.late[:-MOST_LATE]


Fate = Callable[[World, Tablet, Request], None]
_FATES: Final[tuple[tuple[str, Fate, int], ...]] = (
    ("exchange", _goes_well, 60),
    ("request lost", _request_lost, 5),
    ("reply lost", _reply_lost, 6),
    ("request late", _request_late, 6),
    ("reply late", _reply_late, 4),
    ("doubled", _doubled, 5),
    ("page of a network", _page_of_a_network, 3),
    ("forged reply", _forged_reply, 2),
    ("central falls before commit", _central_falls_before_commit, 2),
    ("central falls after commit", _central_falls_after_commit, 3),
    ("tablet falls before commit", _tablet_falls_before_commit, 2),
    ("tablet falls after commit", _tablet_falls_after_commit, 2),
)
FATES: Final[tuple[tuple[str, Fate], ...]] = tuple((name, befall) for name, befall, _ in _FATES)
WEIGHTS: Final = tuple(sum(weight for _, _, weight in _FATES[: index + 1]) for index in range(len(_FATES)))
