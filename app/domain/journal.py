"""The journal's rules as pure values: entries, chain, seal, acceptance and acknowledgement.

Everything a person does is one entry, written once. Bytes are kept exactly as they were hashed. `docs/sync.md` is the
specification of what is here; store and sync only move the bytes.
"""

import base64
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

SCHEMA: Final = 1
SALT_BYTES: Final = 16
LANES: Final = (0, 1)  # 0 alerts, 1 the rest: an alert need not wait behind a day of answers
ALERT_LANE: Final = 0
ORDINARY_LANE: Final = 1
MAX_HEADER_BYTES: Final = 64 * 1024
MAX_BODY_BYTES: Final = 1024 * 1024

MAX_WHOLE: Final = 2**53  # what every JSON reader keeps exactly
ASIDE: Final = "aside"  # kind of what is kept only as evidence: see `set_aside`

# Made once: to make an encoder takes as long as to write an entry with it.
_CANONICAL = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class BrokenEntry(ValueError):
    """Bytes that are no entry: the text says what is wrong, for the quarantine list."""


@dataclass(frozen=True)
class Entry:
    """One immutable thing somebody did. `body` is None when it was erased: the header still says what it set."""

    entry_id: str
    kind: str
    subject: str
    scope: str
    parents: tuple[str, ...]
    sets: tuple[str, ...]
    author: str
    made_at_ms: int
    schema: int
    header: bytes
    body: bytes | None
    said: Mapping[str, Json] = field(default_factory=dict, compare=False, repr=False)  # the body, read once

    def fields(self) -> Mapping[str, Json]:
        """The fields this entry sets, with their values; empty when the body was erased."""
        return {} if self.body is None else self.said

    @property
    def hashed(self) -> "Hashed":
        """What the chain takes from this entry. Raises BrokenEntry when its body is not here."""
        if self.body is None:
            raise BrokenEntry("the body is absent")
        return Hashed(self.entry_id, hashlib.sha256(self.header).digest(), hashlib.sha256(self.body).digest())


@dataclass(frozen=True)
class Hashed:
    """An entry as the chain sees it: its two hashes verify a place also when header and body are gone."""

    entry_id: str
    header_hash: bytes
    body_hash: bytes


@dataclass(frozen=True)
class Draft:
    """What is about to be written: the record, the fields, and the heads its author saw."""

    kind: str
    subject: str
    scope: str
    sets: Mapping[str, Json]
    parents: tuple[str, ...] = ()


def compose(draft: Draft, entry_id: str, author: str, made_at_ms: int, salt: bytes) -> Entry:
    """The entry of a draft, with its bytes as they will be hashed, sent and kept.

    `salt` is 16 random bytes: bodies are tiny, and an erased "no" must not be guessable from its hash.
    """
    header = canonical(
        {
            "author": author,
            "id": entry_id,
            "kind": draft.kind,
            "made_at": made_at_ms,
            "parents": sorted(set(draft.parents)),
            "schema": SCHEMA,
            "scope": draft.scope,
            "sets": sorted(draft.sets),
            "subject": draft.subject,
        }
    )
    body = canonical({"salt": base64.urlsafe_b64encode(salt).decode().rstrip("="), "set": dict(draft.sets)})
    return read_entry(header, body)


def canonical(value: Mapping[str, object]) -> bytes:
    """JSON in UTF-8 with sorted keys and no spaces: how this program writes what it will hash."""
    return json_text(value).encode()


def json_text(value: object) -> str:
    """A part of it, as text."""
    return _CANONICAL.encode(value)


def read_entry(header: bytes, body: bytes | None) -> Entry:
    """The entry in these bytes. Unknown kinds, fields and keys are kept. Raises BrokenEntry with the reason."""
    head = _object(header, "header")
    said = {} if body is None else _object(body, "body").get("set")
    return entry_of(head, said, header, body)


