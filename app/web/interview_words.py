"""The words for what is chosen in an interview: on the tablet's form, and in the reader at the office."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from app.domain.interviews import CHOICES, NEAR, Interview
from app.domain.scripts import Script
from app.errors import N_
from app.web.contexts import Choice
from app.web.guide_pages import LANGUAGE_NAMES
from app.web.language import Speech

LABELS: Final = {
    "representative": N_("Parent, guardian or lawyer"),
    "age": N_("Age"),
    "sex": N_("Sex"),
    "language": N_("Language of the talk"),
    "interpreter": N_("Interpreter"),
    "place": N_("Where you talked"),
    "near": N_("Who was near"),
    "distress": N_("How did they feel at the end?"),
    "disclosure": N_("Did they tell of violence?"),
    "passing_on": N_("May it be passed on?"),
    "reprisal": N_("Could they be made to pay for talking?"),
    "reach": N_("How to reach them without harm"),
    "follow_up_on": N_("When will somebody see them again?"),
    "note.other": N_("Anything else"),
}
CHOSEN: Final[Mapping[str, Mapping[str, str]]] = {
    "representative": {
        "agreed": N_("Agrees"),
        "not_asked": N_("Not asked: asking could harm the child"),
        "not_reached": N_("Could not be reached"),
    },
    "age": {"4_6": "4–6", "7_10": "7–10", "11_14": "11–14", "15_17": "15–17", "adult": N_("18 or older")},
    "sex": {"female": N_("Female"), "male": N_("Male"), "unsaid": N_("Not said")},
    "language": {
        "kk": LANGUAGE_NAMES["kk"],
        "ru": LANGUAGE_NAMES["ru"],
        "sign": N_("Sign language"),
        "other": N_("Another language"),
    },
    "interpreter": {
        "none": N_("No interpreter"),
        "ours": N_("Came with us"),
        "of_the_place": N_("From the institution"),
    },
    "place": {
        "separate_room": N_("A separate room"),
        "outdoors": N_("Outdoors"),
        "own_room": N_("Their own room"),
        "common_room": N_("A common room"),
        "office": N_("A staff office"),
        "other": N_("Elsewhere"),
    },
    "distress": {
        "calm": N_("Calm"),
        "uneasy": N_("Uneasy"),
        "upset": N_("Upset"),
        "severe": N_("In great distress"),
    },
    "disclosure": {
        "none": N_("They did not"),
        "self": N_("Yes, against them"),
        "other": N_("Yes, against somebody else"),
        "both": N_("Against them and others"),
    },
    "passing_on": {
        "agreed": N_("They agree"),
        "refused": N_("They do not want it"),
        "danger": N_("There is danger: it will be passed on, and they know"),
    },
    "reprisal": {"low": N_("Unlikely"), "some": N_("Possible"), "high": N_("Likely")},
}
NEAR_WORDS: Final = {
    "nobody": N_("Nobody"),
    "second_monitor": N_("The second monitor"),
    "interpreter": N_("The interpreter"),
    "staff_in_sight": N_("Staff who could see"),
    "staff_in_hearing": N_("Staff who could hear"),
    "children": N_("Other children"),
    "camera": N_("A camera"),
}
HALVES: Final = {"morning": N_("%(day)s, before noon"), "afternoon": N_("%(day)s, after noon")}


def label(speech: Speech, name: str) -> str:
    return speech.say(LABELS[name])


def choices(speech: Speech, name: str, chosen: str) -> tuple[Choice, ...]:
    """What a field offers, in its order."""
    return tuple(Choice(code, speech.say(CHOSEN[name][code]), code == chosen) for code in CHOICES[name])


def near_choices(speech: Speech, content: Mapping[str, str]) -> tuple[Choice, ...]:
    """Who may have been near; several can be chosen. The value is the field's name."""
    return tuple(Choice(f"near.{one}", speech.say(NEAR_WORDS[one]), f"near.{one}" in content) for one in NEAR)


def when(speech: Speech, held_on: str, half: str) -> str:
    """ "22 November 2026, before noon": no hour is kept, so none can be told. A dash for what a strange tablet wrote."""
    try:
        return speech.say(HALVES[half], day=speech.day(date.fromisoformat(held_on)))
    except (KeyError, ValueError):
        return "—"


def lines(speech: Speech, interview: Interview, script: Script | None) -> Iterator[tuple[str, str]]:
    """(label, words) of everything that an interview says, in the order of the form. For the reader."""
    content = interview.content
    near = [speech.say(NEAR_WORDS[one]) for one in NEAR if f"near.{one}" in content]
    topics = {f"note.{topic.id}": topic.title.in_(speech.language) for topic in script.topics} if script else {}
    yield speech.say("Asked before the talk"), speech.say("They said yes to every step of the consent")
    for name in LABELS:
        if name == "near" and near:
            yield label(speech, name), ", ".join(near)
        elif name == "distress":
            for note, text in content.items():
                if note.startswith("note.") and note != "note.other":
                    yield topics.get(note, note.removeprefix("note.")), text
            yield from _line(speech, name, content)
        elif name != "near":
            yield from _line(speech, name, content)


def _line(speech: Speech, name: str, content: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if value := content.get(name):
        yield label(speech, name), speech.say(CHOSEN[name][value]) if name in CHOSEN else value
