"""The red button: dangers to a child that cannot wait, whom to tell of each and by which rule, and how it ends. Pure.

An alert says what, where and which monitor wrote it: never a child, nor who told. Source: guide `immediate-danger`,
domain corpus 2 (step 13) and 5.4.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.domain.merge import Record
from app.domain.people import Person
from app.domain.visits import Visit

ALERT, TOLD, DECISION = "alert", "alert_told", "alert_decision"
KINDS: Final = (ALERT, TOLD, DECISION)  # of entries; a decision is the office's alone
DANGERS: Final = ("immediate", "needs_doctor", "held", "reprisal", "suicide", "alone", "other")
RECIPIENTS: Final = (
    "team_lead",
    "ambulance",
    "commissioner",
    "procurator",
    "police",
    "guardianship",
    "contact_centre",
)
HOW: Final = ("by_phone", "in_person", "in_writing")
IN_WRITING: Final = "in_writing"
NOTE, CHECK = "note", "check"
HOUR_MS: Final = 3_600_000
# The Commissioner's internal rule (guide `immediate-danger`; domain corpus 5.4): a written note, then the outcome by a
# visit or a call.
DUE_AFTER_MS: Final[Mapping[str, int]] = {NOTE: 24 * HOUR_MS, CHECK: 72 * HOUR_MS}
ACKNOWLEDGED, CLOSED = "acknowledged", "closed"
OUTCOMES: Final = ("safe", "handed_over", "not_confirmed", "mistake", "other")
WORDS_MAX: Final = 200  # letters: what and where, no story

# Where Law 353 "On the order and conditions of holding" applies: its special institutions and special rooms.
CUSTODY_TYPES: Final = ("police_station", "ivs", "administrative_arrest_centre", "reception_centre", "remand_centre")
CUSTODY_LAW: Final = "kz.l353."
# What contacts of the office's list are to be called for a recipient; the team lead stands beside you.
CONTACT_OF: Final[Mapping[str, str]] = {
    "ambulance": "ambulance",
    "commissioner": "ombudsman",
    "procurator": "procurator",
    "police": "police",
    "guardianship": "guardianship",
    "contact_centre": "contact_centre",
}
# Danger -> whom to tell, in order, and the provisions of the library that name them. None: a rule of the method alone.
_GUARDIANSHIP: Final = ("guardianship", ("kz.fc.67.3",))
_LEAD, _OFFICE, _CENTRE = ("team_lead", ()), ("commissioner", ()), ("contact_centre", ("kz.fc.67-1",))
_UNLAWFULLY_HELD: Final = ("kz.constitutional.law.155-vii.10.duties.9", "kz.constitutional.law.155-vii.10.powers.14")
_WHOM: Final[Mapping[str, Sequence[tuple[str, tuple[str, ...]]]]] = {
    "immediate": (
        _LEAD,
        ("ambulance", ()),
        _OFFICE,
        ("procurator", ("kz.l353.49",)),
        ("police", ()),
        ("guardianship", ("kz.fc.67.3", "kz.fc.82.1-2")),
    ),
    "needs_doctor": (
        _LEAD,
        ("ambulance", ("kz.l353.23.3",)),
        _OFFICE,
        ("procurator", ("kz.l353.23.4",)),
        _GUARDIANSHIP,
    ),
    "held": (_LEAD, _OFFICE, ("procurator", _UNLAWFULLY_HELD), _GUARDIANSHIP),
    "reprisal": (_LEAD, _OFFICE, ("procurator", ("kz.l353.20.7",)), _GUARDIANSHIP),
    "suicide": (_LEAD, ("ambulance", ()), _OFFICE, _GUARDIANSHIP, _CENTRE),
    "alone": (_LEAD, _OFFICE, _GUARDIANSHIP, _CENTRE),
    "other": (
        _LEAD,
        ("ambulance", ()),
        _OFFICE,
        ("procurator", ()),
        ("police", ()),
        _GUARDIANSHIP,
        _CENTRE,
    ),
}


@dataclass(frozen=True)
class Advice:
    """Somebody to be told, and the ids of the provisions behind it; none where only the method says so."""

    recipient: str
    provisions: tuple[str, ...]


def whom_to_tell(danger: str, institution_type: str) -> list[Advice]:
    """Whom to tell of a danger in an institution of this type, in order. Law 353 is named only where it applies."""
    applies = institution_type in CUSTODY_TYPES
    return [
        Advice(recipient, tuple(one for one in provisions if applies or not one.startswith(CUSTODY_LAW)))
        for recipient, provisions in _WHOM[danger]
    ]


@dataclass(frozen=True)
class Act:
    """Who wrote something, and when by the clock of their device (ms)."""

    author: str
    at_ms: int


@dataclass(frozen=True)
class Told:
    """Somebody was told: by `act.author`, at `act.at_ms`."""

    told_id: str
    recipient: str
    how: str
    act: Act


@dataclass(frozen=True)
class Alert:
    """A danger as one monitor raised it, and what became of it. `institution_id` is its own: a visit may come later."""

    alert_id: str
    visit_id: str
    institution_id: str
    danger: str
    words: str
    raised: Act
    told: tuple[Told, ...] = ()
    acknowledged: Act | None = None  # the office knows
    closed: Act | None = None
    outcome: str = ""
    closing_words: str = ""

    @property
    def state(self) -> str:
        """`raised`, `told`, `acknowledged` or `closed`: the furthest that it came."""
        if self.closed:
            return CLOSED
        if self.acknowledged:
            return ACKNOWLEDGED
        return "told" if self.told else "raised"

    @property
    def is_waiting(self) -> bool:
        """True until somebody of the office says that they know."""
        return self.state in ("raised", "told")


@dataclass(frozen=True)
class Due:
    """What still has to be done about an alert, and until when (ms)."""

    what: str  # NOTE | CHECK
    at_ms: int


def due_of(group: Sequence[Alert]) -> list[Due]:
    """What is still to be done about alerts that stand together, counted from the first; nothing once it is closed."""
    if group[0].closed:
        return []
    raised_ms = min(one.raised.at_ms for one in group)
    told = {(one.recipient, one.how) for alert in group for one in alert.told}
    left = [CHECK] if ("commissioner", IN_WRITING) in told else [NOTE, CHECK]
    return [Due(what, raised_ms + DUE_AFTER_MS[what]) for what in left]


def may_raise(person: Person, visit: Visit) -> bool:
    """Members of the team, also when the visit is finished: danger does not wait for a state. Not once it is approved."""
    return person.person_id in visit.team and visit.state != "approved"


def alerts_of(records: Iterable[Record], acts: Mapping[str, Act]) -> list[Alert]:
    """The alerts that the records of one visit add up to, in the order they were raised.

    `acts`: subject -> its first entry. A danger of a newer version, or one that was erased, is kept as `other`.
    """
    found = [record for record in records if record.subject in acts]
    told, decisions = _by_alert(found, TOLD), _by_alert(found, DECISION)
    alerts = [
        _alert(record, acts, told.get(record.subject, []), decisions.get(record.subject, []))
        for record in found
        if record.kind == ALERT
    ]
    return sorted(alerts, key=lambda one: (one.raised.at_ms, one.alert_id))


def _by_alert(records: Iterable[Record], kind: str) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in records:
        if record.kind == kind and not record.is_on("removed"):
            found.setdefault(record.text("alert"), []).append(record)
    return found


def _alert(record: Record, acts: Mapping[str, Act], told: Sequence[Record], decisions: Sequence[Record]) -> Alert:
    known = _first(decisions, ACKNOWLEDGED, acts)
    closing = _first(decisions, CLOSED, acts)
    danger = record.text("danger")
    return Alert(
        alert_id=record.subject,
        visit_id=record.scope.removeprefix("visit:"),
        institution_id=record.text("institution"),
        danger=danger if danger in DANGERS else "other",
        words=record.text("words"),
        raised=acts[record.subject],
        told=tuple(sorted((_told(one, acts) for one in told), key=lambda one: (one.act.at_ms, one.told_id))),
        acknowledged=acts[known.subject] if known else None,
        closed=acts[closing.subject] if closing else None,
        outcome=_known(closing.text("outcome"), OUTCOMES) if closing else "",
        closing_words=closing.text("words") if closing else "",
    )


def _told(record: Record, acts: Mapping[str, Act]) -> Told:
    return Told(record.subject, record.text("recipient"), record.text("how"), acts[record.subject])


def _first(decisions: Sequence[Record], decision: str, acts: Mapping[str, Act]) -> Record | None:
    """The first one: who knew first, and how it was closed at first."""
    of_kind = [one for one in decisions if one.text("decision") == decision]
    return min(of_kind, key=lambda one: (acts[one.subject].at_ms, one.subject), default=None)


def _known(code: str, codes: Sequence[str]) -> str:
    return code if code in codes else "other"


def together(alerts: Iterable[Alert]) -> list[tuple[Alert, ...]]:
    """Alerts of one visit and one danger stand together: two monitors who raise the same one are both kept.

    Closed ones stand alone: what was closed says nothing of what was raised again.
    """
    groups: dict[tuple[str, ...], list[Alert]] = {}
    for alert in alerts:
        key = (alert.visit_id, alert.danger) + ((alert.alert_id,) if alert.closed else ())
        groups.setdefault(key, []).append(alert)
    return [tuple(group) for group in groups.values()]
