"""What the central pages receive, and the report (see `contexts.py` for the rules).

inbox/page.html InboxPage · reviews/page.html ReviewPage · reports/page.html ReportContext · institutions/page.html
InstitutionsPage · institutions/new.html InstitutionForm · institutions/import.html ImportPage · people/page.html
PeoplePage · people/new.html PersonForm · the tablets: `device_contexts.py`
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from app.web.alert_contexts import OfficeAlert
from app.web.answer_contexts import CardMeanings, StandardLine, VerdictContext
from app.web.case_contexts import ReportCase
from app.web.contexts import Choice, IndicatorLink, OriginalOf, PhotoPlace, Problem

# ---- institutions, people


@dataclass(frozen=True)
class InstitutionRow:
    institution_id: str
    name: str
    type_words: str
    place: str
    visited_on: date | None  # last visit
    visits: int


@dataclass(frozen=True)
class InstitutionsPage:
    search: str  # GET /institutions?search=
    rows: tuple[InstitutionRow, ...]
    total: int
    may_edit: bool


@dataclass(frozen=True)
class InstitutionForm:
    """Posts to /institutions: institution, name_kk, name_ru, type, region, place, parent_body, address, contacts, capacity."""

    institution_id: str  # made before the form is shown
    problems: tuple[Problem, ...]
    name_kk: str
    name_ru: str
    types: tuple[Choice, ...]
    regions: tuple[Choice, ...]
    place: str
    parent_body: str
    address: str
    contacts: str
    capacity: str


@dataclass(frozen=True)
class BadRow:
    line: int  # of the file, the header is line 1
    text: str  # the row as it stands
    reason: str  # what is wrong and what to do


@dataclass(frozen=True)
class ImportPage:
    """Posts a CSV file to /institutions/import: file. The same page shows what came of it."""

    is_done: bool  # a file was read
    file_name: str
    added: int
    changed: int
    unchanged: int
    bad_rows: tuple[BadRow, ...]
    columns: tuple[str, ...]  # names that the first line of the file must have
    problem: str  # the file as a whole could not be read


# ---- inbox and review


@dataclass(frozen=True)
class InboxRow:
    visit_id: str
    review_url: str
    institution: str
    place: str
    kind_words: str
    visited_on: date
    received_at: datetime | None
    state: str
    state_words: str
    danger: int
    not_seen: int
    conflicts: int
    questions_open: int
    unsigned: int  # members whose signature is missing
    was_refused: bool
    photos_line: str = ""  # "17 of 20 photos here"; "" when all are, or there are none
    by_hearsay: int = 0  # entries that came by way of another tablet and that their own has not confirmed


@dataclass(frozen=True)
class InboxPage:
    danger: tuple[InboxRow, ...]  # to review, with danger
    waiting: tuple[InboxRow, ...]  # to review
    returned: tuple[InboxRow, ...]  # with the team
    done: tuple[InboxRow, ...]  # approved lately
    alerts: tuple[OfficeAlert, ...] = ()  # nobody of the office has answered
    followed: tuple[OfficeAlert, ...] = ()  # known, not closed yet
    left_out: int = 0  # visits whose checklist has not come or cannot be read: they are in none of the lists


@dataclass(frozen=True)
class ReviewNavItem:
    url: str
    indicator_id: str
    text: str
    mark: str  # short words: "no", "breach"; may be ""
    is_danger: bool
    is_current: bool


@dataclass(frozen=True)
class ReviewNavSection:
    title: str
    total: int
    danger: int
    not_seen: int
    items: tuple[ReviewNavItem, ...]
    is_open: bool  # the section of the indicator on screen


@dataclass(frozen=True)
class EvidenceRow:
    source_words: str
    text: str
    author: str
    made_at: datetime
    strength_words: str
    contradicts: bool


@dataclass(frozen=True)
class PastAnswer:
    visited_on: date
    words: str
    note: str


@dataclass(frozen=True)
class QuestionRow:
    text: str
    author: str
    asked_at: datetime
    answer: str  # the team's answer; "" when none yet
    is_sent: bool  # the visit was returned with it


@dataclass(frozen=True)
class ReviewPhoto:
    url: str
    thumbnail_url: str
    caption: str
    place: PhotoPlace
    original: OriginalOf | None = None  # None when the tablet keeps no originals


@dataclass(frozen=True)
class ReviewIndicator:
    """The indicator on the reviewer's desk."""

    indicator_id: str
    repeat_id: str  # "" outside repeats
    repeat_name: str
    text: str
    is_danger: bool
    value: str  # yes | partly | no | not_applicable | not_seen | ""
    answer_words: str
    answer_line: str  # "two kinds of source agree, high confidence"
    reason: str
    note: str
    field_lines: tuple[str, ...]  # "Area: 9,3 m² (laser)"
    verdicts: tuple[VerdictContext, ...]
    evidence: tuple[EvidenceRow, ...]
    past: tuple[PastAnswer, ...]
    photos: tuple[ReviewPhoto, ...]
    questions: tuple[QuestionRow, ...]
    standards: tuple[StandardLine, ...]
    meanings: CardMeanings
    conflict_lines: tuple[str, ...]  # "Aigul 14:02: yes"; () when all agree
    previous_url: str
    next_url: str


