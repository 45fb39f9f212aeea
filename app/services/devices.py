"""Tablets and laptops of the teams, as the office sees them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, select

from app import __version__
from app.domain.audit import CODE_MADE, DEVICE_REVOKED
from app.domain.device_health import Health, is_stale, troubles
from app.domain.journal import Draft, Json
from app.domain.people import Person
from app.errors import InvalidInput, NotAllowed, NotThere
from app.services.texts import kept_text
from app.store import audit, device_facts, incoming, journal, photo_arrivals, reads, wipes
from app.store.device_facts import Kept
from app.store.node import Node
from app.store.photo_arrivals import Missing
from app.store.reads import json_list
from app.store.relays import REVOKED
from app.store.tables import DeviceRow, EnrolCodeRow
from app.store.vault import key_fingerprint


@dataclass(frozen=True)
class OneTimeCode:
    """Shown once: the code with the fingerprint of central's key, as it is typed, and when it ends (ms)."""

    text: str
    expires_at_ms: int


def make_code(session: Session, author: Person, name: str, people: Sequence[str]) -> OneTimeCode:
    """A one-time code with which a device of these persons enrols. Raises InvalidInput, NotAllowed."""
    if not author.may("devices"):
        raise NotAllowed()
    known = reads.people(session)
    if not name.strip():
        raise InvalidInput("Give the tablet a name, such as a number on its back.", "name")
    if not people or not all(person in known for person in people):
        raise InvalidInput("Choose who will use this tablet.", "member")
    node: Node = session.info["node"]
    code = incoming.make_enrol_code(session, node, kept_text("name", name, 60), list(people))
    audit.note(session, author.person_id, CODE_MADE, "", {"device": name.strip(), "people": list[Json](sorted(people))})
    return OneTimeCode(f"{code}-{key_fingerprint(node.public_key)}", node.clock.now_ms() + incoming.CODE_LIFE_MS)


def revoke_device(session: Session, author: Person, device_id: str) -> None:
    """Withdraws a device: nothing is taken from it or given to it any more."""
    if not author.may("devices"):
        raise NotAllowed()
    device = session.get(DeviceRow, device_id)
    if device is None:
        raise NotThere()
    node: Node = session.info["node"]
    device.revoked_at_ms = node.clock.now_ms()
    session.add(device)
    # Told to all devices: where central is away they serve none that shows an older certificate.
    known = reads.record(session, device_id)
    sets: dict[str, Json] = {"revoked_at_ms": device.revoked_at_ms}
    journal.append(
        session, Draft(REVOKED, device_id, "reference", sets, known.heads if known else ()), author.person_id
    )
    audit.note(session, author.person_id, DEVICE_REVOKED, device_id)


def make_code_again(session: Session, author: Person, device_id: str) -> OneTimeCode:
    """A new one-time code for a tablet that is known, with its name and people. Raises NotAllowed, NotThere."""
    if not author.may("devices"):
        raise NotAllowed()
    device = session.get(DeviceRow, device_id)
    if device is None:
        raise NotThere()
    return make_code(session, author, device.name, json_list(device.people))


UNKNOWN, NOTHING = Health(0), Kept()
# What a tablet tells of the time before this meeting: that it came is the proof that they are over.
GONE_BY: Final = ("central_unreachable", "network_sign_in", "not_enrolled", "device_revoked")


@dataclass(frozen=True)
class DeviceSeen:
    """A device as the office knows it.

    `carried`, `by_hearsay`: see `store.device_facts`. A code that nobody used yet has no id and was never enrolled.
    """

    device_id: str
    name: str
    people: tuple[str, ...]
    enrolled_at_ms: int | None
    seen_at_ms: int | None
    is_revoked: bool
    health: Health = UNKNOWN
    kept: Kept = NOTHING
    carried: int = 0
    by_hearsay: int = 0
    emptied_at_ms: int | None = None

    @property
    def is_emptied(self) -> bool:
        """True when it destroyed all that it held, and was not linked again since."""
        return self.emptied_at_ms is not None and self.emptied_at_ms > (self.enrolled_at_ms or 0)

    @property
    def is_waiting(self) -> bool:
        """True for a code that nobody used yet."""
        return self.enrolled_at_ms is None


