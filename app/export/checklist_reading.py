"""Our own sheets -> the keys and values of the checklist's files, with the cell that each came from. Pure."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from app.domain.problem import N_
from app.export.cells import Cells
from app.export.checklist_sheets import CARDS, COLUMNS, DERIVED, FIELDS, INDICATORS, PHRASES, THRESHOLDS, WALK
from app.export.workbook import Place, Remark, Workbook
from app.export.xlsform import CHOICES, OWN_LISTS, SETTINGS, SURVEY, Loc
from app.export.xpath import field_name

SHEETS: Final = {"survey": SURVEY, "choices": CHOICES, "settings": SETTINGS, **COLUMNS}

NO_SHEET: Final = N_("There is no sheet “%(sheet)s”. Start from a fresh export, and delete no sheet.")
NO_COLUMN: Final = N_("The column “%(column)s” is missing.")
UNKNOWN_COLUMN: Final = N_("There is no column of this name here. Correct the name, or delete the column.")
COLUMN_TWICE: Final = N_("This column stands here twice.")
ID_TWICE: Final = N_("“%(id)s” stands here already, in row %(row)d.")
NO_SUCH_INDICATOR: Final = N_("“%(id)s” has no row in the sheet baqylau_indicators.")
NO_SUCH_LIST: Final = N_("No choice in the sheet baqylau_fields has the list “%(id)s”.")
NO_SUCH_KIND: Final = N_("“%(value)s” is not possible here. Possible is: %(possible)s.")
NO_SECTION_YET: Final = N_("An indicator stands before the first section. Put it below a section.")
NOT_A_RULE: Final = N_('This is not a skip rule. It looks like {"answer": "F4", "in": ["yes", "partly"]}.')
SHEET_NOT_READ: Final = N_("This sheet is none of ours. It is not read.")
ANOTHER_ID: Final = N_("The id is “%(other)s” in the sheet baqylau_checklist, and “%(id)s” here.")


@dataclass
class Stated:
    """What a workbook says, in the form of the files. `places`: the cell of each key; `faults` stop an import,
    `notices` do not. `version` is the one that was exported."""

    checklist: dict[str, Any] = field(default_factory=dict)
    indicators: dict[str, dict[str, Any]] = field(default_factory=dict)
    places: dict[Loc, Place] = field(default_factory=dict)
    faults: list[Remark] = field(default_factory=list)
    notices: list[Remark] = field(default_factory=list)
    version: int = 0

    def place_of(self, loc: Loc) -> Place:
        """The cell of a key, or of the nearest key around it."""
        return next((self.places[loc[:end]] for end in range(len(loc), 0, -1) if loc[:end] in self.places), Place(WALK))

    def note_texts(self, loc: Loc, cells: Cells, name: str) -> None:
        for language, place in cells.text_places(name):
            self.places[*loc, language] = place
        self.places.setdefault(loc, cells.place())


def stated_in(workbook: Workbook) -> Stated:
    """Everything our own sheets and the options say. Faults of all sheets are found at once; those that only follow
    from a sheet or column that is missing are left out."""
    stated = Stated()
    _check_heads(workbook, stated)
    gone = {(fault.place.sheet, fault.params.get("column")) for fault in stated.faults}
    for sheet_name, read in _READERS.items():
        sheet = workbook.sheet(sheet_name)
        for row in sheet.rows if sheet else ():
            read(stated, Cells(sheet_name, row, stated.faults))
    if workbook.sheet(WALK) and not stated.checklist:
        possible = {"value": "", "possible": "checklist"}
        stated.faults.append(Remark(Place(WALK, 2, "kind"), NO_SUCH_KIND, possible))
    stated.faults = [one for one in stated.faults if _is_missing(one) or not _follows(one, gone)]
    return stated


def _is_missing(fault: Remark) -> bool:
    return fault.sentence in (NO_SHEET, NO_COLUMN)


def _follows(fault: Remark, gone: set[tuple[str, str | int | None]]) -> bool:
    """True for a fault in a column that is missing, or about a row of a sheet that is missing."""
    lacks_indicators = (INDICATORS, None) in gone and fault.sentence == NO_SUCH_INDICATOR
    lacks_fields = gone & {(FIELDS, None), (INDICATORS, None)} and fault.sentence == NO_SUCH_LIST
    return bool(lacks_indicators or lacks_fields or (fault.place.sheet, fault.place.column) in gone)


def _check_heads(workbook: Workbook, stated: Stated) -> None:
    for name, columns in SHEETS.items():
        sheet = workbook.sheet(name)
        if sheet is None:
            stated.faults.append(Remark(Place(name), NO_SHEET, {"sheet": name}))
            continue
        for column in columns:
            if column not in sheet.columns:
                stated.faults.append(Remark(Place(name, 1), NO_COLUMN, {"column": column}))
        unnamed = {column for row in sheet.rows for column in row.cells} - set(sheet.columns)
        for column in (*dict.fromkeys(sheet.columns), *sorted(unnamed)):
            if column not in columns:
                stated.faults.append(Remark(Place(name, 1, column), UNKNOWN_COLUMN))
            elif sheet.columns.count(column) > 1:
                stated.faults.append(Remark(Place(name, 1, column), COLUMN_TWICE))
    for sheet in workbook.sheets:
        if sheet.name not in SHEETS:
            stated.notices.append(Remark(Place(sheet.name), SHEET_NOT_READ))


# ---- the walk --------------------------------------------------------------------------------------------------------


def _read_walk(stated: Stated, cells: Cells) -> None:
    kind = cells.word("kind")
    read = {"checklist": _read_head, "section": _read_section, "indicator": _read_placed}.get(kind)
    if read is None or (kind == "checklist") == bool(stated.checklist):
        possible = "section, indicator" if stated.checklist else "checklist"
        cells.refuse("kind", NO_SUCH_KIND, value=kind, possible=possible)
    else:
        read(stated, cells)


def _read_head(stated: Stated, cells: Cells) -> None:
    stated.checklist = {"id": cells.word("id", is_needed=True), "types": cells.words("types")}
    stated.checklist |= {"title": cells.texts("title"), "sections": [], "must": [], "short": []}
    stated.places["checklist",] = cells.place()
    stated.places["checklist", "id"] = cells.place("id")
    stated.places["checklist", "types"] = cells.place("types")
    stated.note_texts(("checklist", "title"), cells, "title")


def _read_section(stated: Stated, cells: Cells) -> None:
    sections = stated.checklist["sections"]
    loc: Loc = ("checklist", "sections", len(sections))
    section: dict[str, Any] = {"id": cells.word("id", is_needed=True), "title": cells.texts("title")}
    sections.append({**section, "hint": cells.texts("hint"), "repeat": cells.word("repeat") or None, "indicators": []})
    stated.places[loc] = cells.place()
    for column in ("id", "repeat"):
        stated.places[*loc, column] = cells.place(column)
    for name in ("title", "hint"):
        stated.note_texts((*loc, name), cells, name)


def _read_placed(stated: Stated, cells: Cells) -> None:
    sections, name = stated.checklist["sections"], cells.word("id", is_needed=True)
    if not sections:
        cells.refuse("kind", NO_SECTION_YET)
        return
    loc: Loc = ("checklist", "sections", len(sections) - 1, "indicators", len(sections[-1]["indicators"]))
    sections[-1]["indicators"].append(name)
    stated.places[loc] = cells.place("id")
    for key in ("must", "short"):
        if cells.is_yes(key):
            stated.places["checklist", key, len(stated.checklist[key])] = cells.place(key)
            stated.checklist[key].append(name)


# ---- the indicators --------------------------------------------------------------------------------------------------


def _read_indicator(stated: Stated, cells: Cells) -> None:
    name = cells.word("id", is_needed=True)
    loc: Loc = ("indicators", name)
    if name in stated.indicators:
        cells.refuse("id", ID_TWICE, id=name, row=stated.places[loc].row)
        return
    stated.places[loc] = cells.place()
    stated.indicators[name] = {
        "id": name,
        **{key: cells.texts(key) for key in ("text", "guidance")},
        "card": {key: cells.texts(key) for key in CARDS},
        **{key: cells.words(key) for key in ("applies_to", "sources", "standards")},
        "measures": cells.word("measures"),
        "answer": {"rating": cells.is_yes("rating"), "fields": [], "derived": []},
        "severity": _severity(cells),
        "when": _rule(cells),
        "thresholds": [],
        "phrases": {"finding": [], "recommendation": []},
        "review": cells.word("review") or None,
    }
    for column in ("id", "applies_to", "sources", "standards", "measures", "severity", "when", "review"):
        stated.places[*loc, column] = cells.place(column)
    stated.places[*loc, "answer", "rating"] = cells.place("rating")
    for key in ("text", "guidance", *CARDS):
        stated.note_texts((*loc, "card", key) if key in CARDS else (*loc, key), cells, key)


def _severity(cells: Cells) -> str | int | float | None:
    return "danger" if cells.row.cells.get("severity") == "danger" else cells.number("severity")


def _rule(cells: Cells) -> Any:
    said = cells.word("when")
    try:
        return json.loads(said) if said else None
    except ValueError:
        cells.refuse("when", NOT_A_RULE)
        return None


def _owner(stated: Stated, cells: Cells) -> dict[str, Any] | None:
    """The indicator that a row is about."""
    name = cells.word("indicator", is_needed=True)
    if name and name not in stated.indicators:
        cells.refuse("indicator", NO_SUCH_INDICATOR, id=name)
    return stated.indicators.get(name)


def _read_field(stated: Stated, cells: Cells) -> None:
    owner = _owner(stated, cells)
    if owner is None:
        return
    kind, of = cells.word("type"), cells.texts("of", is_needed=False)
    said: dict[str, Any] = {"key": cells.word("key", is_needed=True), "label": cells.texts("label")}
    unit, decimals = {"unit": cells.word("unit") or None}, _present("decimals", cells.number("decimals"))
    group = "derived" if kind == DERIVED else "fields"
    loc: Loc = ("indicators", owner["id"], "answer", group, len(owner["answer"][group]))
    if kind == DERIVED:
        said |= {**unit, **decimals, "numerator": cells.word("numerator"), "denominator": cells.word("denominator")}
    else:
        bounds = {"min": cells.number("min"), "max": cells.number("max")}
        said |= {"type": kind, "of": of, **unit, **bounds, **decimals, "options": []}
    owner["answer"][group].append(said)
    stated.places[loc] = cells.place()
    for column in ("key", "type", "unit", "min", "max", "decimals", "numerator", "denominator"):
        stated.places[*loc, column] = cells.place(column)
    for name in ("label", "of"):
        stated.note_texts((*loc, name), cells, name)


def _present(key: str, value: object) -> dict[str, object]:
    return {} if value is None else {key: value}


def _read_threshold(stated: Stated, cells: Cells) -> None:
    owner = _owner(stated, cells)
    if owner is None:
        return
    loc: Loc = ("indicators", owner["id"], "thresholds", len(owner["thresholds"]))
    words = {key: cells.word(key) for key in ("field", "level", "rule", "unit", "standard")}
    where = {key: cells.number(f"where_{key}") for key in ("at_least", "at_most")}
    narrowed: dict[str, Any] = {"field": cells.word("where_field"), **where}
    owner["thresholds"].append(
        {
            **words,
            "value": cells.number("value"),
            "note": cells.texts("note", is_needed=False),
            "where": narrowed if any(value not in (None, "") for value in narrowed.values()) else None,
            "applies_to": cells.words("applies_to"),
        }
    )
    stated.places[loc] = cells.place()
    for column in (*words, "value", "applies_to"):
        stated.places[*loc, column] = cells.place(column)
    for key in narrowed:
        stated.places[*loc, "where", key] = cells.place(f"where_{key}")
    stated.note_texts((*loc, "note"), cells, "note")


def _read_phrase(stated: Stated, cells: Cells) -> None:
    owner = _owner(stated, cells)
    if owner is None:
        return
    kind = cells.word("kind")
    if kind not in owner["phrases"]:
        cells.refuse("kind", NO_SUCH_KIND, value=kind, possible="finding, recommendation")
        return
    loc: Loc = ("indicators", owner["id"], "phrases", kind, len(owner["phrases"][kind]))
    owner["phrases"][kind].append(cells.texts("phrase"))
    stated.places[loc] = cells.place()
    stated.note_texts(loc, cells, "phrase")


# ---- options and settings --------------------------------------------------------------------------------------------


def _read_choice(stated: Stated, cells: Cells) -> None:
    """An option of a field; the program's own lists are not read."""
    list_name = cells.word("list_name", is_needed=True)
    if list_name in OWN_LISTS or not list_name:
        return
    name = list_name.partition("_")[0]
    fields = stated.indicators.get(name, {}).get("answer", {}).get("fields", [])
    for index, asked in enumerate(fields):
        if field_name(name, asked["key"]) == list_name:
            loc: Loc = ("indicators", name, "answer", "fields", index, "options", len(asked["options"]))
            asked["options"].append({"key": cells.word("name", is_needed=True), "label": cells.texts("label")})
            stated.places[loc] = cells.place()
            stated.places[*loc, "key"] = cells.place("name")
            stated.note_texts((*loc, "label"), cells, "label")
            return
    cells.refuse("list_name", NO_SUCH_LIST, id=list_name)


def _read_setting(stated: Stated, cells: Cells) -> None:
    version, form_id, own_id = cells.word("version", is_needed=True), cells.word("form_id"), stated.checklist.get("id")
    if version.isdecimal():
        stated.version = int(version)
    elif version:
        cells.refuse("version", NO_SUCH_KIND, value=version, possible="1, 2, 3")
    if own_id and form_id != own_id:
        cells.refuse("form_id", ANOTHER_ID, id=form_id, other=own_id)


# Options stand on fields, and those on indicators: the order matters.
_READERS: Final[dict[str, Callable[[Stated, Cells], None]]] = {
    WALK: _read_walk,
    INDICATORS: _read_indicator,
    FIELDS: _read_field,
    THRESHOLDS: _read_threshold,
    PHRASES: _read_phrase,
    "choices": _read_choice,
    "settings": _read_setting,
}
