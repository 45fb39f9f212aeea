"""The difference of two compiled checklists, and what each change does to comparisons over time. Pure.

Nothing here speaks: a change says what changed, from what to what, and by which reason figures of before and after can
or cannot be put side by side; the web ring and the terminal find the words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final, Literal, TypeAlias

from app.domain.checklist import (
    LANGUAGES,
    Answer,
    AnswerField,
    CompiledChecklist,
    Derived,
    Indicator,
    InForce,
    Language,
    Rule,
    Section,
    Standard,
    Text,
    Threshold,
    Value,
)

Kind = Literal[
    "added", "dropped", "moved", "reworded", "answer", "threshold", "severity", "standards", "provision",
    "must", "short", "skip_rule", "section", "order", "about",
]  # fmt: skip
Effect = Literal["comparable", "with_care", "not_comparable"]
EFFECTS: Final[tuple[Effect, ...]] = ("comparable", "with_care", "not_comparable")  # from harmless to grave
Reason = Literal[
    "series_begins",  # there is nothing earlier to compare with
    "series_ends",  # nothing later will come
    "part_begins",  # a field or option is new: the rest goes on
    "part_ends",
    "counted_otherwise",  # once for each room or file instead of once, or the other way round
    "wording",  # people may understand the question otherwise
    "wording_beside",  # a text that no answer rests on
    "other_answers",  # what is answered is another thing: rating, type, unit, formula
    "bounds",  # numbers are possible that were refused before, or refused that were possible
    "precision",
    "breaches",  # the same number may keep the rule before and break it after
    "basis",  # another provision, or other words of it, behind the same question
    "danger_counts",
    "priorities",
    "who_is_asked",  # a skip rule: the places asked are others
    "left_out",  # must: fewer or more are left unanswered
    "short_visits",
    "other_places",  # the institution types that the checklist is for
    "no_effect",
]
Judged: TypeAlias = tuple[Effect, Reason]
Content: TypeAlias = (
    Text | Threshold | Rule | AnswerField | Derived | InForce | tuple[str, ...] | str | int | float | bool | None
)

CARE: Final[Judged] = ("with_care", "wording")
BESIDE: Final[Judged] = ("comparable", "wording_beside")
NO_EFFECT: Final[Judged] = ("comparable", "no_effect")
OTHER_ANSWERS: Final[Judged] = ("not_comparable", "other_answers")
CARD_TEXTS: Final = ("yes", "partly", "no", "not_applicable", "not_seen", "example", "counter_example")
FIELD_PROPERTIES: Final[Mapping[str, Judged]] = {
    "type": OTHER_ANSWERS,
    "unit": OTHER_ANSWERS,
    "min": ("with_care", "bounds"),
    "max": ("with_care", "bounds"),
    "decimals": ("with_care", "precision"),
}
DERIVED_PROPERTIES: Final[Mapping[str, Judged]] = {
    "unit": OTHER_ANSWERS,
    "numerator": OTHER_ANSWERS,
    "denominator": OTHER_ANSWERS,
    "decimals": NO_EFFECT,  # how it is shown, not what is typed
}
ABOUT_INDICATOR: Final[Mapping[str, Judged]] = {
    "id": NO_EFFECT,
    "sources": ("with_care", "wording"),
    "measures": NO_EFFECT,
    "applies_to": NO_EFFECT,
    "review": NO_EFFECT,
}
ABOUT_PROVISION: Final[Mapping[str, Judged]] = dict.fromkeys(
    ("id", "number", "year", "topic", "status", "source", "in_force"), ("comparable", "basis")
) | {"differs": ("comparable", "basis"), "review": NO_EFFECT}


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was.

    `subject`: id of an indicator, section or provision; "" for the checklist itself. `part`: which text or property of
    it, such as `text`, `card.yes`, `field.area.unit`. `old` None: it was not there; `new` None: it is there no more.
    """

    kind: Kind
    subject: str
    part: str
    old: Content
    new: Content
    effect: Effect
    reason: Reason

    @property
    def languages(self) -> tuple[Language, ...]:
        """For a reworded text, the languages in which it reads otherwise."""
        if not isinstance(self.old, Text) or not isinstance(self.new, Text):
            return ()
        return tuple(one for one in LANGUAGES if self.old.in_(one) != self.new.in_(one))


def differences(old: CompiledChecklist, new: CompiledChecklist) -> tuple[Change, ...]:
    """Every change from one compiled checklist to another, in the order of the walk; empty for equal ones.

    The version number alone is no change.
    """
    return (*_checklist_changes(old, new), *_section_changes(old, new), *_indicators(old, new), *_standards(old, new))


def worst(changes: Sequence[Change]) -> Effect:
    """The gravest effect among changes; `comparable` for none."""
    return max((one.effect for one in changes), key=EFFECTS.index, default="comparable")


