"""What this node is: its keys, its streams, and its small facts (epoch, pinned central key, offline switch)."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from app.clock import Clock
from app.domain.journal import ORDINARY_LANE, StreamName, device_id_of, first_chain
from app.store.db import Database, insert_or_lock
from app.store.tables import NodeValueRow, StreamRow, table
from app.store.vault import SigningKey, derived_key, new_signing_key, signing_key_of

SIGNING_KEY: Final = "signing_key"  # of the node itself: the device's seal, or central's signature
INCARNATION: Final = "incarnation"
OUTBOX_ROOT: Final = "outbox_root"  # behind the keys of what waits in the browsers of this node's people
EPOCH: Final = "epoch"
OFFLINE: Final = "offline"
VALUE = table(NodeValueRow)
# Built once: to build a statement takes five times as long as to run it.
VALUES_NAMED: Final = select_columns(VALUE.c.name, VALUE.c.value).where(
    VALUE.c.name.in_(bindparam("names", expanding=True))
)


@dataclass
class Node:
    """A running node: who it is in the journal, and the world it lives in."""

    database: Database
    clock: Clock
    role: str
    signing_key: SigningKey
    incarnation: str
    outbox_root: bytes = b""
    person_keys: dict[str, SigningKey] = field(default_factory=dict)  # of people unlocked on this device
    tls_pins: tuple[str, ...] = ()  # central: of its TLS keys, as its settings name them

    @property
    def public_key(self) -> bytes:
        return self.signing_key.public_key().public_bytes_raw()

    @property
    def device_id(self) -> str:
        return device_id_of(self.public_key)

    def stream(self, lane: int = ORDINARY_LANE) -> StreamName:
        return StreamName(self.device_id, self.incarnation, lane)

    def outbox_key(self, person_id: str) -> str:
        """The key, in base64, under which a person's browser keeps taps that this node does not have yet.

        It is the same after each unlock, and goes with the database's key: a locked or wiped tablet opens none of them.
        """
        return base64.b64encode(derived_key(self.outbox_root, f"baqylau outbox {person_id}".encode())).decode()

    def sign(self, message: bytes) -> bytes:
        return self.signing_key.sign(message)


def open_node(database: Database, clock: Clock, role: str) -> Node:
    """The node whose facts are in this database; made at first start. Central opens a new incarnation each time."""
    with database.write() as session:
        stored = value_of(session, SIGNING_KEY)
        key = signing_key_of(bytes.fromhex(stored)) if stored else new_signing_key()
        if not stored:
            put_value(session, SIGNING_KEY, key.private_bytes_raw().hex())
        outbox_root = value_of(session, OUTBOX_ROOT)
        if not outbox_root:
            outbox_root = clock.random_bytes(32).hex()
            put_value(session, OUTBOX_ROOT, outbox_root)
        incarnation = value_of(session, INCARNATION)
        if role == "central" or not incarnation:
            incarnation = clock.random_bytes(8).hex()
            put_value(session, INCARNATION, incarnation)
        if role == "central" and not value_of(session, EPOCH):
            put_value(session, EPOCH, clock.random_bytes(8).hex())
    node = Node(database, clock, role, key, incarnation, bytes.fromhex(outbox_root))
    database.node = node
    return node


def start_incarnation(session: Session, node: Node) -> None:
    """Begins a new numbering that holds the same entries again, after central saw a fork (design 5.4).

    The caller re-links; see `store.journal.relink`.
    """
    node.incarnation = node.clock.random_bytes(8).hex()
    put_value(session, INCARNATION, node.incarnation)


@dataclass(frozen=True)
class StreamPlace:
    """How far a stream goes here; see `StreamRow`."""

    stream: str
    own: bool
    last_seq: int
    chain: bytes
    acked_seq: int
    durable_seq: int
    confirmed_seq: int
    relayed_by: str | None


def own_stream(session: Session, node: Node, lane: int = ORDINARY_LANE) -> StreamPlace:
    """This node's stream in a lane, made when it is written to first; locked for this transaction."""
    return stream_row(session, node.stream(lane), own=True)


def stream_row(session: Session, name: StreamName, own: bool) -> StreamPlace:
    """A stream, locked and as it is now; made when it is new."""
    row = {"stream": str(name), "own": own, "chain": first_chain(name), "relayed_by": None}
    row |= dict.fromkeys(("last_seq", "acked_seq", "durable_seq", "confirmed_seq"), 0)
    found = session.execute(insert_or_lock(session, table(StreamRow)), row).one()
    return StreamPlace(*found)


def value_of(session: Session, name: str) -> str:
    """A small fact, or the empty text."""
    return values_of(session, [name]).get(name, "")


def values_of(session: Session, names: Sequence[str]) -> dict[str, str]:
    """Several small facts by name; those that are not there are left out."""
    return {row.name: row.value for row in session.execute(VALUES_NAMED, {"names": names})}


def put_value(session: Session, name: str, value: str) -> None:
    row = session.get(NodeValueRow, name)
    if row is None:
        session.add(NodeValueRow(name=name, value=value))
    else:
        row.value = value
    session.flush()


def drop_values(session: Session, names: Sequence[str]) -> None:
    """Forgets small facts."""
    session.execute(VALUE.delete().where(VALUE.c.name.in_(names)))


def values_with_prefix(session: Session, prefix: str) -> dict[str, str]:
    """All small facts whose name starts so, by the rest of their name."""
    rows = session.exec(select(NodeValueRow).where(col(NodeValueRow.name).startswith(prefix, autoescape=True))).all()
    return {row.name.removeprefix(prefix): row.value for row in rows}
