"""What the templates of the checklists receive (see `contexts.py` for the rules).

checklists/list.html gets `view: ChecklistsPage` · checklists/page.html `view: ChecklistPage`
checklists/changes.html `view: ChangesPage` · checklists/booklet.html `view: BookletPage`
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.web.answer_contexts import CardGroup


@dataclass(frozen=True)
class ChecklistRow:
    url: str
    title: str
    types: tuple[str, ...]  # institution types in words
    checklist_id: str
    version: int
    asked: int  # indicators of the full variant
    short: int  # of the short variant
    sha256: str  # the first twelve signs


@dataclass(frozen=True)
class ChecklistsPage:
    rows: tuple[ChecklistRow, ...]
    uncovered: tuple[str, ...]  # institution types without a checklist, in words
    back_url: str  # "" where the page stands in the main navigation


@dataclass(frozen=True)
class PageLink:
    url: str
    label: str
    is_current: bool = False


@dataclass(frozen=True)
class RuleLine:
    level: str  # national | international
    words: str  # "Area for each child: at least 4 m² (CPT 44)"
    is_verified: bool  # False: to be checked by counsel


@dataclass(frozen=True)
class AskedRow:
    """An indicator as the checklist asks it."""

    indicator_id: str
    question: str
    from_words: str
    answer_words: str  # "yes, partly, no · area, m²"
    skip_words: str  # "Only if B1: no"; may be ""
    is_danger: bool
    is_must: bool
    is_short: bool  # also asked at a short visit
    rules: tuple[RuleLine, ...]


@dataclass(frozen=True)
class AskedSection:
    section_id: str
    title: str
    hint: str
    repeat: str  # room | file | ""
    rows: tuple[AskedRow, ...]


@dataclass(frozen=True)
class ChecklistPage:
    row: ChecklistRow
    must: int
    danger: int
    sha256: str  # all 64 signs
    sections: tuple[AskedSection, ...]
    booklets: tuple[PageLink, ...]
    compare: tuple[PageLink, ...]  # other versions on this node, also those that only visits still have


@dataclass(frozen=True)
class Wording:
    """What stood and what stands. `language`: the code of a text's language; "" for what has none."""

    language: str
    old: str  # "" when there was nothing
    new: str  # "" when there is nothing any more


@dataclass(frozen=True)
class ChangeLine:
    what: str  # "Reworded: the question"
    wordings: tuple[Wording, ...]
    effect: str  # comparable | with_care | not_comparable
    effect_words: str
    reason: str  # why, as a sentence


@dataclass(frozen=True)
class ChangedItem:
    """All changes of one indicator, section or standard."""

    name: str  # id; "" for the checklist itself
    text: str  # the question or title
    effect: str  # the gravest of its lines
    effect_words: str
    lines: tuple[ChangeLine, ...]


@dataclass(frozen=True)
class ChangeGroup:
    effect: str
    title: str
    items: tuple[ChangedItem, ...]


@dataclass(frozen=True)
class ChangesPage:
    title: str
    old_name: str  # "version 1, 0123456789ab"
    new_name: str
    back_url: str
    counts: tuple[str, ...]  # "added: 2"
    groups: tuple[ChangeGroup, ...]  # the gravest first; empty: nothing differs
    choices: tuple[PageLink, ...]  # what else to compare with


# ---- the booklet


@dataclass(frozen=True)
class BookletField:
    """A field to be filled in with a pen. In `boxes` an empty text is a box for one digit, any other is printed."""

    label: str
    boxes: tuple[str, ...]
    of_label: str  # share: the label of the second number
    of_boxes: tuple[str, ...]
    unit: str
    ticks: tuple[str, ...]  # options of a choice, or methods of a measure
    has_line: bool  # words are written


@dataclass(frozen=True)
class BookletCard:
    indicator_id: str
    question: str
    skip_words: str
    rules: tuple[str, ...]
    is_danger: bool
    is_must: bool
    answers: tuple[str, ...]
    fields: tuple[BookletField, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class BookletGroup:
    """The cards of the whole section, or of one room or file."""

    heading: str  # "Room 2"; "" outside repeats
    name_label: str  # a room has a name, a file only a number of the team's own: never a child's name
    name: str  # of a room or file that exists already; "" leaves a line to write it on
    cards: tuple[BookletCard, ...]


@dataclass(frozen=True)
class BookletSection:
    section_id: str
    title: str
    hint: str
    groups: tuple[BookletGroup, ...]


@dataclass(frozen=True)
class BookletHead:
    """The visit's data on the first page; what is "" is a line to write on."""

    visit_id: str
    institution: str
    visited_on: date | None
    kind_words: str
    team: tuple[str, ...]


@dataclass(frozen=True)
class BookletPage:
    title: str
    types: str
    mark: str  # "police-holding · 1 · 0123456789ab": what each page foot says
    foot_url: str  # the style sheet with the page foot
    back_url: str
    head: BookletHead
    is_short: bool
    asked: int  # different indicators
    languages: tuple[PageLink, ...]
    variants: tuple[PageLink, ...]
    severities: tuple[str, ...]  # the same on each card
    sections: tuple[BookletSection, ...]


# ---- the editors' preview


@dataclass(frozen=True)
class PreviewFault:
    file: str  # relative to the checklist folder
    line: int  # from 1
    where: str  # id and key
    text: str


@dataclass(frozen=True)
class PreviewPage:
    """What checklists/preview.html shows: a section's cards, or the faults of the files."""

    mark: str  # changes with every saved file; the page's script asks for it
    checklist_id: str
    title: str
    hint: str
    sections: tuple[PageLink, ...]
    group: CardGroup | None  # None: see `faults`; without any there is no such checklist
    faults: tuple[PreviewFault, ...]
    names: tuple[str, ...]  # the checklists that there are
