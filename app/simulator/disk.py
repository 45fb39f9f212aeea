"""A simulated disk: what a node has committed. A copy is a snapshot, and a transaction is all or nothing.

The same steps as `app/store/journal.py`, `outgoing.py` and `incoming.py`; the decisions are those of `Rules`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from app.domain import erasure
from app.domain.arrivals import Held, Intake
from app.domain.journal import Entry, Hashed, Link, StreamName, chain_on, first_chain
from app.domain.merge import Record
from app.domain.protocol import Standing
from app.simulator.rules import Rules

FORGER = "nobody"  # an author who is on no device


class Stream:
    """A stream as a node holds it. `standing` is used for the node's own ones only."""

    __slots__ = ("first", "links", "name", "own", "seals", "standing")

    def __init__(self, name: StreamName, own: bool) -> None:
        self.name, self.own = name, own
        self.first = first_chain(name)
        self.links: list[Link] = []
        self.seals: dict[int, bytes] = {}
        self.standing = Standing()

    def chain_at(self, seq: int) -> bytes | None:
        if seq == 0:
            return self.first
        return self.links[seq - 1].chain if 0 < seq <= len(self.links) else None

    def copy(self) -> "Stream":
        twin = Stream.__new__(Stream)
        twin.name, twin.own, twin.first, twin.standing = self.name, self.own, self.first, self.standing
        twin.links, twin.seals = list(self.links), dict(self.seals)
        return twin


class Disk:
    """Entries, links and records of one node."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.entries: dict[str, Entry] = {}
        self.reasons: dict[str, str] = {}  # of those kept as quarantined
        self.hashed: dict[str, Hashed] = {}
        self.records: dict[str, Record] = {}
        self.streams: dict[str, Stream] = {}
        self.erasures: dict[str, list[Entry]] = {}  # those that count, by subject

    def copy_into(self, twin: "Disk") -> None:
        twin.rules = self.rules
        twin.entries, twin.reasons = dict(self.entries), dict(self.reasons)
        twin.hashed, twin.records = dict(self.hashed), dict(self.records)
        twin.streams = {key: stream.copy() for key, stream in self.streams.items()}
        twin.erasures = {key: list(found) for key, found in self.erasures.items()}

    def stream(self, name: StreamName, own: bool) -> Stream:
        key = str(name)
        found = self.streams.get(key)
        if found is None:
            found = self.streams[key] = Stream(name, own)
        return found

    def link(self, stream: Stream, places: Iterable[Hashed]) -> None:
        """New places at the end of a stream."""
        previous = stream.links[-1].chain if stream.links else stream.first
        stream.links += chain_on(previous, len(stream.links) + 1, places)

    def append(self, entry: Entry, stream: Stream) -> None:
        """What a person did here: entry, link and record."""
        self.entries[entry.entry_id] = entry
        hashed = self.hashed[entry.entry_id] = entry.hashed
        self.link(stream, [hashed])
        record = self.rules.advance(self.records.get(entry.subject), entry)
        if record is None:
            self.project({entry.subject})
        else:
            self.records[entry.subject] = record
        self._erase([entry])

    def receive(self, arrived: Sequence[tuple[Entry, Hashed]], wrong: Mapping[str, str]) -> Intake:
        """What came from elsewhere: new ones are kept and projected, wrong ones kept with their reason."""
        held = {entry.entry_id: self._held(entry.entry_id) for entry, _ in arrived if entry.entry_id in self.entries}
        intake = self.rules.sort_arrivals([entry for entry, _ in arrived], held, wrong)
        if intake.freed:
            self._give_way(intake)
        came = {(entry.header, entry.body): hashed for entry, hashed in arrived}
        for entry in intake.sound:
            self._keep(entry, came)
        for entry, reason in intake.wrong.values():
            if entry.entry_id not in self.entries:
                self._keep(entry, came)
                self.reasons[entry.entry_id] = reason
        if intake.sound:
            self.project({entry.subject for entry in intake.sound})
            self._erase(intake.sound)
        self._keep_out(intake)
        return intake

    def _erase(self, fresh: Sequence[Entry]) -> None:
        """Destroys the bodies that these entries erase."""
        for one in fresh:
            if one.kind == erasure.KIND:
                self.erasures.setdefault(one.subject, []).append(one)
                self._lose_body(one, self.entries.get(str(one.fields()["entry"])))

    def _keep_out(self, intake: Intake) -> None:
        """What was erased before it came is kept without its body."""
        if self.erasures and self.rules.erases_what_comes_late:
            for entry in [*intake.sound, *(entry for entry, _ in intake.wrong.values())]:
                for one in self.erasures.get(erasure.subject_of(entry.scope, entry.entry_id), ()):
                    self._lose_body(one, self.entries.get(entry.entry_id))

    def _lose_body(self, one: Entry, target: Entry | None) -> None:
        if target and self.rules.erases(one, target):
            self.entries[target.entry_id] = erasure.without_body(target)
            self.project({target.subject})

    def project(self, subjects: Iterable[str]) -> None:
        """Merges these subjects anew."""
        for subject in sorted(subjects):
            entries = self.entries_of(subject)
            if entries:
                self.records[subject] = self.rules.merge(entries)
            else:
                self.records.pop(subject, None)

    def entries_of(self, subject: str) -> list[Entry]:
        """The entries of a subject that count."""
        wrong = self.reasons
        return [
            entry for key, entry in self.entries.items() if entry.subject == subject and not (wrong and key in wrong)
        ]

    def sound_ids(self, scope: str) -> set[str]:
        wrong = self.reasons
        return {key for key, entry in self.entries.items() if entry.scope == scope and key not in wrong}

    def bodies(self) -> set[str]:
        """The ids whose bodies are here, with whatever reason. What was forged is no copy of what it claims to be."""
        return {key for key, entry in self.entries.items() if entry.body is not None and entry.author != FORGER}

    def _keep(self, entry: Entry, came: Mapping[tuple[bytes, bytes | None], Hashed]) -> None:
        self.entries[entry.entry_id] = entry
        hashed = came.get((entry.header, entry.body)) or entry.hashed
        is_same = hashed.entry_id == entry.entry_id  # else it was set aside, under a name of its own
        self.hashed[entry.entry_id] = hashed if is_same else replace(hashed, entry_id=entry.entry_id)

    def _held(self, entry_id: str) -> Held:
        entry = self.entries[entry_id]
        return Held(entry_id, entry.header, entry.body, self.reasons.get(entry_id))

    def _give_way(self, intake: Intake) -> None:
        """Frees the ids of wrong entries; their links follow them to their new name."""
        for entry_id in intake.freed:
            gone = self.hashed.get(entry_id)
            self.entries.pop(entry_id, None)
            self.reasons.pop(entry_id, None)
            aside = next((new for new, ousted in intake.moved.items() if ousted.entry_id == entry_id), None)
            if aside and gone:
                self._rename(entry_id, gone, aside)

    def _rename(self, entry_id: str, hashed: Hashed, aside: str) -> None:
        told = (entry_id, hashed.header_hash, hashed.body_hash)
        for stream in self.streams.values():
            for index, link in enumerate(stream.links):
                if (link.entry_id, link.header_hash, link.body_hash) == told:
                    stream.links[index] = replace(link, entry_id=aside)
