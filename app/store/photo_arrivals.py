"""How far the photos that entries name have come here: entries go first, small pictures next, photos last."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlmodel import Session

from app.domain.merge import Record
from app.store import attachments, files_named, uploads
from app.store.bulk import among, listed
from app.store.projection import as_record
from app.store.tables import EntryRow, LinkRow, RecordRow, ThumbnailRow, table

THUMBNAIL, RECORD = table(ThumbnailRow), table(RecordRow)
ENTRY, LINK = table(EntryRow), table(LinkRow)
NAMES: Final = files_named.NAMES["photo"]


@dataclass(frozen=True)
class Arrival:
    """Whether the photo is here whole, whether there is a small picture of it, and how much of it has come, in percent."""

    is_here: bool
    has_small: bool
    percent: int = 0


HERE = Arrival(True, True, 100)


@dataclass(frozen=True)
class Missing:
    """How many photos, and originals of photos, are named and not here."""

    photos: int = 0
    originals: int = 0


def arrivals(session: Session, photos: Iterable[Record]) -> dict[str, Arrival]:
    """SHA-256 -> how far it has come, of the photos that these records name and of their originals."""
    hashes = sorted({sha256 for photo in photos for name in NAMES if (sha256 := photo.text(name))})
    if not hashes:
        return {}
    here = attachments.present(session, hashes)
    waiting = [one for one in hashes if one not in here]
    begun = uploads.progress(session, waiting) if waiting else {}
    rows = session.execute(select(THUMBNAIL.c.sha256).where(THUMBNAIL.c.sha256.in_(waiting))) if waiting else ()
    small = {row.sha256 for row in rows}
    found = dict.fromkeys(here, HERE)
    for one in waiting:
        received, size = begun.get(one, (0, 0))
        found[one] = Arrival(False, one in small, 100 * received // size if size else 0)
    return found


def missing_of_devices(session: Session) -> dict[str, Missing]:
    """Device id -> photos and originals that its entries name and whose bytes are not here."""
    wanted: dict[str, Record] = {}
    for row in session.execute(select(RECORD).where(RECORD.c.kind == "photo")):
        photo = as_record(row)
        if not photo.is_on("removed"):
            wanted[row.subject] = photo
    here = attachments.present(session, sorted({photo.text(name) for photo in wanted.values() for name in NAMES})) | {
        ""
    }
    lacking = [subject for subject, photo in wanted.items() if any(photo.text(name) not in here for name in NAMES)]
    counts: dict[str, dict[str, set[str]]] = {}
    for subject, device in _writers(session, lacking):
        found = counts.setdefault(device, {name: set() for name in NAMES})
        for name in NAMES:
            found[name] |= {wanted[subject].text(name)} - here
    return {device: Missing(*(len(found[name]) for name in NAMES)) for device, found in counts.items()}


def _writers(session: Session, subjects: list[str]) -> Iterable[tuple[str, str]]:
    """(photo, device that wrote of it)."""
    statement = (
        select(ENTRY.c.subject, LINK.c.stream)
        .join(LINK, LINK.c.entry_id == ENTRY.c.entry_id)
        .where(among(ENTRY.c.subject, "subjects"))
    )
    for row in session.execute(statement, {"subjects": listed(subjects)}):
        yield row.subject, row.stream.partition("/")[0]
