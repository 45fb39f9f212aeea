"""What people do with a visit: plan it, arrive, declare, meet a refusal, finish, sign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from app.domain import visits as rules
from app.domain.checklist import CompiledChecklist
from app.domain.coverage import follow_up_of
from app.domain.journal import Draft, Json, heads_digest, is_entry_id, sign_off_message
from app.domain.people import Person
from app.domain.visits import LEGAL_BASES, Visit
from app.errors import (
    N_,
    AlreadySigned,
    InvalidInput,
    MoveNotAllowed,
    NotAllowed,
    NoticeNeeded,
    ReasonNeeded,
    TeamTooSmall,
)
from app.services.texts import kept_text
from app.store import journal, reads, wiping
from app.store.node import Node
from app.store.vault import signature_holds

CHANGED_SINCE = N_("Something changed since this page was opened. Look again, then sign.")
FIRST_YEAR, LAST_YEAR = 2000, 2099  # outside is a slip of the finger


@dataclass(frozen=True)
class Plan:
    """A visit as it is planned. `members` maps person ids to `team_lead` or `monitor`."""

    visit_id: str
    institution_id: str
    kind: str
    is_announced: bool
    legal_basis: str
    visited_on: str
    members: Mapping[str, str]
    variant: str = "full"


def plan_visit(session: Session, person: Person, plan: Plan, checklist: CompiledChecklist, sha256: str) -> str:
    """Writes a planned visit that pins its checklist. Sending the same plan twice makes one visit.

    Raises InvalidInput, TeamTooSmall, NoticeNeeded (the legal basis drives both), NotAllowed.
    """
    if not person.may("plan_visit"):
        raise NotAllowed()
    if reads.record(session, plan.visit_id) is not None:
        return plan.visit_id
    if not is_entry_id(plan.visit_id):
        raise InvalidInput("The form is incomplete or too large. Open the page again. Nothing was changed.", "visit")
    _check_plan(session, plan)
    if reads.institutions(session)[plan.institution_id].text("type") not in checklist.checklist.types:
        raise InvalidInput("This checklist is not made for this type of institution. Choose another one.", "checklist")
    asked = _asked(session, person, plan, checklist)
    sets: dict[str, Json] = {**_planned_fields(plan, checklist), "checklist_sha256": sha256, "asked": list(asked)}
    journal.append(session, Draft("visit", plan.visit_id, f"visit:{plan.visit_id}", sets), person.person_id)
    return plan.visit_id


def _planned_fields(plan: Plan, checklist: CompiledChecklist) -> dict[str, Json]:
    fields: dict[str, Json] = {
        "institution": plan.institution_id,
        "kind": plan.kind,
        "announced": plan.is_announced,
        "legal_basis": plan.legal_basis,
        "visited_on": plan.visited_on,
        "team": list(plan.members),
        "checklist_id": checklist.checklist.id,
        "checklist_version": checklist.checklist.version,
        "variant": plan.variant,
        "state": "planned",
    }
    return fields | {f"role.{member}": role for member, role in plan.members.items()}


def _asked(session: Session, person: Person, plan: Plan, checklist: CompiledChecklist) -> tuple[str, ...]:
    """The indicators of the chosen variant; none named for the full list. Raises InvalidInput."""
    if plan.variant == "full":
        return ()
    if plan.variant == "short":
        return checklist.checklist.short
    if plan.variant != "follow_up":
        raise InvalidInput("Choose how much is asked.", "variant")
    last = reads.last_visit_to(session, person, plan.institution_id)
    if last is None and wiping.was_at(session, person, plan.institution_id):
        raise InvalidInput(
            "The last visit to this place was sent and removed from this tablet. "
            "The office can plan the follow-up, or choose the full or the short list.",
            "variant",
        )
    if last is None:
        raise InvalidInput(
            "No finished visit to this place is known here, so there is nothing to follow up. "
            "Choose the full or the short list.",
            "variant",
        )
    # Never empty, which would mean everything: the library check asks every checklist for what is required.
    return follow_up_of(checklist, reads.records_of(session, last).answers)


def _check_plan(session: Session, plan: Plan) -> None:
    if plan.institution_id not in reads.institutions(session):
        raise InvalidInput("Choose the institution from the list.", "institution")
    if plan.kind not in rules.KINDS:
        raise InvalidInput("Choose the kind of visit.", "kind")
    basis = LEGAL_BASES.get(plan.legal_basis)
    if basis is None:
        raise InvalidInput("Choose the legal basis.", "legal_basis")
    if not is_visit_day(plan.visited_on):
        raise InvalidInput("Give the day of the visit.", "visited_on")
    known = reads.people(session)
    if not plan.members or not all(member in known for member in plan.members):
        raise InvalidInput("Choose at least one member for the team.", "member")
    if not set(plan.members.values()) <= {"team_lead", "monitor"} or "team_lead" not in plan.members.values():
        raise InvalidInput("One member must be the team lead.", "member")
    if len(plan.members) < basis.least_members:
        raise TeamTooSmall(least=basis.least_members)
    if basis.notice_days and not plan.is_announced:
        raise NoticeNeeded()


def record_arrival(
    session: Session, person: Person, visit: Visit, arrived_at: str, waiting_minutes: str, received_by_role: str
) -> None:
    """When the team came (HH:MM), how long it waited in minutes, and the role of who received it. Starts the visit."""
    _require_member(person, visit)
    if not visit.is_open:
        raise MoveNotAllowed()
    if not is_time(arrived_at):
        raise InvalidInput("Give the time as hours and minutes, such as 13:10.", "arrived_at")
    waiting = waiting_minutes.strip() or "0"
    if not (waiting.isascii() and waiting.isdigit()) or int(waiting) > 1440:
        raise InvalidInput("Waiting is a whole number of minutes, from 0 to 1440.", "waiting_minutes")
    sets: dict[str, Json] = {
        "arrived_at": arrived_at,
        "waiting_minutes": int(waiting),
        "received_by_role": kept_text("received_by_role", received_by_role, 200),
    }
    if visit.state == "planned":
        sets["state"] = "in_progress"
    _append_visit(session, person, visit, sets)


def start_if_planned(session: Session, person: Person, visit: Visit) -> None:
    """The first answer starts the visit: nobody is stopped for not having written the arrival down."""
    if visit.state == "planned":
        _append_visit(session, person, visit, {"state": "in_progress"})


def declare_interest(session: Session, person: Person, visit: Visit, conflict: str, text: str) -> None:
    """A member's own word on conflict of interest (PEC 36(3), 43(3)). A conflict needs its reason."""
    _require_member(person, visit)
    if conflict not in ("none", "has"):
        raise InvalidInput("Say whether you have a conflict of interest.", "conflict")
    if conflict == "has" and not text.strip():
        raise InvalidInput("Say in a few words what the conflict is.", "text")
    subject = f"{visit.visit_id}/declaration/{person.person_id}"
    sets: dict[str, Json] = {"person": person.person_id, "conflict": conflict, "text": kept_text("text", text)}
    _append_own(session, person, visit, "declaration", subject, sets)


