"""What central answers to an exchange, inside one transaction: pushes first, then everything the device lacks."""

import json
import logging
from collections.abc import Sequence

from sqlmodel import Session

from app import __version__
from app.domain.journal import BrokenEntry, Entry, StreamName
from app.domain.protocol import Held, ack_message, feed_digest, voucher_message, was_restored
from app.errors import ProtocolError
from app.store import attachments, backups, bundles, confidential, incoming, journal, uploads, vouchers, wipes
from app.store import node as node_values
from app.store.node import Node, value_of
from app.store.tables import DeviceRow
from app.store.vault import key_fingerprint, signature_holds
from app.sync import certificates, packing, relays, reports, tls, wire
from app.sync.pushes import take_all

log = logging.getLogger("baqylau.sync")


def answer(session: Session, node: Node, device: DeviceRow, asked: wire.Exchange) -> wire.ExchangeReply:
    """The reply to an exchange of this device. Raises ProtocolError for a seal that does not hold."""
    now = node.clock.now_ms()
    incoming.saw_device(session, device.device_id, now, _health_of(session, device, asked, now))
    if asked.shown and _has_forgotten(session, node, device, asked.shown):
        log.warning("central was put back to an older state: a new epoch begins")
        backups.rotate_epoch(session, node.clock)
    epoch = value_of(session, node_values.EPOCH)
    blank = wire.ExchangeReply(
        device=device.device_id,
        epoch=epoch,
        nonce=asked.nonce,
        wipe=order_to(session, device.device_id),
        now_ms=now,
        version=__version__,
    )
    if asked.epoch != epoch:
        return blank.model_copy(update={"acks": _held_of(session, node, device, epoch)})
    for piece in asked.vouched:
        take_back(session, node, device, piece)
    relays.lock_for(session, asked)
    taken = take_all(session, device, asked.pushes)
    told: dict[str, object] = {
        "acks": [_proven(node, device, epoch, ack) if ack in taken.fresh else ack for ack in taken.acks],
        "refused": taken.refused,
        "quarantined": taken.quarantined,
        "relay_acks": relays.take_relayed(session, device, asked.relays),
    }
    told |= _credentials(session, node, device, asked, now)
    return blank.model_copy(update=told | _given(session, node, device, asked, epoch))


def order_to(session: Session, device_id: str) -> wire.SignedOrder | None:
    """The open order to a device to destroy everything. What it brings in this exchange is taken first."""
    order = wipes.hand_out(session, device_id)
    return wire.SignedOrder(text=order[0], signature=order[1]) if order else None


def _credentials(
    session: Session, node: Node, device: DeviceRow, asked: wire.Exchange, now_ms: int
) -> dict[str, object]:
    """What a device needs where central is away: a certificate that is not too old, and the key for bundles."""
    return {
        "certificate": certificates.due(node, device, asked.certificate_at, now_ms),
        "bundle_key": _bundle_key(session, asked.bundle_key),
        "tls_pins": list(node.tls_pins) if asked.tls_pins not in (None, tls.digest(node.tls_pins)) else None,
        "confidential_keys": _confidential_keys(session, asked.confidential_keys),
    }


def _bundle_key(session: Session, held: str | None) -> str:
    """The key for bundles, in hex, for a device that wants it and has another one or none."""
    if held is None:
        return ""
    key = bundles.own_public_key(session)
    return "" if key_fingerprint(key) == held else key.hex()


def _confidential_keys(session: Session, held: list[str] | None) -> list[str] | None:
    """The keys for interviews, in hex, for a device that wants them and has others: perhaps none any more."""
    if held is None:
        return None
    keys = confidential.in_use(session)
    return None if confidential.fingerprints(keys) == sorted(held) else [key.hex() for key in keys]


def _given(session: Session, node: Node, device: DeviceRow, asked: wire.Exchange, epoch: str) -> dict[str, object]:
    """What the device lacks or asks for."""
    scopes = incoming.scopes_for(session, device)
    withheld = wipes.note_visits(session, device, asked.wiped, scopes)
    strange = vouchers.strange(session, asked.cursors, asked.marks)
    backup = backups.newest(session, epoch)
    is_news = bool(backup) and backup != asked.backup
    return {
        "feeds": _feeds(session, node, epoch, [one for one in scopes if one not in withheld | {*strange}], asked),
        "missing_blobs": incoming.missing_blobs(session, scopes),
        "ahead": strange,
        "backup": backup if is_news else "",
        "watermarks": _watermarks(session, device) if is_news else [],
        "durable_feeds": vouchers.durable_feeds(session, scopes) if is_news else {},
        "durable": attachments.durable(session, asked.asked[: wire.ASKED_FILES]),
        "wanted": _wanted(session, asked.offers) if asked.offers else None,
        "takes_originals": True,
        "received": uploads.received(session, asked.begun) if asked.begun else 0,
    }


def _health_of(session: Session, device: DeviceRow, asked: wire.Exchange, now_ms: int) -> str:
    """What the device says of itself, with its clock's error and how much of it is here by now, before its pushes.

    Empty when it said nothing.
    """
    if asked.health is None:
        return ""
    here = sum(seq for _, seq, _ in incoming.streams_of(session, device.device_id))
    return json.dumps(asked.health.model_dump() | {"clock_ms": asked.health.at_ms - now_ms, "here": here})


