"""What is said about the library of checklists."""

from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.table import Table

from app.commands.terminal import complaints, console
from app.config import Settings, load_settings
from app.domain.library_counts import LibraryCounts, counts_of
from app.errors import InvalidInput
from app.store.checklists import check, compile_checklist, load_library, read_compiled
from app.web.words import DOMAIN

if TYPE_CHECKING:
    from app.domain.checklist import CompiledChecklist
    from app.web.checklist_contexts import ChangedItem


def check_library(folder: Path | None) -> int:
    """Prints every fault as file:line: where: text. Returns 1 when there is one, else 0."""
    place = load_settings(checklists_dir=folder).checklists_dir
    if not place.is_dir():
        complaints.print(f"{place}: there is no such folder", markup=False)
        return 1
    faults = check(place)
    for fault in faults:
        # Whole lines, so that an editor can jump to file and line.
        complaints.print(str(fault), markup=False)
    if faults:
        complaints.print(f"{len(faults)} faults", markup=False)
        return 1
    library = load_library(place)
    uncovered = library.types_without_checklist()
    if uncovered:
        console.print(f"notice: no checklist yet for {', '.join(uncovered)}", markup=False, soft_wrap=True)
    console.print(f"{len(library.indicators)} indicators in {len(library.checklists)} checklists: no faults")
    return 0


def count_library(folder: Path | None) -> None:
    """Prints how large the library is, how much of it is done, and what in it waits for someone."""
    counted = counts_of(load_library(load_settings(checklists_dir=folder).checklists_dir))
    for table in (_types(counted), _domains(counted), _languages(counted), _severities(counted), _statuses(counted)):
        console.print(table)
    console.print(_rest(counted))
    console.print(in_one_line(counted), soft_wrap=True)


def in_one_line(counted: LibraryCounts) -> str:
    """ "17 types, 166 indicators, 639 provisions, 3 languages at 100 %"."""
    parts = (
        f"{counted.types_covered} types",
        f"{counted.indicators} indicators",
        f"{counted.provisions} provisions",
        f"{counted.languages_done} languages at 100 %",
    )
    return ", ".join(parts)


def _types(counted: LibraryCounts) -> Table:
    table = _table("institution type", "checklist", "full", "short", words=2)
    for one in counted.by_type:
        table.add_row(one.institution_type, one.checklist_id or "none yet", str(one.full), str(one.short))
    return table


def _domains(counted: LibraryCounts) -> Table:
    table = _table("domain", "about", "indicators", words=2)
    for letter, count in counted.by_domain.items():
        table.add_row(letter, DOMAIN[letter], str(count))
    return table


def _languages(counted: LibraryCounts) -> Table:
    table = _table("language", "texts filled", "of", "percent")
    for language, one in counted.by_language.items():
        # Cut, not rounded: one missing text is never 100.
        table.add_row(language, str(one.filled), str(one.texts), str(int(one.percent)))
    return table


def _severities(counted: LibraryCounts) -> Table:
    table = _table("severity", "indicators")
    for severity, count in counted.by_severity.items():
        table.add_row(severity, str(count))
    return table


def _statuses(counted: LibraryCounts) -> Table:
    table = _table("verification", "provisions")
    for status, count in counted.by_status.items():
        table.add_row(status, str(count))
    table.add_row("to be checked by counsel", str(counted.unverified))
    return table


def _rest(counted: LibraryCounts) -> Table:
    table = _table("what", "how many")
    for name, count in (
        ("instruments", counted.instruments),
        ("checklists", counted.checklists),
        ("signs of danger", counted.danger),
        ("interview scripts", counted.scripts),
        ("guides", counted.guides),
        ("items to be read by a native jurist", counted.to_review),
    ):
        table.add_row(name, str(count))
    return table


def _table(*columns: str, words: int = 1) -> Table:
    """A table whose first columns are words and whose others are numbers."""
    table = Table(box=None)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < words else "right")
    return table


def tell_changes(checklist_id: str, old: str, new: str, folder: Path | None) -> None:
    """Prints what changed, the gravest first. Raises ChecklistBroken, NotThere, InvalidInput for what is no version."""
    from app.domain.checklist_changes import differences
    from app.web.checklist_pages import change_groups, count_lines
    from app.web.language import Speech

    settings = load_settings(checklists_dir=folder)
    speech = Speech(settings.language, ZoneInfo(settings.time_zone))
    was, now = _document(settings, checklist_id, old), _document(settings, checklist_id, new)
    found = differences(was, now)
    for line in count_lines(speech, found):
        console.print(line, markup=False)
    for group in change_groups(speech, was, now, found):
        console.print(f"\n{group.title}", style="bold", markup=False)
        for item in group.items:
            _print_item(item)
    if not found:
        console.print(speech.say("Nothing differs."), markup=False)


def _print_item(item: "ChangedItem") -> None:
    console.print(f"  {item.name} {item.text}".rstrip(), markup=False, soft_wrap=True)
    for line in item.lines:
        console.print(f"    {line.what} - {line.effect_words}", markup=False, soft_wrap=True)
        for said in line.wordings:
            language = f"{said.language}: " if said.language else ""
            console.print(f"      {language}{said.old or '…'} → {said.new or '…'}", markup=False, soft_wrap=True)
        console.print(f"      {line.reason}", markup=False, soft_wrap=True)


def _document(settings: Settings, checklist_id: str, named: str) -> "CompiledChecklist":
    """The compiled checklist that is meant: a version of the library, a file with a document, or another folder."""
    path = Path(named)
    if named.isascii() and named.isdigit():
        return compile_checklist(load_library(settings.checklists_dir), checklist_id, int(named)).checklist
    if path.is_dir():
        return compile_checklist(load_library(path), checklist_id).checklist
    if path.is_file():
        found = read_compiled(path.read_bytes())
        if found.checklist.id != checklist_id:
            raise InvalidInput("Nothing here can be compared: the document belongs to another checklist.")
        return found
    raise InvalidInput(
        "“%(name)s” is neither a version, nor a file of a compiled checklist, nor a folder of checklists.", name=named
    )


def publish_checklist(checklist_id: str, version: int | None, folder: Path | None) -> None:
    """Notes a version as given out. Raises ChecklistBroken, NotThere, AlreadyPublished."""
    from app.store.published import publish

    noted = publish(load_settings(checklists_dir=folder).checklists_dir, checklist_id, version)
    console.print(f"{noted.id} version {noted.version} is published: SHA-256 {noted.sha256}", markup=False)


def preview_checklist(checklist_id: str, port: int, version: int | None, folder: Path | None) -> None:
    """Serves the preview on 127.0.0.1 until it is stopped. Raises PortBusy."""
    from app.commands.listening import listening
    from app.commands.servers import serve
    from app.web.preview import preview_app

    settings = load_settings(checklists_dir=folder, role="central", host="127.0.0.1", port=port, instance="preview")
    with listening(settings) as listener:
        serve(preview_app(settings, checklist_id, version), listener, settings)
