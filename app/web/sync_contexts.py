"""What the sync page of a device receives (see `contexts.py` for the rules).

sync/page.html `view: SyncPage`; its moving part sync/_live.html reads `SyncLive`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from app.web.contexts import Choice, Truth


@dataclass(frozen=True)
class SendState:
    """Where a visit or a file stands: saved, sending (percent), sent (when), safe."""

    word: str  # saved | sending | sent | safe
    percent: int = 0
    when: str = ""  # "14:05"; the day, when it was not today


@dataclass(frozen=True)
class FileRow:
    """One photo or document of a visit on the sync page."""

    title: str  # what it shows, or of which question it is
    size: str  # "58 KB"
    state: SendState


@dataclass(frozen=True)
class SyncRow:
    """One visit on the sync page."""

    title: str
    url: str
    visited_on: date
    entries: int  # all entries of the visit on this tablet
    entries_sent: int
    files: tuple[FileRow, ...]
    files_sent: int
    state: SendState


@dataclass(frozen=True)
class UploadLine:
    """The file that is on its way now."""

    title: str
    percent: int
    amount: str  # "24 KB of 58 KB"
    pace: str  # "12 KB a second, about 3 minutes left"; "" while it is not known


@dataclass(frozen=True)
class PhotoBudget:
    """Posts to /sync/photos: day_mb, and to /sync/photos/pause: paused on|off."""

    choices: tuple[Choice, ...]
    is_paused: bool
    spent: str  # "3.2 MB of 20 MB" went today
    is_used_up: bool  # what waits goes tomorrow


@dataclass(frozen=True)
class NotCounted:
    """An entry of this tablet that the office keeps but does not count."""

    what: str  # "answer", "photo"
    made_at: datetime
    why: str  # one sentence: the reason and what to do


@dataclass(frozen=True)
class SyncLive:
    """The moving part of the sync page: it is asked for again and again."""

    rows: tuple[SyncRow, ...]
    waiting: str  # "34 entries, 12 photos · 1.2 MB"; "" when nothing waits
    upload: UploadLine | None
    sent_at: datetime | None
    stays_offline: bool
    is_sending: bool
    is_safe: bool
    quiet: str  # why nothing can be sent now, when that is nobody's fault: "" or a sentence
    is_refused: bool  # sending fails of something that a person has to put right: `truths` says what
    truths: tuple[Truth, ...]
    not_counted: tuple[NotCounted, ...]
    budget: PhotoBudget


@dataclass(frozen=True)
class SyncPage:
    """Posts to /sync (send now) and /sync/offline: offline on|off."""

    live: SyncLive
    device_name: str
    centre: str  # address of the centre; "" when this tablet was never enrolled
    key_words: str  # fingerprint of the centre's key in groups: the same stands on the card
    keeps_originals: bool = False  # photos are kept as the camera made them too
