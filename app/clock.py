"""Time, ids and chance: the only place that reads them, so that tests and the simulator can put their own."""

import os
import time
import uuid
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the rings below `web` may know of the world outside: time, fresh ids and random bytes."""

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC by this node's clock (may be wrong; never used to choose a winner)."""
        ...

    def new_id(self) -> str:
        """A fresh UUIDv7 as 36 characters."""
        ...

    def random_bytes(self, count: int) -> bytes:
        """`count` unpredictable bytes."""
        ...


class SystemClock:
    """The clock and the random source of the machine."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def new_id(self) -> str:
        return uuid7(self.now_ms(), os.urandom(10))

    def random_bytes(self, count: int) -> bytes:
        return os.urandom(count)


def uuid7(at_ms: int, random10: bytes) -> str:
    """UUID version 7 (RFC 9562, 5.7) from a time in ms and ten random bytes."""
    value = (at_ms & 0xFFFFFFFFFFFF) << 80 | int.from_bytes(random10, "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def as_moment(at_ms: int) -> datetime:
    """The UTC moment of a count of milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)
