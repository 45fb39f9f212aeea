"""Central's backup: one file that any engine restores, read in one snapshot beside the running server.

A backup counts only after it was restored into scratch and verified there (`store.backups_scratch`); only then does
`count_backup` move the durable watermark, below which a tablet may forget (design 5.5).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, TypeAlias

from sqlalchemy import ColumnElement, MetaData, Table, func, insert, inspect, select, text, update
from sqlmodel import Session, SQLModel

from app.clock import Clock
from app.domain.audit import BACKUP_MADE, EPOCH_BEGUN
from app.domain.journal import StreamName
from app.errors import BackupUnusable
from app.store import audit, incoming, migrations, node, projection, vouchers
from app.store.backups_file import BackupReader, BackupWriter, Head, Manifest, StreamEnd
from app.store.db import Database
from app.store.tables import (
    PROJECTIONS,
    AttachmentRow,
    BackupRow,
    LinkRow,
    NodeValueRow,
    ScopeClockRow,
    StreamRow,
    table,
)
from app.store.vault import signing_key_of
from app.store.verification import Finding, SignOffCheck, findings

LINK, STREAM, CLOCK = table(LinkRow), table(StreamRow), table(ScopeClockRow)
ATTACHMENT, VALUE, BACKUP = table(AttachmentRow), table(NodeValueRow), table(BackupRow)
Tell: TypeAlias = Callable[[int], None]

# What a backup leaves out, and why. Everything else is in it, also what only a device fills: a table that a later
# version adds is kept unless somebody decides otherwise here. What one might wonder about:
#   tap         a page that sends a tap again after the restore still finds it written
#   thumbnail   the only picture of a photo that is still on its way
#   device, credential, enrol_code   without them every tablet and person would have to be enrolled again
#   node_value  central's signing key: devices go on trusting it; the file is encrypted for this, too
#   scope_clock, feed   places in scopes; devices read them anew in the new epoch
#   relayed     what came through a hub stays marked until its origin confirms it
#   backup      the history; its rows are of an older epoch and move nothing
LEFT_OUT: Final = {
    **{one.name: "a projection: rebuilt from the journal" for one in PROJECTIONS},
    "web_session": "signed-in browsers: whoever finds a backup must not come back in, and to sign in again is easy",
    "sign_in_step": "a sign-in that was not finished in minutes is begun anew",
    "interview_draft": "an interview is nobody's until it is closed; central has none",
    "upload": "a part of a file is worth nothing without the rest; the device sends it from the start",
    "upload_piece": "as upload",
}
LEFT_OUT_VALUES: Final = ("projection",)  # of node_value: it speaks of the records, which are rebuilt
ONE_BY_ONE: Final = {"attachment", "bundle"}  # rows of megabytes
ROWS_AT_ONCE: Final = 500


def kept_tables() -> list[Table]:
    """The tables that a backup holds."""
    return [one for name, one in sorted(SQLModel.metadata.tables.items()) if name not in LEFT_OUT]


@contextmanager
def snapshot(database: Database) -> Iterator[Session]:
    """A session that sees one moment of the database, however long it reads and whatever others write meanwhile.

    On SQLite a read transaction over the write-ahead log, which holds up no writer; on PostgreSQL REPEATABLE READ.
    """
    with Session(database.engine, info={"node": database.node}) as session:
        if not database.is_sqlite:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
        try:
            yield session
        finally:
            session.rollback()


def how_large(session: Session) -> int:
    """About how many bytes the database takes on a disk: its backup takes no more, and restored it takes as many."""
    if session.get_bind().dialect.name == "sqlite":
        pages, free, size = (
            session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int(size) * (int(pages) - int(free))
    return int(session.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def write_backup(
    session: Session, file: BinaryIO, key: bytes, clock: Clock, tell: Tell = lambda rows: None
) -> Manifest:
    """Writes all that a snapshot holds; returns the manifest. `tell` is given how many more rows were written."""
    revision = migrations.revision_of(session.connection())
    epoch, made_at_ms = node.value_of(session, node.EPOCH), clock.now_ms()
    writer = BackupWriter(file, key)
    writer.begin(Head(revision, epoch, made_at_ms, how_large(session)))
    for one in kept_tables():
        writer.write_part(one.name, one.columns.keys(), _rows(session, one, tell))
    manifest = Manifest(
        revision=revision,
        epoch=epoch,
        made_at_ms=made_at_ms,
        central=node_in(session, None, clock).device_id,
        streams=stream_ends(session),
        parts=writer.parts,
        counts={one.name: _count(session, one) for one in kept_tables()},
    )
    writer.finish(manifest)
    return manifest


def how_many_rows(session: Session) -> int:
    """How many rows a backup writes: its progress counts up to this."""
    return sum(_count(session, one) for one in kept_tables())


def _count(session: Session, rows: Table) -> int:
    return int(session.execute(select(func.count()).select_from(rows).where(*_is_kept(rows))).scalar_one())


def _is_kept(rows: Table) -> list[ColumnElement[bool]]:
    return [rows.c.name.not_in(LEFT_OUT_VALUES)] if rows.name == VALUE.name else []


def _rows(session: Session, one: Table, tell: Tell) -> Iterator[Sequence[Any]]:
    """Streamed by a cursor on the server's side: never more than a few rows in memory."""
    at_once = 1 if one.name in ONE_BY_ONE else ROWS_AT_ONCE
    for row in session.execute(select(one).where(*_is_kept(one)).execution_options(yield_per=at_once)):
        yield tuple(row)
        tell(1)


