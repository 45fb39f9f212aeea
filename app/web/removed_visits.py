"""The visits that were on this tablet and went to the office: one quiet line each."""

from collections.abc import Iterable
from datetime import date

from fastapi import Request
from sqlmodel import Session

from app.domain.people import Person
from app.store import reads, wiping
from app.web.contexts import RemovedVisit
from app.web.render import speech_of
from app.web.visit_pages import institution_name


def removed_lines(session: Session, request: Request, person: Person) -> Iterable[RemovedVisit]:
    """Those on whose team the person was, latest day first."""
    speech = speech_of(request)
    for visit in wiping.wiped_for(session, person):
        name = institution_name(reads.record(session, visit.institution_id), speech.language)
        at = speech.moment(speech.at(visit.at_ms))
        line = speech.say("This visit was sent, received and removed from this tablet: %(when)s.", when=at)
        yield RemovedVisit(name, date.fromisoformat(visit.visited_on) if visit.visited_on else None, line)
