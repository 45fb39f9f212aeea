"""Photos and documents of a device on their way to central: small pictures first, then whole files, each resumable.

A file goes up in one streamed request. Where it broke off, central says in its next answer how much of it is durable
there, and the device goes on from that byte (`docs/sync.md`, Files).
"""

from collections.abc import Callable
from typing import Final

from sqlmodel import Session

from app.clock import as_moment
from app.domain.budget import Budget
from app.errors import CentralNotGenuine, ProtocolError
from app.store import attachments, central_words, outgoing
from app.store.db import Database
from app.store.node import Node, put_value, value_of
from app.store.uploads import Upload
from app.sync import link, wire
from app.sync.file_wire import Thumbnail, ThumbnailIndex, ThumbnailsKept
from app.sync.link import Reply, Transport
from app.sync.progress import Progress
from app.sync.replies import TAKES_ORIGINALS, Outcome

BEGUN: Final = "upload_begun"  # node value: hash of the file whose upload may lie at central in part
PAUSED, DAY_MB, SPENT = "photos_paused", "photos_day_mb", "photos_spent"  # node values: see `budget_of`
THUMBNAILS_BYTES: Final = 256 * 1024  # of one request


def send_all(
    database: Database, transport: Transport, outcome: Outcome, progress: Progress | None, between: Callable[[], None]
) -> None:
    """One upload for each document, photo and original that central does not hold, in that order; one that it refuses
    holds up no other.

    `between` is called after each file. What the day's budget does not allow waits.
    """
    _send_thumbnails(database, transport, outcome)
    with database.read() as session:
        waiting = attachments.unsent(session)
    for sha256, size in waiting:
        if not _may_send(database, sha256, size):
            continue
        try:
            outcome.blobs += _send(database, transport, outcome, sha256, progress or Progress())
        except ProtocolError as error:
            outcome.refused_blobs[sha256] = str(error)
        between()


def budget_of(session: Session, node: Node) -> Budget:
    """The budget of today, by the tablet's own clock and time zone."""
    day, _, spent = value_of(session, SPENT).partition(" ")
    is_today = day == _today(node)
    return Budget(
        day_mb=int(value_of(session, DAY_MB) or 0),
        spent_bytes=int(spent) if is_today else 0,
        is_paused=value_of(session, PAUSED) == "on",
    )


def _today(node: Node) -> str:
    return as_moment(node.clock.now_ms()).astimezone().date().isoformat()


def _may_send(database: Database, sha256: str, size: int) -> bool:
    """A document always may: without the pinned checklist the office cannot read the visit.

    An original waits until central says that it takes originals: megabytes that it refuses would be sent at each meeting.
    """
    with database.read() as session:
        media_type = attachments.type_of(session, sha256)
        if media_type == attachments.ORIGINAL_TYPE and value_of(session, TAKES_ORIGINALS) != "on":
            return False
        is_picture = media_type != attachments.DOCUMENT_TYPE
        return not is_picture or budget_of(session, database.node).may_send_picture(size)


def _spend(session: Session, node: Node, size: int) -> None:
    put_value(session, SPENT, f"{_today(node)} {budget_of(session, node).spent_bytes + size}")


def _send_thumbnails(database: Database, transport: Transport, outcome: Outcome) -> None:
    """All small pictures that central lacks, a request for each quarter of a megabyte."""
    node: Node = database.node
    while True:
        with database.read() as session:
            if budget_of(session, node).is_paused:
                return
            waiting = attachments.thumbnails_to_send(session, THUMBNAILS_BYTES)
            headers, keys = link.signed_in(session), central_words.pinned(session)
        if not waiting:
            return
        body = _pictures(waiting)
        headers["Content-Type"] = "application/octet-stream"
        nonce = node.clock.random_bytes(16).hex()
        link.prove(node, headers, "thumbnails", body, nonce)
        reply = transport("POST", f"{wire.PREFIX}/thumbnails", headers, body)
        if reply.status == 404 and not link.is_signed(reply, keys, "thumbnails", nonce):
            return  # an older central, which draws them itself when the photos come
        wire.unpack(ThumbnailsKept, link.genuine(reply, keys, "thumbnails", nonce).content())
        outcome.bytes_sent += len(body)
        with database.write() as session:  # one that it refused is not offered again: the photo itself will tell
            attachments.mark_thumbnails_sent(session, [one[0] for one in waiting], node.clock.now_ms())


