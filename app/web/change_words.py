"""The words for what changed between two versions of a checklist."""

from typing import Final

from app.domain.checklist import LANGUAGES, CompiledChecklist, Indicator, InForce, Text, Threshold, Value
from app.domain.checklist_changes import Change, Content
from app.errors import N_
from app.web import words
from app.web.checklist_contexts import ChangeLine, Wording
from app.web.checklist_words import label_of, rule_words, threshold_words
from app.web.language import Speech

EFFECT: Final = {
    "comparable": N_("comparable"),
    "with_care": N_("comparable with care"),
    "not_comparable": N_("not comparable"),
}
KIND: Final = {
    "added": N_("New question"),
    "dropped": N_("Dropped"),
    "moved": N_("Moved to another section"),
    "reworded": N_("Reworded"),
    "answer": N_("Answer changed"),
    "threshold": N_("Threshold changed"),
    "severity": N_("Severity changed"),
    "standards": N_("Other standards"),
    "provision": N_("Standard changed"),
    "must": N_("Must be answered: changed"),
    "short": N_("Short variant changed"),
    "skip_rule": N_("Skip rule changed"),
    "section": N_("Section changed"),
    "order": N_("Other order"),
    "about": N_("Description changed"),
}
REASON: Final = {
    "series_begins": N_("There is nothing earlier to compare with: the series begins here."),
    "series_ends": N_("It is asked no more: the series ends here."),
    "part_begins": N_("This part is new: figures for it begin here, the rest goes on."),
    "part_ends": N_("This part is asked no more: figures for it end here."),
    "counted_otherwise": N_("It is counted otherwise: once for each room or file, or once for the visit."),
    "wording": N_("People may understand the question otherwise than before."),
    "wording_beside": N_("No answer rests on this text."),
    "other_answers": N_("The answers themselves are of another kind, so the figures are not the same thing."),
    "bounds": N_("Numbers are possible that were not before, or the other way round."),
    "precision": N_("It is measured more finely or more coarsely than before."),
    "breaches": N_(
        "The same number may keep the rule before and break it after: counts of breaches cannot be compared."
    ),
    "basis": N_("The rule behind the question is stated otherwise; what is asked is the same."),
    "danger_counts": N_("What counts as danger is not the same: counts of danger signs cannot be compared."),
    "priorities": N_("Findings are weighed otherwise; the answers themselves can be compared."),
    "who_is_asked": N_("It is asked in other places than before: compare shares, not counts."),
    "left_out": N_("It may be left out more or less often than before: look at how many answered."),
    "short_visits": N_("Short visits have it from here on, or have it no more: look at how many answered."),
    "other_places": N_("Other types of institution are asked: compare type by type."),
    "no_effect": N_("Figures of before and after can be put side by side."),
}
PART: Final = {
    "text": N_("the question"),
    "guidance": N_("how to find out"),
    "title": N_("the title"),
    "hint": N_("the hint"),
    "rating": N_("the five answers"),
    "repeat": N_("how often it is asked"),
    "types": N_("types of institution"),
    "sources": N_("how one knows it"),
    "measures": N_("what it measures"),
    "applies_to": N_("for which types it may be used"),
    "review": N_("a language to be read again"),
    "example": N_("the example"),
    "counter_example": N_("the counter-example"),
    "finding": N_("ready sentence: finding"),
    "recommendation": N_("ready sentence: recommendation"),
    "unit": N_("the unit"),
    "min": N_("the lowest number possible"),
    "max": N_("the highest number possible"),
    "decimals": N_("digits after the comma"),
    "type": N_("the kind of field"),
    "of": N_("out of what"),
    "numerator": N_("what is divided"),
    "denominator": N_("by what it is divided"),
    "number": N_("the number"),
    "year": N_("the year"),
    "topic": N_("the topic"),
    "status": N_("whether its text was checked"),
    "source": N_("where it was read"),
    "in_force": N_("when it is in force"),
    "differs": N_("what it differs from"),
    "level": N_("national or international"),
    "short": N_("the short name"),
    "name": N_("the full name"),
}
MEASURES: Final = {
    "structural": N_("what is in place"),
    "process": N_("what is done"),
    "outcome": N_("what comes of it"),
}
WITH_LABEL: Final = ("field", "derived")


