"""The projection: records merged from entries. Kept up to date by `journal`, rebuilt by `baqylau reindex`."""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, select
from sqlmodel import Session

from app.domain.journal import Entry, read_entry
from app.domain.merge import Candidate, Record, advance, merge
from app.store.bulk import among, insert_all, listed
from app.store.node import put_value
from app.store.tables import PROJECTION_VERSION, EntryRow, RecordRow, table

ENTRY, RECORD = table(EntryRow), table(RecordRow)
# Built once: to build a statement takes five times as long as to run it.
KNOWN = select(RECORD.c.subject).where(among(RECORD.c.subject, "subjects"))
DELETE_OF = delete(RECORD).where(among(RECORD.c.subject, "subjects"))
ENTRIES_OF = (
    select(ENTRY.c.subject, ENTRY.c.header, ENTRY.c.body)
    .where(among(ENTRY.c.subject, "subjects"), ENTRY.c.quarantined.is_(None))
    .order_by(ENTRY.c.subject, ENTRY.c.entry_id)
)
RECORD_OF = select(RECORD).where(RECORD.c.subject == bindparam("of"))
REPLACE_RECORD = (
    RECORD.update()
    .where(RECORD.c.subject == bindparam("of"))
    .values({name: bindparam(name) for name in ("subject", "kind", "scope", "fields", "conflicts", "heads")})
)
CHUNK = 2000
HEX_AND_DASH: Final = frozenset("0123456789abcdef-")
_PLAIN = json.JSONEncoder(ensure_ascii=False, sort_keys=True)  # made once, like the statements


def take_in(session: Session, arrived: Iterable[Entry]) -> None:
    """Brings the records of entries from elsewhere up to date. Those of which nothing was here need no look back."""
    grouped: dict[str, list[Entry]] = {}
    for entry in arrived:
        grouped.setdefault(entry.subject, []).append(entry)
    known = _known(session, sorted(grouped))
    update(session, known)
    fresh = [as_row(merge(entries)) for subject, entries in sorted(grouped.items()) if subject not in known]
    insert_all(session, RECORD, fresh)


def _known(session: Session, subjects: list[str]) -> set[str]:
    """Those of the subjects that have a record, or an entry that counts."""
    return set(session.execute(KNOWN, {"subjects": listed(subjects)}).scalars())


def update(session: Session, subjects: Iterable[str]) -> None:
    """Merges these subjects anew. Usually one to five entries each."""
    wanted = sorted(subjects)
    if not wanted:
        return
    names = {"subjects": listed(wanted)}
    rows = session.execute(ENTRIES_OF, names).all()
    session.execute(DELETE_OF, names)
    insert_all(session, RECORD, [as_row(record) for record in _records(rows)])


def extend(session: Session, entry: Entry) -> None:
    """Brings one record up to date with an entry just written: in one step when its author saw all of the record."""
    row = session.execute(RECORD_OF, {"of": entry.subject}).first()
    record = advance(as_record(row) if row else None, entry)
    if record is None:
        update(session, {entry.subject})
    elif row is None:
        insert_all(session, RECORD, [as_row(record)])
    else:
        session.execute(REPLACE_RECORD, {"of": entry.subject, **as_row(record)})


def rebuild(session: Session, tell: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Drops and rebuilds all records from the journal; returns how many there are. `tell(done, total)` counts entries."""
    session.execute(delete(RECORD))
    total = session.execute(select(func.count()).select_from(ENTRY)).scalar_one()
    rows = session.execute(
        select(ENTRY.c.subject, ENTRY.c.header, ENTRY.c.body)
        .where(ENTRY.c.quarantined.is_(None))
        .order_by(ENTRY.c.subject, ENTRY.c.entry_id)
        .execution_options(yield_per=CHUNK)
    )
    done, count, batch = 0, 0, []
    for record, used in _counted(rows):
        done += used
        batch.append(as_row(record))
        if len(batch) >= CHUNK:
            insert_all(session, RECORD, batch)
            count, batch = count + len(batch), []
            tell(done, total)
    insert_all(session, RECORD, batch)
    put_value(session, "projection", PROJECTION_VERSION)
    tell(total, total)
    return count + len(batch)


def as_row(record: Record) -> dict[str, str]:
    conflicts: dict[str, object] = {
        name: [[c.entry_id, c.value, c.author, c.made_at_ms] for c in candidates]
        for name, candidates in record.conflicts.items()
    }
    return {
        "subject": record.subject,
        "kind": record.kind,
        "scope": record.scope,
        "fields": _PLAIN.encode(dict(record.fields)),
        "conflicts": _PLAIN.encode(conflicts) if conflicts else "{}",
        "heads": _list_of(record.heads),
    }


def _list_of(ids: tuple[str, ...]) -> str:
    # Nearly always one, of hex digits: half of a first pull's records need nothing else of JSON.
    return f'["{ids[0]}"]' if len(ids) == 1 and set(ids[0]) <= HEX_AND_DASH else _PLAIN.encode(list(ids))


def as_record(row: Any) -> Record:
    """The record of a row of `record`."""
    subject, kind, scope, fields, conflicts, heads = row
    against = {
        name: tuple(Candidate(*c) for c in candidates)
        for name, candidates in (json.loads(conflicts).items() if conflicts != "{}" else ())
    }
    return Record(subject, kind, scope, json.loads(fields), against, tuple(json.loads(heads)))


def _records(rows: Iterable[Any]) -> Iterator[Record]:
    return (record for record, _ in _counted(rows))


def _counted(rows: Iterable[Any]) -> Iterator[tuple[Record, int]]:
    for _, group in itertools.groupby(rows, key=lambda row: row.subject):
        entries: list[Entry] = [read_entry(row.header, row.body) for row in group]
        yield merge(entries), len(entries)
