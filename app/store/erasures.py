"""Erasures in the journal: bodies that are destroyed here, and those that are not let in when they come late."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update
from sqlmodel import Session

from app.domain import erasure
from app.domain.journal import Entry, read_entry
from app.store import files_named, projection
from app.store.bulk import among, listed
from app.store.tables import EntryRow, RecordRow, table

ENTRY, RECORD = table(EntryRow), table(RecordRow)
# Built once: to build a statement takes five times as long as to run it.
SCOPES = select(RECORD.c.scope).where(RECORD.c.kind == erasure.KIND).distinct()
ERASING = (
    select(ENTRY.c.subject, ENTRY.c.header, ENTRY.c.body)
    .where(among(ENTRY.c.subject, "subjects"), ENTRY.c.quarantined.is_(None))
    .order_by(ENTRY.c.entry_id)
)


def kept_of(session: Session, arrived: Sequence[Entry], fresh: Iterable[Entry]) -> dict[str, Entry]:
    """Entry id -> what is left of it, of those that were erased before they came. `fresh`: arrivals that count."""
    erasures = _erasures_of(session, arrived)
    for entry in fresh:
        if entry.kind == erasure.KIND:
            erasures.setdefault(entry.subject, []).append(entry)
    return {
        entry.entry_id: erasure.without_body(entry)
        for entry in arrived
        if any(erasure.erases(one, entry) for one in erasures.get(erasure.subject_of(entry.scope, entry.entry_id), ()))
    }


def hashes_of(session: Session, gone: Sequence[Entry], fresh: Iterable[Entry] = ()) -> dict[str, bytes]:
    """Entry id -> the hash of its body, of entries without one whose erasure counts here. `fresh`: entries that will."""
    erasures = _erasures_of(session, gone)
    for one in fresh:
        erasures.setdefault(one.subject, []).append(one)
    found: dict[str, bytes] = {}
    for entry in gone:
        for one in erasures.get(erasure.subject_of(entry.scope, entry.entry_id), ()):
            if named := erasure.hash_named(one, entry):
                found[entry.entry_id] = named
    return found


def _erasures_of(session: Session, arrived: Sequence[Entry]) -> dict[str, list[Entry]]:
    """The erasures here, by subject, that may name one of these entries. In most scopes there is none, and that is quick."""
    scopes = set(session.execute(SCOPES).scalars())
    subjects = [erasure.subject_of(one.scope, one.entry_id) for one in arrived if one.scope in scopes]
    found: dict[str, list[Entry]] = {}
    for row in session.execute(ERASING, {"subjects": listed(subjects)}) if subjects else ():
        found.setdefault(row.subject, []).append(read_entry(row.header, row.body))
    return found


def carry_out(session: Session, fresh: Iterable[Entry], late: Iterable[Entry] = ()) -> None:
    """Destroys what these entries, which count, erase: bodies, what the records say of them, and files only they named.

    `late`: entries as they came, which had been erased before.
    """
    erased: list[Entry] = []
    for one in fresh:
        if one.kind != erasure.KIND:
            continue
        here = ENTRY.c.entry_id == str(one.fields().get("entry"))
        row = session.execute(select(ENTRY.c.header, ENTRY.c.body).where(here, ENTRY.c.body.is_not(None))).first()
        if row is not None:
            target = read_entry(row.header, row.body)
            if erasure.erases(one, target):
                session.execute(update(ENTRY).where(here).values(body=None))
                erased.append(target)
    projection.update(session, {entry.subject for entry in erased})
    files_named.destroy(session, files_named.named_in([*erased, *late]))


def with_body(session: Session, scope: str, kinds: Sequence[str]) -> list[str]:
    """Ids of the entries of these kinds in a scope whose bodies are here, oldest first."""
    rows = select(ENTRY.c.entry_id).where(
        ENTRY.c.scope == scope, ENTRY.c.kind.in_(kinds), ENTRY.c.body.is_not(None), ENTRY.c.quarantined.is_(None)
    )
    return list(session.execute(rows.order_by(ENTRY.c.entry_id)).scalars())
