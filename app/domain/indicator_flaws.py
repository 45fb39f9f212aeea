"""What can be wrong inside one indicator although every key has its type: fields, thresholds, skip rule. Pure."""

from collections.abc import Iterator
from typing import Final

from app.domain.checklist import (
    GROUPS,
    RATINGS,
    WIDER_GROUPS,
    WITHOUT_RATING,
    AllOf,
    AnswerField,
    AnswerIs,
    AnyOf,
    Derived,
    FieldAtLeast,
    FieldIs,
    Indicator,
    Rule,
    Threshold,
)
from app.domain.library import Flaw, Library, Path
from app.domain.skip_rules import Leaf, field_in, indicator_in, leaves

UNITS: Final = ("m2", "m", "C", "lux", "h", "min", "days", "km", "persons", "times", "items")
NUMBERS: Final = ("count", "measure")


def flaws_of(indicator: Indicator, library: Library) -> Iterator[Flaw]:
    """Every flaw of one indicator. The library is asked only for the indicators that its skip rule names."""
    for path, text in (
        *_group_flaws(indicator),
        *_answer_flaws(indicator),
        *_threshold_flaws(indicator),
        *_rule_flaws(indicator, library),
    ):
        yield Flaw("indicator", indicator.id, path, text)


def _group_flaws(indicator: Indicator) -> Iterator[tuple[Path, str]]:
    if not indicator.applies_to:
        yield ("applies_to",), "no group of institution types is named"
    for index, group in enumerate(indicator.applies_to):
        if group not in GROUPS and group not in WIDER_GROUPS:
            yield ("applies_to", index), f"there is no group `{group}`"


def _answer_flaws(indicator: Indicator) -> Iterator[tuple[Path, str]]:
    answer, seen = indicator.answer, set[str]()
    if not answer.rating and not answer.fields:
        yield ("answer", "fields"), "without a rating at least one field is needed"
    for index, asked in enumerate(answer.fields):
        at: Path = ("answer", "fields", index)
        if asked.key in seen:
            yield (*at, "key"), f"the field key `{asked.key}` is used twice"
        seen.add(asked.key)
        for path, text in _field_flaws(asked):
            yield (*at, *path), text
    for index, derived in enumerate(answer.derived):
        at = ("answer", "derived", index)
        if derived.key in seen:
            yield (*at, "key"), f"the key `{derived.key}` is used twice"
        seen.add(derived.key)
        for path, text in _derived_flaws(indicator, derived):
            yield (*at, *path), text


def _field_flaws(asked: AnswerField) -> Iterator[tuple[Path, str]]:
    if asked.type == "measure" and asked.unit is None:
        yield (), f"the measure `{asked.key}` has no unit"
    if asked.unit is not None and (asked.type not in NUMBERS or asked.unit not in UNITS):
        yield ("unit",), f"`{asked.unit}` is no unit for a field of type {asked.type}"
    if asked.type == "share" and asked.of is None:
        yield (), f"the share `{asked.key}` does not say of what: `of` is missing"
    if asked.type != "share" and asked.of is not None:
        yield ("of",), "only a share has `of`"
    if asked.type != "measure" and asked.decimals:
        yield ("decimals",), "only a measure has decimals"
    if asked.type not in NUMBERS and (asked.min is not None or asked.max is not None):
        yield ("min" if asked.min is not None else "max",), "only a count or a measure has bounds"
    if asked.min is not None and asked.max is not None and asked.min > asked.max:
        yield ("min",), f"`min` {asked.min:g} is above `max` {asked.max:g}"
    yield from _option_flaws(asked)


def _option_flaws(asked: AnswerField) -> Iterator[tuple[Path, str]]:
    if asked.type == "choice" and not asked.options:
        yield (), f"the choice `{asked.key}` has no options"
    if asked.type != "choice" and asked.options:
        yield ("options",), "only a choice has options"
    keys = [option.key for option in asked.options]
    for index, key in enumerate(keys):
        if key in keys[:index]:
            yield ("options", index, "key"), f"the option `{key}` is there twice"


def _derived_flaws(indicator: Indicator, derived: Derived) -> Iterator[tuple[Path, str]]:
    for key, named in (("numerator", derived.numerator), ("denominator", derived.denominator)):
        asked = indicator.field(named)
        if asked is None:
            yield (key,), f"`{derived.key}` is computed from `{named}`, which is no field here"
        elif asked.type not in NUMBERS:
            yield (key,), f"`{derived.key}` is computed from `{named}`, which is no number"
    if derived.unit not in UNITS:
        yield ("unit",), f"there is no unit `{derived.unit}`"


