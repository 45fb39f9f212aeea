"""The messages of /sync/v1, their bytes, and nothing else. `docs/sync.md` describes each field.

Entries travel as the texts that were hashed. Unknown fields are ignored and unknown kinds passed on, so that an older
node and a newer one understand each other. `dict[str, Any]` stops here.
"""

import gzip
import hashlib
import io
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

import zstandard
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.domain.journal import BrokenEntry, Entry, Hashed, is_entry_id, read_entry, set_aside
from app.errors import ProtocolError

PROTOCOL: Final = 1
PREFIX: Final = "/sync/v1"  # of every address of the exchange
SIGNATURE_HEADER: Final = "X-Baqylau-Signature"  # Ed25519 over `reply_message`, in hex
NONCE_HEADER: Final = "X-Nonce"  # fresh for each request; the reply's signature covers it
PROOF_HEADER: Final = "X-Device-Signature"  # the device's Ed25519 over `request_message`, in hex
MAX_MESSAGE_BYTES: Final = 32 * 1024 * 1024
PUSH_ENTRIES: Final = 500  # entries in one exchange: about 20 KB on the wire
PULL_ENTRIES: Final = 2000
BATCH_BYTES: Final = 4 * 1024 * 1024  # headers and bodies of one push or pull; a single entry may be larger
COMPRESSION_LEVEL: Final = 10

Nonce = Annotated[str, Field(pattern=r"^[0-9a-f]{16,64}$")]
Count = Annotated[int, Field(ge=0, le=2**53)]


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


@dataclass(frozen=True)
class Place:
    """A pushed entry as central takes it: its hashes for the chain, the entry if there is one, and what is wrong."""

    hashed: Hashed
    entry: Entry | None
    fault: str = ""


class PushedEntry(WireEntry):
    """An entry in its place. Where header or body is absent, their hashes (and the id) keep the place in the chain."""

    id: str | None = None
    hh: str | None = None
    bh: str | None = None

    def place(self) -> Place:
        """Reads the entry. Bytes that are none, but stand in a sealed chain, are kept aside. Raises ProtocolError."""
        header = None if self.h is None else self.h.encode()
        body = None if self.b is None else self.b.encode()
        header_hash, body_hash = _hash_of(header, self.hh), _hash_of(body, self.bh)
        if header is None:
            if not is_entry_id(self.id or ""):
                raise ProtocolError(reason="an absent entry needs its id")
            return Place(Hashed(self.id or "", header_hash, body_hash), None)
        try:
            entry, fault = read_entry(header, body), ""
        except BrokenEntry as error:
            entry, fault = set_aside(header, body), f"broken: {error}"
        return Place(Hashed(entry.entry_id, header_hash, body_hash), entry, fault)


def _hash_of(data: bytes | None, told: str | None) -> bytes:
    if data is not None:
        return hashlib.sha256(data).digest()
    if told is None or len(told) != 64:
        raise ProtocolError(reason="an absent text needs its hash")
    return from_hex(told)


class Push(Message):
    """A batch of one stream: entries in order of seq from `start`, the chain value before, one seal over the end."""

    incarnation: str = Field(pattern=r"^[0-9a-f]{1,64}$")
    lane: int = Field(ge=0, le=1)
    start: int = Field(ge=1, le=2**53)
    prev: str
    entries: list[PushedEntry]
    seal: str


class Exchange(Message):
    """Push and pull in one round trip."""

    protocol: int = PROTOCOL
    device: str
    epoch: str = ""
    nonce: Nonce
    pushes: list[Push] = Field(default_factory=list)
    cursors: dict[str, Count] = Field(default_factory=dict)


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
    """Signed by central as a whole. `watermarks`: per stream, what is in a backup that was restored and verified."""

    protocol: int = PROTOCOL
    device: str
    epoch: str
    nonce: str
    acks: list[StreamAck] = Field(default_factory=list)
    refused: list[Refused] = Field(default_factory=list)
    quarantined: list[Quarantined] = Field(default_factory=list)
    feeds: list[ScopeFeed] = Field(default_factory=list)
    missing_blobs: list[str] = Field(default_factory=list)
    watermarks: list[StreamAck] = Field(default_factory=list)
    now_ms: int


class EnrolRequest(Message):
    """A one-time code and the device's public key (hex)."""

    protocol: int = PROTOCOL
    code: str
    public_key: str
    nonce: Nonce


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


class BlobKept(Message):
    """Central holds these bytes, whole."""

    complete: str


class Refusal(Message):
    """A signed no: the code of `errors.py`, and for a protocol error what was not understood."""

    code: str
    reason: str = ""


def request_message(call: str, about: bytes) -> bytes:
    """What a device signs of a request: a token alone can neither push nor pull."""
    return f"baqylau-{call}-1\n".encode() + about


def blob_request(method: str, sha256: str, scope: str, nonce: str) -> bytes:
    """What a device signs of GET and PUT /blobs: the hash stands for the bytes."""
    return request_message("blob", "\n".join((method, sha256, scope, nonce)).encode())


def reply_message(call: str, status: int, nonce: str, body: bytes) -> bytes:
    """What central signs of a reply: bound to the call, its outcome and the request's nonce.

    Bound, because a body alone could be shown again later, for another call, or be brought to central as a "document".
    """
    return f"baqylau-reply-1\n{call}\n{status}\n{nonce}\n".encode() + body


def from_hex(text: str) -> bytes:
    """Raises ProtocolError."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ProtocolError(reason="not hexadecimal") from error


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
