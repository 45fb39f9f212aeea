"""A skip rule in the form asks exactly when Baqylau asks: whatever is not known to be false."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.domain.checklist import Rule
from app.domain.journal import Json
from app.domain.skip_rules import is_skipped
from app.export.xpath import NotOurs, bounds, bounds_in, relevant, rule_in

RULE: TypeAdapter[Rule] = TypeAdapter(Rule)
NAMES = {"P2_girls": "P2.girls", "F1_often": "F1.often", "F4__value": "F4"}


class Node:
    """An answer as XPath compares it: the empty answer equals '' only, and is neither more nor less than a number."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return self.value == other

    def __ge__(self, number: float) -> bool:
        return self.value != "" and float(self.value) >= number

    __hash__ = None  # type: ignore[assignment]


def is_asked(expression: str, answers: dict[str, str]) -> bool:
    """The expression's value, for the few signs of XPath that Python writes otherwise."""
    said = re.sub(r"\$\{(\w+)\}", r"node('\1')", expression).replace(" = ", " == ")
    return bool(eval(said, {"node": lambda name: Node(answers.get(name, ""))}))  # noqa: S307


leaves = st.one_of(
    st.lists(st.sampled_from(["yes", "partly", "no"]), min_size=1, unique=True).map(
        lambda values: {"answer": "F4", "in": values}
    ),
    st.sampled_from([0, 1, 2.5, 10]).map(lambda least: {"field": "P2.girls", "at_least": least}),
    st.lists(st.sampled_from(["some", "o'clock"]), min_size=1, unique=True).map(
        lambda values: {"field": "F1.often", "in": values}
    ),
)
rules = st.recursive(
    leaves,
    lambda part: st.builds(
        lambda key, parts: {key: parts}, st.sampled_from(["all", "any"]), st.lists(part, min_size=2, max_size=3)
    ),
    max_leaves=6,
).map(RULE.validate_python)


@given(
    rule=rules,
    value=st.sampled_from(["", "yes", "partly", "no", "not_seen"]),
    girls=st.sampled_from(["", "0", "1", "2", "2.5", "11"]),
    often=st.sampled_from(["", "some", "o'clock", "never"]),
)
def test_the_form_asks_exactly_what_is_not_skipped(rule: Rule, value: str, girls: str, often: str) -> None:
    answers: dict[str, dict[str, Json]] = {"F4": {"value": value or None}, "F1": {"field.often": often or None}}
    answers["P2"] = {"field.girls": float(girls) if girls else None}
    typed = {"F4__value": value, "P2_girls": girls, "F1_often": often}
    assert is_asked(relevant(rule), typed) is not is_skipped(rule, answers)


@given(rules)
def test_a_skip_rule_is_read_back_from_the_form(rule: Rule) -> None:
    assert rule_in(relevant(rule), NAMES) == rule


def test_an_unknown_answer_is_asked_for() -> None:
    rule = RULE.validate_python({"field": "P2.girls", "at_least": 1})
    assert relevant(rule) == "${P2_girls} = '' or ${P2_girls} >= 1"


@pytest.mark.parametrize(
    "expression",
    [
        "${P2_girls} >= 1",  # an unknown number would be skipped
        "${P2_girls} = '' or ${P2_girls} > 1",
        "${P2_girls} = '' or ${F1_often} = 'some'",
        "${P2_boys} = '' or ${P2_boys} >= 1",
        "${P2_girls} = '' or ${P2_girls} >= 1 or",
        "(${P2_girls} = '' or ${P2_girls} >= 1",
        "selected(${F4__value}, 'yes')",
        "",
    ],
)
def test_what_is_no_skip_rule_is_not_guessed_at(expression: str) -> None:
    with pytest.raises(NotOurs):
        rule_in(expression, NAMES)


@pytest.mark.parametrize("ends", [(None, None), (0, None), (None, 5), (0.5, 500), (-30, 60), (0.0001, 1)])
def test_bounds_are_read_back(ends: tuple[float | None, float | None]) -> None:
    assert bounds_in(bounds(*ends)) == ends


@pytest.mark.parametrize("constraint", [". > 1", ". >= 1 or . <= 3", ". >= 1 and . >= 2", ". >= a"])
def test_what_is_no_bound_is_not_guessed_at(constraint: str) -> None:
    with pytest.raises(NotOurs):
        bounds_in(constraint)
