"""The difference of two versions of a checklist: everything that changed is named, with what it does to comparisons."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.domain.checklist import CompiledChecklist, Text
from app.domain.checklist_changes import Change, differences, worst

Raw = dict[str, Any]
Mend = Callable[[Raw], object]


def text(said: str = "text") -> dict[str, str]:
    return {"kk": f"{said} kk", "ru": f"{said} ru", "en": f"{said} en"}


def indicator(indicator_id: str, **overrides: Any) -> Raw:
    cards = ("yes", "partly", "no", "not_applicable", "not_seen", "example", "counter_example")
    return {
        "id": indicator_id,
        "text": text(),
        "guidance": text(),
        "card": {card: text(card) for card in cards},
        "applies_to": ["ALL"],
        "sources": ["observation"],
        "measures": "outcome",
        "answer": {"rating": True, "fields": []},
        "severity": 2,
        "standards": ["crc.37c"],
        "phrases": {"finding": [text("found")], "recommendation": [text("do")]},
        **overrides,
    }


def small() -> Raw:
    """A compiled checklist of three indicators in two sections, as plain data."""
    area = {"key": "area", "type": "measure", "label": text(), "unit": "m2", "min": 0.5, "max": 500, "decimals": 1}
    girls = {"key": "girls", "type": "count", "label": text(), "unit": "persons", "min": 0, "max": 100}
    seen = {"key": "seen", "type": "share", "label": text(), "of": text("of")}
    options = [{"key": "never", "label": text()}, {"key": "often", "label": text()}]
    often = {"key": "often", "type": "choice", "label": text(), "options": options}
    each = {"key": "each", "label": text(), "unit": "m2", "numerator": "area", "denominator": "girls"}
    bound = {"field": "each", "level": "national", "rule": "at_least", "value": 4, "unit": "m2", "standard": "crc.37c"}
    provision = {"id": "crc.37c", "number": "37(c)", "year": "1989", "topic": "x", "status": "read", "source": "s"}
    instrument = {"id": "crc", "level": "international", "short": text("CRC"), "name": text("Convention")}
    facts = {"rating": False, "fields": [area, girls, seen, often], "derived": [each]}
    return {
        "checklist": {
            "id": "small",
            "version": 1,
            "types": ["ivs"],
            "title": text(),
            "sections": [
                {"id": "facts", "title": text(), "hint": text(), "indicators": ["P1"]},
                {"id": "cells", "title": text(), "hint": text(), "repeat": "room", "indicators": ["B1", "B2"]},
            ],
            "must": ["B2"],
            "short": ["P1", "B2"],
        },
        "indicators": {
            "P1": indicator("P1", answer=facts, thresholds=[bound]),
            "B1": indicator("B1", when={"field": "P1.girls", "at_least": 1}),
            "B2": indicator("B2", severity="danger"),
        },
        "standards": {"crc.37c": {"instrument": instrument, "provision": {**provision, "text": text()}}},
    }


def read(raw: Raw) -> CompiledChecklist:
    return CompiledChecklist.model_validate(raw)


def changed(mend: Mend) -> tuple[Change, ...]:
    raw = small()
    mend(raw)
    return differences(read(small()), read(raw))


def b1(raw: Raw) -> Raw:
    found: Raw = raw["indicators"]["B1"]
    return found


def p1_field(raw: Raw, key: str) -> Raw:
    return next(one for one in raw["indicators"]["P1"]["answer"]["fields"] if one["key"] == key)


def bound(raw: Raw) -> Raw:
    found: Raw = raw["indicators"]["P1"]["thresholds"][0]
    return found


def sections(raw: Raw) -> list[Raw]:
    found: list[Raw] = raw["checklist"]["sections"]
    return found


def add(raw: Raw) -> None:
    sections(raw)[1]["indicators"].append("B3")
    raw["indicators"]["B3"] = indicator("B3")


def drop(raw: Raw) -> None:
    sections(raw)[1]["indicators"].remove("B1")
    del raw["indicators"]["B1"]


def move(raw: Raw) -> None:
    sections(raw)[1]["indicators"].remove("B1")
    sections(raw)[0]["indicators"].append("B1")


def move_beside(raw: Raw) -> None:
    sections(raw).append({"id": "yard", "title": text("yard"), "hint": text(), "repeat": "room", "indicators": ["B2"]})
    sections(raw)[1]["indicators"].remove("B2")


# what is changed, and then: kind, subject, part, effect, reason
ONE_BY_ONE: list[tuple[Mend, tuple[str, str, str, str, str]]] = [
    (add, ("added", "B3", "", "not_comparable", "series_begins")),
    (drop, ("dropped", "B1", "", "not_comparable", "series_ends")),
    (move, ("moved", "B1", "section", "not_comparable", "counted_otherwise")),
    (move_beside, ("moved", "B2", "section", "comparable", "no_effect")),
    (lambda r: b1(r)["text"].update(ru="иначе"), ("reworded", "B1", "text", "with_care", "wording")),
    (lambda r: b1(r)["guidance"].update(kk="басқа"), ("reworded", "B1", "guidance", "with_care", "wording")),
    (lambda r: b1(r)["card"]["no"].update(en="x"), ("reworded", "B1", "card.no", "with_care", "wording")),
    (
        lambda r: b1(r)["phrases"]["finding"].append(text("more")),
        ("reworded", "B1", "phrases.finding.2", "comparable", "wording_beside"),
    ),
    (lambda r: b1(r)["answer"].update(fields=[p1_field(r, "area")]), ("answer", "B1", "field.area", "comparable", "part_begins")),
    (
        lambda r: r["indicators"]["P1"]["answer"]["fields"].pop(),
        ("answer", "P1", "field.often", "not_comparable", "part_ends"),
    ),
    (lambda r: p1_field(r, "area").update(unit="m"), ("answer", "P1", "field.area.unit", "not_comparable", "other_answers")),
    (lambda r: p1_field(r, "area").update(max=900), ("answer", "P1", "field.area.max", "with_care", "bounds")),
    (lambda r: p1_field(r, "area").update(decimals=2), ("answer", "P1", "field.area.decimals", "with_care", "precision")),
    (lambda r: p1_field(r, "seen")["of"].update(en="x"), ("reworded", "P1", "field.seen.of", "with_care", "wording")),
    (
        lambda r: p1_field(r, "often")["options"].append({"key": "daily", "label": text()}),
        ("answer", "P1", "field.often.option.daily", "with_care", "part_begins"),
    ),
    (
        lambda r: p1_field(r, "often")["options"].pop(),
        ("answer", "P1", "field.often.option.often", "not_comparable", "part_ends"),
    ),
    (lambda r: b1(r)["answer"].update(rating=False), ("answer", "B1", "rating", "not_comparable", "other_answers")),
    (lambda r: bound(r).update(value=6), ("threshold", "P1", "each", "not_comparable", "breaches")),
    (lambda r: bound(r).update(note=text()), ("threshold", "P1", "each", "comparable", "basis")),
    (lambda r: r["indicators"]["P1"].update(thresholds=[]), ("threshold", "P1", "each", "not_comparable", "breaches")),
    (
        lambda r: r["indicators"]["P1"]["thresholds"].append({**bound(r), "level": "international", "value": 6}),
        ("threshold", "P1", "each", "not_comparable", "breaches"),
    ),
    (lambda r: b1(r).update(severity=3), ("severity", "B1", "severity", "with_care", "priorities")),
    (lambda r: b1(r).update(severity="danger"), ("severity", "B1", "severity", "not_comparable", "danger_counts")),
    (lambda r: b1(r).update(standards=[]), ("standards", "B1", "standards", "comparable", "basis")),
    (lambda r: r["checklist"].update(must=["B1", "B2"]), ("must", "B1", "must", "with_care", "left_out")),
    (lambda r: r["checklist"].update(short=["B2"]), ("short", "P1", "short", "with_care", "short_visits")),
    (lambda r: b1(r).pop("when"), ("skip_rule", "B1", "when", "with_care", "who_is_asked")),
    (lambda r: b1(r)["when"].update(at_least=2), ("skip_rule", "B1", "when", "with_care", "who_is_asked")),
    (lambda r: b1(r).update(sources=["child"]), ("about", "B1", "sources", "with_care", "wording")),
    (lambda r: sections(r)[1].pop("repeat"), ("section", "cells", "repeat", "not_comparable", "counted_otherwise")),
    (lambda r: sections(r)[1]["title"].update(en="x"), ("reworded", "cells", "title", "comparable", "wording_beside")),
    (lambda r: sections(r)[1]["indicators"].reverse(), ("order", "cells", "order", "comparable", "no_effect")),
    (lambda r: sections(r).reverse(), ("order", "", "order", "comparable", "no_effect")),
    (lambda r: r["checklist"]["types"].append("police_station"), ("about", "", "types", "with_care", "other_places")),
    (
        lambda r: r["standards"]["crc.37c"]["provision"]["text"].update(en="x"),
        ("reworded", "crc.37c", "provision.text", "comparable", "basis"),
    ),
    (
        lambda r: r["standards"]["crc.37c"]["provision"].update(status="unverified"),
        ("provision", "crc.37c", "provision.status", "comparable", "basis"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("mend", "told"), ONE_BY_ONE)
def test_each_change_is_named_with_its_effect_on_comparisons(mend: Mend, told: tuple[str, str, str, str, str]) -> None:
    found = {(one.kind, one.subject, one.part, one.effect, one.reason) for one in changed(mend)}
    assert told in found
    extra = {("section", "yard", "section", "comparable", "no_effect")}
    assert found <= {told} | extra


def test_a_rewording_tells_in_which_languages_and_both_texts() -> None:
    (change,) = changed(lambda raw: b1(raw)["text"].update(ru="иначе"))
    assert change.languages == ("ru",)
    assert isinstance(change.old, Text) and isinstance(change.new, Text)
    assert (change.old.ru, change.new.ru) == ("text ru", "иначе")


def test_a_threshold_that_changes_is_one_change_not_two() -> None:
    (change,) = changed(lambda raw: bound(raw).update(value=6, unit="m"))
    assert change.old is not None and change.new is not None


def test_the_version_number_alone_is_no_change() -> None:
    assert changed(lambda raw: raw["checklist"].update(version=2)) == ()


def test_going_back_is_the_same_changes_the_other_way_round() -> None:
    raw = small()
    add(raw)
    kinds = {(one.kind, one.subject) for one in differences(read(raw), read(small()))}
    assert kinds == {("dropped", "B3")}


def test_the_gravest_change_decides() -> None:
    found = changed(lambda raw: (b1(raw)["text"].update(ru="x"), b1(raw)["answer"].update(rating=False)))
    assert worst(found) == "not_comparable"
    assert worst(()) == "comparable"


# ---- anything at random ----------------------------------------------------------------------------------------------


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where each single text, number and sign of the plain data stands, and each list."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        yield path
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path


# Only what may change alone: an indicator's own id, and the list of a section, need the other end changed with them.
PLACES = [
    path for path in leaves(small()) if path[-1] != "version" and not ("sections" in path and "indicators" in path)
]
ids = st.text("abcdefgh", min_size=1, max_size=5)
VALUES = st.one_of(
    ids,
    st.integers(0, 9),
    st.booleans(),
    st.none(),
    st.sampled_from(
        ["C", "m2", "h", "room", "file", "danger", "at_most", "national", "count", "text", "child", "staff", "read"]
    ),
    st.lists(st.sampled_from(["B1", "B2", "P1", "crc.37c", "ALL", "JUS", "child", "ivs"]), max_size=3, unique=True),
)


def at(raw: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        raw = raw[step]
    return raw


@given(st.sampled_from(PLACES), VALUES)
def test_whatever_is_changed_at_random_is_found(path: tuple[str | int, ...], value: object) -> None:
    raw = copy.deepcopy(small())
    at(raw, path[:-1])[path[-1]] = value
    try:
        new = read(raw)
    except ValidationError:
        return
    old = read(small())
    if new == old:
        assert differences(old, new) == ()
    elif path[-1] != "id":
        assert differences(old, new) != ()
        assert differences(new, old) != ()


@given(st.sampled_from(ONE_BY_ONE), st.sampled_from(ONE_BY_ONE))
def test_a_checklist_does_not_differ_from_itself(one: tuple[Mend, object], other: tuple[Mend, object]) -> None:
    raw = small()
    for mend, _ in (one, other):
        try:
            mend(raw)
        except (KeyError, IndexError, ValueError):
            return
    try:
        read(raw)
    except ValidationError:
        return
    assert differences(read(raw), read(copy.deepcopy(raw))) == ()
