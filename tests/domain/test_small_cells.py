"""What is hidden in a public table cannot be computed back: an attacker who tries every table says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.domain.small_cells import LEAST, Cell, Chance, hidden_cells, merged_groups, span

FOUND = 0
Table = list[list[int]]
counts = st.integers(0, 12) | st.sampled_from([0, 1, 2, 3, 4, 5])
tables = st.lists(st.lists(counts, min_size=3, max_size=3), min_size=1, max_size=4)


def is_possible(table: Table, hidden: frozenset[Cell], cell: Cell, value: int) -> bool:
    """Is there a table with the same totals and the same shown cells in which this hidden cell is `value`?

    Written without a thought of flows: hidden cells are filled one by one, with everything that still fits.
    """
    height, width = len(table), len(table[0])
    row_left = [sum(table[i][j] for j in range(width) if (i, j) in hidden) for i in range(height)]
    column_left = [sum(table[i][j] for i in range(height) if (i, j) in hidden) for j in range(width)]
    order = [cell, *sorted(hidden - {cell})]

    def fill(number: int) -> bool:
        if number == len(order):
            return not any(row_left) and not any(column_left)
        i, j = order[number]
        rest = order[number + 1 :]
        most = min(row_left[i], column_left[j])
        least = max(
            row_left[i] if all(a != i for a, _ in rest) else 0, column_left[j] if all(b != j for _, b in rest) else 0
        )
        for tried in [value] if number == 0 else range(least, most + 1):
            if least <= tried <= most:
                row_left[i] -= tried
                column_left[j] -= tried
                fits = fill(number + 1)
                row_left[i] += tried
                column_left[j] += tried
                if fits:
                    return True
        return False

    return fill(0)


def possible(table: Table, hidden: frozenset[Cell], cell: Cell) -> list[int]:
    most = min(sum(table[cell[0]]), sum(row[cell[1]] for row in table))
    return [value for value in range(most + 1) if is_possible(table, hidden, cell, value)]


@settings(max_examples=40, deadline=None)
@given(tables, st.binary(max_size=2))
def test_every_hidden_cell_keeps_as_many_possible_values_as_the_threshold(table: Table, seed: bytes) -> None:
    hidden = hidden_cells(table, Chance(seed), FOUND)
    assume(hidden)
    assert hidden is not None
    for cell in hidden:
        assert len(possible(table, hidden, cell)) >= LEAST, (table, sorted(hidden), cell)


@settings(max_examples=40, deadline=None)
@given(tables, st.binary(max_size=2))
def test_no_small_count_and_no_whole_row_of_findings_is_shown(table: Table, seed: bytes) -> None:
    hidden = hidden_cells(table, Chance(seed), FOUND)
    if hidden is None:
        return
    for i, row in enumerate(table):
        for j, count in enumerate(row):
            if 0 < count < LEAST or (j == FOUND and 0 < count == sum(row)):
                assert (i, j) in hidden
    assert all(not 0 < sum(row) < LEAST for row in table)
    assert all(not 0 < sum(column) < LEAST for column in zip(*table, strict=True))


@settings(max_examples=40, deadline=None)
@given(tables, st.data())
def test_the_span_of_a_cell_is_what_trying_everything_finds(table: Table, data: st.DataObject) -> None:
    every = [(i, j) for i in range(len(table)) for j in range(3)]
    hidden = frozenset(data.draw(st.lists(st.sampled_from(every), min_size=1, max_size=8)))
    cell = data.draw(st.sampled_from(sorted(hidden)))
    found = span(table, hidden, cell)
    assert possible(table, hidden, cell) == list(range(found.lowest, found.highest + 1))


def test_a_single_small_cell_takes_others_with_it() -> None:
    table = [[3, 20, 7], [12, 11, 9], [30, 15, 8]]
    hidden = hidden_cells(table, Chance(b""))
    assert hidden is not None and (0, 0) in hidden
    assert len({i for i, _ in hidden}) >= 2 and len({j for _, j in hidden}) >= 2


def test_two_small_cells_that_hide_each_other_too_closely_take_more() -> None:
    """1 + 1 in a column of which the rest is shown would be 0, 1 or 2: three values, and not five."""
    table = [[1, 9, 0], [1, 9, 0], [20, 30, 0]]
    both = frozenset({(0, 0), (0, 1), (1, 0), (1, 1)})
    assert span(table, both, (0, 0)).values == 3
    hidden = hidden_cells(table, Chance(b""))
    assert hidden is not None and hidden > both


@pytest.mark.parametrize(
    "table",
    [
        [[3, 20, 7]],  # one group: its total tells
        [[1, 20, 0], [2, 30, 0]],  # found 3 in all: a small total
        [[9, 0, 0], [12, 0, 0]],  # found everywhere
        [[1, 1, 1], [20, 20, 20]],  # three places of a kind
    ],
)
def test_what_cannot_be_covered_is_not_shown_at_all(table: Sequence[Sequence[int]]) -> None:
    assert hidden_cells(table, Chance(b""), FOUND) is None


def test_zeros_and_large_counts_are_shown() -> None:
    assert hidden_cells([[0, 12, 9], [7, 0, 30]], Chance(b""), FOUND) == frozenset()


@pytest.mark.parametrize(
    ("counts_", "groups"),
    [
        ({"ivs": 9, "colony": 6}, {"colony": ("colony",), "ivs": ("ivs",)}),
        ({"ivs": 9, "infant": 1, "crisis": 4}, {"ivs": ("ivs",), "": ("crisis", "infant")}),
        ({"ivs": 9, "colony": 6, "infant": 1}, {"ivs": ("ivs",), "": ("colony", "infant")}),
        ({"ivs": 4, "infant": 0}, None),
        ({"ivs": 4, "infant": 1}, {"": ("infant", "ivs")}),
        ({}, None),
    ],
)
def test_small_groups_are_put_together(counts_: dict[str, int], groups: dict[str, tuple[str, ...]] | None) -> None:
    assert merged_groups(counts_) == groups


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 12)))
def test_no_group_that_is_left_is_small(counts_: dict[str, int]) -> None:
    groups = merged_groups(counts_)
    if groups is None:
        assert sum(counts_.values()) < LEAST
        return
    assert all(sum(counts_[one] for one in members) >= LEAST for members in groups.values())
    assert sorted(one for members in groups.values() for one in members) == sorted(k for k, n in counts_.items() if n)


def test_found_in_every_place_of_a_kind_is_hidden_for_it_tells_of_each() -> None:
    table = [[7, 0, 0], [6, 20, 9], [8, 11, 9]]
    hidden = hidden_cells(table, Chance(b""), FOUND)
    assert hidden is not None and (0, 0) in hidden
    assert hidden_cells(table, Chance(b"")) == frozenset()


def outcomes(table: Table) -> set[frozenset[Cell] | None]:
    """Everything that chance may make of a table."""
    found, waiting = set(), [[]]  # type: ignore[var-annotated]
    while waiting:
        begun, width = waiting.pop(), [0]
        picks = iter(begun)

        def pick(of: int, picks: Iterator[int] = picks, width: list[int] = width) -> int:
            chosen = next(picks, None)
            if chosen is None:
                width[0] = width[0] or of
                return 0
            return chosen

        hidden = hidden_cells(table, pick, FOUND)
        if width[0]:
            waiting += [[*begun, choice] for choice in range(width[0])]
        else:
            found.add(hidden)
    return found


def fillings(table: Table, hidden: frozenset[Cell]) -> Iterator[Table]:
    """Every table that shows the same."""
    cells = sorted(hidden)
    spans = [span(table, hidden, cell) for cell in cells]
    for values in product(*(range(one.lowest, one.highest + 1) for one in spans)):
        tried = [list(row) for row in table]
        for (i, j), value in zip(cells, values, strict=True):
            tried[i][j] = value
        if [sum(row) for row in tried] == [sum(row) for row in table] and all(
            sum(a) == sum(b) for a, b in zip(zip(*tried, strict=True), zip(*table, strict=True), strict=True)
        ):
            yield tried


@pytest.mark.parametrize("table", [[[6, 5, 9], [1, 3, 1]], [[5, 6, 7], [5, 7, 1]], [[8, 3, 9], [6, 7, 5]]])
def test_who_knows_the_program_cannot_tell_a_cell_by_trying_which_tables_it_hides_so(table: Table) -> None:
    """With the cheapest cover in place of one by chance a cell of the first table may be three numbers, and not five."""
    for hidden in outcomes(table):
        assert hidden is not None
        same = [tried for tried in fillings(table, hidden) if hidden in outcomes(tried)]
        for i, j in hidden:
            assert len({tried[i][j] for tried in same}) >= LEAST, (sorted(hidden), (i, j))
