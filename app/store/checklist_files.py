"""The files of the checklist library -> values for what is right, faults with file and line for the rest."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.domain.checklist import Checklist, CustodyRule, Indicator, Instrument, Provision, Standard
from app.domain.custody_rules import custody_flaws
from app.domain.guides import Guide
from app.domain.indicator_flaws import flaws_of
from app.domain.library import Flaw, Kind, Library, checklist_name, flaws_between, text_flaws
from app.domain.library import Path as Loc
from app.domain.scripts import Script
from app.domain.value_faults import faults_in
from app.store.checklist_yaml import NotReadable, Source, read_source

Model = TypeVar("Model", bound=BaseModel)
Named = TypeVar("Named", Script, Guide)


@dataclass(frozen=True, order=True)
class Fault:
    """One thing to correct. `file` is relative to the checklist folder, `line` counts from 1, `where` is id and key."""

    file: str
    line: int
    where: str
    text: str

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{self.file}:{self.line}: {where}{self.text}"


def read_library(folder: Path) -> tuple[Library, list[Fault]]:
    """Everything under a checklist folder, and all faults at once in order of file and line.

    What has a fault of its own is left out of the library.
    """
    reading = _Reading()
    for path in sorted((folder / "standards").glob("*.yaml")):
        reading.read_standards(path, f"standards/{path.name}")
    for path in sorted((folder / "indicators").glob("*.yaml")):
        reading.read_indicators(path, f"indicators/{path.name}")
    for path in sorted((folder / "institutions").glob("*.yaml")):
        reading.read_checklist(path, f"institutions/{path.name}")
    for path in sorted((folder / "interviews").glob("*.yaml")):
        reading.read_one(path, f"interviews/{path.name}", "script", Script, reading.scripts)
    for path in sorted((folder / "guides").glob("*.yaml")):
        reading.read_one(path, f"guides/{path.name}", "guide", Guide, reading.guides)
    for path in sorted((folder / "custody").glob("*.yaml")):
        reading.read_custody(path, f"custody/{path.name}")
    library = reading.library()
    reading.add_flaws(library)
    return library, sorted(set(reading.faults))


class _Reading:
    """What was read so far: the items, where each of them stands, and the faults."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.places: dict[tuple[Kind, str], tuple[Source, Loc]] = {}
        self.instruments: dict[str, Instrument] = {}
        self.standards: dict[str, Standard] = {}
        self.indicators: dict[str, Indicator] = {}
        self.checklists: dict[tuple[str, int], Checklist] = {}
        self.scripts: dict[str, Script] = {}
        self.guides: dict[str, Guide] = {}
        self.custody: dict[str, CustodyRule] = {}

    def read_standards(self, path: Path, name: str) -> None:
        """One instrument with its provisions, from the file named after it."""
        source = self._open(path, name, "instrument", "provisions")
        if source is None:
            return
        instrument = self._item(source, ("instrument",), "instrument", Instrument)
        if instrument is not None:
            self.instruments[instrument.id] = instrument
            if instrument.id != path.stem:
                self._add(source, ("instrument", "id"), instrument.id, f"its file must be named `{instrument.id}.yaml`")
        for start in self._starts(source, "provisions"):
            provision = self._item(source, start, "provision", Provision)
            if provision is None or instrument is None:
                continue
            self.standards[provision.id] = Standard(instrument=instrument, provision=provision)
            if not provision.id.startswith(instrument.id):
                self._add(source, (*start, "id"), provision.id, f"the id must begin with `{instrument.id}`")

    def read_indicators(self, path: Path, name: str) -> None:
        """The indicators of one letter, from a file whose name begins with it."""
        source = self._open(path, name, "indicators")
        if source is None:
            return
        for start in self._starts(source, "indicators"):
            indicator = self._item(source, start, "indicator", Indicator)
            if indicator is None:
                continue
            self.indicators[indicator.id] = indicator
            if indicator.id[0] != path.name.partition("-")[0]:
                self._add(source, (*start, "id"), indicator.id, f"belongs into a file `{indicator.id[0]}-….yaml`")

    def read_checklist(self, path: Path, name: str) -> None:
        """One version of one checklist, from the file named after it."""
        source = self._open(path, name)
        checklist = self._item(source, (), "checklist", Checklist) if source else None
        if source is None or checklist is None:
            return
        self.checklists[checklist.id, checklist.version] = checklist
        if path.stem not in (checklist.id, f"{checklist.id}-{checklist.version}"):
            text = f"its file must be named `{checklist.id}.yaml` or `{checklist.id}-{checklist.version}.yaml`"
            self._add(source, ("id",), checklist_name(checklist.id, checklist.version), text)

    def read_one(self, path: Path, name: str, kind: Kind, model: type[Named], into: dict[str, Named]) -> None:
        """A file that holds one item, named after it."""
        source = self._open(path, name)
        item = self._item(source, (), kind, model) if source else None
        if source is None or item is None:
            return
        into[item.id] = item
        if item.id != path.stem:
            self._add(source, ("id",), item.id, f"its file must be named `{item.id}.yaml`")

    def read_custody(self, path: Path, name: str) -> None:
        """The custody clocks."""
        source = self._open(path, name, "rules")
        for start in self._starts(source, "rules") if source else ():
            rule = self._item(source, start, "custody", CustodyRule) if source else None
            if rule is not None:
                self.custody[rule.id] = rule

    def library(self) -> Library:
        """What was read, with the ids of what could not be."""
        named = {name for kind, name in self.places if kind in ("provision", "indicator")}
        unread = frozenset(named - self.standards.keys() - self.indicators.keys())
        read = (self.instruments, self.standards, self.indicators, self.checklists, self.scripts, self.guides)
        return Library(*read, self.custody, unread)

    def add_flaws(self, library: Library) -> None:
        """Turns what the rules of the domain find into faults with file and line."""
        for flaw in _flaws_in(library):
            source, start = self.places[flaw.kind, flaw.name]
            self._add(source, (*start, *flaw.path), _where(flaw.name, flaw.path), flaw.text)

    def _open(self, path: Path, name: str, *keys: str) -> Source | None:
        """The file, when it is a map; with `keys` these and no others are looked for in it."""
        try:
            source = read_source(path, name)
        except NotReadable as error:
            self.faults.append(Fault(name, error.line, "", str(error)))
            return None
        self.faults += [Fault(name, line, "", f"the key `{key}` stands here twice") for key, line in source.twice]
        if not isinstance(source.data, dict):
            self.faults.append(Fault(name, 1, "", "the file is not a map of keys"))
            return None
        for key in source.data if keys else ():
            if key not in keys:
                self._add(source, (str(key),), "", f"unknown key `{key}`")
        return source

    def _starts(self, source: Source, key: str) -> Iterator[Loc]:
        """Where each item of the list under `key` stands."""
        items = source.data.get(key)
        if not isinstance(items, list) or not items:
            self._add(source, (key,), "", f"`{key}` must be a list with at least one item")
            return
        for index in range(len(items)):
            yield key, index

    def _item(self, source: Source, start: Loc, kind: Kind, model: type[Model]) -> Model | None:
        """The item at `start`; None, with faults, when it is not right or its id is taken."""
        raw: Any = source.data
        for part in start:
            raw = raw.get(part) if isinstance(raw, dict) else raw[part]
        name = _name_of(raw, kind, start)
        first = self.places.setdefault((kind, name), (source, start))
        if first != (source, start):
            text = f"the id is used already, in {first[0].name} line {first[0].line_of(first[1])}"
            self._add(source, (*start, "id"), name, text)
            return None
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            for loc, text in faults_in(error):
                self._add(source, (*start, *loc), _where(name, loc), text)
            return None

    def _add(self, source: Source, loc: Loc, where: str, text: str) -> None:
        self.faults.append(Fault(source.name, source.line_of(loc), where, text))


