"""What a device makes of central's verified answer: acks, refusals, epoch, watermarks, entries, vouchers. One transaction.

The decisions are those of `app.domain.protocol`; this module brings the values to them and keeps what they say.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlmodel import Session

from app.domain.journal import Ack, BrokenEntry, Entry, StreamName
from app.domain.protocol import Voucher, Watermark, after_ack, after_gap, after_watermark
from app.errors import StreamFork
from app.store import attachments, confidential, journal, outgoing, sending, vouchers, wiping
from app.store import node as node_values
from app.store import relays as store_relays
from app.store.bundles import CENTRAL_KEY
from app.store.central_words import PROOF
from app.store.node import Node, drop_values, put_value, values_with_prefix
from app.store.outgoing import QUARANTINED
from app.sync import packing, relays, reports, tls, wire

BACKUP: Final = "backup"  # node value: the newest verified backup of central that was heard of
CERTIFICATE: Final = "certificate"  # node value: what central says of this device
CLOCK_OFFSET: Final = "clock_offset_ms"  # node value: central's clock minus this one's
CENTRAL_VERSION: Final = "central_version"  # node value
TAKES_ORIGINALS: Final = "takes_originals"  # node value: "on" when central takes originals of photos
EPOCH_CHANGED: Final = "epoch_changed_ms"  # node value: when central was last found to have been restored


@dataclass
class Outcome:
    """What one meeting with central did, and what it has still to settle."""

    pushed: int = 0
    pulled: int = 0
    blobs: int = 0
    bytes_sent: int = 0
    quarantined: list[wire.Quarantined] = field(default_factory=list)
    new_incarnation: bool = False
    new_epoch: bool = False
    refused_blobs: dict[str, str] = field(default_factory=dict)  # SHA-256 -> what central said
    has_reported: bool = False  # its health
    must_ask_after_files: bool = False
    has_shown: bool = False  # what central once signed
    ahead: list[str] = field(default_factory=list)  # scopes of which was read what central does not have
    can_relay: bool = True  # False for an older central, which takes nothing that came through a hub
    received: dict[str, int] = field(default_factory=dict)  # hash of a file that broke off -> durable bytes at central
    wanted: set[str] = field(default_factory=set)  # signatures of vouchers whose entries central lacks
    settled: set[str] = field(default_factory=set)  # of those about which central was asked


def take_in(session: Session, node: Node, request: wire.Exchange, answer: wire.ExchangeReply, outcome: Outcome) -> bool:
    """Applies a verified answer to `request`. Returns True when there is more to say."""
    outcome.has_reported = True
    outcome.has_shown = outcome.has_shown or request.shown is not None
    if request.begun:
        outcome.received = {request.begun: answer.received}
    put_value(session, CLOCK_OFFSET, str(answer.now_ms - node.clock.now_ms()))
    put_value(session, CENTRAL_VERSION, answer.version)
    put_value(session, TAKES_ORIGINALS, "on" if answer.takes_originals else "")
    if answer.epoch != request.epoch:
        _begin_epoch(session, node, answer, outcome)
        return True
    offered = outgoing.unsent_ids(session) if values_with_prefix(session, QUARANTINED) else set()
    outcome.pushed += sum(_count_ack(session, node, answer, told) for told in answer.acks)
    more = _take_refusals(session, node, answer.refused, outcome)
    if any(feed.scope not in request.cursors for feed in answer.feeds):
        # A scope that is new here: what was written into it before may count by now.
        more = outgoing.offer_again(session, values_with_prefix(session, QUARANTINED)) or more
    _take_reasons(session, answer, offered, outcome)
    for feed in answer.feeds:
        outcome.pulled += _take_feed(session, request, feed)
    more = _step_back(session, request, answer, outcome) or more
    outgoing.mark_missing(session, answer.missing_blobs)
    more = _take_relay_acks(session, request, answer, outcome) or more
    _take_credentials(session, answer)
    more = _take_backup(session, node, request, answer, outcome) or more
    more = _settle_vouchers(session, request, answer, outcome) or more
    return more or any(feed.more for feed in answer.feeds)


def _take_relay_acks(session: Session, request: wire.Exchange, answer: wire.ExchangeReply, outcome: Outcome) -> bool:
    """What central says of the streams that this device carries. True when there is something to pass on."""
    relays.take_acks(session, answer.relay_acks)
    if request.relays:
        outcome.can_relay = bool(answer.relay_acks)
    is_time = bool(request.relays or request.health)  # once the first reply has said what central holds already
    return outcome.can_relay and is_time and bool(store_relays.waiting(session))


def _take_credentials(session: Session, answer: wire.ExchangeReply) -> None:
    if answer.certificate:
        put_value(session, CERTIFICATE, wire.pack(answer.certificate).decode())
    if answer.bundle_key:
        put_value(session, CENTRAL_KEY, answer.bundle_key)
    if answer.tls_pins is not None:
        tls.keep_pins(session, answer.tls_pins)
    if answer.confidential_keys is not None:
        confidential.keep_told(session, answer.confidential_keys)


def _begin_epoch(session: Session, node: Node, answer: wire.ExchangeReply, outcome: Outcome) -> None:
    """Central was restored: it no longer holds what it once acknowledged, so everything is offered again (5.3).

    What it says that it still holds, by chain value, need not go over the link again.
    """
    outgoing.forget_acks(session)
    store_relays.forget_acks(session)
    put_value(session, node_values.EPOCH, answer.epoch)
    put_value(session, EPOCH_CHANGED, str(node.clock.now_ms()))
    vouchers.begin_epoch(session)
    outcome.new_epoch, outcome.has_shown, outcome.ahead = True, False, []
    outcome.wanted, outcome.settled = set(), set()
    for told in answer.acks:
        _count_ack(session, node, answer, told)
    outgoing.offer_again(session, values_with_prefix(session, QUARANTINED))  # perhaps they count this time


def _count_ack(session: Session, node: Node, answer: wire.ExchangeReply, told: wire.StreamAck) -> int:
    """Returns how many entries more central holds than was known."""
    stream = StreamName(node.device_id, told.incarnation, told.lane)
    ack = Ack(stream, answer.epoch, answer.nonce, told.seq, wire.from_hex(told.chain))
    before = outgoing.standing_of(session, str(stream))
    own_chain = outgoing.chain_at(session, stream, told.seq)
    after = after_ack(before, ack, answer.epoch, answer.nonce, own_chain)
    if after != before:
        outgoing.put_standing(session, str(stream), after)
        sending.note_sent(session, str(stream), before.acked_seq, after.acked_seq, node.clock.now_ms())
    if own_chain == ack.chain and told.proof:
        put_value(session, f"{PROOF}{answer.epoch}:{stream}", json.dumps(told.model_dump()))
    return after.acked_seq - before.acked_seq


def _take_refusals(session: Session, node: Node, refusals: Sequence[wire.Refused], outcome: Outcome) -> bool:
    """A gap is offered again; a fork starts a new incarnation. Raises StreamFork when that did not help."""
    own = journal.own_streams(session)
    has_gap = forked = False
    for refused in refusals:
        stream = StreamName(node.device_id, refused.incarnation, refused.lane)
        if refused.why == "gap" and stream in own:
            standing = after_gap(outgoing.standing_of(session, str(stream)), refused.have)
            outgoing.put_standing(session, str(stream), standing)
            has_gap = True
        forked = forked or (refused.why == "fork" and stream in own)
    if forked and outcome.new_incarnation:
        raise StreamFork()
    if forked:
        node_values.start_incarnation(session, node)
        journal.relink(session, node, own)
        outcome.new_incarnation = True
    return has_gap or forked


def _take_reasons(session: Session, answer: wire.ExchangeReply, offered: set[str], outcome: Outcome) -> None:
    """What central does not count, and why; what it counts now after all."""
    outcome.quarantined += answer.quarantined
    if offered:  # offered again and taken this time without a word: it counts now
        drop_values(session, [f"{QUARANTINED}{entry_id}" for entry_id in offered - outgoing.unsent_ids(session)])
    for told in answer.quarantined:
        put_value(session, f"{QUARANTINED}{told.entry_id}", told.reason)


def _take_feed(session: Session, request: wire.Exchange, feed: wire.ScopeFeed) -> int:
    """New entries of a scope, the cursor after them, and central's signature over the piece."""
    told: Sequence[wire.WireEntry | packing.Unpacked] = feed.entries
    wiping.bring_back(session, feed.scope)  # of a visit that was removed central gives nothing, unless it is open again
    if feed.packed is not None:
        told = packing.unpack(feed.packed)
    entries = _readable(told)
    taken = len(journal.receive(session, entries).sound)
    vouchers.confirm(session, [entry.entry_id for entry in entries])
    outgoing.put_cursor(session, feed.scope, feed.cursor, feed.mark)
    after = request.cursors.get(feed.scope, 0)
    if feed.voucher and len(entries) == len(told) == feed.cursor - after:
        voucher = Voucher(request.epoch, feed.scope, after, feed.cursor, wire.from_hex(feed.voucher))
        vouchers.keep(session, voucher, [entry.entry_id for entry in entries])
    return taken