def _has_forgotten(session: Session, node: Node, device: DeviceRow, shown: wire.Shown) -> bool:
    """True when the device shows central's own signature, of this epoch, over what central does not hold."""
    epoch = value_of(session, node_values.EPOCH)
    held = [one for ack in shown.acks if (one := _read_proof(node, device, epoch, ack))]
    if was_restored(epoch, epoch, held, incoming.chains_at(session, held)):
        return True
    return any(
        _is_ours(node, voucher, digest)
        and voucher.epoch == epoch
        and vouchers.digest_here(session, voucher.scope, voucher.after, voucher.last) != digest
        for voucher, digest in zip(shown.vouchers, shown.digests, strict=False)
    )


def _read_proof(node: Node, device: DeviceRow, epoch: str, ack: wire.StreamAck) -> Held | None:
    held = Held(StreamName(device.device_id, ack.incarnation, ack.lane), ack.seq, wire.from_hex(ack.chain))
    message = ack_message(device.device_id, epoch, [held])
    return held if signature_holds(node.public_key, wire.from_hex(ack.proof), message) else None


def _proven(node: Node, device: DeviceRow, epoch: str, ack: wire.StreamAck) -> wire.StreamAck:
    """The ack with central's signature over it alone: the device can show it later."""
    held = Held(StreamName(device.device_id, ack.incarnation, ack.lane), ack.seq, wire.from_hex(ack.chain))
    return ack.model_copy(update={"proof": node.sign(ack_message(device.device_id, epoch, [held])).hex()})


def _held_of(session: Session, node: Node, device: DeviceRow, epoch: str) -> list[wire.StreamAck]:
    """How far central has each stream of this device: told to it after a change of the epoch."""
    return [
        _proven(node, device, epoch, wire.StreamAck(incarnation=name.incarnation, lane=name.lane, seq=seq, chain=chain))
        for name, seq, chain in incoming.streams_of(session, device.device_id)
        if seq
    ]


def _watermarks(session: Session, device: DeviceRow) -> list[wire.StreamAck]:
    """Per stream of this device the last place that is in a verified backup."""
    return [
        wire.StreamAck(incarnation=name.incarnation, lane=name.lane, seq=seq, chain=chain)
        for name, seq, chain in incoming.durable_places(session, device.device_id)
    ]


def _wanted(session: Session, offers: Sequence[wire.VoucherOffer]) -> list[int]:
    """Numbers of the offered pieces that central does not hold just so. An offer costs one look, so it is cut off."""
    return [
        number
        for number, offer in enumerate(offers[: wire.OFFERS])
        if vouchers.digest_here(session, offer.scope, offer.after, offer.last) != offer.digest
    ]


def take_back(session: Session, node: Node, device: DeviceRow, piece: wire.Vouched) -> None:
    """Entries that central once gave out and lost. It believes its own signature, and needs not believe the device."""
    try:
        entries, digest = reports.read_piece(session, piece)
    except (BrokenEntry, ProtocolError):
        return
    if len(entries) != piece.last - piece.after or not _is_ours(node, piece, digest):
        log.warning("entries were offered under a signature that is not central's")
        return
    _receive(session, entries, device.device_id)


def _receive(session: Session, entries: Sequence[Entry], by: str) -> None:
    journal.receive(session, entries)
    ids = [entry.entry_id for entry in entries]
    vouchers.mark_relayed(session, vouchers.unlinked(session, ids), by)


def _is_ours(node: Node, told: wire.FeedVoucher, digest: str) -> bool:
    message = voucher_message(told.epoch, told.scope, told.after, told.last, digest)
    return signature_holds(node.public_key, wire.from_hex(told.signature), message)


def _feeds(
    session: Session, node: Node, epoch: str, scopes: Sequence[str], asked: wire.Exchange
) -> list[wire.ScopeFeed]:
    """What the device has not read, scope by scope, until there is no room; the rest waits for the next exchange."""
    feeds: list[wire.ScopeFeed] = []
    room, room_bytes = wire.PULL_ENTRIES, wire.BATCH_BYTES
    for scope in scopes:
        cursor = asked.cursors.get(scope, 0)
        if room <= 0 or room_bytes <= 0:
            feeds.append(wire.ScopeFeed(scope=scope, cursor=cursor, more=True))
            continue
        feed = incoming.feed_after(session, scope, cursor, room, room_bytes)
        room, room_bytes = room - len(feed.texts), room_bytes - feed.size
        if feed.texts:
            message = voucher_message(epoch, scope, cursor, feed.cursor, feed_digest(feed.places))
            feeds.append(_feed(feed, scope, node.sign(message).hex(), packs=asked.packs))
    return feeds


def _feed(feed: incoming.Feed, scope: str, voucher: str, *, packs: bool) -> wire.ScopeFeed:
    entries = [wire.WireEntry(h=h.decode(), b=None if b is None else b.decode()) for h, b in feed.texts]
    packed = packing.pack(entries) if packs else None
    return wire.ScopeFeed(
        scope=scope,
        entries=[] if packed else entries,
        packed=packed,
        cursor=feed.cursor,
        mark=feed.mark,
        more=feed.more,
        voucher=voucher,
    )
