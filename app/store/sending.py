"""What the sync page of a device asks: where each file and each visit stands on its way to central."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlmodel import Session

from app.store.node import put_value, values_of
from app.store.tables import AttachmentRow, EntryRow, LinkRow, StreamRow, table

ATTACHMENT, STREAM = table(AttachmentRow), table(StreamRow)
LINK, ENTRY = table(LinkRow), table(EntryRow)
SENT_AT: Final = "sent_at:"  # node value, + scope: when central last acknowledged entries of it
# Only columns of the file's standing, never its bytes: the page asks again and again.
STANDING: Final = select(
    ATTACHMENT.c.sha256,
    ATTACHMENT.c.scope,
    ATTACHMENT.c.media_type,
    ATTACHMENT.c.size,
    ATTACHMENT.c.added_at_ms,
    ATTACHMENT.c.sent_at_ms,
    ATTACHMENT.c.durable_at_ms,
)


@dataclass(frozen=True)
class FileStanding:
    """A photo or document of this device: its bytes, when central confirmed it, and whether a verified backup has it."""

    sha256: str
    scope: str
    media_type: str
    size: int
    sent_at_ms: int | None
    is_safe: bool


def files(session: Session) -> list[FileStanding]:
    """All files of this device, in the order in which they were added."""
    rows = session.execute(STANDING).all()
    return [
        FileStanding(row.sha256, row.scope, row.media_type, row.size, row.sent_at_ms, row.durable_at_ms is not None)
        for row in sorted(rows, key=lambda row: (row.added_at_ms, row.sha256))
    ]


def note_sent(session: Session, stream: str, after: int, last: int, now_ms: int) -> None:
    """Keeps, for each scope of the entries `after` + 1 to `last` of a stream, when central acknowledged them."""
    scopes = session.execute(
        select(ENTRY.c.scope)
        .join(LINK, LINK.c.entry_id == ENTRY.c.entry_id)
        .where(LINK.c.stream == stream, LINK.c.seq > after, LINK.c.seq <= last)
        .distinct()
    ).all()
    for row in scopes:
        put_value(session, f"{SENT_AT}{row.scope}", str(now_ms))


def sent_at(session: Session, scopes: Collection[str]) -> dict[str, int]:
    """Scope -> when central last acknowledged entries of it (ms)."""
    kept = values_of(session, [f"{SENT_AT}{scope}" for scope in scopes])
    return {name.removeprefix(SENT_AT): int(value) for name, value in kept.items()}


def has_unsent_files(session: Session) -> bool:
    """True when central lacks a photo or document of this device."""
    return (
        session.execute(select(ATTACHMENT.c.sha256).where(ATTACHMENT.c.sent_at_ms.is_(None)).limit(1)).first()
        is not None
    )


def is_all_safe(session: Session) -> bool:
    """True when everything this device wrote and photographed is in a backup that was restored and verified."""
    own = select(func.count(), func.count().filter(STREAM.c.durable_seq < STREAM.c.last_seq)).where(
        STREAM.c.own.is_(True)
    )
    streams, behind = session.execute(own).one()
    if not streams or behind:
        return False
    return (
        session.execute(select(ATTACHMENT.c.sha256).where(ATTACHMENT.c.durable_at_ms.is_(None)).limit(1)).first()
        is None
    )
