"""What a hub gives and takes, inside one transaction: whole streams under the seals of their own devices, and pieces of
central's feeds under central's signature. A hub vouches for nothing itself, so nobody needs to believe it.
"""

from collections.abc import Collection, Mapping
from typing import Final

from sqlmodel import Session

from app.domain.certificates import Certificate
from app.errors import NoCertificate, ProtocolError
from app.store import files_named, incoming, relays, uploads, vouchers
from app.store import node as node_values
from app.store.node import Node, put_value, value_of
from app.store.outgoing import Batch
from app.sync import certificates, reports, wire
from app.sync.batches import on_wire, push_of
from app.sync.hub_wire import HubExchange, HubReply, OriginBatch
from app.sync.pushes import take_all
from app.sync.relays import relay_of

CHALLENGE_OF: Final = "hub_challenge:"  # + device, node value: what its next exchange has to name


def answer(
    session: Session, node: Node, signed: wire.SignedCertificate, who: Certificate, asked: HubExchange
) -> HubReply:
    """The reply of this hub to a device that it trusts. Raises NoCertificate, ProtocolError for a seal that does not hold."""
    is_greeting = asked.to != node.device_id
    greeting = _greeting(session, node, who, asked, is_greeting)
    if is_greeting:
        return greeting
    device = certificates.as_device(who)
    put_value(session, f"{relays.CERTIFICATE_OF}{who.device_id}", wire.pack(signed).decode())
    taken = take_all(session, device, asked.pushes, node.device_id)
    scopes = incoming.scopes_for(session, device)
    batches, has_more = batches_for(session, node, who.device_id, scopes, asked.carried)
    pieces, has_more_pieces = _pieces(session, scopes, asked)
    gone = files_named.gone(session)  # it carried them, and central has them durably
    return greeting.model_copy(
        update={
            "held": _places(session, who.device_id),
            "refused": taken.refused,
            "quarantined": taken.quarantined,
            "batches": batches,
            "vouched": pieces,
            "missing_blobs": [one for one in incoming.missing_blobs(session, scopes) if one not in gone],
            "received": uploads.received(session, asked.begun) if asked.begun else 0,
            "more": has_more or has_more_pieces,
        }
    )


def _greeting(session: Session, node: Node, who: Certificate, asked: HubExchange, is_greeting: bool) -> HubReply:
    """Who this is, and how far it has the streams of who asks. Raises NoCertificate, ProtocolError."""
    own = certificates.own_certificate(session)
    if own is None:
        raise NoCertificate()
    return HubReply(
        certificate=own,
        device=who.device_id,
        nonce=asked.nonce,
        challenge=_challenge(session, node, who.device_id, None if is_greeting else asked.challenge),
        held=_places(session, who.device_id),
    )


def _challenge(session: Session, node: Node, device_id: str, named: str | None) -> str:
    """What the next exchange of this device has to name. `named`: by this one; None: a greeting; "": by an older device.

    Over plain HTTP a request can be recorded, and would be answered later with all that came since. Raises ProtocolError.
    """
    name = f"{CHALLENGE_OF}{device_id}"
    waiting = value_of(session, name)
    if named and named != waiting:
        raise ProtocolError(reason="this was said before")
    if named is None and waiting:
        return waiting
    fresh = node.clock.random_bytes(8).hex()
    put_value(session, name, fresh)
    return fresh


def _places(session: Session, device_id: str) -> dict[str, int]:
    return {one.stream: one.last_seq for one in relays.carried(session) if one.name.device == device_id}


def batches_for(
    session: Session, node: Node, asker: str, scopes: Collection[str], carried: Mapping[str, int]
) -> tuple[list[OriginBatch], bool]:
    """What the asker lacks of this hub's own streams and of those it carries. Texts outside `scopes` are left out."""
    found: list[OriginBatch] = []
    room, room_bytes = wire.PULL_ENTRIES, wire.BATCH_BYTES
    for stream, last in _streams_for(session, asker).items():
        after = carried.get(stream, 0)
        if after >= last:
            continue
        if room <= 0 or room_bytes <= 0:
            return found, True
        batch, size = _origin_batch(session, node, stream, after, min(room, wire.PUSH_ENTRIES), scopes)
        if batch is None:
            continue
        found.append(batch)
        room, room_bytes = room - len(batch.entries), room_bytes - size
        if after + len(batch.entries) < last:
            return found, True
    return found, False


def _streams_for(session: Session, asker: str) -> dict[str, int]:
    others = {one.stream: one.last_seq for one in relays.carried(session) if one.name.device != asker}
    return relays.own_places(session) | others


def _origin_batch(
    session: Session, node: Node, stream: str, after: int, room: int, scopes: Collection[str]
) -> tuple[OriginBatch | None, int]:
    """The next batch of a stream under its own device's seal and certificate, and its size. None when one is not here."""
    if stream.startswith(f"{node.device_id}/"):
        own = certificates.own_certificate(session)
        batch = own_batch(session, stream, after, room, scopes)
        sealed = push_of(node, batch)
        relay = relay_of(stream, batch.start, batch.previous, on_wire(batch.entries), bytes.fromhex(sealed.seal))
    else:
        own = certificates.of_device(session, stream.partition("/")[0])
        found = relays.sealed_batch(session, stream, after, room, wire.BATCH_BYTES, scopes)
        if found is None:
            return None, 0
        batch = found[0]
        relay = relay_of(stream, batch.start, batch.previous, on_wire(batch.entries), found[1])
    if own is None:
        return None, 0
    return OriginBatch(**relay.model_dump(), certificate=own), batch.size


def own_batch(session: Session, stream: str, after: int, room: int, scopes: Collection[str]) -> Batch:
    """The next entries of a stream of this device, without the texts of those outside `scopes`."""
    last = relays.last_that_fits(session, stream, after, room, wire.BATCH_BYTES)
    return relays.batch_between(session, stream, after, last, scopes)


def _pieces(session: Session, scopes: Collection[str], asked: HubExchange) -> tuple[list[wire.Vouched], bool]:
    """Pieces of central's feeds, of the asker's epoch, that it has not read, under central's own signature."""
    if not asked.epoch or asked.epoch != value_of(session, node_values.EPOCH):
        return [], False
    room = wire.BATCH_BYTES
    found: list[wire.Vouched] = []
    for voucher, entries in vouchers.after_cursors(session, asked.epoch, scopes, asked.cursors):
        if found and room <= 0:
            return found, True
        if piece := reports.vouched(session, voucher, entries):
            found.append(piece)
            room -= sum(len(entry.header) + len(entry.body or b"") for entry in entries)
    return found, False
