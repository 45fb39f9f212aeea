"""The messages of /sync/v1, their bytes, and nothing else. `docs/sync.md` describes each field.

Entries travel as the texts that were hashed. Unknown fields are ignored and unknown kinds passed on, so that an older
node and a newer one understand each other. `dict[str, Any]` stops here.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from app.domain.journal import BrokenEntry, Entry, Hashed, is_entry_id, read_entry, set_aside
from app.errors import ProtocolError

PROTOCOL: Final = 1
PREFIX: Final = "/sync/v1"  # of every address of the exchange
SIGNATURE_HEADER: Final = "X-Baqylau-Signature"  # Ed25519 over `reply_message`, in hex
NONCE_HEADER: Final = "X-Nonce"  # fresh for each request; the reply's signature covers it
PROOF_HEADER: Final = "X-Device-Signature"  # the device's Ed25519 over `request_message`, in hex
OFFSET_HEADER: Final = "Upload-Offset"  # where these bytes of a file begin, or how many central has
LENGTH_HEADER: Final = "Upload-Length"  # how long the whole file is
MAX_MESSAGE_BYTES: Final = 32 * 1024 * 1024
PUSH_ENTRIES: Final = 500  # entries in one exchange: about 20 KB on the wire
PULL_ENTRIES: Final = 2000
BATCH_BYTES: Final = 4 * 1024 * 1024  # headers and bodies of one push or pull; a single entry may be larger
OFFERS: Final = 200  # vouchers offered in one exchange
ASKED_FILES: Final = 200  # files asked after in one exchange

Nonce = Annotated[str, Field(pattern=r"^[0-9a-f]{16,64}$")]
Count = Annotated[int, Field(ge=0, le=2**53)]


class Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


M = TypeVar("M", bound=Message)


class WireEntry(Message):
    """Header and body as the texts that were hashed; either may be absent (erased or wiped). `bh`: the hash, in hex, of a
    body that is absent, in a push and in what is given back under a voucher."""

    h: str | None = None
    b: str | None = None
    bh: str | None = None

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

    def place(self) -> Place:
        """Reads the entry. Bytes that are none, but stand in a sealed chain, are kept aside. Raises ProtocolError."""
        header = None if self.h is None else self.h.encode()
        body = None if self.b is None else self.b.encode()
        header_hash, body_hash = _hash_of(header, self.hh), _hash_of(body, self.bh)
        if header is None:
            if not is_entry_id(self.id or ""):
                raise ProtocolError(reason="an absent entry needs its id")
            return Place(Hashed(self.id or "", header_hash, body_hash), None)
        return placed(lambda: read_entry(header, body), header, body, header_hash, body_hash)


def placed(read: Callable[[], Entry], header: bytes, body: bytes | None, header_hash: bytes, body_hash: bytes) -> Place:
    """The place of these bytes; what cannot be read is set aside, with the reason."""
    try:
        entry, fault = read(), ""
    except BrokenEntry as error:
        entry, fault = set_aside(header, body), f"broken: {error}"
    return Place(Hashed(entry.entry_id, header_hash, body_hash), entry, fault)


def _hash_of(data: bytes | None, told: str | None) -> bytes:
    if data is not None:
        return hashlib.sha256(data).digest()
    known = from_hex(told or "")
    if len(known) != hashlib.sha256().digest_size:  # not the length of the text: hex may have spaces in it
        raise ProtocolError(reason="an absent text needs its hash")
    return known


class Packed(Message):
    """Entries in columns; `app.sync.packing` makes and reads them, and `docs/sync.md` says what each column is."""

    groups: list[tuple[str, str, str, int]]  # (kind, scope, author, schema)
    of: list[Annotated[int, Field(ge=0)]]  # the group of each entry
    times: list[int]
    made: list[int]
    subjects: list[str]
    parents: list[list[Annotated[int, Field(gt=0)] | str]]
    sets: list[dict[str, JsonValue]]
    chance: str  # base64url: the last 10 bytes of each id, then the salts


class Push(Message):
    """A batch of one stream: entries in order of seq from `start`, the chain value before, one seal over the end.

    The entries are in `entries`, or in `packed` when that gives the same texts.
    """

    incarnation: str = Field(pattern=r"^[0-9a-f]{1,64}$")
    lane: int = Field(ge=0, le=1)
    start: int = Field(ge=1, le=2**53)
    prev: str
    entries: list[PushedEntry] = Field(default_factory=list)
    packed: Packed | None = None
    seal: str


class Relay(Push):
    """A batch of another device's stream, with that device's own seal, brought by the one that carries it."""

    device: str = Field(pattern=r"^[0-9a-f]{32}$")


class SignedCertificate(Message):
    """What central says of a device: the text of `domain.certificates`, and central's signature over it in hex."""

    text: str
    signature: str


class SignedOrder(Message):
    """Central's order to destroy everything: the text of `domain.wiping`, and its signature over it in hex."""

    text: str
    signature: str


class StreamAck(Message):
    """A place of one of the device's streams. `proof`: central's signature over `protocol.ack_message`, in hex."""

    incarnation: str
    lane: int
    seq: int
    chain: str
    proof: str = ""


class RelayAck(Message):
    """How far central has a carried stream now, and how far it is in a verified backup.

    `refused`: gap (send from seq + 1), fork, seal (not that device's), or unknown (no such device).
    """

    device: str
    incarnation: str
    lane: int
    seq: int
    chain: str = ""
    durable: int = 0
    refused: str = ""


