"""Erasing what is over its time: one asks, another agrees, and the bodies are destroyed on every node that has them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlmodel import Session

from app.config import Settings
from app.domain import audit as acts
from app.domain.journal import Json
from app.domain.people import Person
from app.domain.retention import ASKED_FOR_DAYS, KINDS, Due, counts, digest, is_over
from app.domain.visits import Visit, visit_of
from app.errors import N_, InvalidInput, NotAllowed
from app.store import alerts, audit, erasures, journal, reads
from app.store.node import Node, drop_values, put_value, value_of

ASKED: Final = "retention_asked"  # node value: who asked, when, for which entries
DAY_MS: Final = 24 * 3_600_000
NOTHING_DUE: Final = N_("Nothing is over its time.")
ANOTHER: Final = N_("Another person has to agree, not the one who asked.")
NOT_ASKED: Final = N_("Nobody has asked for this within a week. Ask first; then another person agrees.")
CHANGED: Final = N_("Something else is over its time by now. Look again, and ask again.")


@dataclass(frozen=True)
class Asked:
    """That somebody asked to erase exactly these entries."""

    by: str
    at_ms: int
    digest: str


def months_of(settings: Settings) -> dict[str, int]:
    """Group -> months until it is over, 0 for never."""
    return {group: getattr(settings, f"retention_{group}_months") for group in KINDS}


def due(session: Session, months: Mapping[str, int], today: date) -> list[Due]:
    """What is over its time, visit by visit, the oldest first. `months`: group -> months, 0 for never.

    Of a visit with an alert that is not closed no alert is over.
    """
    found = []
    visits = [visit_of(record) for record in reads.records(session, "visit")]
    for visit in sorted(visits, key=lambda one: (str(one.visited_on), one.visit_id)):
        for group, kinds in KINDS.items():
            if visit.state != "approved" or not visit.visited_on or not is_over(visit.visited_on, months[group], today):
                continue
            if group == "alerts" and _has_open_alert(session, visit):
                continue
            entries = erasures.with_body(session, visit.scope, kinds)
            if entries:
                found.append(Due(group, visit.visit_id, visit.visited_on, tuple(entries)))
    return found


def _has_open_alert(session: Session, visit: Visit) -> bool:
    return any(not one.closed for one in alerts.in_visit(session, visit.visit_id))


def asked(session: Session) -> Asked | None:
    """The request that waits for a second person; None when there is none, or it is older than a week."""
    node: Node = session.info["node"]
    text = value_of(session, ASKED)
    found = Asked(**json.loads(text)) if text else None
    return found if found and node.clock.now_ms() - found.at_ms < ASKED_FOR_DAYS * DAY_MS else None


def ask(session: Session, person: Person, found: list[Due]) -> None:
    """Asks to erase what was found. Raises NotAllowed, InvalidInput when there is nothing."""
    _require(person, found)
    node: Node = session.info["node"]
    request = Asked(person.person_id, node.clock.now_ms(), digest(found))
    put_value(session, ASKED, json.dumps(vars(request)))
    told: dict[str, Json] = {**counts(found)}
    audit.note(session, person.person_id, acts.ERASING_ASKED, told=told)


def erase(session: Session, person: Person, found: list[Due], needs_second: bool) -> int:
    """Destroys the bodies of what was found, everywhere; the chains still verify. Returns how many.

    Raises NotAllowed, InvalidInput: when nothing was asked, by the one who asked, or when something else is due by now.
    """
    _require(person, found)
    before = asked(session)
    if needs_second:
        if before is None:
            raise InvalidInput(NOT_ASKED)
        if before.by == person.person_id:
            raise InvalidInput(ANOTHER)
        if before.digest != digest(found):
            raise InvalidInput(CHANGED)
    for one in found:
        for entry_id in one.entries:
            journal.erase(session, entry_id, person.person_id, by_office=True)
    drop_values(session, [ASKED])
    told: dict[str, Json] = {**counts(found), **({"asked_by": before.by} if before else {})}
    audit.note(session, person.person_id, acts.ERASED_BY_RULE, told=told)
    return sum(len(one.entries) for one in found)


def _require(person: Person, found: list[Due]) -> None:
    if not person.may("retention"):
        raise NotAllowed()
    if not found:
        raise InvalidInput(NOTHING_DUE)
