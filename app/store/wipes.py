"""At central: what devices say that they removed, and orders to them to destroy everything."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlmodel import Session

from app.domain.audit import DEVICE_WIPED, VISIT_WIPED, WIPE_ORDERED, WIPE_TAKEN_BACK
from app.domain.visits import visit_of
from app.domain.wiping import POLICY, Order, order_message, order_text
from app.store import audit, reads
from app.store import node as node_values
from app.store.db import insert_or_leave
from app.store.node import Node, value_of
from app.store.tables import DeviceRow, table
from app.store.wipe_tables import WipeOrderRow, WipeToldRow

TOLD, ORDERED = table(WipeToldRow), table(WipeOrderRow)
ALL: Final = ""  # in the place of a visit: everything that was on the device


@dataclass(frozen=True)
class Told:
    """What a device removed; see `WipeToldRow`."""

    visit_id: str
    at_ms: int
    why: str
    who: str
    lost: int


@dataclass(frozen=True)
class Ordered:
    """An order to a device, and what became of it; see `WipeOrderRow`. `is_of_now`: False when central was restored
    since, so that it is handed out no more."""

    order_id: str
    ordered_by: str
    reason: str
    ordered_at_ms: int
    handed_at_ms: int | None
    confirmed_at_ms: int | None
    taken_back_at_ms: int | None
    is_of_now: bool

    @property
    def is_open(self) -> bool:
        return self.is_of_now and self.confirmed_at_ms is None and self.taken_back_at_ms is None


# ---- visits ------------------------------------------------------------------------------------------------------------


def note_visits(session: Session, device: DeviceRow, wiped: Mapping[str, int], scopes: Collection[str]) -> set[str]:
    """Notes the visits that a device removed, and returns the scopes that it is therefore not given: those of visits that
    are not open again. `scopes`: what it may read; of others it says nothing that counts."""
    told = {one: at_ms for one, at_ms in wiped.items() if f"visit:{one}" in scopes}
    known = {(one.visit_id, one.at_ms) for one in told_by(session, device.device_id)} if told else set()
    for visit_id, at_ms in sorted(told.items()):
        if (visit_id, at_ms) not in known:
            _note(session, device, Told(visit_id, at_ms, POLICY, device.device_id, 0))
            audit.note(session, device.device_id, VISIT_WIPED, visit_id, {"device": device.name})
    return {f"visit:{one}" for one in told if not _is_open(session, one)}


def _is_open(session: Session, visit_id: str) -> bool:
    record = reads.record(session, visit_id)
    return record is not None and visit_of(record).is_open


def told_by(session: Session, device_id: str) -> list[Told]:
    """What a device removed, the latest first."""
    columns = select(TOLD.c.visit_id, TOLD.c.at_ms, TOLD.c.why, TOLD.c.who, TOLD.c.lost)
    rows = session.execute(columns.where(TOLD.c.device_id == device_id).order_by(TOLD.c.at_ms.desc(), TOLD.c.visit_id))
    return [Told(*row) for row in rows]


def _note(session: Session, device: DeviceRow, told: Told) -> bool:
    """False when it was known."""
    node: Node = session.info["node"]
    row = vars(told) | {"device_id": device.device_id, "told_at_ms": node.clock.now_ms()}
    return bool(session.execute(insert_or_leave(session, TOLD), row).rowcount)  # type: ignore[attr-defined]


# ---- everything --------------------------------------------------------------------------------------------------------


def note_all(session: Session, device: DeviceRow, told: Told, order_id: str) -> None:
    """A device says that it destroys everything. Once more changes nothing."""
    node: Node = session.info["node"]
    if _note(session, device, told):
        audit.note(session, device.device_id, DEVICE_WIPED, device.device_id, {"why": told.why, "lost": told.lost})
    mine = (ORDERED.c.order_id == order_id) & (ORDERED.c.device_id == device.device_id)
    is_new = mine & ORDERED.c.confirmed_at_ms.is_(None)
    session.execute(update(ORDERED).where(is_new).values(confirmed_at_ms=node.clock.now_ms()))


def emptied(session: Session) -> dict[str, int]:
    """Devices that said that they destroy everything -> when central heard it last (ms)."""
    columns = select(TOLD.c.device_id, func.max(TOLD.c.told_at_ms).label("heard_at_ms")).where(TOLD.c.visit_id == ALL)
    return {row.device_id: row.heard_at_ms for row in session.execute(columns.group_by(TOLD.c.device_id))}


def order(session: Session, device: DeviceRow, by: str, reason: str) -> None:
    """Orders a device to destroy all that it holds, at the next contact."""
    node: Node = session.info["node"]
    epoch, now = value_of(session, node_values.EPOCH), node.clock.now_ms()
    made = Order(node.clock.random_bytes(16).hex(), device.device_id, epoch, now)
    text = order_text(made)
    row: dict[str, Any] = {
        "order_id": made.order_id,
        "device_id": device.device_id,
        "epoch": epoch,
        "text": text,
        "signature": node.sign(order_message(text)),
        "ordered_by": by,
        "reason": reason,
        "ordered_at_ms": now,
    }
    session.execute(ORDERED.insert(), row)
    audit.note(session, by, WIPE_ORDERED, device.device_id, {"order": made.order_id, "reason": reason})


def take_back(session: Session, device_id: str, by: str) -> None:
    """The open orders to a device are handed out no more."""
    node: Node = session.info["node"]
    mine = (ORDERED.c.device_id == device_id) & ORDERED.c.confirmed_at_ms.is_(None)
    is_open = mine & ORDERED.c.taken_back_at_ms.is_(None)
    if session.execute(update(ORDERED).where(is_open).values(taken_back_at_ms=node.clock.now_ms())).rowcount:  # type: ignore[attr-defined]
        audit.note(session, by, WIPE_TAKEN_BACK, device_id)


def orders_to(session: Session, device_id: str) -> list[Ordered]:
    """The orders to a device, the latest first."""
    epoch = value_of(session, node_values.EPOCH)
    rows = session.execute(
        select(ORDERED).where(ORDERED.c.device_id == device_id).order_by(ORDERED.c.ordered_at_ms.desc())
    )
    return [
        Ordered(
            row.order_id,
            row.ordered_by,
            row.reason,
            row.ordered_at_ms,
            row.handed_at_ms,
            row.confirmed_at_ms,
            row.taken_back_at_ms,
            row.epoch == epoch,
        )
        for row in rows
    ]


def hand_out(session: Session, device_id: str) -> tuple[str, str] | None:
    """(text, signature in hex) of the open order to a device, which is noted as handed out; None when there is none."""
    node: Node = session.info["node"]
    found = next((one for one in orders_to(session, device_id) if one.is_open), None)
    if found is None:
        return None
    this = ORDERED.c.order_id == found.order_id
    is_first = this & ORDERED.c.handed_at_ms.is_(None)
    session.execute(update(ORDERED).where(is_first).values(handed_at_ms=node.clock.now_ms()))
    row = session.execute(select(ORDERED.c.text, ORDERED.c.signature).where(this)).one()
    return row.text, row.signature.hex()