def stream_ends(session: Session) -> tuple[StreamEnd, ...]:
    """How far each stream goes, by name."""
    rows = session.execute(select(STREAM.c.stream, STREAM.c.last_seq, STREAM.c.chain))
    return tuple(sorted((StreamEnd(row.stream, row.last_seq, row.chain.hex()) for row in rows), key=lambda e: e.stream))


def node_in(session: Session, database: Database | None, clock: Clock) -> node.Node:
    """Central as these rows say it is, without beginning an incarnation. Raises BackupUnusable when they say nothing."""
    told = node.values_of(session, [node.SIGNING_KEY, node.INCARNATION])
    if node.SIGNING_KEY not in told:
        raise BackupUnusable("contents", file=str(session.get_bind().engine.url.database), what="no central")
    key = signing_key_of(bytes.fromhex(told[node.SIGNING_KEY]))
    return node.Node(database, clock, "central", key, told.get(node.INCARNATION, ""))  # type: ignore[arg-type]


# ---- restoring --------------------------------------------------------------------------------------------------------


def is_empty(database: Database) -> bool:
    """True for a database without a single table."""
    with database.engine.connect() as connection:
        return not inspect(connection).get_table_names()


def fill(session: Session, reader: BackupReader, clock: Clock) -> Manifest:
    """Lays out an empty database as the backup's was, puts its rows in, brings it to this version's schema and rebuilds
    the records; all in this transaction. Raises BackupUnusable."""
    connection = session.connection()
    if reader.head.revision not in migrations.revisions():
        raise BackupUnusable("newer", file=reader.name)
    migrations.upgrade_within(connection, reader.head.revision)
    schema = MetaData()
    schema.reflect(connection)
    for batch in reader.batches():
        into = schema.tables.get(batch.table)
        if into is None or not set(batch.columns) <= set(into.columns.keys()):
            raise BackupUnusable("contents", file=reader.name, what=f"table {batch.table}")
        connection.execute(insert(into), [dict(zip(batch.columns, row, strict=True)) for row in batch.rows])
    migrations.upgrade_within(connection)
    SQLModel.metadata.create_all(connection, tables=list(PROJECTIONS), checkfirst=True)
    projection.rebuild(session)
    session.info["node"] = node_in(session, None, clock)
    if reader.manifest is None:
        raise BackupUnusable("contents", file=reader.name, what="its manifest")
    return reader.manifest


def check_restored(
    session: Session, manifest: Manifest, is_sound: SignOffCheck, tell: Tell = lambda looked_at: None
) -> Iterator[Finding]:
    """What does not hold in a database that was filled from a backup: against its manifest, then the journal itself."""
    for name, count in sorted(manifest.counts.items()):
        restored = _count(session, SQLModel.metadata.tables[name])
        if restored != count:
            yield Finding(f"table {name}", f"has {restored} rows after the restore, and had {count}")
    if (stream_ends(session), node.value_of(session, node.EPOCH)) != (manifest.streams, manifest.epoch):
        yield Finding("the streams", "do not end where the backup says, or are of another epoch")
    if session.info["node"].device_id != manifest.central:
        yield Finding("central", "is another than the one that the backup is of")
    yield from findings(session, is_sound, tell)


# ---- which backups count, and what they move ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """What a verified backup moved: streams and files that are durable now, and streams that had changed beneath it."""

    streams: int
    files: int
    changed: tuple[str, ...] = ()


def newest(session: Session, epoch: str) -> str:
    """The id of the newest verified backup of an epoch; empty when there is none."""
    statement = select(BACKUP.c.backup_id).where(BACKUP.c.epoch == epoch).order_by(BACKUP.c.verified_at_ms.desc())
    return session.execute(statement.limit(1)).scalar_one_or_none() or ""


