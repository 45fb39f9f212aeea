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
    "read_interviews": frozenset({"reviewer"}),
    "see_institutions": frozenset(ROLES),
    "edit_institutions": frozenset({"reviewer", "administrator"}),
    "see_people": frozenset({"reviewer", "administrator", "trainer"}),
    "edit_people": frozenset({"administrator"}),
    "devices": frozenset({"administrator"}),
    "see_audit": frozenset({"reviewer", "administrator"}),  # each sees what the other did
    "erase": frozenset({"administrator"}),  # what others wrote; one's own words anybody may erase
    "retention": frozenset({"reviewer", "administrator"}),  # each sees what the other erases
    "export_findings": frozenset({"reviewer"}),  # of visits they see
    "publish_figures": frozenset({"reviewer"}),  # of the whole office
    "bring_bundles": frozenset({"reviewer", "administrator"}),  # each entry is its author's, whoever brings the stick
}
# Who gives out roles does not read what children said: neither right stands beside the other in one person.
APART: Final = ("administrator", "reviewer")
# These show the whole office at once: being a reviewer of some regions or visits does not give them.
OF_ALL: Final = frozenset({"see_audit", "retention", "publish_figures"})


@dataclass(frozen=True)
class NeedToKnow:
    """Which visits of other teams a reviewer sees: all, or only those in `regions` and those named in `visits`.

    Limited without regions and visits: none. A visit is the office's case: everything about it hangs on it.
    """

    is_limited: bool = False
    regions: frozenset[str] = frozenset()
    visits: frozenset[str] = frozenset()

    def covers(self, visit_id: str, region: str) -> bool:
        """`region`: of the visit's institution; empty when it is not known, and then only a named visit is covered."""
        return not self.is_limited or region in self.regions or visit_id in self.visits

    def is_within(self, other: "NeedToKnow") -> bool:
        """True when this shows nothing that the other does not."""
        if not other.is_limited:
            return True
        return self.is_limited and self.regions <= other.regions and self.visits <= other.visits


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
    need_to_know: NeedToKnow = NeedToKnow()

    def may(self, right: str) -> bool:
        """True when one of the person's roles carries the right. Raises KeyError for a right that does not exist."""
        carriers = RIGHTS[right]
        if right == "read_interviews" and "administrator" in self.roles:
            return False  # a record of before the two roles were kept apart, or one whose sides stand in conflict
        if right in OF_ALL and self.need_to_know.is_limited:
            carriers = carriers - {"reviewer"}
        return self.is_active and bool(self.roles & carriers)

    def reviews(self, visit_id: str, region: str) -> bool:
        """True when the person reviews visits, and this one is among those that they need to know."""
        return self.may("review") and self.need_to_know.covers(visit_id, region)

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
        need_to_know=NeedToKnow(
            is_limited=record.fields.get("limited", False) is not False or "limited" in record.conflicts,
            regions=frozenset(record.texts("regions")),
            visits=frozenset(record.texts("visits")),
        ),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
