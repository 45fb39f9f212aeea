"""How messages are made small on the wire: zstd, and gzip where there is no zstd."""

import gzip
import io
import re
import struct
import zlib
from collections.abc import Sequence
from typing import Final

from app.errors import ProtocolError
from app.sync.wire import MAX_MESSAGE_BYTES

try:
    import zstandard

    HAS_ZSTD = True
except ImportError:  # a node without compiled packages, such as a browser's WebAssembly
    HAS_ZSTD = False

ZSTD, GZIP, PLAIN = "zstd", "gzip", "identity"
SMALL_BYTES: Final = 64 * 1024  # up to here the best level costs a fraction of what it saves on a slow link
BEST_LEVEL, QUICK_LEVEL = 19, 12
WORTH_BYTES: Final = 200  # less does not get smaller
SMALL_LENGTHS: Final = (256, 512)  # of padded messages; longer ones are a multiple of STEP_BYTES
STEP_BYTES: Final = 1024
QUIET_LENGTHS: Final = (*SMALL_LENGTHS, 768)  # of a request that brings no entry: a tablet of much reading asks often
SKIPPED: Final = struct.Struct("<II")  # the head of a frame that decoders skip: magic number, length (RFC 8878, 3.1.2)
SKIP_MAGIC: Final = 0x184D2A50
MOST_FRAMES: Final = 64  # of one body: a million empty ones would cost minutes
PIECE_BYTES: Final = 256  # each four bytes may unpack to 128 KiB
_CHANCE: Final = re.compile(rb'((?<="chance":")[\w-]{400,})')


def accepted() -> str:
    """What this node reads, as it says in `Accept-Encoding`."""
    return f"{ZSTD}, {GZIP}" if HAS_ZSTD else GZIP


def compress(data: bytes, accepts: str = ZSTD) -> tuple[bytes, str]:
    """The body and its encoding, by what the other side accepts (an `Accept-Encoding`)."""
    if len(data) < WORTH_BYTES:
        return data, PLAIN
    if HAS_ZSTD and ZSTD in accepts:
        return b"".join(map(_frame, _apart(data))), ZSTD
    if ZSTD in accepts or GZIP in accepts:
        return gzip.compress(data, mtime=0), GZIP
    return data, PLAIN


def padded(data: bytes, accepts: str = ZSTD, small: Sequence[int] = SMALL_LENGTHS) -> tuple[bytes, str]:
    """As `compress`, and as long as one of few lengths: whoever counts bytes on the way cannot tell an alert from an answer.

    What is added is a frame that every zstd decoder skips; where there is no zstd, nothing is added.
    """
    body, encoding = compress(data, accepts)
    if not (HAS_ZSTD and ZSTD in accepts):
        return body, encoding
    if encoding == PLAIN:
        body = _frame(data)
    filler = _padded_length(len(body) + SKIPPED.size, small) - len(body) - SKIPPED.size
    return body + SKIPPED.pack(SKIP_MAGIC, filler) + bytes(filler), ZSTD


def _padded_length(least: int, small: Sequence[int]) -> int:
    return next((length for length in small if length >= least), -(-least // STEP_BYTES) * STEP_BYTES)


def decompress(data: bytes, encoding: str) -> bytes:
    """The plain bytes of a body. Raises ProtocolError for an unknown encoding, broken or too large data."""
    try:
        if encoding == ZSTD and HAS_ZSTD:
            return _unframed(data)
        if encoding == GZIP:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
                return _checked(stream.read(MAX_MESSAGE_BYTES + 1))
    except (OSError, EOFError, zlib.error) as error:
        raise ProtocolError(reason="broken compression") from error
    except Exception as error:
        if HAS_ZSTD and isinstance(error, zstandard.ZstdError):
            raise ProtocolError(reason="broken compression") from error
        raise
    if encoding not in ("", PLAIN):
        raise ProtocolError(reason=f"unknown encoding {encoding}")
    return data


def _unframed(data: bytes) -> bytes:
    """All frames, one after the other. Each says how long it is, and is believed only so far: no bomb is unpacked."""
    parts: list[bytes] = []
    left = MAX_MESSAGE_BYTES
    while data:
        size = zstandard.get_frame_parameters(data).content_size
        left -= size
        if left < 0 or len(parts) == MOST_FRAMES:
            raise ProtocolError(reason="too large")
        part, data = _first_frame(data, size)
        parts.append(part)
    return b"".join(parts)


def _first_frame(data: bytes, size: int) -> tuple[bytes, bytes]:
    """A frame that says to be of `size` bytes, unpacked, and what stands behind it. The library holds a frame against what
    it says only at its end, so it is fed in pieces. Raises EOFError."""
    frame, plain = zstandard.ZstdDecompressor().decompressobj(), bytearray()
    for at in range(0, len(data), PIECE_BYTES):
        plain += frame.decompress(data[at : at + PIECE_BYTES])
        if frame.eof and len(plain) <= size:
            return bytes(plain), frame.unused_data + data[at + PIECE_BYTES :]
        if frame.eof or len(plain) > size:
            break
    raise EOFError


def _checked(plain: bytes) -> bytes:
    if len(plain) > MAX_MESSAGE_BYTES:
        raise ProtocolError(reason="too large")
    return plain


def _frame(part: bytes) -> bytes:
    level = BEST_LEVEL if len(part) <= SMALL_BYTES else QUICK_LEVEL
    return zstandard.ZstdCompressor(level=level).compress(part)


def _apart(data: bytes) -> list[bytes]:
    """Long runs of chance (ids and salts, `sync.packing`) apart from the words: together they spoil each other's code.

    Each part becomes a zstd frame of its own; frames one after the other are one stream (RFC 8878, 3.1).
    """
    return [part for part in _CHANCE.split(data) if part]
