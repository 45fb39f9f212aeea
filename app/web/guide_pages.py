"""Fills the contexts of guides, of the glossary and of the mandate page."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlmodel import Session

from app.domain.checklist import Standard
from app.domain.guides import Guide, Part, Term
from app.domain.letters import holds
from app.domain.library import Reference
from app.domain.people import Person
from app.domain.visits import Visit
from app.errors import NotThere
from app.store import reads
from app.web import in_hand, words
from app.web.answer_contexts import StandardLine
from app.web.cards import citation
from app.web.contexts import HandLink
from app.web.guide_contexts import (
    ContactGroup,
    GlossaryPage,
    GuidePage,
    GuidePart,
    GuidesPage,
    LanguageLink,
    MandatePage,
    TermRow,
    VisitTie,
)
from app.web.language import LANGUAGES, Speech
from app.web.visit_pages import institution_name

ORDER: Final = (in_hand.DANGER_GUIDE, in_hand.MANDATE_GUIDE, "do-no-harm", in_hand.GLOSSARY)
LANGUAGE_NAMES: Final = {"kk": "Қазақша", "ru": "Русский", "en": "English"}


def tie_of(session: Session, speech: Speech, person: Person, visit_id: str) -> VisitTie | None:
    """The visit that a guide was opened from; None without one. Raises NotThere when it is not this person's."""
    if not visit_id:
        return None
    if not person.may("visit"):
        raise NotThere()
    visit = reads.visit_for(session, person, visit_id)
    institution = reads.record(session, visit.institution_id)
    return VisitTie(
        visit_id=visit.visit_id,
        url=f"/visits/{visit.visit_id}",
        query=in_hand.query_of(visit),
        institution=institution_name(institution, speech.language),
        region=institution.text("region") if institution else "",
        legal_basis=visit.legal_basis,
        mandate_url=in_hand.mandate_url(visit),
        danger_url=in_hand.danger_url(visit),
    )


def guides_page(reference: Reference, speech: Speech) -> GuidesPage:
    """What to keep in hand, the urgent first."""
    found = {guide.id: guide for guide in reference.guides}
    known = [found[name] for name in ORDER if name in found]
    others = [guide for guide in reference.guides if guide.id not in ORDER]
    links = [_guide_link(speech, guide) for guide in (*known, *others)]
    talks, contacts = (
        HandLink(url, speech.say(title), speech.say(line), icon)
        for url, (title, line, icon) in (("/interviews", in_hand.TALKS), ("/guides/contacts", in_hand.CONTACTS))
    )
    urgent = 1 if known and known[0].id == in_hand.DANGER_GUIDE else 0
    return GuidesPage((*links[:urgent], contacts, talks, *links[urgent:]))


def _guide_link(speech: Speech, guide: Guide) -> HandLink:
    line, icon = in_hand.GUIDES.get(guide.id, ("", "file-text"))
    title = guide.title.in_(speech.language)
    return HandLink(f"/guides/{guide.id}", title, speech.say(line) if line else "", icon)


def guide_named(reference: Reference, guide_id: str) -> Guide:
    """Raises NotThere for a guide that the library does not have."""
    guide = next((one for one in reference.guides if one.id == guide_id), None)
    if guide is None:
        raise NotThere()
    return guide


def guide_page(
    reference: Reference, guide: Guide, speech: Speech, visit: VisitTie | None, contacts: tuple[ContactGroup, ...]
) -> GuidePage:
    """A guide; of the mandate the part of the visit's legal basis first."""
    parts = sorted(guide.parts, key=lambda part: not _is_for(part, visit))
    standards = {standard.provision.id: standard for standard in reference.standards}
    query = visit.query if visit else ""
    return GuidePage(
        visit=visit,
        back_url=visit.url if visit else "/guides",
        guide_id=guide.id,
        title=guide.title.in_(speech.language),
        intro=guide.intro.in_(speech.language),
        parts=tuple(_part(part, standards, speech, _is_for(part, visit)) for part in parts),
        contacts=contacts,
        contacts_url=f"/guides/contacts{query}",
        mandate_url=visit.mandate_url if visit and guide.id == in_hand.MANDATE_GUIDE else "",
        is_to_review=guide.review == speech.language,
    )


def _is_for(part: Part, visit: VisitTie | None) -> bool:
    return visit is not None and bool(part.basis) and part.basis == visit.legal_basis


