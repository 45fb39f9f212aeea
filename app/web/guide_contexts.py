"""What the templates of what a monitor keeps in hand receive (see `contexts.py` for the rules).

guides/page.html GuidesPage · guides/guide.html GuidePage · guides/glossary.html and guides/_terms.html GlossaryPage
guides/contacts.html ContactsPage · guides/mandate.html MandatePage · interviews/page.html ScriptsPage
interviews/script.html ScriptPage · contacts/page.html ContactsDesk · contacts/new.html ContactForm
"""

from __future__ import annotations

from dataclasses import dataclass

from app.web.answer_contexts import StandardLine
from app.web.contexts import Choice, HandLink, Problem


@dataclass(frozen=True)
class VisitTie:
    """The visit from which a guide was opened."""

    visit_id: str
    url: str  # the hub
    query: str  # "?visit=<id>", put behind the address of every guide
    institution: str
    region: str  # code; "" when the institution is not known here
    legal_basis: str  # code
    mandate_url: str  # the page to print
    danger_url: str  # "" when the visit is closed


@dataclass(frozen=True)
class GuidesPage:
    links: tuple[HandLink, ...]


# ---- contacts


@dataclass(frozen=True)
class ContactCard:
    what_words: str
    name: str
    phone: str  # as the office wrote it
    call: str  # "tel:+77272720000"
    hours: str
    note: str


@dataclass(frozen=True)
class ContactGroup:
    title: str  # the region, or "The whole country"
    cards: tuple[ContactCard, ...]
    empty_line: str  # said in place of cards; "" when there are some


@dataclass(frozen=True)
class ContactsPage:
    visit: VisitTie | None
    back_url: str
    groups: tuple[ContactGroup, ...]
    edit_url: str  # "" when this person or this node may not change them


@dataclass(frozen=True)
class ContactLine:
    """A contact in the office's list. `url` is empty for the one that is always there."""

    url: str
    region_words: str
    what_words: str
    name: str
    phone: str
    hours: str


@dataclass(frozen=True)
class ContactsDesk:
    rows: tuple[ContactLine, ...]


@dataclass(frozen=True)
class ContactForm:
    """Posts to /contacts: contact, region, what, name, phone, hours, note; removal to `removal_url`."""

    contact_id: str
    problems: tuple[Problem, ...]
    regions: tuple[Choice, ...]
    whats: tuple[Choice, ...]
    name: str
    phone: str
    hours: str
    note: str
    removal_url: str  # "" for a new one


# ---- guides


@dataclass(frozen=True)
class GuidePart:
    dom_id: str
    title: str
    steps: tuple[str, ...]
    team: tuple[str, ...]  # for the team alone
    is_ordered: bool
    is_for_visit: bool  # the part of the visit's legal basis
    standards: tuple[StandardLine, ...]


@dataclass(frozen=True)
class GuidePage:
    visit: VisitTie | None
    back_url: str
    guide_id: str
    title: str
    intro: str
    parts: tuple[GuidePart, ...]
    contacts: tuple[ContactGroup, ...]  # immediate danger only
    contacts_url: str
    mandate_url: str  # mandate with a visit only: the page to print
    is_to_review: bool  # its wording still goes to a native jurist


@dataclass(frozen=True)
class TermRow:
    term: str
    others: tuple[tuple[str, str], ...]  # (language, the term in it)
    means: str


@dataclass(frozen=True)
class GlossaryPage:
    title: str
    intro: str
    url: str
    search: str
    terms: tuple[TermRow, ...]
    total: int
    is_to_review: bool


@dataclass(frozen=True)
class LanguageLink:
    language: str
    label: str  # in that language
    url: str
    is_current: bool


@dataclass(frozen=True)
class MandatePage:
    """One A4 page in the language of `language`; all its words are in that language already."""

    back_url: str
    danger_url: str  # "" when the visit is closed
    language: str
    languages: tuple[LanguageLink, ...]
    heading: str
    facts: tuple[tuple[str, str], ...]  # (label, value): institution, day
    steps: tuple[str, ...]
    is_ordered: bool
    rests_on: str  # "Rests on: PEC 42(1)(5); ..."
    to_check: str  # what of it counsel still has to check; "" when nothing
    columns: tuple[str, ...]  # heads of the table of the team
    team: tuple[tuple[str, str], ...]  # (name, role); the signature is left free
    received: tuple[str, ...]  # labels of the lines that the institution fills in


# ---- talks


@dataclass(frozen=True)
class ScriptRow:
    url: str
    title: str
    line: str  # "7–10 years · up to 25 minutes"


@dataclass(frozen=True)
class ScriptGroup:
    title: str
    rows: tuple[ScriptRow, ...]


@dataclass(frozen=True)
class ScriptsPage:
    visit: VisitTie | None
    back_url: str
    groups: tuple[ScriptGroup, ...]


Spoken = tuple[tuple[str, str], ...]  # (language, words) in all languages: the page shows the chosen one


@dataclass(frozen=True)
class SayRow:
    say: Spoken
    if_no: Spoken  # () when nothing is foreseen


@dataclass(frozen=True)
class WrittenAt:
    """Where an answer is written down."""

    indicator_id: str
    question: str
    url: str  # the card in the visit; "" outside a visit, and where its checklist does not ask this


@dataclass(frozen=True)
class TopicCard:
    dom_id: str
    title: str
    ask: tuple[Spoken, ...]
    listen_for: tuple[str, ...]
    avoid: tuple[str, ...]
    written_at: tuple[WrittenAt, ...]


@dataclass(frozen=True)
class ScriptPage:
    """Words that are spoken come in every language; the rest is in the reader's."""

    visit: VisitTie | None
    url: str
    back_url: str
    title: str
    line: str
    languages: tuple[Choice, ...]  # posted as `in`
    before: tuple[str, ...]
    consent: tuple[SayRow, ...]
    opening: tuple[SayRow, ...]
    topics: tuple[TopicCard, ...]
    stop_signs: tuple[str, ...]
    stop_say: Spoken
    disclosure_do: tuple[str, ...]
    disclosure_do_not: tuple[str, ...]
    disclosure_say: Spoken
    closing: tuple[SayRow, ...]
    safety_plan: tuple[str, ...]
    standards: tuple[StandardLine, ...]
    danger_guide_url: str
    is_to_review: bool
    write_url: str = ""  # to begin such a talk and write it down; "" where that is not done
