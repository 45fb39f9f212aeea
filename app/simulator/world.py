"""One simulated world: its nodes, its clock, and what is told of it. Chance comes from one generator."""

import itertools
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from app.clock import uuid7
from app.simulator.messages import Reply, Request
from app.simulator.office import REFERENCE, Backup, Enrolled, Office, OfficeDisk
from app.simulator.oracle import Oracle
from app.simulator.rules import Rules
from app.simulator.tablet import Identity, Tablet, TabletDisk

VISITS: Final = ("visit:a", "visit:b")
FIELDS: Final = ("answer", "note")
RECORDS: Final = 3  # of a scope
START_MS: Final = 1_790_000_000_000


class Late(NamedTuple):
    """A message that the network still has. It may come, in any order, or twice."""

    asked: Request
    reply: Reply | None


@dataclass
class Nodes:
    """What exists besides the running office: tablets, snapshots of their disks, backups of central."""

    tablets: dict[str, Tablet]
    snapshots: list[TabletDisk]
    backups: list[Backup]
    late: list[Late]


class World:
    """Everything comes from `rng`: the same seed tells the same story."""

    def __init__(self, rng: random.Random, rules: Rules) -> None:
        self.rng, self.rules = rng, rules
        self.now_ms = START_MS
        self.trail: list[str] = []
        self.events = 0
        self.counts: Counter[str] = Counter()  # faults by name
        self.oracle = Oracle()
        self.names = itertools.count()
        disk = OfficeDisk(rules, self.fresh())
        self.office = Office(disk, rng.randbytes(16), self.fresh())
        self.nodes = Nodes({}, [], [], [])
        for _ in range(rng.randint(2, 4)):
            self._enrol()
        self.subjects = {scope: [f"{scope}/{number}" for number in range(RECORDS)] for scope in (*VISITS, REFERENCE)}

    # ---- small things ------------------------------------------------------------------------------------------------

    def fresh(self) -> str:
        return self.rng.randbytes(8).hex()

    def new_id(self, off_ms: int = 0) -> str:
        return uuid7(self.now_ms + off_ms, self.rng.randbytes(10))

    def tell(self, text: str) -> None:
        """Adds a line to the trail."""
        self.trail.append(text)

    def copies(self) -> set[str]:
        """Every id whose body is on some durable store."""
        stores = [tablet.disk.bodies() for tablet in self.nodes.tablets.values()]
        return self.kept().union(self.office.disk.bodies(), *stores)

    def kept(self) -> set[str]:
        return set().union(*(backup.disk.bodies() for backup in self.nodes.backups))

    def fault(self, befall: Callable[[], object]) -> None:
        """A fault that takes a copy: what was lost before it was not lost by it."""
        self.oracle.before_fault(self.copies())
        befall()
        self.oracle.after_fault(self.copies())

    def _enrol(self) -> None:
        rng, number = self.rng, next(self.names)
        people = tuple(f"person-{number}-{index}" for index in range(rng.randint(1, 2)))
        scopes = VISITS if number and rng.random() < 0.6 else (rng.choice(VISITS),)
        who = Identity(f"device-{number}", rng.randbytes(16), people, scopes)
        self.office.disk.devices[who.device] = Enrolled(who.key, frozenset(people), frozenset(scopes))
        self.add(TabletDisk(self.rules, who, self.fresh(), self.office.disk.epoch))

    def add(self, disk: TabletDisk) -> Tablet:
        node = f"tablet-{next(self.names)}"
        self.nodes.tablets[node] = tablet = Tablet(node, disk, self.office.key)
        return tablet

    def any_tablet(self) -> Tablet:
        return self.rng.choice(list(self.nodes.tablets.values()))
