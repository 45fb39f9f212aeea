"""What people do in a simulated world: on the tablets, and at the office."""

from app.domain import erasure
from app.domain.journal import ALERT_LANE, ASIDE, SALT_BYTES, Draft, Entry, Json, compose
from app.simulator.disk import FORGER
from app.simulator.office import KIND, REFERENCE
from app.simulator.tablet import Tablet
from app.simulator.world import VISITS, World

FIELDS = ("answer", "remark")
VALUES: tuple[Json, ...] = ("yes", "no", 9.3, ["a", "b"])


def edit(world: World) -> None:
    """An answer, by someone who saw all of the record."""
    tablet = world.any_tablet()
    subject = _any_subject(world, tablet)
    record = tablet.disk.records.get(subject)
    _save(world, tablet, subject, {world.rng.choice(FIELDS): _value(world)}, record.heads if record else ())


def edit_concurrently(world: World) -> None:
    """An answer on a page that showed an older state of the record."""
    tablet = world.any_tablet()
    subject = _any_subject(world, tablet)
    entries = tablet.disk.entries_of(subject)
    seen = (world.rng.choice(entries).entry_id,) if entries and world.rng.random() < 0.7 else ()
    _save(world, tablet, subject, {world.rng.choice(FIELDS): _value(world)}, seen)


def resolve(world: World) -> None:
    """Someone chooses between the values that stand against each other, having seen all of them."""
    tablet = world.any_tablet()
    scopes = tablet.disk.who.scopes
    conflicts = [record for record in tablet.disk.records.values() if record.conflicts and record.scope in scopes]
    if conflicts:
        record = world.rng.choice(conflicts)
        chosen = {name: world.rng.choice(sides).value for name, sides in sorted(record.conflicts.items())}
        _save(world, tablet, record.subject, chosen, record.heads)


def delete(world: World) -> None:
    """Deleting is a value: an edit that did not know of it stands against it."""
    tablet = world.any_tablet()
    subject = _any_subject(world, tablet)
    if record := tablet.disk.records.get(subject):
        _save(world, tablet, subject, {world.rng.choice(FIELDS): None}, record.heads)


def note(world: World) -> None:
    """A record of its own."""
    tablet = world.any_tablet()
    scope = world.rng.choice(tablet.disk.who.scopes)
    _save(world, tablet, f"{scope}/note-{next(world.names)}", {"remark": _value(world)}, ())


def forge(world: World) -> None:
    """An entry that is authentic but wrong: its author is not on the device, and its id may be another entry's."""
    tablet = world.any_tablet()
    scope = world.rng.choice((*VISITS, REFERENCE))
    subject = world.rng.choice(world.subjects[scope])
    here = tablet.disk.entries
    ids = [key for key, entry in world.office.disk.entries.items() if key not in here and entry.kind != ASIDE]
    entry_id = world.rng.choice(ids) if ids and world.rng.random() < 0.5 else world.new_id()
    draft = Draft(KIND, subject, scope, {"answer": "forged"})
    tablet.write(draft, entry_id, FORGER, world.now_ms, world.rng.randbytes(SALT_BYTES), 1)
    world.tell(f"{tablet.node} forges {entry_id[-6:]} in {subject}")


def write_at_office(world: World) -> None:
    """The decisions of central's staff are entries too."""
    scope = world.rng.choice((*VISITS, REFERENCE))
    subject = world.rng.choice(world.subjects[scope])
    record = world.office.disk.records.get(subject)
    draft = Draft(KIND, subject, scope, {world.rng.choice(FIELDS): _value(world)}, record.heads if record else ())
    entry = compose(draft, world.new_id(), "staff", world.now_ms, world.rng.randbytes(SALT_BYTES))
    world.office.write(entry)
    world.oracle.alive.add(entry.entry_id)
    world.tell(f"central writes {entry.entry_id[-6:]} in {subject}")


def erase(world: World) -> None:
    """Consent withdrawn: the office destroys a body, or its author does on any tablet of theirs."""
    is_office = world.rng.random() < 0.5
    tablet = world.any_tablet()
    disk = world.office.disk if is_office else tablet.disk
    mine = (
        set(disk.entries) if is_office else {k for k, e in disk.entries.items() if e.author in tablet.disk.who.people}
    )
    ids = [k for k, e in disk.entries.items() if k in mine and _can_be_erased(e) and k not in disk.reasons]
    if not ids:
        return
    target = disk.entries[world.rng.choice(ids)]
    draft = erasure.draft_of(target, by_office=is_office)
    if is_office:
        entry = compose(draft, world.new_id(), "staff", world.now_ms, world.rng.randbytes(SALT_BYTES))
        world.office.write(entry)
    else:
        salt = world.rng.randbytes(SALT_BYTES)
        entry = tablet.write(draft, world.new_id(), target.author, world.now_ms, salt, ALERT_LANE)
    world.oracle.alive.add(entry.entry_id)
    world.oracle.alive.discard(target.entry_id)
    world.tell(f"{'central' if is_office else tablet.node} erases {target.entry_id[-6:]}")


def _can_be_erased(entry: Entry) -> bool:
    return entry.body is not None and entry.kind not in (erasure.KIND, ASIDE)


def grant(world: World) -> None:
    """A device gets a visit to read, or loses one."""
    disk = world.office.disk
    device = world.rng.choice(sorted(disk.devices))
    known = disk.devices[device]
    visit = world.rng.choice(VISITS)
    disk.devices[device] = known._replace(scopes=known.scopes ^ {visit})
    world.tell(f"central {'revokes' if visit in known.scopes else 'grants'} {visit} for {device}")


def _any_subject(world: World, tablet: Tablet) -> str:
    return world.rng.choice(world.subjects[world.rng.choice(tablet.disk.who.scopes)])


def _value(world: World) -> Json:
    return world.rng.choice(VALUES)


def _save(world: World, tablet: Tablet, subject: str, sets: dict[str, Json], seen: tuple[str, ...]) -> None:
    draft = Draft(KIND, subject, subject.rpartition("/")[0], sets, seen)
    author = world.rng.choice(tablet.disk.who.people)
    lane = 0 if world.rng.random() < 0.2 else 1
    now_ms = world.now_ms + tablet.clock_off_ms
    entry_id = world.new_id(tablet.clock_off_ms)
    tablet.write(draft, entry_id, author, now_ms, world.rng.randbytes(SALT_BYTES), lane)
    world.oracle.alive.add(entry_id)
    world.tell(f"{tablet.node} saves {entry_id[-6:]} in {subject}, lane {lane}, having seen {len(seen)}")
