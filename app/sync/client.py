"""The device's side: enrol, exchange, fetch and send blobs, and the loop with its back-off.

No transaction is open while the network is waited for: read, close, send, open, mark. An answer counts only if it is
a 200 that verifies under the pinned central key; anything else changes nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from sqlmodel import Session

from app.domain.journal import Ack, BrokenEntry, Entry, StreamName, ack_counts, seal_message
from app.errors import (
    AppError,
    CentralNotGenuine,
    CentralUnreachable,
    DeviceRevoked,
    EnrolmentRefused,
    NotEnrolled,
    ProtocolError,
    StreamFork,
)
from app.store import attachments, journal, outgoing
from app.store import node as node_values
from app.store.db import Database
from app.store.node import Node, drop_values, put_value, value_of, values_with_prefix
from app.store.vault import key_fingerprint, signature_holds
from app.sync import wire

TOKEN, CENTRAL_URL, CENTRAL_KEYS = "token", "central_url", "central_keys"
DEVICE_NAME, DEVICE_PEOPLE = "device_name", "device_people"
LAST_SENT, LAST_PROBLEM = "last_sent_ms", "last_problem"
QUARANTINED: Final = "quarantined:"  # + entry id: the reason for which central keeps it and does not count it
MAX_ROUNDS: Final = 200


@dataclass(frozen=True)
class Reply:
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes


class Transport(Protocol):
    """Carries one request to central. Raises CentralUnreachable when there is no answer at all."""

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply: ...


@dataclass
class Outcome:
    """What one meeting with central did."""

    pushed: int = 0
    pulled: int = 0
    blobs: int = 0
    quarantined: list[wire.Quarantined] = field(default_factory=list)
    new_incarnation: bool = False
    refused_blobs: dict[str, str] = field(default_factory=dict)  # SHA-256 -> what central said


def enrol(database: Database, transport: Transport, url: str, code: str) -> wire.EnrolReply:
    """Registers this device with its one-time code. The code's second half pins central's key.

    Raises EnrolmentRefused for a wrong code, CentralNotGenuine when another server answers.
    """
    node: Node = database.node
    secret, _, fingerprint = code.strip().upper().replace(" ", "").partition("-")
    nonce = node.clock.random_bytes(16).hex()
    request = wire.EnrolRequest(code=secret, public_key=node.public_key.hex(), nonce=nonce)
    body = wire.compress(wire.pack(request))
    proof = node.sign(wire.request_message("enrol", body)).hex()
    headers = {**_headers(), wire.PROOF_HEADER: proof, wire.NONCE_HEADER: nonce}
    reply = transport("POST", "/sync/v1/enrol", headers, body)
    if reply.status in (400, 401, 403, 404, 409, 422):
        raise EnrolmentRefused()
    answer = _enrol_reply(reply, fingerprint, nonce)
    if answer.nonce != nonce or answer.device != node.device_id:
        raise CentralNotGenuine()
    with database.write() as session:
        _remember_central(session, url, answer)
    return answer


def _enrol_reply(reply: Reply, fingerprint: str, nonce: str) -> wire.EnrolReply:
    try:
        answer = wire.unpack(wire.EnrolReply, reply.body)
        keys = [bytes.fromhex(key) for key in answer.central_keys]
    except (ProtocolError, ValueError) as error:
        raise CentralNotGenuine() from error
    pinned = [key for key in keys if key_fingerprint(key) == fingerprint]
    if reply.status != 200 or not _is_signed(reply, pinned, "enrol", nonce):
        raise CentralNotGenuine()
    return answer


def _remember_central(session: Session, url: str, answer: wire.EnrolReply) -> None:
    if value_of(session, node_values.EPOCH) != answer.epoch:
        outgoing.forget_acks(session)  # what another central acknowledged, this one does not hold
    put_value(session, CENTRAL_URL, url.rstrip("/"))
    put_value(session, CENTRAL_KEYS, json.dumps(answer.central_keys))
    put_value(session, TOKEN, answer.token)
    put_value(session, DEVICE_NAME, answer.name)
    put_value(session, DEVICE_PEOPLE, json.dumps(answer.people))
    put_value(session, node_values.EPOCH, answer.epoch)


def meet_central(database: Database, transport: Transport) -> Outcome:
    """Exchanges until both sides have nothing new, then moves blobs. Keeps the time or the problem for the screen."""
    outcome = Outcome()
    try:
        for _ in range(MAX_ROUNDS):
            if not _exchange(database, transport, outcome):
                break
        _send_blobs(database, transport, outcome)
        _fetch_blobs(database, transport, outcome)
    except AppError as error:
        with database.write() as session:
            put_value(session, LAST_PROBLEM, error.code)
        raise
    with database.write() as session:
        put_value(session, LAST_PROBLEM, "")
        put_value(session, LAST_SENT, str(database.node.clock.now_ms()))
    return outcome


def _exchange(database: Database, transport: Transport, outcome: Outcome) -> bool:
    """One round trip. Returns True when there is more to say on either side."""
    node: Node = database.node
    with database.read() as session:
        _require_enrolled(session)
        batches = outgoing.unacknowledged(session, wire.PUSH_ENTRIES, wire.BATCH_BYTES)
        epoch = value_of(session, node_values.EPOCH)
        cursors = outgoing.cursors(session)
        headers, keys = _signed_in(session), _pinned(session)
    nonce = node.clock.random_bytes(16).hex()
    pushes = [_push(node, batch) for batch in batches]
    request = wire.Exchange(device=node.device_id, epoch=epoch, nonce=nonce, pushes=pushes, cursors=cursors)
    body = wire.compress(wire.pack(request))
    headers |= {wire.PROOF_HEADER: node.sign(wire.request_message("exchange", body)).hex(), wire.NONCE_HEADER: nonce}
    reply = _genuine(transport("POST", "/sync/v1/exchange", headers, body), keys, "exchange", nonce)
    answer = wire.unpack(wire.ExchangeReply, reply.body)
    if answer.nonce != nonce or answer.device != node.device_id:
        raise CentralNotGenuine()
    before, incarnation = outcome.pushed, node.incarnation
    try:
        with database.write() as session:
            more = _take_in(session, node, epoch, answer, outcome)
    except BaseException:
        node.incarnation = incarnation  # rolled back with the rest
        raise
    return more or (outcome.pushed > before and _is_waiting(database))


def _is_waiting(database: Database) -> bool:
    with database.read() as session:
        return outgoing.unsent_entries(session) > 0


def _push(node: Node, batch: outgoing.Batch) -> wire.Push:
    stream = StreamName.parse(batch.stream)
    seal = node.sign(seal_message(stream, batch.start + len(batch.entries) - 1, batch.chain))
    entries = [
        wire.PushedEntry(id=one.entry_id, h=one.header, b=one.body, hh=one.header_hash, bh=one.body_hash)
        for one in batch.entries
    ]
    return wire.Push(
        incarnation=stream.incarnation,
        lane=stream.lane,
        start=batch.start,
        prev=batch.previous.hex(),
        entries=entries,
        seal=seal.hex(),
    )


def _take_in(session: Session, node: Node, epoch: str, answer: wire.ExchangeReply, outcome: Outcome) -> bool:
    """Applies a verified reply: acks, refusals, epoch, entries and cursors, in one transaction."""
    if answer.epoch != epoch:
        # Central was restored: it no longer holds what it once acknowledged, so everything is offered again (5.3).
        outgoing.forget_acks(session)
        put_value(session, node_values.EPOCH, answer.epoch)
        return True
    offered = outgoing.unsent_ids(session) if values_with_prefix(session, QUARANTINED) else set()
    for ack in answer.acks:
        outcome.pushed += _count_ack(session, node, epoch, answer.nonce, ack)
    has_refused = _take_refusals(session, node, answer.refused, outcome)
    outcome.quarantined += answer.quarantined
    if offered:  # offered again and taken this time without a word: it counts now
        drop_values(session, [f"{QUARANTINED}{entry_id}" for entry_id in offered - outgoing.unsent_ids(session)])
    for told in answer.quarantined:
        put_value(session, f"{QUARANTINED}{told.entry_id}", told.reason)
    for feed in answer.feeds:
        outcome.pulled += len(journal.receive(session, _readable(feed.entries)).sound)
        outgoing.put_cursor(session, feed.scope, feed.cursor)
    outgoing.mark_missing(session, answer.missing_blobs)
    return has_refused or any(feed.more for feed in answer.feeds)


def _take_refusals(session: Session, node: Node, refusals: Sequence[wire.Refused], outcome: Outcome) -> bool:
    """A gap is offered again; a fork starts a new incarnation. Raises StreamFork when that did not help."""
    own = journal.own_streams(session)
    has_gap = forked = False
    for refused in refusals:
        stream = StreamName(node.device_id, refused.incarnation, refused.lane)
        if refused.why == "gap" and stream in own:
            outgoing.step_back(session, str(stream), refused.have)
            has_gap = True
        forked = forked or (refused.why == "fork" and stream in own)
    if forked and outcome.new_incarnation:
        raise StreamFork()
    if forked:
        node_values.start_incarnation(session, node)
        journal.relink(session, node, own)
        outcome.new_incarnation = True
    return has_gap or forked


def _count_ack(session: Session, node: Node, epoch: str, nonce: str, told: wire.StreamAck) -> int:
    stream = StreamName(node.device_id, told.incarnation, told.lane)
    ack = Ack(stream, epoch, nonce, told.seq, wire.from_hex(told.chain))
    if ack_counts(ack, epoch, nonce, outgoing.chain_at(session, stream, told.seq)):
        return outgoing.advance_ack(session, str(stream), told.seq)
    return 0


def _readable(entries: Sequence[wire.WireEntry]) -> list[Entry]:
    """Entries that can be read; one that cannot holds up nobody (invariant I12)."""
    found = []
    for entry in entries:
        try:
            found.append(entry.read())
        except BrokenEntry:
            continue
    return found


def _send_blobs(database: Database, transport: Transport, outcome: Outcome) -> None:
    """One upload for each photo or document that central does not hold; one that it refuses holds up no other."""
    with database.read() as session:
        waiting = attachments.unsent(session)
    for sha256, _ in waiting:
        try:
            outcome.blobs += _send_blob(database, transport, sha256)
        except ProtocolError as error:
            outcome.refused_blobs[sha256] = str(error)


def _send_blob(database: Database, transport: Transport, sha256: str) -> int:
    node: Node = database.node
    with database.read() as session:
        kept, scope = attachments.read(session, sha256), attachments.scope_of(session, sha256)
        headers, keys = _signed_in(session), _pinned(session)
    if kept is None:
        return 0
    nonce = _prove_blob(node, headers, "PUT", sha256, scope)
    headers["Content-Type"] = kept[0]
    headers.pop("Content-Encoding")
    reply = _genuine(transport("PUT", f"/sync/v1/blobs/{sha256}", headers, kept[1]), keys, "blob", nonce)
    if wire.unpack(wire.BlobKept, reply.body).complete != sha256:
        raise CentralNotGenuine()
    with database.write() as session:
        attachments.mark_sent(session, sha256, node.clock.now_ms())
    return 1


def _prove_blob(node: Node, headers: dict[str, str], method: str, sha256: str, scope: str) -> str:
    """Puts scope, a fresh nonce and the device's signature into the headers; returns the nonce."""
    nonce = node.clock.random_bytes(16).hex()
    proof = node.sign(wire.blob_request(method, sha256, scope, nonce)).hex()
    headers |= {"X-Scope": scope, wire.NONCE_HEADER: nonce, wire.PROOF_HEADER: proof}
    return nonce


