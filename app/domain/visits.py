"""A visit: its states and allowed moves, its legal basis, and who may do what. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.domain.merge import Record
from app.domain.people import Person

KINDS: Final = ("periodic", "interim", "special", "follow_up")
STATES: Final = ("planned", "in_progress", "finished", "returned", "approved")
MOVES: Final[Mapping[str, frozenset[str]]] = {
    "planned": frozenset({"in_progress", "finished"}),  # finished at once: access was refused at the gate
    "in_progress": frozenset({"finished"}),
    "finished": frozenset({"returned", "approved"}),
    "returned": frozenset({"finished"}),
    "approved": frozenset(),
}
VARIANTS: Final = ("full", "short", "follow_up")  # how much of its checklist a visit asks
OPEN_STATES: Final = ("planned", "in_progress", "returned")


@dataclass(frozen=True)
class LegalBasis:
    """By which law one enters, and what that law asks: members and days of notice.

    Source: domain corpus 1.6 item 5. ONK: at least two members and one day of notice (PEC 38(2)); NPM: free choice of
    place (PEC 42(1)(5)); the Commissioner's group: its own law, no notice asked.
    """

    code: str
    least_members: int
    notice_days: int
    standard: str


LEGAL_BASES: Final[Mapping[str, LegalBasis]] = {
    "commissioner": LegalBasis("commissioner", 1, 0, "kz.law.345.7-1.7-2"),
    "npm": LegalBasis("npm", 1, 0, "kz.pec.42.1.5"),
    "onk": LegalBasis("onk", 2, 1, "kz.pec.38.2"),
}


@dataclass(frozen=True)
class Visit:
    """The visit record as a value. `roles` maps each member of the team to `team_lead` or `monitor`."""

    visit_id: str
    institution_id: str
    kind: str
    is_announced: bool
    legal_basis: str
    visited_on: date | None
    team: tuple[str, ...]
    roles: Mapping[str, str]
    checklist_id: str
    checklist_version: int
    checklist_sha256: str
    variant: str
    asked: tuple[str, ...]  # the indicators of a short or follow-up visit, fixed when it was planned; empty: all
    state: str
    arrived_at: str
    waiting_minutes: int | None
    received_by_role: str
    finish_reason: str
    return_reason: str
    heads: tuple[str, ...]

    @property
    def scope(self) -> str:
        return f"visit:{self.visit_id}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    def may_move(self, state: str) -> bool:
        return state in MOVES[self.state]


def visit_of(record: Record) -> Visit:
    """The visit that a `visit` record describes. A state in conflict counts as the one that lets people go on."""
    state = record.text("state") or _mildest(record)
    waiting = record.fields.get("waiting_minutes")
    team = _team(record)
    return Visit(
        visit_id=record.subject,
        institution_id=record.text("institution"),
        kind=record.text("kind"),
        is_announced=record.is_on("announced"),
        legal_basis=record.text("legal_basis"),
        visited_on=date.fromisoformat(record.text("visited_on")) if record.text("visited_on") else None,
        team=team,
        roles={person: record.text(f"role.{person}") or "monitor" for person in team},
        checklist_id=record.text("checklist_id"),
        checklist_version=int(record.text("checklist_version") or 1),
        checklist_sha256=record.text("checklist_sha256"),
        variant=record.text("variant") or "full",
        asked=tuple(record.texts("asked")),
        state=state if state in STATES else "in_progress",
        arrived_at=record.text("arrived_at"),
        waiting_minutes=waiting if isinstance(waiting, int) else None,
        received_by_role=record.text("received_by_role"),
        finish_reason=record.text("finish_reason"),
        return_reason=record.text("return_reason"),
        heads=record.heads,
    )


def _team(record: Record) -> tuple[str, ...]:
    """Of teams that stand against each other everybody: a conflict shuts nobody out of a visit."""
    sides = [one.value for one in record.conflicts.get("team", ()) if isinstance(one.value, list)]
    members = [*record.texts("team"), *(str(person) for side in sides for person in side)]
    return tuple(dict.fromkeys(members))


def _mildest(record: Record) -> str:
    """Of states that stand against each other: what still lets the team answer, so that nothing typed is refused."""
    values = {str(candidate.value) for candidate in record.conflicts.get("state", ())}
    return next(
        (state for state in ("returned", "in_progress", "planned", "finished", "approved") if state in values),
        "planned",
    )


def may_see(person: Person, visit: Visit, region: str) -> bool:
    """Reviewers see the visits that they need to know, all others those of their teams only.

    `region`: of the visit's institution; it matters for who is limited to some regions.
    """
    return person.person_id in visit.team or person.reviews(visit.visit_id, region)


def may_answer(person: Person, visit: Visit, has_open_question: bool) -> bool:
    """Team members answer while the visit is open; a returned visit is open only where the office asked."""
    if person.person_id not in visit.team:
        return False
    return visit.state in ("planned", "in_progress") or (visit.state == "returned" and has_open_question)


def is_lead(person: Person, visit: Visit) -> bool:
    return visit.roles.get(person.person_id) == "team_lead"
