"""Entries -> records: whatever the order of their coming, the same record, and nothing silently overwritten."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.journal import Entry, Json
from app.domain.merge import advance, merge
from tests.builders import BEN, CY, entry_id, make_entry

VALUES = st.sampled_from(["yes", "no", "partly", None, 1, True, ["a"], {"a": 1}])
NAMES = ["value", "note", "removed"]


@st.composite
def histories(draw: st.DrawFn, cycles: bool = False) -> list[Entry]:
    """Up to ten entries on one subject; each names any of those before it (or, forged, of those after) as parents."""
    count = draw(st.integers(1, 10))
    numbers = draw(st.permutations(range(1, count + 1)))  # clocks are wrong: ids do not follow the parents
    entries = []
    for at, number in enumerate(numbers):
        others = numbers if cycles else numbers[:at]
        parents = draw(st.lists(st.sampled_from(others), max_size=3, unique=True)) if others else []
        sets = draw(st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1, max_size=3))
        entry = make_entry(entry_id(number), sets, [entry_id(parent) for parent in parents])
        entries.append(replace(entry, body=None) if draw(st.booleans()) and draw(st.booleans()) else entry)
    return entries


def ancestors(entries: Sequence[Entry]) -> dict[str, set[str]]:
    """By another road than the code under test: one walk for each entry."""
    by_id = {entry.entry_id: entry for entry in entries}
    found = {}
    for entry in entries:
        seen: set[str] = set()
        waiting = [*entry.parents]
        while waiting:
            name = waiting.pop()
            if name in by_id and name not in seen:
                seen.add(name)
                waiting += by_id[name].parents
        found[entry.entry_id] = seen - {entry.entry_id}
    return found


@given(histories(), st.randoms())
def test_any_order_gives_the_same_record(entries: list[Entry], order: object) -> None:
    shuffled = [*entries]
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merge(shuffled) == merge(entries)


@given(histories())
def test_entries_that_come_again_change_nothing(entries: list[Entry]) -> None:
    assert merge([*entries, *entries[::-1], entries[0]]) == merge(entries)


@given(histories(), st.data())
def test_nodes_that_got_the_same_entries_agree_whatever_they_showed_in_between(
    entries: list[Entry], data: st.DataObject
) -> None:
    nodes: list[list[Entry]] = [[], [], []]
    arrivals = data.draw(st.permutations([(node, entry) for node in range(3) for entry in range(len(entries))]))
    for node, entry in arrivals:
        nodes[node].append(entries[entry])
        merge(nodes[node])
    assert merge(nodes[0]) == merge(nodes[1]) == merge(nodes[2])


@given(histories(), st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1, max_size=3), st.booleans())
def test_a_step_by_somebody_who_saw_all_is_what_merging_all_says(
    entries: list[Entry], sets: dict[str, Json], saw_all: bool
) -> None:
    record = merge(entries)
    fresh = make_entry(entry_id(99), sets, record.heads if saw_all else record.heads[1:])
    stepped = advance(record, fresh)
    assert stepped == (merge([*entries, fresh]) if saw_all else None)


@given(histories())
def test_every_value_stands_or_somebody_who_saw_it_set_another(entries: list[Entry]) -> None:
    record, before = merge(entries), ancestors(entries)
    for entry in entries:
        for name, value in entry.fields().items():
            standing = [c.value for c in record.conflicts.get(name, ())]
            standing += [record.fields[name]] if name in record.fields else []
            seen_by_a_setter = any(entry.entry_id in before[other.entry_id] for other in entries if name in other.sets)
            assert seen_by_a_setter or any(_equal(value, held) for held in standing)


@given(histories())
def test_nothing_stands_that_a_later_entry_replaced(entries: list[Entry]) -> None:
    record, before = merge(entries), ancestors(entries)
    for name, candidates in record.conflicts.items():
        assert len(candidates) > 1
        for candidate in candidates:
            setters = [other for other in entries if name in other.sets]
            assert not any(candidate.entry_id in before[other.entry_id] for other in setters)


@given(histories())
def test_every_entry_is_a_head_or_before_one(entries: list[Entry]) -> None:
    record, before = merge(entries), ancestors(entries)
    reached = set(record.heads).union(*(before[head] for head in record.heads))
    assert reached == {entry.entry_id for entry in entries}


@given(histories())
def test_a_field_stands_once_or_is_in_conflict_never_both(entries: list[Entry]) -> None:
    record = merge(entries)
    assert not set(record.fields) & set(record.conflicts)


@given(histories(cycles=True), st.randoms())
def test_a_forged_cycle_ends_and_gives_every_node_the_same(entries: list[Entry], order: object) -> None:
    shuffled = [*entries]
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merge(shuffled) == merge(entries)


def test_in_a_forged_cycle_no_value_vanishes() -> None:
    one = make_entry(entry_id(1), {"value": "yes"}, [entry_id(2)])
    two = make_entry(entry_id(2), {"value": "no"}, [entry_id(1)])
    record = merge([one, two])
    assert [c.value for c in record.conflicts["value"]] == ["yes", "no"]
    assert record.heads == (entry_id(1), entry_id(2))


def test_an_entry_that_names_itself_is_no_cycle() -> None:
    assert merge([make_entry(entry_id(1), {"value": "yes"}, [entry_id(1)])]).fields == {"value": "yes"}


def _equal(one: Json, other: Json) -> bool:
    return type(one) is type(other) and one == other


# ---- told one by one -------------------------------------------------------------------------------------------------

START = make_entry(entry_id(1), {"value": "yes", "note": "a"})
LATER = make_entry(entry_id(2), {"value": "no"}, [entry_id(1)])
BESIDE = make_entry(entry_id(3), {"value": "partly"}, [entry_id(1)], author=BEN)


def test_a_later_entry_replaces_only_the_fields_that_it_sets() -> None:
    assert merge([START, LATER]).fields == {"value": "no", "note": "a"}


def test_two_who_did_not_know_of_each_other_are_both_kept_with_their_names() -> None:
    record = merge([START, LATER, BESIDE])
    assert "value" not in record.fields
    assert [(c.value, c.author) for c in record.conflicts["value"]] == [("no", LATER.author), ("partly", BEN)]
    assert record.heads == (entry_id(2), entry_id(3))


def test_a_clock_that_is_wrong_chooses_no_winner() -> None:
    late = replace(LATER, made_at_ms=LATER.made_at_ms + 10**10)
    assert set(merge([START, late, BESIDE]).conflicts) == {"value"}


def test_different_fields_merge_by_themselves() -> None:
    note = make_entry(entry_id(4), {"note": "b"}, [entry_id(1)])
    assert merge([START, LATER, note]).fields == {"value": "no", "note": "b"}


def test_equal_values_collapse_and_both_heads_stay_known() -> None:
    same = make_entry(entry_id(3), {"value": "no"}, [entry_id(1)], author=BEN)
    record = merge([START, LATER, same])
    assert record.fields["value"] == "no"
    assert record.heads == (entry_id(2), entry_id(3))


def test_a_number_is_not_a_yes() -> None:
    one = make_entry(entry_id(2), {"value": 1}, [entry_id(1)])
    true = make_entry(entry_id(3), {"value": True}, [entry_id(1)])
    assert len(merge([START, one, true]).conflicts["value"]) == 2


def test_a_person_resolves_by_naming_both() -> None:
    settled = make_entry(entry_id(4), {"value": "partly"}, [entry_id(2), entry_id(3)])
    record = merge([START, LATER, BESIDE, settled])
    assert record.fields["value"] == "partly"
    assert record.conflicts == {}
    assert record.heads == (entry_id(4),)


def test_naming_only_one_of_them_does_not_resolve() -> None:
    halfway = make_entry(entry_id(4), {"value": "yes"}, [entry_id(2)])
    assert [c.value for c in merge([START, LATER, BESIDE, halfway]).conflicts["value"]] == ["partly", "yes"]


def test_two_resolutions_that_differ_are_a_conflict_again() -> None:
    one = make_entry(entry_id(4), {"value": "no"}, [entry_id(2), entry_id(3)])
    other = make_entry(entry_id(5), {"value": "partly"}, [entry_id(2), entry_id(3)], author=CY)
    assert [c.value for c in merge([START, LATER, BESIDE, one, other]).conflicts["value"]] == ["no", "partly"]


def test_to_delete_while_another_edits_is_a_conflict_to_look_at_and_the_edit_stands() -> None:
    photo = make_entry(entry_id(1), {"removed": False, "caption": "a"})
    removed = make_entry(entry_id(2), {"removed": True}, [entry_id(1)])
    kept = make_entry(entry_id(3), {"removed": False, "caption": "b"}, [entry_id(1)])
    record = merge([photo, removed, kept])
    assert set(record.conflicts) == {"removed"}
    assert record.fields["caption"] == "b"
    assert not record.is_on("removed")


def test_an_erased_body_does_not_bring_back_the_older_value() -> None:
    record = merge([START, replace(LATER, body=None)])
    assert "value" not in record.fields and "value" not in record.conflicts
    assert record.fields["note"] == "a"
    assert record.heads == (entry_id(2),)


def test_an_erased_body_leaves_what_stood_beside_it() -> None:
    assert merge([START, replace(LATER, body=None), BESIDE]).fields["value"] == "partly"


def test_a_parent_that_has_not_come_yet_is_waited_for() -> None:
    last = make_entry(entry_id(4), {"value": "partly"}, [entry_id(2)])
    assert set(merge([START, last]).conflicts) == {"value"}
    assert merge([START, last, LATER]).fields["value"] == "partly"


def test_kind_and_scope_are_those_of_the_first_entry_whoever_is_asked() -> None:
    other = make_entry(entry_id(9), {"value": "x"}, kind="other", scope="visit:w")
    assert (merge([other, START]).kind, merge([START, other]).scope) == ("note", "reference")


def test_no_entries_make_no_record() -> None:
    with pytest.raises(ValueError, match="no entries"):
        merge([])


def test_long_histories_do_not_take_long() -> None:
    entries = [make_entry(entry_id(n), {"value": n}, [entry_id(n - 1)] if n > 1 else []) for n in range(1, 1001)]
    assert merge(entries[::-1]).fields == {"value": 1000}
