"""Entries in columns, for the wire: what a header says again and again is said once, and the texts come out the same.

Ids and salts are chance and do not get smaller; they go as bytes in base64, everything else as short lists that zstd makes
small. A batch is packed only when unpacking it gives back the very bytes that were hashed; the chain verifies it again on
the other side. See `docs/sync.md`, Packed entries.
"""

import base64
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.domain.journal import SALT_BYTES, BrokenEntry, Entry, Json, canonical, entry_of, json_text
from app.errors import ProtocolError
from app.sync.wire import Packed, WireEntry

ID_TAIL: Final = 10  # bytes of an id after its time


@dataclass(frozen=True)
class Unpacked:
    """An entry out of its columns: the texts that were hashed, and what they say."""

    head: dict[str, Json]
    said: dict[str, Json]
    header: bytes
    body: bytes

    def read(self) -> Entry:
        """The entry, without reading its texts again. Raises BrokenEntry."""
        return entry_of(self.head, self.said, self.header, self.body)


def pack(entries: Sequence[WireEntry]) -> Packed | None:
    """The entries in columns; None when one of them is not written as this program writes (or has no text)."""
    try:
        packed = _columns([entry.read() for entry in entries])
        is_same = [(one.header.decode(), one.body.decode()) for one in unpack(packed)] == [(e.h, e.b) for e in entries]
    except (BrokenEntry, ProtocolError, ValueError, KeyError, TypeError):
        return None
    return packed if is_same else None


def unpack(packed: Packed) -> list[Unpacked]:
    """The entries, with the texts that were hashed. Raises ProtocolError."""
    count = len(packed.of)
    columns = (packed.times, packed.made, packed.subjects, packed.parents, packed.sets)
    chance = _bytes(packed.chance)
    if any(len(column) != count for column in columns) or len(chance) != count * (ID_TAIL + SALT_BYTES):
        raise ProtocolError(reason="packed columns of different length")
    try:
        return _entries(packed, chance[: count * ID_TAIL], chance[count * ID_TAIL :])
    except (IndexError, ValueError, TypeError, OverflowError) as error:
        raise ProtocolError(reason="packed entries that cannot be read") from error


def _columns(entries: Sequence[Entry]) -> Packed:
    places = {entry.entry_id: at for at, entry in enumerate(entries)}
    groups: dict[tuple[str, str, str, int], int] = {}
    times = [_time_of(entry.entry_id) for entry in entries]
    return Packed(
        of=[groups.setdefault((e.kind, e.scope, e.author, e.schema), len(groups)) for e in entries],
        groups=list(groups),
        times=[now - before for before, now in itertools.pairwise([0, *times])],
        made=[entry.made_at_ms - at for entry, at in zip(entries, times, strict=True)],
        subjects=[_short(entry.subject, entry.scope) for entry in entries],
        parents=[[_place_or_id(places, parent, at) for parent in e.parents] for at, e in enumerate(entries)],
        sets=[dict(entry.fields()) for entry in entries],
        chance=_text(b"".join([*(_id_bytes(entry.entry_id)[6:] for entry in entries), *map(_salt_of, entries)])),
    )


def _entries(packed: Packed, tails: bytes, salts: bytes) -> list[Unpacked]:
    ids: list[str] = []
    quoted = [[json_text(part) for part in group] for group in packed.groups]
    found: list[Unpacked] = []
    for at, (time, group) in enumerate(zip(itertools.accumulate(packed.times), packed.of, strict=True)):
        kind, scope, author, schema = packed.groups[group]
        ids.append(_id_text(time.to_bytes(6, "big") + tails[at * ID_TAIL : (at + 1) * ID_TAIL]))
        parents: list[Json] = [ids[at - one] if isinstance(one, int) else one for one in packed.parents[at]]
        head: dict[str, Json] = {
            "author": author,
            "id": ids[at],
            "kind": kind,
            "made_at": time + packed.made[at],
            "parents": parents,
            "schema": schema,
            "scope": scope,
            "sets": list[Json](sorted(packed.sets[at])),
            "subject": _long(packed.subjects[at], scope),
        }
        header = _header(quoted[group], ids[at], head)
        salt = _text(salts[at * SALT_BYTES : (at + 1) * SALT_BYTES])
        body = canonical({"salt": salt, "set": packed.sets[at]})
        found.append(Unpacked(head, packed.sets[at], header, body))
    return found


def _header(group: Sequence[str], entry_id: str, head: Mapping[str, Json]) -> bytes:
    """`canonical(head)`, in a third of its time: what a group shares is written once."""
    kind, scope, author, schema = group
    parents, sets = (json_text(head[name]) if head[name] else "[]" for name in ("parents", "sets"))
    return (
        f'{{"author":{author},"id":"{entry_id}","kind":{kind},"made_at":{head["made_at"]},"parents":{parents},'
        f'"schema":{schema},"scope":{scope},"sets":{sets},"subject":{json_text(head["subject"])}}}'
    ).encode()


def _short(subject: str, scope: str) -> str:
    """A subject that begins with its scope's own id leaves it out: `~/A-1` for the answer A-1 of the visit."""
    owner = scope.partition(":")[2]
    return f"~{subject[len(owner) :]}" if owner and subject.startswith(owner) else subject


def _long(short: str, scope: str) -> str:
    return scope.partition(":")[2] + short[1:] if short.startswith("~") else short


def _place_or_id(places: dict[str, int], parent: str, at: int) -> int | str:
    """How many entries back a parent stands in this batch, or its id."""
    return at - places[parent] if places.get(parent, at) < at else parent


def _salt_of(entry: Entry) -> bytes:
    body = entry.body or b""
    start = body.index(b'"salt":"') + len(b'"salt":"')
    return _bytes(body[start : body.index(b'"', start)].decode())


def _time_of(entry_id: str) -> int:
    return int.from_bytes(_id_bytes(entry_id)[:6], "big")


def _id_bytes(entry_id: str) -> bytes:
    return bytes.fromhex(entry_id.replace("-", ""))


def _id_text(data: bytes) -> str:
    text = data.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    """Raises ProtocolError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise ProtocolError(reason="not base64") from error
