"""Upkeep of a node's data: records built anew, the journal checked, the schema brought up to date."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlmodel import Session

from app.clock import SystemClock
from app.commands.nodes import beside_central, this_node
from app.commands.terminal import complaints, console, progress, settings_of
from app.services.visits import signature_is_sound
from app.store import backups, projection, verification
from app.store.migrations import HEAD
from app.store.slots import has_slots
from app.store.tables import EntryRow, table

MOST_SHOWN: Final = 20


def rebuild_records(data: Path | None, passphrase_file: Path | None) -> None:
    """Builds all records anew from the journal, and says how many entries and records there are."""
    with this_node(data, passphrase_file) as node, progress() as bar:
        task = bar.add_task("Building records", total=None)
        with node.database.write() as session:
            records = projection.rebuild(session, lambda done, total: bar.update(task, completed=done, total=total))
            entries = session.execute(select(func.count()).select_from(table(EntryRow))).scalar_one()
    console.print(f"{records} records from {entries} entries")


def verify_journal(data: Path | None, passphrase_file: Path | None) -> int:
    """Checks the whole journal and names what does not hold, the first first. Returns 1 when there is something.

    Central is looked at as it is at this moment, beside the running server.
    """
    with _as_it_is(data, passphrase_file) as session, progress() as bar:
        total = verification.how_much(session)
        task = bar.add_task("Checking the journal", total=total)
        found = list(verification.findings(session, signature_is_sound, lambda more: bar.advance(task, more)))
        outstanding = verification.outstanding_photos(session)
    if not found:
        console.print(f"{total} entries, links, seals, files and records checked: all hold")
    if outstanding:
        console.print(outstanding)
    return tell_findings(found)


@contextmanager
def _as_it_is(data: Path | None, passphrase_file: Path | None) -> Iterator[Session]:
    settings = settings_of(data)
    if has_slots(settings.data_dir):
        with this_node(data, passphrase_file) as node, node.database.read() as session:
            yield session
        return
    with beside_central(settings_of(data, role="central")) as database, backups.snapshot(database) as session:
        session.info["node"] = backups.node_in(session, database, SystemClock())
        yield session


def tell_findings(found: Sequence[verification.Finding]) -> int:
    """Names what does not hold, the first first. Returns the exit code: 1 when there is something."""
    for finding in found[:MOST_SHOWN]:
        complaints.print(f"{finding.where}: {finding.text}", markup=False)
    if found:
        complaints.print(f"{len(found)} things do not hold; the first is {found[0].where}", markup=False)
    return 1 if found else 0


def migrate_data(data: Path | None, passphrase_file: Path | None) -> None:
    """Brings the database to the schema of this version, and says from which to which."""
    with this_node(data, passphrase_file) as node:
        found = node.found_revision
    console.print(f"schema {HEAD}, as it was" if found == HEAD else f"schema {found or 'none'} -> {HEAD}")
