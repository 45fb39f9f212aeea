"""Workbooks as .xlsx bytes and back: the only module that knows openpyxl, which it imports when it is used.

A tablet never pays for it: the library is not part of a tablet's installation, and nothing here is loaded at its start.
"""

import io
import zipfile
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final

from app.errors_of_files import NotAWorkbook, OfficeMissing
from app.export.workbook import Cell, Row, Sheet, Workbook

CELL_MAX_CHARS: Final = 32_767  # Excel's limit; openpyxl would cut what is longer without a word
ROWS_MOST, COLUMNS_MOST = 20_000, 200
UNPACKED_MAX_BYTES: Final = (
    200_000_000  # the largest checklist unpacks to 2 MB; a small file that unpacks to more is a trap
)
COMPOUND_FILE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # an old .xls, or an .xlsx with a password
FORMULA: Final = "="


class Odd(str):
    """A cell that is neither a text nor a number: a formula, a date, an error. The text is what it is called."""


def xlsx_bytes(workbook: Workbook) -> bytes:
    """The file. Raises OfficeMissing, and NotAWorkbook for a text that no cell can hold."""
    openpyxl = _openpyxl()
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in workbook.sheets:
        written = book.create_sheet(sheet.name)
        for number, head in enumerate(sheet.columns, 1):
            _put(written.cell(1, number), head, openpyxl)
        for row in sheet.rows:
            for number, head in enumerate(sheet.columns, 1):
                if row.cells.get(head) is not None:
                    _put(written.cell(row.number, number), row.cells[head], openpyxl)
        _dress(written, sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def workbook_in(file: bytes) -> Workbook:
    """The workbook in a file: every sheet with its heads, rows without any value left out.

    Raises OfficeMissing, and NotAWorkbook when it is no .xlsx, has a password, or is damaged.
    """
    openpyxl = _openpyxl()
    _refuse_what_is_none(file)
    try:
        book = openpyxl.load_workbook(io.BytesIO(file), read_only=True, data_only=False)
        return Workbook(tuple(_sheet(sheet) for sheet in book.worksheets))
    except Exception as error:  # whatever a damaged file makes openpyxl, its XML parser or zlib raise is one refusal
        raise NotAWorkbook(why="damaged") from error


def _refuse_what_is_none(file: bytes) -> None:
    if file.startswith(COMPOUND_FILE):
        raise NotAWorkbook(why="password")
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as packed:
            size = sum(part.file_size for part in packed.infolist())
            names = packed.namelist()
    except zipfile.BadZipFile as error:
        raise NotAWorkbook(why="other") from error
    if "xl/workbook.xml" not in names or size > UNPACKED_MAX_BYTES:
        raise NotAWorkbook(why="other")


def _openpyxl() -> Any:
    try:
        import openpyxl
    except ImportError as error:
        raise OfficeMissing() from error
    return openpyxl


def _put(cell: Any, value: Cell, openpyxl: Any) -> None:
    if isinstance(value, str):
        if len(value) > CELL_MAX_CHARS or openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.search(value):
            raise NotAWorkbook(why="text")
        cell.value = value
        cell.data_type = "s"  # a text that begins with "=" stays a text, and never runs
        cell.quotePrefix = value[:1] in ("=", "+", "-", "@", "'")
    else:
        cell.value = value


def _dress(written: Any, sheet: Sheet) -> None:
    """Heads in bold and always in view, columns wide enough to read, long texts on several lines."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    written.freeze_panes = "C2" if len(sheet.columns) > 4 else "A2"
    for number, head in enumerate(sheet.columns, 1):
        written.cell(1, number).font = Font(bold=True)
        written.column_dimensions[get_column_letter(number)].width = 44 if "::" in head else 18
    wrapped = Alignment(wrap_text=True, vertical="top")
    for row in written.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = wrapped


def _sheet(sheet: Any) -> Sheet:
    rows = islice(sheet.iter_rows(max_col=COLUMNS_MOST), ROWS_MOST)
    found = [[_cell(cell) for cell in row] for row in rows]
    columns = [str(cell).strip() if cell is not None else "" for cell in found[0]] if found else []
    kept = tuple(
        Row(number, {columns[at] or f"#{at + 1}": cell for at, cell in enumerate(row) if cell is not None})
        for number, row in enumerate(found[1:], 2)
        if any(cell is not None for cell in row)
    )
    return Sheet(sheet.title, tuple(head for head in columns if head), kept)


def _cell(cell: Any) -> Cell:
    """The value; a text with the line ends of all systems as one, a blank one as nothing."""
    value = cell.value
    if isinstance(value, str):
        if cell.data_type in ("f", "e"):
            return Odd(value)
        value = value.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n")
        return value if value.strip() else None
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime | date | time | timedelta):
        return Odd(str(value))
    return Odd(type(value).__name__)
