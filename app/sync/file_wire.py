"""The messages about photos and documents, and about small pictures."""

from pydantic import Field

from app.sync.wire import Count, Message


class BlobKept(Message):
    """Central holds these bytes: whole (`complete` names them), or the first `received` of them."""

    complete: str = ""
    received: Count = 0


def offset_message(sha256: str, received: int) -> bytes:
    """What central signs in place of a body in its answer to HEAD: an answer to HEAD has none."""
    return f"{sha256} {received}".encode()


class Thumbnail(Message):
    """A small picture: of which photo, whose, and how many bytes."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    scope: str
    size: Count


class ThumbnailIndex(Message):
    """The first line of a body of small pictures; their bytes follow in this order."""

    pictures: list[Thumbnail]


class ThumbnailsKept(Message):
    """Hashes of the photos whose small pictures central holds now."""

    kept: list[str]