def _fetch_blobs(database: Database, transport: Transport, outcome: Outcome) -> None:
    """Fetches documents that records here name and this device lacks: the pinned checklists of planned visits."""
    with database.read() as session:
        wanted, signed_in = outgoing.wanted_documents(session), _signed_in(session)
    for sha256, scope in wanted:
        headers = dict(signed_in)
        _prove_blob(database.node, headers, "GET", sha256, scope)
        reply = transport("GET", f"/sync/v1/blobs/{sha256}", headers, b"")
        if reply.status == 200 and attachments.sha256_of(reply.body) == sha256:
            with database.write() as session:
                attachments.keep(session, reply.body, attachments.DOCUMENT_TYPE, scope)
                attachments.mark_sent(session, sha256, database.node.clock.now_ms())
            outcome.blobs += 1


def _genuine(reply: Reply, keys: Sequence[bytes], call: str, nonce: str) -> Reply:
    """The reply, if it is central's word on this very request. Raises what it says otherwise."""
    if not _is_signed(reply, keys, call, nonce):
        raise CentralUnreachable() if reply.status in (429, 500, 502, 503, 504) else CentralNotGenuine()
    if reply.status in (401, 403):
        raise DeviceRevoked()
    if reply.status >= 500:
        raise CentralUnreachable()
    if reply.status != 200:
        told = wire.unpack(wire.Refusal, reply.body)
        raise ProtocolError(reason=told.reason or told.code)
    return reply


def _is_signed(reply: Reply, keys: Sequence[bytes], call: str, nonce: str) -> bool:
    try:
        signature = bytes.fromhex(reply.headers.get(wire.SIGNATURE_HEADER.lower(), ""))
    except ValueError:
        return False
    message = wire.reply_message(call, reply.status, nonce, reply.body)
    return any(signature_holds(key, signature, message) for key in keys)


def _require_enrolled(session: Session) -> None:
    if not value_of(session, TOKEN):
        raise NotEnrolled()


def _signed_in(session: Session) -> dict[str, str]:
    node: Node = session.info["node"]
    return {**_headers(), "Authorization": f"Bearer {value_of(session, TOKEN)}", "X-Device": node.device_id}


def _pinned(session: Session) -> list[bytes]:
    return [bytes.fromhex(key) for key in json.loads(value_of(session, CENTRAL_KEYS) or "[]")]


def _headers() -> dict[str, str]:
    return {"Content-Type": "application/json", "Content-Encoding": "zstd", "Accept-Encoding": "identity"}
