"""What must hold when the faults have stopped and the exchanges are quiet: invariants of `docs/reliability.md`.

I3, I8 and I13 are held against every event, in `oracle.py`; I11 by the rounds of `world.py`.
"""

import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from app.domain import erasure
from app.domain.journal import Entry, Link, first_chain, next_chain, seal_message
from app.domain.merge import Record
from app.simulator.disk import Disk, Stream
from app.simulator.messages import mac
from app.simulator.office import DEVICE, REFERENCE, OfficeDisk
from app.simulator.oracle import InvariantBroken, Oracle
from app.simulator.rules import Merge
from app.simulator.tablet import TabletDisk


def check_quiet(
    office: OfficeDisk,
    tablets: Mapping[str, TabletDisk],
    oracle: Oracle,
    kept: set[str],
    rng: random.Random,
    merge: Merge,
) -> None:
    """Raises InvariantBroken. `kept`: ids with a body in a backup of central that still exists."""
    _nothing_is_lost(office, tablets, oracle, kept)
    for node, tablet in tablets.items():
        _agree(node, tablet, office)
        _skipped_nothing(node, tablet, office)
        _everything_is_sent(node, tablet, office)
    known: dict[object, Record] = {}
    for disk in (office, *tablets.values()):
        _records_hold(disk, merge, rng, known)
    _nothing_is_overwritten(office)
    _nothing_comes_back((office, *tablets.values()))
    _evidence_holds(office, rng)


def _nothing_is_lost(office: OfficeDisk, tablets: Mapping[str, TabletDisk], oracle: Oracle, kept: set[str]) -> None:
    copies = kept.union(office.bodies(), *(tablet.bodies() for tablet in tablets.values()))
    if lost := oracle.alive - copies:
        raise InvariantBroken("I1", f"{len(lost)} saved entries are in no store, first {min(lost)}")


def _agree(node: str, tablet: TabletDisk, office: OfficeDisk) -> None:
    """I2: the same entries and the same heads in every scope that it may pull; elsewhere nothing that central lacks."""
    may = office.devices[tablet.who.device].scopes | {REFERENCE}
    put_aside = tablet.wiped | set(tablet.told)
    for scope in sorted({entry.scope for entry in tablet.entries.values()} | may):
        here = tablet.sound_ids(scope) - put_aside
        there = office.sound_ids(scope) - put_aside
        if more := here - there:
            raise InvariantBroken("I2", f"{node} has {min(more)} of {scope}, and central does not")
        if scope in may and (fewer := there - here):
            raise InvariantBroken("I2", f"central has {min(fewer)} of {scope}, and {node} does not")
        if scope in may:
            _agree_on_records(node, scope, tablet, office, put_aside)


def _agree_on_records(node: str, scope: str, tablet: TabletDisk, office: OfficeDisk, put_aside: set[str]) -> None:
    doubted = [disk.entries[key] for key in put_aside for disk in (tablet, office) if key in disk.entries]
    erased = {entry.fields().get("entry") for entry in doubted if entry.kind == erasure.KIND}
    doubtful = {entry.subject for entry in doubted}
    doubtful |= {disk.entries[key].subject for key in erased for disk in (tablet, office) if key in disk.entries}
    doubtful |= _absent_for_no_reason(tablet) | _absent_for_no_reason(office)
    for subject, record in office.records.items():
        if record.scope != scope or subject in doubtful:
            continue
        twin = tablet.records.get(subject)
        if twin != record:
            raise InvariantBroken("I2", f"{node} and central disagree on {subject}")


def _absent_for_no_reason(disk: Disk) -> set[str]:
    """Records of which a body is absent whose erasure is not here: it was lost with the tablet that wrote it, and that had
    sent the entry without its body. Elsewhere the body may be."""
    return {
        entry.subject
        for key, entry in disk.entries.items()
        if entry.body is None and erasure.subject_of(entry.scope, key) not in disk.records
    }


def _skipped_nothing(node: str, tablet: TabletDisk, office: OfficeDisk) -> None:
    """I7: at or below a cursor nothing is lacking."""
    for scope, cursor in tablet.cursors.items():
        read = set(office.feeds.get(scope, [])[: cursor.position])
        if skipped := read - tablet.entries.keys() - tablet.wiped:
            raise InvariantBroken("I7", f"{node} has read {scope} to {cursor.position}, but not {min(skipped)}")


def _everything_is_sent(node: str, tablet: TabletDisk, office: OfficeDisk) -> None:
    """I12, and the rest of I11: a wrong entry is named, stands nowhere, and nothing waits behind it."""
    if tablet.waiting_entries():
        raise InvariantBroken("I12", f"{tablet.waiting_entries()} entries of {node} were never acknowledged")
    people = set(tablet.who.people)
    for stream in tablet.own_streams():
        for link in stream.links:
            entry = tablet.entries.get(link.entry_id)
            is_linked = entry is not None and tablet.hashed[link.entry_id].header_hash == link.header_hash
            if entry and is_linked and entry.author not in people and link.entry_id not in tablet.told:
                raise InvariantBroken("I12", f"{node} was not told of the wrong entry {link.entry_id}")


