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
from app.errors import AppError, CentralNotGenuine, DeviceRevoked, EnrolmentRefused, NotEnrolled, ProtocolError
from app.store import attachments, journal, node as node_values, outgoing
from app.store.db import Database
from app.store.node import Node, put_value, value_of
from app.store.vault import key_fingerprint, signature_holds
from app.sync import wire

TOKEN, CENTRAL_URL, CENTRAL_KEYS = "token", "central_url", "central_keys"
DEVICE_NAME, DEVICE_PEOPLE = "device_name", "device_people"
LAST_SENT, LAST_PROBLEM = "last_sent_ms", "last_problem"
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


def enrol(database: Database, transport: Transport, url: str, code: str) -> wire.EnrolReply:
    """Registers this device with its one-time code. The code's second half pins central's key.

    Raises EnrolmentRefused for a wrong code, CentralNotGenuine when another server answers.
    """
    node: Node = database.node
    secret, _, fingerprint = code.strip().upper().replace(" ", "").partition("-")
    nonce = node.clock.random_bytes(16).hex()
    request = wire.EnrolRequest(code=secret, public_key=node.public_key.hex(), nonce=nonce)
    reply = transport("POST", "/sync/v1/enrol", _headers(), wire.compress(wire.pack(request)))
    if reply.status in (401, 403, 404, 409, 422):
        raise EnrolmentRefused()
    answer = _enrol_reply(reply, fingerprint)
    if answer.nonce != nonce or answer.device != node.device_id:
        raise CentralNotGenuine()
    with database.write() as session:
        put_value(session, CENTRAL_URL, url.rstrip("/"))
        put_value(session, CENTRAL_KEYS, json.dumps(answer.central_keys))
        put_value(session, TOKEN, answer.token)
        put_value(session, DEVICE_NAME, answer.name)
        put_value(session, DEVICE_PEOPLE, json.dumps(answer.people))
        put_value(session, node_values.EPOCH, answer.epoch)
    return answer


def _enrol_reply(reply: Reply, fingerprint: str) -> wire.EnrolReply:
    try:
        answer = wire.unpack(wire.EnrolReply, reply.body)
        keys = [bytes.fromhex(key) for key in answer.central_keys]
        signature = bytes.fromhex(reply.headers.get(wire.SIGNATURE_HEADER.lower(), ""))
    except (ProtocolError, ValueError) as error:
        raise CentralNotGenuine() from error
    pinned = [key for key in keys if key_fingerprint(key) == fingerprint]
    if reply.status != 200 or not any(signature_holds(key, signature, reply.body) for key in pinned):
        raise CentralNotGenuine()
    return answer


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
        batches = outgoing.unacknowledged(session, wire.PUSH_ENTRIES)
        epoch = value_of(session, node_values.EPOCH)
        cursors = outgoing.cursors(session)
        headers, keys = _signed_in(session), _pinned(session)
    nonce = node.clock.random_bytes(16).hex()
    request = wire.Exchange(
        device=node.device_id, epoch=epoch, nonce=nonce, pushes=[_push(node, batch) for batch in batches], cursors=cursors
    )
    body = wire.compress(wire.pack(request))
    proof = node.sign(b"baqylau-exchange-1\n" + body).hex()
    reply = _genuine(transport("POST", "/sync/v1/exchange", {**headers, "X-Device-Signature": proof}, body), keys)
    answer = wire.unpack(wire.ExchangeReply, reply.body)
    if answer.nonce != nonce or answer.device != node.device_id:
        raise CentralNotGenuine()
    with database.write() as session:
        more = _take_in(session, node, epoch, answer, outcome)
    return more or sum(len(batch.entries) for batch in batches) >= wire.PUSH_ENTRIES


def _push(node: Node, batch: outgoing.Batch) -> wire.Push:
    stream = StreamName.parse(batch.stream)
    seal = node.sign(seal_message(stream, batch.start + len(batch.entries) - 1, batch.chain))
    entries = [wire.PushedEntry(h=place.header, b=place.body, hh=place.header_hash, bh=place.body_hash) for place in batch.entries]
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
        # Central was restored: it no longer holds what it once acknowledged, so everything is offered again (design 5.3).
        outgoing.forget_acks(session)
        put_value(session, node_values.EPOCH, answer.epoch)
        return True
    for ack in answer.acks:
        outcome.pushed += _count_ack(session, node, epoch, answer.nonce, ack)
    fork = any(refused.why == "fork" for refused in answer.refused)
    for refused in answer.refused:
        if refused.why == "gap":
            outgoing.step_back(session, str(StreamName(node.device_id, refused.incarnation, refused.lane)), refused.have)
    if fork:
        node_values.start_incarnation(session, node)
        journal.relink(session, node)
        outcome.new_incarnation = True
    outcome.quarantined += answer.quarantined
    for feed in answer.feeds:
        outcome.pulled += len(journal.receive(session, _readable(feed.entries)))
        outgoing.put_cursor(session, feed.scope, feed.cursor)
    outgoing.mark_missing(session, answer.missing_blobs)
    return fork or bool(answer.refused) or any(feed.more for feed in answer.feeds)


def _count_ack(session: Session, node: Node, epoch: str, nonce: str, told: wire.StreamAck) -> int:
    stream = StreamName(node.device_id, told.incarnation, told.lane)
    ack = Ack(stream, epoch, nonce, told.seq, bytes.fromhex(told.chain))
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
    """One upload for each photo or document that central does not hold; each is marked by itself."""
    with database.read() as session:
        waiting, headers, keys = attachments.unsent(session), _signed_in(session), _pinned(session)
    for sha256, _ in waiting:
        with database.read() as session:
            kept = attachments.read(session, sha256)
            scope = attachments.scope_of(session, sha256)
        if kept is None:
            continue
        more = {**headers, "Content-Type": kept[0], "X-Scope": scope}
        more.pop("Content-Encoding")
        reply = _genuine(transport("PUT", f"/sync/v1/blobs/{sha256}", more, kept[1]), keys)
        if json.loads(reply.body).get("complete") == sha256:
            with database.write() as session:
                attachments.mark_sent(session, sha256, database.node.clock.now_ms())
            outcome.blobs += 1


def _fetch_blobs(database: Database, transport: Transport, outcome: Outcome) -> None:
    """Fetches documents that records here name and this device lacks: the pinned checklists of planned visits."""
    with database.read() as session:
        wanted, headers = outgoing.wanted_documents(session), _signed_in(session)
    for sha256, scope in wanted:
        reply = transport("GET", f"/sync/v1/blobs/{sha256}", headers, b"")
        if reply.status == 200 and attachments.sha256_of(reply.body) == sha256:
            with database.write() as session:
                attachments.keep(session, reply.body, attachments.DOCUMENT_TYPE, scope)
                attachments.mark_sent(session, sha256, database.node.clock.now_ms())
            outcome.blobs += 1


def _genuine(reply: Reply, keys: Sequence[bytes]) -> Reply:
    """The reply, if it is central's word. Raises DeviceRevoked or CentralNotGenuine."""
    try:
        signature = bytes.fromhex(reply.headers.get(wire.SIGNATURE_HEADER.lower(), ""))
    except ValueError:
        signature = b""
    signed = any(signature_holds(key, signature, reply.body) for key in keys)
    if signed and reply.status in (401, 403):
        raise DeviceRevoked()
    if not signed or reply.status != 200:
        raise CentralNotGenuine()
    return reply


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


