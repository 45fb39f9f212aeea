"""The commands of the library: `baqylau checklists ...` and `baqylau standards ...`. What they do is in app/commands/."""

from pathlib import Path
from typing import Annotated, Literal

import typer

checklists = typer.Typer(
    help="Check, count, compare, publish and preview the library of checklists.", no_args_is_help=True
)
standards = typer.Typer(help="What was verified in the library, and what was not.", no_args_is_help=True)

Data = Annotated[
    Path | None, typer.Option("--data", metavar="FOLDER", help="Folder of the node's data (BAQYLAU_DATA_DIR).")
]

Library = Annotated[
    Path | None, typer.Argument(metavar="[FOLDER]", help="Folder of the checklists (BAQYLAU_CHECKLISTS_DIR).")
]

LibraryOption = Annotated[
    Path | None,
    typer.Option("--library", metavar="FOLDER", help="Folder of the checklists (BAQYLAU_CHECKLISTS_DIR)."),
]


@checklists.command("check")
def check_checklists(folder: Library = None) -> None:
    """Name file, line and place of every fault. Exit code 1 when there is one."""
    from app.commands import library

    raise typer.Exit(library.check_library(folder))


@checklists.command("stats")
def count_checklists(folder: Library = None) -> None:
    """How large the library is, and what in it waits for counsel or a native reader."""
    from app.commands import library

    library.count_library(folder)


@checklists.command("export")
def export_checklist(
    checklist_id: Annotated[str, typer.Argument(metavar="ID", help="The checklist, such as police-holding.")],
    to: Annotated[Path, typer.Option("--to", metavar="FILE.xlsx", help="The workbook to write.", dir_okay=False)],
    version: Annotated[int | None, typer.Option(help="Else the newest.", min=1)] = None,
    folder: LibraryOption = None,
) -> None:
    """Write a checklist as a spreadsheet form (XLSForm), to be edited in Excel or asked with ODK."""
    from app.commands import spreadsheets

    spreadsheets.export_checklist(checklist_id, version, to, folder)


@checklists.command("import")
def import_checklist(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", exists=True, dir_okay=False, help="An edited export.")],
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where the new files go.", file_okay=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Write them; else differences are only shown.")] = False,
    folder: LibraryOption = None,
) -> None:
    """Show every difference between an edited workbook and the library; with --yes write it as a new version.

    Exit code 1 when the workbook has faults. Nothing is ever overwritten.
    """
    from app.commands import spreadsheets

    raise typer.Exit(spreadsheets.import_checklist(file, to, folder, is_agreed=yes))


Folder = Annotated[
    Path | None,
    typer.Option("--folder", metavar="FOLDER", help="Folder of the checklists (BAQYLAU_CHECKLISTS_DIR)."),
]
ChecklistId = Annotated[str, typer.Argument(metavar="ID", help="Id of the checklist, such as police-holding.")]
Edition = Annotated[int | None, typer.Option("--version", min=1, help="Which version; else the newest.")]


@checklists.command("diff")
def diff_checklists(
    checklist_id: ChecklistId,
    old: Annotated[str, typer.Argument(metavar="FROM", help="A version, a compiled document, or another folder.")],
    new: Annotated[str, typer.Argument(metavar="TO", help="The same; a folder means its newest version.")],
    folder: Folder = None,
) -> None:
    """Say what changed between two versions, and what that does to comparisons over time."""
    from app.commands import library

    library.tell_changes(checklist_id, old, new, folder)


@checklists.command("publish")
def publish_checklist(checklist_id: ChecklistId, version: Edition = None, folder: Folder = None) -> None:
    """Note a version as given out: from then on `check` finds whatever would change it."""
    from app.commands import library

    library.publish_checklist(checklist_id, version, folder)


@checklists.command("preview")
def preview_checklist(
    checklist_id: ChecklistId,
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8002,
    version: Edition = None,
    folder: Folder = None,
) -> None:
    """Show a checklist's pages in the browser of this computer, anew whenever a file is saved. Ctrl-C stops it."""
    from app.commands import library

    library.preview_checklist(checklist_id, port, version, folder)


@standards.command("report")
def report_standards(
    data: Data = None,
    language: Annotated[Literal["kk", "ru", "en"] | None, typer.Option(help="kk, ru or en (BAQYLAU_LANGUAGE).")] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", dir_okay=False, help="Write a table for Excel instead.")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", dir_okay=False, help="Renew docs/law.md instead.")
    ] = None,
) -> None:
    """What counsel must check, what a native jurist must confirm, and counts by instrument."""
    from app.commands import standards as commands

    commands.report(data, language, csv, markdown)
