"""What the office does about what is on a tablet: order it to destroy everything, and see what was removed."""

from sqlmodel import Session

from app.domain.people import Person
from app.errors import InvalidInput, NotAllowed, NotThere
from app.services.texts import kept_text
from app.store import wipes
from app.store.tables import DeviceRow
from app.store.wipes import Ordered, Told


def order_wipe(session: Session, author: Person, device_id: str, reason: str) -> None:
    """Orders a tablet to destroy all that is on it, at its next contact; one that is ordered already stays as it is.

    Raises NotAllowed, NotThere, InvalidInput without a reason.
    """
    device = _device(session, author, device_id)
    if not reason.strip():
        raise InvalidInput("Say why the tablet has to be wiped. It stands in the audit log.", "reason")
    if not any(one.is_open for one in wipes.orders_to(session, device_id)):
        wipes.order(session, device, author.person_id, kept_text("reason", reason, 500))


def take_back(session: Session, author: Person, device_id: str) -> None:
    """The tablet was found: it is not told any more. What it has destroyed already stays destroyed."""
    _device(session, author, device_id)
    wipes.take_back(session, device_id, author.person_id)


def removed(session: Session, author: Person, device_id: str) -> tuple[list[Ordered], list[Told]]:
    """The orders to a tablet, and what it says that it removed; the latest first. Raises NotAllowed, NotThere."""
    _device(session, author, device_id)
    return wipes.orders_to(session, device_id), wipes.told_by(session, device_id)


def _device(session: Session, author: Person, device_id: str) -> DeviceRow:
    if not author.may("devices"):
        raise NotAllowed()
    device = session.get(DeviceRow, device_id)
    if device is None:
        raise NotThere()
    return device