def count_backup(
    live: Session, scratch: Session, manifest: Manifest, row: BackupRow, clock: Clock, batch: int = ROWS_AT_ONCE
) -> Counted | None:
    """Notes a verified backup and moves the watermark to what it holds, in one transaction of the live database.

    Forwards only, and only where the live stream still has the backup's chain value at that place. None, and nothing
    is moved, when central has begun another epoch since: what it then acknowledges is not what the backup holds.
    `scratch` is the database that the backup was restored into.
    """
    locked = select(VALUE.c.value).where(VALUE.c.name == node.EPOCH).with_for_update(read=True)
    if live.execute(locked).scalar_one_or_none() != manifest.epoch:
        return None
    readable = [end for stream in manifest.streams if (end := _readable(scratch, stream))]
    changed = [end.stream for end in readable if not _move_stream(live, end)]
    for clock_row in scratch.execute(select(CLOCK.c.scope, CLOCK.c.position, CLOCK.c.chain)).all():
        _move_feed(live, clock_row.scope, clock_row.position, clock_row.chain)
    files = 0
    hashes = scratch.execute(select(ATTACHMENT.c.sha256).order_by(ATTACHMENT.c.sha256)).scalars().all()
    for start in range(0, len(hashes), batch):
        new = ATTACHMENT.c.sha256.in_(hashes[start : start + batch]) & ATTACHMENT.c.durable_at_ms.is_(None)
        files += live.execute(update(ATTACHMENT).where(new).values(durable_at_ms=clock.now_ms())).rowcount  # type: ignore[attr-defined]
    live.add(row)
    live.flush()
    audit.note(live, audit.PROGRAM, BACKUP_MADE, row.backup_id, {"sha256": row.sha256})
    return Counted(len(readable) - len(changed), files, tuple(changed))


def _readable(scratch: Session, end: StreamEnd) -> StreamEnd | None:
    """How far every entry of a stream is in the backup, and not its link alone: of a bare link a tablet may still hold
    the only copy, which it must not forget."""
    found = incoming.readable(scratch, end.stream)
    return StreamEnd(end.stream, found[0], found[1].hex()) if found else None


def _move_stream(live: Session, end: StreamEnd) -> bool:
    """False when the live stream has something else at that place."""
    chain = select(LINK.c.chain).where(LINK.c.stream == end.stream, LINK.c.seq == end.seq)
    if live.execute(chain).scalar_one_or_none() != bytes.fromhex(end.chain):
        return False
    here = (STREAM.c.stream == end.stream) & (STREAM.c.durable_seq < end.seq)
    live.execute(update(STREAM).where(here).values(durable_seq=end.seq))
    return True


def _move_feed(live: Session, scope: str, position: int, chain: bytes | None) -> None:
    """What stands in the feed of a scope is durable up to where the backup has it, if the live feed is the same there."""
    if vouchers.chain_at(live, scope, position) == chain:
        here = (CLOCK.c.scope == scope) & (CLOCK.c.durable < position)
        live.execute(update(CLOCK).where(here).values(durable=position))


def rotate_epoch(session: Session, clock: Clock) -> str:
    """Begins a new epoch of central; returns it. Devices then offer again all they hold, and nothing is durable any more
    until a backup of this epoch was verified (design 5.3, 5.5)."""
    epoch = clock.random_bytes(8).hex()
    node.put_value(session, node.EPOCH, epoch)
    session.execute(update(STREAM).values(durable_seq=0))
    session.execute(update(CLOCK).values(durable=0))
    session.execute(update(ATTACHMENT).values(durable_at_ms=None))
    audit.note(session, audit.PROGRAM, EPOCH_BEGUN, epoch)
    return epoch


def begin_restored_epoch(session: Session, row: BackupRow, clock: Clock) -> str:
    """Begins the epoch of a restored central. What it was restored from is a verified backup: all of it is durable."""
    epoch = rotate_epoch(session, clock)
    session.execute(update(STREAM).values(durable_seq=STREAM.c.last_seq))
    session.execute(update(CLOCK).values(durable=CLOCK.c.position))
    session.execute(update(ATTACHMENT).values(durable_at_ms=clock.now_ms()))
    row.epoch = epoch
    session.add(row)
    session.flush()
    return epoch


def devices_in(session: Session) -> int:
    """How many devices have streams here, besides central itself."""
    own = session.info["node"].device_id
    names = session.execute(select(STREAM.c.stream)).scalars()
    return len({StreamName.parse(name).device for name in names} - {own})
