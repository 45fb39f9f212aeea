"""Everything on a device destroyed: by central's signed order or by a person. What it says last is signed before its keys
go, kept beside them, and sent by whoever serves in its place, when there is a network: a receipt for the office.
"""

import contextlib
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from app.domain.wiping import is_meant, order_message, read_order
from app.errors import AppError
from app.store import central_words, emptying, outgoing
from app.store.db import Database
from app.store.folder import write_whole
from app.store.node import OFFLINE, Node, value_of
from app.store.vault import signature_holds
from app.sync import link, wire
from app.sync.link import Reply, Transport
from app.sync.tls import TLS_PINS

log = logging.getLogger("baqylau.sync")
CALL: Final = "wiped"  # also the address below /sync/v1
LAST_WORD: Final = "last-word.json"
SETTLED: Final = (200, 401, 403, 404)  # signed by central: it knows, or never will


class WipeOrdered(Exception):
    """Central ordered this device to destroy all that it holds, and the order is genuine and meant for it."""

    def __init__(self, order_id: str) -> None:
        super().__init__(order_id)
        self.order_id = order_id


class WipeReceipt(wire.Message):
    """A device destroys everything. `why`: person or order; `who` pressed the button; `lost`: entries that central lacks."""

    device: str
    at_ms: wire.Count
    why: str
    who: str = ""
    order: str = ""
    lost: wire.Count = 0


class LastWord(wire.Message):
    """A receipt that is signed already, with all that it takes to send it. No key is in it."""

    url: str
    trust: str  # see `tls.trust_in`
    keys: list[str]  # central's, as they were pinned
    nonce: str
    headers: dict[str, str]
    body: str


def heed(keys: Sequence[bytes], node: Node, told: wire.SignedOrder | None, epoch: str) -> None:
    """Raises WipeOrdered for an order of central's to this very device, in the epoch of the answer that brought it.

    The answer itself is verified already, for its own nonce: an order that was recorded is not one.
    """
    if told is None:
        return
    try:
        order, signature = read_order(told.text), bytes.fromhex(told.signature)
    except ValueError:
        order = None
    is_signed = order is not None and any(signature_holds(key, signature, order_message(told.text)) for key in keys)
    if order is None or not is_signed or not is_meant(order, node.device_id, epoch):
        log.warning("an order to destroy everything does not hold, and is not obeyed")
        return
    raise WipeOrdered(order.order_id)


def heed_refusal(keys: Sequence[bytes], node: Node, reply: Reply, nonce: str) -> None:
    """The same for the answer to a device that was withdrawn."""
    if reply.status == 401 and link.is_signed(reply, keys, "exchange", nonce):
        refusal = wire.unpack(wire.Refusal, reply.content())
        heed(keys, node, refusal.wipe, refusal.epoch)


# ---- destroying --------------------------------------------------------------------------------------------------------


def destroy_keys(folder: Path, database: Database | None, why: str, who: str = "", order_id: str = "") -> None:
    """Destroys the keys of a device; when it comes back nobody opens its database any more. Needs no network."""
    word = None
    if database is not None:
        with contextlib.suppress(Exception):  # whatever is broken, the keys go
            word = last_word(database, why, who, order_id)
    emptying.begin(folder)
    if word is not None:
        with contextlib.suppress(OSError):
            write_whole(folder / LAST_WORD, word.model_dump())


def last_word(database: Database, why: str, who: str, order_id: str) -> LastWord | None:
    """The receipt, signed; None for a device that is linked to no office, or was told to stay offline."""
    node: Node = database.node
    with database.read() as session:
        url, trust = value_of(session, link.CENTRAL_URL), value_of(session, TLS_PINS)
        if not url or value_of(session, OFFLINE) == "on":
            return None
        headers, keys = link.signed_in(session), central_words.pinned(session)
        lost = outgoing.unsent_entries(session)
    at_ms, nonce = node.clock.now_ms(), node.clock.random_bytes(16).hex()
    told = WipeReceipt(device=node.device_id, at_ms=at_ms, why=why, who=who, order=order_id, lost=lost)
    body = wire.pack(told)
    link.prove(node, headers, CALL, body, nonce)
    return LastWord(
        url=url, trust=trust, keys=[key.hex() for key in keys], nonce=nonce, headers=headers, body=body.decode()
    )


def send_last_word(folder: Path, connect: Callable[[str, str], Transport]) -> None:
    """Sends what a device said last, if something lies here. It is kept until central answers."""
    path = folder / LAST_WORD
    if not path.exists():
        return
    word = LastWord.model_validate(json.loads(path.read_text()))
    with contextlib.suppress(AppError):
        reply = connect(word.url, word.trust)("POST", f"{wire.PREFIX}/{CALL}", word.headers, word.body.encode())
        keys = [bytes.fromhex(key) for key in word.keys]
        if link.is_signed(reply, keys, CALL, word.nonce) and reply.status in SETTLED:
            path.unlink(missing_ok=True)
