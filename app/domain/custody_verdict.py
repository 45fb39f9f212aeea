"""What a clock says of a case, and the sentences it says it with. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from app.domain.checklist import CustodyRule
from app.domain.problem import N_, Problem

Outcome = Literal["breach", "depends_on_source", "cannot_tell", "kept"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("breach", "depends_on_source", "cannot_tell", "kept")  # worst first
Bound = Literal["exact", "at_least", "at_most", "open"]

OVER: Final = N_("Longer than the limit by every source.")
WITHIN: Final = N_("Within the limit by every source.")
DISAGREE: Final = N_("The sources disagree: by some of them the limit is exceeded.")
NO_EXCEPTION: Final = N_("Over 24 hours, exception not shown: no ground of points 1–6 stands in the record.")
NOT_CHECKED: Final = N_(
    "Over 24 hours, exception not shown: nobody checked that the crime is particularly grave (CC 11(5))."
)
BY_EXCEPTION: Final = N_("Over the usual limit, but the file shows the ground of an exception.")
OVER_EXCEPTION: Final = N_("Longer than even the exception allows.")
NOT_TYPED: Final = N_("Not written down yet: %(event)s.")
NOT_KNOWN: Final = N_("No source knows the time: %(event)s.")
WRONG_ORDER: Final = N_("Cannot be: order of times. Check which of them is wrong.")
BEFORE_RECORD: Final = N_("Questioned before the arrest record. Check both times.")
BROUGHT_IN: Final = N_("Brought in for at most three hours, with no record and no cell: see rule K3.")
RUNNING: Final = N_("Still running: the limit has not passed yet.")
AT_LEAST: Final = N_("Not every time is known, but even the shortest possible time is over the limit.")
AT_MOST: Final = N_("Not every time is known, but even the longest possible time is within the limit.")
TOO_OPEN: Final = N_("Too little is known: the limit may have been kept or not.")
NEVER: Final = N_("It never happened: %(event)s.")
AT_ONCE: Final = N_("The law says «at once» and names no minutes. The time that passed is shown; the team judges it.")
NO_GROUND: Final = N_("There is a time at which the child was held, and no ground for it.")
NOT_HELD: Final = N_("No time is written down at which the child was held.")
LISTED: Final = N_("The suspicion is of a crime of the list.")
NOT_LISTED: Final = N_("The suspicion is of a crime outside the list: no ground for an arrest.")
SAY_LISTED: Final = N_("Say whether the crime is on the list of CC 15(2).")
SAY_AGE: Final = N_("Say how old the child was at the arrest.")
SAY_SUSPECT: Final = N_("Say whether the child was a suspect.")
SPAN_OPEN: Final = N_("A questioning has no beginning or no end written down.")
AT_NIGHT: Final = N_("A questioning went on in the hours of the night.")
IN_DAYTIME: Final = N_("Every questioning was in daytime.")
DISPUTED: Final = N_("Two of you said different things: %(event)s. Choose the right one first.")
NEEDED: Final = {"age": SAY_AGE, "is_suspect": SAY_SUSPECT}


@dataclass(frozen=True)
class Reading:
    """One told beginning against one told end: the minutes between, and what they come to. `bound`: how exact."""

    from_source: str
    to_source: str
    start: datetime
    end: datetime
    minutes: int
    bound: Bound
    outcome: Literal["kept", "breach", "unknown", "impossible"]


@dataclass(frozen=True)
class Verdict:
    """What one rule says of a case. `least` and `most`: minutes that passed, over all sources; None: not known.

    `limit_minutes` is the limit that was applied (an exception may have made it longer); None for "at once", days and
    months. `start` and `deadline` are the earliest beginning and its last allowed moment (UTC).
    """

    rule: CustodyRule
    outcome: Outcome
    why: Problem
    least: int | None = None
    most: int | None = None
    limit_minutes: int | None = None
    start: datetime | None = None
    deadline: datetime | None = None
    readings: tuple[Reading, ...] = ()
