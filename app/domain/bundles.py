"""The file format of a sealed bundle, as pure values: what a device gives to a USB stick or a courier.

A line that says what this is, a line that says whose it is and for whom, the device's signature over that line and the
sealed bytes, and the sealed bytes, which only central can open. Inside are frames. `docs/sync.md` is the specification.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from app.domain.journal import canonical, device_id_of

MAGIC: Final = b"baqylau-bundle-1\n"
STEP_BYTES: Final = 64 * 1024  # what is sealed is as long as a multiple of this: its length tells little
MESSAGE, FILE, PADDING = b"m", b"f", b"\0"  # kinds of frames: what an exchange would carry, a file, the rest
SIZE_BYTES: Final = 8
MAX_LABEL_BYTES: Final = 64 * 1024
CUT, OTHER = "cut", "other"


class BrokenBundle(ValueError):
    """Bytes that are no bundle. The text says why: `cut` (its end is missing) or `other` (something else)."""


@dataclass(frozen=True)
class Label:
    """What anybody may read of a bundle: who wrote it, for which central and key, and which of how many files it is."""

    public_key: bytes
    central: str
    sealed_to: str
    bundle: str
    part: int
    parts: int
    size: int

    @property
    def device_id(self) -> str:
        return device_id_of(self.public_key)

    def written(self) -> bytes:
        """The label as the line that is signed."""
        told = {name: value for name, value in vars(self).items() if name != "public_key"}
        return canonical(told | {"public_key": self.public_key.hex()})


@dataclass(frozen=True)
class Bundle:
    """A bundle as it lies in a file. `line` is its label exactly as it was signed."""

    label: Label
    line: bytes
    signature: bytes
    sealed: bytes


def signed_message(line: bytes, sealed: bytes) -> bytes:
    """What the device signs: the label and, by their hash, the sealed bytes."""
    return b"\n".join((b"baqylau-bundle-1", line, hashlib.sha256(sealed).hexdigest().encode()))


def sealed_info(central: str, device_id: str) -> bytes:
    """What HPKE binds the sealed bytes to: they open as nothing else, and as no other device's."""
    return f"baqylau-bundle-1\n{central}\n{device_id}".encode()


def written(bundle: Bundle) -> bytes:
    """The bytes of the file."""
    return MAGIC + bundle.line + b"\n" + bundle.signature.hex().encode() + b"\n" + bundle.sealed


def read_bundle(data: bytes) -> Bundle:
    """The bundle in these bytes. Its signature is for the caller to verify. Raises BrokenBundle."""
    label = read_label(data)
    line, signature, sealed = _lines(data[len(MAGIC) :])
    try:
        bundle = Bundle(label, line, bytes.fromhex(signature.decode("ascii")), sealed)
    except ValueError as error:
        raise BrokenBundle(OTHER) from error
    if len(sealed) < label.size:
        raise BrokenBundle(CUT)
    if len(sealed) > label.size:
        raise BrokenBundle(OTHER)
    return bundle


def read_label(head: bytes) -> Label:
    """The label of a bundle of which this is the beginning. Raises BrokenBundle."""
    if not head.startswith(MAGIC):
        raise BrokenBundle(CUT if MAGIC.startswith(head) else OTHER)
    line, end, _ = head[len(MAGIC) : len(MAGIC) + MAX_LABEL_BYTES + 1].partition(b"\n")
    if not end:
        raise BrokenBundle(OTHER if len(line) > MAX_LABEL_BYTES else CUT)
    try:
        told = json.loads(line)
        return Label(
            bytes.fromhex(told["public_key"]),
            str(told["central"]),
            str(told["sealed_to"]),
            str(told["bundle"]),
            int(told["part"]),
            int(told["parts"]),
            int(told["size"]),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise BrokenBundle(OTHER) from error


def _lines(rest: bytes) -> tuple[bytes, bytes, bytes]:
    line, _, rest = rest.partition(b"\n")
    signature, end, sealed = rest.partition(b"\n")
    if len(signature) > MAX_LABEL_BYTES:
        raise BrokenBundle(OTHER)
    if not end:
        raise BrokenBundle(CUT)
    return line, signature, sealed


# ---- what is sealed --------------------------------------------------------------------------------------------------


def framed(frames: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Frames (kind, content) one after the other, padded with zeros to the next step."""
    plain = bytearray()
    for kind, content in frames:
        plain += kind + len(content).to_bytes(SIZE_BYTES, "big") + content
    return bytes(plain.ljust(-(-len(plain) // STEP_BYTES) * STEP_BYTES, PADDING))


def frames_in(plain: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The frames again. Raises BrokenBundle for one that is longer than what is there."""
    at = 0
    while at < len(plain) and plain[at : at + 1] != PADDING:
        start = at + 1 + SIZE_BYTES
        size = int.from_bytes(plain[at + 1 : start], "big")
        if start + size > len(plain):
            raise BrokenBundle(CUT)
        yield plain[at : at + 1], plain[start : start + size]
        at = start + size
