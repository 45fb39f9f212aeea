"""People and what their roles allow. Deny by default: what is not named here nobody may do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from app.domain.merge import Record

ROLES: Final = ("monitor", "team_lead", "reviewer", "trainer", "administrator")

RIGHTS: Final[Mapping[str, frozenset[str]]] = {
    "open": frozenset(),  # no sign-in: health, sign-in page, static files
    "signed_in": frozenset(ROLES),
    "visit": frozenset({"monitor", "team_lead", "reviewer", "trainer"}),
    "plan_visit": frozenset({"team_lead", "reviewer"}),
    "review": frozenset({"reviewer"}),
    "see_institutions": frozenset(ROLES),
    "edit_institutions": frozenset({"reviewer", "administrator"}),
    "see_people": frozenset({"reviewer", "administrator", "trainer"}),
    "edit_people": frozenset({"administrator"}),
    "devices": frozenset({"administrator"}),
    "see_audit": frozenset({"reviewer", "administrator"}),  # each sees what the other did
    "erase": frozenset({"administrator"}),  # what others wrote; one's own words anybody may erase
    "retention": frozenset({"reviewer", "administrator"}),  # each sees what the other erases
    "export_findings": frozenset({"reviewer"}),  # what leaves the office: of visits they see, and what is published
    "bring_bundles": frozenset({"reviewer", "administrator"}),  # each entry is its author's, whoever brings the stick
}


@dataclass(frozen=True)
class Person:
    """A member of the monitoring group or of the office's staff."""

    person_id: str
    name: str
    roles: frozenset[str]
    organisation: str = ""
    accredited_until: date | None = None
    trained_on: date | None = None
    is_active: bool = True
    fields: Mapping[str, object] = field(default_factory=dict)

    def may(self, right: str) -> bool:
        """True when one of the person's roles carries the right. Raises KeyError for a right that does not exist."""
        return self.is_active and bool(self.roles & RIGHTS[right])

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper()


def person_of(record: Record) -> Person:
    """The person that a `person` record describes."""
    return Person(
        person_id=record.subject,
        name=record.text("name"),
        roles=frozenset(record.texts("roles")),
        organisation=record.text("organisation"),
        accredited_until=_day(record.text("accredited_until")),
        trained_on=_day(record.text("trained_on")),
        is_active=record.fields.get("active") is not False,
        fields=record.fields,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
