"""Photos and compiled checklists: rows named by the SHA-256 of their bytes. Pillow is used here and nowhere else."""

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import func, select, update
from sqlmodel import Session

from app.errors import PhotoRefused
from app.store.bulk import among, listed
from app.store.node import Node
from app.store.tables import AttachmentRow, table

ATTACHMENT = table(AttachmentRow)
PHOTO_TYPE: Final = "image/webp"
DOCUMENT_TYPE: Final = "application/json"
ORIGINAL_TYPE: Final = "application/x-baqylau-original"  # a photo as the camera made it, sealed: see `originals.py`
MAX_PIXELS: Final = 40_000_000
THUMBNAIL_EDGE_PX: Final = 240
KEPT_BYTES: Final = 64 * 1024  # of a photo of USUAL_PIXELS; larger edges may have more
USUAL_PIXELS: Final = 1024 * 768
QUALITIES: Final = (72, 58, 46, 36, 28)
ALLOWED_FORMATS: Final = ("JPEG", "PNG", "WEBP")
# As files go out: documents, photos, and originals when all else is there; the oldest first.
IN_ORDER: Final = (ATTACHMENT.c.media_type == ORIGINAL_TYPE, ATTACHMENT.c.media_type, ATTACHMENT.c.added_at_ms)


@dataclass(frozen=True)
class Redrawn:
    """A photo drawn anew on a fresh canvas: no EXIF, no place, no comments, no trailer."""

    data: bytes
    thumbnail: bytes
    width: int
    height: int


