"""The office's contacts, which every tablet carries: whom to call when a child is in danger."""

from sqlmodel import Session

from app.domain.contacts import EVERYWHERE, WHATS, check_phone
from app.domain.journal import Draft, Json, is_entry_id
from app.domain.people import Person
from app.domain.problem import Problem
from app.errors import InvalidInput, NotAllowed, NotThere
from app.services.institutions import REGIONS
from app.services.texts import kept_text
from app.store import journal, reads

FIELDS = ("region", "what", "name", "phone", "hours", "note")


def save_contact(session: Session, author: Person, contact_id: str, typed: dict[str, str]) -> None:
    """Adds a contact, or changes it when its id is known.

    Raises InvalidInput, NotAllowed, NotThere for an id that names something else or a contact that was removed.
    """
    if not author.may("edit_institutions"):
        raise NotAllowed()
    sets = check_contact(typed)
    before = reads.record(session, contact_id)
    if before and (before.kind != "contact" or before.is_on("removed") or before.scope != "reference"):
        raise NotThere()
    if before is None and not is_entry_id(contact_id):
        raise NotThere()  # an answer's subject is made of other signs: no contact may take its place
    if before and all(before.fields.get(name) == value for name, value in sets.items()):
        return
    draft = Draft("contact", contact_id, "reference", sets, before.heads if before else ())
    journal.append(session, draft, author.person_id)


def remove_contact(session: Session, author: Person, contact_id: str) -> None:
    """Takes a contact off every tablet's list; its history stays. Raises NotAllowed, NotThere."""
    if not author.may("edit_institutions"):
        raise NotAllowed()
    before = reads.contact(session, contact_id)
    draft = Draft("contact", contact_id, "reference", {"removed": True}, before.heads)
    journal.append(session, draft, author.person_id)


def check_contact(typed: dict[str, str]) -> dict[str, Json]:
    """The typed fields as values. Raises InvalidInput with the first fault."""
    text = {name: kept_text(name, typed.get(name, ""), 500 if name == "note" else 200) for name in FIELDS}
    if text["region"] != EVERYWHERE and text["region"] not in REGIONS:
        raise InvalidInput("Choose a region of the list, or the whole country.", "region")
    if text["what"] not in WHATS:
        raise InvalidInput("Choose what kind of contact this is.", "what")
    if not text["name"]:
        raise InvalidInput("Say whose number this is.", "name")
    if not text["phone"]:
        raise InvalidInput("Give the telephone number.", "phone")
    phone = check_phone(text["phone"])
    if isinstance(phone, Problem):
        raise InvalidInput(phone.sentence, "phone", **phone.params)
    return {**text, "phone": phone}