def _checklist_changes(old: CompiledChecklist, new: CompiledChecklist) -> Iterator[Change]:
    was, now = old.checklist, new.checklist
    yield from _property("about", "", "id", was.id, now.id, NO_EFFECT)
    yield from _property("about", "", "types", was.types, now.types, ("with_care", "other_places"))
    yield from _text("", "title", was.title, now.title, BESIDE)
    for name in _either(was.must, now.must):
        yield from _property("must", name, "must", name in was.must, name in now.must, ("with_care", "left_out"))
    for name in _either(was.short, now.short):
        judged: Judged = ("with_care", "short_visits")
        yield from _property("short", name, "short", name in was.short, name in now.short, judged)


def _section_changes(old: CompiledChecklist, new: CompiledChecklist) -> Iterator[Change]:
    before = {one.id: one for one in old.checklist.sections}
    after = {one.id: one for one in new.checklist.sections}
    for section_id in _either(tuple(before), tuple(after)):
        was, now = before.get(section_id), after.get(section_id)
        if was is None or now is None:
            titles = (was.title if was else None, now.title if now else None)
            yield Change("section", section_id, "section", *titles, *NO_EFFECT)
            continue
        yield from _text(section_id, "title", was.title, now.title, BESIDE)
        yield from _text(section_id, "hint", was.hint, now.hint, BESIDE)
        counted: Judged = ("not_comparable", "counted_otherwise")
        yield from _property("section", section_id, "repeat", was.repeat, now.repeat, counted)
        yield from _order(section_id, was.indicators, now.indicators)
    yield from _order("", tuple(before), tuple(after))


def _order(subject: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Change]:
    """One change when those that stay come in another order."""
    was, now = tuple(one for one in old if one in new), tuple(one for one in new if one in old)
    yield from _property("order", subject, "order", was, now, NO_EFFECT)


# ---- indicators ------------------------------------------------------------------------------------------------------


def _indicators(old: CompiledChecklist, new: CompiledChecklist) -> Iterator[Change]:
    before, after = _sections_of(old), _sections_of(new)
    for name in _either(tuple(before), tuple(after)):
        if name not in before:
            yield Change("added", name, "", None, new.indicators[name].text, "not_comparable", "series_begins")
        elif name not in after:
            yield Change("dropped", name, "", old.indicators[name].text, None, "not_comparable", "series_ends")
        else:
            yield from _move(name, before[name], after[name])
            yield from _indicator_changes(old.indicators[name], new.indicators[name])


def _sections_of(checklist: CompiledChecklist) -> dict[str, Section]:
    return {indicator.id: section for section, indicator in checklist.in_order()}


def _move(name: str, was: Section, now: Section) -> Iterator[Change]:
    if was.id != now.id:
        judged: Judged = ("not_comparable", "counted_otherwise") if was.repeat != now.repeat else NO_EFFECT
        yield Change("moved", name, "section", was.title, now.title, *judged)


def _indicator_changes(was: Indicator, now: Indicator) -> Iterator[Change]:
    yield from _text(was.id, "text", was.text, now.text, CARE)
    yield from _text(was.id, "guidance", was.guidance, now.guidance, CARE)
    for name in CARD_TEXTS:
        yield from _text(was.id, f"card.{name}", getattr(was.card, name), getattr(now.card, name), CARE)
    for name in ("finding", "recommendation"):
        pairs = zip_longest(getattr(was.phrases, name), getattr(now.phrases, name))
        for number, (old, new) in enumerate(pairs, start=1):
            yield from _text(was.id, f"phrases.{name}.{number}", old, new, BESIDE)
    yield from _answer_changes(was.id, was.answer, now.answer)
    yield from _threshold_changes(was, now)
    if was.severity != now.severity:
        judged: Judged = ("with_care", "priorities")
        if was.is_danger != now.is_danger:
            judged = ("not_comparable", "danger_counts")
        yield Change("severity", was.id, "severity", was.severity, now.severity, *judged)
    yield from _property("standards", was.id, "standards", was.standards, now.standards, ("comparable", "basis"))
    yield from _property("skip_rule", was.id, "when", was.when, now.when, ("with_care", "who_is_asked"))
    yield from _properties("about", was.id, "", was, now, ABOUT_INDICATOR)


def _answer_changes(subject: str, was: Answer, now: Answer) -> Iterator[Change]:
    yield from _property("answer", subject, "rating", was.rating, now.rating, OTHER_ANSWERS)
    fields, fields_now = {one.key: one for one in was.fields}, {one.key: one for one in now.fields}
    for key in _either(tuple(fields), tuple(fields_now)):
        yield from _field_changes(subject, f"field.{key}", fields.get(key), fields_now.get(key))
    derived, derived_now = {one.key: one for one in was.derived}, {one.key: one for one in now.derived}
    for key in _either(tuple(derived), tuple(derived_now)):
        yield from _derived_changes(subject, f"derived.{key}", derived.get(key), derived_now.get(key))
    yield from _order(subject, tuple(fields), tuple(fields_now))


