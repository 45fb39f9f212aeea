"""The cache of compiled checklists in a node's data folder: a start reads it instead of the YAML files.

A cache that is old, damaged or cannot be written only costs time.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from app import __version__
from app.domain import checklist as models
from app.domain.checklist import Text
from app.domain.journal import canonical
from app.domain.library import FOLDERS, Library, Reference, reference_of
from app.errors import ChecklistBroken
from app.store.checklists import Compiled, Shelf, compile_checklist, load_library
from app.store.folder import make_private

INDEX: Final = "index.json"
REFERENCE: Final = "reference.json"


def library_from(folder: Path, cache_dir: Path) -> Shelf:
    """The compiled checklists of a folder. They are compiled anew only when a file, or this program, has changed.

    Raises ChecklistBroken with every fault.
    """
    digest = digest_of(folder)
    cache = cache_dir / "checklists"
    shelf = _read_cache(cache, digest, folder)
    if shelf is None:
        shelf = _shelf_of(load_library(folder))
        with contextlib.suppress(OSError):
            _write_cache(cache, digest, shelf)
            # From now on as after any later start: documents are on disk, not in memory.
            shelf = _read_cache(cache, digest, folder) or shelf
    return shelf


def _shelf_of(library: Library) -> Shelf:
    documents = tuple(compile_checklist(library, *key) for key in sorted(library.checklists))
    reference = reference_of(library)
    return Shelf(documents, tuple(library.types_without_checklist()), lambda: reference)


def digest_of(folder: Path) -> str:
    """Changes with every file of the library and with the code that checks and compiles it."""
    code = Path(models.__file__).parent.parent
    files = [path for name in FOLDERS for path in sorted((folder / name).glob("*.yaml"))]
    files += [*sorted((code / "domain").glob("*.py")), *sorted((code / "store").glob("checklist*.py"))]
    parts = [__version__]
    for path in files:
        seen = path.stat()
        parts.append(f"{path.parent.name}/{path.name} {seen.st_size} {seen.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _read_cache(cache: Path, digest: str, folder: Path) -> Shelf | None:
    """The shelf that was compiled from the same files; None when there is none, or a power cut left half of it."""
    try:
        index = json.loads((cache / INDEX).read_bytes())
        if index["digest"] != digest or (cache / REFERENCE).stat().st_size != index["reference_bytes"]:
            return None
        documents = tuple(_documents(cache, index["compiled"], folder))
        return Shelf(documents, tuple(index["uncovered"]), lambda: _reference(cache, folder))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _documents(cache: Path, rows: list[dict[str, Any]], folder: Path) -> Iterator[Compiled]:
    for row in rows:
        path = cache / f"{row['sha256']}.json"
        if path.stat().st_size != row["bytes"]:
            raise ValueError("the kept document is damaged")
        title, key = Text.model_validate(row["title"]), (str(row["id"]), int(row["version"]))
        load = _loader(path, str(row["sha256"]), folder, key)
        counts = (int(row["asked"]), int(row["short"]))
        yield Compiled(*key, tuple(map(str, row["types"])), title, str(row["sha256"]), *counts, load)


def _loader(path: Path, sha256: str, folder: Path, key: tuple[str, int]) -> Callable[[], bytes]:
    def load() -> bytes:
        with contextlib.suppress(OSError):
            document = path.read_bytes()
            if hashlib.sha256(document).hexdigest() == sha256:
                return document
        made = compile_checklist(load_library(folder), *key)  # the file was damaged after the start
        if made.sha256 != sha256:
            raise ChecklistBroken(faults=f"{key[0]} {key[1]}: the files changed while the program runs; start it again")
        return made.document

    return load


def _reference(cache: Path, folder: Path) -> Reference:
    try:
        return Reference.model_validate_json((cache / REFERENCE).read_bytes())
    except (OSError, ValueError):
        return reference_of(load_library(folder))


def _write_cache(cache: Path, digest: str, shelf: Shelf) -> None:
    make_private(cache.parent)
    make_private(cache)
    rows = []
    for one in shelf.compiled:
        document = one.document
        _put(cache / f"{one.sha256}.json", document)
        about = {"id": one.checklist_id, "version": one.version, "types": list(one.types), "sha256": one.sha256}
        about |= {"asked": one.asked, "short": one.short}
        rows.append({**about, "title": one.title.model_dump(), "bytes": len(document)})
    reference = canonical(shelf.reference.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    _put(cache / REFERENCE, reference)
    index = {"digest": digest, "compiled": rows, "uncovered": list(shelf.uncovered), "reference_bytes": len(reference)}
    _put(cache / INDEX, canonical(index))
    kept = {cache / INDEX, cache / REFERENCE} | {cache / f"{one.sha256}.json" for one in shelf.compiled}
    for old in set(cache.glob("*.json")) - kept:
        old.unlink(missing_ok=True)


def _put(path: Path, data: bytes) -> None:
    """Writes beside and renames: another process never reads half a file."""
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_bytes(data)
    beside.replace(path)
