"""What an office changed in the form itself (sheet survey), taken over into what our own sheets say. Pure.

A text, a bound or a skip rule stands in two places. The one that was changed counts; if both were, differently, the editor
is asked to decide. Cells that are computed or are the program's words are never taken: a remark says so, nothing is silent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from app.domain.checklist import LANGUAGES, Language
from app.domain.problem import N_
from app.export.cells import NO_TRANSLATION, Cells
from app.export.checklist_reading import NO_SUCH_INDICATOR, Stated
from app.export.workbook import LANGUAGE_HEADS, Cell, Place, Remark, Sheet, heads
from app.export.xlsform import SURVEY, Line, Loc
from app.export.xpath import NotOurs, bounds_in, rule_in

Walk: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]  # (section, its indicators)

OURS: Final = N_("These words are the program's. The change is not taken.")
COMPUTED: Final = N_("This cell is made from the sheets that begin with baqylau_. Change it there.")
BOTH_CHANGED: Final = N_("This cell and the sheet %(sheet)s, row %(row)d, say different things. Make them the same.")
NOT_A_BOUND: Final = N_("This is not a pair of bounds. It looks like: . >= 0 and . <= 500")
NOT_A_RULE: Final = N_("This is not a skip rule. It looks like: ${P2_girls} = '' or ${P2_girls} >= 1")
NAME_TWICE: Final = N_("The name “%(name)s” stands here twice.")
ROW_GONE: Final = N_("The row “%(name)s” is missing. Fields are deleted in the sheet baqylau_fields.")
ROW_UNKNOWN: Final = N_("Nothing is known of this row. Fields are added in the sheet baqylau_fields.")
ADDED_HERE: Final = N_(
    "“%(name)s” is added. What it asks is not read here, but from baqylau_indicators or the library."
)
ROW_ELSEWHERE: Final = N_("This row belongs to “%(name)s”. Put it back there.")
GROUPS_BROKEN: Final = N_("Groups begin and end here in a way that does not fit together.")
NO_SUCH_SECTION: Final = N_("“%(id)s” is no section in the sheet baqylau_checklist. Sections are added there.")
WALK_TWICE: Final = N_(
    "The order was changed here and in the sheet baqylau_checklist, differently. Make them the same."
)


@dataclass
class Shape:
    """How a survey nests: the walk, and for each name the indicator (or section) it stands in. `broken`: row numbers."""

    sections: list[tuple[str, list[str]]] = field(default_factory=list)
    parents: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    broken: list[int] = field(default_factory=list)

    @property
    def walk(self) -> Walk:
        return tuple((name, tuple(indicators)) for name, indicators in self.sections)


def shape_of(rows: Iterable[tuple[int, str, str]]) -> Shape:
    """The shape of rows given as number, type and name."""
    shape, open_groups, last = Shape(), list[tuple[str, str]](), 1
    for number, kind, name in rows:
        last = number
        begun, _, what = kind.partition("_")
        if begun == "end":
            if not open_groups or open_groups.pop()[0] != what:
                shape.broken.append(number)
            continue
        shape.parents.setdefault(name, open_groups[-1][1] if open_groups else "")
        shape.rows.setdefault(name, number)
        if begun == "begin":
            if not open_groups:
                shape.sections.append((name, []))
            elif len(open_groups) == 1:
                shape.sections[-1][1].append(name)
            open_groups.append((what, name))
    return shape if not open_groups else Shape(shape.sections, shape.parents, shape.rows, [*shape.broken, last])


def take_survey(stated: Stated, sheet: Sheet, base: list[Line], now: list[Line] | None, known: set[str]) -> None:
    """Changes `stated` by what was changed in the survey since it was exported as `base`.

    `now`: the survey that our own sheets would give; None while they have faults. `known`: every indicator there is.
    """
    rows = [Cells("survey", row, stated.faults) for row in sheet.rows]
    shape = shape_of((cells.row.number, cells.word("type"), cells.word("name")) for cells in rows)
    if shape.broken:
        stated.faults += [Remark(Place("survey", number, "type"), GROUPS_BROKEN) for number in shape.broken]
        return
    edits = _Edits(stated, _by_name(base), _by_name(now) if now is not None else None, shape)
    edits.take_walk(_shape_of_lines(base).walk, known)
    for cells in rows:
        edits.take_row(cells)
    edits.miss_rows(_shape_of_lines(base if now is None else now))


def _by_name(lines: list[Line]) -> dict[str, Line]:
    return {line.name: line for line in lines if line.name}


def _shape_of_lines(lines: list[Line]) -> Shape:
    return shape_of((0, line.type, line.name) for line in lines)


class _Edits:
    def __init__(self, stated: Stated, base: dict[str, Line], now: dict[str, Line] | None, shape: Shape) -> None:
        self.stated, self.base, self.now, self.shape = stated, base, now, shape
        self.seen: set[str] = set()

    # The walk

    def take_walk(self, base_walk: Walk, known: set[str]) -> None:
        """The order of sections and indicators, if it was changed here and not in our own sheet."""
        sections = self.stated.checklist.get("sections", [])
        own = tuple((one["id"], tuple(one["indicators"])) for one in sections)
        if self.shape.walk in (base_walk, own):
            return
        if own != base_walk:
            self.stated.faults.append(Remark(Place("survey"), WALK_TWICE))
            return
        by_id = {one["id"]: index for index, one in enumerate(sections)}
        for section, names in self.shape.walk:
            if section not in by_id:
                self._fault(self.shape.rows[section], "name", NO_SUCH_SECTION, id=section)
            for name in names:
                if name not in known:
                    self._fault(self.shape.rows[name], "name", NO_SUCH_INDICATOR, id=name)
        if all(section in by_id for section, _ in self.shape.walk):
            self._walk_like_survey([by_id[section] for section, _ in self.shape.walk])

    def _walk_like_survey(self, order: list[int]) -> None:
        checklist, places = self.stated.checklist, self.stated.places
        old, kept = checklist["sections"], dict(places)
        for loc in [loc for loc in places if loc[:2] == ("checklist", "sections")]:
            del places[loc]
        for at, (was, (_, names)) in enumerate(zip(order, self.shape.walk, strict=True)):
            for loc, place in kept.items():
                if loc[:3] == ("checklist", "sections", was):
                    places[("checklist", "sections", at, *loc[3:])] = place
            for index, name in enumerate(names):
                here = Place("survey", self.shape.rows[name], "name")
                places["checklist", "sections", at, "indicators", index] = here
        walked = {name for _, names in self.shape.walk for name in names}
        checklist["sections"] = [
            {**old[was], "indicators": list(names)} for was, (_, names) in zip(order, self.shape.walk, strict=True)
        ]
        for key in ("must", "short"):
            checklist[key] = [name for name in checklist[key] if name in walked]

    # One row

    def take_row(self, cells: Cells) -> None:
        name = cells.word("name")
        if not name:
            return
        if name in self.seen:
            cells.refuse("name", NAME_TWICE, name=name)
            return
        self.seen.add(name)
        was, now = self.base.get(name), (self.now or {}).get(name)
        line = was or now
        if line is None:
            self._take_unknown(cells, name)
            return
        old, new = (one.cells() if one else None for one in (was, now))
        for column in SURVEY:
            cell = cells.text(column) or ""
            if (old and cell == (old.get(column) or "")) or (new and cell == (new.get(column) or "")):
                continue
            self._take(cells, line, column, cell, is_free=_is_free(column, old, new))

    def _take_unknown(self, cells: Cells, name: str) -> None:
        """A row that nobody exported: an indicator that is added here, a row of one, or something of another kind."""
        parent = self.shape.parents[name]
        if any(name in names for _, names in self.shape.walk):
            self.stated.notices.append(Remark(cells.place("name"), ADDED_HERE, {"name": name}))
        elif self.now is not None and (not parent or parent in self.base or parent in self.now):
            cells.refuse("name", ROW_UNKNOWN)

    def _take(self, cells: Cells, line: Line, column: str, cell: str, *, is_free: bool) -> None:
        at = _fact_of(line, column)
        if at is None:
            is_word = column.partition("::")[0] in ("label", "hint", "constraint_message")
            (self.stated.notices if is_word else self.stated.faults).append(
                Remark(cells.place(column), OURS if is_word else COMPUTED)
            )
            return
        found = _found(self.stated, at)
        if found is None:
            return
        holder, key, loc = found
        if not is_free:
            other = self.stated.place_of(loc)
            cells.refuse(column, BOTH_CHANGED, sheet=other.sheet, row=other.row)
        elif column == "relevant":
            self._take_rule(cells, holder, key, loc, cell)
        elif column == "constraint":
            self._take_bounds(cells, holder[key], loc, cell)
        else:
            self._take_text(cells, holder[key], loc, column, cell)

    def _take_text(self, cells: Cells, text: dict[str, str] | None, loc: Loc, column: str, cell: str) -> None:
        language = _language_of(column)
        if not cell:
            cells.refuse(column, NO_TRANSLATION)
        elif text is not None:
            text[language] = cell
            self.stated.places[*loc, language] = cells.place(column)

    def _take_rule(self, cells: Cells, holder: dict[str, Any], key: str, loc: Loc, cell: str) -> None:
        try:
            rule = rule_in(cell, self._rule_names()) if cell else None
        except NotOurs:
            cells.refuse("relevant", NOT_A_RULE)
            return
        holder[key] = rule.model_dump(by_alias=True, mode="json") if rule else None
        self.stated.places[loc] = cells.place("relevant")

    def _take_bounds(self, cells: Cells, asked: dict[str, Any], loc: Loc, cell: str) -> None:
        try:
            least, most = bounds_in(cell)
        except NotOurs:
            cells.refuse("constraint", NOT_A_BOUND)
            return
        is_implied = asked["type"] == "count" and asked["min"] is None and least == 0
        for key, bound in (("min", None if is_implied else least), ("max", most)):
            asked[key] = bound
            self.stated.places[*loc, key] = cells.place("constraint")

    def _rule_names(self) -> dict[str, str]:
        """What the names of the form are called in skip rules: `P2_girls` is `P2.girls`, `F4__value` is `F4`."""
        names = {f"{name}__value": name for name in self.stated.indicators}
        for name, one in self.stated.indicators.items():
            names |= {f"{name}_{asked['key']}": f"{name}.{asked['key']}" for asked in one["answer"]["fields"]}
        return names

    # Rows that are not there

    def miss_rows(self, expected: Shape) -> None:
        """Rows that were deleted although their indicator is still asked, or that stand in another group."""
        walked = {name for section, names in self.shape.walk for name in (section, *names)}
        walked &= {name for section, names in expected.walk for name in (section, *names)}
        for name, parent in expected.parents.items():
            if parent not in walked or _is_placed(name, expected):
                continue
            if name not in self.seen and name in self.base:
                self._fault(self.shape.rows[parent], "", ROW_GONE, name=name)
            elif name in self.seen and self.shape.parents[name] != parent:
                self._fault(self.shape.rows[name], "", ROW_ELSEWHERE, name=parent)

    def _fault(self, row: int, column: str, sentence: str, **params: str | int) -> None:
        self.stated.faults.append(Remark(Place("survey", row, column), sentence, params))


def _is_placed(name: str, shape: Shape) -> bool:
    """True for sections and indicators: those may be taken out and moved."""
    return any(name == section or name in names for section, names in shape.walk)


def _is_free(column: str, old: Mapping[str, Cell] | None, new: Mapping[str, Cell] | None) -> bool:
    """Whether only this cell was changed: what our own sheets would write here is what was exported."""
    return old is not None and (new is None or (old.get(column) or "") == (new.get(column) or ""))


def _fact_of(line: Line, column: str) -> Loc | None:
    """What of the checklist's own values a cell shows; None for words of the program and for what is computed."""
    at = {
        **dict.fromkeys(heads("label"), line.label_at),
        **dict.fromkeys(heads("hint"), line.hint_at),
        "relevant": line.relevant_at,
        "constraint": line.constraint_at,
    }
    return at.get(column) or None


def _found(stated: Stated, at: Loc) -> tuple[Any, Any, Loc] | None:
    """The map or list that holds a value, its key there, and its place by numbers; None when it is gone."""
    holder: Any = {"checklist": stated.checklist, "indicators": stated.indicators}
    loc: Loc = ()
    for step, part in enumerate(at):
        key = part if isinstance(holder, dict) else _index(holder, part)
        if key is None or (isinstance(holder, dict) and key not in holder):
            return None
        loc = (*loc, key)
        if step == len(at) - 1:
            return holder, key, loc
        holder = holder[key]
    return None


def _index(items: list[dict[str, Any]], name: str | int) -> int | None:
    return next((index for index, item in enumerate(items) if name in (item.get("id"), item.get("key"))), None)


def _language_of(column: str) -> Language:
    return next(language for language in LANGUAGES if column.endswith(f"::{LANGUAGE_HEADS[language]}"))
