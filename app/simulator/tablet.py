"""A device in the simulator: the steps of `app/sync/client.py` and `app/store/outgoing.py` on a simulated disk."""

from collections.abc import Iterable
from typing import NamedTuple

from app.domain.journal import Ack, Draft, Entry, Hashed, Link, StreamName, ack_counts, compose, seal_message
from app.domain.protocol import Voucher
from app.simulator.disk import Disk, Stream
from app.simulator.messages import Cursor, Feed, Gift, Piece, Place, Proof, Push, Reply, Request, mac
from app.simulator.rules import Rules

GIFTS_AT_ONCE = 3


class Identity(NamedTuple):
    """What a clone has too: the key pair, and the persons who use it."""

    device: str
    key: bytes
    people: tuple[str, ...]
    scopes: tuple[str, ...]  # where its people work


class TabletDisk(Disk):
    """The journal of a device, and what it remembers of central. All of it is in one database: one snapshot."""

    def __init__(self, rules: Rules, who: Identity, incarnation: str, epoch: str) -> None:
        super().__init__(rules)
        self.who, self.incarnation, self.epoch = who, incarnation, epoch
        self.cursors: dict[str, Cursor] = {}
        self.present: list[Piece] = []  # vouchers of this epoch
        self.older: list[Piece] = []  # vouchers to offer: central may have lost what they are over
        self.answered: set[Voucher] = set()  # of those, what central holds in this epoch
        self.feed_marks: dict[str, int] = {}
        self.proof: Proof | None = None
        self.told: dict[str, str] = {}  # own entries that central keeps as quarantined, with the reason
        self.wiped: set[str] = set()  # for the oracle: ids whose header and body were purged here

    def copy(self) -> "TabletDisk":
        twin = TabletDisk(self.rules, self.who, self.incarnation, self.epoch)
        self.copy_into(twin)
        twin.cursors, twin.feed_marks, twin.proof = dict(self.cursors), dict(self.feed_marks), self.proof
        twin.present, twin.older, twin.answered = list(self.present), list(self.older), set(self.answered)
        twin.told, twin.wiped = dict(self.told), set(self.wiped)
        return twin

    def own_streams(self) -> list[Stream]:
        """The streams it writes to, alerts first."""
        return sorted((one for one in self.streams.values() if one.own), key=lambda one: one.name.lane)

    def waiting_entries(self) -> int:
        return sum(len(one.links) - one.standing.acked_seq for one in self.streams.values() if one.own)


