"""What the pages of signing in at central receive (see `contexts.py` for the rules).

sign_in/second.html SecondPage · sign_in/setting_up.html SettingUpPage · sign_in/passkey.html PasskeyPage ·
sign_in/recovery.html RecoveryPage · sign_in/going_on.html GoingOnPage · sign_in/mine.html MinePage ·
sign_in/new_passkey.html NewPasskeyPage
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SecondPage:
    """Posts to /sign-in/second: code; and to /sign-in/second/passkey: answer, made by passkeys.js from `options`."""

    has_codes: bool
    options: str  # JSON for navigator.credentials.get; empty for who has no passkey
    problem: str


@dataclass(frozen=True)
class SettingUpPage:
    """Posts `code` to `url`: the first code that the phone shows."""

    url: str
    back_url: str  # empty where there is no way back: the office wants a second step
    qr_path: str
    qr_width: int
    secret: str  # for who cannot read the picture, in groups of four
    problem: str


@dataclass(frozen=True)
class RecoveryPage:
    codes: tuple[str, ...]
    next: str


@dataclass(frozen=True)
class PasskeyPage:
    """Posts `answer` to /sign-in/passkey."""

    options: str
    problem: str


@dataclass(frozen=True)
class GoingOnPage:
    next: str


@dataclass(frozen=True)
class SessionRow:
    address: str
    made_at: datetime | None
    seen_at: datetime | None
    is_this: bool


@dataclass(frozen=True)
class PasskeyLine:
    name: str
    made_at: datetime | None
    used_at: datetime | None
    remove_url: str


@dataclass(frozen=True)
class MinePage:
    notices: tuple[str, ...]
    sign_in_name: str  # empty for who signs in by the office's own sign-in only
    has_codes: bool
    recovery_left: int
    passkeys: tuple[PasskeyLine, ...]
    may_have_passkeys: bool  # at this address
    is_required: bool  # the office wants a second step of this person
    is_fresh: bool  # signed in so lately that changes are taken
    sessions: tuple[SessionRow, ...]
    problem: str


@dataclass(frozen=True)
class NewPasskeyPage:
    """Posts `name` and `answer` to /my-sign-in/passkeys."""

    options: str
    name: str
    problem: str
