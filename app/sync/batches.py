"""A batch of a device's own stream as it is pushed: to central, in a bundle, or to a hub."""

from collections.abc import Sequence
from hashlib import sha256

from app.domain.journal import StreamName, seal_message
from app.errors import ProtocolError
from app.store.node import Node
from app.store.outgoing import Batch, Place
from app.sync import packing, wire


def push_of(node: Node, batch: Batch) -> wire.Push:
    """A batch of this device's own stream, with its seal over the end."""
    stream = StreamName.parse(batch.stream)
    seal = node.sign(seal_message(stream, batch.start + len(batch.entries) - 1, batch.chain))
    entries = on_wire(batch.entries)
    packed = packing.pack(entries) if entries else None
    return wire.Push(
        incarnation=stream.incarnation,
        lane=stream.lane,
        start=batch.start,
        prev=batch.previous.hex(),
        entries=[] if packed else entries,
        packed=packed,
        seal=seal.hex(),
    )


def on_wire(places: Sequence[Place]) -> list[wire.PushedEntry]:
    """Entries in their places, as they travel."""
    return [
        wire.PushedEntry(id=one.entry_id, h=one.header, b=one.body, hh=one.header_hash, bh=one.body_hash)
        for one in places
    ]


def places_of(push: wire.Push) -> list[wire.Place]:
    """The entries of a batch in their places, whichever way they travelled. Raises ProtocolError."""
    if push.packed is None:
        return [entry.place() for entry in push.entries]
    if push.entries:
        raise ProtocolError(reason="entries both plain and packed")
    return [
        wire.placed(one.read, one.header, one.body, sha256(one.header).digest(), sha256(one.body).digest())
        for one in packing.unpack(push.packed)
    ]
