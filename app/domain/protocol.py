"""The rules of the exchange between a device and central, as pure values: what an answer moves, and what it never may.

A device keeps one `Standing` per stream of its own. Central's words (ack, gap, epoch, watermark) change it only through
the functions here; store, sync and the simulator all use these. `docs/sync.md` is the specification.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.journal import Ack, Hashed, StreamName, ack_counts


@dataclass(frozen=True)
class Standing:
    """How far central has a stream of this device: acknowledged, and in a backup that was restored and verified."""

    acked_seq: int = 0
    durable_seq: int = 0


def after_ack(standing: Standing, ack: Ack, epoch: str, nonce: str, own_chain: bytes | None) -> Standing:
    """An ack moves forwards, and only when it names the chain value that we hold at its seq (design 5.2)."""
    if not ack_counts(ack, epoch, nonce, own_chain):
        return standing
    return replace(standing, acked_seq=max(standing.acked_seq, ack.seq))


def after_gap(standing: Standing, have: int) -> Standing:
    """Central lacks what we believed acknowledged: it is offered again, and nothing beyond it is durable."""
    return Standing(min(standing.acked_seq, have), min(standing.durable_seq, have))


def after_epoch(standing: Standing) -> Standing:
    """Central was restored: nothing of what it said before counts any more (design 5.3)."""
    return Standing()


@dataclass(frozen=True)
class Watermark:
    """Central's word that a stream is, up to `seq`, in a backup that was restored and verified."""

    stream: StreamName
    epoch: str
    seq: int
    chain: bytes


def after_watermark(standing: Standing, mark: Watermark, epoch: str, own_chain: bytes | None) -> Standing:
    """A watermark counts in its epoch only, at the chain value that we hold, and never beyond what is acknowledged."""
    if mark.epoch != epoch or own_chain is None or mark.chain != own_chain:
        return standing
    return replace(standing, durable_seq=max(standing.durable_seq, min(mark.seq, standing.acked_seq)))


def may_purge(standing: Standing, seq: int) -> bool:
    """True for what the tablet may forget: below the durable watermark of the present epoch (design 5.5, I8)."""
    return 0 < seq <= standing.durable_seq


def may_forget(is_under_old: bool, lasts: Sequence[int], durable: int) -> bool:
    """True when the tablet may forget an entry of others: every voucher over it is of the present epoch and ends at or
    below the position of its scope that is in a verified backup of that epoch.

    `is_under_old`: a voucher of an older epoch is over it, which central may still want back. `lasts`: where those of the
    present epoch end; without one nothing says that central has it.
    """
    return not is_under_old and bool(lasts) and max(lasts) <= durable


# ---- what a device shows to a central that forgot ----------------------------------------------------------------------


@dataclass(frozen=True)
class Held:
    """A place of a stream that central once acknowledged to the device that shows it."""

    stream: StreamName
    seq: int
    chain: bytes


def ack_message(device: str, epoch: str, held: Iterable[Held]) -> bytes:
    """What central signs of its acks by themselves, so that a device can show them later to a central that forgot."""
    lines = sorted(f"{one.stream} {one.seq} {one.chain.hex()}" for one in held)
    return "\n".join(["baqylau-ack-1", device, epoch, *lines]).encode()


def was_restored(
    own_epoch: str, shown_epoch: str, shown: Sequence[Held], chains: Mapping[tuple[str, int], bytes]
) -> bool:
    """True when central, in its present epoch, signed an ack for something that it does not hold.

    It was put back to an older state without anybody telling it so: its epoch has to rotate. `chains`: the chain values
    that it holds, by stream and seq. The caller has verified that `shown` carries central's own signature.
    """
    return shown_epoch == own_epoch and any(chains.get((str(one.stream), one.seq)) != one.chain for one in shown)


# ---- vouchers: how a device gives back what others wrote ----------------------------------------------------------------


@dataclass(frozen=True)
class Voucher:
    """Central's signature over the entries at positions `after` + 1 to `last` of a scope, as it gave them out.

    With it a device can offer entries of others to a central that lost them: central believes its own signature, and
    needs not believe the device.
    """

    epoch: str
    scope: str
    after: int
    last: int
    signature: bytes


def first_feed_chain(scope: str) -> bytes:
    """The chain value before the first entry of a scope's feed. With `journal.next_chain` it names all that follows."""
    return hashlib.sha256(f"baqylau-feed-chain-1\n{scope}".encode()).digest()


def feed_digest(places: Iterable[Hashed]) -> str:
    """SHA-256 over ids and hashes of entries in order of position, in hex. A body that was erased keeps its hash."""
    told = hashlib.sha256(b"baqylau-feed-1")
    for place in places:
        told.update(place.entry_id.encode() + place.header_hash + place.body_hash)
    return told.hexdigest()


def voucher_message(epoch: str, scope: str, after: int, last: int, digest: str) -> bytes:
    """What central signs over a piece of a feed."""
    return "\n".join(["baqylau-voucher-1", epoch, scope, str(after), str(last), digest]).encode()