def _threshold_flaws(indicator: Indicator) -> Iterator[tuple[Path, str]]:
    derived = {one.key: one.unit for one in indicator.answer.derived}
    for index, threshold in enumerate(indicator.thresholds):
        at: Path = ("thresholds", index)
        asked = indicator.field(threshold.field)
        unit = derived.get(threshold.field, asked.unit if asked else None)
        if asked is None and threshold.field not in derived:
            yield (*at, "field"), f"there is no field or derived value `{threshold.field}`"
        elif asked is not None and asked.type not in NUMBERS:
            yield (*at, "field"), f"`{threshold.field}` is no number"
        elif threshold.unit != unit:
            yield (
                (*at, "unit"),
                f"the threshold is in `{threshold.unit}`, `{threshold.field}` is in `{unit or 'no unit'}`",
            )
        for further, text in _narrowing_flaws(indicator, threshold):
            yield (*at, *further), text


def _narrowing_flaws(indicator: Indicator, threshold: Threshold) -> Iterator[tuple[Path, str]]:
    """A threshold that is meant for nothing: for a field that is none, without a bound, or for no type of ours."""
    where = threshold.where
    if where is not None:
        asked = indicator.field(where.field)
        if asked is None or asked.type not in NUMBERS:
            yield ("where", "field"), f"there is no number `{where.field}` here"
        if where.at_least is None and where.at_most is None:
            yield ("where",), "name `at_least` or `at_most`"
    for index, group in enumerate(threshold.applies_to):
        if group not in {*GROUPS, *WIDER_GROUPS}:
            yield ("applies_to", index), f"there is no group `{group}`"


def _rule_flaws(indicator: Indicator, library: Library) -> Iterator[tuple[Path, str]]:
    if indicator.when is None:
        return
    yield from _empty_parts(indicator.when, ("when",))
    for path, leaf in leaves(indicator.when, ("when",)):
        name = indicator_in(leaf)
        key = "answer" if isinstance(leaf, AnswerIs) else "field"
        if name == indicator.id:
            yield (*path, key), "the rule waits for the answer to its own question"
        elif name in library.indicators:
            for further, text in _leaf_flaws(leaf, library.indicators[name]):
                yield (*path, *further), text
        elif not library.knows_indicator(name):
            yield (*path, key), f"the rule names the indicator `{name}`, which does not exist"


def _empty_parts(rule: Rule, path: Path) -> Iterator[tuple[Path, str]]:
    """`all` and `any` without a part, and an `all` that asks one answer to be two things."""
    if not isinstance(rule, AllOf | AnyOf):
        return
    key, parts = ("all", rule.all) if isinstance(rule, AllOf) else ("any", rule.any)
    if not parts:
        yield (*path, key), f"`{key}` is empty"
    wanted: dict[str, set[str]] = {}
    for index, part in enumerate(parts):
        yield from _empty_parts(part, (*path, key, index))
        if isinstance(rule, AllOf) and isinstance(part, AnswerIs | FieldIs):
            name = part.answer if isinstance(part, AnswerIs) else part.field
            wanted[name] = wanted.get(name, set(part.in_)) & set(part.in_)
            if part.in_ and not wanted[name]:
                yield (*path, key, index), f"the rule can never hold: `{name}` cannot be all of that at once"


def _leaf_flaws(leaf: Leaf, awaited: Indicator) -> Iterator[tuple[Path, str]]:
    if isinstance(leaf, AnswerIs):
        yield from _answer_is_flaws(leaf, awaited)
        return
    asked = awaited.field(field_in(leaf))
    if asked is None:
        yield ("field",), f"the rule names `{leaf.field}`, but `{awaited.id}` has no such field"
    elif isinstance(leaf, FieldAtLeast):
        if asked.type not in NUMBERS:
            yield ("field",), f"`at_least` needs a number, and `{leaf.field}` is none"
        elif asked.max is not None and leaf.at_least > asked.max:
            yield ("at_least",), f"the rule can never hold: `{leaf.field}` is at most {asked.max:g}"
    else:
        yield from _field_is_flaws(leaf, asked)


def _answer_is_flaws(leaf: AnswerIs, awaited: Indicator) -> Iterator[tuple[Path, str]]:
    if not leaf.in_:
        yield ("in",), "the rule can never hold: `in` is empty"
    possible = RATINGS if awaited.answer.rating else WITHOUT_RATING
    for index, value in enumerate(leaf.in_):
        if value not in RATINGS:
            yield ("in", index), f"`{value}` is none of the five answers"
        elif value not in possible:
            yield ("in", index), f"the rule can never hold: `{awaited.id}` has no answer `{value}`"


def _field_is_flaws(leaf: FieldIs, asked: AnswerField) -> Iterator[tuple[Path, str]]:
    if not leaf.in_:
        yield ("in",), "the rule can never hold: `in` is empty"
    options = {option.key for option in asked.options}
    if asked.type != "choice":
        yield ("field",), f"`in` needs a choice, and `{leaf.field}` is none"
        return
    for index, value in enumerate(leaf.in_):
        if value not in options:
            yield ("in", index), f"`{leaf.field}` has no option `{value}`"
