"""What the templates of interviews receive (see `contexts.py` for the rules). Nothing of a content is in a title or address.

interviews/list.html TalksPage · interviews/consent.html ConsentPage · interviews/draft.html DraftPage
interviews/closing.html ClosingPage · interviews/stop.html StopPage · interviews/sealed.html SealedPage
"""

from __future__ import annotations

from dataclasses import dataclass

from app.web.contexts import Choice, Problem
from app.web.guide_contexts import SayRow, Spoken


@dataclass(frozen=True)
class TalkRow:
    """An interview of the visit. `url` is empty for a closed one and for another's draft: nobody opens those."""

    code: str
    when: str  # a half of a day
    is_closed: bool
    url: str


@dataclass(frozen=True)
class TalksPage:
    institution: str
    back_url: str
    rows: tuple[TalkRow, ...]
    new_url: str  # to the scripts; "" when this person may not begin a talk
    why_not: str  # the sentence for that; may be ""
    stopped: int  # how many were stopped on this tablet


@dataclass(frozen=True)
class ConsentPage:
    """Posts to `url`: script, agree.<number> for each step, representative."""

    url: str
    back_url: str
    script_id: str
    title: str
    languages: tuple[Choice, ...]
    steps: tuple[SayRow, ...]
    agreed: frozenset[int]  # numbers of steps, from 1
    representative: tuple[Choice, ...]  # empty unless with a child
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Pick:
    name: str
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class TopicNote:
    name: str
    title: str
    ask: tuple[Spoken, ...]
    value: str


@dataclass(frozen=True)
class DraftPage:
    """Posts the whole form to `url`, again and again; `closing_url` saves it and goes on to the closing."""

    code: str
    when: str
    url: str
    closing_url: str
    stop_url: str
    back_url: str
    script_url: str
    danger_url: str
    languages: tuple[Choice, ...]
    about: tuple[Pick, ...]
    near_label: str
    near: tuple[Choice, ...]
    topics: tuple[TopicNote, ...]
    other: str
    after: tuple[Pick, ...]
    reach: str
    follow_up_on: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class ClosingPage:
    code: str
    url: str
    back_url: str
    missing: tuple[Problem, ...]  # what must be chosen first, with its label
    keys: tuple[str, ...]  # fingerprints of those who will be able to read it
    problem: str


@dataclass(frozen=True)
class StopPage:
    code: str
    url: str
    back_url: str
    languages: tuple[Choice, ...]
    say: Spoken


# ---- at the office


@dataclass(frozen=True)
class ReadingRow:
    """A request. Of the urls one is filled at most: to agree, or to be given the file."""

    line: str  # who asked, and when
    purpose: str
    state: str
    confirm_url: str
    file_url: str


@dataclass(frozen=True)
class SealedRow:
    dom_id: str
    code: str
    when: str
    keys: tuple[str, ...]
    ask_url: str
    readings: tuple[ReadingRow, ...]
    problems: tuple[Problem, ...]
    purpose: str


@dataclass(frozen=True)
class SealedPage:
    institution: str
    back_url: str
    rows: tuple[SealedRow, ...]
    needs_second: bool
