"""What befalls the machines themselves: disks copied and put back, tablets lost, central restored, clocks set wrong."""

from typing import Final

from app.simulator.office import Backup
from app.simulator.world import World

MOST_TABLETS: Final = 5
KEPT: Final = 3  # snapshots, backups
YEAR_MS: Final = 365 * 24 * 3600 * 1000


def crash_tablet(world: World) -> None:
    """What was not committed is gone."""
    tablet = world.any_tablet()
    tablet.restart(tablet.disk)
    world.tell(f"{tablet.node} falls")


def snapshot_tablet(world: World) -> None:
    """Somebody copies the data folder of a tablet."""
    tablet = world.any_tablet()
    world.nodes.snapshots.append(tablet.disk.copy())
    del world.nodes.snapshots[:-KEPT]
    world.tell(f"{tablet.node} is copied")


def restore_tablet(world: World) -> None:
    """An old copy is put back in the place of a tablet's data."""
    if not world.nodes.snapshots:
        return
    snapshot = world.rng.choice(world.nodes.snapshots)
    twins = [one for one in world.nodes.tablets.values() if one.disk.who == snapshot.who]
    if twins:
        tablet = world.rng.choice(twins)
        world.fault(lambda: tablet.restart(snapshot.copy()))
        world.tell(f"{tablet.node} is put back to a copy")


def clone_tablet(world: World) -> None:
    """An old copy is started on another tablet, beside the first."""
    if world.nodes.snapshots and len(world.nodes.tablets) < MOST_TABLETS:
        tablet = world.add(world.rng.choice(world.nodes.snapshots).copy())
        world.tell(f"{tablet.node} starts as a clone of {tablet.disk.who.device}")


def lose_tablet(world: World) -> None:
    """A tablet is lost for good."""
    if len(world.nodes.tablets) > 2:
        tablet = world.any_tablet()
        world.fault(lambda: world.nodes.tablets.pop(tablet.node))
        world.tell(f"{tablet.node} is lost")


def purge_tablet(world: World) -> None:
    """A tablet forgets every record that it may."""
    tablet = world.any_tablet()
    purged: set[str] = set()
    for subject in list(tablet.disk.records):
        purged |= tablet.purge(subject)
    if purged:
        world.oracle.check_purge(tablet, purged)
        world.oracle.alive -= purged - world.copies()  # the backup it relied on was destroyed: it cannot know
        world.counts["purged"] += len(purged)
        world.tell(f"{tablet.node} purges {len(purged)} entries")


def set_clock(world: World) -> None:
    """A tablet's clock jumps, by a year or by a little."""
    tablet = world.any_tablet()
    tablet.clock_off_ms = world.rng.choice((-YEAR_MS, -600_000, 0, 600_000, YEAR_MS))
    world.tell(f"the clock of {tablet.node} is {tablet.clock_off_ms} ms off")


def crash_central(world: World) -> None:
    """A new process of central opens an incarnation of its own."""
    world.office.incarnation = world.fresh()
    world.tell("central falls")


def back_up(world: World) -> None:
    """A copy of central, not verified yet. The oldest copy is destroyed."""
    world.fault(lambda: _keep_backup(world))
    world.tell("central is backed up")


def _keep_backup(world: World) -> None:
    world.nodes.backups.append(Backup(world.office.disk.copy()))
    del world.nodes.backups[:-KEPT]


def verify_backup(world: World) -> None:
    """A backup is restored into scratch and verified: from now on it counts."""
    if world.nodes.backups:
        backup = world.nodes.backups[-1] if world.rng.random() < 0.7 else world.rng.choice(world.nodes.backups)
        world.office.verify(backup)
        world.oracle.note_verified(backup)
        world.tell(f"backup {world.nodes.backups.index(backup)} is verified")


def restore_central(world: World) -> None:
    """Central burns down. A verified backup is put in place, and said to be one; newer ones were lost with it."""
    verified = [index for index, backup in enumerate(world.nodes.backups) if backup.is_verified]
    if verified:
        index = verified[-1] if world.rng.random() < 0.7 else world.rng.choice(verified)
        world.fault(lambda: put_back(world, index, is_said=True))
        world.tell(f"central is restored from backup {index}: epoch {world.office.disk.epoch[:4]}")


def roll_central_back(world: World) -> None:
    """An older copy of central's disk is put in place, and nobody says so."""
    if world.nodes.backups:
        index = world.rng.randrange(len(world.nodes.backups))
        world.fault(lambda: put_back(world, index, is_said=False))
        world.tell(f"central is silently put back to backup {index}: epoch {world.office.disk.epoch[:4]}")


def put_back(world: World, index: int, is_said: bool) -> None:
    """Central becomes what it was in a backup. `is_said`: with a new epoch, as `baqylau restore` gives it."""
    backup = world.nodes.backups[index]
    disk = backup.disk.copy()
    world.office.incarnation = world.fresh()
    if is_said:
        del world.nodes.backups[index + 1 :]
        world.office.restored(disk, world.fresh())
    else:
        world.office.disk = disk
