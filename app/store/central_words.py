"""Central's own words that a device keeps, and whether they still hold: signatures over acks and over pieces of feeds."""

import json
from collections.abc import Iterator
from typing import Final

from sqlalchemy import select
from sqlmodel import Session

from app.domain.journal import StreamName
from app.domain.protocol import Held, ack_message, feed_digest, voucher_message
from app.store import outgoing, vouchers
from app.store.node import Node, value_of, values_with_prefix
from app.store.tables import VoucherRow, table
from app.store.vault import signature_holds

CENTRAL_KEYS: Final = (
    "central_keys"  # node value of a device: central's keys as enrolment pinned them, JSON list of hex
)
PROOF: Final = "ack_proof:"  # node value, + epoch and stream: central's last signed ack of it
VOUCHER = table(VoucherRow)


def pinned(session: Session) -> list[bytes]:
    """The keys of central that enrolment pinned; none on a central and on a device that has not enrolled."""
    return [bytes.fromhex(key) for key in json.loads(value_of(session, CENTRAL_KEYS) or "[]")]


def flaws(session: Session) -> Iterator[tuple[str, str]]:
    """(where, what is wrong) of each kept signature that is not central's over what lies here.

    A piece of which something is not here any more proves nothing and is passed over.
    """
    keys = pinned(session)
    if keys:
        yield from _acks(session, keys)
        yield from _vouchers(session, keys)


def _acks(session: Session, keys: list[bytes]) -> Iterator[tuple[str, str]]:
    node: Node = session.info["node"]
    for name, text in sorted(values_with_prefix(session, PROOF).items()):
        epoch, told = name.partition(":")[0], json.loads(text)
        stream = StreamName(node.device_id, told["incarnation"], told["lane"])
        chain = bytes.fromhex(told["chain"])
        message = ack_message(node.device_id, epoch, [Held(stream, told["seq"], chain)])
        if not _is_signed(keys, bytes.fromhex(told["proof"]), message):
            yield f"ack of {stream} {told['seq']}", "the office's signature does not hold"
        elif outgoing.chain_at(session, stream, told["seq"]) != chain:
            yield f"ack of {stream} {told['seq']}", "the office signed another chain value than stands here"


def _vouchers(session: Session, keys: list[bytes]) -> Iterator[tuple[str, str]]:
    rows = session.execute(select(VOUCHER).order_by(VOUCHER.c.scope, VOUCHER.c.after)).all()
    for row in rows:
        voucher = vouchers.voucher_of(row)
        places = vouchers.places_of(session, voucher, vouchers.entries_under(session, voucher))
        if places is None:
            continue
        digest = feed_digest(places)
        message = voucher_message(voucher.epoch, voucher.scope, voucher.after, voucher.last, digest)
        if not _is_signed(keys, voucher.signature, message):
            yield f"voucher {row.scope} {row.after + 1}-{row.last}", "the office's signature does not hold"


def _is_signed(keys: list[bytes], signature: bytes, message: bytes) -> bool:
    return any(signature_holds(key, signature, message) for key in keys)
