"""What goes over the simulated network. The fields are those of `app/sync/wire.py`, without the encoding."""

import hashlib
from dataclasses import dataclass, field
from typing import NamedTuple

from app.domain.journal import Ack, Entry, Hashed, StreamName
from app.domain.protocol import Held, Voucher, Watermark


def mac(key: bytes, message: bytes) -> bytes:
    """Stands for Ed25519, which would take nine tenths of a run: a keyed hash that only its owner can make."""
    return hashlib.blake2b(message, key=key, digest_size=16).digest()


class Place(NamedTuple):
    """A place of a stream or of a feed. The entry is None where it was purged: then only its hashes travel."""

    hashed: Hashed
    entry: Entry | None


class Piece(NamedTuple):
    """A voucher with what it is over: how a device keeps it. Hashes too: the entries may be purged before it goes."""

    voucher: Voucher
    digest: str
    hashed: tuple[Hashed, ...]
    entry_ids: tuple[str, ...]


class Cursor(NamedTuple):
    """How far a feed was read, and the chain value over all that was read."""

    position: int
    chain: bytes


class Push(NamedTuple):
    stream: StreamName
    start: int
    previous: bytes
    places: tuple[Place, ...]
    seal: bytes


class Gift(NamedTuple):
    """Entries of others, under central's own signature."""

    piece: Piece
    places: tuple[Place, ...]


class Proof(NamedTuple):
    """What central once signed of its acks."""

    epoch: str
    held: tuple[Held, ...]
    signature: bytes


class Refused(NamedTuple):
    stream: StreamName
    why: str  # "gap" or "fork"
    have: int


class Feed(NamedTuple):
    scope: str
    places: tuple[Place, ...]
    cursor: Cursor
    piece: Piece
    more: bool


@dataclass(slots=True)
class Request:
    node: str  # whose answer it is to be; a clone has the same device id
    device: str
    epoch: str
    nonce: str
    room: int
    pushes: list[Push]
    cursors: dict[str, Cursor]
    proof: Proof | None = None
    offers: list[Piece] = field(default_factory=list)
    gifts: list[Gift] = field(default_factory=list)


@dataclass(slots=True)
class Reply:
    device: str
    epoch: str
    nonce: str
    signature: bytes = b""
    acks: list[Ack] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    quarantined: dict[str, str] = field(default_factory=dict)
    proof: Proof | None = None
    marks: list[Watermark] = field(default_factory=list)
    feed_marks: dict[str, int] = field(default_factory=dict)
    feeds: list[Feed] = field(default_factory=list)
    astray: list[str] = field(default_factory=list)  # scopes in which the cursor names what is not here
    held: set[Voucher] = field(default_factory=set)
    wanted: set[Voucher] = field(default_factory=set)

    def message(self) -> bytes:
        return f"baqylau-reply-1\n{self.device}\n{self.epoch}\n{self.nonce}".encode()
