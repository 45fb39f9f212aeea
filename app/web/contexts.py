"""What templates receive: one frozen value per page or part, and nothing beside it but the globals.

A page template gets `page: PageContext` (global) and `view`, the class named here.
Texts are in the reader's language, urls finished, numbers formatted; moments and days stay values for the filters.

sign_in/page.html SignInPage · hidden/page.html none · error/page.html ErrorPage
visits/page.html VisitsPage · visits/new.html NewVisitPage · visits/hub.html HubPage · visits/finish.html FinishPage
sync/page.html SyncPage. A section and its cards: `answer_contexts.py`; central: `review_contexts.py`;
guides and talks: `guide_contexts.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class PersonContext:
    """Who is signed in."""

    person_id: str
    name: str
    initials: str  # one or two letters for the round mark
    role_words: str  # "team lead", in the reader's language


@dataclass(frozen=True)
class NavItem:
    """A link of the main navigation (or, in a section, of the list of sections)."""

    url: str
    label: str
    icon: str  # id of a symbol in static/sprite.svg
    is_current: bool


@dataclass(frozen=True)
class StatusContext:
    """What of this node's entries the centre has confirmed; the line beside the page's own «saved»."""

    unsent: int  # entries that the centre has not confirmed
    sent_at: datetime | None  # when the last confirmation came; None: never
    is_connected: bool  # the last attempt reached the centre
    stays_offline: bool  # the person switched sending off
    problem: str  # one sentence: what is wrong; "" when nothing is
    note: str = ""  # one sentence that is good to know and needs no alarm
    is_safe: bool = False  # all of it is in a checked backup at the centre


@dataclass(frozen=True)
class Truth:
    """Something that the person at this tablet has to know."""

    happened: str  # one sentence
    to_do: str  # one sentence; may be ""
    is_alarm: bool  # else it is good to know, and needs no hurry


@dataclass(frozen=True)
class RedButton:
    """The red button of an open visit's pages. Posts to `url`: alert, danger. Two taps raise an alert."""

    url: str  # also the page that shows the visit's alerts
    alert_id: str  # made with the page: the same tap twice is one alert
    dangers: tuple[Choice, ...]
    guide_url: str  # what to do first


@dataclass(frozen=True)
class PageContext:
    """The frame of every page."""

    title: str  # of the browser tab: neutral, never an institution's name
    language: str  # kk | ru | en
    theme: str  # light | dark | night
    size: str  # normal | large
    hand: str  # right | left: where the thumb's button stands
    role: str  # device | central: of this node
    path: str  # path and query of this page, to come back to after a change of language
    is_training: bool  # mock visits only: a banner says so on every page
    person: PersonContext | None  # None: nobody is signed in
    status: StatusContext | None  # None where no visit data is kept (central, signed out)
    nav: tuple[NavItem, ...]
    is_posted: bool = False  # the answer to a form that was not taken: browsers keep what was sent
    outbox_key: str = ""  # base64; seals what waits in this person's browser; "" for nobody
    limits: str = ""  # what a reviewer who is limited is shown; "" for who sees all
    emptying_url: str = ""  # where all that is on the tablet can be destroyed; "" where that may not be done
    red_button: RedButton | None = None  # None outside a visit that this person may raise an alert in


@dataclass(frozen=True)
class TalkCount:
    """How many talks of a visit are written down: drafts here, and sealed ones."""

    url: str
    open: int
    closed: int


@dataclass(frozen=True)
class PhotoPlace:
    """Whether a photo is here, and the small picture of it; else where it is, in words."""

    is_here: bool
    has_small: bool
    line: str  # "on its way, 40 %"; "" when it is here


@dataclass(frozen=True)
class OriginalOf:
    """A photo as the camera made it, at the office: it can be saved, or a line says where it is."""

    url: str  # "" when it is not here
    line: str  # "Original: on its way, 40 %"; "" when it is here