def redraw_photo(data: bytes, edge_px: int) -> Redrawn:
    """The photo upright, at most `edge_px` long, as WebP, with a thumbnail. Raises PhotoRefused with the reason.

    Only pixels are copied to a new canvas: re-saving alone would keep JPEG comments (reliability.md, 4.1).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            source = Image.open(io.BytesIO(data), formats=ALLOWED_FORMATS)
            if source.width * source.height > MAX_PIXELS:
                raise PhotoRefused("The photo has more than 40 megapixels. Take it again with a smaller size.", "photo")
            upright = ImageOps.exif_transpose(source).convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoRefused(
            "The photo has more than 40 megapixels. Take it again with a smaller size.", "photo"
        ) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise PhotoRefused("This file is not a photo (JPEG, PNG or WebP). Choose another one.", "photo") from error
    upright.thumbnail((edge_px, edge_px), Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", upright.size)
    canvas.paste(upright)
    small = canvas.copy()
    small.thumbnail((THUMBNAIL_EDGE_PX, THUMBNAIL_EDGE_PX), Image.Resampling.LANCZOS)
    return Redrawn(_webp_of_size(canvas), _webp(small, 50), canvas.width, canvas.height)


def thumbnail_of(data: bytes) -> bytes | None:
    """The thumbnail of a photo that came from elsewhere; None for what is no photo."""
    try:
        return redraw_photo(data, THUMBNAIL_EDGE_PX).thumbnail
    except PhotoRefused:
        return None


def _webp_of_size(image: Image.Image) -> bytes:
    """The photo at the best quality that a slow link still carries: about 60 KB at 1,024 pixels (design, section 5)."""
    most = max(KEPT_BYTES * image.width * image.height // USUAL_PIXELS, KEPT_BYTES)
    drawn = b""
    for quality in QUALITIES:
        drawn = _webp(image, quality)
        if len(drawn) <= most:
            break
    return drawn


def _webp(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=quality, method=4)
    return out.getvalue()


def keep(session: Session, data: bytes, media_type: str, scope: str, thumbnail: bytes | None = None) -> str:
    """Keeps bytes under their SHA-256, once; returns it. `scope` decides who may fetch them."""
    sha256 = hashlib.sha256(data).hexdigest()
    if not has(session, sha256):
        node: Node = session.info["node"]
        session.add(
            AttachmentRow(
                sha256=sha256,
                media_type=media_type,
                size=len(data),
                data=data,
                thumbnail=thumbnail,
                scope=scope,
                added_at_ms=node.clock.now_ms(),
                sent_at_ms=None,
            )
        )
        session.flush()
    return sha256


def has(session: Session, sha256: str) -> bool:
    return session.execute(select(ATTACHMENT.c.sha256).where(ATTACHMENT.c.sha256 == sha256)).first() is not None


def size_of(session: Session, sha256: str) -> int | None:
    """Bytes of a file that is here whole; None when it is not."""
    return session.execute(select(ATTACHMENT.c.size).where(ATTACHMENT.c.sha256 == sha256)).scalar_one_or_none()


def type_of(session: Session, sha256: str) -> str:
    """Its media type; empty when it is not here."""
    statement = select(ATTACHMENT.c.media_type).where(ATTACHMENT.c.sha256 == sha256)
    return session.execute(statement).scalar_one_or_none() or ""


def read(session: Session, sha256: str) -> tuple[str, bytes] | None:
    """(media type, bytes), or None when it is not here."""
    row = session.execute(
        select(ATTACHMENT.c.media_type, ATTACHMENT.c.data).where(ATTACHMENT.c.sha256 == sha256)
    ).first()
    return (row.media_type, row.data) if row else None


def read_thumbnail(session: Session, sha256: str) -> bytes | None:
    row = session.execute(select(ATTACHMENT.c.thumbnail).where(ATTACHMENT.c.sha256 == sha256)).first()
    return row.thumbnail if row else None


def present(session: Session, hashes: list[str]) -> set[str]:
    """Those of the hashes whose bytes are here."""
    statement = select(ATTACHMENT.c.sha256).where(among(ATTACHMENT.c.sha256, "hashes"))
    return set(session.execute(statement, {"hashes": listed(hashes)}).scalars())


def mark_sent(session: Session, sha256: str, at_ms: int) -> None:
    """Central confirmed, verified, that it holds these bytes."""
    session.execute(update(ATTACHMENT).where(ATTACHMENT.c.sha256 == sha256).values(sent_at_ms=at_ms))


def mark_thumbnails_sent(session: Session, hashes: list[str], at_ms: int) -> None:
    """Central confirmed that it holds these small pictures."""
    session.execute(update(ATTACHMENT).where(ATTACHMENT.c.sha256.in_(hashes)).values(thumbnail_sent_at_ms=at_ms))


def mark_durable(session: Session, hashes: list[str], at_ms: int) -> None:
    """These are in a backup that was restored and verified."""
    session.execute(update(ATTACHMENT).where(ATTACHMENT.c.sha256.in_(hashes)).values(durable_at_ms=at_ms))


def durable(session: Session, hashes: list[str]) -> list[str]:
    """Those of the hashes that are in a verified backup."""
    statement = select(ATTACHMENT.c.sha256).where(
        ATTACHMENT.c.sha256.in_(hashes), ATTACHMENT.c.durable_at_ms.is_not(None)
    )
    return sorted(row.sha256 for row in session.execute(statement))


def not_durable(session: Session, limit: int) -> list[str]:
    """What central holds, and of which it is not known that a verified backup holds it too."""
    statement = (
        select(ATTACHMENT.c.sha256)
        .where(ATTACHMENT.c.sent_at_ms.is_not(None), ATTACHMENT.c.durable_at_ms.is_(None))
        .order_by(ATTACHMENT.c.added_at_ms)
        .limit(limit)
    )
    return [row.sha256 for row in session.execute(statement)]


def thumbnails_to_send(session: Session, limit_bytes: int) -> list[tuple[str, str, bytes]]:
    """(hash, scope, small picture) of photos of which central has neither: oldest first, one at least."""
    statement = (
        select(ATTACHMENT.c.sha256, ATTACHMENT.c.scope, ATTACHMENT.c.thumbnail)
        .where(
            ATTACHMENT.c.thumbnail.is_not(None),
            ATTACHMENT.c.sent_at_ms.is_(None),
            ATTACHMENT.c.thumbnail_sent_at_ms.is_(None),
        )
        .order_by(ATTACHMENT.c.added_at_ms)
    )
    found: list[tuple[str, str, bytes]] = []
    for row in session.execute(statement):
        if found and sum(len(one[2]) for one in found) + len(row.thumbnail) > limit_bytes:
            break
        found.append((row.sha256, row.scope, row.thumbnail))
    return found


def unsent(session: Session) -> list[tuple[str, int]]:
    """(hash, bytes) of what central does not hold yet: documents first, then photos, then originals, oldest first."""
    statement = select(ATTACHMENT.c.sha256, ATTACHMENT.c.size).where(ATTACHMENT.c.sent_at_ms.is_(None))
    return [(row.sha256, row.size) for row in session.execute(statement.order_by(*IN_ORDER))]


def sent_counts(session: Session, scope: str, media_type: str = PHOTO_TYPE) -> tuple[int, int]:
    """(sent, all) photos of a scope, or files of another type."""
    statement = select(func.count(ATTACHMENT.c.sent_at_ms), func.count()).where(
        ATTACHMENT.c.scope == scope, ATTACHMENT.c.media_type == media_type
    )
    sent, total = session.execute(statement).one()
    return sent, total


def scope_of(session: Session, sha256: str) -> str:
    """The scope whose readers may fetch it; empty when it is not here."""
    return session.execute(select(ATTACHMENT.c.scope).where(ATTACHMENT.c.sha256 == sha256)).scalar_one_or_none() or ""


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