class FeedVoucher(Message):
    """Central's signature over a piece of a feed; see `protocol.voucher_message`."""

    epoch: str
    scope: str
    after: Count
    last: Count
    signature: str


class Shown(Message):
    """What central once signed, shown to it by a device that is told of a gap: has central forgotten?"""

    acks: list[StreamAck] = Field(default_factory=list)
    vouchers: list[FeedVoucher] = Field(default_factory=list)
    digests: list[str] = Field(default_factory=list)  # of the vouchers, in their order


class VoucherOffer(Message):
    """A piece of a feed of an older epoch that the device still holds, with the digest of what it holds."""

    epoch: str
    scope: str
    after: Count
    last: Count
    digest: str


class Vouched(FeedVoucher):
    """The entries of an offered piece, given back under central's own signature."""

    entries: list[WireEntry]


class HealthReport(Message):
    """How a device is: for the office's page, so that it sees who is stale and why. Nothing of what it holds."""

    version: str
    at_ms: Count  # by the device's clock
    free_mb: int = -1  # -1: not known
    entries: int = 0  # not acknowledged
    files: int = 0  # photos and documents not sent
    kilobytes: int = 0  # of those files
    problem: str = ""  # code of the last refusal


class Exchange(Message):
    """Push and pull in one round trip."""

    protocol: int = PROTOCOL
    device: str
    epoch: str = ""
    nonce: Nonce
    pushes: list[Push] = Field(default_factory=list)
    cursors: dict[str, Count] = Field(default_factory=dict)
    marks: dict[str, str] = Field(default_factory=dict)  # scope -> the mark that came with its cursor
    backup: str = ""  # the newest verified backup of central that this device has heard of
    asked: list[str] = Field(default_factory=list)  # hashes: are they in that backup?
    shown: Shown | None = None
    offers: list[VoucherOffer] = Field(default_factory=list)
    vouched: list[Vouched] = Field(default_factory=list)
    begun: str = ""  # hash of the file whose upload broke off
    wiped: dict[str, Count] = Field(default_factory=dict)  # visit -> when this device removed it (ms, its clock)
    health: HealthReport | None = None
    packs: bool = False  # this device reads packed entries; older ones do not, and would pass over them
    relays: list[Relay] = Field(default_factory=list)
    certificate_at: int | None = None  # when the certificate it holds was issued; 0: it has none; None: it wants none
    bundle_key: str | None = None  # fingerprint of the key for bundles that this device has; None: it wants none
    tls_pins: str | None = None  # the digest of the pins that this device has; None: it wants none
    confidential_keys: list[str] | None = None  # fingerprints of the keys for interviews that it has; None: wants none


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
    """New entries of a scope, and the cursor after them. `more`: ask again. `voucher`: signature over this piece.

    `mark`: central's name for all that stands up to the cursor.
    """

    scope: str
    entries: list[WireEntry] = Field(default_factory=list)
    packed: Packed | None = None
    cursor: int
    mark: str = ""
    more: bool = False
    voucher: str = ""


class ExchangeReply(Message):
    """Signed by central as a whole.

    `watermarks`: per stream, what is in the verified backup `backup`; both only when the device has not heard of it.
    `durable`: those of the asked files that are in it. `durable_feeds`: scope -> up to which position its feed is.
    `ahead`: scopes of which the device has read what is not there. `received`: how many bytes of the begun file are durable.
    `wanted`: numbers of the offered vouchers whose entries central lacks; None when nothing was offered.
    """

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
    backup: str = ""
    durable: list[str] = Field(default_factory=list)
    durable_feeds: dict[str, Count] = Field(default_factory=dict)
    ahead: list[str] = Field(default_factory=list)
    wanted: list[int] | None = None
    received: Count = 0
    relay_acks: list[RelayAck] = Field(default_factory=list)
    certificate: SignedCertificate | None = None  # a newer one
    bundle_key: str = ""  # in hex: to whom bundles are sealed, for a device that has another one or none
    confidential_keys: list[str] | None = None  # in hex: to whom interviews are sealed; None: those it has
    takes_originals: bool = False  # an older central knows no originals: they wait on the device
    tls_pins: list[str] | None = None  # for a device that has others
    wipe: SignedOrder | None = None
    version: str = ""
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
    bundle_key: str = ""  # in hex
    tls_pins: list[str] = Field(default_factory=list)


class Health(Message):
    """Signed when a nonce is given: tells the internet from a captive portal."""

    name: str = "baqylau"
    role: str
    protocol: int = PROTOCOL
    version: str
    nonce: str = ""
    now_ms: int


class Refusal(Message):
    """A signed no: the code of `errors.py`, and for a protocol error what was not understood."""

    code: str
    reason: str = ""
    epoch: str = ""
    wipe: SignedOrder | None = None  # to a device that was withdrawn; `epoch` stands beside it


def request_message(call: str, about: bytes) -> bytes:
    """What a device signs of a request: a token alone can neither push nor pull."""
    return f"baqylau-{call}-1\n".encode() + about


def blob_request(method: str, sha256: str, scope: str, nonce: str, offset: int = 0, size: int = 0) -> bytes:
    """What a device signs of HEAD, GET and PUT /blobs: the hash stands for the bytes. A part names its place too."""
    place = (str(offset), str(size)) if size else ()
    return request_message("blob", "\n".join((method, sha256, scope, nonce, *place)).encode())


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
