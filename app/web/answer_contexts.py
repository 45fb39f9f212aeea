"""What the templates of a section and its cards receive (see `contexts.py` for the rules).

sections/page.html gets `view: SectionPage` · answers/history.html `view: HistoryPage`
answers/_saved.html `view: SavedAnswer`: what a post to an answer gives back to htmx, also with 422.
`answers/_card.html` and `answers/_live.html` are included and read `card: CardContext`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from app.web.contexts import Choice, PhotoPlace, Progress, SectionRow, StatusContext, VisitHead


@dataclass(frozen=True)
class FieldContext:
    """A field of an answer; which inputs it has depends on `type`."""

    key: str
    type: str  # count | measure | share | choice | text | date | time | moment
    name: str  # field.<key>
    label: str
    value: str  # as the input shows it: typed text kept when refused; ISO for date, time, moment
    unit: str  # "m²", "min"; "" when there is none
    of_label: str  # share: the label of the denominator; else ""
    of_value: str  # posted as field.<key>.of
    method: str  # measure: posted as method.<key>
    methods: tuple[Choice, ...]  # measure only, else ()
    options: tuple[Choice, ...]  # choice only, else ()
    hint: str  # the bounds, in words; may be ""
    problem: str  # "" or why the value was refused


@dataclass(frozen=True)
class VerdictContext:
    """A value held against one rule. National and international stand side by side, neither above the other."""

    level: str  # national | international
    outcome: str  # kept | broken | unknown
    words: str  # "3,1 m² — below"
    rule: str  # "Law 353: at least 2,5 m²"
    is_verified: bool  # False: to be checked by counsel


@dataclass(frozen=True)
class SourceChip:
    name: str  # source.<kind>
    label: str
    is_on: bool


@dataclass(frozen=True)
class PhotoContext:
    photo_id: str
    url: str
    thumbnail_url: str
    caption: str  # also its text alternative; may be ""
    removal_url: str  # "" when it may not be removed
    place: PhotoPlace
    original_line: str = ""  # whether its original is kept; "" when that was not asked for


@dataclass(frozen=True)
class CardMeanings:
    """What each answer means for this indicator."""

    yes: str
    partly: str
    no: str
    not_applicable: str
    not_seen: str
    example: str
    counter_example: str


@dataclass(frozen=True)
class StandardLine:
    level: str  # national | international
    citation: str  # "CRC 37(c)"
    text: str
    is_verified: bool  # False: to be checked by counsel
    url: str  # the page of the provision


@dataclass(frozen=True)
class Meaning:
    """What the checklist says of an indicator beside its question: read when it is wanted."""

    guidance: str
    meanings: CardMeanings
    standards: tuple[StandardLine, ...]


@dataclass(frozen=True)
class ReviewerQuestion:
    text: str
    author: str
    asked_at: datetime


@dataclass(frozen=True)
class Candidate:
    """One of the answers that did not know of each other."""

    entry_id: str
    words: str  # the value in words
    note: str  # what its author wrote beside it; may be ""
    author: str
    made_at: datetime
    is_mine: bool
    has_settled: bool = False  # its author settled an earlier difference so


@dataclass(frozen=True)
class ConflictContext:
    """Posts to card.resolution_url: field, keep=<entry_id>."""

    field: str
    field_words: str  # "the answer", "the area"
    candidates: tuple[Candidate, ...]

    @property
    def is_settled_twice(self) -> bool:
        """True when everybody here settled an earlier difference, each in another way."""
        return all(candidate.has_settled for candidate in self.candidates)


@dataclass(frozen=True)
class CardContext:
    """An indicator, for the visit or for one room or file of it."""

    dom_id: str  # indicator-<indicator id>, in a repeat indicator-<indicator id>-<number>
    indicator_id: str
    repeat_id: str  # "" outside repeats
    person_id: str  # posted with every form
    seen: str  # entry ids that this card shows, comma-joined
    answer_url: str
    undo_url: str
    history_url: str
    resolution_url: str
    photos_url: str
    question: str
    from_words: str  # how to find out: "See for yourself, ask children in private"
    is_danger: bool
    is_must: bool
    is_editable: bool
    is_answered: bool  # complete: a value, and a reason where one is needed
    has_rating: bool  # False: only the fields, and the last two tiles
    value: str  # yes | partly | no | not_applicable | not_seen | ""
    reason: str
    reason_is_missing: bool
    quick_reasons: tuple[str, ...]  # one tap each, for the value given
    fields: tuple[FieldContext, ...]
    derived: tuple[str, ...]  # finished lines: "Area per child: 3,1 m²"
    verdicts: tuple[VerdictContext, ...]
    sources: tuple[SourceChip, ...]
    confidence: str  # high | medium | low | ""
    note: str
    finding_phrases: tuple[str, ...]
    recommendation_phrases: tuple[str, ...]
    photos: tuple[PhotoContext, ...]
    is_flagged: bool  # this answer is a finding
    severity: str  # 1 | 2 | 3 | 4 | danger | ""
    meaning_url: str  # how to find out, what each answer means, standards: fetched when opened
    reviewer_question: ReviewerQuestion | None
    conflicts: tuple[ConflictContext, ...]
    can_undo: bool
    history_count: int  # entries about this answer
    changed_line: str  # "Aigul, 14:02"; "" before the first entry
    problem: str  # why the last post was refused; "" normally


@dataclass(frozen=True)
class MeaningPage:
    """What `answers/meaning.html` shows to a browser without JavaScript; others put the meaning into the card."""

    visit: VisitHead
    indicator_id: str
    question: str
    card_url: str  # back to the card
    meaning: Meaning


@dataclass(frozen=True)
class CardGroup:
    """The cards of one room or file; outside repeats there is one group without a name."""

    repeat_id: str
    name: str
    answered: int
    total: int
    edit_url: str  # POST name=... or removed=on; "" outside repeats
    seen: str  # entry ids of the repeat itself
    cards: tuple[Markup, ...]  # drawn with answers/_card.html, and kept
    clock_url: str = ""  # the custody clock of a sampled file; "" for rooms, and where no rules are pinned


@dataclass(frozen=True)
class RepeatForm:
    """Adds a room or file. Posts to `url`: kind, section, repeat (id made beforehand), name."""

    url: str
    kind: str  # room | file
    repeat_id: str
    name: str  # proposed, or as typed
    problem: str


@dataclass(frozen=True)
class FilterLink:
    url: str
    show: str  # all | unanswered | flagged
    count: int
    is_current: bool


@dataclass(frozen=True)
class SectionPage:
    visit: VisitHead
    section_id: str
    title: str
    hint: str
    progress: Progress
    filters: tuple[FilterLink, ...]
    groups: tuple[CardGroup, ...]
    repeat: RepeatForm | None
    sections: tuple[SectionRow, ...]
    previous_url: str  # section before, "" at the first
    next_url: str  # section after, "" at the last
    next_title: str


@dataclass(frozen=True)
class SavedAnswer:
    """The answer to a tap: the card's live part, with the section's progress and the node's status beside it."""

    card: CardContext
    progress: Progress
    status: StatusContext | None
    danger_url: str = ""  # for a whole page only


@dataclass(frozen=True)
class HistoryRow:
    entry_id: str
    made_at: datetime
    author: str
    device: str  # short name of the tablet
    lines: tuple[str, ...]  # what this entry set: "answer: no", "note: ..."
    is_current: bool  # what the card shows now
    is_undo: bool


@dataclass(frozen=True)
class HistoryPage:
    visit: VisitHead
    indicator_id: str
    question: str
    repeat_name: str  # "" outside repeats
    card_url: str  # back to the card
    rows: tuple[HistoryRow, ...]  # newest first
