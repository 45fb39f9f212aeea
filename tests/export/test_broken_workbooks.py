"""A broken workbook is answered with every fault at once, each with sheet, row and column; and changes nothing."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.domain.library import Library
from app.errors_of_files import NotAWorkbook
from app.export import xlsx
from app.export.workbook import Row, Sheet, Workbook
from app.export.xlsx import workbook_in, xlsx_bytes
from tests.export.samples import EN, KK, RU, faults_of, judge, row_of, small_library, with_cell, with_rows, workbook

Break = Callable[[Workbook], Workbook]


@pytest.fixture
def library() -> Library:
    return small_library()


@pytest.fixture
def book(library: Library) -> Workbook:
    return workbook(library)


def cell(sheet: str, where: dict[str, str], column: str, value: object) -> Break:
    return lambda book: with_cell(book, sheet, row_of(book, sheet, **where), column, value)  # type: ignore[arg-type]


def without_sheet(name: str) -> Break:
    return lambda book: Workbook(tuple(sheet for sheet in book.sheets if sheet.name != name))


def with_heads(name: str, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Break:
    def broken(book: Workbook) -> Workbook:
        sheets = (replace(one, columns=change(one.columns)) if one.name == name else one for one in book.sheets)
        return Workbook(tuple(sheets))

    return broken


def row_twice(sheet: str, where: dict[str, str]) -> Break:
    def broken(book: Workbook) -> Workbook:
        row = row_of(book, sheet, **where)
        return with_rows(book, sheet, lambda rows: [*rows, row])

    return broken


@pytest.mark.parametrize("name", ["survey", "choices", "settings", "baqylau_checklist", "baqylau_indicators", "baqylau_fields", "baqylau_thresholds", "baqylau_phrases"])  # fmt: skip
def test_a_missing_sheet_is_one_fault(library: Library, book: Workbook, name: str) -> None:
    assert faults_of(judge(without_sheet(name)(book), library)) == [(name, 0, "")]


@pytest.mark.parametrize(
    ("breaks", "sheet", "column"),
    [
        (with_heads("baqylau_indicators", lambda heads: (*heads, "colour")), "baqylau_indicators", "colour"),
        (with_heads("survey", lambda heads: (*heads, "colour")), "survey", "colour"),
        (with_heads("baqylau_fields", lambda heads: (*heads, "key")), "baqylau_fields", "key"),
        (with_heads("baqylau_fields", lambda heads: tuple(one for one in heads if one != "min")), "baqylau_fields", ""),
    ],
)
def test_a_wrong_column_is_named(library: Library, book: Workbook, breaks: Break, sheet: str, column: str) -> None:
    assert faults_of(judge(breaks(book), library)) == [(sheet, 1, column)]


@pytest.mark.parametrize(
    ("sheet", "where", "column", "value", "said"),
    [
        ("baqylau_indicators", {"id": "B1"}, f"no::{RU}", None, "missing in this language"),
        ("baqylau_indicators", {"id": "B1"}, f"text::{KK}", "   ", "missing in this language"),
        ("survey", {"name": "B1__value"}, f"label::{EN}", None, "missing in this language"),
        ("baqylau_fields", {"key": "area"}, "max", "500", "as text"),
        ("baqylau_thresholds", {"level": "national"}, "value", "2,5", "as text"),
        ("baqylau_indicators", {"id": "B1"}, "severity", "2", "as text"),
        ("baqylau_indicators", {"id": "B1"}, "severity", 7, "1, 2, 3, 4 or 'danger'"),
        ("baqylau_indicators", {"id": "B1"}, "measures", "result", "not possible"),
        ("baqylau_indicators", {"id": "B1"}, "standards", "crc.99", "there is no standard `crc.99`"),
        ("baqylau_indicators", {"id": "B1"}, "applies_to", "XYZ", "there is no group `XYZ`"),
        ("baqylau_indicators", {"id": "B2"}, "when", "if girls", "not a skip rule"),
        ("baqylau_indicators", {"id": "B2"}, "when", '{"field": "P1.none", "at_least": 1}', "no such field"),
        ("baqylau_indicators", {"id": "B1"}, "rating", "maybe", "neither yes nor no"),
        ("baqylau_fields", {"key": "area"}, "unit", "foot", "no unit"),
        ("baqylau_fields", {"key": "area"}, "min", 600, "above `max`"),
        ("baqylau_fields", {"key": "area"}, "indicator", "B77", "no row in the sheet baqylau_indicators"),
        ("baqylau_checklist", {"id": "B2"}, "kind", "question", "Possible is"),
        ("baqylau_checklist", {"id": "B2"}, "id", "B88", "no row in the sheet baqylau_indicators"),
        ("baqylau_checklist", {"id": "cells"}, "repeat", "floor", "not possible"),
        ("baqylau_checklist", {"id": "small"}, "types", "castle", "no institution type"),
        ("baqylau_phrases", {"kind": "finding"}, "kind", "praise", "Possible is"),
        ("choices", {"name": "state"}, "list_name", "P1_whom", "the list"),
        ("settings", {"form_id": "small"}, "version", "first", "Possible is"),
        ("settings", {"form_id": "small"}, "form_id", "large", "in the sheet baqylau_checklist"),
        ("survey", {"name": "B2"}, "relevant", "${P1_girls} > 3", "not a skip rule"),
        ("survey", {"name": "P1_girls"}, "constraint", ". > 3", "not a pair of bounds"),
        ("survey", {"name": "P1_files"}, "constraint", ". > 3", "made from the sheets"),
        ("survey", {"name": "P1_each"}, "calculation", "1", "made from the sheets"),
        ("survey", {"name": "P1_girls"}, "type", "decimal", "made from the sheets"),
        ("survey", {"name": "P1_girls"}, "name", "P1_boys", None),
        ("survey", {"name": "B2"}, "type", "end_group", None),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_named_with_its_place(
    library: Library, book: Workbook, sheet: str, where: dict[str, str], column: str, value: object, said: str | None
) -> None:
    row = row_of(book, sheet, **where).number
    proposal = judge(workbook_in(xlsx_bytes(cell(sheet, where, column, value)(book))), library)
    faults = faults_of(proposal)
    assert faults
    if said:
        sentences = {fault.place: fault.sentence % fault.params for fault in proposal.faults}
        assert [(place.sheet, place.row, place.column) for place in sentences] == [(sheet, row, column)]
        assert said in next(iter(sentences.values()))


@pytest.mark.parametrize(
    ("sheet", "where", "column"),
    [
        ("baqylau_indicators", {"id": "B1"}, ""),
        ("baqylau_fields", {"key": "area"}, ""),
        ("baqylau_checklist", {"id": "B1"}, ""),
        ("baqylau_checklist", {"id": "cells"}, ""),
        ("choices", {"name": "state"}, ""),
        ("survey", {"name": "B1__note"}, ""),
    ],
)
def test_an_id_that_stands_twice_is_a_fault(
    library: Library, book: Workbook, sheet: str, where: dict[str, str], column: str
) -> None:
    assert sheet in {place[0] for place in faults_of(judge(row_twice(sheet, where)(book), library))}


def test_all_faults_are_said_at_once_and_in_order(library: Library, book: Workbook) -> None:
    for breaks in (
        cell("survey", {"name": "P1_girls"}, "constraint", "often"),
        cell("baqylau_fields", {"key": "area"}, "max", "500"),
        cell("baqylau_indicators", {"id": "B2"}, f"yes::{KK}", None),
        cell("baqylau_indicators", {"id": "B1"}, "severity", 9),
        cell("baqylau_thresholds", {"level": "national"}, "value", None),
        without_sheet("baqylau_phrases"),
    ):
        book = breaks(book)
    assert [(place[0], place[2]) for place in faults_of(judge(book, library))] == [
        ("baqylau_fields", "max"),
        ("baqylau_indicators", "severity"),
        ("baqylau_indicators", f"yes::{KK}"),
        ("baqylau_phrases", ""),
        ("baqylau_thresholds", "value"),
        ("survey", "constraint"),
    ]


def test_words_of_the_program_are_not_taken_but_that_is_said(library: Library, book: Workbook) -> None:
    book = cell("survey", {"name": "B1__note"}, f"label::{EN}", "Remark")(book)
    proposal = judge(book, library)
    assert (proposal.faults, proposal.changes) == ((), ())
    assert [(one.place.sheet, one.place.column) for one in proposal.notices] == [("survey", f"label::{EN}")]


def test_a_sheet_of_the_offices_own_is_left_alone(library: Library, book: Workbook) -> None:
    notes = Sheet("notes", ("what",), (Row(2, {"what": "ask Aigul"}),))
    proposal = judge(Workbook((*book.sheets, notes)), library)
    assert (proposal.faults, proposal.changes) == ((), ())
    assert [one.place.sheet for one in proposal.notices] == ["notes"]


# ---- files -----------------------------------------------------------------------------------------------------------


def zipped(names: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in names.items():
            packed.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (b"", "no .xlsx file"),
        (b"id;text\nB1;text\n", "no .xlsx file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password"),
        (zipped({"word/document.xml": "<a/>"}), "no .xlsx file"),
        (zipped({"xl/workbook.xml": "<a", "[Content_Types].xml": "<a"}), "damaged"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused_with_the_reason(file: bytes, said: str) -> None:
    with pytest.raises(NotAWorkbook, match=said):
        workbook_in(file)


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_read(
    book: Workbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert workbook_in(xlsx_bytes(book))
    monkeypatch.setattr(xlsx, "UNPACKED_MAX_BYTES", 10_000)
    with pytest.raises(NotAWorkbook):
        workbook_in(xlsx_bytes(book))


def test_half_a_file_is_refused(book: Workbook) -> None:
    with pytest.raises(NotAWorkbook):
        workbook_in(xlsx_bytes(book)[:5000])


def test_formulas_and_dates_are_refused_where_a_text_or_number_is_wanted(library: Library, book: Workbook) -> None:
    import datetime

    import openpyxl

    opened = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(book)))
    sheet = opened["baqylau_fields"]
    heads = [head.value for head in sheet[1]]
    area = next(row for row in sheet.iter_rows(min_row=2) if row[1].value == "area")
    area[heads.index("max")].value = "=1+1"
    area[heads.index("unit")].value = datetime.date(2026, 11, 22)
    out = io.BytesIO()
    opened.save(out)
    proposal = judge(workbook_in(out.getvalue()), library)
    assert [place[2] for place in faults_of(proposal)] == ["max", "unit"]
    assert "formula" in proposal.faults[0].sentence


def test_a_text_that_no_cell_can_hold_is_not_cut(book: Workbook) -> None:
    book = cell("baqylau_indicators", {"id": "B1"}, f"text::{EN}", "x" * 32_768)(book)
    with pytest.raises(NotAWorkbook, match="too long"):
        xlsx_bytes(book)
