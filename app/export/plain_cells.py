"""Texts as cells of a file that leaves: no cell of it is ever computed by the program that opens it.

Source: OWASP, CSV Injection: what begins with = + - @, tab, carriage return or line feed, also in full width, gets an
apostrophe before it, and every field stands in quotation marks.
"""

import csv
import io
import re
import zipfile
from dataclasses import replace
from typing import Final

from app.export.workbook import Cell, Row, Sheet, Workbook
from app.export.xlsx import CELL_MAX_CHARS

# What XML 1.0 cannot hold (control signs, halves of pairs, non-characters), and a carriage return: it begins a formula.
UNWRITABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
BEGINS_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")


def writable(workbook: Workbook) -> Workbook:
    """The workbook without signs that no file holds; a text longer than a cell is cut, and says so with three dots."""
    return Workbook(tuple(replace(sheet, rows=tuple(_row(row) for row in sheet.rows)) for sheet in workbook.sheets))


def _row(row: Row) -> Row:
    return Row(row.number, {head: _fitting(cell) for head, cell in row.cells.items()})


def _fitting(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    text = UNWRITABLE.sub("", cell)
    return text if len(text) <= CELL_MAX_CHARS else text[: CELL_MAX_CHARS - 1] + "…"


def csv_zip(workbook: Workbook, names: tuple[str, ...]) -> bytes:
    """A zip with one CSV for each sheet, called by `names`: UTF-8 with mark, as spreadsheet programs want it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for sheet, name in zip(workbook.sheets, names, strict=True):
            packed.writestr(f"{name}.csv", _csv(sheet).encode("utf-8-sig"))
    return out.getvalue()


def _csv(sheet: Sheet) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow([_harmless(head) for head in sheet.columns])
    for row in sheet.rows:
        writer.writerow([_harmless(row.cells.get(head)) for head in sheet.columns])
    return text.getvalue()


def _harmless(cell: Cell) -> str:
    if cell is None:
        return ""
    text = str(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(BEGINS_FORMULA) else text
