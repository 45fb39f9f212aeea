"""The custody clocks in words: events, sources, outcomes, limits, how long."""

from typing import Final

from app.domain.checklist import CustodyRule
from app.domain.problem import Problem
from app.errors import N_
from app.web.language import Speech

EVENT: Final = {
    "arrest": N_("Actual arrest"),
    "delivery": N_("Brought to the police"),
    "record": N_("Arrest record signed"),
    "cell": N_("Placed in a cell"),
    "still_held": N_("Seen still held"),
    "release": N_("Release"),
    "parents_told": N_("Parents told"),
    "relatives_told": N_("Relatives told"),
    "prosecutor_told": N_("Prosecutor told in writing"),
    "counsel": N_("Defender came"),
    "embassy_told": N_("Embassy told"),
    "medical": N_("Medical examination"),
    "injury": N_("Injuries found"),
    "injury_told": N_("Prosecutor told of injuries"),
    "questioning": N_("First questioning"),
    "request": N_("Custody request reached the judge"),
    "decision": N_("Judge decided"),
    "court_order": N_("Court order reached the place"),
    "siz": N_("Moved to a remand centre"),
    "custody_end": N_("Custody ended or case went to court"),
    "short_order": N_("Short custody ordered"),
    "order_review": N_("Short custody reviewed"),
    "challenge": N_("Detention challenged"),
    "challenge_decided": N_("Challenge decided"),
    "removal": N_("Child removed from the family"),
    "removal_claim": N_("Claim filed in court"),
    "hospital": N_("Found child placed in hospital"),
    "other_place": N_("Placed elsewhere"),
    "special_school": N_("Sent to a special-regime organisation"),
    "special_school_end": N_("Stay there ended"),
}
EVENT_GROUP: Final = {
    "arrest": N_("Arrest and holding"),
    "told": N_("Who was told, and the defender"),
    "health": N_("Health"),
    "court": N_("Questioning and court"),
    "rare": N_("Rarer cases"),
}
TIME_SOURCE: Final = {
    "log": N_("Log"),
    "record": N_("Record, file"),
    "camera": N_("Camera"),
    "child": N_("Child"),
    "other": N_("Other"),
}
OUTCOME: Final = {
    "breach": N_("Breach"),
    "depends_on_source": N_("Depends on the source"),
    "cannot_tell": N_("Cannot tell"),
    "kept": N_("Kept"),
}
READING: Final = {
    "kept": N_("kept"),
    "breach": N_("breach"),
    "unknown": N_("cannot tell"),
    "impossible": N_("cannot be: order of times"),
}
STATE: Final = {
    "": N_("no mark"),
    "unknown": N_("no source knows the time"),
    "never": N_("did not happen"),
}
FACT: Final = {
    "age": N_("Age at the arrest, years"),
    "is_suspect": N_("Was the child a suspect?"),
    "administrative": N_("Administrative detention?"),
    "foreign": N_("Foreign citizen?"),
    "ground": N_("Ground for up to 72 hours (CPC 131(4))"),
    "ground_recorded": N_("Is this ground written in the record?"),
    "ground_checked": N_("Point 1: was the crime checked to be particularly grave (CC 11(5))?"),
    "listed": N_("Aged 14–15: is the crime on the list of CC 15(2)?"),
    "border": N_("Administrative: guarded site, migration, border, customs or curfew (CAO 789(2))?"),
    "extended": N_("Was custody extended by a court?"),
    "extradition": N_("Arrest for extradition?"),
}
GROUND: Final = {
    "1": N_("1: particularly grave crime"),
    "2": N_("2: terrorist or extremist crime"),
    "3": N_("3: crime in mass riots"),
    "4": N_("4: crime in a criminal group"),
    "5": N_("5: drugs, sexual inviolability of minors, intentional crime causing death"),
    "6": N_("6: no timely way to the judge: distance, roads, state of emergency or situation"),
}
YES_NO: Final = {"": N_("not said"), "yes": N_("yes"), "no": N_("no")}


def event(speech: Speech, code: str) -> str:
    return speech.say(EVENT[code]) if code in EVENT else code


def source(speech: Speech, code: str) -> str:
    return speech.say(TIME_SOURCE[code]) if code in TIME_SOURCE else code


def why(speech: Speech, problem: Problem) -> str:
    """The sentence of a verdict, with the event or the fact it is about in words."""
    code = str(problem.params.get("event", "")).removeprefix("never.").removeprefix("unknown.")
    said = speech.say(FACT[code]).rstrip("?") if code in FACT else event(speech, code)
    return speech.say(problem.sentence, event=said)


def duration(speech: Speech, minutes: int) -> str:
    """ "26 h 10 min"; from five days on "12 d 3 h"."""
    hours, rest = divmod(minutes, 60)
    if hours >= 120:
        days, hours = divmod(hours, 24)
        said = speech.say("%(days)s d", days=speech.number(days))
        return f"{said} {speech.say('%(hours)s h', hours=hours)}" if hours else said
    parts = [speech.say("%(hours)s h", hours=hours)] if hours else []
    parts += [speech.say("%(minutes)s min", minutes=rest)] if rest or not hours else []
    return " ".join(parts)


def limit(speech: Speech, rule: CustodyRule, minutes: int | None) -> str:
    """The limit of a rule as it was applied: "24 h", "10 days", "at once"."""
    if rule.kind == "at_once":
        return speech.say("at once")
    if rule.kind == "no_ground":
        return speech.say("no ground")
    if rule.kind == "daytime":
        return "06:00–22:00"
    if rule.months:
        return speech.say_n("%(count)s month", "%(count)s months", rule.months)
    if rule.days:
        return speech.say_n("%(count)s day", "%(count)s days", rule.days)
    return duration(speech, minutes or 0)


def elapsed(speech: Speech, least: int | None, most: int | None) -> str:
    """How long it took, over all sources; empty when nothing is known."""
    if least is None:
        return speech.say("at most %(time)s", time=duration(speech, most)) if most is not None else ""
    if most is None:
        return speech.say("at least %(time)s", time=duration(speech, least))
    if least == most:
        return duration(speech, least)
    return f"{duration(speech, least)} – {duration(speech, most)}"
