"""The sending status that a device shows beside «saved»: read off receipts, never guessed."""

from typing import Final

from fastapi import Request
from sqlmodel import Session

from app import errors
from app.errors import N_
from app.store import outgoing
from app.store.node import OFFLINE, values_of
from app.sync.client import LAST_SENT
from app.sync.reports import LAST_PROBLEM
from app.web.contexts import StatusContext
from app.web.render import speech_of

# Not being connected is normal in a corridor: these two are shown by the icon, not as a problem.
QUIET: Final = ("central_unreachable", "not_enrolled")
TO_DO: Final = {
    "central_not_genuine": N_("Open another page in the browser and sign in to the network, or use another one."),
    "device_revoked": N_("Call the office. What is on this tablet stays here."),
    "central_unreachable": N_("Nothing to do now: it is tried again by itself."),
    "not_enrolled": N_("Ask the office for a one-time code and enrol this tablet."),
}


WHY_NOT_COUNTED: Final = {
    "author": N_("Whoever wrote it is not on the office's list for this tablet. Ask the office to add them."),
    "rights": N_("Only the office may decide this. Ask the office."),
    "scope": N_("It belongs to a visit that this tablet may not write to. Ask the office to add you to the team."),
    "subject": N_("It does not fit the visit it was written for. Tell the office; nothing is lost."),
    "value": N_("The office cannot read it. Tell the office; nothing is lost."),
    "id": N_("Something else at the office has the same number. Tell the office; nothing is lost."),
    "": N_("The office keeps it but does not count it. Ask the office why."),
}


def status_of(session: Session, request: Request) -> StatusContext:
    """What of this device central has confirmed."""
    speech = speech_of(request)
    known = values_of(session, [LAST_PROBLEM, LAST_SENT, OFFLINE])
    problem, sent = known.get(LAST_PROBLEM, ""), known.get(LAST_SENT)
    return StatusContext(
        unsent=outgoing.unsent_entries(session),
        sent_at=speech.at(int(sent)) if sent else None,
        is_connected=bool(sent) and not problem,
        stays_offline=known.get(OFFLINE) == "on",
        problem="" if problem in QUIET else problem_words(request, problem),
    )


def problem_words(request: Request, code: str) -> str:
    """The sentence of a refusal by its code; empty for none."""
    return speech_of(request).say(sentence_of(code)) if code else ""


def sentence_of(code: str) -> str:
    """The sentence of an error class by its code; the general one where it has parameters, which are not kept."""
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.AppError) and kind.code == code:
            return errors.AppError.sentence if "%(" in kind.sentence else kind.sentence
    return errors.AppError.sentence
