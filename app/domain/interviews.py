"""An interview with a child, a member of staff or a parent: what is written down, and what must be there at its closing.

Confidential by design: a code instead of a name, half a day instead of an hour, and nobody who finds the tablet reads a
closed one. Method: domain.md 2, steps 4, 8, 9, 13, 14. Pure: `store.interviews` keeps the draft, `services.interviews`
closes it.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from app.domain.journal import canonical
from app.domain.people import Person

OPEN, CLOSED = "open", "closed"  # a stopped interview has no state: nothing of it is left

# What is chosen, never typed: quick under the eyes of a child, and nothing in it points at one.
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "representative": ("agreed", "not_asked", "not_reached"),  # parent, guardian or lawyer of a child
    "age": ("4_6", "7_10", "11_14", "15_17", "adult"),
    "sex": ("female", "male", "unsaid"),
    "language": ("kk", "ru", "sign", "other"),
    "interpreter": ("none", "ours", "of_the_place"),
    "place": ("separate_room", "outdoors", "own_room", "common_room", "office", "other"),
    "distress": ("calm", "uneasy", "upset", "severe"),
    "disclosure": ("none", "self", "other", "both"),  # of violence: whom it happened to
    "passing_on": ("agreed", "refused", "danger"),  # danger: it is passed on all the same, and they were told so
    "reprisal": ("low", "some", "high"),
}
NEAR: Final = ("nobody", "second_monitor", "interpreter", "staff_in_sight", "staff_in_hearing", "children", "camera")
TEXTS: Final = ("reach", "note.other")  # how to reach them without harm; what fits no topic
AT_OPENING: Final = ("assent", "representative")  # written once, before the first question
NOTE_LETTERS: Final = 3000

SEALED: Final = "sealed."  # + fingerprint of a key: the field of the entry that holds the document sealed to it
PADDING_BYTES: Final = 4096  # a document is filled up to this: its length does not tell how much was said
MAX_DOCUMENT_BYTES: Final = 96 * 1024
MOST_KEYS: Final = 4  # so an entry stays below a megabyte
DOCUMENT_VERSION: Final = 1

# Told apart by ear, by eye and by hand, in Kazakh and in Russian.
_LETTERS, _NUMBERS = "АБЖКЛМРСТ", range(2, 100)

Content = Mapping[str, str]  # field -> what was chosen or written; `near.<who>` and `assent` are "yes"


@dataclass(frozen=True)
class Interview:
    """A draft on the tablet of its author. `half`: morning or afternoon; no hour is kept (domain.md 2, step 8)."""

    interview_id: str
    visit_id: str
    author: str
    code: str
    script: str
    held_on: date
    half: str
    content: Content = field(default_factory=dict)


def half_of(moment: datetime) -> str:
    """Morning until noon by the local clock, then afternoon."""
    return "morning" if moment.hour < 12 else "afternoon"


def new_code(taken: Collection[str], chance: bytes) -> str:
    """A code such as Б-27 that the visit does not have yet on this tablet.

    By chance and not in order: a gap would tell that an interview was stopped, and an order who went in when.
    """
    free = [code for letter in _LETTERS for number in _NUMBERS if (code := f"{letter}-{number}") not in taken]
    return free[int.from_bytes(chance) % len(free)]


def is_trained(person: Person, today: date) -> bool:
    """True when the person's training is dated, and past: nobody else talks with children (domain.md 2, step 4)."""
    return person.trained_on is not None and person.trained_on <= today


def is_field(name: str, topics: Collection[str]) -> bool:
    """True for what the form may set; `topics` are the ids of the script's topics."""
    if name in AT_OPENING:
        return False
    kind, _, which = name.partition(".")
    if kind == "near":
        return which in NEAR
    return name in CHOICES or name in TEXTS or name == "follow_up_on" or (kind == "note" and which in topics)


def is_allowed(name: str, value: str) -> bool:
    """True when a field can have this value. Texts can have any; a day is written YYYY-MM-DD."""
    if name in CHOICES:
        return value in CHOICES[name]
    if name.startswith("near."):
        return value == "yes"
    return name != "follow_up_on" or _is_day(value)


def missing(interview: Interview, is_child: bool) -> tuple[str, ...]:
    """The fields that closing still waits for, in the order of the form. Notes may stay empty: silence is an answer.

    A day before the talk is no day to see anybody again.
    """
    content = interview.content
    needed = ["language", "distress", "disclosure", "reprisal"]
    if is_child:
        needed.insert(0, "age")
    if content.get("disclosure", "none") != "none":
        needed.append("passing_on")
    if content.get("reprisal", "low") != "low":
        needed.append("follow_up_on")
    found = [name for name in needed if not content.get(name)]
    if not any(name.startswith("near.") for name in content):
        found.insert(0, "near")
    if "" < content.get("follow_up_on", "") < interview.held_on.isoformat():
        found.append("follow_up_on")
    order = ("age", "language", "near", "distress", "disclosure", "passing_on", "reprisal", "follow_up_on")
    return tuple(sorted(found, key=order.index))


# ---- what is sealed -------------------------------------------------------------------------------------------------


def sealed_info(visit_id: str, interview_id: str) -> bytes:
    """What a document is sealed for: this interview of this visit and no other."""
    return f"baqylau-interview-1\n{visit_id}\n{interview_id}".encode()


def document(interview: Interview) -> bytes:
    """The interview as it is sealed: canonical JSON, filled up with spaces."""
    told = {
        "version": DOCUMENT_VERSION,
        "interview": interview.interview_id,
        "visit": interview.visit_id,
        "author": interview.author,
        "code": interview.code,
        "script": interview.script,
        "held_on": interview.held_on.isoformat(),
        "half": interview.half,
        "content": {name: value for name, value in interview.content.items() if value},
    }
    plain = canonical(told)
    return plain + b" " * (-len(plain) % PADDING_BYTES)


def read_document(plain: bytes) -> Interview:
    """The interview of a document. Raises ValueError for what is none, or is of a later version."""
    told = json.loads(plain)
    if not isinstance(told, dict) or told.get("version") != DOCUMENT_VERSION:
        raise ValueError("not a document that this version reads")
    try:
        return Interview(
            interview_id=str(told["interview"]),
            visit_id=str(told["visit"]),
            author=str(told["author"]),
            code=str(told["code"]),
            script=str(told["script"]),
            held_on=date.fromisoformat(str(told["held_on"])),
            half=str(told["half"]),
            content={str(name): str(value) for name, value in told["content"].items()},
        )
    except (KeyError, AttributeError) as error:
        raise ValueError("the document is not whole") from error


def sealed_keys(fields: Collection[str]) -> Sequence[str]:
    """The fingerprints of the keys to which an entry with these fields is sealed."""
    return sorted(name.removeprefix(SEALED) for name in fields if name.startswith(SEALED))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
