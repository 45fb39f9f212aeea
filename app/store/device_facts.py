"""What central's own tables say of each device: how far it is in a backup, and what came by way of another."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session

from app.store.tables import DeviceRow, EntryRow, LinkRow, RelayedRow, StreamRow, table

STREAM, LINK, RELAYED = table(StreamRow), table(LinkRow), table(RelayedRow)
DEVICE, ENTRY = table(DeviceRow), table(EntryRow)


@dataclass(frozen=True)
class Kept:
    """Places of a device's streams that are here, and those of them that are in a verified backup."""

    here: int = 0
    safe: int = 0


def kept(session: Session) -> dict[str, Kept]:
    """Device id -> how many of its entries are here, and how many of them are in a verified backup."""
    rows = session.execute(select(STREAM.c.stream, STREAM.c.last_seq, STREAM.c.durable_seq))
    found: dict[str, Kept] = {}
    for row in rows:
        device = row.stream.partition("/")[0]
        so_far = found.get(device, Kept())
        found[device] = Kept(so_far.here + row.last_seq, so_far.safe + min(row.durable_seq, row.last_seq))
    return found


def carried(session: Session) -> dict[str, int]:
    """Device id -> entries of others that it brought and that their own device has not shown yet."""
    rows = session.execute(select(RELAYED.c.hub, func.count().label("entries")).group_by(RELAYED.c.hub))
    return {row.hub: row.entries for row in rows}


def by_hearsay(session: Session) -> dict[str, int]:
    """Device id -> entries of its own streams that only another device has shown."""
    rows = session.execute(select(LINK.c.stream, LINK.c.entry_id).join(RELAYED, RELAYED.c.entry_id == LINK.c.entry_id))
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.stream.partition("/")[0], set()).add(row.entry_id)
    return {device: len(entries) for device, entries in found.items()}


def names(session: Session) -> dict[str, str]:
    """Device id -> the name that the office gave it."""
    return {row.device_id: row.name for row in session.execute(select(DEVICE.c.device_id, DEVICE.c.name))}


def by_hearsay_in(session: Session) -> dict[str, int]:
    """Scope -> entries of it that came by way of another device and that their own has not shown yet."""
    counted = select(ENTRY.c.scope, func.count().label("entries"))
    rows = session.execute(counted.join(RELAYED, RELAYED.c.entry_id == ENTRY.c.entry_id).group_by(ENTRY.c.scope))
    return {row.scope: row.entries for row in rows}