def _readable(entries: Sequence[wire.WireEntry | packing.Unpacked]) -> list[Entry]:
    """Entries that can be read; one that cannot holds up nobody (invariant I12)."""
    found = []
    for entry in entries:
        try:
            found.append(entry.read())
        except BrokenEntry:
            continue
    return found


def _step_back(session: Session, request: wire.Exchange, answer: wire.ExchangeReply, outcome: Outcome) -> bool:
    """Central has less of a scope than was read: it is shown its signature; if that changes nothing, all is read anew."""
    if not answer.ahead:
        return False
    if not outcome.ahead:
        outcome.ahead, outcome.has_shown = answer.ahead, False
        return True
    outgoing.drop_cursors(session, answer.ahead)
    vouchers.make_old(session, answer.ahead)
    outcome.ahead = []
    return True


def _take_backup(
    session: Session, node: Node, request: wire.Exchange, answer: wire.ExchangeReply, outcome: Outcome
) -> bool:
    """Watermarks of a verified backup that was not heard of, and which of the asked files are in it."""
    attachments.mark_durable(session, [one for one in answer.durable if one in request.asked], node.clock.now_ms())
    if request.asked:
        outcome.must_ask_after_files = False
    if not answer.backup or answer.backup == request.backup:
        return False
    for told in answer.watermarks:
        stream = StreamName(node.device_id, told.incarnation, told.lane)
        mark = Watermark(stream, answer.epoch, told.seq, wire.from_hex(told.chain))
        own_chain = outgoing.chain_at(session, stream, told.seq)
        standing = after_watermark(outgoing.standing_of(session, str(stream)), mark, request.epoch, own_chain)
        outgoing.put_standing(session, str(stream), standing)
    outgoing.note_durable(session, answer.durable_feeds)
    put_value(session, BACKUP, answer.backup)
    outcome.must_ask_after_files = bool(attachments.not_durable(session, 1))
    return outcome.must_ask_after_files


def _settle_vouchers(session: Session, request: wire.Exchange, answer: wire.ExchangeReply, outcome: Outcome) -> bool:
    """Old pieces: central has them, wants them, or has just been given them. They go when new vouchers cover them."""
    outcome.wanted -= {given.signature for given in request.vouched}
    if answer.wanted is not None:
        reports.drop_unprovable(session)
        offered = {(o.epoch, o.scope, o.after, o.last): number for number, o in enumerate(request.offers)}
        for voucher, _ in vouchers.old(session, wire.OFFERS):
            number = offered.get((voucher.epoch, voucher.scope, voucher.after, voucher.last))
            if number is not None:
                outcome.settled.add(voucher.signature.hex())
                outcome.wanted |= {voucher.signature.hex()} if number in answer.wanted else set()
    vouchers.drop_covered(session)
    return bool(request.vouched or request.offers)
