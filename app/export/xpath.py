"""Skip rules as XLSForm's `relevant` and back, bounds as its `constraint` and back.

A rule skips only when it is known to be false. So `relevant` says "not known to be false": each condition also holds while
its answer is empty. That passes through `and` and `or` unchanged: all parts hold or are unknown, any part holds or is unknown.
"""

import re
from decimal import Decimal
from typing import Final

from app.domain.checklist import AllOf, AnswerIs, AnyOf, FieldAtLeast, FieldIs, Rule
from app.domain.skip_rules import field_in, indicator_in
from app.export.workbook import bare

_TOKEN: Final = re.compile(
    r"\s*(\$\{[A-Za-z0-9_]+\}|'[^']*'|\"[^\"]*\"|-?[0-9]+(?:\.[0-9]+)?|>=|<=|=|\(|\)|and\b|or\b)"
)
_BOUND: Final = re.compile(r"\.\s*(>=|<=)\s*(-?[0-9]+(?:\.[0-9]+)?)$")


class NotOurs(ValueError):
    """An expression that says more, or other things, than a skip rule or bounds can."""


def value_name(indicator_id: str) -> str:
    """The name in the form of the five answers to an indicator."""
    return f"{indicator_id}__value"


def field_name(indicator_id: str, key: str) -> str:
    """The name in the form of a field."""
    return f"{indicator_id}_{key}"


def relevant(rule: Rule) -> str:
    """The expression under which an indicator is asked: exactly when `is_skipped` is not true. Raises NotOurs for a
    key with both kinds of quotation marks, which XPath cannot say."""
    if isinstance(rule, AllOf | AnyOf):
        word, parts = (" and ", rule.all) if isinstance(rule, AllOf) else (" or ", rule.any)
        return word.join(f"({relevant(part)})" for part in parts)
    node = f"${{{_node(rule)}}}"
    if isinstance(rule, FieldAtLeast):
        return f"{node} = '' or {node} >= {_plain(rule.at_least)}"
    return " or ".join([f"{node} = ''", *(f"{node} = {quoted(value)}" for value in rule.in_)])


def rule_in(expression: str, names: dict[str, str]) -> Rule:
    """The rule that `relevant` would write as this. `names`: what each name of the form is called in rules, such as
    `P2_girls` -> `P2.girls` and `F4__value` -> `F4`. Raises NotOurs for anything else."""
    return _Reader(expression, names).whole()


def bounds(least: float | None, most: float | None) -> str:
    """The constraint of a number."""
    ends = ((">=", least), ("<=", most))
    return " and ".join(f". {sign} {_plain(end)}" for sign, end in ends if end is not None)


def bounds_in(constraint: str) -> tuple[float | None, float | None]:
    """The least and the most that a constraint of ours allows. Raises NotOurs for anything else."""
    ends: dict[str, float] = {}
    for part in re.split(r"\s+and\s+", constraint.strip()) if constraint.strip() else ():
        found = _BOUND.fullmatch(part.strip())
        if found is None or found.group(1) in ends:
            raise NotOurs(constraint)
        ends[found.group(1)] = bare(float(found.group(2)))
    return ends.get(">="), ends.get("<=")


def quoted(value: str) -> str:
    """A text in an expression. XPath has no escapes. Raises NotOurs when it holds both kinds of quotation marks."""
    mark = '"' if "'" in value else "'"
    if mark in value:
        raise NotOurs(value)
    return f"{mark}{value}{mark}"


def _plain(number: float) -> str:
    return format(Decimal(str(bare(number))), "f")


def _node(leaf: AnswerIs | FieldAtLeast | FieldIs) -> str:
    name = indicator_in(leaf)
    return value_name(name) if isinstance(leaf, AnswerIs) else field_name(name, field_in(leaf))


class _Reader:
    """One expression, token by token. `and` binds closer than `or`, as in XPath."""

    def __init__(self, expression: str, names: dict[str, str]) -> None:
        self.tokens, self.names, self.at, self.expression = _tokens(expression), names, 0, expression

    def whole(self) -> Rule:
        rule = self._either()
        if self.at < len(self.tokens):
            raise NotOurs(self.expression)
        return rule

    def _next(self, *wanted: str) -> str:
        """The next token if it is one of `wanted` (any if none is named), else an empty text."""
        if self.at == len(self.tokens) or (wanted and self.tokens[self.at] not in wanted):
            return ""
        self.at += 1
        return self.tokens[self.at - 1]

    def _either(self) -> Rule:
        leaf = self._leaf()
        if leaf is not None:
            return leaf
        parts = [self._both()]
        while self._next("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else AnyOf(any=tuple(parts))

    def _both(self) -> Rule:
        parts = [self._group()]
        while self._next("and"):
            parts.append(self._group())
        return parts[0] if len(parts) == 1 else AllOf(all=tuple(parts))

    def _group(self) -> Rule:
        if not self._next("("):
            raise NotOurs(self.expression)
        rule = self._either()
        if not self._next(")"):
            raise NotOurs(self.expression)
        return rule

    def _leaf(self) -> Rule | None:
        """`${x} = '' or ${x} >= 1` or `${x} = '' or ${x} = 'a' or ...`: the empty answer always comes first."""
        if self.at == len(self.tokens) or not self.tokens[self.at].startswith("$"):
            return None
        node = self._next()
        name = self.names.get(node[2:-1])
        if name is None or not self._next("=") or not self._next("''", '""') or not self._next("or"):
            raise NotOurs(self.expression)
        values: list[str] = []
        while True:
            if self._next() != node:
                raise NotOurs(self.expression)
            if not values and self._next(">="):
                return FieldAtLeast(field=name, at_least=self._number())
            values.append(self._text())
            if not self._next("or"):
                said = {"field" if "." in name else "answer": name, "in": values}
                return FieldIs.model_validate(said) if "." in name else AnswerIs.model_validate(said)

    def _number(self) -> float:
        try:
            return float(self._next())
        except ValueError:
            raise NotOurs(self.expression) from None

    def _text(self) -> str:
        text = self._next() if self._next("=") else ""
        if text[:1] not in ("'", '"') or len(text) < 3:
            raise NotOurs(self.expression)
        return text[1:-1]


def _tokens(expression: str) -> list[str]:
    tokens, at = [], 0
    text = expression.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise NotOurs(expression)
        tokens.append(found.group(1))
        at = found.end()
    return tokens