def record_refusal(session: Session, person: Person, visit: Visit, who_role: str, at: str, reason: str) -> str:
    """Access refused, wholly or to a part: a finding in itself. Returns its id."""
    _require_member(person, visit)
    if not visit.is_open:
        raise MoveNotAllowed()
    if not who_role.strip():
        raise InvalidInput("Say who refused: the role, not the name.", "who_role")
    if not is_time(at):
        raise InvalidInput("Give the time as hours and minutes, such as 13:10.", "at")
    if not reason.strip():
        raise InvalidInput("Write down the reason that was given, or that none was.", "reason")
    node: Node = session.info["node"]
    subject = node.clock.new_id()
    sets: dict[str, Json] = {
        "who_role": kept_text("who_role", who_role, 200),
        "at": at,
        "reason": kept_text("reason", reason),
    }
    journal.append(session, Draft("refusal", subject, visit.scope, sets), person.person_id)
    return subject


def finish_visit(session: Session, person: Person, visit: Visit, must_open: int, reason: str) -> None:
    """Ends the answering. Open must-answer items need a reason. Each member then signs.

    Raises MoveNotAllowed, ReasonNeeded, NotAllowed (the team lead finishes).
    """
    if not rules.is_lead(person, visit):
        raise NotAllowed()
    if not visit.may_move("finished"):
        raise MoveNotAllowed()
    if must_open and not reason.strip():
        raise ReasonNeeded()
    _append_visit(session, person, visit, {"state": "finished", "finish_reason": kept_text("reason", reason)})