def _records_hold(disk: Disk, merge: Merge, rng: random.Random, known: dict[object, Record]) -> None:
    """I9 and I4: records built anew, from the entries in any order, are those that were kept up step by step."""
    subjects: dict[str, list[Entry]] = {}
    for entry_id, entry in disk.entries.items():
        if entry_id not in disk.reasons:
            subjects.setdefault(entry.subject, []).append(entry)
    if subjects.keys() != disk.records.keys():
        raise InvariantBroken("I9", "a rebuild would make other records")
    for subject, entries in subjects.items():
        key = (subject, frozenset((entry.entry_id, entry.body is None, entry.header) for entry in entries))
        if key not in known:
            rng.shuffle(entries)
            known[key] = merge(entries)
        if known[key] != disk.records[subject]:
            depends = merge(sorted(entries, key=lambda entry: entry.entry_id)) != known[key]
            what = "depends on the order of its entries" if depends else "is not what its entries add up to"
            raise InvariantBroken("I4" if depends else "I9", f"{subject} {what}")


def _nothing_is_overwritten(office: OfficeDisk) -> None:
    """I5, and I6 for what was deleted: every value that no later author saw stands; nothing else does."""
    for subject, record in office.records.items():
        entries = {entry.entry_id: entry for entry in office.entries_of(subject)}
        before = {key: _before(entries, key) for key in entries}
        seen = set().union(*(before[head] for head in record.heads), record.heads)
        if hidden := entries.keys() - seen:
            raise InvariantBroken("I5", f"{min(hidden)} is neither a head nor before one")
        for name in {name for entry in entries.values() for name in entry.sets}:
            setters = [key for key, entry in entries.items() if name in entry.sets]
            latest = [key for key in setters if not any(key in before[other] for other in setters)]
            values = {_as_text(entries[key].fields()[name]) for key in latest if entries[key].body is not None}
            if values != set(_shown(record, name)):
                raise InvariantBroken("I5", f"{name} of {subject} shows {_shown(record, name)}, but {values} stand")


def _before(entries: Mapping[str, Entry], entry_id: str) -> set[str]:
    found: set[str] = set()
    waiting = list(entries[entry_id].parents)
    while waiting:
        parent = waiting.pop()
        if parent in entries and parent not in found:
            found.add(parent)
            waiting += entries[parent].parents
    return found


def _shown(record: Record, name: str) -> list[str]:
    if name in record.conflicts:
        return sorted(_as_text(side.value) for side in record.conflicts[name])
    return [_as_text(record.fields[name])] if name in record.fields else []


def _as_text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _nothing_comes_back(disks: Iterable[Disk]) -> None:
    """I6: where an erasure counts, the body that it names is not, whichever came first and whoever sends it again."""
    for disk in disks:
        for entry in disk.entries.values():
            if entry.kind == erasure.KIND and entry.entry_id not in disk.reasons and entry.body is not None:
                target = disk.entries.get(str(entry.fields()["entry"]))
                body = target.body if target else None
                if body is not None and hashlib.sha256(body).hexdigest() == entry.fields()["body_hash"]:
                    raise InvariantBroken("I6", f"the erased body of {entry.fields()['entry']} is back")


def _evidence_holds(office: OfficeDisk, rng: random.Random) -> None:
    """I10: chains, hashes and seals hold from end to end, and one flipped bit is named."""
    if broken := next(_flaws(office), None):
        raise InvariantBroken("I10", broken)
    linked = {link.entry_id for stream in office.streams.values() for link in stream.links}
    bodies = sorted(key for key in office.bodies() if key in linked)
    if bodies:
        _a_flipped_bit_is_named(office, office.entries[rng.choice(bodies)], rng)


def _a_flipped_bit_is_named(office: OfficeDisk, victim: Entry, rng: random.Random) -> None:
    body = bytearray(victim.body or b"")
    body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
    office.entries[victim.entry_id] = replace(victim, body=bytes(body))
    told = next(_flaws(office), "")
    office.entries[victim.entry_id] = victim
    if not told.startswith(victim.entry_id):
        raise InvariantBroken("I10", f"a flipped bit in {victim.entry_id} was not named")


def _flaws(office: OfficeDisk) -> Iterator[str]:
    for key, stream in office.streams.items():
        yield from _flaws_of_chain(office, key, stream)
        if stream.name.device == DEVICE:
            continue
        device_key = office.devices[stream.name.device].key
        for seq, seal in stream.seals.items():
            if seal != mac(device_key, seal_message(stream.name, seq, stream.chain_at(seq) or b"")):
                yield f"the seal of {key} at {seq} does not hold"
        if stream.links and len(stream.links) not in stream.seals:
            yield f"no seal covers the end of {key}"


def _flaws_of_chain(office: OfficeDisk, key: str, stream: Stream) -> Iterable[str]:
    chain = first_chain(stream.name)
    for seq, link in enumerate(stream.links, start=1):
        chain = next_chain(chain, link.header_hash, link.body_hash)
        if (link.seq, link.chain) != (seq, chain):
            yield f"the chain of {key} is broken at {seq}"
        if _entry_differs(office, link):
            yield f"{link.entry_id} is not what was linked in {key} at {seq}"


def _entry_differs(office: OfficeDisk, link: Link) -> bool:
    entry = office.entries.get(link.entry_id)
    return entry is not None and _differs(entry.header, entry.body, link.header_hash, link.body_hash)


def _differs(header: bytes, body: bytes | None, header_hash: bytes, body_hash: bytes) -> bool:
    is_other_body = body is not None and hashlib.sha256(body).digest() != body_hash
    return is_other_body or hashlib.sha256(header).digest() != header_hash
