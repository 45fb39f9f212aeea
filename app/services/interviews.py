"""What a monitor does with an interview: open it after the consent, write, close it, or stop and leave nothing."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from app.domain import interviews as rules
from app.domain.interviews import Interview
from app.domain.journal import Draft, Json
from app.domain.people import Person
from app.domain.scripts import Script
from app.domain.visits import Visit
from app.errors import N_, InvalidInput, MoveNotAllowed, NotAllowed
from app.services.texts import kept_text
from app.services.visits import start_if_planned
from app.store import confidential, journal
from app.store import interviews as kept
from app.store.node import Node
from app.store.vault import key_fingerprint, seal_to

NOT_TRAINED = N_(
    "The office has no date of your training yet, and talks are for trained monitors only. Call the office."
)
NO_KEY = N_(
    "This tablet has no key of the office to seal the talk with, so it stays here as a draft, in the encrypted data. "
    "Connect to the office once, then close it."
)


@dataclass(frozen=True)
class Consent:
    """What was agreed to before the first question: how many of the script's steps, and how it is with a child's
    parent, guardian or lawyer."""

    script: Script
    agreed: int
    representative: str


def open_interview(session: Session, person: Person, visit: Visit, consent: Consent, here_and_now: datetime) -> str:
    """A draft with a code of its own, after every step of the consent was agreed to. Returns its id.

    `here_and_now`: local time, of which half a day is kept. Raises NotAllowed, MoveNotAllowed, InvalidInput.
    """
    _require_open(person, visit, here_and_now.date())
    content = _agreed(consent)
    node: Node = session.info["node"]
    interview = Interview(
        interview_id=node.clock.new_id(),
        visit_id=visit.visit_id,
        author=person.person_id,
        code=rules.new_code(kept.codes_in(session, visit.visit_id), node.clock.random_bytes(8)),
        script=consent.script.id,
        held_on=here_and_now.date(),
        half=rules.half_of(here_and_now),
        content=content,
    )
    start_if_planned(session, person, visit)
    kept.add(session, interview)
    return interview.interview_id


def _require_open(person: Person, visit: Visit, today: date) -> None:
    if person.person_id not in visit.team:
        raise NotAllowed()
    if not visit.is_open:
        raise MoveNotAllowed()
    if not rules.is_trained(person, today):
        raise InvalidInput(NOT_TRAINED)


def _agreed(consent: Consent) -> dict[str, str]:
    """What a draft begins with. Raises InvalidInput without a yes to each step, or a word on a child's representative."""
    if consent.agreed < len(consent.script.consent):
        raise InvalidInput("Without a yes to each of these there is no talk. Thank them and let them go.", "agreed")
    if consent.script.audience != "child":
        return {"assent": "yes"}
    if consent.representative not in rules.CHOICES["representative"]:
        raise InvalidInput("Say how it is with the consent of a parent, guardian or lawyer.", "representative")
    told = {"assent": "yes", "representative": consent.representative}
    band = "_".join(map(str, consent.script.ages or ()))
    return told | {"age": band} if band in rules.CHOICES["age"] else told


def write_interview(session: Session, interview: Interview, script: Script, typed: Mapping[str, str]) -> Interview:
    """Puts the whole form in place of what the draft held; what the form does not know is passed over.

    Raises InvalidInput with the field; then nothing is changed.
    """
    topics = {topic.id for topic in script.topics}
    content = {name: value for name, value in interview.content.items() if name in rules.AT_OPENING}
    for name, raw in typed.items():
        if not rules.is_field(name, topics):
            continue
        value = kept_text(name, raw, rules.NOTE_LETTERS)
        if value and not rules.is_allowed(name, value):
            raise InvalidInput("Choose one of the answers that are offered.", name)
        if value:
            content[name] = value
    written = Interview(**vars(interview) | {"content": content})
    if len(rules.document(written)) > rules.MAX_DOCUMENT_BYTES:
        raise InvalidInput("The notes of this talk are too long to be sealed. Shorten them.", "note.other")
    kept.put_content(session, interview.interview_id, content)
    return written


def close_interview(session: Session, person: Person, visit: Visit, interview: Interview, script: Script) -> None:
    """Seals the draft to central's keys, writes the one entry, and erases the draft: this device cannot read it again.

    Raises InvalidInput while something is missing or central has told no key; then it stays a draft.
    """
    if rules.missing(interview, script.audience == "child"):
        raise InvalidInput("Something is still missing. Go back to the talk and choose an answer.")
    keys = confidential.told(session)[: rules.MOST_KEYS]
    if not keys:
        raise InvalidInput(NO_KEY)
    plain, info = rules.document(interview), rules.sealed_info(visit.visit_id, interview.interview_id)
    sets: dict[str, Json] = {
        "code": interview.code,
        "held_on": interview.held_on.isoformat(),
        "half": interview.half,
        "state": rules.CLOSED,
    }
    for key in keys:
        sets[rules.SEALED + key_fingerprint(key)] = base64.b64encode(seal_to(key, plain, info)).decode()
    journal.append(session, Draft("interview", interview.interview_id, visit.scope, sets), person.person_id)
    kept.erase(session, interview.interview_id)


def stop_interview(session: Session, interview: Interview) -> None:
    """Erases this interview alone. A number without time, code or author is left on this device, and nothing travels."""
    kept.erase(session, interview.interview_id)
    kept.add_stopped(session, interview.visit_id)
