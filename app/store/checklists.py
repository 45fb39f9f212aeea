"""The checklist library: checked, compiled to one document per checklist, kept beside the visits that pin it."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError
from sqlmodel import Session

from app.domain.checklist import CompiledChecklist, Text
from app.domain.journal import canonical
from app.domain.library import Library, Reference, compiled
from app.domain.standards_search import Index, index_of
from app.errors import ChecklistBroken, ChecklistNotHere, ChecklistTooNew, NotThere
from app.store import attachments

if TYPE_CHECKING:
    from app.store.checklist_files import Fault

EVERYBODY: Final = "reference"  # the scope that every device reads: visits of different teams pin the same document
KEPT_IN_MEMORY: Final = 6  # up to 8 MB each as values; a narrowed one shares them with the whole


@dataclass(frozen=True)
class Compiled:
    """One version of a checklist as the document that visits pin by its SHA-256 (hex).

    The document is read when it is wanted: seventeen of them are 20 MB, and a team needs one or two.
    """

    checklist_id: str
    version: int
    types: tuple[str, ...]
    title: Text
    sha256: str
    asked: int  # indicators of the full variant
    short: int  # indicators of the short variant
    load: Callable[[], bytes] = field(compare=False, repr=False)

    @property
    def document(self) -> bytes:
        return self.load()

    @property
    def checklist(self) -> CompiledChecklist:
        """The document as values; read on first use."""
        return opened(self.sha256, self.load)


@dataclass(frozen=True)
class Shelf:
    """Every compiled checklist of a folder, and its reference. `uncovered`: institution types that none of them is for."""

    compiled: tuple[Compiled, ...]
    uncovered: tuple[str, ...]
    load_reference: Callable[[], Reference] = field(compare=False, repr=False, default=Reference)

    @cached_property
    def reference(self) -> Reference:
        """Standards, interview scripts and guides; read on first use."""
        return self.load_reference()

    @cached_property
    def standards_index(self) -> Index:
        """What a search in the provisions looks into; made on the first search."""
        return index_of(self.reference.standards)

    def for_type(self, institution_type: str) -> Compiled | None:
        """The checklist for an institution type: the one made for the fewest types, in its newest version; None when
        there is none yet."""
        found = [one for one in self.compiled if institution_type in one.types]
        return max(found, key=lambda one: (-len(one.types), one.version), default=None)

    def named(self, checklist_id: str, version: int | None = None) -> Compiled | None:
        """A checklist by its id; the newest when no version is given."""
        found = [one for one in self.compiled if one.checklist_id == checklist_id and version in (None, one.version)]
        return max(found, key=lambda one: one.version, default=None)


def load_library(folder: Path) -> Library:
    """All standards, indicators and checklists. Raises ChecklistBroken with all faults, one a line."""
    from app.store.checklist_files import read_library  # YAML: a start reads the compiled checklists instead

    library, faults = read_library(folder)
    if faults:
        raise ChecklistBroken(faults="\n".join(str(fault) for fault in faults))
    return library


def check(folder: Path) -> "list[Fault]":
    """Every fault of the library, in order of file and line; empty when it can be used and says what was published."""
    from app.store.checklist_files import read_library
    from app.store.published import faults_of_published

    library, faults = read_library(folder)
    return faults or faults_of_published(folder, library)


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
    sha256 = hashlib.sha256(document).hexdigest()
    counts = (len(whole.indicators), len(found.short))
    return Compiled(found.id, found.version, found.types, found.title, sha256, *counts, lambda: document)


def read_compiled(document: bytes) -> CompiledChecklist:
    """The checklist in a document. Raises ChecklistTooNew when it says something that this version does not know."""
    try:
        return CompiledChecklist.model_validate_json(document)
    except ValidationError as error:
        raise ChecklistTooNew() from error


_opened: OrderedDict[tuple[str, tuple[str, ...]], CompiledChecklist] = OrderedDict()
_lock = Lock()


def opened(sha256: str, load: Callable[[], bytes], asked: tuple[str, ...] = ()) -> CompiledChecklist:
    """The checklist whose document has this hash, narrowed to the indicators `asked` if any are named; `load` is asked
    only when it is not in memory."""
    key = (sha256, asked)
    with _lock:
        if key in _opened:
            _opened.move_to_end(key)
            return _opened[key]
    found = opened(sha256, load).narrowed(asked) if asked else read_compiled(load())
    with _lock:
        _opened[key] = found
        if len(_opened) > KEPT_IN_MEMORY:
            _opened.popitem(last=False)
    return found


# ---- what visits pin -------------------------------------------------------------------------------------------------


def keep_document(session: Session, compiled: Compiled, scope: str = EVERYBODY) -> str:
    """Keeps the document among the attachments, from where it is sent; returns its SHA-256."""
    return attachments.keep(session, compiled.document, attachments.DOCUMENT_TYPE, scope)


def shared_document(session: Session, sha256: str) -> CompiledChecklist:
    """A document that visits on this node pinned and that everybody may read. Raises NotThere for anything else."""
    kept = attachments.read(session, sha256) if attachments.scope_of(session, sha256) == EVERYBODY else None
    if kept is None or kept[0] != attachments.DOCUMENT_TYPE:
        raise NotThere()
    return opened(sha256, lambda: kept[1])


def pinned(session: Session, sha256: str, asked: tuple[str, ...] = ()) -> CompiledChecklist:
    """The checklist that a visit pinned, with the indicators it asks (none named: all).

    Raises ChecklistNotHere when its document has not arrived, ChecklistTooNew.
    """

    def load() -> bytes:
        kept = attachments.read(session, sha256)
        if kept is None:
            raise ChecklistNotHere()
        return kept[1]

    return opened(sha256, load, asked)
