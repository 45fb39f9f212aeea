"""The messages about small pictures."""

from pydantic import Field

from app.sync.wire import Count, Message


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