def _part(part: Part, standards: Mapping[str, Standard], speech: Speech, is_for_visit: bool) -> GuidePart:
    return GuidePart(
        dom_id=f"part-{part.id}",
        title=part.title.in_(speech.language),
        steps=tuple(step.in_(speech.language) for step in part.steps),
        team=tuple(one.in_(speech.language) for one in part.team),
        is_ordered=part.ordered,
        is_for_visit=is_for_visit,
        standards=tuple(rule_lines(standards, part.standards, speech.language)),
    )


def rule_lines(standards: Mapping[str, Standard], names: Sequence[str], language: str) -> Iterable[StandardLine]:
    """The provisions that something rests on, national first; what counsel has not checked says so."""
    found = [standards[name] for name in names if name in standards]
    for standard in sorted(found, key=lambda one: one.instrument.level != "national"):
        level = "national" if standard.instrument.level == "national" else "international"
        text, is_verified = standard.provision.text.in_(language), standard.provision.is_verified
        url = f"/standards/{standard.provision.id}"
        yield StandardLine(level, citation(standard, language), text, is_verified, url)


# ---- the glossary


def glossary_page(guide: Guide, speech: Speech, search: str) -> GlossaryPage:
    """The words in the reader's alphabet. A search finds the word in every language, then those whose meaning fits."""
    found = [(_place(term, search, speech.language), term) for term in guide.terms]
    rows = [(place, _term(term, speech.language)) for place, term in found if place is not None]
    rows.sort(key=lambda row: (row[0], speech.sort_key(row[1].term)))
    return GlossaryPage(
        title=guide.title.in_(speech.language),
        intro=guide.intro.in_(speech.language),
        url=f"/guides/{guide.id}",
        search=search,
        terms=tuple(row for _, row in rows),
        total=len(guide.terms),
        is_to_review=guide.review == speech.language,
    )


def _place(term: Term, search: str, language: str) -> int | None:
    """0: the word itself fits, in any language; 1: what it means does; None: nothing does."""
    if any(holds(text, search) for text in (term.term.kk, term.term.ru, term.term.en)):
        return 0
    return 1 if holds(term.means.in_(language), search) else None


def _term(term: Term, language: str) -> TermRow:
    others = tuple((other, term.term.in_(other)) for other in LANGUAGES if other != language)
    return TermRow(term.term.in_(language), others, term.means.in_(language))


# ---- the mandate on one page


def mandate_page(session: Session, reference: Reference, speech: Speech, visit: Visit) -> MandatePage:
    """The page for the gate, in the language of `speech`. Raises NotThere when no guide speaks of the legal basis."""
    guide = guide_named(reference, in_hand.MANDATE_GUIDE)
    part = next((one for one in guide.parts if one.basis and one.basis == visit.legal_basis), None)
    if part is None:
        raise NotThere()
    say, url = speech.say, in_hand.mandate_url(visit)
    named = {standard.provision.id: standard for standard in reference.standards}
    rules = list(rule_lines(named, part.standards, speech.language))
    unchecked = [rule.citation for rule in rules if not rule.is_verified]
    return MandatePage(
        back_url=f"/visits/{visit.visit_id}",
        danger_url=in_hand.danger_url(visit),
        language=speech.language,
        languages=tuple(
            LanguageLink(code, LANGUAGE_NAMES[code], f"{url}?in={code}", code == speech.language) for code in LANGUAGES
        ),
        heading=part.title.in_(speech.language),
        facts=tuple(_mandate_facts(session, speech, visit)),
        steps=tuple(step.in_(speech.language) for step in part.steps),
        is_ordered=part.ordered,
        rests_on=say("Rests on: %(rules)s", rules="; ".join(rule.citation for rule in rules)) if rules else "",
        to_check=say("To be checked by counsel: %(rules)s", rules="; ".join(unchecked)) if unchecked else "",
        columns=(say("Name and surname"), say("Role"), say("Signature")),
        team=tuple(_team(session, speech, visit)),
        received=(say("Shown to: post, name"), say("Day and time"), say("Signature")),
    )


def _mandate_facts(session: Session, speech: Speech, visit: Visit) -> Iterable[tuple[str, str]]:
    institution = reads.record(session, visit.institution_id)
    place = institution.text("place") if institution else ""
    name = institution_name(institution, speech.language)
    yield speech.say("Institution"), f"{name}, {place}" if place else name
    yield speech.say("Day of the visit"), speech.day(visit.visited_on)


def _team(session: Session, speech: Speech, visit: Visit) -> Iterable[tuple[str, str]]:
    """The lead first, then as the visit names them."""
    people = reads.people(session)
    for member in sorted(visit.team, key=lambda one: visit.roles[one] != "team_lead"):
        name = people[member].name if member in people else "?"
        yield name, words.role(speech, visit.roles[member])