def entry_of(head: Mapping[str, Json], said: Json, header: bytes, body: bytes | None) -> Entry:
    """The entry of a header and of the fields of a body that have been read already from these very bytes.

    Raises BrokenEntry as `read_entry` does.
    """
    if len(header) > MAX_HEADER_BYTES or len(body or b"") > MAX_BODY_BYTES:
        raise BrokenEntry("larger than an entry may be")
    if not isinstance(said, dict):
        raise BrokenEntry("header and body name different fields")
    entry = Entry(
        entry_id=_text(head, "id"),
        kind=_text(head, "kind"),
        subject=_text(head, "subject"),
        scope=_text(head, "scope"),
        parents=_texts(head, "parents"),
        sets=_texts(head, "sets"),
        author=_text(head, "author"),
        made_at_ms=_whole(head, "made_at"),
        schema=_whole(head, "schema"),
        header=header,
        body=body,
        said=said,
    )
    _check(entry)
    return entry


def _check(entry: Entry) -> None:
    if not is_entry_id(entry.entry_id):
        raise BrokenEntry("its id is not a UUID")
    if entry.kind == ASIDE:  # what a node itself set aside: under that kind `verify` holds bytes against another name
        raise BrokenEntry("its kind is no kind of an entry")
    if not all(map(is_entry_id, entry.parents)):
        raise BrokenEntry("a parent is not a UUID")
    if entry.body is not None and sorted(entry.said) != sorted(entry.sets):
        raise BrokenEntry("header and body name different fields")


def is_entry_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def aside_name(header_hash: bytes, body_hash: bytes) -> str:
    """The name of bytes that cannot stand under an id. No entry can claim it: it is none that `is_entry_id` takes."""
    return f"{ASIDE}-{hashlib.sha256(header_hash + body_hash).hexdigest()}"


def set_aside(header: bytes, body: bytes | None) -> Entry:
    """Bytes that cannot stand under the id they claim: unreadable, or the id is another entry's. Kept as evidence.

    Named by their own hash, so that they take nobody's place; they say nothing and belong to no record.
    """
    entry_id = aside_name(hashlib.sha256(header).digest(), hashlib.sha256(body or b"").digest())
    return Entry(entry_id, ASIDE, ASIDE, ASIDE, (), (), ASIDE, 0, 0, header, body)


# ---- chain and seal -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StreamName:
    """Who wrote, since which (re)start of numbering, and how urgent: (device, incarnation, lane)."""

    device: str
    incarnation: str
    lane: int

    def __str__(self) -> str:
        return f"{self.device}/{self.incarnation}/{self.lane}"

    @classmethod
    def parse(cls, text: str) -> "StreamName":
        device, incarnation, lane = text.split("/")
        return cls(device, incarnation, int(lane))


@dataclass(frozen=True)
class Link:
    """Place `seq` (from 1, without gaps) of a stream. It stays for ever, also when header and body are gone."""

    seq: int
    entry_id: str
    header_hash: bytes
    body_hash: bytes
    chain: bytes


def device_id_of(public_key: bytes) -> str:
    """A device's id: the first 16 bytes of SHA-256 over its raw Ed25519 public key, in hex."""
    return hashlib.sha256(public_key).hexdigest()[:32]


def first_chain(stream: StreamName) -> bytes:
    """The chain value before seq 1: bound to the stream's name, so that a stream cannot be replayed as another."""
    return hashlib.sha256(f"baqylau-chain-1\n{stream}".encode()).digest()


def next_chain(previous: bytes, header_hash: bytes, body_hash: bytes) -> bytes:
    """SHA-256 over the previous chain value and both hashes."""
    return hashlib.sha256(previous + header_hash + body_hash).digest()


def chain_on(previous: bytes, first_seq: int, places: Iterable[Hashed]) -> list[Link]:
    """The links of entries when they follow `previous`, numbered from `first_seq`."""
    links: list[Link] = []
    for seq, place in enumerate(places, start=first_seq):
        previous = next_chain(previous, place.header_hash, place.body_hash)
        links.append(Link(seq, place.entry_id, place.header_hash, place.body_hash, previous))
    return links


def seal_message(stream: StreamName, seq: int, chain: bytes) -> bytes:
    """What a device signs once per batch: everything up to `seq`, through the chain value."""
    return f"baqylau-seal-1\n{stream}\n{seq}\n{chain.hex()}".encode()