def sign_visit(
    session: Session, person: Person, visit: Visit, seen: Sequence[str], dissent: str, shown: str | None = None
) -> None:
    """A member signs with their own key over heads and dissent. `shown`: the digest of the heads their page showed.

    Raises NotAllowed without the person's key, AlreadySigned, InvalidInput when the heads are not those shown.
    """
    _require_member(person, visit)
    if visit.state != "finished":
        raise MoveNotAllowed()
    node: Node = session.info["node"]
    key = node.person_keys.get(person.person_id)
    if key is None:
        raise NotAllowed()
    subject = f"{visit.visit_id}/sign_off/{person.person_id}"
    before = reads.record(session, subject)
    if before and sorted(before.texts("heads")) == sorted(seen):
        raise AlreadySigned()
    if shown is not None and shown != heads_digest(seen):
        raise InvalidInput(CHANGED_SINCE, "dissent")
    told = kept_text("dissent", dissent)
    message = sign_off_message(visit.visit_id, person.person_id, seen, told)
    sets: dict[str, Json] = {
        "person": person.person_id,
        "heads": list[Json](sorted(seen)),
        "dissent": told,
        "public_key": key.public_key().public_bytes_raw().hex(),
        "signature": key.sign(message).hex(),
    }
    _append_own(session, person, visit, "sign_off", subject, sets)


def signature_is_sound(visit_id: str, fields: Mapping[str, Json]) -> bool:
    """True when the signature of a sign-off record verifies over the heads and dissent it names."""
    heads = fields.get("heads")
    if not isinstance(heads, list):
        return False
    message = sign_off_message(
        visit_id, str(fields.get("person")), [str(h) for h in heads], str(fields.get("dissent") or "")
    )
    try:
        public_key, signature = bytes.fromhex(str(fields["public_key"])), bytes.fromhex(str(fields["signature"]))
    except (KeyError, ValueError):
        return False
    return signature_holds(public_key, signature, message)


def is_time(text: str) -> bool:
    """True for HH:MM of a day."""
    hours, _, minutes = text.partition(":")
    if not (text.isascii() and hours.isdigit() and minutes.isdigit()):  # "²" is a digit to Python, and no number
        return False
    return len(hours) <= 2 and len(minutes) == 2 and int(hours) < 24 and int(minutes) < 60


def is_visit_day(text: str) -> bool:
    """True for a day as YYYY-MM-DD in a year that a visit can have."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return day.isoformat() == text and FIRST_YEAR <= day.year <= LAST_YEAR


def _require_member(person: Person, visit: Visit) -> None:
    if person.person_id not in visit.team:
        raise NotAllowed()


def _append_visit(session: Session, person: Person, visit: Visit, sets: dict[str, Json]) -> None:
    journal.append(session, Draft("visit", visit.visit_id, visit.scope, sets, visit.heads), person.person_id)


def _append_own(session: Session, person: Person, visit: Visit, kind: str, subject: str, sets: dict[str, Json]) -> None:
    before = reads.record(session, subject)
    draft = Draft(kind, subject, visit.scope, sets, before.heads if before else ())
    journal.append(session, draft, person.person_id)
