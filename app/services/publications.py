"""What leaves the office: findings for those who work with them, and figures of a period for everybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlmodel import Session

from app.domain import audit as acts
from app.domain.checklist import Text
from app.domain.journal import Draft, Json
from app.domain.people import Person
from app.domain.publication import Figures, Period, Place, figures_of, outcomes_of, period_of
from app.domain.small_cells import Chance
from app.domain.visits import Visit, visit_of
from app.errors import N_, InvalidInput, NotAllowed
from app.services.texts import kept_text
from app.store import audit, journal, reads
from app.store.checklists import pinned
from app.store.node import Node

KIND: Final = "release"  # a period that was published; subject `release/<period>`
SCOPE: Final = "office"  # never leaves central
LEAST_PURPOSE, MOST_PURPOSE = 10, 500  # letters
NOT_OVER: Final = N_(
    "This period is not over yet. What is published of it does not change afterwards, so wait for its end."
)
OVERLAPS: Final = N_(
    "%(other)s is published already, and the two overlap: who subtracts one from the other sees single places."
)
OTHER_WAY: Final = N_(
    "This period is published already, cut in the other way. Two ways could be subtracted from each other."
)
TOO_FEW: Final = N_("Fewer than %(least)d places were visited in this period: nothing of it can be published.")


@dataclass(frozen=True)
class Gathered:
    """What a period holds. `waiting`: visits of it that are not approved and so are not counted, now or later."""

    places: tuple[Place, ...]
    texts: Mapping[str, Text]
    waiting: int


@dataclass(frozen=True)
class Release:
    """A period as it was published."""

    figures: Figures
    made_by: str
    made_at_ms: int


def stated_purpose(typed: str) -> str:
    """What an export is for, in the exporter's words. Raises InvalidInput."""
    why = kept_text("purpose", typed, MOST_PURPOSE)
    if len(why) < LEAST_PURPOSE:
        raise InvalidInput("Say what the file is for and who gets it, in a sentence.", "purpose")
    return why


def note_export(session: Session, person: Person, told: Mapping[str, Json]) -> None:
    """Writes down that a file with findings was made. Raises NotAllowed."""
    if not person.may("export_findings"):
        raise NotAllowed()
    audit.note(session, person.person_id, acts.EXPORTED, told=told)


def gathered(session: Session, period: Period) -> Gathered:
    """The places visited in a period, whoever asks: one and the same figure is published, whichever reviewer does it.

    Of each place every indicator counts as its latest approved visit that knew it left it.
    """
    visits = [visit_of(one) for one in reads.records(session, "visit")]
    inside = [one for one in visits if one.visited_on and period.first <= one.visited_on <= period.last]
    approved = sorted((one for one in inside if one.state == "approved"), key=lambda v: (str(v.visited_on), v.visit_id))
    institutions = reads.institutions(session)
    outcomes: dict[str, dict[str, str]] = {}
    texts: dict[str, Text] = {}
    for visit in approved:
        told, asked = _told(session, visit)
        outcomes.setdefault(visit.institution_id, {}).update(told)
        texts |= asked
    places = [
        Place(key, institutions[key].text("type"), institutions[key].text("region"), found)
        for key, found in outcomes.items()
        if key in institutions
    ]
    return Gathered(tuple(places), texts, len(inside) - len(approved))


def _told(session: Session, visit: Visit) -> tuple[dict[str, str], dict[str, Text]]:
    """What a visit found, and the words of the indicators that judge something."""
    checklist = pinned(session, visit.checklist_sha256, visit.asked)
    records = reads.records_of(session, visit)
    repeats: dict[str, list[str]] = {}
    for repeat in records.repeats:
        repeats.setdefault(repeat.text("section"), []).append(repeat.subject)
    judging = {one.id: one.text for _, one in checklist.in_order() if one.answer.rating or one.thresholds}
    return outcomes_of(checklist, records.answers, repeats), judging


def release_of(session: Session, period: Period) -> Release | None:
    """What was published of exactly this period."""
    found = reads.record(session, f"{KIND}/{period.code}")
    if found is None:
        return None
    author, at_ms = reads.made_at_of(session, list(found.heads)).get(found.heads[0], ("", 0))
    return Release(Figures.model_validate_json(found.text("figures")), author, at_ms)


def why_not(session: Session, period: Period, way: str, today: date) -> InvalidInput | None:
    """Why a period cannot be published in this way; None when it can, or was."""
    if period.last >= today:
        return InvalidInput(NOT_OVER, "period")
    for record in reads.records(session, KIND, SCOPE):
        other = period_of(record.text("period"))
        if other.code != period.code and other.overlaps(period):
            return InvalidInput(OVERLAPS, "period", other=other.code)
        if other.code == period.code and record.text("way") != way:
            return InvalidInput(OTHER_WAY, "way")
    return None


def planned(session: Session, period: Period, way: str, least: int) -> tuple[Figures, Gathered]:
    """The figures as they would be published. Raises InvalidInput when there is too little."""
    found = gathered(session, period)
    node: Node = session.info["node"]
    chance = Chance(
        node.sign(f"figures of {period.code} by {way}".encode())
    )  # nobody else's, and the same at each look
    figures = figures_of(period, way, found.places, found.texts, chance, least)
    if figures is None:
        raise InvalidInput(TOO_FEW, "period", least=least)
    return figures, found


def publish(session: Session, person: Person, period: Period, way: str, now: datetime, least: int) -> Figures:
    """The figures of a period: those that were published, or new ones, which from now on stay as they are.

    `now`: local time. Raises InvalidInput, NotAllowed.
    """
    if not person.may("publish_figures"):
        raise NotAllowed()
    journal.lock_scopes(session, {SCOPE})  # two who publish at once: the second sees what the first did
    if problem := why_not(session, period, way, now.date()):
        raise problem
    if before := release_of(session, period):
        return before.figures
    figures, _ = planned(session, period, way, least)
    sets: dict[str, Json] = {"period": period.code, "way": way, "figures": figures.model_dump_json()}
    journal.append(session, Draft(KIND, f"{KIND}/{period.code}", SCOPE, sets), person.person_id)
    told: dict[str, Json] = {
        "way": way,
        "places": figures.visited,
        "hidden": figures.hidden,
        "withheld": figures.withheld,
    }
    audit.note(session, person.person_id, acts.PUBLISHED, period.code, told)
    return figures


def periods(session: Session, today: date) -> list[Period]:
    """The years and halves that are over and hold a visit, the latest first."""
    days = [visit_of(one).visited_on for one in reads.records(session, "visit")]
    codes = {code for day in days if day for code in (f"{day.year}", f"{day.year}-{1 if day.month < 7 else 2}")}
    return [one for one in map(period_of, sorted(codes, reverse=True)) if one.last < today]
