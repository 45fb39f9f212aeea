"""Photos and documents, and the records that name them: a file goes when nothing names it any more."""

import json
from collections.abc import Iterable
from typing import Final

from sqlalchemy import delete, select, update
from sqlmodel import Session

from app.domain.journal import Entry
from app.store import attachments, uploads
from app.store.node import put_value, value_of, values_with_prefix
from app.store.tables import (
    AttachmentRow,
    EntryRow,
    LinkRow,
    RecordRow,
    StreamRow,
    ThumbnailRow,
    UploadRow,
    table,
)

RECORD, ATTACHMENT, THUMBNAIL = table(RecordRow), table(AttachmentRow), table(ThumbnailRow)
UPLOAD = table(UploadRow)
ENTRY, LINK, STREAM = table(EntryRow), table(LinkRow), table(StreamRow)
NAMES: Final = {"photo": ("sha256", "original"), "visit": ("checklist_sha256",)}  # fields of records that name files
LET_GO: Final = "let_go:"  # node value, + SHA-256: this device had the file and removed it; central has it durably
ERASED: Final = "erased_file:"  # node value, + SHA-256: the entry that named it was erased; it is not let in again


def named_in(entries: Iterable[Entry]) -> set[str]:
    """The files that these entries name."""
    return {
        value
        for entry in entries
        for name in NAMES.get(entry.kind, ())
        if isinstance(value := entry.fields().get(name), str)
    }


def destroy(session: Session, hashes: Iterable[str]) -> None:
    """The entries that named these files were erased: those that no other record names are destroyed, and not let in
    when they come late. The records must be up to date."""
    for sha256 in sorted(hashes):
        if not _naming(session, sha256):
            _delete(session, sha256)
            put_value(session, f"{ERASED}{sha256}", "on")


def is_unwanted(session: Session, sha256: str) -> bool:
    """True for a file whose entry was erased, and that no entry has named since."""
    return bool(value_of(session, f"{ERASED}{sha256}")) and not _naming(session, sha256)


def let_go_of(session: Session, scope: str) -> None:
    """Removes the files of a scope whose records are gone from here. What another record names stays, as its file."""
    for sha256 in session.execute(select(ATTACHMENT.c.sha256).where(ATTACHMENT.c.scope == scope)).scalars().all():
        if others := _naming(session, sha256):
            session.execute(update(ATTACHMENT).where(ATTACHMENT.c.sha256 == sha256).values(scope=others[0]))
        else:
            _let_go(session, sha256)
    session.execute(delete(THUMBNAIL).where(THUMBNAIL.c.scope == scope))
    for sha256 in session.execute(select(UPLOAD.c.sha256).where(UPLOAD.c.scope == scope)).scalars().all():
        uploads.forget(session, sha256)


def carried(session: Session) -> set[str]:
    """The pictures of other devices that this one carried, and that central has in a verified backup by now."""
    pictures = (attachments.PHOTO_TYPE, attachments.ORIGINAL_TYPE)
    is_safe = ATTACHMENT.c.durable_at_ms.is_not(None) & ATTACHMENT.c.media_type.in_(pictures)
    durable = set(session.execute(select(ATTACHMENT.c.sha256).where(is_safe)).scalars())
    return durable - _own(session) if durable else durable


def let_go(session: Session, hashes: Iterable[str]) -> None:
    """Removes files that central has durably."""
    for sha256 in sorted(hashes):
        _let_go(session, sha256)


def gone(session: Session) -> set[str]:
    """The files that this device had and removed."""
    return set(values_with_prefix(session, LET_GO))


def _own(session: Session) -> set[str]:
    """The pictures that entries of this device name."""
    rows = session.execute(
        select(RECORD.c.fields)
        .join(ENTRY, ENTRY.c.subject == RECORD.c.subject)
        .join(LINK, LINK.c.entry_id == ENTRY.c.entry_id)
        .join(STREAM, STREAM.c.stream == LINK.c.stream)
        .where(RECORD.c.kind == "photo", STREAM.c.own.is_(True))
    )
    return {str(json.loads(row.fields).get(name)) for row in rows for name in NAMES["photo"]}


def _naming(session: Session, sha256: str) -> list[str]:
    """The scopes of the records that name a file."""
    statement = select(RECORD.c.scope).where(
        RECORD.c.kind.in_(NAMES), RECORD.c.fields.contains(sha256, autoescape=True)
    )
    return list(session.execute(statement.order_by(RECORD.c.scope)).scalars())


def _let_go(session: Session, sha256: str) -> None:
    if attachments.type_of(session, sha256) != attachments.DOCUMENT_TYPE:
        put_value(session, f"{LET_GO}{sha256}", "on")
    _delete(session, sha256)


def _delete(session: Session, sha256: str) -> None:
    session.execute(delete(ATTACHMENT).where(ATTACHMENT.c.sha256 == sha256))
    session.execute(delete(THUMBNAIL).where(THUMBNAIL.c.sha256 == sha256))
    uploads.forget(session, sha256)
