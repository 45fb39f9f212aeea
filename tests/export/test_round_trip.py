"""Out and in again changes nothing; one changed cell is exactly one difference."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.config import ROOT
from app.domain.checklist import Checklist, Indicator
from app.domain.library import Library
from app.export.workbook import Workbook
from app.export.xlsx import workbook_in, xlsx_bytes
from app.store.checklists import load_library
from tests.export.samples import (
    EN,
    KK,
    RU,
    faults_of,
    indicator,
    judge,
    library_of,
    row_of,
    said_by,
    small_library,
    text,
    with_cell,
    with_rows,
    workbook,
)


@pytest.fixture(scope="module")
def real_library() -> Library:
    return load_library(ROOT / "checklists")


@pytest.mark.parametrize("checklist_id", ["police-holding", "juvenile-colony", "crisis-centre"])
def test_a_real_checklist_comes_back_without_a_difference(real_library: Library, checklist_id: str) -> None:
    book = workbook_in(xlsx_bytes(workbook(real_library, checklist_id)))
    proposal = judge(book, real_library)
    assert (proposal.faults, proposal.notices, proposal.changes) == ((), (), ())
    old = real_library.latest(checklist_id)
    assert old is not None
    assert proposal.checklist == old.model_copy(update={"version": old.version + 1})


def test_a_small_checklist_with_every_type_of_field_comes_back() -> None:
    library = small_library()
    proposal = judge(workbook_in(xlsx_bytes(workbook(library))), library)
    assert (proposal.faults, proposal.notices, proposal.changes) == ((), (), ())


def test_a_checklist_that_the_library_lost_comes_back_whole() -> None:
    library = small_library()
    empty = Library(instruments=library.instruments, standards=library.standards)
    proposal = judge(workbook_in(xlsx_bytes(workbook(library))), empty)
    assert proposal.faults == ()
    old = library.latest("small")
    assert proposal.checklist is not None and old is not None
    assert set(proposal.checklist.must) == set(old.must)
    assert proposal.checklist.model_copy(update={"must": old.must}) == old
    assert {one.id: one for one in proposal.added} == {name: library.indicators[name] for name in ("P1", "B1", "B2")}


# ---- one cell --------------------------------------------------------------------------------------------------------


@pytest.fixture
def library() -> Library:
    return small_library()


@pytest.fixture
def book(library: Library) -> Workbook:
    return workbook(library)


@pytest.mark.parametrize(
    ("sheet", "where", "column", "cell", "said"),
    [
        # our own sheets
        ("baqylau_indicators", {"id": "B1"}, f"text::{RU}", "иначе", "B1: text reworded (ru): “question B1 ru” → “иначе”"),
        ("baqylau_indicators", {"id": "B1"}, f"no::{KK}", "жоқ", "B1: card.no reworded (kk): “no kk” → “жоқ”"),
        ("baqylau_indicators", {"id": "B1"}, "severity", 4, "B1: severity changed: danger → 4"),
        ("baqylau_indicators", {"id": "B1"}, "sources", "observation", "B1: sources removed: child"),
        ("baqylau_indicators", {"id": "B1"}, "review", None, "B1: review removed: kk"),
        ("baqylau_indicators", {"id": "B2"}, "when", None, None),
        ("baqylau_fields", {"key": "area"}, "max", 400, "P1: answer.fields.area.max changed: 500 → 400"),
        ("baqylau_fields", {"key": "girls"}, "min", 0, "P1: answer.fields.girls.min added: 0"),
        ("baqylau_fields", {"key": "each"}, "decimals", 2, "P1: answer.derived.each.decimals changed: 1 → 2"),
        ("baqylau_thresholds", {"level": "national"}, "value", 3, None),
        ("baqylau_thresholds", {"level": "international"}, f"note::{EN}", "why", None),
        ("baqylau_phrases", {"kind": "recommendation"}, f"phrase::{EN}", "Do it", None),
        ("baqylau_checklist", {"id": "B2"}, "short", "yes", "B2: is now in the short variant"),
        ("baqylau_checklist", {"id": "P1"}, "must", None, "P1: is no longer required"),
        ("baqylau_checklist", {"id": "cells"}, f"hint::{EN}", "go", "cells: hint reworded (en): “walk en” → “go”"),
        ("baqylau_checklist", {"id": "cells"}, "repeat", "file", "cells: repeat changed: room → file"),
        ("choices", {"name": "state"}, f"label::{EN}", "the state", None),
        # the form
        ("survey", {"name": "B1__value"}, f"label::{RU}", "иначе", "B1: text reworded (ru): “question B1 ru” → “иначе”"),
        ("survey", {"name": "B1__value"}, f"hint::{EN}", "ask", "B1: guidance reworded (en): “look en” → “ask”"),
        ("survey", {"name": "cells"}, f"label::{EN}", "Rooms", "cells: title reworded (en): “Cells en” → “Rooms”"),
        ("survey", {"name": "cells__hint"}, f"label::{EN}", "go", "cells: hint reworded (en): “walk en” → “go”"),
        ("survey", {"name": "P1_files__of"}, f"label::{EN}", "all", None),
        ("survey", {"name": "P1_girls"}, "constraint", ". >= 0 and . <= 90", "P1: answer.fields.girls.max changed: 500 → 90"),
        ("survey", {"name": "P1_area"}, "constraint", ". <= 500", "P1: answer.fields.area.min removed: 0.5"),
        (
            "survey",
            {"name": "B2"},
            "relevant",
            "${P1_girls} = '' or ${P1_girls} >= 2",
            None,
        ),
    ],
)  # fmt: skip
def test_a_changed_cell_is_exactly_that_difference(
    library: Library, book: Workbook, sheet: str, where: dict[str, str], column: str, cell: object, said: str | None
) -> None:
    changed = with_cell(book, sheet, row_of(book, sheet, **where), column, cell)  # type: ignore[arg-type]
    lines = said_by(judge(workbook_in(xlsx_bytes(changed)), library))
    assert len(lines) == 1
    if said:
        assert lines == [said]


def test_the_same_change_in_both_places_is_one_difference(library: Library, book: Workbook) -> None:
    for sheet, where, column in (
        ("survey", {"name": "B1__value"}, "label"),
        ("baqylau_indicators", {"id": "B1"}, "text"),
    ):
        book = with_cell(book, sheet, row_of(book, sheet, **where), f"{column}::{EN}", "New?")
    assert said_by(judge(book, library)) == ["B1: text reworded (en): “question B1 en” → “New?”"]


def test_two_different_changes_of_one_text_are_for_the_editor_to_settle(library: Library, book: Workbook) -> None:
    for sheet, where, column in (
        ("survey", {"name": "B1__value"}, "label"),
        ("baqylau_indicators", {"id": "B1"}, "text"),
    ):
        book = with_cell(book, sheet, row_of(book, sheet, **where), f"{column}::{EN}", f"New in {sheet}?")
    row = row_of(book, "survey", name="B1__value").number
    assert faults_of(judge(book, library)) == [("survey", row, f"label::{EN}")]


# ---- rows ------------------------------------------------------------------------------------------------------------


def test_a_question_of_the_library_is_added_by_one_row(library: Library, book: Workbook) -> None:
    def add(rows: list) -> list:  # type: ignore[type-arg]
        return [*rows, type(rows[0])(0, {"kind": "indicator", "id": "B3"})]

    proposal = judge(with_rows(book, "baqylau_checklist", add), library)
    assert said_by(proposal) == ["B3: added to section “cells”: question B3 en"]
    assert (proposal.added, proposal.changed) == ((), ())


def test_a_question_taken_out_of_our_sheet_is_removed(library: Library, book: Workbook) -> None:
    book = with_rows(book, "baqylau_checklist", lambda rows: [row for row in rows if row.cells["id"] != "B2"])
    assert said_by(judge(book, library)) == ["B2: removed from section “cells”: question B2 en"]


def test_a_question_deleted_in_the_form_is_removed(library: Library, book: Workbook) -> None:
    def delete(rows: list) -> list:  # type: ignore[type-arg]
        begin = next(at for at, row in enumerate(rows) if row.cells.get("name") == "B2")
        end = next(at for at in range(begin, len(rows)) if rows[at].cells["type"] == "end_group")
        return rows[:begin] + rows[end + 1 :]

    assert said_by(judge(with_rows(book, "survey", delete), library)) == [
        "B2: removed from section “cells”: question B2 en"
    ]


def test_a_question_moved_in_the_form_is_moved(library: Library, book: Workbook) -> None:
    def move(rows: list) -> list:  # type: ignore[type-arg]
        begin = next(at for at, row in enumerate(rows) if row.cells.get("name") == "B1")
        end = next(at for at in range(begin, len(rows)) if rows[at].cells["type"] == "end_group")
        facts = next(
            at
            for at, row in enumerate(rows)
            if row.cells["type"] == "end_group" and at > 2 and rows[at + 1].cells["type"] == "begin_repeat"
        )
        return [*rows[:facts], *rows[begin : end + 1], *rows[facts:begin], *rows[end + 1 :]]

    assert said_by(judge(with_rows(book, "survey", move), library)) == [
        "B1: moved from section “facts” to section “cells”".replace("facts", "§")
        .replace("cells", "facts")
        .replace("§", "cells")
    ]


def test_a_new_question_needs_our_sheets_only(library: Library, book: Workbook) -> None:
    source = row_of(book, "baqylau_indicators", id="B1")
    book = with_rows(book, "baqylau_indicators", lambda rows: [*rows, type(source)(0, {**source.cells, "id": "B9"})])
    placed = type(source)(0, {"kind": "indicator", "id": "B9", "must": "yes", "short": "yes"})
    book = with_rows(book, "baqylau_checklist", lambda rows: [*rows, placed])
    proposal = judge(book, library)
    assert said_by(proposal) == [
        "B9: added to section “cells”: question B1 en",
        "B9: is now required",
        "B9: is now in the short variant",
        "B9: new indicator: question B1 en",
    ]
    assert [one.id for one in proposal.added] == ["B9"]


def test_an_indicator_that_others_ask_names_them(library: Library) -> None:
    first = library.latest("small")
    assert first is not None
    other = first.model_copy(update={"id": "other", "types": ("remand_centre",)})
    library = Library(
        library.instruments, library.standards, library.indicators, {("small", 1): first, ("other", 1): other}
    )
    book = workbook(library)
    book = with_cell(book, "survey", row_of(book, "survey", name="B1__value"), f"label::{EN}", "New?")
    assert judge(book, library).shared == {"B1": ("other",)}


# ---- any small checklist ---------------------------------------------------------------------------------------------

SIGNS = st.characters(
    codec="utf-8", categories=("L", "N", "P", "S", "Zs"), include_characters="\n", exclude_characters="$"
)
WORDS = st.text(SIGNS, min_size=1, max_size=12).filter(lambda said: bool(said.strip()))
TEXTS = st.tuples(WORDS, WORDS, WORDS).map(
    lambda said: {"kk": f"ә {said[0]}", "ru": f"ы {said[1]}", "en": f"w {said[2]}"}
)
KEYS = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
BOUND = st.none() | st.integers(0, 50) | st.decimals(0, 50, places=2).map(float)


@st.composite
def fields(draw: st.DrawFn) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for key in draw(st.lists(KEYS, max_size=3, unique=True)):
        kind = draw(st.sampled_from(["count", "measure", "share", "choice", "text", "date", "time", "moment"]))
        asked: dict[str, object] = {"key": key, "type": kind, "label": draw(TEXTS)}
        if kind in ("count", "measure"):
            asked |= {"unit": "m2", "min": draw(BOUND), "max": draw(st.none() | st.integers(51, 900))}
        if kind == "measure":
            asked["decimals"] = draw(st.integers(0, 3))
        if kind == "share":
            asked["of"] = draw(TEXTS)
        if kind == "choice":
            options = draw(st.lists(KEYS, min_size=1, max_size=3, unique=True))
            asked["options"] = [{"key": option, "label": draw(TEXTS)} for option in options]
        found.append(asked)
    return found


@st.composite
def libraries(draw: st.DrawFn) -> Library:
    first = indicator("A1", text=draw(TEXTS), answer={"rating": True, "fields": draw(fields())})
    ratings = st.lists(st.sampled_from(["yes", "partly", "no", "not_seen"]), min_size=1, max_size=3, unique=True)
    leaf = ratings.map(lambda values: {"answer": "A1", "in": values})
    rule = st.recursive(
        leaf,
        lambda part: st.builds(
            lambda key, parts: {key: parts}, st.sampled_from(["any"]), st.lists(part, min_size=1, max_size=2)
        ),
        max_leaves=3,
    )
    phrases = {"finding": draw(st.lists(TEXTS, max_size=2)), "recommendation": draw(st.lists(TEXTS, max_size=2))}
    second = indicator("B1", guidance=draw(TEXTS), when=draw(st.none() | rule), phrases=phrases, standards=["crc.37c"])
    placed: list[Indicator] = [first, second]
    sections = [
        {
            "id": f"s{one.id.lower()}",
            "title": draw(TEXTS),
            "hint": draw(TEXTS),
            "repeat": draw(st.sampled_from([None, "room"])) if one is second else None,
            "indicators": [one.id],
        }
        for one in placed
    ]
    said = {"id": "any", "version": draw(st.integers(1, 9)), "types": ["ivs"], "title": text(), "sections": sections}
    must = draw(st.sampled_from([["A1"], ["B1", "A1"]]))
    return library_of(Checklist.model_validate({**said, "must": must, "short": ["A1", "B1"]}), placed)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(libraries())
def test_any_small_checklist_comes_back_without_a_difference(library: Library) -> None:
    proposal = judge(workbook_in(xlsx_bytes(workbook(library, "any"))), library)
    assert (proposal.faults, proposal.notices, proposal.changes) == ((), (), ())
