"""What differs between an edited workbook and the library, one change a line. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Final, TypeAlias

from app.domain.checklist import LANGUAGES, Checklist, Indicator
from app.domain.problem import N_

Json: TypeAlias = Any  # values of model_dump: maps, lists, texts, numbers

ADDED: Final = N_("added to section “%(section)s”: %(text)s")
REMOVED: Final = N_("removed from section “%(section)s”: %(text)s")
MOVED: Final = N_("moved within section “%(section)s”")
MOVED_TO: Final = N_("moved from section “%(old)s” to section “%(new)s”")
SECTION_ADDED: Final = N_("section added: %(text)s")
SECTION_REMOVED: Final = N_("section removed: %(text)s")
SECTION_MOVED: Final = N_("section moved")
NEW: Final = N_("new indicator: %(text)s")
NOW_MUST: Final = N_("is now required")
NOT_MUST: Final = N_("is no longer required")
NOW_SHORT: Final = N_("is now in the short variant")
NOT_SHORT: Final = N_("is no longer in the short variant")
REWORDED: Final = N_("%(key)s reworded (%(language)s): “%(old)s” → “%(new)s”")
CHANGED: Final = N_("%(key)s changed: %(old)s → %(new)s")
GAINED: Final = N_("%(key)s added: %(new)s")
LOST: Final = N_("%(key)s removed: %(old)s")
REORDERED: Final = N_("%(key)s in another order: %(old)s → %(new)s")


@dataclass(frozen=True)
class Change:
    """One difference. `where`: an indicator, a section, or the checklist; `sentence` is a message id for `params`."""

    where: str
    sentence: str
    params: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence % self.params}"


def changes_between(
    old: Checklist | None,
    new: Checklist,
    before: Mapping[str, Indicator],
    after: Mapping[str, Indicator],
    language: str = "en",
) -> list[Change]:
    """Every difference, the checklist first, then the indicators that `new` asks in order of the walk.

    `before` and `after` are all indicators, by id; `language` is that in which added and removed texts are quoted. The
    version is no difference.
    """
    old = old or new.model_copy(update={"sections": (), "must": (), "short": ()})
    found = [*_values(language, new.id, (), _head(old), _head(new))]
    found += _section_changes(language, old, new)
    found += _walk_changes(language, old, new, before, after)
    for key, gained, lost in (("must", NOW_MUST, NOT_MUST), ("short", NOW_SHORT, NOT_SHORT)):
        was, now = getattr(old, key), getattr(new, key)
        placed = {name for section in new.sections for name in section.indicators}
        found += [Change(name, gained) for name in now if name not in was]
        found += [Change(name, lost) for name in was if name not in now and name in placed]
    for section in new.sections:
        for name in section.indicators:
            if name not in before:
                found.append(Change(name, NEW, {"text": after[name].text.in_(language)}))
            elif before[name] != after[name]:
                found += _values(language, name, (), _plain(before[name]), _plain(after[name]))
    return found


def _head(checklist: Checklist) -> Json:
    return {"title": checklist.title.model_dump(), "types": list(checklist.types)}


def _plain(indicator: Indicator) -> Json:
    return indicator.model_dump(mode="json", by_alias=True)


# ---- the walk --------------------------------------------------------------------------------------------------------


def _section_changes(language: str, old: Checklist, new: Checklist) -> Iterator[Change]:
    was, now = {one.id: one for one in old.sections}, {one.id: one for one in new.sections}
    for name in was.keys() - now.keys():
        yield Change(name, SECTION_REMOVED, {"text": was[name].title.in_(language)})
    for name in _moved([one for one in was if one in now], [one for one in now if one in was]):
        yield Change(name, SECTION_MOVED)
    for name, section in now.items():
        if name not in was:
            yield Change(name, SECTION_ADDED, {"text": section.title.in_(language)})
        else:
            old_values, new_values = (one.model_dump(exclude={"indicators", "id"}) for one in (was[name], section))
            yield from _values(language, name, (), old_values, new_values)


def _walk_changes(
    language: str, old: Checklist, new: Checklist, before: Mapping[str, Indicator], after: Mapping[str, Indicator]
) -> Iterator[Change]:
    was = {name: section.id for section in old.sections for name in section.indicators}
    now = {name: section.id for section in new.sections for name in section.indicators}
    for name in was:
        if name not in now:
            yield Change(name, REMOVED, {"section": was[name], "text": before[name].text.in_(language)})
    for name in now:
        if name not in was:
            yield Change(name, ADDED, {"section": now[name], "text": after[name].text.in_(language)})
        elif was[name] != now[name]:
            yield Change(name, MOVED_TO, {"old": was[name], "new": now[name]})
    for section in new.sections:
        stayed = [name for name in section.indicators if was.get(name) == section.id]
        in_old_order = [name for name in was if name in stayed]
        for name in _moved(in_old_order, stayed):
            yield Change(name, MOVED, {"section": section.id})


def _moved(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """The fewest items, as difflib sees them, that changed places between two orders of the same items."""
    kept: set[str] = set()
    for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        kept |= set(old[block.a : block.a + block.size])
    return [name for name in new if name not in kept]


# ---- values ----------------------------------------------------------------------------------------------------------


def _values(language: str, where: str, path: tuple[str, ...], old: Json, new: Json) -> Iterator[Change]:
    """The differences of two values of the same key."""
    if _equal(old, new):
        return
    key = ".".join(path)
    if _is_text(old) and _is_text(new):
        for language in LANGUAGES:
            if old[language] != new[language]:
                said = {"key": key, "language": language, "old": old[language], "new": new[language]}
                yield Change(where, REWORDED, said)
    elif isinstance(old, dict) and isinstance(new, dict) and path[-1:] != ("when",):
        for part in dict.fromkeys([*old, *new]):
            yield from _values(language, where, (*path, part), old.get(part), new.get(part))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(language, where, path, old, new)
    elif old in (None, "", []):
        yield Change(where, GAINED, {"key": key, "new": _said(language, new)})
    elif new in (None, "", []):
        yield Change(where, LOST, {"key": key, "old": _said(language, old)})
    else:
        yield Change(where, CHANGED, {"key": key, "old": _said(language, old), "new": _said(language, new)})


def _equal(old: Json, new: Json) -> bool:
    """0 and 0.0 are the same number, and true is no number."""
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)


def _lists(language: str, where: str, path: tuple[str, ...], old: list[Json], new: list[Json]) -> Iterator[Change]:
    if any(_is_text(item) for item in [*old, *new]):
        yield from _phrases(language, where, path, old, new)
        return
    key = ".".join(path)
    was, now = _by_key(old), _by_key(new)
    for name, item in was.items():
        if name not in now:
            yield Change(where, LOST, {"key": key, "old": _said(language, item)})
    for name, item in now.items():
        if name not in was:
            yield Change(where, GAINED, {"key": key, "new": _said(language, item)})
        else:
            yield from _values(language, where, (*path, name), was[name], item)
    kept_old, kept_new = [name for name in was if name in now], [name for name in now if name in was]
    if kept_old != kept_new:
        yield Change(where, REORDERED, {"key": key, "old": " ".join(kept_old), "new": " ".join(kept_new)})


def _phrases(language: str, where: str, path: tuple[str, ...], old: list[Json], new: list[Json]) -> Iterator[Change]:
    """Texts without a key: those that stand in place of others are reworded."""
    key, said = ".".join(path), [[tuple(item.values()) for item in items] for items in (old, new)]
    for tag, a, a_end, b, b_end in SequenceMatcher(None, said[0], said[1], autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        pairs = min(a_end - a, b_end - b)
        for step in range(pairs):
            yield from _values(language, where, (*path, str(b + step + 1)), old[a + step], new[b + step])
        for item in old[a + pairs : a_end]:
            yield Change(where, LOST, {"key": key, "old": _said(language, item)})
        for item in new[b + pairs : b_end]:
            yield Change(where, GAINED, {"key": key, "new": _said(language, item)})


def _by_key(items: list[Json]) -> dict[str, Json]:
    """The items by what names them: a field by its key, a threshold by what it is held against, a code by itself."""
    found: dict[str, Json] = {}
    for item in items:
        name = _name_of(item)
        while name in found:
            name += "'"
        found[name] = item
    return found


def _name_of(item: Json) -> str:
    if not isinstance(item, dict):
        return str(item)
    if "key" in item:
        return str(item["key"])
    where = item.get("where") or {}
    parts = [item.get("field"), item.get("level"), item.get("rule"), where.get("field"), *item.get("applies_to", ())]
    return " ".join(str(part) for part in parts if part)


def _is_text(value: Json) -> bool:
    return isinstance(value, dict) and value.keys() == set(LANGUAGES)


def _said(language: str, value: Json) -> str:
    """A value in one line: a text in one language, a map by its parts, a number the way people write it."""
    if _is_text(value):
        return str(value[language])
    if isinstance(value, dict):
        return ", ".join(
            f"{key} {_said(language, part)}" for key, part in value.items() if part not in (None, "", [], ())
        )
    if isinstance(value, list | tuple):
        parts = [(part, _said(language, part)) for part in value]
        return " ".join(f"({said})" if isinstance(part, dict) and not _is_text(part) else said for part, said in parts)
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return "—" if value is None else str(value)
