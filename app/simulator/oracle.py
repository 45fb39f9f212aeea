"""What the simulator knows and no node does: plain sets, against which the nodes are held while they run."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.domain.journal import Link
from app.simulator.messages import Reply, Request
from app.simulator.office import REFERENCE, Backup, OfficeDisk
from app.simulator.tablet import Tablet


class InvariantBroken(Exception):
    """One of I1 to I13 does not hold. `invariant` is its name, the text what was found."""

    def __init__(self, invariant: str, found: str) -> None:
        super().__init__(f"{invariant}: {found}")
        self.invariant, self.found = invariant, found


@dataclass
class Oracle:
    """`alive`: entries that somebody was told are saved, of which a copy is left after every fault so far."""

    alive: set[str] = field(default_factory=set)
    verified: dict[str, set[str]] = field(default_factory=dict)  # epoch -> entries in its verified backups
    committed: set[tuple[str, int, bytes]] = field(default_factory=set)  # what central ever held of the streams

    def note_verified(self, backup: Backup) -> None:
        self.verified.setdefault(backup.disk.epoch, set()).update(backup.disk.entries)

    def note_committed(self, log: list[tuple[str, Link]]) -> None:
        for key, link in log:
            self.committed.add((key, link.seq, link.chain))
        log.clear()

    def before_fault(self, copies: set[str]) -> None:
        """I1: until a fault takes the last copy, nothing else may have."""
        if lost := self.alive - copies:
            raise InvariantBroken("I1", f"{len(lost)} saved entries are in no store, first {min(lost)}")

    def after_fault(self, copies: set[str]) -> None:
        """What the fault took the last copy of cannot be asked for."""
        self.alive &= copies

    def check_acks(self, tablet: Tablet) -> None:
        """I1: what a device takes as acknowledged was held by central, with this chain value."""
        for key, stream in tablet.disk.streams.items():
            seq = stream.standing.acked_seq
            if stream.own and seq and (key, seq, stream.chain_at(seq)) not in self.committed:
                raise InvariantBroken("I1", f"{tablet.node} believes {key} sent up to {seq}, and central never had it")

    def check_purge(self, tablet: Tablet, purged: Iterable[str]) -> None:
        """I8: only what is in a verified backup of the epoch that the device knows."""
        safe = self.verified.get(tablet.disk.epoch, set())
        if unsafe := sorted(set(purged) - safe):
            raise InvariantBroken(
                "I8", f"{tablet.node} purged {unsafe[0]}, which is in no verified backup of the epoch"
            )


def check_scopes(office: OfficeDisk, reply: Reply) -> None:
    """I13: nothing in a reply is outside what the device may pull."""
    may = office.devices[reply.device].scopes | {REFERENCE}
    for feed in reply.feeds:
        for place in feed.places:
            if place.entry and place.entry.scope not in may:
                raise InvariantBroken("I13", f"{reply.device} was given an entry of {place.entry.scope}")


def check_repeat(before: tuple[object, ...], after: tuple[object, ...], asked: Request) -> None:
    """I3: the same request again changes nothing."""
    if before != after:
        raise InvariantBroken("I3", f"a request of {asked.node} changed something when it came twice")
