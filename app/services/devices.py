"""Tablets and laptops of the teams, as the office sees them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, select

from app.domain.journal import Draft, Json
from app.domain.people import Person
from app.errors import InvalidInput, NotAllowed, NotThere
from app.services.texts import kept_text
from app.store import incoming, journal, reads
from app.store.node import Node
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


@dataclass(frozen=True)
class DeviceSeen:
    device_id: str
    name: str
    people: tuple[str, ...]
    enrolled_at_ms: int | None
    seen_at_ms: int | None
    is_revoked: bool


def devices(session: Session) -> list[DeviceSeen]:
    """Enrolled devices by name, then codes that nobody used yet."""
    node: Node = session.info["node"]
    rows = session.exec(select(DeviceRow).order_by(DeviceRow.name)).all()
    found = [
        DeviceSeen(
            r.device_id, r.name, tuple(json_list(r.people)), r.enrolled_at_ms, r.seen_at_ms, r.revoked_at_ms is not None
        )
        for r in rows
    ]
    waiting = session.exec(select(EnrolCodeRow).where(EnrolCodeRow.used_by == None)).all()  # noqa: E711
    now = node.clock.now_ms()
    found += [
        DeviceSeen("", c.device_name, tuple(json_list(c.people)), None, None, False)
        for c in waiting
        if c.expires_at_ms > now
    ]
    return found
