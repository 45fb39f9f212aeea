"""What a tablet may remove, and when; and the words in which central orders it to destroy everything. Pure.

A visit may go when nothing of it is on the tablet alone: see `protocol.may_purge` and `protocol.may_forget`.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from app.domain.journal import canonical
from app.domain.visits import Visit

SIGNED_OFF, NEVER = "signed_off", "never"  # when the policy removes a visit
POLICY, PERSON, ORDER = "policy", "person", "order"  # why something was removed
DAY_MS: Final = 24 * 3600 * 1000


@dataclass(frozen=True)
class Policy:
    """When a visit is removed from a tablet: `days` after the last entry of it came here, once it is signed off."""

    when: str = SIGNED_OFF
    days: int = 0


def is_over(visit: Visit, signed: Collection[str]) -> bool:
    """True when a visit is signed off: approved, or finished and signed by its whole team as it stands. `signed`: by
    whom."""
    return visit.state == "approved" or (visit.state == "finished" and set(visit.team) <= set(signed))


def is_due(policy: Policy, last_change_ms: int, now_ms: int) -> bool:
    """True when a visit that is signed off and safe has been here for as long as the policy wants it."""
    return now_ms - last_change_ms >= policy.days * DAY_MS


# ---- the order of the office -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """Central's order to one device, in one epoch, to destroy all that it holds. `order_id` is drawn by chance."""

    order_id: str
    device: str
    epoch: str
    at_ms: int


def order_text(order: Order) -> str:
    """The order as it travels and as it is signed."""
    told = {"at_ms": order.at_ms, "device": order.device, "epoch": order.epoch, "order": order.order_id}
    return canonical(told).decode()


def order_message(text: str) -> bytes:
    """What central signs: bound to its purpose, so that nothing else that it signs is ever taken for an order."""
    return f"baqylau-wipe-1\n{text}".encode()


def read_order(text: str) -> Order:
    """Raises ValueError for what is no order."""
    try:
        told = json.loads(text)
        return Order(str(told["order"]), str(told["device"]), str(told["epoch"]), int(told["at_ms"]))
    except (KeyError, TypeError) as error:
        raise ValueError("no order") from error


def is_meant(order: Order, device: str, epoch: str) -> bool:
    """True when the order is for this device, and not from before central was last restored: an order that was taken
    back since then would come back with an old backup."""
    return (order.device, order.epoch) == (device, epoch)