class Tablet:
    """A running device. What is not on its disk is gone after a crash."""

    def __init__(self, node: str, disk: TabletDisk, central_key: bytes) -> None:
        self.node, self.disk, self.central_key = node, disk, central_key
        self.clock_off_ms = 0
        self.restart(disk)

    def restart(self, disk: TabletDisk) -> None:
        """Starts again from this disk: after a crash its own, else a snapshot."""
        self.disk = disk
        self.asked: Request | None = None  # one exchange at a time
        self.wanted: set[Voucher] = set()

    def write(self, draft: Draft, entry_id: str, author: str, now_ms: int, salt: bytes, lane: int) -> Entry:
        """What one of its people did. On return it is saved."""
        entry = compose(draft, entry_id, author, now_ms, salt)
        stream = self.disk.stream(StreamName(self.disk.who.device, self.disk.incarnation, lane), own=True)
        self.disk.append(entry, stream)
        return entry

    # ---- asking ------------------------------------------------------------------------------------------------------

    def ask(self, nonce: str, room: int) -> Request:
        """The next exchange: what waits, alerts first, where it stands, and what central may have lost."""
        disk = self.disk
        asked = Request(self.node, disk.who.device, disk.epoch, nonce, room, [], dict(disk.cursors))
        left = room
        for stream in disk.own_streams():
            push = self._push(stream, left)
            if push.places or disk.rules.shows_where_it_stands:
                asked.pushes.append(push)
            left -= len(push.places)
        if disk.proof and disk.proof.epoch == disk.epoch and self._stands_behind(disk.proof):
            asked.proof = disk.proof
        asked.offers = [piece for piece in disk.older if piece.voucher not in disk.answered]
        gifts = [piece for piece in asked.offers if piece.voucher in self.wanted][:GIFTS_AT_ONCE]
        asked.gifts = [Gift(piece, tuple(self._place(hashed) for hashed in piece.hashed)) for piece in gifts]
        self.asked = asked
        return asked

    def _push(self, stream: Stream, room: int) -> Push:
        acked = stream.standing.acked_seq
        links = stream.links[acked : acked + max(room, 0)]
        places = tuple(self._place(_hashed(link)) for link in links)
        last = acked + len(links)
        chain = stream.chain_at(last) or b""
        seal = mac(self.disk.who.key, seal_message(stream.name, last, chain))
        return Push(stream.name, acked + 1, stream.chain_at(acked) or b"", places, seal)

    def _place(self, hashed: Hashed) -> Place:
        """Header and body where they are here; both absent where they were purged, or another has taken the id."""
        is_here = self.disk.hashed.get(hashed.entry_id) == hashed
        return Place(hashed, self.disk.entries.get(hashed.entry_id) if is_here else None)

    def _stands_behind(self, proof: Proof) -> bool:
        """True after a gap or a fork: central once acknowledged more than it now says it holds."""
        for held in proof.held:
            stream = self.disk.streams.get(str(held.stream))
            if stream is None or not stream.own or stream.standing.acked_seq < held.seq:
                return True
        return False

    # ---- taking in ---------------------------------------------------------------------------------------------------

    def take_page(self) -> None:
        """A 200 that is not central's."""
        for stream in self.disk.own_streams():
            stream.standing = self.disk.rules.standing_after_page(stream.standing, len(stream.links))
        self.asked = None

    def take_in(self, reply: Reply) -> bool:
        """Applies a reply, in one transaction. Returns True when there is more to say on either side."""
        asked, self.asked = self.asked, None
        is_ours = asked is not None and reply.nonce == asked.nonce and reply.device == asked.device
        if not is_ours or reply.signature != mac(self.central_key, reply.message()):
            return False
        disk = self.disk
        if reply.epoch != disk.epoch:
            self._new_epoch(reply)
            return True
        before = disk.waiting_entries()
        self._count(reply)
        is_refused = self._take_refusals(reply)
        for feed in reply.feeds:
            if feed.places:
                self._read(feed)
        for scope in reply.astray:
            self._read_anew(scope)
        disk.feed_marks = dict(reply.feed_marks)
        self._settle_vouchers(reply)
        moved = disk.waiting_entries() < before
        more = any(feed.more for feed in reply.feeds)
        return is_refused or more or bool(reply.astray or self.wanted) or (moved and disk.waiting_entries() > 0)

    def _new_epoch(self, reply: Reply) -> None:
        """Central was restored: it no longer holds all that it acknowledged, so everything is offered again (5.3)."""
        disk = self.disk
        disk.epoch = reply.epoch
        for stream in disk.own_streams():
            stream.standing = disk.rules.after_epoch(stream.standing)
        disk.cursors, disk.feed_marks = {}, {}
        known, again = disk.older + disk.present, disk.rules.offers_again_after_any_epoch
        disk.older = [piece for piece in known if again or piece.voucher.epoch != reply.epoch]
        disk.present = [piece for piece in known if not again and piece.voucher.epoch == reply.epoch]
        disk.answered = set()
        self.wanted = set()
        self._count(reply)

    def _count(self, reply: Reply) -> None:
        """Acks and watermarks: only those that name what is here."""
        disk, rules = self.disk, self.disk.rules
        told = self._offered() if disk.told else set()
        for ack in reply.acks:
            stream = disk.streams.get(str(ack.stream))
            if stream and stream.own:
                chain = stream.chain_at(ack.seq)
                stream.standing = rules.after_ack(stream.standing, ack, disk.epoch, reply.nonce, chain)
        for mark in reply.marks:
            stream = disk.streams.get(str(mark.stream))
            if stream and stream.own:
                chain = stream.chain_at(mark.seq)
                stream.standing = rules.after_watermark(stream.standing, mark, disk.epoch, chain)
        if reply.proof and self._is_about_me(reply.acks, reply.nonce):
            disk.proof = reply.proof
        for entry_id in told - self._offered() if told else ():
            disk.told.pop(entry_id, None)
        disk.told |= reply.quarantined

    def _is_about_me(self, acks: Iterable[Ack], nonce: str) -> bool:
        streams = self.disk.streams
        return all(
            (stream := streams.get(str(ack.stream))) is not None
            and ack_counts(ack, self.disk.epoch, nonce, stream.chain_at(ack.seq))
            for ack in acks
        )

    def _offered(self) -> set[str]:
        """The entries that central has not acknowledged."""
        return {link.entry_id for one in self.disk.own_streams() for link in one.links[one.standing.acked_seq :]}

    def _take_refusals(self, reply: Reply) -> bool:
        disk, forked = self.disk, False
        for refused in reply.refused:
            stream = disk.streams.get(str(refused.stream))
            if stream is None or not stream.own:
                continue
            if refused.why == "gap":
                stream.standing = disk.rules.after_gap(stream.standing, refused.have)
            forked = forked or refused.why == "fork"
        if forked:
            self._start_incarnation(reply.nonce[:16])
        return bool(reply.refused)

    def _start_incarnation(self, incarnation: str) -> None:
        """A new numbering that holds the same entries again (design 5.4)."""
        disk = self.disk
        disk.incarnation = incarnation
        for old in disk.own_streams():
            old.own = False
            stream = disk.stream(StreamName(disk.who.device, incarnation, old.name.lane), own=True)
            disk.link(stream, [_hashed(link) for link in old.links])

    def _read(self, feed: Feed) -> None:
        """Entries, cursor and voucher in one transaction."""
        disk = self.disk
        arrived = [(place.entry, place.hashed) for place in feed.places if place.entry]
        disk.receive(arrived, {})
        disk.wiped.difference_update(feed.piece.entry_ids)
        for hashed in feed.piece.hashed if disk.told else ():
            if disk.hashed[hashed.entry_id] == hashed:
                disk.told.pop(hashed.entry_id, None)  # it stands in central's feed: it counts by now
        disk.cursors[feed.scope] = feed.cursor
        disk.present.append(feed.piece)

    def _read_anew(self, scope: str) -> None:
        """Central's feed is not the one that was read: read it from the start, and offer what was read before."""
        disk = self.disk
        disk.cursors.pop(scope, None)
        disk.older += [piece for piece in disk.present if piece.voucher.scope == scope]
        disk.present = [piece for piece in disk.present if piece.voucher.scope != scope]

    def _settle_vouchers(self, reply: Reply) -> None:
        disk = self.disk
        self.wanted = reply.wanted - reply.held
        disk.answered |= reply.held
        if disk.rules.keeps_vouchers_until_covered:
            covered = {entry_id for piece in disk.present for entry_id in piece.entry_ids} if disk.older else set()
            done = {piece.voucher for piece in disk.older if covered.issuperset(piece.entry_ids)} & disk.answered
        else:
            done = reply.held
        if done:
            disk.older = [piece for piece in disk.older if piece.voucher not in done]

    # ---- purging -----------------------------------------------------------------------------------------------------

    def purge(self, subject: str) -> set[str]:
        """Wipes header and body of every entry of a record, if all of them may go. Returns their ids; links stay."""
        disk = self.disk
        ids = {entry.entry_id for entry in disk.entries_of(subject)}
        places = {link.entry_id: (one, link.seq) for one in disk.own_streams() for link in one.links}
        for entry_id in ids:
            own = places.get(entry_id)
            if not (disk.rules.may_purge(own[0].standing, own[1]) if own else self._may_forget(entry_id)):
                return set()
        for entry_id in ids:
            del disk.entries[entry_id]
        disk.records.pop(subject, None)
        disk.erasures.pop(subject, None)
        disk.wiped |= ids
        return ids

    def _may_forget(self, entry_id: str) -> bool:
        """An entry of others goes when each voucher over it is of this epoch and ends below its scope's watermark."""
        disk = self.disk
        is_under_old = any(entry_id in piece.entry_ids for piece in disk.older)
        over = [piece.voucher for piece in disk.present if entry_id in piece.entry_ids]
        durable = disk.feed_marks.get(over[0].scope, 0) if over else 0  # an entry stands in one scope
        return disk.rules.may_forget(is_under_old, [voucher.last for voucher in over], durable)


def _hashed(link: Link) -> Hashed:
    return Hashed(link.entry_id, link.header_hash, link.body_hash)
