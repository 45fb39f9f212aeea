"""Central in the simulator: the steps of `app/sync/server.py` and `pushes.py` on a simulated disk."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from app.domain.arrivals import Intake
from app.domain.journal import (
    ASIDE,
    Accepted,
    Ack,
    Entry,
    Gap,
    Hashed,
    Link,
    StreamName,
    aside_name,
    next_chain,
    read_entry,
    seal_message,
)
from app.domain.protocol import (
    Held,
    Voucher,
    Watermark,
    ack_message,
    feed_digest,
    first_feed_chain,
    voucher_message,
)
from app.simulator.disk import Disk, Stream
from app.simulator.messages import Cursor, Feed, Gift, Piece, Place, Proof, Push, Refused, Reply, Request, mac
from app.simulator.rules import Rules

DEVICE = "central"
REFERENCE = "reference"  # only the office writes here
KIND = "answer"


class Enrolled(NamedTuple):
    """A device as the office knows it."""

    key: bytes
    people: frozenset[str]
    scopes: frozenset[str]


class OfficeDisk(Disk):
    """The journal of central, its feeds, its devices, and what is in a verified backup of this epoch."""

    def __init__(self, rules: Rules, epoch: str) -> None:
        super().__init__(rules)
        self.epoch = epoch
        self.feeds: dict[str, list[str]] = {}
        self.feed_chains: dict[str, list[bytes]] = {}
        self.devices: dict[str, Enrolled] = {}
        self.durable: dict[str, int] = {}  # stream -> seq
        self.durable_feeds: dict[str, int] = {}  # scope -> position
        self.has_bare_links = False

    def copy(self) -> "OfficeDisk":
        twin = OfficeDisk(self.rules, self.epoch)
        self.copy_into(twin)
        twin.feeds = {scope: list(ids) for scope, ids in self.feeds.items()}
        twin.feed_chains = {scope: list(chains) for scope, chains in self.feed_chains.items()}
        twin.has_bare_links = self.has_bare_links
        twin.devices, twin.durable, twin.durable_feeds = (
            dict(self.devices),
            dict(self.durable),
            dict(self.durable_feeds),
        )
        return twin

    def feed(self, entries: Sequence[Entry]) -> None:
        """Numbers entries in their scopes: what a pull reads."""
        for entry in entries:
            chains = self.feed_chains.setdefault(entry.scope, [first_feed_chain(entry.scope)])
            hashed = self.hashed[entry.entry_id]
            self.feeds.setdefault(entry.scope, []).append(entry.entry_id)
            chains.append(next_chain(chains[-1], hashed.header_hash, hashed.body_hash))

    def feed_all(self, intake: Intake) -> None:
        """What came and counts is fed; links that only claimed it until now are its links."""
        self.feed(intake.sound)
        names = {aside_of(self.hashed[entry.entry_id]): entry.entry_id for entry in intake.sound}
        for stream in self.streams.values() if self.has_bare_links else ():
            for index, link in enumerate(stream.links):
                if link.entry_id in names:
                    stream.links[index] = replace(link, entry_id=names[link.entry_id])

    def feed_chain(self, scope: str, position: int) -> bytes | None:
        chains = self.feed_chains.get(scope) or [first_feed_chain(scope)]
        return chains[position] if position < len(chains) else None

    def readable(self, stream: Stream) -> int:
        """How far every entry of a stream is here, and not its link alone: a purged one is sent as a bare link."""
        if self.rules.acks_only_what_it_can_read:
            for link in stream.links:
                if link.entry_id not in self.entries:
                    return link.seq - 1
        return len(stream.links)

    def fingerprint(self) -> tuple[object, ...]:
        """Differs as soon as a request changed anything."""
        lengths = sum(len(stream.links) for stream in self.streams.values())
        fed = tuple(map(len, self.feeds.values()))
        return self.epoch, len(self.entries), len(self.reasons), len(self.bodies()), lengths, fed


def aside_of(hashed: Hashed) -> str:
    return aside_name(hashed.header_hash, hashed.body_hash)


@dataclass
class Backup:
    """A copy of central's disk. It counts once it was restored into scratch and verified there."""

    disk: OfficeDisk
    is_verified: bool = False


