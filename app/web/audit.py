"""Central: the audit log, to be searched by those who answer for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from app.domain.journal import MAX_WHOLE
from app.domain.people import Person
from app.store import audit, device_facts, reads
from app.store.audit import Asked, Noted
from app.web import audit_words
from app.web.contexts import Choice
from app.web.deps import ReadSession, needs
from app.web.language import Speech
from app.web.render import page, speech_of

router = APIRouter()
Auditor = Annotated[Person, needs("see_audit")]
Typed = Annotated[str, Query(max_length=100)]
ROWS: Final = 100  # on one page


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
        acts=tuple(Choice(key, speech.say(text), key == what) for key, text in audit_words.ACT.items()),
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
        act=audit_words.act(speech, noted.what),
        of=names.get(noted.of, noted.of),
        told=" · ".join(audit_words.fact(speech, name, value, names) for name, value in noted.told.items()),
    )
