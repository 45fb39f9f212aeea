"""The checklist library: checked, compiled to one document per checklist, kept beside the visits that pin it."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError
from sqlmodel import Session

from app import __version__
from app.domain import checklist as models
from app.domain.checklist import CompiledChecklist
from app.domain.journal import canonical
from app.domain.library import FOLDERS, ChecklistKey, Library, compiled
from app.errors import ChecklistBroken, ChecklistNotHere, ChecklistTooNew, NotThere
from app.store import attachments

if TYPE_CHECKING:
    from app.store.checklist_files import Fault

EVERYBODY: Final = "reference"  # the scope that every device reads: visits of different teams pin the same document
KEPT_IN_MEMORY: Final = 16
INDEX: Final = "index.json"


@dataclass(frozen=True)
class Compiled:
    """One version of a checklist as the document that visits pin by its SHA-256 (hex)."""

    checklist_id: str
    version: int
    types: tuple[str, ...]
    sha256: str
    document: bytes

    @property
    def checklist(self) -> CompiledChecklist:
        """The document as values; read on first use."""
        return read_compiled(self.document)


@dataclass(frozen=True)
class Shelf:
    """Every compiled checklist of a folder. `uncovered`: institution types that none of them is for."""

    compiled: tuple[Compiled, ...]
    uncovered: tuple[str, ...]

    def for_type(self, institution_type: str) -> Compiled | None:
        """The newest checklist for an institution type; None when there is none yet."""
        found = [one for one in self.compiled if institution_type in one.types]
        return max(found, key=lambda one: one.version, default=None)

    def named(self, checklist_id: str, version: int | None = None) -> Compiled | None:
        """A checklist by its id; the newest when no version is given."""
        found = [one for one in self.compiled if one.checklist_id == checklist_id and version in (None, one.version)]
        return max(found, key=lambda one: one.version, default=None)


@dataclass(frozen=True)
class Stats:
    """How large the library is. `unverified`: provisions for counsel; `to_review`: items for a native jurist."""

    instruments: int
    provisions: int
    unverified: int
    indicators: int
    danger: int
    checklists: int
    types_covered: int
    to_review: int


def load_library(folder: Path) -> Library:
    """All standards, indicators and checklists. Raises ChecklistBroken with all faults, one a line."""
    from app.store.checklist_files import read_library  # YAML: a start reads the compiled checklists instead

    library, faults = read_library(folder)
    if faults:
        raise ChecklistBroken(faults="\n".join(str(fault) for fault in faults))
    return library


def check(folder: Path) -> "list[Fault]":
    """Every fault of the library, in order of file and line; empty when it can be used."""
    from app.store.checklist_files import read_library

    return read_library(folder)[1]


def stats(library: Library) -> Stats:
    provisions = [standard.provision for standard in library.standards.values()]
    indicators = library.indicators.values()
    return Stats(
        instruments=len(library.instruments),
        provisions=len(provisions),
        unverified=sum(not provision.is_verified for provision in provisions),
        indicators=len(indicators),
        danger=sum(indicator.is_danger for indicator in indicators),
        checklists=len(library.checklists),
        types_covered=len(models.INSTITUTION_TYPES) - len(library.types_without_checklist()),
        to_review=sum(one.review is not None for one in provisions) + sum(one.review is not None for one in indicators),
    )


def compile_checklist(library: Library, checklist_id: str, version: int | None = None) -> Compiled:
    """The document of a checklist, the newest version when none is given: the same library gives the same bytes.

    Raises NotThere for a checklist that the library does not have.
    """
    found = library.latest(checklist_id) if version is None else library.checklists.get((checklist_id, version))
    if found is None:
        raise NotThere()
    whole = compiled(library, found)
    dumped = whole.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    # Without defaults: a key added later then leaves the hash of what was pinned as it is. The format is always said.
    document = canonical({"format": whole.format, **dumped})
    return Compiled(found.id, found.version, found.types, hashlib.sha256(document).hexdigest(), document)


@lru_cache(maxsize=KEPT_IN_MEMORY)
def read_compiled(document: bytes) -> CompiledChecklist:
    """The checklist in a document. Raises ChecklistTooNew when it says something that this version does not know."""
    try:
        return CompiledChecklist.model_validate_json(document)
    except ValidationError as error:
        raise ChecklistTooNew() from error


# ---- what visits pin -------------------------------------------------------------------------------------------------

_pinned: dict[str, CompiledChecklist] = {}


def keep_document(session: Session, compiled: Compiled, scope: str = EVERYBODY) -> str:
    """Keeps the document among the attachments, from where it is sent; returns its SHA-256."""
    return attachments.keep(session, compiled.document, attachments.DOCUMENT_TYPE, scope)


def pinned(session: Session, sha256: str) -> CompiledChecklist:
    """The checklist that a visit pinned. Raises ChecklistNotHere when its document has not arrived, ChecklistTooNew."""
    found = _pinned.get(sha256)
    if found is None:
        kept = attachments.read(session, sha256)
        if kept is None:
            raise ChecklistNotHere()
        found = read_compiled(kept[1])
        if len(_pinned) >= KEPT_IN_MEMORY:
            _pinned.clear()
        _pinned[sha256] = found  # by hash, not by lru_cache: that would read the whole document from disk to look it up
    return found


# ---- the cache of compiled documents ---------------------------------------------------------------------------------


def library_from(folder: Path, cache_dir: Path) -> Shelf:
    """The compiled checklists of a folder. They are compiled anew only when a file, or this program, has changed.

    Raises ChecklistBroken. A cache that cannot be read or written only costs time.
    """
    digest = _digest(folder)
    cache = cache_dir / "checklists"
    shelf = _read_cache(cache, digest)
    if shelf is None:
        shelf = _compile_all(load_library(folder))
        with contextlib.suppress(OSError):
            _write_cache(cache, digest, shelf)
    return shelf


def _compile_all(library: Library) -> Shelf:
    keys: list[ChecklistKey] = sorted(library.checklists)
    return Shelf(tuple(compile_checklist(library, *key) for key in keys), tuple(library.types_without_checklist()))


def _digest(folder: Path) -> str:
    """Changes with every file of the library and with the code that checks and compiles it."""
    code = Path(models.__file__).parent.parent
    files = [path for name in FOLDERS for path in sorted((folder / name).glob("*.yaml"))]
    files += [*sorted((code / "domain").glob("*.py")), *sorted((code / "store").glob("checklist*.py"))]
    parts = [__version__]
    for path in files:
        seen = path.stat()
        parts.append(f"{path.parent.name}/{path.name} {seen.st_size} {seen.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _read_cache(cache: Path, digest: str) -> Shelf | None:
    """The shelf that was compiled from the same files; None when there is none, or a power cut left half of it."""
    try:
        index = json.loads((cache / INDEX).read_bytes())
        if index["digest"] != digest:
            return None
        return Shelf(tuple(_read_documents(cache, index["compiled"])), tuple(index["uncovered"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read_documents(cache: Path, rows: list[list[object]]) -> Iterator[Compiled]:
    for checklist_id, version, types, sha256 in rows:
        document = (cache / f"{sha256}.json").read_bytes()
        if hashlib.sha256(document).hexdigest() != sha256 or not isinstance(types, list):
            raise ValueError("the kept document is damaged")
        yield Compiled(str(checklist_id), int(str(version)), tuple(map(str, types)), str(sha256), document)


def _write_cache(cache: Path, digest: str, shelf: Shelf) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    for one in shelf.compiled:
        _put(cache / f"{one.sha256}.json", one.document)
    rows = [[one.checklist_id, one.version, list(one.types), one.sha256] for one in shelf.compiled]
    _put(cache / INDEX, canonical({"digest": digest, "compiled": rows, "uncovered": list(shelf.uncovered)}))
    for old in set(cache.glob("*.json")) - {cache / INDEX} - {cache / f"{one.sha256}.json" for one in shelf.compiled}:
        old.unlink(missing_ok=True)


def _put(path: Path, data: bytes) -> None:
    """Writes beside and renames: another process never reads half a file."""
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_bytes(data)
    beside.replace(path)
