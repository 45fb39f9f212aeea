"""A question is skipped only when its rule is known to be false."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from app.domain.checklist import Rule
from app.domain.journal import Json
from app.domain.skip_rules import is_skipped, leaves

GIRLS = {"field": "P2.girls", "at_least": 1}
ISOLATED = {"answer": "F4", "in": ["partly", "no"]}
OFTEN = {"field": "F1.frequency", "in": ["some", "often"]}


def rule(raw: dict[str, Any]) -> Rule:
    return TypeAdapter[Rule](Rule).validate_python(raw)


@pytest.mark.parametrize(
    ("raw", "fields", "skipped"),
    [
        (GIRLS, {"P2": {"field.girls": 0}}, True),
        (GIRLS, {"P2": {"field.girls": 1}}, False),
        (GIRLS, {"P2": {"field.girls": None}}, False),
        (GIRLS, {"P2": {"value": "not_applicable"}}, False),
        (GIRLS, {"P2": {"field.girls": False}}, False),
        (GIRLS, {}, False),
        (ISOLATED, {"F4": {"value": "yes"}}, True),
        (ISOLATED, {"F4": {"value": "no"}}, False),
        (ISOLATED, {"F4": {"value": ""}}, False),
        (ISOLATED, {"F4": {"note": "later"}}, False),
        (OFTEN, {"F1": {"field.frequency": "never"}}, True),
        (OFTEN, {"F1": {"field.frequency": "often"}}, False),
        (OFTEN, {"F1": {"value": "no"}}, False),
    ],
)
def test_a_question_is_asked_as_long_as_its_rule_is_not_known_to_be_false(
    raw: dict[str, Any], fields: dict[str, dict[str, Json]], skipped: bool
) -> None:
    assert is_skipped(rule(raw), fields) is skipped


NO_GIRLS: dict[str, dict[str, Json]] = {"P2": {"field.girls": 0}}
SOME_GIRLS: dict[str, dict[str, Json]] = {"P2": {"field.girls": 2}}
NOT_ISOLATED: dict[str, dict[str, Json]] = {"F4": {"value": "yes"}}


def test_all_is_false_as_soon_as_one_part_is() -> None:
    both = rule({"all": [GIRLS, ISOLATED]})
    assert is_skipped(both, NO_GIRLS)
    assert not is_skipped(both, SOME_GIRLS)
    assert is_skipped(both, SOME_GIRLS | NOT_ISOLATED)


def test_any_is_false_only_when_every_part_is() -> None:
    either = rule({"any": [GIRLS, {"all": [ISOLATED, OFTEN]}]})
    assert not is_skipped(either, NO_GIRLS)
    assert is_skipped(either, NO_GIRLS | NOT_ISOLATED)
    assert not is_skipped(either, SOME_GIRLS | NOT_ISOLATED)


def test_a_question_without_a_rule_is_never_skipped() -> None:
    assert not is_skipped(None, {})


def test_every_condition_of_a_rule_says_where_it_stands() -> None:
    paths = [path for path, _ in leaves(rule({"any": [GIRLS, {"all": [ISOLATED, OFTEN]}]}), ("when",))]
    assert paths == [("when", "any", 0), ("when", "any", 1, "all", 0), ("when", "any", 1, "all", 1)]