def _pictures(waiting: list[tuple[str, str, bytes]]) -> bytes:
    index = [Thumbnail(sha256=sha256, scope=scope, size=len(data)) for sha256, scope, data in waiting]
    return b"\n".join((wire.pack(ThumbnailIndex(pictures=index)), b"".join(data for _, _, data in waiting)))


def _send(database: Database, transport: Transport, outcome: Outcome, sha256: str, progress: Progress) -> int:
    """Sends what central lacks of a file. Returns 1 when it holds all of it."""
    node: Node = database.node
    with database.read() as session:
        kept, scope = attachments.read(session, sha256), attachments.scope_of(session, sha256)
    if kept is None:
        return 0
    media_type, data = kept
    offset = outcome.received.pop(sha256, 0)
    if not offset:
        with database.write() as session:
            put_value(session, BEGUN, sha256)
    progress.begin(sha256, scope, offset, len(data), node.clock.now_ms())
    try:
        _put(database, transport, sha256, scope, media_type, data, offset)
    finally:
        progress.end()
    outcome.bytes_sent += len(data) - offset
    with database.write() as session:
        attachments.mark_sent(session, sha256, node.clock.now_ms())
        put_value(session, BEGUN, "")
        if media_type != attachments.DOCUMENT_TYPE:
            _spend(session, node, len(data))
    return 1


def _put(
    database: Database, transport: Transport, sha256: str, scope: str, media_type: str, data: bytes, offset: int
) -> None:
    with database.read() as session:
        headers, keys = link.signed_in(session), central_words.pinned(session)
    upload = Upload(sha256, scope, media_type, len(data))
    reply, nonce = put_rest(database.node, transport, wire.PREFIX, headers, upload, data, offset)
    kept = wire.unpack(wire.BlobKept, link.genuine(reply, keys, "blob", nonce).content())
    if kept.complete != sha256:
        raise CentralNotGenuine()


def put_rest(
    node: Node, transport: Transport, at: str, headers: dict[str, str], upload: Upload, data: bytes, offset: int
) -> tuple[Reply, str]:
    """Sends what follows `offset` of a file to central or to a hub (`at`: its address there), under the headers that say
    who sends it. Returns what came back, not verified, and the nonce that it has to name."""
    headers["Content-Type"] = upload.media_type
    nonce = link.prove_blob(node, headers, "PUT", upload.sha256, upload.scope, offset, upload.size)
    return transport("PUT", f"{at}/blobs/{upload.sha256}", headers, data[offset:]), nonce


def fetch_all(database: Database, transport: Transport, outcome: Outcome) -> None:
    """Fetches documents that records here name and this device lacks: the pinned checklists of planned visits."""
    with database.read() as session:
        wanted, signed_in = outgoing.wanted_documents(session), link.signed_in(session)
    for sha256, scope in wanted:
        headers = dict(signed_in)
        link.prove_blob(database.node, headers, "GET", sha256, scope)
        reply = transport("GET", f"{wire.PREFIX}/blobs/{sha256}", headers, b"")
        data = reply.content() if reply.status == 200 else b""
        if attachments.sha256_of(data) == sha256:
            with database.write() as session:
                attachments.keep(session, data, attachments.DOCUMENT_TYPE, scope)
                attachments.mark_sent(session, sha256, database.node.clock.now_ms())
            outcome.blobs += 1
