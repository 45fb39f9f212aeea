"""A checklist out to a spreadsheet and back in: what is shown, asked and written."""

from pathlib import Path
from typing import Final

from app.commands.terminal import complaints, console, say
from app.config import load_settings
from app.domain.checklist import Language
from app.domain.problem import N_
from app.errors_of_files import ChangesOthers, NoSuchChecklist, WouldOverwrite
from app.export.checklist_import import Proposal, judged
from app.export.checklist_sheets import exported
from app.export.workbook import Remark
from app.export.xlsform import Words
from app.export.xlsx import workbook_in, xlsx_bytes
from app.store.checklist_writing import new_files, write_new
from app.store.checklists import load_library
from app.web import words as codes
from app.web.language import catalogue

NO_DIFFERENCE: Final = N_("No difference. There is nothing to take.")
FAULTS: Final = N_("Faults: %(count)d. Nothing was taken. Correct them in the workbook and import it again.")
DIFFERENCES: Final = N_("Differences: %(count)d.")
NOT_YET: Final = N_("Nothing is written yet. To take this, repeat the command with --yes.")
WRITTEN: Final = N_("Written: %(path)s")
SHARED: Final = N_("%(id)s is changed. These checklists ask it too: %(names)s.")
SHARED_BY_VERSIONS: Final = N_("%(id)s is changed. The published versions of this checklist ask it too.")
MERGE: Final = N_(
    "Its new words are in the written file only. Put them into the library's file by hand, or give the question a new id."
)
SHEET_ROW_COLUMN: Final = N_("sheet %(sheet)s, row %(row)d, column %(column)s")
SHEET_ROW: Final = N_("sheet %(sheet)s, row %(row)d")
SHEET: Final = N_("sheet %(sheet)s")


def export_checklist(checklist_id: str, version: int | None, to: Path, folder: Path | None) -> None:
    """Writes the workbook. Raises NoSuchChecklist, WouldOverwrite, CannotExport."""
    library = load_library(load_settings(checklists_dir=folder).checklists_dir)
    found = library.latest(checklist_id) if version is None else library.checklists.get((checklist_id, version))
    if found is None:
        raise NoSuchChecklist(id=checklist_id, known=" ".join(sorted({one.id for one in library.checklists.values()})))
    if to.exists():
        raise WouldOverwrite(path=str(to))
    file = xlsx_bytes(exported(found, library.indicators, form_words()))
    with open(to, "xb") as out:
        out.write(file)
    console.print(say(WRITTEN, path=str(to)), markup=False, soft_wrap=True)


def import_checklist(file: Path, to: Path, folder: Path | None, *, is_agreed: bool) -> int:
    """Shows every difference to the library; with `is_agreed` also writes the new files below `to`.

    Returns 1 when the workbook has faults, else 0. Raises NotAWorkbook, ChangesOthers, WouldOverwrite.
    """
    settings = load_settings(checklists_dir=folder)
    place = settings.checklists_dir
    library = load_library(place)
    proposal = judged(workbook_in(file.read_bytes()), library, form_words(), settings.language)
    for remark in (*proposal.notices, *proposal.faults):
        complaints.print(_line(remark), markup=False)
    if proposal.checklist is None:
        complaints.print(say(FAULTS, count=len(proposal.faults)), markup=False)
        return 1
    if not proposal.changes:
        console.print(say(NO_DIFFERENCE), markup=False)
        return 0
    _show(proposal)
    _take(proposal, to, place, is_agreed=is_agreed)
    return 0


def form_words() -> Words:
    """The program's words in all three languages, from the catalogues."""

    def in_language(language: Language, message: str) -> str:
        return catalogue(language).gettext(message)

    return Words(in_language, codes.VALUE, codes.SOURCE, codes.METHOD, codes.UNIT)


def _show(proposal: Proposal) -> None:
    for change in proposal.changes:
        console.print(f"{change.where}: {say(change.sentence, **change.params)}", markup=False, soft_wrap=True)
    console.print(say(DIFFERENCES, count=len(proposal.changes)), markup=False)
    for name, others in proposal.shared.items():
        sentence = say(SHARED, id=name, names=", ".join(others)) if others else say(SHARED_BY_VERSIONS, id=name)
        console.print(sentence, markup=False, soft_wrap=True)


def _take(proposal: Proposal, to: Path, library_folder: Path, *, is_agreed: bool) -> None:
    """An indicator file of the library is never edited: what is changed there holds for every checklist at once."""
    if proposal.changed and to.resolve() == library_folder.resolve():
        raise ChangesOthers(names=", ".join(one.id for one in proposal.changed))
    if not is_agreed:
        console.print(say(NOT_YET), markup=False)
        return
    assert proposal.checklist is not None  # noqa: S101 - mypy: no changes without one
    files = new_files(proposal.checklist, (*proposal.added, *proposal.changed))
    write_new(to, files)
    for name in files:
        console.print(say(WRITTEN, path=str(to / name)), markup=False, soft_wrap=True)
    if proposal.changed:
        console.print(say(MERGE), markup=False, soft_wrap=True)


def _line(remark: Remark) -> str:
    place = remark.place
    where = SHEET_ROW_COLUMN if place.column and place.row else SHEET_ROW if place.row else SHEET
    said = say(where, sheet=place.sheet, row=place.row, column=place.column)
    return f"{said}: {say(remark.sentence, **remark.params)}"
