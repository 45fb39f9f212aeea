"""The device's side of an exchange: say what is new, take in what central says, until neither has more.

No transaction is open while the network is waited for: read, close, send, open, mark.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from app.errors import AppError, CentralNotGenuine
from app.store import attachments, bundles, central_words, confidential, outgoing, vouchers, wiping
from app.store import node as node_values
from app.store.db import Database
from app.store.node import Node, put_value, value_of
from app.sync import bundles as sealed_bundles
from app.sync import codec, files, link, orders, reports, tls, wire
from app.sync.batches import push_of
from app.sync.certificates import held_at
from app.sync.link import Transport
from app.sync.progress import Progress
from app.sync.relays import to_pass_on
from app.sync.replies import BACKUP, Outcome, take_in
from app.sync.reports import LAST_PROBLEM

LAST_SENT: Final = "last_sent_ms"  # node value
MAX_ROUNDS: Final = 400


@dataclass(frozen=True)
class Answered:
    """A request, and central's verified answer to it."""

    request: wire.Exchange
    answer: wire.ExchangeReply
    sent_bytes: int


def meet_central(database: Database, transport: Transport, progress: Progress | None = None) -> Outcome:
    """Exchanges until both sides have nothing new, then moves files. Keeps the time or the problem for the screen.

    Between two files whatever was written meanwhile goes first: an alert waits for one photo at most.
    """
    outcome = Outcome()
    try:
        _exchange_all(database, transport, outcome)
        sealed_bundles.hand_over(database, transport)
        files.send_all(database, transport, outcome, progress, lambda: _exchange_new(database, transport, outcome))
        files.fetch_all(database, transport, outcome)
    except AppError as error:
        with database.write() as session:
            put_value(session, LAST_PROBLEM, error.code)
        raise
    with database.write() as session:
        put_value(session, LAST_PROBLEM, "")
        put_value(session, LAST_SENT, str(database.node.clock.now_ms()))
    return outcome


def _exchange_all(database: Database, transport: Transport, outcome: Outcome) -> None:
    """Exchanges until nobody has more to say. The rest of a long feed is on its way while its last piece is taken in."""
    coming: Future[Answered] | None = None
    with ThreadPoolExecutor(1) as beside:
        for _ in range(MAX_ROUNDS):
            answered = coming.result() if coming else _ask(database, transport, _request(database, outcome))
            was_coming, following = coming is not None, _following(database.node, answered)
            coming = beside.submit(_ask, database, transport, following) if following else None
            if not _take(database, answered, outcome) and not (was_coming and _is_waiting(database)):
                break
            if following and not _goes_on(database, following):
                coming = None


def _exchange_new(database: Database, transport: Transport, outcome: Outcome) -> None:
    if _is_waiting(database):
        _exchange_all(database, transport, outcome)


def _request(database: Database, outcome: Outcome) -> wire.Exchange:
    with database.read() as session:
        link.require_enrolled(session)
        return request_of(session, database.node, outcome)


def _ask(database: Database, transport: Transport, request: wire.Exchange) -> Answered:
    """One round trip. Raises what speaks against the answer."""
    node: Node = database.node
    with database.read() as session:
        headers, keys = link.signed_in(session), central_words.pinned(session)
    says = any(push.entries or push.packed for push in request.pushes)
    small = codec.SMALL_LENGTHS if says else codec.QUIET_LENGTHS
    body, headers["Content-Encoding"] = codec.padded(wire.pack(request), small=small)
    link.prove(node, headers, "exchange", body, request.nonce)
    reply = transport("POST", f"{wire.PREFIX}/exchange", headers, body)
    orders.heed_refusal(keys, node, reply, request.nonce)
    link.genuine(reply, keys, "exchange", request.nonce)
    answer = wire.unpack(wire.ExchangeReply, reply.content())
    if answer.nonce != request.nonce or answer.device != node.device_id:
        raise CentralNotGenuine()
    orders.heed(keys, node, answer.wipe, answer.epoch)
    return Answered(request, answer, len(body))


