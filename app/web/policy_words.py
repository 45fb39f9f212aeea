"""The rules of the office in plain words: what each says, and what that means for who reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.domain.policy import RULES, SECTIONS, Rule
from app.errors import N_
from app.web.language import Speech


@dataclass(frozen=True)
class Said:
    """A rule at a value, and what follows for the reader."""

    rule: str
    for_me: str


SECTION: Final = {
    "originals": N_("Photos"),
    "sign_in": N_("Locking and signing in"),
    "wipe": N_("Removing from tablets"),
    "duress": N_("Under pressure"),
    "audio": N_("Sound"),
    "two_person": N_("Two people"),
    "retention": N_("How long the office keeps"),
    "exports": N_("What leaves the office"),
}
# At true and at false.
SWITCH: Final[Mapping[str, tuple[Said, Said]]] = {
    "originals.keep": (
        Said(
            N_("Photos are also kept as the camera made them, sealed so that only the office opens them."),
            N_("Your tablet cannot open these originals, and neither can anybody who takes it."),
        ),
        Said(
            N_(
                "Photos are kept redrawn only: without the place, the time and the device that a camera writes into them."
            ),
            N_(
                "Nothing on the tablet says where a photo was taken. What the camera's own program keeps, delete there."
            ),
        ),
    ),
    "sign_in.second_step": (
        Said(
            N_("Reviewers and administrators sign in with a second step: a code or a passkey."),
            N_("A stolen passphrase alone opens nothing at the office."),
        ),
        Said(
            N_("A second step at sign-in is each person's own choice at the office."),
            N_("Set one up: a stolen passphrase alone then opens nothing."),
        ),
    ),
    "duress.wipe_now": (
        Said(
            N_("Whoever uses a tablet may destroy all that is on it, at once and without a network."),
            N_("What the office has is safe; what was not sent is gone for good."),
        ),
        Said(
            N_("Nothing on a tablet can be destroyed at once; only the office removes what it has."),
            N_("Lock the tablet, and tell the office that it was taken."),
        ),
    ),
    "two_person.people": (
        Said(
            N_("A second administrator agrees before somebody may read more."),
            N_("Nobody gives themselves, or a friend, a view of your visits."),
        ),
        Said(
            N_("One administrator may let somebody read more; the audit log keeps it."),
            N_("Who opened your visits to whom can be looked up later."),
        ),
    ),
    "two_person.interviews": (
        Said(
            N_("A sealed talk is given out to be read only after a second reviewer agreed."),
            N_("Nobody at the office reads alone what a child told you."),
        ),
        Said(
            N_("A reviewer may ask for a sealed talk alone: with a stated purpose, and the audit log keeps it."),
            N_("Who read what a child told you, when and why can be looked up later."),
        ),
    ),
    "two_person.retention": (
        Said(
            N_("What is over its time is erased only after a second person agreed."),
            N_("Nobody erases alone."),
        ),
        Said(
            N_("What is over its time may be erased by one person; the audit log keeps it."),
            N_("Who erased, and how much, can be looked up later."),
        ),
    ),
}
# One and many, for which the catalogue knows the first; and what follows.
NUMBER: Final[Mapping[str, tuple[tuple[str, str], str]]] = {
    "sign_in.lock_after_s": (
        (
            N_("A tablet that nobody touches locks after %(count)s second."),
            "A tablet that nobody touches locks after %(count)s seconds.",
        ),
        N_("What you tapped is saved. To go on you type your passphrase."),
    ),
    "sign_in.session_idle_min": (
        (
            N_("A sign-in ends after %(count)s minute without use."),
            "A sign-in ends after %(count)s minutes without use.",
        ),
        N_("Sign in again; nothing is lost."),
    ),
    "sign_in.session_max_h": (
        (
            N_("A sign-in ends after %(count)s hour in any case."),
            "A sign-in ends after %(count)s hours in any case.",
        ),
        N_("Sign in again; nothing is lost."),
    ),
    "wipe.after_days": (
        (
            N_("A visit that may be removed stays on a tablet for %(count)s more day."),
            "A visit that may be removed stays on a tablet for %(count)s more days.",
        ),
        N_("So long you can still look something up."),
    ),
    "wipe.after_tries": (
        (
            N_("After %(count)s wrong passphrase in a row a tablet destroys its keys."),
            "After %(count)s wrong passphrases in a row a tablet destroys its keys.",
        ),
        N_("Then nobody reads it, you neither; what the office has is safe. Send whenever you can."),
    ),
    "retention.interviews_months": (
        (
            N_("Sealed talks are erased %(count)s month after the visit, when it is approved."),
            "Sealed talks are erased %(count)s months after the visit, when it is approved.",
        ),
        N_("Tell a child honestly how long its words are kept."),
    ),
    "retention.alerts_months": (
        (
            N_("Closed alerts are erased %(count)s month after the visit."),
            "Closed alerts are erased %(count)s months after the visit.",
        ),
        N_("That there was an alert stays; its words go."),
    ),
    "retention.details_months": (
        (
            N_("Times of sampled files and words of refusals are erased %(count)s month after the visit."),
            "Times of sampled files and words of refusals are erased %(count)s months after the visit.",
        ),
        N_("The findings stay."),
    ),
    "exports.public_least": (
        (
            N_("Published figures show no number of places under %(count)s."),
            "Published figures show no number of places under %(count)s.",
        ),
        N_("Nobody can tell from them which place, or which child, was behind a finding."),
    ),
}
NEVER: Final[Mapping[str, Said]] = {
    "wipe.after_days": Said(
        N_("A visit that may be removed is removed at once."), N_("A tablet that is taken holds as little as can be.")
    ),
    "wipe.after_tries": Said(
        N_("Wrong passphrases destroy nothing; each makes the wait for the next longer, up to 15 minutes."),
        N_("A colleague's slips cost no data. So a passphrase of four words is what protects it."),
    ),
    "retention.interviews_months": Said(
        N_("The office has set no time after which sealed talks are erased: they are kept."),
        N_("Do not promise a child that its words will be erased by themselves."),
    ),
    "retention.alerts_months": Said(
        N_("The office has set no time after which closed alerts are erased: they are kept."), N_("They stay readable.")
    ),
    "retention.details_months": Said(
        N_("The office has set no time after which times of sampled files and words of refusals are erased."),
        N_("They stay with their visit."),
    ),
}
CHOICE: Final[Mapping[str, Mapping[str, Said]]] = {
    "wipe.when": {
        "signed_off": Said(
            N_("A visit is removed from tablets once it is signed and the office has it in a checked backup."),
            N_("Look for an older visit at the office."),
        ),
        "never": Said(
            N_("Visits stay on tablets until the office orders otherwise."),
            N_("A tablet that is taken holds all its visits: lock it, always."),
        ),
    },
}
# What is so in every office, for there is no switch.
ALWAYS: Final[Mapping[str, tuple[Said, ...]]] = {
    "audio": (
        Said(
            N_("The program records no sound, and no setting changes that."),
            N_("Write down what you heard; do not record it with another program."),
        ),
    ),
    "duress": (
        Said(
            N_("There is no second, harmless passphrase: who forces you would expect one."),
            N_(
                "If you are forced to unlock, do it: your safety comes first. Lock again as soon as you can, and tell the office."
            ),
        ),
    ),
    "two_person": (
        Said(
            N_("A visit is approved by somebody who was not on its team and did not return it. Always."),
            N_("Your findings do not hang on one person's word."),
        ),
    ),
}


def said(speech: Speech, rule: Rule, value: Any) -> Said:
    """A rule at its value in the reader's language."""
    if isinstance(value, bool):
        found = SWITCH[rule.key][0 if value else 1]
        return Said(speech.say(found.rule), speech.say(found.for_me))
    if isinstance(value, str):
        chosen = CHOICE[rule.key][value]
        return Said(speech.say(chosen.rule), speech.say(chosen.for_me))
    if not value and rule.key in NEVER:
        return Said(speech.say(NEVER[rule.key].rule), speech.say(NEVER[rule.key].for_me))
    (one, many), for_me = NUMBER[rule.key]
    return Said(speech.say_n(one, many, value), speech.say(for_me))


def sections(speech: Speech, values: Mapping[str, Any]) -> list[tuple[str, list[Said]]]:
    """(title, rules) of each section that says something. `values`: setting -> value, of the rules that are known here."""
    found = []
    for section in SECTIONS:
        rules = [rule for rule in RULES if rule.section == section and rule.setting in values]
        lines = [said(speech, rule, values[rule.setting]) for rule in rules]
        lines += [Said(speech.say(one.rule), speech.say(one.for_me)) for one in ALWAYS.get(section, ())]
        if lines:
            found.append((speech.say(SECTION[section]), lines))
    return found
