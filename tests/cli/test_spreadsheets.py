"""`baqylau checklists export` and `import`: what an office sees and gets when it edits a checklist in Excel."""

import shutil
from pathlib import Path

import openpyxl
import pytest

from app.config import ROOT
from app.store.checklists import check, load_library
from tests.cli.conftest import Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "checklists", tmp_path / "checklists")


@pytest.fixture
def workbook(run: Run, folder: Path, tmp_path: Path) -> Path:
    file = tmp_path / "police.xlsx"
    said = run("checklists", "export", "police-holding", "--to", file, "--library", folder)
    assert (said.code, said.err) == (0, "")
    return file


def type_into(file: Path, sheet_name: str, row_id: str, column: str, value: object) -> int:
    """Types into the cell under a column head in the row whose id or name is this; returns the row's number."""
    book = openpyxl.load_workbook(file)
    sheet = book[sheet_name]
    heads = [head.value for head in sheet[1]]
    row = next(row for row in sheet.iter_rows(min_row=2) if row_id in (row[0].value, row[1].value))
    row[heads.index(column)].value = value
    book.save(file)
    return int(row[0].row)


def add_row(file: Path, sheet_name: str, cells: dict[str, object]) -> None:
    book = openpyxl.load_workbook(file)
    sheet = book[sheet_name]
    sheet.append([cells.get(head.value) for head in sheet[1]])
    book.save(file)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_untouched_workbook_has_no_difference_and_writes_nothing(run: Run, folder: Path, workbook: Path) -> None:
    before = contents(folder)
    said = run("checklists", "import", workbook, "--to", folder, "--library", folder, "--yes")
    assert (said.code, said.err) == (0, "")
    assert "No difference" in said.out
    assert contents(folder) == before


def test_a_change_is_shown_and_taken_only_with_yes(run: Run, folder: Path, workbook: Path) -> None:
    type_into(workbook, "baqylau_checklist", "gate", "title::English (en)", "The gate")
    before = contents(folder)
    said = run("checklists", "import", workbook, "--to", folder, "--library", folder)
    assert said.code == 0
    assert "gate: title reworded (en): “Gate and access” → “The gate”" in said.out
    assert "repeat the command with --yes" in said.out
    assert contents(folder) == before

    assert run("checklists", "import", workbook, "--to", folder, "--library", folder, "--yes").code == 0
    after = contents(folder)
    assert set(after) - set(before) == {"institutions/police-holding-2.yaml"}
    assert {name: after[name] for name in before} == before
    new, old = (load_library(folder).checklists["police-holding", version] for version in (2, 1))
    assert new.sections[1].title.en == "The gate"
    assert new.sections[0] == old.sections[0] and (new.must, new.short) == (old.must, old.short)


@pytest.mark.long  # the command as a process; the rules are in tests/export
def test_a_new_question_is_a_new_file_that_the_check_accepts(run: Run, folder: Path, workbook: Path) -> None:
    book = openpyxl.load_workbook(workbook)
    sheet = book["baqylau_indicators"]
    heads = [head.value for head in sheet[1]]
    first = {head: cell.value for head, cell in zip(heads, sheet[2], strict=True)}
    add_row(workbook, "baqylau_indicators", {**first, "id": "P99"})
    add_row(
        workbook,
        "baqylau_fields",
        {
            **{
                f"label::{name}": f"{name} сан number"[n:]
                for n, name in enumerate(("Қазақша (kk)", "Русский (ru)", "English (en)"))
            },
            "indicator": "P99",
            "key": "cats",
            "type": "count",
            "min": 0,
            "max": 9,
        },
    )
    add_row(workbook, "baqylau_checklist", {"kind": "indicator", "id": "P99"})
    said = run("checklists", "import", workbook, "--to", folder, "--library", folder, "--yes")
    assert (said.code, said.err) == (0, "")
    assert "P99: new indicator" in said.out
    assert (folder / "indicators" / "P-police-holding-2.yaml").exists()
    assert check(folder) == []


@pytest.mark.long  # the command as a process; the rules are in tests/export
def test_a_changed_question_never_goes_into_the_library_itself(
    run: Run, folder: Path, workbook: Path, tmp_path: Path
) -> None:
    type_into(workbook, "baqylau_indicators", "B1", "text::English (en)", "Do minors sleep apart?")
    before = contents(folder)
    said = run("checklists", "import", workbook, "--to", folder, "--library", folder, "--yes")
    assert said.code == 2
    assert "B1" in said.err and "another folder" in said.err
    assert "B1 is changed. These checklists ask it too:" in said.out and "remand-centre" in said.out
    assert contents(folder) == before

    beside = tmp_path / "to-merge"
    assert run("checklists", "import", workbook, "--to", beside, "--library", folder, "--yes").code == 0
    assert set(contents(beside)) == {"institutions/police-holding-2.yaml", "indicators/B-police-holding-2.yaml"}
    assert "Do minors sleep apart?" in (beside / "indicators" / "B-police-holding-2.yaml").read_text("utf-8")
    assert contents(folder) == before


@pytest.mark.long  # the command as a process; the rules are in tests/export
def test_nothing_that_exists_is_overwritten(run: Run, folder: Path, workbook: Path, tmp_path: Path) -> None:
    assert run("checklists", "export", "police-holding", "--to", workbook, "--library", folder).code == 2
    type_into(workbook, "baqylau_checklist", "gate", "title::English (en)", "The gate")
    beside = tmp_path / "to-merge"
    (beside / "institutions").mkdir(parents=True)
    (beside / "institutions" / "police-holding-2.yaml").write_text("mine")
    said = run("checklists", "import", workbook, "--to", beside, "--library", folder, "--yes")
    assert said.code == 2 and "nothing is overwritten" in said.err
    assert set(contents(beside)) == {"institutions/police-holding-2.yaml"}


def test_a_broken_workbook_is_named_by_sheet_row_and_column(run: Run, folder: Path, workbook: Path) -> None:
    row = type_into(workbook, "baqylau_indicators", "B1", "no::Русский (ru)", None)
    other = type_into(workbook, "baqylau_indicators", "B2", "severity", "4")
    before = contents(folder)
    said = run("checklists", "import", workbook, "--to", folder, "--library", folder, "--yes")
    assert said.code == 1
    assert f"sheet baqylau_indicators, row {row}, column no::Русский (ru): The text is missing" in said.err
    assert f"sheet baqylau_indicators, row {other}, column severity: “4” is written as text" in said.err
    assert "Faults: 2." in said.err
    assert contents(folder) == before


def test_a_checklist_or_version_that_is_not_there_is_refused_with_those_that_are(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    for args in (["police"], ["police-holding", "--version", "7"]):
        said = run("checklists", "export", *args, "--to", tmp_path / "x.xlsx", "--library", folder)
        assert said.code == 2 and "police-holding" in said.err
    assert not (tmp_path / "x.xlsx").exists()


def test_without_the_spreadsheet_library_a_sentence_says_what_to_install(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    said = run("checklists", "export", "police-holding", "--to", tmp_path / "x.xlsx", "--library", folder)
    assert said.code == 2 and "baqylau[office]" in said.err
