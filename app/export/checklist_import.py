"""A workbook held against the library: what it would change, or everything that is wrong with it. Pure; writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import ValidationError

from app.domain.checklist import Checklist, Indicator
from app.domain.indicator_flaws import flaws_of
from app.domain.library import Library, checklist_name, flaws_between, text_flaws
from app.domain.problem import N_
from app.domain.value_faults import faults_in
from app.domain.workbook_changes import Change, changes_between
from app.export.checklist_reading import NO_SUCH_INDICATOR, Stated, stated_in
from app.export.survey_edits import COMPUTED, OURS, take_survey
from app.export.workbook import Place, Remark, Workbook
from app.export.xlsform import OWN_LISTS, Line, Words, form_sheets, survey
from app.export.xpath import NotOurs

AS_IT_IS: Final = "%(text)s"  # a sentence of `checklists check`, which speaks English
NOT_PLACED: Final = N_("“%(id)s” stands in no section, so its row is not read.")
OLDER: Final = N_(
    "The workbook is of version %(old)d, the library has version %(new)d. Both kinds of change are shown."
)


@dataclass(frozen=True)
class Proposal:
    """What an import would take. With faults it has no checklist.

    `checklist` carries the next free version. `added` and `changed`: indicators that the library does not have, or has
    with other words. `shared`: for each changed one, the checklists of the library that ask it too.
    """

    checklist: Checklist | None = None
    added: tuple[Indicator, ...] = ()
    changed: tuple[Indicator, ...] = ()
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    faults: tuple[Remark, ...] = ()
    notices: tuple[Remark, ...] = ()


def judged(workbook: Workbook, library: Library, words: Words, language: str = "en") -> Proposal:
    """The proposal of a workbook, held against the newest version of its checklist in the library.

    All faults are found at once; `language` is that in which texts are quoted.
    Raises CannotExport for a checklist that could not have been exported.
    """
    stated = stated_in(workbook)
    _leave_out_unplaced(stated)
    _take_form(stated, workbook, library, words)
    read = _read_values(stated, library)
    if read is not None and not stated.faults:
        checklist, indicators = read
        newest = library.latest(checklist.id)
        checklist = _numbered(checklist, newest)
        _add_flaws(stated, library, checklist, indicators)
        if not stated.faults:
            return _proposal(stated, library, newest, checklist, indicators, language)
    return Proposal(faults=_once(stated.faults), notices=_once(stated.notices))


def _proposal(
    stated: Stated,
    library: Library,
    newest: Checklist | None,
    checklist: Checklist,
    indicators: dict[str, Indicator],
    language: str,
) -> Proposal:
    if newest is not None and 0 < stated.version < newest.version:
        stated.notices.append(Remark(Place("settings", 2, "version"), OLDER, _versions(stated, newest)))
    changed = [
        one for name, one in indicators.items() if name in library.indicators and library.indicators[name] != one
    ]
    return Proposal(
        checklist=checklist,
        added=tuple(one for name, one in indicators.items() if name not in library.indicators),
        changed=tuple(changed),
        shared={one.id: _askers(library, one.id, checklist.id) for one in changed},
        changes=tuple(
            changes_between(newest, checklist, library.indicators, {**library.indicators, **indicators}, language)
        ),
        notices=_once(stated.notices),
    )


def _versions(stated: Stated, newest: Checklist) -> dict[str, str | int]:
    return {"old": stated.version, "new": newest.version}


def _askers(library: Library, indicator_id: str, but: str) -> tuple[str, ...]:
    """The other checklists that ask an indicator."""
    asking = {one.id for one in library.checklists.values() for part in one.sections if indicator_id in part.indicators}
    return tuple(sorted(asking - {but}))


def _once(remarks: list[Remark]) -> tuple[Remark, ...]:
    """One remark for a place, the first: the others follow from it. In order of sheet and row."""
    first: dict[Place, Remark] = {}
    for remark in remarks:
        first.setdefault(remark.place, remark)
    return tuple(first[place] for place in sorted(first))


# ---- reading ---------------------------------------------------------------------------------------------------------


def _leave_out_unplaced(stated: Stated) -> None:
    """Rows of indicators that no section names any more: what was taken out of the walk is not read."""
    sections = stated.checklist.get("sections", [])
    if not sections:
        return
    placed = {name for section in sections for name in section["indicators"]}
    for name in [name for name in stated.indicators if name not in placed]:
        stated.notices.append(Remark(stated.place_of(("indicators", name)), NOT_PLACED, {"id": name}))
        del stated.indicators[name]


def _take_form(stated: Stated, workbook: Workbook, library: Library, words: Words) -> None:
    """What was changed in survey, choices and settings since the export, taken over into `stated`."""
    exported = library.checklists.get((str(stated.checklist.get("id")), stated.version))
    exported = exported or library.latest(str(stated.checklist.get("id")))
    read = _read_values(replace(stated, faults=[]), library)
    now = _survey(*read, library, words) if read else None
    base = list(survey(exported, library.indicators, words)) if exported else now
    form = workbook.sheet("survey")
    if form is not None and base is not None:
        known = {*library.indicators, *stated.indicators}
        take_survey(stated, form, base, None if stated.faults else now, known)
        _drop_unwalked(stated)
    if exported is not None:
        _compare_own_words(stated, workbook, exported, words)


def _survey(
    checklist: Checklist, indicators: dict[str, Indicator], library: Library, words: Words
) -> list[Line] | None:
    everything = {**library.indicators, **indicators}
    if any(name not in everything for section in checklist.sections for name in section.indicators):
        return None
    try:
        return list(survey(checklist, everything, words))
    except (NotOurs, KeyError):  # a unit or type that does not exist: said once the values are checked
        return None


def _drop_unwalked(stated: Stated) -> None:
    """Indicators whose rows were deleted in the survey; what our own sheets still say of them is not needed."""
    placed = {name for section in stated.checklist.get("sections", ()) for name in section["indicators"]}
    for name in [name for name in stated.indicators if placed and name not in placed]:
        del stated.indicators[name]


def _compare_own_words(stated: Stated, workbook: Workbook, exported: Checklist, words: Words) -> None:
    """The program's lists in choices are not taken; the title in settings stands in our own sheet."""
    own = {row.cells["name"]: row.cells for row in _own_choices(exported, words)}
    choices, settings = workbook.sheet("choices"), workbook.sheet("settings")
    for row in choices.rows if choices else ():
        if row.cells.get("list_name") in OWN_LISTS and own.get(row.cells.get("name")) is None:
            stated.notices.append(Remark(Place("choices", row.number), OURS))
    titles = (exported.title.kk, (stated.checklist.get("title") or {}).get("kk"))
    for row in settings.rows if settings else ():
        if row.cells.get("form_title") not in titles:
            stated.faults.append(Remark(Place("settings", row.number, "form_title"), COMPUTED))