def heads_digest(heads: Sequence[str]) -> str:
    """A short name for a set of heads, in hex: what a page posts so that one signs what one was shown."""
    return hashlib.sha256("\n".join(sorted(heads)).encode()).hexdigest()


def sign_off_message(visit_id: str, person_id: str, heads: Sequence[str], dissent: str) -> bytes:
    """What a member signs with their own key at the end of a visit: the heads they saw, and their dissent."""
    told = hashlib.sha256(dissent.encode()).hexdigest()
    return "\n".join(["baqylau-sign-off-1", visit_id, person_id, told, *sorted(heads)]).encode()


# ---- acceptance -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Accepted:
    """The batch continues (or repeats) what we hold; `new` are the links that we lack."""

    new: tuple[Link, ...]
    seq: int
    chain: bytes


@dataclass(frozen=True)
class Gap:
    """Something before the batch is missing here: send again from `have` + 1."""

    have: int


@dataclass(frozen=True)
class Fork:
    """The batch contradicts what we hold at `seq`: a restored or cloned device. It must start a new incarnation."""

    seq: int


def accept(
    stream: StreamName,
    held: Mapping[int, bytes],
    last_seq: int,
    first_seq: int,
    previous: bytes,
    places: Sequence[Hashed],
) -> Accepted | Gap | Fork:
    """Whether a pushed batch fits a stream of which we hold chain values up to `last_seq`.

    `held` maps the seqs from `first_seq` - 1 to the chain values we hold. The chain decides, never the position alone:
    acknowledging positions lost data in simulation (design, section 5).
    """
    if first_seq < 1:
        raise ValueError("seqs begin at 1")
    if first_seq > last_seq + 1:
        return Gap(last_seq)
    before = first_chain(stream) if first_seq == 1 else held[first_seq - 1]
    if before != previous:
        return Fork(first_seq - 1)
    links = chain_on(previous, first_seq, places)
    for link in links:
        if link.seq <= last_seq and held[link.seq] != link.chain:
            return Fork(link.seq)
    chain = links[-1].chain if links else before
    return Accepted(tuple(link for link in links if link.seq > last_seq), first_seq + len(links) - 1, chain)


@dataclass(frozen=True)
class Ack:
    """Central's word that it holds a stream up to `seq`; it counts only with its chain value, epoch and nonce."""

    stream: StreamName
    epoch: str
    nonce: str
    seq: int
    chain: bytes


def ack_counts(ack: Ack, epoch: str, nonce: str, own_chain_at_seq: bytes | None) -> bool:
    """True when the ack answers our request, in our epoch, and names the chain value we hold at that seq."""
    return ack.epoch == epoch and ack.nonce == nonce and own_chain_at_seq is not None and ack.chain == own_chain_at_seq


def _object(data: bytes, what: str) -> dict[str, Json]:
    """The JSON object in these bytes: UTF-8, every number a number, every text one that a database can keep."""
    if len(data) > MAX_BODY_BYTES:
        raise BrokenEntry("larger than an entry may be")
    try:
        value = _STRICT.decode(data.decode())
        if b"\\u" in data:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise BrokenEntry(f"the {what} is not JSON") from error
    if not isinstance(value, dict):
        raise BrokenEntry(f"the {what} is not an object")
    return value


def _no_number(text: str) -> Json:
    raise ValueError(text)


def _finite(text: str) -> float:
    if not math.isfinite(float(text)):
        raise ValueError(text)
    return float(text)


_STRICT = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite)


def _text(head: Mapping[str, Json], key: str) -> str:
    value = head.get(key)
    if not isinstance(value, str) or not value or len(value) > 300 or "\0" in value:
        raise BrokenEntry(f"its {key} is missing or too long")
    return value


def _texts(head: Mapping[str, Json], key: str) -> tuple[str, ...]:
    value = head.get(key)
    texts = [item for item in value if isinstance(item, str)] if isinstance(value, list) else None
    if texts is None or len(texts) != len(head[key]):  # type: ignore[arg-type]
        raise BrokenEntry(f"its {key} is not a list of texts")
    return tuple(texts)


def _whole(head: Mapping[str, Json], key: str) -> int:
    value = head.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_WHOLE:
        raise BrokenEntry(f"its {key} is not a whole number")
    return value
