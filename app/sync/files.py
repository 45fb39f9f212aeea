"""Photos and documents of a device on their way to central: small pictures first, then whole files, each resumable.

A file goes up in one streamed request. Where it broke off, central says how much of it is durable there, and the device
goes on from that byte (`docs/sync.md`, Files). While the answer to a file is on its way, the next file leaves: on a slow
link with long round trips that is a twentieth of the time.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
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
from app.sync.file_wire import BlobKept, Thumbnail, ThumbnailIndex, ThumbnailsKept, offset_message
from app.sync.link import Reply, Transport
from app.sync.progress import Progress
from app.sync.replies import TAKES_ORIGINALS, Outcome

BEGUN: Final = "upload_begun"  # node value: hashes of the one or two files whose upload may lie at central in part
PAUSED, DAY_MB, SPENT = "photos_paused", "photos_day_mb", "photos_spent"  # node values: see `budget_of`
THUMBNAILS_BYTES: Final = 256 * 1024  # of one request


def send_all(
    database: Database, transport: Transport, outcome: Outcome, progress: Progress | None, between: Callable[[], None]
) -> None:
    """One upload for each document, photo and original that central does not hold, in that order; one that it refuses
    holds up no other.

    `between` is called when a file is out, before the next one. What the day's budget does not allow waits.
    """
    _send_thumbnails(database, transport, outcome)
    with database.read() as session:
        waiting = attachments.unsent(session)
    sender = _Sender(database, transport, progress or Progress())
    before: _Leaving | None = None
    with ThreadPoolExecutor(2) as hands:
        for sha256, size in waiting:
            if before and not _may_send(database, sha256, size, before.size):
                before.finish(outcome)  # what it takes of the budget is known then
                before = None
            if not _may_send(database, sha256, size):
                continue
            now = sender.start(hands, sha256, size, outcome.received.pop(sha256, None))
            now.is_out.wait()
            if before:
                before.finish(outcome)
            before = None if now.answer.done() else now
            if not before:
                now.finish(outcome)
            between()
        if before:
            before.finish(outcome)


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


def _may_send(database: Database, sha256: str, size: int, leaving: int = 0) -> bool:
    """Whether a file may go today, after `leaving` bytes that are on their way.

    A document always may: without the pinned checklist the office cannot read the visit.

    An original waits until central says that it takes originals: megabytes that it refuses would be sent at each meeting.
    """
    with database.read() as session:
        media_type = attachments.type_of(session, sha256)
        if media_type == attachments.ORIGINAL_TYPE and value_of(session, TAKES_ORIGINALS) != "on":
            return False
        is_picture = media_type != attachments.DOCUMENT_TYPE
        budget = budget_of(session, database.node)
        return not is_picture or replace(budget, spent_bytes=budget.spent_bytes + leaving).may_send_picture(size)


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


@dataclass(frozen=True)
class _Leaving:
    """A file that is being sent. `is_out`: its last byte has left, or nothing more of it will; `answer`: bytes sent."""

    sha256: str
    size: int
    is_out: threading.Event
    answer: Future[int | None]

    def finish(self, outcome: Outcome) -> None:
        """Waits for central's answer and counts it. Raises what broke the link."""
        try:
            sent_bytes = self.answer.result()
        except ProtocolError as error:
            outcome.refused_blobs[self.sha256] = str(error)
            return
        if sent_bytes is not None:
            outcome.blobs += 1
            outcome.bytes_sent += sent_bytes


@dataclass(frozen=True)
class _Sender:
    """Sends files of a device to central, each in a thread of its own."""

    database: Database
    transport: Transport
    progress: Progress

    def start(self, hands: ThreadPoolExecutor, sha256: str, size: int, received: int | None) -> _Leaving:
        """`received`: bytes of it that are durable at central, where central has just said so."""
        is_out = threading.Event()
        answer = hands.submit(self._send, sha256, received, is_out)
        answer.add_done_callback(lambda _: is_out.set())
        return _Leaving(sha256, size, is_out, answer)

    def _send(self, sha256: str, received: int | None, is_out: threading.Event) -> int | None:
        """Sends what central lacks of a file; returns how many bytes that were. None when it is not here any more."""
        database, node = self.database, self.database.node
        try:
            with database.read() as session:
                kept, scope = attachments.read(session, sha256), attachments.scope_of(session, sha256)
            if kept is None:
                return None
            upload, data = Upload(sha256, scope, kept[0], len(kept[1])), kept[1]
            offset = self._begin(upload) if received is None else received
            self.progress.begin(sha256, scope, offset, len(data), node.clock.now_ms(), is_out)
            self._put(upload, data, offset)
        finally:
            self.progress.end(sha256)
        with database.write() as session:
            attachments.mark_sent(session, sha256, node.clock.now_ms())
            put_value(session, BEGUN, " ".join(one for one in _begun(session) if one != sha256))
            if upload.media_type != attachments.DOCUMENT_TYPE:
                _spend(session, node, upload.size)
        return upload.size - offset

    def _begin(self, upload: Upload) -> int:
        """Where to go on: at the first byte, unless it was begun and central, asked about it, has some of them."""
        with self.database.write() as session:
            begun = _begun(session)
            put_value(session, BEGUN, " ".join(dict.fromkeys([*begun[-1:], upload.sha256])))
        return self._ask(upload) if upload.sha256 in begun else 0

    def _ask(self, upload: Upload) -> int:
        with self.database.read() as session:
            headers, keys = link.signed_in(session), central_words.pinned(session)
        nonce = link.prove_blob(self.database.node, headers, "HEAD", upload.sha256, upload.scope)
        reply = self.transport("HEAD", f"{wire.PREFIX}/blobs/{upload.sha256}", headers, b"")
        told = reply.headers.get(wire.OFFSET_HEADER.lower(), "")
        received = int(told) if told.isascii() and told.isdigit() else 0
        link.genuine(reply, keys, "blob", nonce, signed=offset_message(upload.sha256, received))
        return received

    def _put(self, upload: Upload, data: bytes, offset: int) -> None:
        with self.database.read() as session:
            headers, keys = link.signed_in(session), central_words.pinned(session)
        reply, nonce = put_rest(self.database.node, self.transport, wire.PREFIX, headers, upload, data, offset)
        kept = wire.unpack(BlobKept, link.genuine(reply, keys, "blob", nonce).content())
        if kept.complete != upload.sha256:
            raise CentralNotGenuine()


def begun_at(session: Session) -> str:
    """The file to ask central about: the last one of which something may lie there. Empty for none."""
    return (_begun(session) or [""])[-1]


def _begun(session: Session) -> list[str]:
    return value_of(session, BEGUN).split()


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
