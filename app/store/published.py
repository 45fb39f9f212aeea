"""What was published: `published.json` in the checklist folder names each version with the SHA-256 of its document.

A published version never changes. Indicators and standards are shared, so a change in one of them changes every
checklist that asks it: that is what this finds.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from app.domain.library import Library, checklist_name
from app.errors import AlreadyPublished
from app.store.checklist_files import Fault
from app.store.checklist_yaml import read_source
from app.store.checklists import compile_checklist, load_library

FILE: Final = "published.json"


@dataclass(frozen=True, order=True)
class Published:
    """One version that was given out. `sha256` (hex) is that of its compiled document."""

    id: str
    version: int
    sha256: str


def read_published(folder: Path) -> list[Published]:
    """What the file lists; nothing when there is no file. Raises ValueError when it is damaged."""
    path = folder / FILE
    if not path.exists():
        return []
    listed: Any = json.loads(path.read_text("utf-8"))
    try:
        return TypeAdapter(list[Published]).validate_python(listed["published"])
    except (ValidationError, KeyError, TypeError) as error:
        raise ValueError("the list is not `published: [{id, version, sha256}]`") from error


def publish(folder: Path, checklist_id: str, version: int | None = None) -> Published:
    """Notes a version (None: the newest) as given out; once more is no change.

    Raises ChecklistBroken, NotThere for a checklist that is not there, AlreadyPublished when it was published with other words.
    """
    made = compile_checklist(load_library(folder), checklist_id, version)
    noted = Published(made.checklist_id, made.version, made.sha256)
    listed = read_published(folder)
    for one in listed:
        if (one.id, one.version) == (noted.id, noted.version) and one != noted:
            raise AlreadyPublished(name=checklist_name(noted.id, noted.version), next=noted.version + 1)
    rows = [asdict(one) for one in sorted({*listed, noted})]
    (folder / FILE).write_text(json.dumps({"published": rows}, indent=2) + "\n", "utf-8")
    return noted


def faults_of_published(folder: Path, library: Library) -> list[Fault]:
    """Each published version whose files now say something else. One whose file is gone is no fault: visits keep theirs.

    Only for a library without faults of its own.
    """
    try:
        listed = read_published(folder)
    except ValueError as error:
        return [Fault(FILE, 1, "", str(error))]
    found = []
    for one in listed:
        if (one.id, one.version) not in library.checklists:
            continue
        if compile_checklist(library, one.id, one.version).sha256 != one.sha256:
            found.append(_fault(folder, one))
    return sorted(found)


def _fault(folder: Path, one: Published) -> Fault:
    names = (f"{one.id}-{one.version}.yaml", f"{one.id}.yaml")
    name = next(name for name in names if (folder / "institutions" / name).exists())
    source = read_source(folder / "institutions" / name, f"institutions/{name}")
    text = (
        "this version is published, and its file, an indicator or a standard of it has changed since: make a new version "
        f"(`institutions/{one.id}-{one.version + 1}.yaml` with `version: {one.version + 1}` in place of this file), "
        "or take the change back"
    )
    return Fault(source.name, source.line_of(("version",)), checklist_name(one.id, one.version), text)
