"""What the office's pages about tablets receive (see `contexts.py` for the rules).

devices/list.html DevicesPage · devices/page.html DevicePage · devices/revocation.html RevocationPage ·
devices/card.html EnrolmentCard · devices/wipe.html WipeOrderPage
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.web.contexts import Choice, Problem


@dataclass(frozen=True)
class DeviceRow:
    """A tablet in the list, or a code that nobody used yet."""

    url: str  # "" for an unused code
    name: str
    people: str  # for whom; may be ""
    seen_at: datetime | None
    state: str  # emptied | stale | warned | sound | unused | revoked
    why: str  # one sentence: what is wrong; "" when nothing is


@dataclass(frozen=True)
class DevicesPage:
    """Posts to /devices: member (many), name, language: of the card. The answer is the card itself."""

    rows: tuple[DeviceRow, ...]  # those that need care first
    people: tuple[Choice, ...]
    languages: tuple[Choice, ...]
    name: str  # as typed before
    problems: tuple[Problem, ...]
    key_words: str  # fingerprint of the centre's key, in groups


@dataclass(frozen=True)
class DeviceFact:
    label: str
    value: str
    warning: str = ""  # one sentence, when it needs care


@dataclass(frozen=True)
class OrderLine:
    """An order and what became of it. `state`: open, handed, confirmed, or ended."""

    title: str
    line: str
    reason: str
    state: str


@dataclass(frozen=True)
class RemovedLine:
    what: str
    line: str


@dataclass(frozen=True)
class WipesOf:
    """The part of `devices/page.html` about wiping. `end_url`: takes the open order back; "" when there is none."""

    order_url: str
    end_url: str
    orders: tuple[OrderLine, ...]
    removed: tuple[RemovedLine, ...]
    more: int  # removed before, and not shown


@dataclass(frozen=True)
class WipeOrderPage:
    """`devices/wipe.html`; posts `reason` to `url`."""

    name: str
    url: str
    back_url: str
    still_there: str  # as in RevocationPage
    reason: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class DevicePage:
    """Posts to code_url: language, for a new card; revocation_url leads to the page that asks once more."""

    name: str
    people: str
    state: str  # as in DeviceRow
    why: str
    facts: tuple[DeviceFact, ...]
    languages: tuple[Choice, ...]
    code_url: str
    revocation_url: str  # "" when it is withdrawn already
    wipes: WipesOf


@dataclass(frozen=True)
class RevocationPage:
    """Posts to url."""

    name: str
    url: str
    back_url: str
    still_there: str  # "34 entries, 12 photos": only on the tablet; "" when nothing is


@dataclass(frozen=True)
class EnrolmentCard:
    """For paper, A6. Shown once, in the answer that made the code: nothing of it is kept but a hash."""

    name: str  # of the tablet
    people: str
    code: str  # in groups, as it is typed
    key_words: str  # fingerprint of the centre's key: the last groups of the code
    expires_at: datetime
    address: str  # of the centre
    qr_width: int  # in modules, with its quiet border
    qr_svg: str  # path of the QR picture, one unit a module
    ask: str  # who made it: whom to ask
    back_url: str
