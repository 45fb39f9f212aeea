"""What is said about the library of checklists."""

from pathlib import Path

from rich.table import Table

from app.commands.terminal import complaints, console
from app.config import load_settings
from app.domain.library_counts import LibraryCounts, counts_of
from app.store.checklists import check, load_library
from app.web.words import DOMAIN


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
