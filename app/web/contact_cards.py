"""Fills the cards of whom to call."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from app.domain.contacts import EVERYWHERE, Contact, contact_of, dialled, sorted_contacts
from app.errors import N_
from app.store import reads
from app.web import words
from app.web.guide_contexts import ContactCard, ContactGroup, ContactLine
from app.web.language import Speech


@dataclass(frozen=True)
class StateLine:
    """A number of the whole country that is always there, whatever the office enters: day and night, free of charge."""

    what: str
    name: str
    phone: str
    note: str = ""


# Sources: the State's list of emergency numbers, egov.kz, "Emergency number 112"; of 111 the Code on Marriage and Family
# 67-1, provision kz.contact-centre-111.
STATE_LINES: Final = (
    StateLine("ambulance", N_("Ambulance 103"), "103"),
    StateLine("police", N_("Police 102"), "102"),
    StateLine(
        "contact_centre",
        N_("Contact centre 111"),
        "111",
        N_("The single State line. What is said there stays confidential."),
    ),
)
STATE_HOURS: Final = N_("day and night, free of charge")


def groups_for(session: Session, speech: Speech, region: str) -> tuple[ContactGroup, ...]:
    """Two groups: the region of a visit's institution, then the whole country."""
    contacts = [contact_of(record) for record in reads.contacts(session)]
    here = (_group(speech, contacts, region),) if region != EVERYWHERE else ()
    return (*here, _country(speech, contacts))


def all_groups(session: Session, speech: Speech) -> tuple[ContactGroup, ...]:
    """The whole country, then every region that has contacts, in the reader's alphabet."""
    contacts = [contact_of(record) for record in reads.contacts(session)]
    regions = {one.region for one in contacts} - {EVERYWHERE}
    by_name = sorted(regions, key=lambda code: speech.sort_key(words.region(speech, code)))
    return (_country(speech, contacts), *(_group(speech, contacts, code) for code in by_name))


def contact_lines(session: Session, speech: Speech) -> tuple[ContactLine, ...]:
    """The office's list: the whole country first, then by region. The State's own lines cannot be changed."""
    found = [contact_of(record) for record in reads.contacts(session)]
    found.sort(key=lambda one: (one.region != EVERYWHERE, speech.sort_key(region_words(speech, one.region))))
    return (*(_state_line(speech, one) for one in STATE_LINES), *(_line(speech, one) for one in found))


def _state_line(speech: Speech, one: StateLine) -> ContactLine:
    where, what = region_words(speech, EVERYWHERE), words.contact(speech, one.what)
    return ContactLine("", where, what, speech.say(one.name), one.phone, speech.say(STATE_HOURS))


def _line(speech: Speech, one: Contact) -> ContactLine:
    what, where = words.contact(speech, one.what), region_words(speech, one.region)
    return ContactLine(f"/contacts/{one.contact_id}", where, what, one.name, one.phone, one.hours)


def region_words(speech: Speech, region: str) -> str:
    return words.region(speech, region) if region != EVERYWHERE else speech.say("The whole country")


def _country(speech: Speech, contacts: Sequence[Contact]) -> ContactGroup:
    cards = (*_cards(speech, contacts, EVERYWHERE), *(_state_card(speech, one) for one in STATE_LINES))
    return ContactGroup(region_words(speech, EVERYWHERE), cards, "")


def _group(speech: Speech, contacts: Sequence[Contact], region: str) -> ContactGroup:
    cards = tuple(_cards(speech, contacts, region))
    empty = "" if cards else speech.say("The office has entered no contacts for this region yet.")
    return ContactGroup(region_words(speech, region), cards, empty)


def cards_by_kind(session: Session, speech: Speech, region: str) -> dict[str, tuple[ContactCard, ...]]:
    """Kind of contact -> whom to call: of the region of a visit's institution first, then of the whole country, and the
    State's own line last."""
    contacts = [contact_of(record) for record in reads.contacts(session)]
    found: dict[str, tuple[ContactCard, ...]] = {}
    for one in (*sorted_contacts(contacts, region), *(sorted_contacts(contacts, EVERYWHERE) if region else ())):
        found[one.what] = (*found.get(one.what, ()), _card(speech, one))
    for line in STATE_LINES:
        found[line.what] = (*found.get(line.what, ()), _state_card(speech, line))
    return found


def _cards(speech: Speech, contacts: Sequence[Contact], region: str) -> Iterable[ContactCard]:
    return (_card(speech, one) for one in sorted_contacts(contacts, region))


def _card(speech: Speech, one: Contact) -> ContactCard:
    call = f"tel:{dialled(one.phone)}"
    return ContactCard(words.contact(speech, one.what), one.name, one.phone, call, one.hours, one.note)


def _state_card(speech: Speech, one: StateLine) -> ContactCard:
    what, name, note = words.contact(speech, one.what), speech.say(one.name), speech.say(one.note) if one.note else ""
    return ContactCard(what, name, one.phone, f"tel:{one.phone}", speech.say(STATE_HOURS), note)
