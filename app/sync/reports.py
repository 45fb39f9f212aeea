"""What a device tells central beside its entries: how it is, what central once signed, and what it can give back."""

import hashlib
import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Final

from sqlmodel import Session

from app import __version__
from app.domain.journal import BrokenEntry, Entry, Hashed
from app.domain.protocol import Voucher, feed_digest
from app.store import attachments, central_words, erasures, outgoing, vouchers
from app.store.node import Node, value_of, values_with_prefix
from app.sync import wire

LAST_PROBLEM: Final = "last_problem"


def health(session: Session) -> wire.HealthReport:
    """How this device is. Nothing of what it holds."""
    node: Node = session.info["node"]
    waiting = attachments.unsent(session)
    return wire.HealthReport(
        version=__version__,
        at_ms=node.clock.now_ms(),
        free_mb=free_mb(node),
        entries=outgoing.unsent_entries(session),
        files=len(waiting),
        kilobytes=sum(size for _, size in waiting) // 1024,
        problem=value_of(session, LAST_PROBLEM),
    )


def free_mb(node: Node) -> int:
    """Free space where the data lies, in megabytes; -1 when it has no folder here."""
    folder: Path | None = node.database.folder
    return shutil.disk_usage(folder).free // 1_000_000 if folder else -1


def shown(session: Session, epoch: str, ahead: Collection[str]) -> wire.Shown | None:
    """Central's own signatures of this epoch, when there is a doubt: over acks of places that it now seems to lack, and
    over feeds of which it has something else. Read off the disk: a crash in between must not lose the doubt."""
    told = values_with_prefix(session, f"{central_words.PROOF}{epoch}:")
    acks = [wire.StreamAck(**json.loads(told[name])) for name in told if _is_lacking(session, name, told[name])]
    if not acks and not ahead:
        return None
    given = vouchers.present(session, epoch, ahead, wire.OFFERS)
    pieces = [(one, places) for one, entries in given if (places := vouchers.places_of(session, one, entries))]
    return wire.Shown(
        acks=acks,
        vouchers=[_on_wire(voucher) for voucher, _ in pieces],
        digests=[feed_digest(places) for _, places in pieces],
    )


def _is_lacking(session: Session, stream: str, told: str) -> bool:
    """True when central once signed that it holds more of a stream than now counts as acknowledged."""
    standing = outgoing.standing_of(session, stream)
    return int(json.loads(told)["seq"]) > standing.acked_seq


def offers(session: Session, settled: Collection[str]) -> list[wire.VoucherOffer]:
    """What this device holds of feeds under old vouchers, with the digests of it. `settled`: signatures of those about
    which central has been asked in this meeting."""
    return [
        wire.VoucherOffer(epoch=v.epoch, scope=v.scope, after=v.after, last=v.last, digest=feed_digest(places))
        for v, entries in vouchers.old(session, wire.OFFERS)
        if v.signature.hex() not in settled and (places := vouchers.places_of(session, v, entries))
    ]


def vouched(session: Session, voucher: Voucher, entries: list[Entry]) -> wire.Vouched | None:
    """The entries of a piece, to be given back under central's signature; None when one is not here.

    In the place of a body that was erased stands its hash: the others of the piece are not held up by it.
    """
    places = vouchers.places_of(session, voucher, entries)
    if places is None:
        return None
    told = [
        wire.WireEntry.of(entry).model_copy(update={"bh": place.body_hash.hex() if entry.body is None else None})
        for entry, place in zip(entries, places, strict=True)
    ]
    return wire.Vouched(**_on_wire(voucher).model_dump(), entries=told)


def read_piece(session: Session, piece: wire.Vouched) -> tuple[list[Entry], str]:
    """The entries of a piece that is given back, and the digest over them. Raises BrokenEntry, ProtocolError.

    A body may be absent only where an erasure that counts, here already or in this piece, names the hash that is given:
    or whoever brings a piece could empty it.
    """
    entries = [one.read() for one in piece.entries]
    gone = [entry for entry in entries if entry.body is None]
    named = erasures.hashes_of(session, gone, entries) if gone else {}
    places: list[Hashed] = []
    for entry, told in zip(entries, piece.entries, strict=True):
        if entry.body is not None:
            places.append(entry.hashed)
        elif named.get(entry.entry_id) == wire.from_hex(told.bh or "00"):
            places.append(Hashed(entry.entry_id, hashlib.sha256(entry.header).digest(), named[entry.entry_id]))
        else:
            raise BrokenEntry("a body is absent, and no erasure says so")
    return entries, feed_digest(places)


def drop_unprovable(session: Session) -> None:
    """Forgets old vouchers of which an entry is gone here, or a body of which nothing says the hash."""
    for voucher, entries in vouchers.old(session, wire.OFFERS):
        if vouchers.places_of(session, voucher, entries) is None:
            vouchers.drop(session, voucher)


def _on_wire(voucher: Voucher) -> wire.FeedVoucher:
    return wire.FeedVoucher(
        epoch=voucher.epoch,
        scope=voucher.scope,
        after=voucher.after,
        last=voucher.last,
        signature=voucher.signature.hex(),
    )
