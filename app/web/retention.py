"""Central: what is over its time by the office's rules, and two people who erase it. Names no visit and no place."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app.clock import as_moment
from app.config import Settings
from app.domain.people import Person
from app.domain.retention import Due, digest
from app.errors import N_, InvalidInput
from app.services import retention as services
from app.store import reads
from app.web.deps import ReadSession, WriteSession, needs
from app.web.render import page, speech_of

router = APIRouter()
Keeper = Annotated[Person, needs("retention")]
GROUP: Final = {
    "interviews": N_("Sealed talks"),
    "alerts": N_("Words of closed alerts"),
    "details": N_("Times of sampled files, words of refusals"),
}


@dataclass(frozen=True)
class DueLine:
    """A group of what is over its time. `months`: the rule; 0: there is none."""

    name: str
    months: int
    visits: int
    entries: int
    oldest: date | None


@dataclass(frozen=True)
class RetentionPage:
    """`retention/page.html`. `asked_line`: who asked to erase just this; `may_erase`: this reader may do it now."""

    problem: str
    lines: tuple[DueLine, ...]
    is_due: bool
    needs_second: bool
    asked_line: str
    may_ask: bool
    may_erase: bool


@router.get("/retention")
def retention(request: Request, session: ReadSession, person: Keeper) -> Response:
    return _page(request, session, person)


@router.post("/retention")
def ask(request: Request, session: WriteSession, person: Keeper) -> Response:
    """Somebody asks to erase what is over its time."""
    try:
        services.ask(session, person, _due(request, session))
    except InvalidInput as error:
        return _page(request, session, person, error)
    return RedirectResponse("/retention", 303)


@router.post("/retention/erasure")
def erase(request: Request, session: WriteSession, person: Keeper) -> Response:
    """Another one agrees: it is erased."""
    settings: Settings = request.app.state.settings
    try:
        services.erase(session, person, _due(request, session), settings.retention_second_person)
    except InvalidInput as error:
        session.rollback()
        return _page(request, session, person, error)
    return RedirectResponse("/retention", 303)


def _due(request: Request, session: Session) -> list[Due]:
    now = speech_of(request).local(as_moment(session.info["node"].clock.now_ms()))
    return services.due(session, services.months_of(request.app.state.settings), now.date())


def _page(request: Request, session: Session, person: Person, error: InvalidInput | None = None) -> Response:
    speech, settings = speech_of(request), request.app.state.settings
    found, asked = _due(request, session), services.asked(session)
    is_asked = asked is not None and asked.digest == digest(found)
    line = ""
    if asked and is_asked:
        by = reads.person(session, asked.by)
        line = speech.say(
            "%(name)s asked on %(moment)s to erase this.",
            name=by.name if by else "?",
            moment=speech.moment(speech.at(asked.at_ms)),
        )
    needs_second = settings.retention_second_person
    view = RetentionPage(
        problem=speech.say(error.problem, **error.params) if error else "",
        lines=tuple(
            _line(speech.say(GROUP[group]), months, found, group)
            for group, months in services.months_of(settings).items()
        ),
        is_due=bool(found),
        needs_second=needs_second,
        asked_line=line,
        may_ask=bool(found) and needs_second and not is_asked,
        may_erase=bool(found)
        and (not needs_second or (is_asked and asked is not None and asked.by != person.person_id)),
    )
    return page(request, "retention/page.html", view, status=error.status if error else 200)


def _line(name: str, months: int, found: list[Due], group: str) -> DueLine:
    mine = [one for one in found if one.group == group]
    oldest = min((one.visited_on for one in mine), default=None)
    return DueLine(name, months, len(mine), sum(len(one.entries) for one in mine), oldest)
