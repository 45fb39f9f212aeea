"""Where an upload stands, for the sync page: which file, how far, how fast, and how long it will still take."""

import threading
from dataclasses import dataclass, replace
from typing import Final

SMOOTHING_S: Final = 10.0  # a rate is a mean over about so long: a slow link comes in bursts


@dataclass(frozen=True)
class Upload:
    """One file on its way. `rate_bps`: bytes a second; 0 while it is not known."""

    sha256: str
    scope: str
    sent: int
    size: int
    rate_bps: float = 0.0

    @property
    def percent(self) -> int:
        return min(100, 100 * self.sent // self.size) if self.size else 100


class Progress:
    """Written by the sync's thread, read by the page's. Kept in memory only: it names what is on the tablet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._upload: Upload | None = None
        self._moved_at_ms = 0
        self._is_out: threading.Event | None = None
        self.rate_bps = 0.0
        self.total = 0  # bytes of files since the start

    def begin(
        self, sha256: str, scope: str, offset: int, size: int, now_ms: int, is_out: threading.Event | None = None
    ) -> None:
        """A file starts from `offset`. `is_out` is set when its last byte has gone."""
        with self._lock:
            self._is_out = is_out
            self._upload, self._moved_at_ms = Upload(sha256, scope, offset, size, self.rate_bps), now_ms

    def moved(self, count: int, now_ms: int) -> None:
        """So many more bytes went out."""
        with self._lock:
            if self._upload is None:
                return
            self.total += count
            passed_s = max(now_ms - self._moved_at_ms, 1) / 1000
            weight = min(1.0, passed_s / SMOOTHING_S) if self.rate_bps else 1.0
            self.rate_bps += weight * (count / passed_s - self.rate_bps)
            sent = min(self._upload.size, self._upload.sent + count)
            self._upload = replace(self._upload, sent=sent, rate_bps=self.rate_bps)
            self._moved_at_ms = now_ms
            if self._is_out and sent == self._upload.size:
                self._is_out.set()

    def end(self, sha256: str) -> None:
        """The answer is here, or will not come. The next file may have begun meanwhile."""
        with self._lock:
            if self._upload and self._upload.sha256 == sha256:
                self._upload = None

    def upload(self) -> Upload | None:
        """The file that is on its way now."""
        with self._lock:
            return self._upload

    def seconds_for(self, size: int) -> int | None:
        """How long so many bytes will take at the present rate; None while that is not known."""
        return round(size / self.rate_bps) if self.rate_bps > 0 else None
