"""Whom to call: contacts of a region or of the whole country, as the office enters them. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from app.domain.merge import Record
from app.domain.problem import N_, Problem

# In this order on the page: who comes first when a child is in danger (guide immediate-danger, "Who is told").
WHATS: Final = (
    "ambulance",
    "procurator",
    "police",
    "ombudsman",
    "guardianship",
    "contact_centre",
    "psychologist",
    "hospital",
    "other",
)
EVERYWHERE: Final = ""  # the region of a contact for the whole country
NO_PHONE: Final = N_("“%(value)s” is no telephone number. Write it as +7 727 272 00 00, or a short number such as 111.")
_SIGNS: Final = re.compile(r"\+?[0-9 ()\-]+")
_SHORT: Final = range(3, 5)  # digits of a number such as 111 or 1414
_ABROAD: Final = range(8, 16)  # digits after the plus (ITU-T E.164: at most 15)


@dataclass(frozen=True)
class Contact:
    """One card. `region`: a code of the institutions' regions, or EVERYWHERE."""

    contact_id: str
    region: str
    what: str
    name: str
    phone: str
    hours: str = ""
    note: str = ""


def contact_of(record: Record) -> Contact:
    """The contact that a `contact` record describes; an unknown kind of a newer version counts as "other"."""
    what = record.text("what")
    return Contact(
        contact_id=record.subject,
        region=record.text("region"),
        what=what if what in WHATS else "other",
        name=record.text("name"),
        phone=record.text("phone"),
        hours=record.text("hours"),
        note=record.text("note"),
    )


def check_phone(raw: str) -> str | Problem:
    """A number that can be dialled from anywhere in the country, with single spaces; else the sentence why not.

    A short number, or +7 or 8 with ten digits, or another country's with its plus.
    """
    text = " ".join(raw.replace("\u2013", "-").replace("\u2011", "-").split())
    digits = _digits(text)
    is_home = len(digits) == 11 and (digits[0] == "7" if text.startswith("+") else digits[0] in "78")
    is_abroad = text.startswith("+") and digits[:1] not in ("", "0", "7") and len(digits) in _ABROAD
    is_short = not text.startswith("+") and len(digits) in _SHORT
    if _SIGNS.fullmatch(text) and (is_home or is_abroad or is_short):
        return text
    return Problem("phone", NO_PHONE, {"value": text[:40]})


def dialled(phone: str) -> str:
    """The number as a telephone takes it: +77272720000 for 8 (727) 272-00-00, 111 for 111."""
    digits = _digits(phone)
    if len(digits) == 11 and digits[0] in "78":
        return f"+7{digits[1:]}"
    return f"+{digits}" if phone.startswith("+") else digits


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign in "0123456789")


def sorted_contacts(contacts: Collection[Contact], region: str) -> list[Contact]:
    """The contacts of exactly this region, most urgent first."""
    found = [one for one in contacts if one.region == region]
    return sorted(found, key=lambda one: (WHATS.index(one.what), one.name.casefold(), one.contact_id))
