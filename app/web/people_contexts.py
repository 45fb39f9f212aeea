"""What the pages of people receive: people/page.html PeoplePage · people/new.html PersonForm (rules: `contexts.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from app.web.contexts import Choice, Problem, Suggestion


@dataclass(frozen=True)
class PersonRow:
    url: str  # of the form that changes this person; empty for who may not
    name: str
    roles_words: str
    limits: str  # what a reviewer sees; empty for all, and for others
    organisation: str
    trained_on: date | None
    accredited_until: date | None
    is_active: bool
    seen_at: datetime | None
    passphrase_url: str = ""  # where an administrator gives a new one


@dataclass(frozen=True)
class ProposalRow:
    """A change that waits for a second administrator."""

    name: str
    lines: tuple[str, ...]  # what is to change
    asked: str  # by whom and when
    confirm_url: str  # empty for who asked, and for the one whom it is about
    withdraw_url: str


@dataclass(frozen=True)
class PeoplePage:
    rows: tuple[PersonRow, ...]
    proposals: tuple[ProposalRow, ...]
    may_edit: bool
    problem: str = ""  # why a proposal could not be confirmed


@dataclass(frozen=True)
class PersonForm:
    """Posts to /people: person, name, organisation, trained_on, accredited_until, role (many), language, blocked, limited,
    region (many), visits, sign_in_name, passphrase, office_subject."""

    person_id: str
    heading: str  # the name of who is changed; empty for a new person
    problems: tuple[Problem, ...]
    name: str
    organisation: str
    accredited_until: str  # ISO day
    trained_on: str  # ISO day
    roles: tuple[Choice, ...]  # several may be chosen
    languages: tuple[Choice, ...]
    limits: tuple[Choice, ...]  # every visit, or only some
    regions: tuple[Choice, ...]
    visits: str  # ids, one a line
    states: tuple[Choice, ...]  # active or blocked
    sign_in_name: str  # for central; "" when this person signs in on a tablet only
    office_subject: str | None  # of the office's own sign-in; None where the office has none
    second_step: str  # what there is for the second step of signing in, in words; empty for nothing
    remove_url: str  # takes the second step off; empty where there is none
    suggestion: Suggestion
    needs_second: bool  # another administrator has to agree to some changes