def devices(session: Session) -> list[DeviceSeen]:
    """Enrolled devices, those that need care first; then codes that nobody used yet; then withdrawn ones."""
    node: Node = session.info["node"]
    found = [*_enrolled(session, node.clock.now_ms()), *_unused_codes(session, node.clock.now_ms())]
    return sorted(found, key=_urgency)


def device(session: Session, device_id: str) -> DeviceSeen:
    """One enrolled device. Raises NotThere."""
    node: Node = session.info["node"]
    found = next((one for one in _enrolled(session, node.clock.now_ms()) if one.device_id == device_id), None)
    if found is None:
        raise NotThere()
    return found


def _urgency(seen: DeviceSeen) -> tuple[int, int, str]:
    """Stale ones first, longest unseen on top; then other troubles; then sound ones by name."""
    place = 4 if seen.is_revoked else 3 if seen.is_waiting else 2
    unseen = 0
    if place == 2 and seen.is_emptied:
        place = 1
    elif place == 2 and is_stale(seen.health):
        place, unseen = 0, -seen.health.unseen_ms
    elif place == 2 and troubles(seen.health, __version__):
        place = 1
    return place, unseen, seen.name


def _enrolled(session: Session, now_ms: int) -> list[DeviceSeen]:
    rows = session.exec(select(DeviceRow)).all()
    kept, missing = device_facts.kept(session), photo_arrivals.missing_of_devices(session)
    carried, by_hearsay = device_facts.carried(session), device_facts.by_hearsay(session)
    emptied = wipes.emptied(session)
    return [
        DeviceSeen(
            device_id=row.device_id,
            name=row.name,
            people=tuple(json_list(row.people)),
            enrolled_at_ms=row.enrolled_at_ms,
            seen_at_ms=row.seen_at_ms,
            is_revoked=row.revoked_at_ms is not None,
            health=_health(row, kept.get(row.device_id, NOTHING), missing.get(row.device_id, Missing()), now_ms),
            kept=kept.get(row.device_id, NOTHING),
            carried=carried.get(row.device_id, 0),
            by_hearsay=by_hearsay.get(row.device_id, 0),
            emptied_at_ms=emptied.get(row.device_id),
        )
        for row in rows
    ]


def _health(row: DeviceRow, kept: Kept, missing: Missing, now_ms: int) -> Health:
    """What the device told at the start of its last meeting (`wire.HealthReport`), less what has come since then.

    Once all its entries are here, the photos and originals that they name and that are not here are all it still has.
    """
    told = _told(row)
    come_since = kept.here - _number(told, "here", kept.here)
    entries = max(0, _number(told, "entries") - come_since)
    lacking = missing.photos + missing.originals
    return Health(
        unseen_ms=max(0, now_ms - row.seen_at_ms),
        entries=entries,
        files=max(lacking, _number(told, "files")) if entries else lacking,
        missing=missing.photos,
        originals=missing.originals,
        clock_ms=_number(told, "clock_ms"),
        free_mb=_number(told, "free_mb", -1),
        version=str(told.get("version", "")),
        problem="" if told.get("problem") in GONE_BY else str(told.get("problem", "")),
    )


def _told(row: DeviceRow) -> dict[str, object]:
    told = json.loads(row.health or "{}")
    return told if isinstance(told, dict) else {}


def _number(told: dict[str, object], name: str, default: int = 0) -> int:
    value = told.get(name)
    return value if isinstance(value, int) else default


def _unused_codes(session: Session, now_ms: int) -> list[DeviceSeen]:
    waiting = session.exec(select(EnrolCodeRow).where(EnrolCodeRow.used_by == None)).all()  # noqa: E711
    return [
        DeviceSeen("", code.device_name, tuple(json_list(code.people)), None, None, False)
        for code in waiting
        if code.expires_at_ms > now_ms
    ]
