"""The sending status that a device shows beside «saved»: read off receipts, never guessed."""

from typing import Final

from fastapi import Request
from sqlmodel import Session

from app import __version__, errors
from app.domain.device_health import is_clock_wrong, is_disk_low, is_older
from app.errors import N_, HubLocked
from app.store import outgoing, sending
from app.store.node import OFFLINE, values_of
from app.sync import reports
from app.sync.client import LAST_SENT
from app.sync.hub import HUB_PROBLEM
from app.sync.replies import CENTRAL_VERSION, CLOCK_OFFSET, EPOCH_CHANGED
from app.sync.reports import LAST_PROBLEM
from app.web.amounts import by_words
from app.web.contexts import StatusContext, Truth
from app.web.language import Speech
from app.web.render import speech_of

# Not being connected is normal in a corridor: these two are shown by the icon, not as a problem.
QUIET: Final = ("central_unreachable", "not_enrolled")
TO_DO: Final = {
    "network_sign_in": N_("Open any page in the browser and sign in to the network, or use another one. Then send."),
    "central_not_genuine": N_("Use another network. If it comes again, tell the office."),
    "device_revoked": N_("What is on this tablet stays here."),
    "central_unreachable": N_("Nothing to do now: it is tried again by itself."),
    "not_enrolled": N_("Ask the office for a one-time code and enrol this tablet."),
    "stream_fork": N_("Nothing to do. If it comes again, tell the office."),
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
    """What of this device central has confirmed, and what its person has to know."""
    speech = speech_of(request)
    known = values_of(session, [LAST_PROBLEM, LAST_SENT, OFFLINE])
    problem, sent = known.get(LAST_PROBLEM, ""), known.get(LAST_SENT)
    unsent = outgoing.unsent_entries(session)
    told = truths(session, request)
    return StatusContext(
        unsent=unsent,
        sent_at=speech.at(int(sent)) if sent else None,
        is_connected=bool(sent) and not problem,
        stays_offline=known.get(OFFLINE) == "on",
        problem=next((one.happened for one in told if one.is_alarm), ""),
        note=next((one.happened for one in told if not one.is_alarm), ""),
        is_safe=not unsent and sending.is_all_safe(session),
    )


def truths(session: Session, request: Request) -> list[Truth]:
    """What is wrong, or good to know, the most urgent first: each with what to do. Empty when all is quiet."""
    speech, node = speech_of(request), session.info["node"]
    known = values_of(session, [LAST_PROBLEM, HUB_PROBLEM, CLOCK_OFFSET, CENTRAL_VERSION, EPOCH_CHANGED])
    problem = known.get(LAST_PROBLEM, "")
    is_hub_locked = problem and known.get(HUB_PROBLEM) == HubLocked.code  # while central is met, nobody needs it
    found: list[Truth | None] = [
        _refused(speech, problem) if problem and problem not in QUIET else None,
        Truth(speech.say(HubLocked.sentence), "", is_alarm=False) if is_hub_locked else None,
        _disk(speech, reports.free_mb(node)),
        _clock(speech, int(known.get(CLOCK_OFFSET, "0"))),
        _restored(session, speech, known.get(EPOCH_CHANGED, "")),
        _behind(speech, known.get(CENTRAL_VERSION, "")),
    ]
    return [one for one in found if one]


def refusal(session: Session, speech: Speech) -> Truth | None:
    """What the last meeting with central failed of; None when it did not. Of the quiet ones it is no alarm."""
    code = values_of(session, [LAST_PROBLEM]).get(LAST_PROBLEM, "")
    return _refused(speech, code) if code else None


def _refused(speech: Speech, code: str) -> Truth:
    return Truth(speech.say(sentence_of(code)), speech.say(TO_DO[code]) if code in TO_DO else "", code not in QUIET)


def _disk(speech: Speech, free_mb: int) -> Truth | None:
    if not is_disk_low(free_mb):
        return None
    return Truth(
        speech.say("Only %(megabytes)s MB are free on this tablet.", megabytes=speech.number(free_mb)),
        speech.say("Delete files that you do not need, but nothing of Baqylau, and send what waits."),
        is_alarm=True,
    )


def _clock(speech: Speech, central_ahead_ms: int) -> Truth | None:
    """`central_ahead_ms`: central's clock minus this one's, when they last met."""
    if not is_clock_wrong(central_ahead_ms):
        return None
    amount = by_words(speech, abs(central_ahead_ms))
    ahead = speech.say("This tablet's clock is ahead of the office's %(time)s.", time=amount)
    behind = speech.say("This tablet's clock is behind the office's %(time)s.", time=amount)
    to_do = speech.say("Set it in the tablet's settings. What you wrote stays as it is.")
    return Truth(behind if central_ahead_ms > 0 else ahead, to_do, is_alarm=True)


def _restored(session: Session, speech: Speech, changed_ms: str) -> Truth | None:
    """As long as something has to be sent again."""
    if not changed_ms or not (outgoing.unsent_entries(session) or sending.has_unsent_files(session)):
        return None
    day = speech.short_day(speech.local(speech.at(int(changed_ms))))  # type: ignore[arg-type]
    return Truth(
        speech.say("The office's server was restored on %(day)s; this tablet is sending again what it holds.", day=day),
        speech.say("Nothing to do: leave the tablet on until everything is sent."),
        is_alarm=False,
    )


def _behind(speech: Speech, version: str) -> Truth | None:
    if not is_older(version, __version__):
        return None
    versions = {"theirs": version, "ours": __version__}
    return Truth(
        speech.say("The office runs an older Baqylau (%(theirs)s) than this tablet (%(ours)s).", **versions),
        speech.say("Nothing to do here: everything is sent and kept. Tell the office to update its server."),
        is_alarm=False,
    )


def sentence_of(code: str) -> str:
    """The sentence of an error class by its code; the general one where it has parameters, which are not kept."""
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.AppError) and kind.code == code:
            return errors.AppError.sentence if "%(" in kind.sentence else kind.sentence
    return errors.AppError.sentence
