"""Fills the booklet: a checklist on paper, with the ids under which it is typed in later."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.domain.checklist import (
    METHODS,
    WITHOUT_RATING,
    AnswerField,
    CompiledChecklist,
    Indicator,
    Section,
)
from app.domain.checklist import RATINGS as ALL_ANSWERS
from app.web import words
from app.web.checklist_contexts import (
    BookletCard,
    BookletField,
    BookletGroup,
    BookletHead,
    BookletPage,
    BookletSection,
    PageLink,
)
from app.web.checklist_pages import OWN_NAMES, SHORT_HASH
from app.web.checklist_words import skip_words, threshold_words
from app.web.language import LANGUAGES, Speech
from app.web.sections import NEW_REPEAT

MOST_REPEATS: Final = 20
USUAL_DIGITS: Final = 3  # of a number without an upper bound
TOOLS: Final = ("m2", "m", "C", "lux")  # units that one measures with a tool; hours and days are counted or read
TOOL_METHODS: Final = ("tape", "laser", "instrument")
DAY: Final = ("", "", ".", "", "", ".", "", "", "", "")
TIME: Final = ("", "", ":", "", "")
EMPTY_HEAD: Final = BookletHead("", "", None, "", ())


@dataclass(frozen=True)
class Paper:
    """How a booklet is wanted. `names`: section id -> rooms or files that the visit has already, in their order."""

    is_short: bool
    rooms: int = 4
    files: int = 5
    head: BookletHead = EMPTY_HEAD
    names: Mapping[str, Sequence[str]] | None = None
    has_variants: bool = True  # False: the visit was planned with a list of its own

    def query(self, language: str, is_short: bool) -> str:
        """The address of a booklet like this one, in another language or variant."""
        variant = "short" if is_short else "full"
        return f"?variant={variant}&in={language}&rooms={self.rooms}&files={self.files}"


def booklet_page(
    speech: Speech, checklist: CompiledChecklist, sha256: str, paper: Paper, urls: tuple[str, str]
) -> BookletPage:
    """The booklet of a compiled checklist. `urls`: its own address without query, and where one comes back to."""
    about, (url, back_url) = checklist.checklist, urls
    asked = checklist.narrowed(about.short) if paper.is_short and about.short else checklist
    mark = sha256[:SHORT_HASH]
    variants = ((False, speech.say("Full")), (True, speech.say("Short, 90 minutes"))) if paper.has_variants else ()
    return BookletPage(
        title=about.title.in_(speech.language),
        types=", ".join(words.institution_type(speech, kind) for kind in about.types),
        mark=f"{about.id} · {about.version} · {mark}",
        foot_url=f"/checklists/{about.id}/{about.version}/foot.css?mark={mark}",
        back_url=back_url,
        head=paper.head,
        is_short=paper.is_short,
        asked=sum(len(section.indicators) for section in asked.checklist.sections),
        languages=tuple(
            PageLink(url + paper.query(code, paper.is_short), OWN_NAMES[code], code == speech.language)
            for code in LANGUAGES
        ),
        variants=tuple(
            PageLink(url + paper.query(speech.language, short), label, short == paper.is_short)
            for short, label in variants
        ),
        severities=tuple(words.severity(speech, code) for code in ("1", "2", "3", "4", "danger")),
        sections=tuple(_section(speech, asked, section, paper) for section in asked.checklist.sections),
    )


def _section(speech: Speech, checklist: CompiledChecklist, section: Section, paper: Paper) -> BookletSection:
    cards = tuple(_card(speech, checklist, checklist.indicators[name]) for name in section.indicators)
    groups = tuple(BookletGroup(*name, cards) for name in _groups(speech, section, paper))
    return BookletSection(section.id, section.title.in_(speech.language), section.hint.in_(speech.language), groups)


def _groups(speech: Speech, section: Section, paper: Paper) -> Iterable[tuple[str, str, str]]:
    """(heading, what to write beside it, name) of each room or file; one group without any outside repeats."""
    if section.repeat is None:
        yield "", "", ""
        return
    label = speech.say("Name") if section.repeat == "room" else speech.say("Your number for the file")
    known = list((paper.names or {}).get(section.id, ()))
    wanted = max(paper.rooms if section.repeat == "room" else paper.files, len(known))
    for number in range(1, wanted + 1):
        name = known[number - 1] if number <= len(known) else ""
        yield speech.say(NEW_REPEAT[section.repeat], number=number), label, name


def _card(speech: Speech, checklist: CompiledChecklist, indicator: Indicator) -> BookletCard:
    codes = ALL_ANSWERS if indicator.answer.rating else WITHOUT_RATING
    return BookletCard(
        indicator_id=indicator.id,
        question=indicator.text.in_(speech.language),
        skip_words=skip_words(speech, checklist, indicator),
        rules=tuple(threshold_words(speech, checklist, indicator, rule) for rule in indicator.thresholds),
        is_danger=indicator.is_danger,
        is_must=checklist.is_must(indicator.id),
        answers=tuple(words.value(speech, code) for code in codes),
        fields=tuple(_field(speech, field) for field in indicator.answer.fields),
        sources=tuple(words.source(speech, code) for code in indicator.sources),
    )


def _field(speech: Speech, field: AnswerField) -> BookletField:
    ticks = [option.label.in_(speech.language) for option in field.options]
    if field.type == "measure":
        ticks = [words.method(speech, code) for code in METHODS if field.unit in TOOLS or code not in TOOL_METHODS]
    return BookletField(
        label=field.label.in_(speech.language),
        boxes=boxes_of(field),
        of_label=field.of.in_(speech.language) if field.of else "",
        of_boxes=boxes_of(field) if field.type == "share" else (),
        unit=words.unit(speech, field.unit) if field.unit else "",
        ticks=tuple(ticks),
        has_line=field.type == "text",
    )


def boxes_of(field: AnswerField) -> tuple[str, ...]:
    """One box for each digit that a field can have; "," and ":" stand between them. None for words and choices."""
    if field.type == "date":
        return DAY
    if field.type == "time":
        return TIME
    if field.type == "moment":
        return (*DAY, " ", *TIME)
    if field.type not in ("count", "measure", "share"):
        return ()
    digits = len(str(int(field.max))) if field.max is not None else USUAL_DIGITS
    sign = ("±",) if field.min is not None and field.min < 0 else ()
    after = (",", *[""] * field.decimals) if field.decimals else ()
    return (*sign, *[""] * digits, *after)
