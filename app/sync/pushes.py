"""What central does with a pushed batch: verify its place in the stream and its seal, then keep its entries.

Authentic but wrong entries are kept, and acked with a reason; one bad entry never holds up the rest (design 5.7).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sqlmodel import Session

from app.domain import alerts, erasure
from app.domain.arrivals import Intake
from app.domain.journal import Accepted, Entry, Gap, Link, StreamName, accept, aside_name, seal_message
from app.domain.merge import merge
from app.domain.visits import visit_of
from app.errors import ProtocolError
from app.store import incoming, journal, vouchers, wiping
from app.store.node import Node
from app.store.tables import DeviceRow
from app.store.vault import signature_holds
from app.sync import wire
from app.sync.batches import places_of

OFFICE_SCOPES: Final = ("reference", "institution:")  # only central writes here
OFFICE_KINDS: Final = ("person", "institution", "contact", "question", "review", alerts.DECISION)
OFFICE_STATES: Final = ("returned", "approved")


@dataclass
class Taken:
    """What came of the pushes of one exchange. `ends`: of the feeds that are locked for it, and go on with it."""

    ends: dict[str, journal.FeedEnd] = field(default_factory=dict)
    acks: list[wire.StreamAck] = field(default_factory=list)
    fresh: list[wire.StreamAck] = field(default_factory=list)  # those of pushes with entries
    refused: list[wire.Refused] = field(default_factory=list)
    quarantined: list[wire.Quarantined] = field(default_factory=list)


def take_all(session: Session, device: DeviceRow, pushes: Sequence[wire.Push], relayed_by: str = "") -> Taken:
    """All pushes of an exchange, alerts first. Raises ProtocolError for a seal that does not hold.

    `device`: whose streams these are. `relayed_by`: the other device that brought them; empty for itself.
    """
    ordered = sorted(pushes, key=lambda push: push.lane)
    places = [places_of(push) for push in ordered]
    taken = Taken(ends=lock_scopes(session, places))
    for push, group in zip(ordered, places, strict=True):
        _take(session, device, push, group, taken, relayed_by)
    return taken


def lock_scopes(session: Session, places: Sequence[Sequence[wire.Place]]) -> dict[str, journal.FeedEnd]:
    """Every scope before any stream, in one order: two exchanges must not wait for each other (design 5.8)."""
    entries = [place.entry for group in places for place in group if place.entry and not place.fault]
    return journal.lock_scopes(
        session, {entry.scope for entry in entries if entry.scope.startswith(("visit:", "person:"))}
    )


def _take(
    session: Session, device: DeviceRow, push: wire.Push, places: list[wire.Place], taken: Taken, relayed_by: str
) -> None:
    stream = StreamName(device.device_id, push.incarnation, push.lane)
    row = incoming.device_stream(session, stream)
    held = incoming.held_chains(session, row.stream, push.start, len(places))
    verdict = accept(stream, held, row.last_seq, push.start, wire.from_hex(push.prev), [p.hashed for p in places])
    if not isinstance(verdict, Accepted):
        why, have = ("gap", verdict.have) if isinstance(verdict, Gap) else ("fork", verdict.seq)
        taken.refused.append(wire.Refused(incarnation=push.incarnation, lane=push.lane, why=why, have=have))
        return
    message = seal_message(stream, verdict.seq, verdict.chain)
    if not signature_holds(device.public_key, wire.from_hex(push.seal), message):
        raise ProtocolError(reason="the seal does not verify")
    intake = _receive(session, device, places, relayed_by, taken.ends)
    links = [_named(session, intake, link, places[link.seq - push.start]) for link in verdict.new]
    if relayed_by:
        journal.extend_stream(session, row.stream, links, wire.from_hex(push.seal), row.confirmed_seq, relayed_by)
    else:
        journal.extend_stream(session, row.stream, links, wire.from_hex(push.seal), verdict.seq)
    if not relayed_by and not links and row.confirmed_seq < verdict.seq:
        journal.confirm_stream(session, row.stream, verdict.seq)
    taken.quarantined += [wire.Quarantined(entry_id=key, reason=reason) for key, reason in intake.reasons.items()]
    chain = verdict.chain.hex()
    ack = wire.StreamAck(incarnation=push.incarnation, lane=push.lane, seq=verdict.seq, chain=chain)
    taken.acks.append(ack)
    if places:  # of a push of nothing the device has the proof already
        taken.fresh.append(ack)


def _named(session: Session, intake: Intake, link: Link, place: wire.Place) -> Link:
    """The link under the name by which its entry is kept. A bare one that only claims an id gets a name of its own: the
    hashes of one entry under the id of another would be a flaw of the journal for good."""
    if place.entry:
        name = intake.name_of(place.entry)
        return link if name == link.entry_id else replace(link, entry_id=name)
    if journal.is_held(session, place.hashed):
        return link
    return replace(link, entry_id=aside_name(link.header_hash, link.body_hash))


def _receive(
    session: Session,
    device: DeviceRow,
    places: list[wire.Place],
    relayed_by: str,
    ends: dict[str, journal.FeedEnd],
) -> Intake:
    """Keeps the entries, those that do not count with the reason, and who has them from whom."""
    entries = [place.entry for place in places if place.entry]
    node: Node = session.info["node"]
    if relayed_by not in ("", node.device_id):  # this device reads it, and carries it nowhere
        entries = wiping.without_wiped(session, entries)
    wrong = {place.entry.entry_id: place.fault for place in places if place.entry and place.fault}
    reasons = dict.fromkeys((entry.entry_id for entry in entries), "revoked")
    if device.revoked_at_ms is None:
        reasons = why_not(session, device, entries)
    intake = journal.receive(session, entries, reasons | wrong, ends)
    if relayed_by:
        new = [entry.entry_id for entry in intake.sound] + list(intake.wrong)
        vouchers.mark_relayed(session, new, relayed_by)
    else:
        vouchers.confirm(session, [entry.entry_id for entry in entries])  # their own device said so
    return intake


@dataclass(frozen=True)
class Door:
    """What a device may write: as its persons, in its scopes, and in visits that central does not know yet."""

    people: frozenset[str]
    scopes: frozenset[str]
    known_visits: frozenset[str]

    def why_not(self, entry: Entry, home: tuple[str, str] | None) -> str:
        """Why an entry does not count; empty when it does. `home`: scope and kind of the record it speaks of."""
        visit_id = entry.scope.removeprefix("visit:")
        if entry.author not in self.people:
            return "author"
        if entry.scope.startswith(OFFICE_SCOPES) or entry.kind in OFFICE_KINDS:
            return "rights"
        is_new_visit = entry.scope.startswith("visit:") and visit_id not in self.known_visits
        if entry.scope not in self.scopes and not is_new_visit:
            return "scope"
        if not _belongs(entry, visit_id) or (home and home != (entry.scope, entry.kind)):
            return "subject"
        if entry.kind == "visit" and entry.fields().get("state") in OFFICE_STATES:
            return "rights"
        if entry.kind == erasure.KIND and entry.fields().get(erasure.BY_OFFICE):
            return "rights"
        return "" if _can_be_read(entry) else "value"


def why_not(session: Session, device: DeviceRow, entries: Sequence[Entry]) -> dict[str, str]:
    """The reasons of those authentic entries that do not count."""
    visits = {entry.scope.removeprefix("visit:") for entry in entries}
    homes = incoming.homes(session, {entry.subject for entry in entries} | visits)
    known = frozenset(visit for visit in visits if visit in homes)
    people = frozenset(json.loads(device.people))
    door = Door(people, frozenset(incoming.scopes_for(session, device)), known)
    return _reasons(door, entries, homes)


def _reasons(door: Door, entries: Sequence[Entry], homes: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    reasons: dict[str, str] = {}
    known = dict(homes)
    for entry in entries:
        if reason := door.why_not(entry, known.get(entry.subject)):
            reasons[entry.entry_id] = reason
        else:
            known.setdefault(entry.subject, (entry.scope, entry.kind))
    return reasons


def _belongs(entry: Entry, visit_id: str) -> bool:
    """A subject with a slash, and the visit itself, say whose they are: nobody writes into another's visit."""
    owner, slash, _ = entry.subject.partition("/")
    return owner == visit_id if slash or entry.kind == "visit" else owner != visit_id


def _can_be_read(entry: Entry) -> bool:
    """A visit's fields decide who sees it: one that cannot be read would stop everybody's list."""
    if entry.kind != "visit":
        return True
    try:
        visit_of(merge([entry]))
    except (ValueError, TypeError):
        return False
    return isinstance(entry.fields().get("team", []), list)
