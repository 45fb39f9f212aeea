"""The escape hatch: what a device owes central as files for a USB stick or a courier, through the same verifier.

A device seals and signs them, central opens and takes them (any number of times), and another device may carry them.
Acknowledged is nothing by this: the device learns of it when it meets central itself.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from sqlmodel import Session

from app.domain import bundles as form
from app.domain.bundles import BrokenBundle, Bundle, Label
from app.domain.journal import BrokenEntry
from app.domain.protocol import Voucher
from app.errors import AppError, BundleKeyMissing, BundleRefused, ProtocolError
from app.store import attachments, central_words, vouchers
from app.store import bundles as kept
from app.store import node as node_values
from app.store.db import Database
from app.store.node import Node, put_value, value_of
from app.store.tables import DeviceRow
from app.store.uploads import Upload
from app.store.vault import NotOpened, key_fingerprint, open_sealed, seal_to, sealing_public_key, signature_holds
from app.sync import codec, link, reports, wire
from app.sync.answers import take_back
from app.sync.batches import places_of, push_of
from app.sync.bundle_wire import BundledFile, BundlePart, BundleTaken
from app.sync.link import Transport
from app.sync.pushes import take_all
from app.sync.taken_files import check_upload, keep_whole

PART_BYTES: Final = 16 * 1024 * 1024  # of one file, about: a courier's message carries it, and memory holds it
VOUCHERS: Final = 10_000  # offered at most
HEAD_BYTES: Final = len(form.MAGIC) + form.MAX_LABEL_BYTES + 1  # of a file: its label is in them


@dataclass
class Load:
    """What goes into one file of a bundle: named here, and read when the file is written."""

    spans: list[kept.Span] = field(default_factory=list)
    vouched: list[Voucher] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    size: int = 0  # bytes, before they are compressed and sealed


@dataclass(frozen=True)
class Plan:
    """What the files of one bundle are to hold. They may be written one by one, and any of them again."""

    name: str  # the label of each file says it: these belong together
    epoch: str
    central: str  # fingerprint of central's key
    key: bytes  # to which the files are sealed
    loads: tuple[Load, ...]

    def is_like(self, other: "Plan") -> bool:
        """True when both hold the same, whatever they are called."""
        return replace(other, name=self.name) == self


# ---- on the device -----------------------------------------------------------------------------------------------------


def plan(database: Database, everything: bool = False) -> Plan:
    """A new bundle of all that central lacks; without loads when it lacks nothing.

    `everything`: also what central has confirmed, for an office that had to be restored and cannot be met.
    Raises NotEnrolled, and BundleKeyMissing before central has told its key.
    """
    with database.read() as session:
        link.require_enrolled(session)
        key = bytes.fromhex(value_of(session, kept.CENTRAL_KEY))
        if not key:
            raise BundleKeyMissing()
        return Plan(
            name=database.node.clock.random_bytes(8).hex(),
            epoch=value_of(session, node_values.EPOCH),
            central=key_fingerprint(central_words.pinned(session)[0]),
            key=key,
            loads=tuple(_loads(session, everything)),
        )


def write_part(database: Database, planned: Plan, number: int) -> bytes:
    """One file of a bundle, counted from 1. Memory holds no more than this one."""
    node: Node = database.node
    plain = form.framed(_frames(database, planned.loads[number - 1], planned.epoch))
    sealed = seal_to(planned.key, plain, form.sealed_info(planned.central, node.device_id))
    sealed_to, parts = key_fingerprint(planned.key), len(planned.loads)
    label = Label(node.public_key, planned.central, sealed_to, planned.name, number, parts, len(sealed))
    signature = node.sign(form.signed_message(label.written(), sealed))
    return form.written(Bundle(label, label.written(), signature, sealed))


def export(database: Database, everything: bool = False) -> Iterator[tuple[int, int, bytes]]:
    """(number, how many, bytes) of the files of a new bundle; see `plan`."""
    planned = plan(database, everything)
    for number in range(1, len(planned.loads) + 1):
        yield number, len(planned.loads), write_part(database, planned, number)


def _loads(session: Session, everything: bool) -> list[Load]:
    """Entries first (alerts before all), then what was vouched for, then files: shared out to files of PART_BYTES."""
    loads: list[Load] = []
    for span, size in kept.spans_to_export(session, wire.BATCH_BYTES, everything):
        _with_room(loads, size).spans.append(span)
    for voucher, entries in vouchers.old(session, VOUCHERS):
        if len(entries) == vouchers.count_in(voucher):
            _with_room(loads, sum(len(e.header) + len(e.body or b"") for e in entries)).vouched.append(voucher)
    for sha256, size in kept.files_to_export(session, everything):
        _with_room(loads, size).files.append(sha256)
    return loads


def _with_room(loads: list[Load], size: int) -> Load:
    """The last load if there is room in it, else a new one."""
    if not loads or (loads[-1].size and loads[-1].size + size > PART_BYTES):
        loads.append(Load())
    loads[-1].size += size
    return loads[-1]


def _frames(database: Database, load: Load, epoch: str) -> Iterator[tuple[bytes, bytes]]:
    part = _message(database, load, epoch)
    if part.pushes or part.vouched:
        packed, encoding = codec.compress(wire.pack(part))
        yield form.MESSAGE, encoding.encode() + b"\n" + packed
    for sha256 in load.files:
        with database.read() as session:
            found, scope = attachments.read(session, sha256), attachments.scope_of(session, sha256)
        if found is not None:
            line = wire.pack(BundledFile(sha256=sha256, scope=scope, media_type=found[0]))
            yield form.FILE, line + b"\n" + found[1]


def _message(database: Database, load: Load, epoch: str) -> BundlePart:
    """What an exchange would carry of this load. A voucher that can prove nothing any more is left out."""
    with database.read() as session:
        pushes = [push_of(database.node, kept.batch_of(session, span, wire.BATCH_BYTES)) for span in load.spans]
        pieces = [reports.vouched(session, one, vouchers.entries_under(session, one)) for one in load.vouched]
    return BundlePart(epoch=epoch, pushes=pushes, vouched=[piece for piece in pieces if piece])


# ---- at central --------------------------------------------------------------------------------------------------------


def take(database: Database, data: bytes) -> BundleTaken:
    """Takes a bundle in, as an exchange would have; a second time changes nothing.

    Raises BundleRefused; then nothing was taken.
    """
    bundle = _read(data)
    with database.read() as session:
        device = _writer_of(session, database.node, bundle)
        name = device.name
        messages, files = _opened(session, bundle, device)
    told = BundleTaken(
        sha256=attachments.sha256_of(data),
        device=bundle.label.device_id,
        name=name,
        part=bundle.label.part,
        parts=bundle.label.parts,
    )
    try:
        for message in messages:
            told = _take_message(database, bundle, message, told)
    except ProtocolError as error:
        raise BundleRefused("changed") from error
    refused: dict[str, str] = {}
    new = sum(_take_file(database, bundle, upload, content, refused) for upload, content in files)
    return told.model_copy(update={"files": new, "refused_files": refused})


def _read(data: bytes) -> Bundle:
    """The bundle, when its own signature holds. Raises BundleRefused."""
    try:
        bundle = form.read_bundle(data)
    except BrokenBundle as error:
        raise BundleRefused(str(error)) from error
    if not signature_holds(bundle.label.public_key, bundle.signature, form.signed_message(bundle.line, bundle.sealed)):
        raise BundleRefused("changed")
    return bundle


def _writer_of(session: Session, node: Node, bundle: Bundle) -> DeviceRow:
    if bundle.label.central != key_fingerprint(node.public_key):
        raise BundleRefused("foreign")
    device = session.get(DeviceRow, bundle.label.device_id)
    if device is None or device.revoked_at_ms is not None or device.public_key != bundle.label.public_key:
        raise BundleRefused("nobody")
    return device


def _opened(session: Session, bundle: Bundle, device: DeviceRow) -> tuple[list[BundlePart], list[tuple[Upload, bytes]]]:
    """What was sealed: messages, and files with their bytes."""
    key = bytes.fromhex(value_of(session, kept.OWN_KEY))
    if not key or key_fingerprint(sealing_public_key(key)) != bundle.label.sealed_to:
        raise BundleRefused("key_old")
    messages: list[BundlePart] = []
    files: list[tuple[Upload, bytes]] = []
    try:
        plain = open_sealed(key, bundle.sealed, form.sealed_info(bundle.label.central, device.device_id))
        for kind, content in form.frames_in(plain):
            first, _, rest = content.partition(b"\n")
            if kind == form.MESSAGE:
                messages.append(wire.unpack(BundlePart, codec.decompress(rest, first.decode("ascii", "replace"))))
            elif kind == form.FILE:
                told = wire.unpack(BundledFile, first)
                files.append((Upload(told.sha256, told.scope, told.media_type, len(rest)), rest))
    except (BrokenBundle, NotOpened, ProtocolError) as error:
        raise BundleRefused("changed") from error
    return messages, files


def _take_message(database: Database, bundle: Bundle, message: BundlePart, told: BundleTaken) -> BundleTaken:
    """What an exchange would have done with it, in one transaction."""
    with database.write() as session:
        device = _writer_of(session, database.node, bundle)
        new = kept.unknown_entries(session, _ids(message))
        for piece in message.vouched:
            take_back(session, database.node, device, piece)
        taken = take_all(session, device, message.pushes)
        missing = kept.unknown_entries(session, _ids(message))
    return told.model_copy(
        update={
            "entries": told.entries + new - missing,
            "refused": told.refused + taken.refused,
            "quarantined": told.quarantined + taken.quarantined,
        }
    )


def _ids(message: BundlePart) -> list[str]:
    found = [one.entry for push in message.pushes for one in places_of(push)]
    for piece in message.vouched:
        with suppress(BrokenEntry):
            found += [one.read() for one in piece.entries]
    return [entry.entry_id for entry in found if entry is not None]


def _take_file(database: Database, bundle: Bundle, upload: Upload, content: bytes, refused: dict[str, str]) -> int:
    """Returns 1 for a file that was not here before. One that is refused holds up no other."""
    try:
        with database.read() as session:
            check_upload(session, _writer_of(session, database.node, bundle), upload)
            if attachments.has(session, upload.sha256):
                return 0
        keep_whole(database, upload, content)
    except AppError as error:
        refused[upload.sha256] = str(error)
        return 0
    return 1


# ---- on a courier's device ---------------------------------------------------------------------------------------------


def carry(database: Database, data: bytes) -> Label:
    """Keeps another device's bundle until this one meets central. It cannot be opened here.

    Raises BundleRefused, NotEnrolled.
    """
    bundle = _read(data)
    with database.write() as session:
        link.require_enrolled(session)
        if bundle.label.central not in map(key_fingerprint, central_words.pinned(session)):
            raise BundleRefused("foreign")
        kept.carry(session, attachments.sha256_of(data), bundle.label.device_id, data)
    return bundle.label


def hand_over(database: Database, transport: Transport) -> int:
    """Gives central the bundles that this device carries. Returns how many central has looked at."""
    with database.read() as session:
        waiting = kept.to_hand_over(session)
    return sum(_hand_over(database, transport, sha256) for sha256 in waiting)


def _hand_over(database: Database, transport: Transport, sha256: str) -> int:
    node: Node = database.node
    with database.read() as session:
        data, headers, keys = kept.carried(session, sha256), link.signed_in(session), central_words.pinned(session)
    headers["Content-Type"] = "application/octet-stream"
    nonce = node.clock.random_bytes(16).hex()
    link.prove(node, headers, "bundles", data, nonce)
    reply = transport("POST", f"{wire.PREFIX}/bundles", headers, data)
    if reply.status == 404 and not link.is_signed(reply, keys, "bundles", nonce):
        return 0  # an older central, that takes bundles by hand only
    told = wire.unpack(BundleTaken, link.genuine(reply, keys, "bundles", nonce).content())
    if told.sha256 != sha256:
        raise ProtocolError(reason="central answered for another bundle")
    with database.write() as session:
        kept.mark_handed_over(session, sha256)
        if told.problem:
            put_value(session, f"{kept.PROBLEM}{sha256}", told.problem)
    return 1


def take_from_courier(database: Database, data: bytes) -> BundleTaken:
    """As `take`; a bundle that can never be taken is answered too, so that its courier need not bring it again."""
    try:
        return take(database, data)
    except BundleRefused as error:
        return BundleTaken(sha256=attachments.sha256_of(data), problem=error.why)


def place_in_order(head: bytes) -> tuple[str, str, int]:
    """By this the files of bundles stand as they build on each other; what is no bundle comes last.

    `head`: the first HEAD_BYTES of a file are enough.
    """
    try:
        label = form.read_label(head)
    except BrokenBundle:
        return ("~", "", 0)
    return (label.device_id, label.bundle, label.part)
