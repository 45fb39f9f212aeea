"""The messages of /sync/v1, their bytes, and nothing else. `docs/sync.md` describes each field.

Entries travel as the texts that were hashed. Unknown fields are ignored and unknown kinds passed on, so that an older
node and a newer one understand each other. `dict[str, Any]` stops here.
"""

import gzip
import io
from typing import Final, TypeVar

import zstandard
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.domain.journal import BrokenEntry, Entry, read_entry
from app.errors import ProtocolError

PROTOCOL: Final = 1
SIGNATURE_HEADER: Final = "X-Baqylau-Signature"  # Ed25519 over the reply's body, in hex
MAX_MESSAGE_BYTES: Final = 32 * 1024 * 1024
PUSH_ENTRIES: Final = 500  # entries in one exchange: about 20 KB on the wire
PULL_ENTRIES: Final = 2000
COMPRESSION_LEVEL: Final = 10


class Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


M = TypeVar("M", bound=Message)


class WireEntry(Message):
    """Header and body as the texts that were hashed; either may be absent (erased or wiped), the hashes never are."""

    h: str | None = None
    b: str | None = None

    @classmethod
    def of(cls, entry: Entry) -> "WireEntry":
        return cls(h=entry.header.decode(), b=None if entry.body is None else entry.body.decode())

    def read(self) -> Entry:
        """The entry. Raises BrokenEntry."""
        if self.h is None:
            raise BrokenEntry("the header is absent")
        return read_entry(self.h.encode(), None if self.b is None else self.b.encode())


class PushedEntry(WireEntry):
    """An entry in its place; the hashes are sent only where header or body is absent, to verify the chain without them."""

    hh: str | None = None
    bh: str | None = None


class Push(Message):
    """A batch of one stream: entries in order of seq from `start`, the chain value before them, and one seal over the end."""

    incarnation: str
    lane: int
    start: int
    prev: str
    entries: list[PushedEntry]
    seal: str


class Exchange(Message):
    """Push and pull in one round trip."""

    protocol: int = PROTOCOL
    device: str
    epoch: str = ""
    nonce: str
    pushes: list[Push] = Field(default_factory=list)
    cursors: dict[str, int] = Field(default_factory=dict)


class StreamAck(Message):
    incarnation: str
    lane: int
    seq: int
    chain: str


class Refused(Message):
    """A push that does not fit: `gap` (send from have + 1), or `fork` (start a new incarnation)."""

    incarnation: str
    lane: int
    why: str
    have: int


class Quarantined(Message):
    entry_id: str
    reason: str


class ScopeFeed(Message):
    """New entries of a scope, and the cursor after them. `more`: ask again."""

    scope: str
    entries: list[WireEntry]
    cursor: int
    more: bool


class ExchangeReply(Message):
    """Signed by central as a whole. `watermark` is the durable one: 0 until a backup was restored and verified."""

    protocol: int = PROTOCOL
    device: str
    epoch: str
    nonce: str
    acks: list[StreamAck] = Field(default_factory=list)
    refused: list[Refused] = Field(default_factory=list)
    quarantined: list[Quarantined] = Field(default_factory=list)
    feeds: list[ScopeFeed] = Field(default_factory=list)
    missing_blobs: list[str] = Field(default_factory=list)
    watermark: int = 0
    now_ms: int


class EnrolRequest(Message):
    """A one-time code and the device's public key (hex)."""

    protocol: int = PROTOCOL
    code: str
    public_key: str
    nonce: str


class EnrolReply(Message):
    """Signed by central: the device's token, and central's keys to pin (live and spare)."""

    protocol: int = PROTOCOL
    device: str
    token: str
    name: str
    people: list[str]
    central_keys: list[str]
    epoch: str
    nonce: str


class Health(Message):
    """Signed when a nonce is given: tells the internet from a captive portal."""

    name: str = "baqylau"
    role: str
    protocol: int = PROTOCOL
    version: str
    nonce: str = ""
    now_ms: int


def pack(message: Message) -> bytes:
    """A message as JSON in UTF-8, without what is at its default."""
    return message.model_dump_json(exclude_defaults=True).encode()


def unpack(kind: type[M], data: bytes) -> M:
    """The message in these bytes. Raises ProtocolError with what is wrong, never with the content."""
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ProtocolError(reason=f"{kind.__name__}: {place}: {first['msg']}") from error


def compress(data: bytes) -> bytes:
    """zstd, as sent with `Content-Encoding: zstd`."""
    return zstandard.ZstdCompressor(level=COMPRESSION_LEVEL).compress(data)


def decompress(data: bytes, encoding: str) -> bytes:
    """The plain bytes of a body. Raises ProtocolError for an unknown encoding, broken or too large data."""
    try:
        if encoding == "zstd":
            return zstandard.ZstdDecompressor().decompress(data, max_output_size=MAX_MESSAGE_BYTES)
        if encoding == "gzip":
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
                plain = stream.read(MAX_MESSAGE_BYTES + 1)
            if len(plain) > MAX_MESSAGE_BYTES:
                raise ProtocolError(reason="too large")
            return plain
    except (zstandard.ZstdError, OSError, EOFError) as error:
        raise ProtocolError(reason="broken compression") from error
    if encoding not in ("", "identity"):
        raise ProtocolError(reason=f"unknown encoding {encoding}")
    return data
