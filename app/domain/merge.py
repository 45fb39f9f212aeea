"""Entries -> the record they add up to: a map of fields, each a multi-value register. Pure, and blind to clocks.

An entry replaces what its ancestors set. Two entries that did not know of each other and set one field to different
values are both kept, as a conflict that a person resolves by an entry naming both as parents.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.domain.journal import Entry, Json


@dataclass(frozen=True)
class Candidate:
    """One of the values that stand against each other in a field, and whose it is."""

    entry_id: str
    value: Json
    author: str
    made_at_ms: int


@dataclass(frozen=True)
class Record:
    """What a subject's entries add up to. A field stands in `fields` or in `conflicts`, never in both."""

    subject: str
    kind: str
    scope: str
    fields: Mapping[str, Json] = field(default_factory=dict)
    conflicts: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)
    heads: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """The field as a text; empty when it is unset, deleted or in conflict."""
        value = self.fields.get(name)
        return "" if value is None or isinstance(value, list | dict) else str(value)

    def is_on(self, name: str) -> bool:
        return self.fields.get(name) is True

    def texts(self, name: str) -> list[str]:
        value = self.fields.get(name)
        return [str(item) for item in value] if isinstance(value, list) else []


def merge(entries: Iterable[Entry]) -> Record:
    """The record of one subject from all its entries, in any order. Raises ValueError when there are none."""
    by_id = {entry.entry_id: entry for entry in entries}
    if not by_id:
        raise ValueError("no entries to merge")
    if len(by_id) == 1:  # most records of a first pull: nothing stands against anything
        (only,) = by_id.values()
        return Record(only.subject, only.kind, only.scope, dict(sorted(only.fields().items())), {}, (only.entry_id,))
    ordered = [by_id[key] for key in sorted(by_id)]
    ancestors = _ancestors(by_id)
    fields: dict[str, Json] = {}
    conflicts: dict[str, tuple[Candidate, ...]] = {}
    for name in sorted({name for entry in ordered for name in entry.sets}):
        setters = [entry for entry in ordered if name in entry.sets]
        distinct = _by_value(name, _latest(setters, ancestors))
        if len(distinct) == 1:
            fields[name] = distinct[0].value
        elif distinct:
            conflicts[name] = distinct
    first = ordered[0]
    heads = tuple(entry.entry_id for entry in _latest(ordered, ancestors))
    return Record(first.subject, first.kind, first.scope, fields, conflicts, heads)


def as_seen(entries: Iterable[Entry], heads: Iterable[str]) -> Mapping[str, Json]:
    """The fields of a subject as somebody saw them whose page showed these heads: what they and all before them add up
    to. Empty for heads that are not among the entries."""
    by_id = {entry.entry_id: entry for entry in entries}
    seen: dict[str, Entry] = {}
    waiting = list(heads)
    while waiting:
        entry = by_id.get(waiting.pop())
        if entry and entry.entry_id not in seen:
            seen[entry.entry_id] = entry
            waiting.extend(entry.parents)
    return merge(seen.values()).fields if seen else {}


def advance(record: Record | None, entry: Entry) -> Record | None:
    """The record after one fresh entry whose author saw all of it: what `merge` would say, without the older entries.

    None when the author did not see everything (or the entry is of another kind or scope): then merge them all.
    """
    if record is None:
        return merge([entry]) if not entry.parents else None
    same_place = (entry.kind, entry.scope, entry.subject) == (record.kind, record.scope, record.subject)
    if not same_place or sorted(entry.parents) != sorted(record.heads):
        return None
    conflicts = {name: sides for name, sides in record.conflicts.items() if name not in entry.sets}
    kept = {name: value for name, value in record.fields.items() if name not in entry.sets}
    return Record(entry.subject, entry.kind, entry.scope, {**kept, **entry.fields()}, conflicts, (entry.entry_id,))


def _latest(entries: list[Entry], ancestors: Mapping[str, set[str]]) -> list[Entry]:
    """The entries that none of the others replaced. In a forged cycle nobody replaces the other: all of it stands."""
    replaced = {old for entry in entries for old in ancestors[entry.entry_id] if entry.entry_id not in ancestors[old]}
    return [entry for entry in entries if entry.entry_id not in replaced]


def _by_value(name: str, setters: list[Entry]) -> tuple[Candidate, ...]:
    """The values of a field that stand. Equal ones collapse into that of the smallest entry id.

    An erased entry has replaced what it knew, and says nothing itself.
    """
    distinct: dict[str, Candidate] = {}
    for entry in setters:
        if entry.body is not None:
            value = entry.fields()[name]
            candidate = Candidate(entry.entry_id, value, entry.author, entry.made_at_ms)
            distinct.setdefault(json.dumps(value, sort_keys=True), candidate)
    return tuple(distinct.values())


def _ancestors(by_id: Mapping[str, Entry]) -> dict[str, set[str]]:
    """For each entry all entries before it, through parents that are here.

    The sets only grow until nothing changes, so the order of the entries decides nothing and a forged cycle ends.
    Ids begin with the time, so that one pass and a look are the rule.
    """
    parents = {key: {p for p in entry.parents if p in by_id and p != key} for key, entry in sorted(by_id.items())}
    before = {key: set(named) for key, named in parents.items()}
    is_growing = True
    while is_growing:
        is_growing = False
        for key, named in parents.items():
            size = len(before[key])
            before[key].update(*(before[p] for p in named))
            is_growing = is_growing or len(before[key]) > size
    return {key: found - {key} for key, found in before.items()}
