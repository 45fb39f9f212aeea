"""Whose id it is: how entries from elsewhere are sorted against what is here. Pure.

An id belongs to the first sound entry that has it. What claims the id of another is kept under a name of its own, as
evidence, and a wrong entry gives way to a sound one, so that nobody can silence an entry by coming first with its id.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.domain.journal import Entry, read_entry, set_aside

TAKEN_ID = "id"  # the reason for an entry whose id is another's


@dataclass(frozen=True)
class Held:
    """An entry as it lies here. `reason`: why it does not count; None when it does."""

    entry_id: str
    header: bytes
    body: bytes | None
    reason: str | None

    def is_same(self, entry: Entry) -> bool:
        """The same bytes, as far as both have them: a body that was erased on one side is no other body."""
        return self.header == entry.header and (self.body is None or entry.body is None or self.body == entry.body)


@dataclass
class Intake:
    """What is to be done with a batch of arrivals."""

    sound: list[Entry] = field(default_factory=list)  # to insert, number and project
    wrong: dict[str, tuple[Entry, str]] = field(default_factory=dict)  # to keep, with the reason
    freed: list[str] = field(default_factory=list)  # ids whose wrong entry leaves its row
    moved: dict[str, Held] = field(default_factory=dict)  # new id -> wrong entry that gave way
    reasons: dict[str, str] = field(default_factory=dict)  # what to tell the sender
    aside: dict[str, str] = field(default_factory=dict)  # id that was claimed -> id under which the bytes are kept

    def name_of(self, entry: Entry) -> str:
        """The id under which the bytes of an arrived entry are kept: its own, or another when it was set aside.

        By the bytes, not by the id alone: one batch may hold an entry and what claims its id.
        """
        if not self.aside:
            return entry.entry_id
        name = set_aside(entry.header, entry.body).entry_id
        return name if name in self.wrong else entry.entry_id


def sort_arrivals(arrived: Iterable[Entry], held: Mapping[str, Held], wrong: Mapping[str, str]) -> Intake:
    """`held`: what lies here under the ids of the arrived; `wrong`: ids of authentic but wrong ones, with the reason.

    The same arrivals a second time come to nothing new, and are told the same reasons.
    """
    intake, known = Intake(), dict(held)
    for entry in arrived:
        _sort(intake, known, entry, wrong.get(entry.entry_id))
    return intake


def _sort(intake: Intake, held: dict[str, Held], entry: Entry, reason: str | None) -> None:
    known = held.get(entry.entry_id)
    if known is None:
        _keep(intake, held, entry, reason)
    elif known.is_same(entry):
        if known.reason and not reason:
            intake.freed.append(known.entry_id)
            _keep(intake, held, read_entry(entry.header, entry.body or known.body), None)
        elif known.reason:
            intake.reasons[entry.entry_id] = known.reason
    elif known.reason and not reason:
        intake.freed.append(known.entry_id)
        ousted = set_aside(known.header, known.body)
        intake.moved[ousted.entry_id] = known
        intake.wrong[ousted.entry_id] = (ousted, known.reason)  # not told: it was another who sent it
        _keep(intake, held, entry, None)
    else:
        aside = set_aside(entry.header, entry.body)
        intake.aside[entry.entry_id] = aside.entry_id
        intake.reasons[entry.entry_id] = reason or TAKEN_ID
        intake.wrong[aside.entry_id] = (aside, reason or TAKEN_ID)


def _keep(intake: Intake, held: dict[str, Held], entry: Entry, reason: str | None) -> None:
    held[entry.entry_id] = Held(entry.entry_id, entry.header, entry.body, reason)
    if reason:
        intake.wrong[entry.entry_id] = (entry, reason)
        intake.reasons[entry.entry_id] = reason
    else:
        intake.sound.append(entry)
