"""Fills the pages of the standards from the library's reference."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from app.domain.checklist import InForce, Standard
from app.domain.library import Question, Reference
from app.domain.library_counts import DOMAINS
from app.domain.standards import LEVELS, Tally, counterparts, questions_by_standard, tallies
from app.domain.standards_search import Index, search
from app.errors import N_
from app.web import words
from app.web.cards import citation, standard_url
from app.web.contexts import Choice
from app.web.language import Speech
from app.web.standards_contexts import (
    InstrumentGroup,
    InstrumentRow,
    ProvisionPage,
    ProvisionRow,
    QuestionLine,
    Side,
    StandardsPage,
)

MOST_SHOWN: Final = 250  # rows of a page: all that counsel has to check stand on one
NO_QUESTION: Final = "none"  # as a topic: no question rests on it
STATUSES: Final = {"read": N_("text read"), "to_check": N_("to be checked by counsel")}
GROUP_TITLES: Final = {
    "national": N_("Law of Kazakhstan"),
    "international": N_("International standards"),
    "method": N_("Method of monitoring"),
}


@dataclass(frozen=True)
class Wanted:
    """What a reader looks for; "" where it does not matter. `topic`: the letter of a domain, or `NO_QUESTION`."""

    search: str = ""
    instrument: str = ""
    topic: str = ""
    status: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.search.strip() or self.instrument or self.topic or self.status)


def standards_page(speech: Speech, index: Index, reference: Reference, wanted: Wanted) -> StandardsPage:
    """The instruments to browse; with something to look for, the provisions that fit."""
    counts = tallies(reference.standards)
    found = [] if wanted.is_empty else find(index, questions_by_standard(reference), wanted)
    chosen = next((one.instrument for one in counts if one.instrument.id == wanted.instrument), None)
    return StandardsPage(
        search=wanted.search,
        instruments=tuple(_instrument_choices(speech, counts, wanted.instrument)),
        topics=tuple(_topic_choices(speech, wanted.topic)),
        statuses=tuple(Choice(code, speech.say(name), code == wanted.status) for code, name in STATUSES.items()),
        has_filter=bool(wanted.instrument or wanted.topic or wanted.status),
        is_list=not wanted.is_empty,
        groups=tuple(_groups(speech, counts)) if wanted.is_empty else (),
        rows=tuple(provision_row(speech, standard) for standard in found[:MOST_SHOWN]),
        found=len(found),
        heading=chosen.name.in_(speech.language) if chosen else "",
        total=len(reference.standards),
        to_check=sum(one.to_check for one in counts),
    )


def find(index: Index, questions: Mapping[str, tuple[Question, ...]], wanted: Wanted) -> list[Standard]:
    """The provisions that fit the words and every filter: best first, without words in reading order."""
    found = search(index, wanted.search) if wanted.search.strip() else index.standards
    return [one for one in found if _fits(one, questions.get(one.provision.id, ()), wanted)]


def _fits(standard: Standard, questions: tuple[Question, ...], wanted: Wanted) -> bool:
    if wanted.instrument and standard.instrument.id != wanted.instrument:
        return False
    if wanted.status and standard.provision.is_verified != (wanted.status == "read"):
        return False
    if wanted.topic == NO_QUESTION:
        return not questions
    return not wanted.topic or any(one.indicator_id.startswith(wanted.topic) for one in questions)


def provision_page(speech: Speech, reference: Reference, standard: Standard, back: str) -> ProvisionPage:
    """One provision: its text and how far it was verified, what it differs from, and the questions that rest on it."""
    provision, instrument, language = standard.provision, standard.instrument, speech.language
    questions = questions_by_standard(reference).get(provision.id, ())
    list_url = f"/standards?instrument={instrument.id}"
    return ProvisionPage(
        citation=citation(standard, language),
        instrument=instrument.name.in_(language),
        instrument_url=list_url,
        year=provision.year,
        level_words=words.level(speech, instrument.level),
        text=provision.text.in_(language),
        is_verified=provision.is_verified,
        status_line=words.provision_status(speech, provision.status),
        source="" if provision.status == "unverified" else provision.source,
        in_force=in_force_line(speech, provision.in_force),
        is_in_review=provision.review == language,
        sides=tuple(_sides(speech, reference, standard)),
        questions=tuple(QuestionLine(one.indicator_id, one.text.in_(language)) for one in questions),
        back_url=back or list_url,
        comes_from_elsewhere=bool(back),
    )


def provision_row(speech: Speech, standard: Standard, is_this: bool = False) -> ProvisionRow:
    return ProvisionRow(
        url=standard_url(standard.provision.id),
        citation=citation(standard, speech.language),
        text=standard.provision.text.in_(speech.language),
        level_words=words.level(speech, standard.instrument.level),
        is_verified=standard.provision.is_verified,
        is_this=is_this,
    )


def in_force_line(speech: Speech, in_force: InForce | None) -> str:
    """From when to when a provision is law, as far as the library knows."""
    start, end = (in_force.start, in_force.end) if in_force else (None, None)
    if start and end:
        return speech.say("in force from %(start)s to %(end)s", start=speech.day(start), end=speech.day(end))
    if start:
        return speech.say("in force since %(day)s", day=speech.day(start))
    return speech.say("in force until %(day)s", day=speech.day(end)) if end else ""


def _sides(speech: Speech, reference: Reference, standard: Standard) -> Iterable[Side]:
    """This provision and those that set another rule, by level; nothing when nobody says that they differ."""
    others = counterparts(reference, standard)
    for level in LEVELS if others else ():
        rows = [provision_row(speech, one) for one in others if one.instrument.level == level]
        if standard.instrument.level == level:
            rows = [provision_row(speech, standard, is_this=True), *rows]
        if rows:
            yield Side(speech.say(GROUP_TITLES[level]), tuple(rows))


def _groups(speech: Speech, counts: Iterable[Tally]) -> Iterable[InstrumentGroup]:
    rows = [(one.instrument.level, _instrument_row(speech, one)) for one in counts]
    for level in LEVELS:
        # What is cited most stands first: an alphabet of official titles begins with «On the …» in any language.
        here = sorted((row for at, row in rows if at == level), key=lambda row: -row.provisions)
        yield InstrumentGroup(speech.say(GROUP_TITLES[level]), tuple(here))


def _instrument_row(speech: Speech, count: Tally) -> InstrumentRow:
    instrument, language = count.instrument, speech.language
    return InstrumentRow(
        url=f"/standards?instrument={instrument.id}",
        short=instrument.short.in_(language),
        name=instrument.name.in_(language),
        provisions=count.provisions,
        to_check=count.to_check,
    )


def _instrument_choices(speech: Speech, counts: Iterable[Tally], chosen: str) -> Iterable[Choice]:
    named = [(one.instrument.short.in_(speech.language), one.instrument.id) for one in counts]
    for name, code in sorted(named, key=lambda one: speech.sort_key(one[0])):
        yield Choice(code, name, code == chosen)


def _topic_choices(speech: Speech, chosen: str) -> Iterable[Choice]:
    """The domains of the questions: words that a reader of any language knows from the checklists."""
    for letter in DOMAINS:
        yield Choice(letter, f"{letter} · {words.domain(speech, letter)}", letter == chosen)
    yield Choice(NO_QUESTION, speech.say("No question rests on it yet"), chosen == NO_QUESTION)