def _own_choices(exported: Checklist, words: Words) -> tuple[Any, ...]:
    empty = exported.model_copy(update={"sections": ()})
    sheet = form_sheets(empty, {}, words).sheet("choices")
    return sheet.rows if sheet else ()


def _read_values(stated: Stated, library: Library) -> tuple[Checklist, dict[str, Indicator]] | None:
    """The values, with faults for what cannot be one; None when there is a fault."""
    checklist = _value(stated, Checklist, ("checklist",), {**stated.checklist, "version": max(stated.version, 1)})
    indicators = {
        name: value
        for name, raw in stated.indicators.items()
        if (value := _value(stated, Indicator, ("indicators", name), raw)) is not None
    }
    for index, section in enumerate(stated.checklist.get("sections", ())):
        for at, name in enumerate(section["indicators"]):
            if name not in stated.indicators and name not in library.indicators:
                place = stated.place_of(("checklist", "sections", index, "indicators", at))
                stated.faults.append(Remark(place, NO_SUCH_INDICATOR, {"id": name}))
    if checklist is None or len(indicators) < len(stated.indicators):
        return None
    return checklist, indicators


def _value(stated: Stated, model: type[Any], start: tuple[str, ...], raw: Mapping[str, Any]) -> Any:
    try:
        return model.model_validate(_without_empty(raw))
    except ValidationError as error:
        if stated.checklist or start != ("checklist",):
            for loc, text in faults_in(error):
                stated.faults.append(Remark(stated.place_of((*start, *loc)), AS_IT_IS, {"text": text}))
        return None


def _without_empty(value: Any) -> Any:
    """Without the keys that say nothing, which a file would not have at all."""
    if isinstance(value, dict):
        return {key: _without_empty(part) for key, part in value.items() if part is not None}
    return [_without_empty(part) for part in value] if isinstance(value, list) else value


def _numbered(checklist: Checklist, newest: Checklist | None) -> Checklist:
    """The next free version; `must` and `short` in the order they had, so that a round trip changes nothing."""
    if newest is None:
        return checklist.model_copy(update={"version": 1})
    kept = {
        key: tuple(sorted(getattr(checklist, key), key=_order_of(getattr(newest, key)))) for key in ("must", "short")
    }
    return checklist.model_copy(update={**kept, "version": newest.version + 1})


def _order_of(names: tuple[str, ...]) -> Any:
    return lambda name: names.index(name) if name in names else len(names)


# ---- the rules of the library ----------------------------------------------------------------------------------------


def _add_flaws(stated: Stated, library: Library, checklist: Checklist, indicators: dict[str, Indicator]) -> None:
    """What the library's own check would say of the files to come; only what these files bring with them."""
    checklists = {**library.checklists, (checklist.id, checklist.version): checklist}
    whole = replace(library, indicators={**library.indicators, **indicators}, checklists=checklists)
    name = checklist_name(checklist.id, checklist.version)
    flaws = [*text_flaws("checklist", name, checklist), *flaws_between(whole)]
    for one in indicators.values():
        flaws += [*text_flaws("indicator", one.id, one), *flaws_of(one, whole)]
    for flaw in flaws:
        start = {"checklist": ("checklist",), "indicator": ("indicators", flaw.name)}.get(flaw.kind)
        if start is not None and (flaw.name == name or flaw.name in indicators):
            stated.faults.append(Remark(stated.place_of((*start, *flaw.path)), AS_IT_IS, {"text": flaw.text}))
