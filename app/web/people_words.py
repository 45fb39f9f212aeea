"""How the pages of people speak: of limits, of changes that wait, of the second step of signing in."""

from app.domain.people import NeedToKnow, Person
from app.services.office_sign_in import subject_in
from app.services.people import need_to_know_of
from app.services.proposals import Change
from app.services.second_factors import Factors
from app.web import words
from app.web.language import Speech


def limits(speech: Speech, seen: NeedToKnow) -> str:
    """What a reviewer who is limited sees; empty for one who sees all."""
    what = _limits(speech, seen)
    return speech.say("sees only: %(what)s", what=what) if what else ""


def shown_only(speech: Speech, person: Person) -> str:
    """Tells a reviewer who is limited why others may see more; empty for all others."""
    what = _limits(speech, person.need_to_know) if person.may("review") else ""
    return speech.say("You are shown only: %(what)s. Lists and numbers leave out the rest.", what=what) if what else ""


def _limits(speech: Speech, seen: NeedToKnow) -> str:
    if not seen.is_limited:
        return ""
    regions = sorted((words.region(speech, code) for code in seen.regions), key=speech.sort_key)
    visits = speech.say_n("%(count)s single visit", "%(count)s single visits", len(seen.visits)) if seen.visits else ""
    told = ", ".join([*regions, *([visits] if visits else [])])
    return told or speech.say("their own visits")


def change_lines(speech: Speech, change: Change) -> tuple[str, ...]:
    """What a change would do, one fact a line."""
    lines = []
    if change.form:
        roles = ", ".join(words.role(speech, role) for role in sorted(change.form.roles))
        lines.append(speech.say("Roles: %(roles)s", roles=roles))
        if "reviewer" in change.form.roles:
            lines.append(limits(speech, need_to_know_of(change.form)) or speech.say("sees every visit"))
    if change.sign_in:
        lines.append(speech.say("New passphrase for the sign-in name “%(name)s”", name=change.sign_in[0]))
    if change.office_mark is not None:
        subject = subject_in(change.office_mark) or speech.say("none")
        lines.append(speech.say("Office sign-in: %(subject)s", subject=subject))
    if change.is_second_step_removed:
        lines.append(speech.say("The second step of signing in is removed"))
    return tuple(lines)


def second_step(speech: Speech, factors: Factors) -> str:
    """What somebody has for the second step; empty for nothing."""
    parts = [speech.say("codes from a phone")] if factors.has_codes else []
    if factors.passkeys:
        parts.append(speech.say_n("%(count)s passkey", "%(count)s passkeys", factors.passkeys))
    return ", ".join(parts)
