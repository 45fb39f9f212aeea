"""What the templates of alerts receive (see `contexts.py` for the rules).

alerts/page.html AlertsPage · alerts/_states.html AlertsPage · alerts/office.html OfficeAlertsPage; the red button itself
is in the frame: `contexts.RedButton`
"""

from __future__ import annotations

from dataclasses import dataclass

from app.web.answer_contexts import StandardLine
from app.web.contexts import Choice, Problem
from app.web.guide_contexts import ContactCard, VisitTie


@dataclass(frozen=True)
class ToldLine:
    text: str  # "Prosecutor: by telephone, Ana, 14:07"; under the name of who was told without that name
    removal_url: str = ""  # to take back what this person wrote by mistake


@dataclass(frozen=True)
class DueLine:
    text: str  # "Written note to the Commissioner: by tomorrow, 14:05."
    is_late: bool


@dataclass(frozen=True)
class AlertCard:
    """Alerts of one visit and one danger, shown together."""

    dom_id: str
    danger_words: str
    raised: tuple[str, ...]  # "Ana, 14:05"; one for each who raised it
    words: tuple[str, ...]
    told: tuple[ToldLine, ...]
    state: str  # saved (on this tablet) | sent | acknowledged | closed
    known_line: str  # "Ben, 14:12"; "" until the office knows
    closed_line: str  # "The child is safe (Ben, 15:00)"; "" while it is open
    due: tuple[DueLine, ...] = ()  # what still has to be done about it


@dataclass(frozen=True)
class RecipientRow:
    """Somebody to be told. Posts to `url`: told, recipient, how."""

    code: str
    name: str
    reason: str
    rules: tuple[StandardLine, ...]  # the provisions behind it
    contacts: tuple[ContactCard, ...]  # whom the office's list has for it
    told: tuple[ToldLine, ...]
    hows: tuple[Choice, ...]
    told_id: str  # made with the page: the same tap twice counts once
    url: str
    lacks_number: bool = False  # is to be called, and nobody is on the office's list


@dataclass(frozen=True)
class OpenAlert:
    """An alert that is not closed, with whom to tell of it."""

    card: AlertCard
    whom: tuple[RecipientRow, ...]
    words_url: str  # "" for who did not raise it
    words: str


@dataclass(frozen=True)
class AlertsPage:
    visit: VisitTie
    cards: tuple[AlertCard, ...]  # all, the newest first
    open: tuple[OpenAlert, ...]
    states_url: str  # asked for again and again: the office's word arrives by itself
    problems: tuple[Problem, ...] = ()
    stays_offline: bool = False  # somebody switched sending off: no alert leaves until it is on again


# ---- at the office


@dataclass(frozen=True)
class OfficeAlert:
    """Posts to `acknowledgement_url`: alerts; to `closing_url`: alerts, outcome, words."""

    card: AlertCard
    place: str  # "Almaly police, Almaty"
    since: str  # "12 minutes ago"
    is_waiting: bool  # nobody of the office has said that they know
    url: str  # its page
    alert_ids: str  # as they were shown, joined by commas
    acknowledgement_url: str
    closing_url: str
    outcomes: tuple[Choice, ...]


@dataclass(frozen=True)
class OfficeAlertsPage:
    institution: str
    desk_url: str  # "" while the visit itself has not come
    alerts: tuple[OfficeAlert, ...]
    problems: tuple[Problem, ...] = ()