@dataclass(frozen=True)
class ReviewPage:
    """Posts: question_url (indicator, repeat, question), return_url (reason), approval_url (reason)."""

    visit_id: str
    institution: str
    line: str  # "Interim · unannounced · signed by 3 of 3 · received 16:42"
    visited_on: date
    state: str
    state_words: str
    danger: tuple[ReviewNavItem, ...]
    sections: tuple[ReviewNavSection, ...]
    item: ReviewIndicator | None  # None: nothing chosen and nothing dangerous
    question_url: str
    return_url: str
    approval_url: str
    report_url: str
    open_questions: int  # go out with a return
    may_decide: bool
    blockers: tuple[str, ...]  # why it can not be approved yet
    problems: tuple[Problem, ...]
    question: str  # typed text, kept when refused
    reason: str
    record_line: str  # "9 entries by 3 people on 2 tablets, chain verified"
    is_record_sound: bool
    decisions: tuple[str, ...]  # finished lines, newest first
    is_stale: bool  # something changed after the last decision
    photos_line: str = ""  # "17 of 20 photos here"; "" when there are none
    alerts: tuple[OfficeAlert, ...] = ()
    hearsay_line: str = ""  # entries that only another tablet has shown; "" when there are none


# ---- the report


@dataclass(frozen=True)
class FactRow:
    label: str
    value: str


@dataclass(frozen=True)
class ReportFinding:
    indicator_id: str
    text: str
    place: str  # room or file; "" outside repeats
    answer_words: str
    value: str
    severity_words: str
    is_danger: bool
    lines: tuple[str, ...]  # measures and derived values, in words
    note: str
    sources_words: str  # "seen, records, two children"
    confidence_words: str
    verdicts: tuple[VerdictContext, ...]
    standards: tuple[StandardLine, ...]
    photo_numbers: tuple[int, ...]


@dataclass(frozen=True)
class ReportSection:
    title: str
    asked: int
    answered: int
    not_seen: int
    yes: int
    partly: int
    no: int
    not_applicable: int
    findings: tuple[ReportFinding, ...]
    not_seen_lines: tuple[str, ...]  # "C4 Is there daylight?: the cell was locked"


@dataclass(frozen=True)
class ReportSignature:
    name: str
    role_words: str
    signed_at: datetime | None
    dissent: str


@dataclass(frozen=True)
class ReportPhoto:
    number: int
    url: str
    caption: str
    indicator_id: str
    taken_at: datetime
    sha256: str
    place: PhotoPlace


@dataclass(frozen=True)
class ReportContext:
    """Every number here comes from the one Report value of the domain; the template counts nothing."""

    institution: str
    type_words: str
    place: str
    visited_on: date
    kind_words: str
    announced_words: str
    legal_basis_words: str
    team: tuple[str, ...]  # "A. Example, team lead"
    state_words: str
    is_draft: bool  # not approved yet
    back_url: str
    access: tuple[str, ...]  # arrival, waiting, refusals: finished lines
    method: tuple[str, ...]  # how it was done: finished lines
    facts: tuple[FactRow, ...]
    asked: int
    answered: int
    not_seen: int
    not_seen_share: str  # "12 %", formatted
    danger: tuple[ReportFinding, ...]
    sections: tuple[ReportSection, ...]
    recommendations: tuple[str, ...]
    conflicts: tuple[IndicatorLink, ...]  # left unsettled
    cases: tuple[ReportCase, ...]  # custody times of the sampled files
    signatures: tuple[ReportSignature, ...]
    photos: tuple[ReportPhoto, ...]
    checklist_line: str  # "police-holding, version 1, sha256 …"
    record_line: str
    made_at: datetime
    danger_url: str = ""  # while the visit is open
