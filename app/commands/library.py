"""What is said about the library of checklists."""

from pathlib import Path

from rich.table import Table

from app.commands.terminal import complaints, console
from app.config import load_settings
from app.store.checklists import check, load_library, stats


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
    """Prints how large the library is, and what in it waits for someone."""
    counted = stats(load_library(load_settings(checklists_dir=folder).checklists_dir))
    table = Table("what", "how many", box=None)
    for name, count in (
        ("instruments", counted.instruments),
        ("provisions", counted.provisions),
        ("  to be checked by counsel", counted.unverified),
        ("indicators", counted.indicators),
        ("  signs of danger", counted.danger),
        ("checklists", counted.checklists),
        ("institution types covered, of 17", counted.types_covered),
        ("texts to be read by a native jurist", counted.to_review),
    ):
        table.add_row(name, str(count))
    console.print(table)