@dataclass(frozen=True)
class Problem:
    """A refused field of a form, for the summary on top and for the field itself."""

    name: str  # the field's name; its input has the id "field-<name>"
    text: str  # what is wrong and what to do


@dataclass(frozen=True)
class Choice:
    """An option of a select or of radio tiles."""

    value: str
    label: str
    is_chosen: bool
    hint: str = ""  # a line under the label: the rule that comes with it


@dataclass(frozen=True)
class Suggestion:
    """Of `shared/_new_passphrase.html`: four words, and the page that offers others where no script runs."""

    words: str
    url: str


@dataclass(frozen=True)
class SignInPage:
    needs_name: bool  # central asks name and passphrase, a device only the passphrase
    name: str  # as typed before
    next: str  # path to go to afterwards
    problem: str  # "" or what happened and what to do
    has_passkeys: bool  # central, at an address where passkeys count
    office: str  # what the office calls its own sign-in; "" for none
    recovery_url: str = ""  # where a card opens the tablet


@dataclass(frozen=True)
class ErrorPage:
    happened: str  # one plain sentence
    to_do: str  # one plain sentence
    reference: str  # id to tell the helpdesk; "" when there is none
    home_url: str


# ---- visits


@dataclass(frozen=True)
class VisitRow:
    visit_id: str
    url: str
    institution: str
    place: str  # town or district
    kind_words: str
    visited_on: date
    state: str  # planned | in_progress | finished | returned | approved
    state_words: str
    answered: int
    total: int
    danger: int  # answers that show danger
    questions: int  # reviewer's questions without an answer
    unsent: int  # entries not confirmed by the centre
    was_refused: bool  # access was refused


@dataclass(frozen=True)
class RemovedVisit:
    """A visit that was on this tablet, is at the office, and is no longer here."""

    institution: str
    visited_on: date | None
    line: str


@dataclass(frozen=True)
class VisitsPage:
    open: tuple[VisitRow, ...]  # planned, in progress, returned; nearest day first
    closed: tuple[VisitRow, ...]  # finished, approved; newest first
    removed: tuple[RemovedVisit, ...]
    new_url: str  # "" when this person may not start a visit
    has_institutions: bool  # False: nothing to visit yet, the list must come from the centre first


@dataclass(frozen=True)
class InstitutionOption:
    institution_id: str
    name: str
    place: str
    type_words: str
    is_chosen: bool


@dataclass(frozen=True)
class MemberOption:
    person_id: str
    name: str
    is_chosen: bool
    roles: tuple[Choice, ...]  # posted as role.<person_id>


@dataclass(frozen=True)
class NewVisitPage:
    """Posts to /visits.

    Fields: visit, institution, kind, announced (yes|no), legal_basis, visited_on, checklist, variant, member (many),
    role.<person_id>.
    """

    visit_id: str  # made before the form is shown, so that sending twice makes one visit
    problems: tuple[Problem, ...]
    search: str  # what was typed into the search for an institution (GET /visits/new?search=)
    institutions: tuple[InstitutionOption, ...]
    kinds: tuple[Choice, ...]
    announced: str  # "yes" | "no" | ""
    legal_bases: tuple[Choice, ...]  # hint = the rule: notice, number of members
    members: tuple[MemberOption, ...]
    visited_on: str  # ISO day
    checklists: tuple[Choice, ...]  # the first has no value: the one made for the place
    variants: tuple[Choice, ...]  # full | short | follow_up


@dataclass(frozen=True)
class VisitHead:
    """The visit that a page belongs to."""

    visit_id: str
    url: str  # the hub
    institution: str
    line: str  # "Interim visit · unannounced · 3 people"
    visited_on: date
    state: str
    state_words: str
    is_editable: bool  # this person may still change answers
    danger_url: str = ""  # immediate danger, one tap away while the visit is open; "" when it is closed


@dataclass(frozen=True)
class HandLink:
    """A way to something to have in hand: a guide, the scripts for talks, the contacts."""

    url: str
    title: str
    line: str  # what it is for; may be ""
    icon: str