def _field_changes(subject: str, part: str, was: AnswerField | None, now: AnswerField | None) -> Iterator[Change]:
    if was is None or now is None:
        yield _part(subject, part, was.label if was else None, now.label if now else None)
        return
    yield from _text(subject, f"{part}.label", was.label, now.label, CARE)
    yield from _properties("answer", subject, f"{part}.", was, now, FIELD_PROPERTIES)
    if was.of is None or now.of is None:
        yield from _property("answer", subject, f"{part}.of", was.of, now.of, OTHER_ANSWERS)
    else:
        yield from _text(subject, f"{part}.of", was.of, now.of, CARE)
    options, options_now = {o.key: o.label for o in was.options}, {o.key: o.label for o in now.options}
    for key in _either(tuple(options), tuple(options_now)):
        before, after = options.get(key), options_now.get(key)
        if before is None or after is None:
            # What could not be chosen before was answered as something else; what is gone cannot be found again.
            judged: Judged = ("with_care", "part_begins") if before is None else ("not_comparable", "part_ends")
            yield Change("answer", subject, f"{part}.option.{key}", before, after, *judged)
        else:
            yield from _text(subject, f"{part}.option.{key}", before, after, CARE)


def _derived_changes(subject: str, part: str, was: Derived | None, now: Derived | None) -> Iterator[Change]:
    if was is None or now is None:
        yield _part(subject, part, was.label if was else None, now.label if now else None)
        return
    yield from _text(subject, f"{part}.label", was.label, now.label, BESIDE)
    yield from _properties("answer", subject, f"{part}.", was, now, DERIVED_PROPERTIES)


def _part(subject: str, part: str, old: Content, new: Content) -> Change:
    """A field or a computed value that came or went; the rest of the answer goes on."""
    if old is None:
        return Change("answer", subject, part, None, new, "comparable", "part_begins")
    return Change("answer", subject, part, old, None, "not_comparable", "part_ends")


def _threshold_changes(was: Indicator, now: Indicator) -> Iterator[Change]:
    """Thresholds have no id: those of one field, level and direction belong together, in the order of the file."""
    old = [one for one in was.thresholds if one not in now.thresholds]
    new = [one for one in now.thresholds if one not in was.thresholds]
    for before in old:
        after = next((one for one in new if _slot(one) == _slot(before)), None)
        if after is not None:
            new.remove(after)
        yield Change("threshold", was.id, before.field, before, after, *_judged_threshold(before, after))
    for added in new:
        yield Change("threshold", was.id, added.field, None, added, "not_comparable", "breaches")


def _slot(one: Threshold) -> tuple[str, str, str]:
    return one.field, one.level, one.rule


def _judged_threshold(old: Threshold, new: Threshold | None) -> Judged:
    if new is not None and all(getattr(old, name) == getattr(new, name) for name in ("value", "unit", "where")):
        return ("comparable", "basis")
    return ("not_comparable", "breaches")


# ---- the texts of the standards --------------------------------------------------------------------------------------


def _standards(old: CompiledChecklist, new: CompiledChecklist) -> Iterator[Change]:
    for name in sorted(old.standards.keys() | new.standards.keys()):
        was, now = old.standards.get(name), new.standards.get(name)
        if was is None or now is None:
            texts = (was.provision.text if was else None, now.provision.text if now else None)
            yield Change("provision", name, "provision", *texts, "comparable", "basis")
        else:
            yield from _provision_changes(name, was, now)


def _provision_changes(name: str, was: Standard, now: Standard) -> Iterator[Change]:
    yield from _text(name, "provision.text", was.provision.text, now.provision.text, ("comparable", "basis"))
    yield from _properties("provision", name, "provision.", was.provision, now.provision, ABOUT_PROVISION)
    for part in ("short", "name"):
        texts = (getattr(was.instrument, part), getattr(now.instrument, part))
        yield from _text(name, f"instrument.{part}", *texts, BESIDE)
    about: Mapping[str, Judged] = {"id": NO_EFFECT, "level": ("with_care", "basis")}
    yield from _properties("provision", name, "instrument.", was.instrument, now.instrument, about)


# ---- the common moves ------------------------------------------------------------------------------------------------


def _either(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    """Both, each once: in the new order, then what is gone in its old order."""
    return tuple(dict.fromkeys((*new, *old)))


def _text(subject: str, part: str, old: Text | None, new: Text | None, judged: Judged) -> Iterator[Change]:
    yield from _property("reworded", subject, part, old, new, judged)


def _properties(
    kind: Kind, subject: str, prefix: str, was: Value, now: Value, judged: Mapping[str, Judged]
) -> Iterator[Change]:
    for name, judgement in judged.items():
        yield from _property(kind, subject, prefix + name, getattr(was, name), getattr(now, name), judgement)


def _property(kind: Kind, subject: str, part: str, old: Content, new: Content, judged: Judged) -> Iterator[Change]:
    if old != new:
        yield Change(kind, subject, part, old, new, *judged)