class Office:
    """A running central: its disk, and the incarnation that this process of it opened at its start."""

    def __init__(self, disk: OfficeDisk, key: bytes, incarnation: str) -> None:
        self.disk, self.key, self.incarnation = disk, key, incarnation
        self.log: list[tuple[str, Link]] = []  # what was committed, for the oracle: no node reads it

    def write(self, entry: Entry) -> None:
        """What somebody at the office did."""
        self.disk.append(entry, self.disk.stream(StreamName(DEVICE, self.incarnation, 1), own=True))
        self.disk.feed([entry])

    def restored(self, disk: OfficeDisk, fresh_epoch: str) -> None:
        """Somebody put an older state in place and said so: a new epoch, in which nothing is durable yet."""
        self.disk = disk
        self._rotate(fresh_epoch)

    def _rotate(self, fresh: str) -> None:
        self.disk.epoch = self.disk.rules.epoch_after_restore(self.disk.epoch, fresh)
        self.disk.durable, self.disk.durable_feeds = {}, {}

    def verify(self, backup: Backup) -> None:
        """A backup was restored and verified: what is both in it and here, as it is here, is durable."""
        backup.is_verified = True
        if backup.disk.epoch != self.disk.epoch:
            return
        for key, stream in backup.disk.streams.items():
            seq, here = backup.disk.readable(stream), self.disk.streams.get(key)
            if here and here.chain_at(seq) == stream.chain_at(seq):
                self.disk.durable[key] = max(self.disk.durable.get(key, 0), seq)
        for scope, ids in backup.disk.feeds.items():
            if self.disk.feed_chain(scope, len(ids)) == backup.disk.feed_chain(scope, len(ids)):
                self.disk.durable_feeds[scope] = max(self.disk.durable_feeds.get(scope, 0), len(ids))

    # ---- one exchange ------------------------------------------------------------------------------------------------

    def answer(self, asked: Request, fresh_epoch: str) -> Reply:
        """One transaction, then the signed reply."""
        disk, device = self.disk, self.disk.devices[asked.device]
        if self._was_put_back(asked):
            self._rotate(fresh_epoch)
        reply = Reply(asked.device, disk.epoch, asked.nonce)
        if asked.epoch != disk.epoch:
            self._tell_held(reply)
        else:
            for push in sorted(asked.pushes, key=lambda push: push.stream.lane):
                self._take(device, push, reply)
            for gift in asked.gifts:
                self._take_gift(device, gift, reply)
            self._look_at_offers(device, asked.offers, reply)
            self._give(device, asked, reply)
            self._tell_durable(reply)
        held = tuple(Held(ack.stream, ack.seq, ack.chain) for ack in reply.acks if ack.seq)
        if held:
            reply.proof = Proof(disk.epoch, held, mac(self.key, ack_message(asked.device, disk.epoch, held)))
        reply.signature = mac(self.key, reply.message())
        return reply

    def _was_put_back(self, asked: Request) -> bool:
        """True when the device shows our own signature, of our own epoch, over what is not here."""
        disk, proof = self.disk, asked.proof
        if proof and proof.signature == mac(self.key, ack_message(asked.device, proof.epoch, proof.held)):
            chains = {
                (str(one.stream), one.seq): chain
                for one in proof.held
                if (stream := disk.streams.get(str(one.stream))) and (chain := stream.chain_at(one.seq))
            }
            if disk.rules.was_restored(disk.epoch, proof.epoch, proof.held, chains):
                return True
        return any(
            piece.voucher.epoch == disk.epoch and self._is_ours(piece) and not self._holds(piece)
            for piece in asked.offers
        )

    def _tell_held(self, reply: Reply) -> None:
        """Another epoch: nothing is taken, but what is here of the device's streams need not be sent again."""
        for stream in self.disk.streams.values():
            if stream.name.device == reply.device:
                seq = self.disk.readable(stream)
                if seq:
                    reply.acks.append(Ack(stream.name, reply.epoch, reply.nonce, seq, stream.chain_at(seq) or b""))
                for link in stream.links[:seq] if self.disk.reasons else ():
                    if reason := self.disk.reasons.get(link.entry_id):
                        reply.quarantined[self._claimed_id(link.entry_id)] = reason

    def _claimed_id(self, entry_id: str) -> str:
        """What was set aside lies under another name than its sender knows."""
        entry = self.disk.entries[entry_id]
        return read_entry(entry.header, entry.body).entry_id if entry.kind == ASIDE else entry_id

    def _take(self, device: Enrolled, push: Push, reply: Reply) -> None:
        stream = self.disk.stream(push.stream, own=False)
        held = {push.start - 1 + step: chain for step, chain in enumerate(self._chains(stream, push))}
        hashed = [place.hashed for place in push.places]
        verdict = self.disk.rules.accept(push.stream, held, len(stream.links), push.start, push.previous, hashed)
        if not isinstance(verdict, Accepted):
            why, have = ("gap", verdict.have) if isinstance(verdict, Gap) else ("fork", verdict.seq)
            reply.refused.append(Refused(push.stream, why, have))
            return
        if push.seal != mac(device.key, seal_message(push.stream, verdict.seq, verdict.chain)):
            raise AssertionError("only a device that broke its own rules sends a seal that does not hold")
        arrived = [(place.entry, place.hashed) for place in push.places if place.entry]
        intake = self.disk.receive(arrived, self._why_not(device, arrived))
        self.disk.feed_all(intake)
        links = [self._named(link, push.places[link.seq - push.start], intake) for link in verdict.new]
        stream.links += links
        if links:
            stream.seals[verdict.seq] = push.seal
            self.log += [(str(push.stream), link) for link in links]
        reply.quarantined |= intake.reasons
        reply.acks.append(Ack(push.stream, reply.epoch, reply.nonce, verdict.seq, verdict.chain))

    def _named(self, link: Link, place: Place, intake: Intake) -> Link:
        """The link, under the name by which the entry is kept. A bare one that only claims an id gets its own name:

        the hashes of one entry under the id of another would be a flaw of the journal for good.
        """
        disk, name = self.disk, link.entry_id
        if place.entry:
            name = intake.name_of(place.entry)
        elif name not in disk.entries or disk.hashed[name] != place.hashed:
            disk.has_bare_links = True
            name = aside_of(place.hashed) if disk.rules.names_bare_links_apart else name
        return link if name == link.entry_id else replace(link, entry_id=name)

    def _chains(self, stream: Stream, push: Push) -> list[bytes]:
        known = stream.links[max(0, push.start - 2) : push.start + len(push.places)]
        return [*([stream.first] if push.start == 1 else []), *(link.chain for link in known)]

    def _why_not(self, device: Enrolled, arrived: Sequence[tuple[Entry, Hashed]]) -> dict[str, str]:
        """The reasons of those authentic entries that do not count, as `app/sync/pushes.py` finds them."""
        reasons: dict[str, str] = {}
        for entry, _ in arrived:
            home = self.disk.records.get(entry.subject)
            if entry.author not in device.people:
                reasons[entry.entry_id] = "author"
            elif entry.scope == REFERENCE:
                reasons[entry.entry_id] = "rights"
            elif entry.scope not in device.scopes:
                reasons[entry.entry_id] = "scope"
            elif home and (home.scope, home.kind) != (entry.scope, entry.kind):
                reasons[entry.entry_id] = "subject"
        return reasons

    def _tell_durable(self, reply: Reply) -> None:
        for key, seq in self.disk.durable.items():
            stream = self.disk.streams[key]
            if stream.name.device == reply.device:
                reply.marks.append(Watermark(stream.name, reply.epoch, seq, stream.chain_at(seq) or b""))

    # ---- feeds and vouchers ------------------------------------------------------------------------------------------

    def _give(self, device: Enrolled, asked: Request, reply: Reply) -> None:
        """What the device has not read of its scopes, until there is no room; the rest waits for the next exchange."""
        room, may = asked.room, device.scopes | {REFERENCE}
        # Also where it may not read any more: what it once read there may be the last copy of what central lost.
        reply.astray += [scope for scope in sorted(asked.cursors.keys() - may) if self._is_astray(scope, asked)]
        for scope in sorted(may):
            ids = self.disk.feeds.get(scope, [])
            told = asked.cursors.get(scope) or Cursor(0, first_feed_chain(scope))
            reply.feed_marks[scope] = self.disk.durable_feeds.get(scope, 0)
            if self._is_astray(scope, asked):
                reply.astray.append(scope)
            elif told.position < len(ids):
                last = min(len(ids), told.position + max(room, 0))
                room -= last - told.position
                if last > told.position:
                    reply.feeds.append(self._piece(scope, told.position, last))
                else:
                    reply.feeds.append(Feed(scope, (), told, _NO_PIECE, True))

    def _is_astray(self, scope: str, asked: Request) -> bool:
        """True when what the device read is not what stands here up to its cursor."""
        told = asked.cursors.get(scope) or Cursor(0, first_feed_chain(scope))
        if self.disk.rules.shows_where_it_stands:
            return self.disk.feed_chain(scope, told.position) != told.chain
        return self.disk.rules.minds_cursors_ahead and told.position > len(self.disk.feeds.get(scope, []))

    def _piece(self, scope: str, after: int, last: int) -> Feed:
        disk = self.disk
        ids = tuple(disk.feeds[scope][after:last])
        places = tuple(Place(disk.hashed[key], disk.entries[key]) for key in ids)
        hashed = tuple(place.hashed for place in places)
        digest = feed_digest(hashed)
        signature = mac(self.key, voucher_message(disk.epoch, scope, after, last, digest))
        piece = Piece(Voucher(disk.epoch, scope, after, last, signature), digest, hashed, ids)
        return Feed(scope, places, Cursor(last, disk.feed_chains[scope][last]), piece, last < len(disk.feeds[scope]))

    def _is_ours(self, piece: Piece) -> bool:
        told = piece.voucher
        message = voucher_message(told.epoch, told.scope, told.after, told.last, piece.digest)
        return told.signature == mac(self.key, message)

    def _holds(self, piece: Piece) -> bool:
        """True when our own feed says the same at the same positions."""
        told = piece.voucher
        ids = self.disk.feeds.get(told.scope, [])[told.after : told.last]
        return tuple(ids) == piece.entry_ids and feed_digest(self.disk.hashed[key] for key in ids) == piece.digest

    def _look_at_offers(self, device: Enrolled, offers: Sequence[Piece], reply: Reply) -> None:
        for piece in offers:
            may_give = self._may_give(device, piece)
            wants = may_give and not self._holds(piece) and piece.voucher not in reply.held
            (reply.wanted if wants else reply.held).add(piece.voucher)

    def _may_give(self, device: Enrolled, piece: Piece) -> bool:
        is_readable = piece.voucher.scope in device.scopes | {REFERENCE}
        return is_readable or self.disk.rules.takes_vouchers_of_any_scope

    def _take_gift(self, device: Enrolled, gift: Gift, reply: Reply) -> None:
        """Entries that central itself once gave out: its own signature says so, whoever brings them."""
        digest = feed_digest(place.hashed for place in gift.places)
        if digest != gift.piece.digest or not self._is_ours(gift.piece) or not self._may_give(device, gift.piece):
            return
        arrived = [(place.entry, place.hashed) for place in gift.places if place.entry]
        self.disk.feed_all(self.disk.receive(arrived, {}))
        reply.held.add(gift.piece.voucher)


_NO_PIECE = Piece(Voucher("", "", 0, 0, b""), "", (), ())