def change_line(speech: Speech, old: CompiledChecklist, new: CompiledChecklist, change: Change) -> ChangeLine:
    """One change in words: what, from what to what, and what it does to comparisons."""
    what, part = speech.say(KIND[change.kind]), _part_words(speech, old, new, change)
    return ChangeLine(
        what=f"{what}: {part}" if part else what,
        wordings=tuple(_wordings(speech, old, new, change)),
        effect=change.effect,
        effect_words=speech.say(EFFECT[change.effect]),
        reason=speech.say(REASON[change.reason]),
    )


def _wordings(speech: Speech, old: CompiledChecklist, new: CompiledChecklist, change: Change) -> list[Wording]:
    """A reworded text in each language in which it reads otherwise; anything else once."""
    if isinstance(change.old, Text) and isinstance(change.new, Text):
        return [Wording(one, change.old.in_(one), change.new.in_(one)) for one in change.languages]
    if change.kind in ("added", "dropped"):  # the question stands above already
        return []
    if change.kind == "reworded":  # a text that came or went, such as a ready sentence
        was, now = (one if isinstance(one, Text) else None for one in (change.old, change.new))
        return [Wording(one, was.in_(one) if was else "", now.in_(one) if now else "") for one in LANGUAGES]
    return [Wording("", _content(speech, old, change, change.old), _content(speech, new, change, change.new))]


def _part_words(speech: Speech, old: CompiledChecklist, new: CompiledChecklist, change: Change) -> str:
    """ "the area: the unit", "what «no» means"."""
    steps = change.part.split(".")
    if steps[0] == "card" and steps[1] in words.VALUE:
        return speech.say("what «%(answer)s» means", answer=words.value(speech, steps[1]))
    if steps[0] in WITH_LABEL or change.kind == "threshold":
        key = steps[1] if steps[0] in WITH_LABEL else change.part
        named = [one.indicators[change.subject] for one in (new, old) if change.subject in one.indicators]
        label = next((said for one in named if (said := label_of(speech, one, key)) != key), key)
        return ": ".join((label, *(speech.say(PART[step]) for step in steps[2:] if step in PART)))
    if change.kind == "section" and change.part == "section":
        return speech.say("a new section") if change.old is None else speech.say("a section is gone")
    last = next((step for step in reversed(steps) if step in PART), "")
    shows = change.kind in ("reworded", "answer", "about", "provision", "section")
    return speech.say(PART[last]) if last and shows else ""


def _content(speech: Speech, checklist: CompiledChecklist, change: Change, value: Content) -> str:
    """What stood or stands there; empty for nothing."""
    if value is None:
        return ""
    if isinstance(value, Text):
        return value.in_(speech.language)
    if isinstance(value, Threshold):
        return threshold_words(speech, checklist, checklist.indicators[change.subject], value)
    if isinstance(value, bool):
        return speech.say("yes") if value else speech.say("no")
    if isinstance(value, InForce):
        return f"{value.start or '…'} – {value.end or '…'}"
    if isinstance(value, tuple):
        return ", ".join(_code(speech, change.part, one) for one in value)
    if isinstance(value, Value):
        return rule_words(speech, checklist, value)  # type: ignore[arg-type]
    if isinstance(value, str) or change.kind == "severity":
        return _code(speech, change.part, str(value))
    return speech.number(value)


def _code(speech: Speech, part: str, code: str) -> str:
    last = part.rpartition(".")[2]
    if last == "measures":
        return speech.say(MEASURES.get(code, code))
    if last == "repeat":
        return speech.say("for each room") if code == "room" else speech.say("for each file")
    say = {
        "unit": words.unit,
        "severity": words.severity,
        "sources": words.source,
        "types": words.institution_type,
    }.get(last)
    return say(speech, code) if say else code


def subject_text(speech: Speech, old: CompiledChecklist, new: CompiledChecklist, subject: str) -> str:
    """The question of an indicator, the title of a section, the citation of a standard."""
    for one in (new, old):
        found: Indicator | None = one.indicators.get(subject)
        section, standard = one.section(subject), one.standards.get(subject)
        if found:
            return found.text.in_(speech.language)
        if section:
            return section.title.in_(speech.language)
        if standard:
            return f"{standard.instrument.short.in_(speech.language)} {standard.provision.number}"
    return ""
