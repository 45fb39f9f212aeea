"""Small counts of a public table: what is hidden so that nobody computes it back from the totals. Pure.

A table here is rows of counts whose row and column totals are all published. Sources: Hundepool et al., Statistical
Disclosure Control (2012), chapter 4: primary suppression of small cells, complementary suppression of others, and an
audit of what the published rest still tells; the threshold of 5 is domain.md 4.3, item 5. Which cells cover another is
left to chance: who knows the program could else try which tables it would have hidden just so (Wong et al. 2007,
minimality attack; of 94 small cells of made-up tables one could be told so, with chance none).
"""

import hashlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

LEAST: Final = 5  # the smallest count that is published, but 0; also how many values a hidden cell may have at least
Cell: TypeAlias = tuple[int, int]  # row, column
Table: TypeAlias = Sequence[Sequence[int]]
Pick: TypeAlias = Callable[[int], int]  # one of so many, from 0


@dataclass
class Chance:
    """Picks that nobody foretells who does not know the seed, and that are the same again with the same one."""

    seed: bytes
    drawn: int = 0

    def __call__(self, of: int) -> int:
        self.drawn += 1
        return int.from_bytes(hashlib.sha256(self.seed + self.drawn.to_bytes(8, "big")).digest(), "big") % of


@dataclass(frozen=True)
class Span:
    """The least and the most that a hidden cell may be, for who knows the totals and all that is shown."""

    lowest: int
    highest: int

    @property
    def values(self) -> int:
        return self.highest - self.lowest + 1


def hidden_cells(table: Table, pick: Pick, telling: int | None = None, least: int = LEAST) -> frozenset[Cell] | None:
    """The cells to hide; None when the table cannot be shown at all, because of a small total or for want of cover.

    Hidden are counts from 1 to `least` - 1, and in the column `telling` also a whole row: "found in all of them" tells it
    of each. Zeros are shown. Then further cells, until each hidden one may have `least` values at least.
    """
    rows = [sum(row) for row in table]
    columns = [sum(row[at] for row in table) for at in range(len(table[0]))]
    if any(_is_small(total, least) for total in (*rows, *columns)) or _tells_all(columns, telling):
        return None
    hidden = {
        (i, j)
        for i, row in enumerate(table)
        for j, count in enumerate(row)
        if _is_small(count, least) or (j == telling and 0 < count == rows[i])
    }
    while open_ := sorted(cell for cell in hidden if span(table, hidden, cell).values < least):
        covers = _covers(table, hidden, open_[0])
        if not covers:
            return None
        hidden |= covers[pick(len(covers))]
    return frozenset(hidden)


def _is_small(count: int, least: int) -> bool:
    return 0 < count < least


def _tells_all(columns: Sequence[int], telling: int | None) -> bool:
    return telling is not None and 0 < columns[telling] == sum(columns)


def _covers(table: Table, hidden: set[Cell], cell: Cell) -> list[set[Cell]]:
    """For each rectangle with this corner its other corners that are not hidden yet; those without any are left out, and
    so are columns of nothing but zeros: their total tells them."""
    row, column = cell
    rectangles = [
        {(row, j), (i, column), (i, j)} - hidden
        for i in range(len(table))
        for j in range(len(table[0]))
        if i != row and j != column and any(each[j] for each in table)
    ]
    return [fresh for fresh in rectangles if fresh]


def span(table: Table, hidden: set[Cell] | frozenset[Cell], cell: Cell) -> Span:
    """What a hidden cell may be, exactly: counts are whole and not negative, and every total stays as it is.

    Hidden cells are the edges of a graph between rows and columns. A cell moves when others on a way from its row to its
    column move by turns against it and with it; how far is a maximum flow, which is whole where the counts are.
    """
    count = table[cell[0]][cell[1]]
    return Span(count - _room(table, hidden, cell, -1), count + _room(table, hidden, cell, 1))


def _room(table: Table, hidden: set[Cell] | frozenset[Cell], cell: Cell, sign: int) -> int:
    """How far the cell can rise (`sign` 1) or fall (-1) while the others make up for it."""
    now = {(i, j): table[i][j] for i, j in hidden}
    moved = 0
    while way := _way(now, cell, sign):
        turns = [(one, -sign if number % 2 == 0 else sign) for number, one in enumerate(way)]
        step = min(now[one] for one, turn in (*turns, (cell, sign)) if turn < 0)
        if not step:
            break
        for one, turn in (*turns, (cell, sign)):
            now[one] += turn * step
        moved += step
    return moved


def _way(now: Mapping[Cell, int], cell: Cell, sign: int) -> list[Cell]:
    """The shortest way of cells from the row of `cell` to its column; what has to fall on it is not 0. Empty for none."""
    start, goal = ("row", cell[0]), ("column", cell[1])
    came: dict[tuple[str, int], tuple[tuple[str, int], Cell]] = {}
    waiting = deque([start])
    while waiting and goal not in came:
        at = waiting.popleft()
        against = at[0] == "row"  # a step out of a row goes against the cell, one out of a column with it
        must_fall = against == (sign > 0)
        for one in now:
            ends = (("row", one[0]), ("column", one[1]))
            if one == cell or at not in ends or (must_fall and not now[one]):
                continue
            to = ends[1] if against else ends[0]
            if to not in came and to != start:
                came[to] = (at, one)
                waiting.append(to)
    way: list[Cell] = []
    at = goal
    while at in came:
        at, one = came[at]
        way.append(one)
    return way[::-1]


def merged_groups(counts: Mapping[str, int], least: int = LEAST) -> dict[str, tuple[str, ...]] | None:
    """Published group -> the groups it holds: those under `least` go into the group "" together, with the next smallest
    until that is large enough. Groups with nothing are left out. None when all together are under `least`."""
    found = sorted((count, name) for name, count in counts.items() if count)
    if sum(count for count, _ in found) < least:
        return None
    rest: list[str] = []
    size = 0
    while found and (found[0][0] < least or 0 < size < least):
        count, name = found.pop(0)
        rest.append(name)
        size += count
    groups = {name: (name,) for _, name in sorted(found, key=lambda one: one[1])}
    return groups | ({"": tuple(sorted(rest))} if rest else {})
