"""The rules of the journal as values: bytes, chain, seal, acceptance, acknowledgement."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.arrivals import Held, sort_arrivals
from app.domain.journal import (
    Accepted,
    Ack,
    BrokenEntry,
    Draft,
    Entry,
    Fork,
    Gap,
    Link,
    StreamName,
    accept,
    ack_counts,
    canonical,
    chain_on,
    compose,
    device_id_of,
    first_chain,
    read_entry,
    seal_message,
    set_aside,
    sign_off_message,
)
from tests.builders import ANA, entry_id, make_entry

STREAM = StreamName("d" * 32, "ab12", 1)
ENTRIES = [make_entry(entry_id(number), {"value": number}) for number in range(1, 8)]
LINKS = chain_on(first_chain(STREAM), 1, [entry.hashed for entry in ENTRIES])


def held_up_to(last: int, links: list[Link] = LINKS) -> dict[int, bytes]:
    return {link.seq: link.chain for link in links[:last]}


def push(first: int, last: int, have: int, previous: bytes | None = None) -> Accepted | Gap | Fork:
    """Entries first..last pushed to one who holds 1..have of the same stream."""
    before = first_chain(STREAM) if first == 1 else LINKS[first - 2].chain
    places = [entry.hashed for entry in ENTRIES[first - 1 : last]]
    return accept(STREAM, held_up_to(have), have, first, before if previous is None else previous, places)


# ---- entries ---------------------------------------------------------------------------------------------------------


def test_an_entry_reads_back_as_it_was_written() -> None:
    draft = Draft("answer", "v/A-1", "visit:v", {"value": "иә", "count": 3}, (entry_id(2), entry_id(1)))
    entry = compose(draft, entry_id(9), ANA, 1_790_000_000_000, b"\1" * 16)
    again = read_entry(entry.header, entry.body)
    assert again == entry
    assert again.fields() == {"value": "иә", "count": 3}
    assert again.parents == (entry_id(1), entry_id(2))
    assert again.sets == ("count", "value")


def test_bytes_are_kept_verbatim_and_never_serialised_again() -> None:
    entry = make_entry(entry_id(1), {"value": "yes"})
    odd = b"  " + entry.header.replace(b":", b" : ") + b"\n"
    assert read_entry(odd, entry.body).header == odd
    assert read_entry(odd, entry.body).hashed.header_hash != entry.hashed.header_hash


def test_unknown_keys_kinds_and_schemas_are_kept() -> None:
    head = json.loads(make_entry(entry_id(1), {"value": "yes"}).header) | {"kind": "dream", "schema": 9, "mood": ["x"]}
    body = b'{"salt":"x","set":{"value":"yes"},"weather":{"rain":true}}'
    entry = read_entry(canonical(head), body)
    assert (entry.kind, entry.schema) == ("dream", 9)
    assert b"mood" in entry.header and b"weather" in (entry.body or b"")


def test_two_equal_answers_have_different_bodies_by_their_salt() -> None:
    one = compose(Draft("answer", "s", "visit:v", {"value": "no"}), entry_id(1), ANA, 1, b"\1" * 16)
    other = compose(Draft("answer", "s", "visit:v", {"value": "no"}), entry_id(1), ANA, 1, b"\2" * 16)
    assert one.hashed.header_hash == other.hashed.header_hash
    assert one.hashed.body_hash != other.hashed.body_hash


def test_an_erased_entry_says_which_fields_it_set_and_not_to_what() -> None:
    entry = make_entry(entry_id(1), {"value": "no"})
    erased = read_entry(entry.header, None)
    assert erased.sets == ("value",)
    assert erased.fields() == {}
    assert b"no" not in entry.header.replace(b"note", b"")
    with pytest.raises(BrokenEntry, match="absent"):
        _ = erased.hashed


def broken(**changes: object) -> bytes:
    return json.dumps(json.loads(make_entry(entry_id(1), {"value": "yes"}).header) | changes).encode()


GOOD_BODY = make_entry(entry_id(1), {"value": "yes"}).body or b""


@pytest.mark.parametrize(
    ("header", "body", "reason"),
    [
        (b"", GOOD_BODY, "header is not JSON"),
        (b"\xff\xfe{", GOOD_BODY, "header is not JSON"),
        (broken().decode().encode("utf-16"), GOOD_BODY, "header is not JSON"),
        (b"[" * 60_000, GOOD_BODY, "header is not JSON"),
        (b"[]", GOOD_BODY, "header is not an object"),
        (broken(id="7"), GOOD_BODY, "id is not a UUID"),
        (broken(id=entry_id(1).upper().replace("0", "A")), GOOD_BODY, "id is not a UUID"),
        (broken(id=None), GOOD_BODY, "id is missing"),
        (broken(kind=""), GOOD_BODY, "kind is missing"),
        (broken(kind="aside"), GOOD_BODY, "no kind of an entry"),
        (broken(subject="x" * 301), GOOD_BODY, "subject is missing or too long"),
        (broken(subject="a\0b"), GOOD_BODY, "subject is missing"),
        (broken(subject="\ud800"), GOOD_BODY, "header is not JSON"),
        (broken(parents="x"), GOOD_BODY, "parents is not a list"),
        (broken(parents=[1]), GOOD_BODY, "parents is not a list"),
        (broken(parents=["../etc"]), GOOD_BODY, "parent is not a UUID"),
        (broken(made_at="now"), GOOD_BODY, "made_at is not a whole number"),
        (broken(made_at=True), GOOD_BODY, "made_at is not a whole number"),
        (broken(made_at=-1), GOOD_BODY, "made_at is not a whole number"),
        (broken(made_at=10**30), GOOD_BODY, "made_at is not a whole number"),
        (broken(sets=["other"]), GOOD_BODY, "different fields"),
        (broken(), b"no", "body is not JSON"),
        (broken(), b"{}", "different fields"),
        (broken(), b'{"set":["value"]}', "different fields"),
        (broken(), b'{"set":{"value":NaN}}', "body is not JSON"),
        (broken(), b'{"set":{"value":1e999}}', "body is not JSON"),
        (broken(), b'{"set":{"value":"\\udc00"}}', "body is not JSON"),
        (b" " * 70_000 + broken(), GOOD_BODY, "larger"),
        (broken(), b" " * 1_100_000 + GOOD_BODY, "larger"),
    ],
)
def test_bytes_that_are_no_entry_are_refused_with_the_reason(header: bytes, body: bytes, reason: str) -> None:
    with pytest.raises(BrokenEntry, match=reason):
        read_entry(header, body)


@given(st.binary(max_size=300), st.none() | st.binary(max_size=300))
def test_no_bytes_at_all_break_the_reader(header: bytes, body: bytes | None) -> None:
    with pytest.raises(BrokenEntry):
        read_entry(header, body)


def test_a_number_that_json_does_not_know_is_not_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        make_entry(entry_id(1), {"value": float("nan")})


# ---- chain and seal --------------------------------------------------------------------------------------------------


def test_each_link_hangs_on_all_before_it() -> None:
    for place in range(len(ENTRIES)):
        changed = [*ENTRIES]
        changed[place] = make_entry(ENTRIES[place].entry_id, {"value": "other"})
        links = chain_on(first_chain(STREAM), 1, [entry.hashed for entry in changed])
        assert [link.chain for link in links[:place]] == [link.chain for link in LINKS[:place]]
        assert all(new.chain != old.chain for new, old in zip(links[place:], LINKS[place:], strict=True))


def test_a_chain_continues_in_parts_as_it_does_whole() -> None:
    first = chain_on(first_chain(STREAM), 1, [entry.hashed for entry in ENTRIES[:3]])
    rest = chain_on(first[-1].chain, 4, [entry.hashed for entry in ENTRIES[3:]])
    assert [*first, *rest] == LINKS


def test_a_chain_is_bound_to_device_incarnation_and_lane() -> None:
    others = [replace(STREAM, device="e" * 32), replace(STREAM, incarnation="ab13"), replace(STREAM, lane=0)]
    assert len({first_chain(stream) for stream in (STREAM, *others)}) == 4
    assert len({seal_message(stream, 3, LINKS[2].chain) for stream in (STREAM, *others)}) == 4


def test_a_seal_names_its_place_and_its_chain_value() -> None:
    assert seal_message(STREAM, 3, LINKS[2].chain) != seal_message(STREAM, 4, LINKS[2].chain)
    assert seal_message(STREAM, 3, LINKS[2].chain) != seal_message(STREAM, 3, LINKS[3].chain)


def test_a_stream_reads_back_from_its_name() -> None:
    assert StreamName.parse(str(STREAM)) == STREAM


def test_a_device_is_named_by_its_key() -> None:
    assert device_id_of(b"k" * 32) == device_id_of(b"k" * 32) != device_id_of(b"l" * 32)
    assert len(device_id_of(b"k" * 32)) == 32


def test_a_sign_off_speaks_of_the_heads_in_any_order_and_of_the_dissent() -> None:
    message = sign_off_message("v", ANA, ["b", "a"], "")
    assert message == sign_off_message("v", ANA, ["a", "b"], "")
    assert message != sign_off_message("v", ANA, ["a"], "")
    assert message != sign_off_message("v", ANA, ["a", "b"], "no")
    assert message != sign_off_message("w", ANA, ["a", "b"], "")


# ---- acceptance ------------------------------------------------------------------------------------------------------


def test_a_batch_that_continues_the_stream_is_accepted() -> None:
    assert push(4, 6, have=3) == Accepted(tuple(LINKS[3:6]), 6, LINKS[5].chain)


def test_a_batch_sent_twice_brings_nothing_new_and_is_acked_alike() -> None:
    assert push(4, 6, have=6) == Accepted((), 6, LINKS[5].chain)


def test_a_batch_that_overlaps_brings_only_what_is_lacking() -> None:
    assert push(2, 6, have=4) == Accepted(tuple(LINKS[4:6]), 6, LINKS[5].chain)


def test_an_old_batch_that_comes_late_acks_no_more_than_itself() -> None:
    assert push(1, 2, have=6) == Accepted((), 2, LINKS[1].chain)


def test_an_empty_batch_acks_what_was_there() -> None:
    assert push(4, 3, have=3) == Accepted((), 3, LINKS[2].chain)


def test_a_batch_after_a_hole_is_a_gap_and_says_what_is_held() -> None:
    assert push(5, 6, have=3) == Gap(3)
    assert push(2, 3, have=0) == Gap(0)


def test_a_batch_whose_past_is_another_is_a_fork() -> None:
    assert push(4, 6, have=3, previous=LINKS[5].chain) == Fork(3)
    assert push(1, 2, have=0, previous=b"\0" * 32) == Fork(0)


def test_the_right_position_with_another_entry_is_a_fork_at_that_place() -> None:
    other = make_entry(entry_id(99), {"value": "else"})
    places = [ENTRIES[3].hashed, other.hashed]
    assert accept(STREAM, held_up_to(6), 6, 4, LINKS[2].chain, places) == Fork(5)


def test_a_stream_does_not_pass_for_another_one() -> None:
    lane0 = replace(STREAM, lane=0)
    places = [entry.hashed for entry in ENTRIES[:2]]
    assert accept(lane0, {}, 0, 1, first_chain(STREAM), places) == Fork(0)


def test_an_erased_body_keeps_its_place_by_its_hash() -> None:
    erased = replace(read_entry(ENTRIES[3].header, None))
    assert erased.body is None
    assert push(4, 6, have=3) == Accepted(tuple(LINKS[3:6]), 6, LINKS[5].chain)  # from `Hashed`, never from bodies


@pytest.mark.parametrize("first", [0, -1])
def test_seqs_begin_at_one(first: int) -> None:
    with pytest.raises(ValueError, match="begin at 1"):
        accept(STREAM, {}, 0, first, first_chain(STREAM), [])


# ---- acknowledgement -------------------------------------------------------------------------------------------------

ACK = Ack(STREAM, "epoch", "nonce", 3, LINKS[2].chain)


def test_an_ack_counts_with_its_epoch_nonce_and_our_own_chain_value() -> None:
    assert ack_counts(ACK, "epoch", "nonce", LINKS[2].chain)


@pytest.mark.parametrize(
    ("ack", "own"),
    [
        (replace(ACK, epoch="before"), LINKS[2].chain),
        (replace(ACK, nonce="another request's"), LINKS[2].chain),
        (ACK, LINKS[3].chain),  # another history at this seq
        (ACK, None),  # beyond what we ever wrote
        (replace(ACK, chain=LINKS[3].chain), LINKS[2].chain),
    ],
)
def test_an_ack_by_position_alone_counts_nothing(ack: Ack, own: bytes | None) -> None:
    assert not ack_counts(ack, "epoch", "nonce", own)


# ---- whose id it is --------------------------------------------------------------------------------------------------


def lies(entry: Entry, reason: str | None = None) -> dict[str, Held]:
    return {entry.entry_id: Held(entry.entry_id, entry.header, entry.body, reason)}


FIRST, SECOND = make_entry(entry_id(1), {"value": "yes"}), make_entry(entry_id(1), {"value": "no"})


def test_an_id_belongs_to_the_first_sound_entry_and_the_other_is_kept_as_evidence() -> None:
    intake = sort_arrivals([SECOND], lies(FIRST), {})
    aside = set_aside(SECOND.header, SECOND.body)
    assert intake.sound == []
    assert intake.wrong == {aside.entry_id: (aside, "id")}
    assert intake.aside == {entry_id(1): aside.entry_id}
    assert intake.reasons == {entry_id(1): "id"}


def test_a_wrong_entry_does_not_hold_the_id_of_a_sound_one() -> None:
    intake = sort_arrivals([SECOND], lies(FIRST, "author"), {})
    assert intake.sound == [SECOND]
    assert intake.freed == [entry_id(1)]
    assert [held.header for held in intake.moved.values()] == [FIRST.header]
    assert [reason for _, reason in intake.wrong.values()] == ["author"]


def test_a_wrong_entry_that_comes_again_from_one_who_may_counts() -> None:
    intake = sort_arrivals([FIRST], lies(FIRST, "author"), {})
    assert intake.sound == [FIRST]
    assert (intake.wrong, intake.reasons) == ({}, {})


def test_arrivals_that_come_again_are_told_the_same_and_change_nothing() -> None:
    assert sort_arrivals([FIRST], lies(FIRST), {}).sound == []
    again = sort_arrivals([FIRST], lies(FIRST, "author"), {FIRST.entry_id: "author"})
    assert (again.sound, again.wrong, again.freed) == ([], {}, [])
    assert again.reasons == {FIRST.entry_id: "author"}


def test_an_erased_body_does_not_come_back_with_a_late_copy() -> None:
    erased = read_entry(FIRST.header, None)
    intake = sort_arrivals([FIRST], lies(erased), {})
    assert (intake.sound, intake.wrong) == ([], {})


def test_two_with_one_id_in_one_batch_are_both_kept() -> None:
    intake = sort_arrivals([FIRST, SECOND], {}, {})
    assert intake.sound == [FIRST]
    assert [entry.header for entry, _ in intake.wrong.values()] == [SECOND.header]
