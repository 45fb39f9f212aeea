"""What the templates of the standards receive (see `contexts.py` for the rules).

standards/page.html gets `view: StandardsPage` · standards/provision.html `view: ProvisionPage`
"""

from __future__ import annotations

from dataclasses import dataclass

from app.web.contexts import Choice


@dataclass(frozen=True)
class InstrumentRow:
    """A convention, code or law in the list that one browses."""

    url: str
    short: str  # "CPC"
    name: str
    provisions: int
    to_check: int  # provisions for counsel


@dataclass(frozen=True)
class InstrumentGroup:
    title: str
    rows: tuple[InstrumentRow, ...]


@dataclass(frozen=True)
class ProvisionRow:
    """A provision among those that were found, or beside the one that is shown."""

    url: str
    citation: str
    text: str
    level_words: str
    is_verified: bool  # False: to be checked by counsel
    is_this: bool = False  # the provision whose page this is


@dataclass(frozen=True)
class StandardsPage:
    search: str  # as typed
    instruments: tuple[Choice, ...]
    topics: tuple[Choice, ...]
    statuses: tuple[Choice, ...]
    has_filter: bool  # one of the three is chosen
    is_list: bool  # something is looked for: rows, else groups
    groups: tuple[InstrumentGroup, ...]
    rows: tuple[ProvisionRow, ...]  # the first ones, best first
    found: int  # all of them
    heading: str  # the name of the chosen instrument; "" without one
    total: int
    to_check: int


@dataclass(frozen=True)
class Side:
    """One side of the comparison; the page sets neither above the other."""

    title: str
    rows: tuple[ProvisionRow, ...]


@dataclass(frozen=True)
class QuestionLine:
    indicator_id: str
    question: str


@dataclass(frozen=True)
class ProvisionPage:
    citation: str
    instrument: str
    instrument_url: str
    year: str
    level_words: str
    text: str
    is_verified: bool
    status_line: str  # what is known of the text, a sentence
    source: str  # where text or content was read; "" when it was not
    in_force: str  # "in force since 11 September 1994"; "" when unknown
    is_in_review: bool  # its wording in the reader's language has still to be confirmed
    sides: tuple[Side, ...]  # national and international side by side; () when nothing differs
    questions: tuple[QuestionLine, ...]
    back_url: str
    comes_from_elsewhere: bool  # back leads to a card or a report, not to the list
