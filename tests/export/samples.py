"""A small library as values, the program's words as plain English, and workbooks to change a cell of."""

from dataclasses import replace
from typing import Any

from app.domain.checklist import Checklist, Indicator, Instrument, Provision, Standard
from app.domain.library import Library
from app.export.checklist_import import Proposal, judged
from app.export.checklist_sheets import exported
from app.export.workbook import Cell, Row, Workbook
from app.export.xlsform import Words
from app.web import words as codes

WORDS = Words(lambda language, message: f"{message} {language}", codes.VALUE, codes.SOURCE, codes.METHOD, codes.UNIT)
KK, RU, EN = "Қазақша (kk)", "Русский (ru)", "English (en)"


def text(said: str = "text") -> dict[str, str]:
    return {"kk": f"{said} kk", "ru": f"{said} ru", "en": f"{said} en"}


def indicator(indicator_id: str, **overrides: Any) -> Indicator:
    cards = ("yes", "partly", "no", "not_applicable", "not_seen", "example", "counter_example")
    said = {
        "id": indicator_id,
        "text": text(f"question {indicator_id}"),
        "guidance": text("look"),
        "card": {card: text(card) for card in cards},
        "applies_to": ["ALL"],
        "sources": ["observation", "child"],
        "measures": "outcome",
        "answer": {"rating": True, "fields": []},
        "severity": 2,
        "standards": ["crc.37c"],
    }
    return Indicator.model_validate(said | overrides)


def facts() -> Indicator:
    """P1: every type of field, and a quotient."""
    fields = [
        {"key": "girls", "type": "count", "label": text("girls"), "unit": "persons", "max": 500},
        {"key": "area", "type": "measure", "label": text("area"), "unit": "m2", "min": 0.5, "max": 500, "decimals": 1},
        {"key": "files", "type": "share", "label": text("complete"), "of": text("seen")},
        {"key": "who", "type": "choice", "label": text("who"), "options": [
            {"key": "state", "label": text("state")}, {"key": "other", "label": text("other")}]},
        {"key": "name", "type": "text", "label": text("name")},
        {"key": "day", "type": "date", "label": text("day")},
        {"key": "hour", "type": "time", "label": text("hour")},
        {"key": "begun", "type": "moment", "label": text("begun")},
    ]  # fmt: skip
    derived = [{"key": "each", "label": text("each"), "unit": "m2", "numerator": "area", "denominator": "girls"}]
    thresholds = [
        {"field": "each", "level": "national", "rule": "at_least", "value": 2.5, "unit": "m2", "standard": "crc.37c"},
        {"field": "each", "level": "international", "rule": "at_least", "value": 4, "unit": "m2", "standard": "crc.37c",
         "note": text("note"), "where": {"field": "girls", "at_least": 2}, "applies_to": ["POL"]},
    ]  # fmt: skip
    answer = {"rating": False, "fields": fields, "derived": derived}
    return indicator("P1", answer=answer, thresholds=thresholds, severity=1)


def small_library() -> Library:
    """P1 facts, B1 with phrases, B2 asked only of girls or after B1, B3 in no checklist."""
    said = {"finding": [text("found"), text("found more")], "recommendation": [text("mend")]}
    rule = {"any": [{"field": "P1.girls", "at_least": 1}, {"all": [{"answer": "B1", "in": ["no", "partly"]}]}]}
    b1 = indicator("B1", severity="danger", phrases=said, review="kk")
    indicators = [facts(), b1, indicator("B2", when=rule), indicator("B3")]
    checklist = {
        "id": "small",
        "version": 1,
        "types": ["ivs"],
        "title": text("Small"),
        "sections": [
            {"id": "facts", "title": text("Facts"), "hint": text("first"), "indicators": ["P1"]},
            {"id": "cells", "title": text("Cells"), "hint": text("walk"), "repeat": "room", "indicators": ["B1", "B2"]},
        ],
        "must": ["B1", "P1"],
        "short": ["P1", "B1"],
    }
    return library_of(Checklist.model_validate(checklist), indicators)


def library_of(checklist: Checklist, indicators: list[Indicator]) -> Library:
    short = {"kk": "БҚК", "ru": "КПР", "en": "CRC"}
    instrument = Instrument.model_validate({"id": "crc", "level": "international", "short": short, "name": text()})
    number = {"id": "crc.37c", "number": "37(c)", "year": "1989", "topic": "separation", "status": "read"}
    provision = Provision.model_validate({**number, "text": text(), "source": "read"})
    return Library(
        instruments={"crc": instrument},
        standards={"crc.37c": Standard(instrument=instrument, provision=provision)},
        indicators={one.id: one for one in indicators},
        checklists={(checklist.id, checklist.version): checklist},
    )


def workbook(library: Library, checklist_id: str = "small") -> Workbook:
    checklist = library.latest(checklist_id)
    assert checklist is not None
    return exported(checklist, library.indicators, WORDS)


def row_of(book: Workbook, sheet_name: str, **where: Cell) -> Row:
    """The first row with these cells."""
    sheet = book.sheet(sheet_name)
    assert sheet is not None
    return next(row for row in sheet.rows if all(row.cells.get(head) == cell for head, cell in where.items()))


def with_cell(book: Workbook, sheet_name: str, row: Row, column: str, cell: Cell) -> Workbook:
    """The workbook after somebody typed into one cell."""
    changed = Row(row.number, {**row.cells, column: cell})
    return with_rows(book, sheet_name, lambda rows: [changed if one.number == row.number else one for one in rows])


def with_rows(book: Workbook, sheet_name: str, change: Any) -> Workbook:
    """The workbook with the rows of a sheet as `change` gives them, numbered anew if there are more or fewer."""
    sheets = []
    for sheet in book.sheets:
        if sheet.name == sheet_name:
            rows = change(list(sheet.rows))
            sheet = replace(sheet, rows=tuple(Row(number, row.cells) for number, row in enumerate(rows, 2)))
        sheets.append(sheet)
    return Workbook(tuple(sheets))


def said_by(proposal: Proposal) -> list[str]:
    """The changes as English lines; fails when there are faults."""
    assert proposal.faults == ()
    return [str(change) for change in proposal.changes]


def judge(book: Workbook, library: Library) -> Proposal:
    return judged(book, library, WORDS)


def faults_of(proposal: Proposal) -> list[tuple[str, int, str]]:
    """Where the faults are. A proposal with faults has nothing to take."""
    assert proposal.checklist is None and proposal.changes == ()
    return [(fault.place.sheet, fault.place.row, fault.place.column) for fault in proposal.faults]
