"""A workbook as plain values: sheets of rows whose cells stand under named columns. What an .xlsx file is read into."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from app.domain.checklist import LANGUAGES, Language, Text

Cell: TypeAlias = str | int | float | bool | None
# XLSForm's own way to name a language; the same heads stand in our further sheets.
LANGUAGE_HEADS: Final[Mapping[Language, str]] = {"kk": "Қазақша (kk)", "ru": "Русский (ru)", "en": "English (en)"}


def heads(name: str) -> tuple[str, ...]:
    """The three columns of a text: `label::Қазақша (kk)` and so on."""
    return tuple(f"{name}::{LANGUAGE_HEADS[language]}" for language in LANGUAGES)


def text_cells(name: str, text: Text | None) -> dict[str, Cell]:
    """A text as cells of its three columns; nothing for no text."""
    return dict(zip(heads(name), (text.kk, text.ru, text.en), strict=True)) if text else {}


@dataclass(frozen=True)
class Row:
    """One row. `number` is what the spreadsheet program shows beside it: the first row below the heads is 2."""

    number: int
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class Sheet:
    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Workbook:
    sheets: tuple[Sheet, ...]

    def sheet(self, name: str) -> Sheet | None:
        return next((sheet for sheet in self.sheets if sheet.name == name), None)


@dataclass(frozen=True, order=True)
class Place:
    """Where in the workbook: row 0 is the whole sheet, an empty column the whole row."""

    sheet: str
    row: int = 0
    column: str = ""


@dataclass(frozen=True)
class Remark:
    """One thing to say about a place. `sentence` is a message id for `params`."""

    place: Place
    sentence: str
    params: Mapping[str, str | int] = field(default_factory=dict)


def sheet_of(name: str, columns: tuple[str, ...], rows: list[dict[str, Cell]]) -> Sheet:
    """A sheet to be written; cells without a value are left out."""
    kept = [{head: cell for head, cell in row.items() if cell not in (None, "")} for row in rows]
    return Sheet(name, columns, tuple(Row(number, cells) for number, cells in enumerate(kept, 2)))


def bare(number: float) -> int | float:
    """3 for 3.0: the way a person types it."""
    return int(number) if number == int(number) else number