def _take(database: Database, answered: Answered, outcome: Outcome) -> bool:
    """Takes in an answer. Returns True when there is more to say on either side."""
    node: Node = database.node
    outcome.bytes_sent += answered.sent_bytes
    before, incarnation = outcome.pushed, node.incarnation
    try:
        with database.write() as session:
            more = take_in(session, node, answered.request, answered.answer, outcome)
    except BaseException:
        node.incarnation = incarnation  # rolled back with the rest
        raise
    return more or (outcome.pushed > before and _is_waiting(database))


def _following(node: Node, answered: Answered) -> wire.Exchange | None:
    """The request for the rest of a feed, before its last piece is taken in; None when there is no rest."""
    request, answer = answered.request, answered.answer
    if answer.epoch != request.epoch or answer.ahead or not any(feed.more for feed in answer.feeds):
        return None
    return wire.Exchange(
        device=request.device,
        epoch=request.epoch,
        nonce=node.clock.random_bytes(16).hex(),
        cursors=request.cursors | {feed.scope: feed.cursor for feed in answer.feeds},
        marks=request.marks | {feed.scope: feed.mark for feed in answer.feeds if feed.mark},
        backup=answer.backup or request.backup,
        wiped=request.wiped,
        packs=True,
    )


def _goes_on(database: Database, following: wire.Exchange) -> bool:
    """True when all was read as the request that is already on its way takes for granted."""
    with database.read() as session:
        return (
            outgoing.cursors(session) == following.cursors and value_of(session, node_values.EPOCH) == following.epoch
        )


def request_of(session: Session, node: Node, outcome: Outcome) -> wire.Exchange:
    """What there is to say now: batches, cursors, and what an older epoch left to be settled."""
    epoch = value_of(session, node_values.EPOCH)
    batches = outgoing.unacknowledged(session, wire.PUSH_ENTRIES, wire.BATCH_BYTES)
    vouched = _vouched(session, outcome) if outcome.wanted else []
    return wire.Exchange(
        device=node.device_id,
        epoch=epoch,
        nonce=node.clock.random_bytes(16).hex(),
        pushes=[*(push_of(node, batch) for batch in batches), *_standings(session, node, batches)],
        cursors=outgoing.cursors(session),
        marks=outgoing.marks(session),
        backup=value_of(session, BACKUP),
        asked=attachments.not_durable(session, wire.ASKED_FILES) if outcome.must_ask_after_files else [],
        shown=None if outcome.has_shown else reports.shown(session, epoch, outcome.ahead),
        offers=reports.offers(session, outcome.settled) if epoch and not vouched else [],
        vouched=vouched,
        begun=files.begun_at(session),
        wiped=wiping.wiped_at(session),
        health=reports.health(session) if not outcome.has_reported else None,
        packs=True,
        relays=to_pass_on(session) if outcome.has_reported and outcome.can_relay else [],
        certificate_at=held_at(session),
        bundle_key=bundles.held_fingerprint(session),
        tls_pins=tls.digest(tls.held_pins(session)),
        confidential_keys=confidential.fingerprints(confidential.told(session)),
    )


def _standings(session: Session, node: Node, batches: Sequence[outgoing.Batch]) -> list[wire.Push]:
    """Where the streams stand that have nothing new: a push of nothing. A central that was put back in silence sees it."""
    busy = {batch.stream for batch in batches}
    return [
        push_of(node, outgoing.Batch(stream, seq + 1, chain, chain, (), 0))
        for stream, seq, chain in outgoing.standings(session)
        if stream not in busy
    ]


def _vouched(session: Session, outcome: Outcome) -> list[wire.Vouched]:
    """The wanted pieces, as many as one exchange carries, and one at least."""
    given: list[wire.Vouched] = []
    room = wire.BATCH_BYTES
    for voucher, entries in vouchers.old(session, wire.OFFERS):
        if voucher.signature.hex() not in outcome.wanted:
            continue
        room -= sum(len(entry.header) + len(entry.body or b"") for entry in entries)
        if given and room < 0:
            break
        if piece := reports.vouched(session, voucher, entries):
            given.append(piece)
    return given


def _is_waiting(database: Database) -> bool:
    with database.read() as session:
        return outgoing.unsent_entries(session) > 0