def _flaws_in(library: Library) -> Iterator[Flaw]:
    for name, instrument in library.instruments.items():
        yield from text_flaws("instrument", name, instrument)
    for name, standard in library.standards.items():
        yield from text_flaws("provision", name, standard.provision)
    for name, indicator in library.indicators.items():
        yield from text_flaws("indicator", name, indicator)
        yield from flaws_of(indicator, library)
    for (name, version), checklist in library.checklists.items():
        yield from text_flaws("checklist", checklist_name(name, version), checklist)
    for name, script in library.scripts.items():
        yield from text_flaws("script", name, script)
    for name, guide in library.guides.items():
        yield from text_flaws("guide", name, guide)
    for name, rule in library.custody.items():
        yield from text_flaws("custody", name, rule)
        yield from custody_flaws(rule, library)
    yield from flaws_between(library)


def _name_of(raw: object, kind: Kind, start: Loc) -> str:
    """The id that an item gives itself; its place in the file when it gives none."""
    name = raw.get("id") if isinstance(raw, dict) else None
    if not isinstance(name, str) or not name:
        return f"{kind} {int(start[-1]) + 1}" if start and isinstance(start[-1], int) else kind
    version = raw.get("version") if isinstance(raw, dict) and kind == "checklist" else None
    return checklist_name(name, version) if isinstance(version, int) else name


def _where(name: str, loc: Loc) -> str:
    return " ".join(part for part in (name, ".".join(str(step) for step in loc)) if part)
