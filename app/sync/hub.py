"""The device's side of meeting a hub, where central is away: both show what central says of them, then give each other
what the other lacks and may see. Nothing here moves an ack of central's: *sent* is only what central itself confirmed.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlmodel import Session

from app.domain.certificates import Certificate
from app.domain.journal import BrokenEntry, Entry
from app.domain.protocol import Voucher, voucher_message
from app.errors import (
    AppError,
    CentralUnreachable,
    DeviceNotTrusted,
    HubLocked,
    HubNotGenuine,
    HubUnreachable,
    NoCertificate,
    ProtocolError,
)
from app.store import attachments, central_words, incoming, journal, outgoing, relays, vouchers, wiping
from app.store import node as node_values
from app.store.db import Database
from app.store.node import Node, put_value, value_of
from app.store.uploads import Upload
from app.store.vault import signature_holds
from app.sync import certificates, codec, files, link, reports, wire
from app.sync.batches import push_of
from app.sync.hub_answers import own_batch
from app.sync.hub_wire import HubExchange, HubReply, OriginBatch
from app.sync.link import Reply, Transport
from app.sync.pushes import take_all

HUB_URL, HUB_CA = (
    "hub_url",
    "hub_ca",
)  # node values: where the hub is, and the certificate (PEM) that its TLS is held to
HUB_MET: Final = "hub_met_ms"  # node value
HUB_NAME: Final = "hub_name"  # node value: as central calls it
HUB_BEGUN: Final = "hub_upload_begun"  # node value: hash of the file whose upload may lie at the hub in part
HUB_PROBLEM: Final = "hub_problem"  # node value: code of what the last meeting with it failed of
HUB_PREFIX: Final = f"{wire.PREFIX}/hub"  # of every address of a hub
MAX_ROUNDS: Final = 400


@dataclass
class HubOutcome:
    """What one meeting with a hub did."""

    hub: str = ""
    pushed: int = 0
    pulled: int = 0
    files: int = 0


def meet_hub(database: Database, transport: Transport) -> HubOutcome:
    """Gives the hub this device's streams, as far as the hub's persons may see them, and takes what it has for this one.

    Raises NoCertificate, HubUnreachable, HubLocked, HubNotGenuine, DeviceNotTrusted (the hub's certificate does not count), or
    ProtocolError with what the hub said.
    """
    try:
        outcome = _meet(database, transport)
    except AppError as error:
        with database.write() as session:
            put_value(session, HUB_PROBLEM, error.code)
        raise
    with database.write() as session:
        put_value(session, HUB_PROBLEM, "")
    return outcome


def _meet(database: Database, transport: Transport) -> HubOutcome:
    who, reply = _ask(database, transport, None, None)
    outcome = HubOutcome(who.device_id)
    for _ in range(MAX_ROUNDS):
        pushed = outcome.pushed
        _, reply = _ask(database, transport, who, reply)
        with database.write() as session:
            _take_in(session, who, reply, outcome)
        if not reply.more and not (outcome.pushed > pushed and _is_waiting(database, reply)):
            break
    _send_files(database, transport, who, reply, outcome)
    _fetch_documents(database, transport, who, outcome)
    with database.write() as session:
        put_value(session, HUB_MET, str(database.node.clock.now_ms()))
        put_value(session, HUB_NAME, who.name)
    return outcome


def forget_hub(session: Session) -> None:
    """This device meets no hub any more."""
    node_values.drop_values(session, [HUB_URL, HUB_CA, HUB_MET, HUB_NAME, HUB_BEGUN, HUB_PROBLEM])


# ---- one round trip ----------------------------------------------------------------------------------------------------


def _ask(
    database: Database, transport: Transport, who: Certificate | None, before: HubReply | None
) -> tuple[Certificate, HubReply]:
    """A greeting when `who` is not known yet, else an exchange with that hub, which said `before` last. Returns who
    answered, verified."""
    node: Node = database.node
    with database.read() as session:
        request = _request(session, node, who, before)
        headers = _headers(session)
    body, headers["Content-Encoding"] = codec.padded(wire.pack(request))
    link.prove(node, headers, "hub", body, request.nonce)
    reply = _through(transport, "POST", f"{HUB_PREFIX}/exchange", headers, body)
    if reply.status != 200:
        raise _refusal_of(reply)
    try:
        answer = wire.unpack(HubReply, reply.content())
    except ProtocolError as error:
        raise HubNotGenuine() from error
    with database.read() as session:
        hub = certificates.trusted(session, answer.certificate)
    is_same = who is None or who.public_key == hub.public_key
    if not is_same or (answer.nonce, answer.device) != (request.nonce, node.device_id):
        raise HubNotGenuine()
    _verify(reply, hub, "hub", request.nonce)
    return hub, answer


def _request(session: Session, node: Node, who: Certificate | None, before: HubReply | None) -> HubExchange:
    nonce = node.clock.random_bytes(16).hex()
    if who is None or before is None:
        return HubExchange(nonce=nonce)
    scopes = incoming.scopes_for(session, certificates.as_device(who))
    epoch = value_of(session, node_values.EPOCH)
    room = wire.PUSH_ENTRIES
    pushes: list[wire.Push] = []
    for stream, last in relays.own_places(session).items():
        after = before.held.get(stream, 0)
        if after < last and room > 0:
            batch = own_batch(session, stream, after, room, scopes)
            pushes.append(push_of(node, batch))
            room -= len(batch.entries)
    return HubExchange(
        to=who.device_id,
        nonce=nonce,
        challenge=before.challenge,
        epoch=epoch,
        pushes=pushes,
        carried={one.stream: one.last_seq for one in relays.carried(session)},
        cursors=vouchers.furthest(session, epoch),
        begun=value_of(session, HUB_BEGUN),
    )


def _headers(session: Session) -> dict[str, str]:
    """No token: that is central's alone."""
    own = certificates.own_certificate(session)
    if own is None:
        raise NoCertificate()
    return {**link.plain_headers(), certificates.HEADER: certificates.in_header(own)}


def _through(transport: Transport, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
    try:
        reply = transport(method, path, headers, body)
    except CentralUnreachable as error:
        raise HubUnreachable() from error
    if reply.status in link.BUSY:
        raise _busy(reply)
    return reply


def _busy(reply: Reply) -> AppError:
    """Nobody signs it, so it says no more than what a person may go and look at."""
    try:
        code = wire.unpack(wire.Refusal, reply.content()).code
    except ProtocolError:
        code = ""
    return HubLocked() if code == HubLocked.code else HubUnreachable()


def _refusal_of(reply: Reply) -> Exception:
    """What a hub says that refuses. Nobody can verify it, so it changes nothing but the sentence on the screen."""
    try:
        told = wire.unpack(wire.Refusal, reply.content())
    except ProtocolError:
        return HubNotGenuine()
    if told.code == DeviceNotTrusted.code and told.reason in DeviceNotTrusted.sentences:
        return DeviceNotTrusted(told.reason)
    return ProtocolError(reason=told.reason or told.code)


def _verify(reply: Reply, hub: Certificate, call: str, nonce: str) -> None:
    if not link.is_signed(reply, [hub.public_key], call, nonce):
        raise HubNotGenuine()


def _is_waiting(database: Database, reply: HubReply) -> bool:
    with database.read() as session:
        places = relays.own_places(session)
    return any(reply.held.get(stream, 0) < last for stream, last in places.items())


# ---- what it said ------------------------------------------------------------------------------------------------------


def _take_in(session: Session, who: Certificate, reply: HubReply, outcome: HubOutcome) -> None:
    """Raises HubNotGenuine where a seal or central's signature does not hold: then nothing of the reply is taken."""
    places = relays.own_places(session)
    known = int(value_of(session, f"{HUB_MET}:{who.device_id}") or 0)
    now_there = sum(min(seq, places.get(stream, 0)) for stream, seq in reply.held.items())
    outcome.pushed += max(0, now_there - known)
    put_value(session, f"{HUB_MET}:{who.device_id}", str(now_there))
    for piece in reply.vouched:
        outcome.pulled += _take_piece(session, piece)
    for batch in reply.batches:
        outcome.pulled += _take_batch(session, who, batch)


def _take_piece(session: Session, piece: wire.Vouched) -> int:
    """A piece of a feed under central's own signature. The cursor at central stays: only central moves it."""
    try:
        entries, digest = reports.read_piece(session, piece)
    except BrokenEntry as error:
        raise HubNotGenuine() from error
    if wiping.is_wiped(session, piece.scope):
        return 0
    message = voucher_message(piece.epoch, piece.scope, piece.after, piece.last, digest)
    signature = wire.from_hex(piece.signature)
    is_whole = len(entries) == piece.last - piece.after
    if not is_whole or not any(signature_holds(key, signature, message) for key in central_words.pinned(session)):
        raise HubNotGenuine()
    return _keep_piece(session, Voucher(piece.epoch, piece.scope, piece.after, piece.last, signature), entries)


def _keep_piece(session: Session, voucher: Voucher, entries: list[Entry]) -> int:
    taken = len(journal.receive(session, entries).sound)
    ids = [entry.entry_id for entry in entries]
    vouchers.confirm(session, ids)
    vouchers.keep(session, voucher, ids)
    return taken


def _take_batch(session: Session, who: Certificate, batch: OriginBatch) -> int:
    """A batch of another device, under that device's own seal; marked until central confirms it."""
    node: Node = session.info["node"]
    try:
        origin = certificates.trusted(session, batch.certificate)
    except DeviceNotTrusted:
        return 0  # withdrawn, or too old: it holds up no other
    if batch.device in (node.device_id, "") or origin.device_id != batch.device:
        raise HubNotGenuine()
    before = relays.count_unconfirmed(session)
    try:
        take_all(session, certificates.as_device(origin), [batch], who.device_id)
    except ProtocolError as error:
        raise HubNotGenuine() from error
    put_value(session, f"{relays.CERTIFICATE_OF}{batch.device}", wire.pack(batch.certificate).decode())
    return relays.count_unconfirmed(session) - before


# ---- files -------------------------------------------------------------------------------------------------------------


def _send_files(
    database: Database, transport: Transport, who: Certificate, reply: HubReply, outcome: HubOutcome
) -> None:
    """The photos and documents that the hub lacks and may see; one that broke off goes on where it did."""
    with database.read() as session:
        begun, scopes = value_of(session, HUB_BEGUN), incoming.scopes_for(session, certificates.as_device(who))
    for sha256 in reply.missing_blobs:
        with database.read() as session:
            kept, scope = attachments.read(session, sha256), attachments.scope_of(session, sha256)
            headers = _headers(session)
        if kept is None or scope not in scopes:
            continue
        offset = reply.received if sha256 == begun else 0
        if not offset:
            with database.write() as session:
                put_value(session, HUB_BEGUN, sha256)
        upload = Upload(sha256, scope, kept[0], len(kept[1]))
        through = partial(_through, transport)
        answer, nonce = files.put_rest(database.node, through, HUB_PREFIX, headers, upload, kept[1], offset)
        _verify(answer, who, "hub-blob", nonce)
        outcome.files += int(answer.status == 200)


def _fetch_documents(database: Database, transport: Transport, who: Certificate, outcome: HubOutcome) -> None:
    """The pinned checklists of visits that came: without them a visit cannot be opened."""
    with database.read() as session:
        wanted = outgoing.wanted_documents(session)
    for sha256, scope in wanted:
        with database.read() as session:
            headers = _headers(session)
        nonce = link.prove_blob(database.node, headers, "GET", sha256, scope)
        answer = _through(transport, "GET", f"{HUB_PREFIX}/blobs/{sha256}", headers, b"")
        _verify(answer, who, "hub-document", nonce)
        data = answer.content() if answer.status == 200 else b""
        if attachments.sha256_of(data) == sha256:
            with database.write() as session:
                attachments.keep(session, data, attachments.DOCUMENT_TYPE, scope)
                attachments.mark_sent(session, sha256, database.node.clock.now_ms())  # central says if it lacks it
            outcome.files += 1
