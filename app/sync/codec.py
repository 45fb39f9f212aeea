"""How messages are made small on the wire: zstd, and gzip where there is no zstd."""

import gzip
import io
import zlib
from typing import Final

from app.errors import ProtocolError
from app.sync.wire import MAX_MESSAGE_BYTES

try:
    import zstandard

    HAS_ZSTD = True
except ImportError:  # a node without compiled packages, such as a browser's WebAssembly
    HAS_ZSTD = False

ZSTD, GZIP, PLAIN = "zstd", "gzip", "identity"
SMALL_BYTES: Final = 512 * 1024  # up to here the best level costs a fraction of what it saves on a slow link
BEST_LEVEL, QUICK_LEVEL = 19, 9
WORTH_BYTES: Final = 200  # less does not get smaller


def accepted() -> str:
    """What this node reads, as it says in `Accept-Encoding`."""
    return f"{ZSTD}, {GZIP}" if HAS_ZSTD else GZIP


def compress(data: bytes, accepts: str = ZSTD) -> tuple[bytes, str]:
    """The body and its encoding, by what the other side accepts (an `Accept-Encoding`)."""
    if len(data) < WORTH_BYTES:
        return data, PLAIN
    if HAS_ZSTD and ZSTD in accepts:
        level = BEST_LEVEL if len(data) <= SMALL_BYTES else QUICK_LEVEL
        return zstandard.ZstdCompressor(level=level).compress(data), ZSTD
    if ZSTD in accepts or GZIP in accepts:
        return gzip.compress(data, mtime=0), GZIP
    return data, PLAIN


def decompress(data: bytes, encoding: str) -> bytes:
    """The plain bytes of a body. Raises ProtocolError for an unknown encoding, broken or too large data."""
    try:
        if encoding == ZSTD and HAS_ZSTD:
            return zstandard.ZstdDecompressor().decompress(data, max_output_size=MAX_MESSAGE_BYTES)
        if encoding == GZIP:
            return _gunzip(data)
    except (OSError, EOFError, zlib.error) as error:
        raise ProtocolError(reason="broken compression") from error
    except Exception as error:
        if HAS_ZSTD and isinstance(error, zstandard.ZstdError):
            raise ProtocolError(reason="broken compression") from error
        raise
    if encoding not in ("", PLAIN):
        raise ProtocolError(reason=f"unknown encoding {encoding}")
    return data


def _gunzip(data: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
        plain = stream.read(MAX_MESSAGE_BYTES + 1)
    if len(plain) > MAX_MESSAGE_BYTES:
        raise ProtocolError(reason="too large")
    return plain