@dataclass(frozen=True)
class Progress:
    answered: int
    total: int
    must_open: int  # must indicators without an answer
    next_url: str  # of the next indicator without an answer, with #indicator-...; "" when none is left


@dataclass(frozen=True)
class ArrivalForm:
    """Posts to <visit>/arrival: arrived_at, waiting_minutes, received_by_role."""

    url: str
    is_recorded: bool
    line: str  # "Came at 13:10, let in after 25 minutes, received by the duty officer"
    arrived_at: str  # HH:MM as typed
    waiting_minutes: str
    received_by_role: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class DeclarationForm:
    """A conflict of interest, declared by each member. Posts to <visit>/declaration: conflict none|has, text."""

    url: str
    conflict: str  # "" not said yet | none | has: of the person signed in
    text: str
    others: tuple[str, ...]  # finished lines about the other members
    missing: int  # members who have not said yet
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class RefusalForm:
    """Access refused, wholly or to a part. Posts to <visit>/refusal: who_role, at, reason."""

    url: str
    lines: tuple[str, ...]  # refusals recorded so far
    who_role: str
    at: str
    reason: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class SectionRow:
    section_id: str
    url: str
    title: str
    line: str  # what the section holds, or what is open in it; may be ""
    answered: int
    total: int
    must_open: int
    danger: int
    conflicts: int
    flagged: int
    is_current: bool  # the section on screen


@dataclass(frozen=True)
class IndicatorLink:
    url: str
    indicator_id: str
    text: str
    line: str  # why it is in this list: the question asked, the two answers, the danger; may be ""


@dataclass(frozen=True)
class HubPage:
    visit: VisitHead
    progress: Progress
    facts: tuple[str, ...]  # short lines: children today, time on site
    arrival: ArrivalForm
    declaration: DeclarationForm
    refusal: RefusalForm
    sections: tuple[SectionRow, ...]
    must_open: tuple[IndicatorLink, ...]
    danger: tuple[IndicatorLink, ...]
    conflicts: tuple[IndicatorLink, ...]
    questions: tuple[IndicatorLink, ...]  # asked by the reviewer, not yet answered
    return_reason: str  # why the centre returned the visit; "" when it did not
    unsent: int
    photos_unsent: int
    finish_url: str
    sync_url: str
    report_url: str  # "" before there is one
    is_safe: bool = False  # all of it is in a checked backup at the centre
    in_hand: tuple[HandLink, ...] = ()  # talks, immediate danger, mandate: while the visit is open
    originals_unsent: int = 0  # photos as the camera made them, where those are kept
    talks: TalkCount | None = None  # written down in this visit, on this tablet; None at the office


# ---- finishing and sending


@dataclass(frozen=True)
class SignatureRow:
    name: str
    role_words: str
    signed_at: datetime | None  # None: not yet
    dissent: str  # "" when there is none
    is_stale: bool  # an answer changed after this signature


@dataclass(frozen=True)
class SectionCheck:
    """One section on the page «check and finish»."""

    title: str
    url: str
    answered: int
    total: int
    not_seen: int
    findings: tuple[IndicatorLink, ...]  # answers "no" or "partly", or flagged; line = the answer in words


@dataclass(frozen=True)
class FinishPage:
    """Posts to <visit>/finish: reason; to <visit>/signature: seen, dissent."""

    visit: VisitHead
    blockers: tuple[IndicatorLink, ...]  # must indicators without an answer: a reason lets one finish all the same
    conflicts: tuple[IndicatorLink, ...]  # two answers: to be settled first
    sections: tuple[SectionCheck, ...]
    finish_url: str  # "" once finished
    reason: str
    problems: tuple[Problem, ...]
    signature_url: str  # "" when this person need not sign (any more)
    dissent: str
    seen: str  # digest of what this page shows: posted back, so that one signs what one saw
    signatures: tuple[SignatureRow, ...]
    finished_at: datetime | None
    talks: TalkCount | None = None
