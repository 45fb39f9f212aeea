"""What is over its time at the office, by the body's rules. Pure.

Counted from the day of an approved visit. What judges stays: answers, findings, signatures, decisions, and that there was
a talk or an alert; what goes are words and times of people.
"""

import hashlib
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

# Group -> kinds of entries whose bodies are erased. Of an alert its danger and words; who was told and how it ended stay,
# or it would stand open again.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "interviews": ("interview",),
    "alerts": ("alert",),
    "details": ("case", "refusal"),
}
ASKED_FOR_DAYS: Final = 7  # so long a second person can agree to what the first one asked


@dataclass(frozen=True)
class Due:
    """What is over its time in one visit. `entries`: ids of those that still have a body."""

    group: str
    visit_id: str
    visited_on: date
    entries: tuple[str, ...]


def is_over(visited_on: date, months: int, today: date) -> bool:
    """True when so many months have gone since the visit; never for 0 months."""
    return months > 0 and months_after(visited_on, months) <= today


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def digest(due: Sequence[Due]) -> str:
    """Names exactly these entries: a second person agrees to what the first one saw, and to nothing that came since."""
    ids = sorted(entry for one in due for entry in one.entries)
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()


def counts(due: Sequence[Due]) -> dict[str, int]:
    """Group -> entries, of the groups that have some."""
    found: dict[str, int] = {}
    for one in due:
        found[one.group] = found.get(one.group, 0) + len(one.entries)
    return found
