"""pyxform and ODK Validate, the two programs that know what an XLSForm may be, accept what we write."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from defusedxml import ElementTree
from pyxform.validators.odk_validate import ODKValidateError
from pyxform.xls2xform import convert

from app.config import ROOT
from app.domain.library import Library
from app.errors_of_files import CannotExport
from app.export.checklist_sheets import exported
from app.export.workbook import Workbook
from app.export.xlsx import xlsx_bytes
from app.store.checklists import load_library
from tests.export.samples import WORDS, indicator, row_of, small_library, text, with_cell, workbook

JAVA = shutil.which("java")
XHTML = "{http://www.w3.org/1999/xhtml}"
XFORM = "{http://www.w3.org/2002/xforms}"


def form_of(book: Workbook, *, is_validated: bool = False) -> tuple[str, list[str]]:
    """The XForm that pyxform makes of the file, and its warnings."""
    warnings: list[str] = []
    file = io.BytesIO(xlsx_bytes(book))
    made = convert(file, warnings=warnings, validate=is_validated, file_type=".xlsx")
    return made.xform, warnings


def library_with(checklist_id: str) -> Library:
    return small_library() if checklist_id == "small" else load_library(ROOT / "checklists")


@pytest.mark.parametrize("checklist_id", ["small", "police-holding"])
def test_pyxform_accepts_the_export_without_a_warning(checklist_id: str) -> None:
    xform, warnings = form_of(workbook(library_with(checklist_id), checklist_id))
    assert warnings == []
    assert f'id="{checklist_id}"' in xform and 'version="1"' in xform


@pytest.mark.skipif(JAVA is None, reason="ODK Validate needs Java, and there is none here")
@pytest.mark.parametrize("checklist_id", ["small", "police-holding"])
def test_odk_validate_passes_the_export(checklist_id: str) -> None:
    _, warnings = form_of(workbook(library_with(checklist_id), checklist_id), is_validated=True)
    assert warnings == []


@pytest.mark.skipif(JAVA is None, reason="ODK Validate needs Java, and there is none here")
def test_odk_validate_would_notice_a_broken_expression() -> None:
    book = workbook(small_library())
    broken = with_cell(book, "survey", row_of(book, "survey", name="P1_girls"), "constraint", "1 +")
    with pytest.raises(ODKValidateError):
        form_of(broken, is_validated=True)


def test_the_form_speaks_three_languages_and_kazakh_first() -> None:
    xform, _ = form_of(workbook(small_library()))
    translations = ElementTree.fromstring(xform).iter(f"{XFORM}translation")
    said = {one.get("lang"): one.get("default") for one in translations}
    assert said == {"Қазақша (kk)": "true()", "Русский (ru)": None, "English (en)": None}


def test_each_kind_of_field_is_asked_as_what_it_is() -> None:
    xform, _ = form_of(workbook(small_library()))
    binds = {
        str(one.get("nodeset")).rpartition("/")[2]: one for one in ElementTree.fromstring(xform).iter(f"{XFORM}bind")
    }
    types = {name: binds[name].get("type") for name in binds}
    assert types["P1_girls"] == "int" and binds["P1_girls"].get("constraint") == ". >= 0 and . <= 500"
    assert types["P1_area"] == "decimal" and binds["P1_area"].get("constraint") == ". >= 0.5 and . <= 500"
    assert types["P1_files"] == types["P1_files__of"] == "int"
    assert [types[f"P1_{key}"] for key in ("name", "day", "hour", "begun")] == ["string", "date", "time", "dateTime"]
    assert "round(" in str(binds["P1_each"].get("calculate"))
    assert "= 'not_applicable' or" in str(binds["B1__reason"].get("relevant"))
    assert "P1_girls" in str(binds["B2"].get("relevant")) and "B1__value" in str(binds["B2"].get("relevant"))


def test_a_question_without_yes_or_no_offers_the_last_two_answers_only() -> None:
    book = workbook(small_library())
    assert row_of(book, "survey", name="P1__value").cells["type"] == "select_one answers_without_rating"
    choices = book.sheet("choices")
    assert choices is not None
    offered = [row.cells["name"] for row in choices.rows if row.cells["list_name"] == "answers_without_rating"]
    assert offered == ["not_applicable", "not_seen"]


def test_a_room_is_a_repeat() -> None:
    book = workbook(small_library())
    assert row_of(book, "survey", name="cells").cells["type"] == "begin_repeat"
    assert row_of(book, "survey", name="facts").cells["type"] == "begin_group"


@pytest.mark.parametrize(
    "overrides",
    [
        {"text": text("How many ${girls}?")},
        {"answer": {"rating": True, "fields": [{"key": "a", "type": "share", "label": text(), "of": text()}, {"key": "a__of", "type": "text", "label": text()}]}},
    ],
)  # fmt: skip
def test_what_a_form_cannot_say_is_refused_by_name(overrides: dict[str, object]) -> None:
    library = small_library()
    checklist = library.latest("small")
    assert checklist is not None
    with pytest.raises(CannotExport, match="B1"):
        exported(checklist, {**library.indicators, "B1": indicator("B1", **overrides)}, WORDS)


def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    import openpyxl

    book = workbook(small_library())
    formula = '=HYPERLINK("http://example.org")'
    book = with_cell(book, "baqylau_phrases", row_of(book, "baqylau_phrases"), "phrase::English (en)", formula)
    read = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(book)))["baqylau_phrases"]
    cell = next(cell for row in read.iter_rows() for cell in row if cell.value == formula)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_a_start_does_not_load_the_spreadsheet_library() -> None:
    said = "import sys, app.main, app.commands.spreadsheets; sys.exit('openpyxl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", said], cwd=ROOT).returncode == 0
