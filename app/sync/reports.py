"""What a device tells central beside its entries: how it is, what central once signed, and what it can give back."""

import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Final

from sqlmodel import Session

from app import __version__
from app.domain.journal import Entry
from app.domain.protocol import Voucher, feed_digest
from app.store import attachments, outgoing, vouchers
from app.store.node import Node, value_of, values_with_prefix
from app.sync import wire

PROOF: Final = "ack_proof:"  # node value, + stream: central's last signed ack of it
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
    told = values_with_prefix(session, f"{PROOF}{epoch}:")
    acks = [wire.StreamAck(**json.loads(told[name])) for name in told if _is_lacking(session, name, told[name])]
    if not acks and not ahead:
        return None
    given = vouchers.present(session, epoch, ahead, wire.OFFERS)
    pieces = [(one, entries) for one, entries in given if _is_whole(one, entries)]
    return wire.Shown(
        acks=acks,
        vouchers=[_on_wire(voucher) for voucher, _ in pieces],
        digests=[_digest(entries) for _, entries in pieces],
    )


def _is_lacking(session: Session, stream: str, told: str) -> bool:
    """True when central once signed that it holds more of a stream than now counts as acknowledged."""
    standing = outgoing.standing_of(session, stream)
    return int(json.loads(told)["seq"]) > standing.acked_seq


def offers(session: Session, settled: Collection[str]) -> list[wire.VoucherOffer]:
    """What this device holds of feeds under old vouchers, with the digests of it. `settled`: signatures of those about
    which central has been asked in this meeting."""
    return [
        wire.VoucherOffer(epoch=v.epoch, scope=v.scope, after=v.after, last=v.last, digest=_digest(entries))
        for v, entries in vouchers.old(session, wire.OFFERS)
        if v.signature.hex() not in settled and _is_whole(v, entries)
    ]


def vouched(voucher: Voucher, entries: list[Entry]) -> wire.Vouched:
    """The entries of a piece, to be given back under central's signature."""
    told = _on_wire(voucher)
    return wire.Vouched(**told.model_dump(), entries=[wire.WireEntry.of(entry) for entry in entries])


def drop_unprovable(session: Session) -> None:
    """Forgets old vouchers of which a text is gone here: their digest can be told no more."""
    for voucher, entries in vouchers.old(session, wire.OFFERS):
        if not _is_whole(voucher, entries):
            vouchers.drop(session, voucher)


def _is_whole(voucher: Voucher, entries: list[Entry]) -> bool:
    return len(entries) == vouchers.count_in(voucher) and all(entry.body is not None for entry in entries)


def _digest(entries: list[Entry]) -> str:
    return feed_digest(entry.hashed for entry in entries)


def _on_wire(voucher: Voucher) -> wire.FeedVoucher:
    return wire.FeedVoucher(
        epoch=voucher.epoch,
        scope=voucher.scope,
        after=voucher.after,
        last=voucher.last,
        signature=voucher.signature.hex(),
    )
