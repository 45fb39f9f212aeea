"""When a question need not be asked. A rule is true, false, or not known yet; only a known false skips."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from app.domain.checklist import AllOf, AnswerIs, AnyOf, FieldAtLeast, FieldIs, Rule
from app.domain.journal import Json

Fields: TypeAlias = Mapping[str, Json]
Leaf: TypeAlias = AnswerIs | FieldAtLeast | FieldIs


def is_skipped(rule: Rule | None, answers: Mapping[str, Fields]) -> bool:
    """True when the rule is known to be false. `answers`: fields of indicators by id; an absent one is unknown."""
    return rule is not None and holds(rule, answers) is False


def holds(rule: Rule, answers: Mapping[str, Fields]) -> bool | None:
    """Whether the rule is true; None as long as an answer it waits for is missing or in conflict."""
    if isinstance(rule, AllOf):
        parts = [holds(part, answers) for part in rule.all]
        return False if False in parts else None if None in parts else True
    if isinstance(rule, AnyOf):
        parts = [holds(part, answers) for part in rule.any]
        return True if True in parts else None if None in parts else False
    value = answers.get(indicator_in(rule), {}).get(_name_in(rule))
    if isinstance(rule, FieldAtLeast):
        return value >= rule.at_least if isinstance(value, int | float) and not isinstance(value, bool) else None
    return value in rule.in_ if isinstance(value, str) and value else None


def leaves(rule: Rule, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Leaf]]:
    """The single conditions of a rule, each with where it stands in the file."""
    if isinstance(rule, AllOf | AnyOf):
        key, parts = ("all", rule.all) if isinstance(rule, AllOf) else ("any", rule.any)
        for index, part in enumerate(parts):
            yield from leaves(part, (*path, key, index))
    else:
        yield path, rule


def indicator_in(leaf: Leaf) -> str:
    """The indicator that a condition waits for: `P2` in `P2.girls`."""
    return leaf.answer if isinstance(leaf, AnswerIs) else leaf.field.partition(".")[0]


def field_in(leaf: FieldAtLeast | FieldIs) -> str:
    """The field that a condition waits for: `girls` in `P2.girls`."""
    return leaf.field.partition(".")[2]


def _name_in(leaf: Leaf) -> str:
    return "value" if isinstance(leaf, AnswerIs) else f"field.{field_in(leaf)}"
