"""Central: the audit log, to be searched by those who answer for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from app.domain import audit as acts
from app.domain.journal import MAX_WHOLE, Json
from app.domain.people import Person
from app.errors import N_
from app.store import audit, device_facts, reads
from app.store.audit import Asked, Noted
from app.web.contexts import Choice
from app.web.deps import ReadSession, needs
from app.web.language import Speech
from app.web.render import page, speech_of

router = APIRouter()
Auditor = Annotated[Person, needs("see_audit")]
Typed = Annotated[str, Query(max_length=100)]
ROWS: Final = 100  # on one page
ACT: Final = {
    acts.SIGNED_IN: N_("signed in"),
    acts.SIGN_IN_FAILED: N_("sign-in failed"),
    acts.SIGNED_OUT: N_("signed out"),
    acts.LOCKED: N_("locked"),
    acts.PERSON_SAVED: N_("person saved"),
    acts.SIGN_IN_SET: N_("sign-in changed"),
    acts.PASSPHRASE_CHANGED: N_("own passphrase changed"),
    acts.PASSPHRASE_GIVEN: N_("passphrase given"),
    acts.PASSPHRASE_RESET: N_("passphrase reset"),
    acts.RECOVERY_CARD_MADE: N_("recovery card made"),
    acts.RECOVERY_CARD_USED: N_("recovery card used"),
    acts.SECOND_STEP_SET: N_("second step of signing in set up"),
    acts.SECOND_STEP_REMOVED: N_("second step of signing in removed"),
    acts.SECOND_STEP_FAILED: N_("second step of signing in failed"),
    acts.RECOVERY_CODE_USED: N_("recovery code used"),
    acts.PASSKEY_ADDED: N_("passkey added"),
    acts.PASSKEY_REMOVED: N_("passkey removed"),
    acts.SESSIONS_ENDED: N_("other sessions ended"),
    acts.OFFICE_SIGN_IN_SET: N_("office sign-in linked or unlinked"),
    acts.PERSON_PROPOSED: N_("change of a person proposed"),
    acts.PROPOSAL_CONFIRMED: N_("change of a person confirmed"),
    acts.PROPOSAL_WITHDRAWN: N_("proposed change withdrawn"),
    acts.CODE_MADE: N_("one-time code made"),
    acts.DEVICE_ENROLLED: N_("tablet linked"),
    acts.DEVICE_REVOKED: N_("tablet withdrawn"),
    acts.VISIT_RETURNED: N_("visit returned with questions"),
    acts.VISIT_APPROVED: N_("visit approved"),
    acts.ALERT_ACKNOWLEDGED: N_("alert: the office knows"),
    acts.ALERT_CLOSED: N_("alert closed"),
    acts.ORIGINAL_READ: N_("original of a photo opened"),
    acts.EXPORTED: N_("exported"),
    acts.PUBLISHED: N_("figures published"),
    acts.POLICY_CHANGED: N_("policy changed"),
    acts.ERASING_ASKED: N_("asked to erase what is over its time"),
    acts.ERASED_BY_RULE: N_("erased what is over its time"),
    acts.BACKUP_MADE: N_("backup made and tried"),
    acts.EPOCH_BEGUN: N_("new epoch begun after a restore"),
    acts.CONFIDENTIAL_KEY_MADE: N_("key for talks made"),
    acts.CONFIDENTIAL_KEY_RETIRED: N_("key for talks retired"),
    acts.READING_ASKED: N_("asked to read a sealed talk"),
    acts.READING_CONFIRMED: N_("agreed that a sealed talk is read"),
    acts.INTERVIEW_GIVEN_OUT: N_("sealed talk given out to be read"),
    acts.VISIT_WIPED: N_("visit removed from a tablet"),
    acts.DEVICE_WIPED: N_("tablet destroyed all that was on it"),
    acts.WIPE_ORDERED: N_("tablet ordered to be wiped"),
    acts.WIPE_TAKEN_BACK: N_("order to wipe a tablet taken back"),
}
FACT: Final = {
    "device": N_("Tablet"),
    "people": N_("People"),
    "sha256": "SHA-256",
    "purpose": N_("Purpose"),
    "level": N_("Level"),
    "visits": N_("Visits"),
    "findings": N_("Findings"),
    "period": N_("Period"),
    "way": N_("In rows"),
    "places": N_("Places visited"),
    "hidden": N_("Hidden cells"),
    "withheld": N_("Indicators left empty"),
    "reason": N_("Why"),
    "lost": N_("Entries that had not been sent"),
    "address": N_("From address"),
    "failed_before": N_("Failed tries before"),
    "proposed_by": N_("Proposed by"),
    "left": N_("Recovery codes left"),
    "roles": N_("Roles"),
    "active": N_("Active"),
    "limited": N_("Limited as a reviewer"),
    "regions": N_("Regions"),
}


@dataclass(frozen=True)
class AuditLine:
    """One row: who did what with what, and further facts as they were noted."""

    seq: int
    at: datetime | None
    who: str
    act: str
    of: str
    told: str


@dataclass(frozen=True)
class AuditPage:
    """`audit/page.html`. `older_url`: empty on the last page."""

    lines: tuple[AuditLine, ...]
    people: tuple[Choice, ...]
    acts: tuple[Choice, ...]
    of: str
    from_day: str
    until_day: str
    older_url: str
    is_searched: bool


@router.get("/audit")
def audit_page(
    request: Request,
    session: ReadSession,
    person: Auditor,
    who: Typed = "",
    what: Typed = "",
    of: Typed = "",
    from_day: Typed = "",
    until_day: Typed = "",
    before: Annotated[int | None, Query(ge=1, le=MAX_WHOLE)] = None,
) -> Response:
    """The newest rows that fit the search; days that cannot be read are left out of it."""
    speech = speech_of(request)
    asked = Asked(who, what, of.strip(), _midnight(speech, from_day), _midnight(speech, until_day, 1), before)
    found = audit.search(session, asked, ROWS + 1)
    names = _names(session, speech)
    view = AuditPage(
        lines=tuple(_line(speech, one, names) for one in found[:ROWS]),
        people=tuple(Choice(key, name, key == who) for key, name in sorted(names.items(), key=lambda one: one[1])),
        acts=tuple(Choice(key, speech.say(text), key == what) for key, text in ACT.items()),
        of=of,
        from_day=from_day,
        until_day=until_day,
        older_url=str(request.url.include_query_params(before=found[ROWS - 1].seq).query) if len(found) > ROWS else "",
        is_searched=any((who, what, of, from_day, until_day)),
    )
    return page(request, "audit/page.html", view)


def _midnight(speech: Speech, day: str, days_later: int = 0) -> int | None:
    """The moment (ms) at which a typed day begins here; None for no day."""
    try:
        begins = date.fromisoformat(day) + timedelta(days=days_later)
    except (ValueError, OverflowError):
        return None
    return int(datetime.combine(begins, time(), speech.zone).timestamp() * 1000)


def _names(session: Session, speech: Speech) -> dict[str, str]:
    """Whom the log may name: people, tablets, and the program itself."""
    tablets = device_facts.names(session)
    people = {one.person_id: one.name for one in reads.people(session).values()}
    return tablets | people | {audit.PROGRAM: speech.say("the program")}


def _line(speech: Speech, noted: Noted, names: Mapping[str, str]) -> AuditLine:
    return AuditLine(
        seq=noted.seq,
        at=speech.at(noted.at_ms),
        who=names.get(noted.who, noted.who),
        act=speech.say(ACT[noted.what]) if noted.what in ACT else noted.what,
        of=names.get(noted.of, noted.of),
        told=" · ".join(f"{_name(speech, name)}: {_fact(value, names)}" for name, value in noted.told.items()),
    )


def _name(speech: Speech, fact: str) -> str:
    return speech.say(FACT[fact]) if fact in FACT else fact


def _fact(value: Json, names: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return " + ".join(_fact(one, names) for one in value)
    return names.get(str(value), str(value))
