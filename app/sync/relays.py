"""Streams of other devices on their way to central: how they are passed on, and how central takes them.

Each batch carries the seal of its own device. Whoever carries it can neither change nor invent anything.
"""

from collections.abc import Sequence

from sqlmodel import Session

from app.domain.journal import StreamName
from app.errors import ProtocolError
from app.store import incoming, relays
from app.store.tables import DeviceRow
from app.sync import wire
from app.sync.batches import on_wire, places_of
from app.sync.pushes import Taken, lock_scopes, take_all

GAP, FORK, SEAL, UNKNOWN = "gap", "fork", "seal", "unknown"  # why central does not take a relayed batch

# ---- on the device that carries ----------------------------------------------------------------------------------------


def to_pass_on(session: Session) -> list[wire.Relay]:
    """What central does not hold of the carried streams, as its own devices sealed it, alerts first."""
    found: list[wire.Relay] = []
    room, room_bytes = wire.PUSH_ENTRIES, wire.BATCH_BYTES
    for one in relays.waiting(session):
        sealed = relays.sealed_batch(session, one.stream, one.acked_seq, max(room, 1), max(room_bytes, 1), None)
        if sealed is None or (found and (len(sealed[0].entries) > room or sealed[0].size > room_bytes)):
            continue
        batch, seal = sealed
        found.append(relay_of(batch.stream, batch.start, batch.previous, on_wire(batch.entries), seal))
        room, room_bytes = room - len(batch.entries), room_bytes - batch.size
    return found


def relay_of(stream: str, start: int, previous: bytes, entries: list[wire.PushedEntry], seal: bytes) -> wire.Relay:
    """A batch of another device's stream with that device's seal."""
    name = StreamName.parse(stream)
    return wire.Relay(
        device=name.device,
        incarnation=name.incarnation,
        lane=name.lane,
        start=start,
        prev=previous.hex(),
        entries=entries,
        seal=seal.hex(),
    )


def take_acks(session: Session, told: Sequence[wire.RelayAck]) -> None:
    """What central says of the carried streams."""
    for ack in told:
        stream = str(StreamName(ack.device, ack.incarnation, ack.lane))
        if ack.refused == GAP:
            relays.step_back(session, stream, ack.seq)
        elif ack.refused:
            relays.give_up(session, stream)
        else:
            relays.note_ack(session, stream, ack.seq, wire.from_hex(ack.chain), ack.durable)


# ---- at central --------------------------------------------------------------------------------------------------------


def lock_for(session: Session, asked: wire.Exchange) -> None:
    """Locks the scopes of all batches of an exchange at once, before any stream; each does so for itself without relays."""
    if asked.relays:
        pushes = [*asked.pushes, *asked.relays]
        lock_scopes(session, [places_of(push) for push in pushes])


def take_relayed(session: Session, carrier: DeviceRow, batches: Sequence[wire.Relay]) -> list[wire.RelayAck]:
    """Takes each batch as if its own device had pushed it, and marks it until that device shows it itself."""
    ordered = sorted(batches, key=lambda one: one.lane)
    return [_take(session, carrier, one) for one in ordered]


def _take(session: Session, carrier: DeviceRow, batch: wire.Relay) -> wire.RelayAck:
    told = wire.RelayAck(device=batch.device, incarnation=batch.incarnation, lane=batch.lane, seq=0)
    origin = session.get(DeviceRow, batch.device)
    if origin is None or origin.device_id == carrier.device_id:
        return told.model_copy(update={"refused": UNKNOWN})
    try:
        taken: Taken = take_all(session, origin, [batch], carrier.device_id)
    except ProtocolError:
        return told.model_copy(update={"refused": SEAL})  # the carrier's own entries are not held up by it
    if taken.refused:
        return told.model_copy(update={"refused": taken.refused[0].why, "seq": taken.refused[0].have})
    ack = taken.acks[0]
    stream = StreamName(batch.device, batch.incarnation, batch.lane)
    return told.model_copy(update={"seq": ack.seq, "chain": ack.chain, "durable": _durable(session, stream)})


def _durable(session: Session, stream: StreamName) -> int:
    return next((seq for name, seq, _ in incoming.durable_places(session, stream.device) if name == stream), 0)
