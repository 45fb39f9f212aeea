"""Entries in columns: the texts come out as they were hashed, or the batch goes as it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.journal import Draft, Json, canonical, compose
from app.errors import ProtocolError
from app.sync import codec, packing, wire
from tests.builders import ANA, World, answer, entry_id, held, make_visit

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
scopes = st.sampled_from(["reference", "visit:v1", "visit:01a0c450-6c01-7f6a-b1d8-303e61cd86c3", "person:"])
subjects = st.sampled_from(["s", "v1/A-1", "01a0c450-6c01-7f6a-b1d8-303e61cd86c3"])
ids = st.uuids().map(str)


@st.composite
def batches(draw: st.DrawFn) -> list[wire.WireEntry]:
    found = []
    names: list[str] = []
    for _ in range(draw(st.integers(1, 6))):
        parents = draw(st.lists(st.sampled_from(names) | ids, max_size=2)) if names else draw(st.lists(ids, max_size=1))
        sets = draw(st.dictionaries(texts.filter(bool), values, max_size=3))
        draft = Draft(draw(st.sampled_from(["answer", "note"])), draw(subjects), draw(scopes), sets, tuple(parents))
        names.append(draw(ids))
        made_at = draw(st.integers(0, 2**53))
        found.append(
            wire.WireEntry.of(compose(draft, names[-1], ANA, made_at, draw(st.binary(min_size=16, max_size=16))))
        )
    return found


@given(batches())
def test_what_was_packed_comes_out_byte_for_byte(entries: list[wire.WireEntry]) -> None:
    packed = packing.pack(entries)
    assert packed is not None
    again = wire.unpack(wire.Packed, codec.decompress(*codec.compress(wire.pack(packed))))
    assert [(one.header.decode(), one.body.decode()) for one in packing.unpack(again)] == [
        (one.h, one.b) for one in entries
    ]


def entry(header: bytes, body: bytes | None) -> wire.WireEntry:
    return wire.WireEntry(h=header.decode(), b=None if body is None else body.decode())


@pytest.mark.parametrize("fault", ["spaces", "unknown key", "erased", "short salt", "tilde", "not json"])
def test_a_batch_with_a_text_written_otherwise_goes_as_it_is(fault: str) -> None:
    good = compose(Draft("note", "s", "reference", {"a": 1}), entry_id(1), ANA, 5, b"salt" * 4)
    head, body = json.loads(good.header), json.loads(good.body or b"")
    other = {
        "spaces": entry(json.dumps(head).encode(), good.body),
        "unknown key": entry(canonical({**head, "later": 1}), good.body),
        "erased": entry(good.header, None),
        "short salt": entry(good.header, canonical({**body, "salt": "AAAA"})),
        "tilde": entry(canonical({**head, "subject": "~x"}), good.body),
        "not json": wire.WireEntry(h="{", b="{"),
    }[fault]
    assert packing.pack([wire.WireEntry.of(good)]) is not None
    assert packing.pack([wire.WireEntry.of(good), other]) is None


@pytest.mark.parametrize(
    "change",
    [
        {"times": []},
        {"of": [9]},
        {"chance": "AAAA"},
        {"chance": "!"},
        {"times": [-5]},
        {"parents": [[7]]},
        {"made": [1, 2]},
    ],
)
def test_broken_columns_are_refused(change: dict[str, list[int]]) -> None:
    good = compose(Draft("note", "s", "reference", {"a": 1}), entry_id(1), ANA, 5, b"salt" * 4)
    packed = packing.pack([wire.WireEntry.of(good)])
    assert packed
    with pytest.raises(ProtocolError):
        packing.unpack(packed.model_copy(update=change))


def test_a_day_of_answers_is_small_on_the_wire_and_whole_at_central(world: World) -> None:
    device = world.device([ANA])
    with device.write() as session:
        visit = make_visit(session)
        for number in range(150):
            answer(session, visit, f"A-{number}", ("yes", "no", "partly")[number % 3])
    sizes: list[int] = []

    def watched(method: str, path: str, headers: dict[str, str], body: bytes) -> object:
        sizes.append(len(body))
        return world.transport()(method, path, headers, body)

    world.meet(device, watched)  # type: ignore[arg-type]
    assert sizes[0] < 6_500
    assert held(world.central) == held(device)


def test_several_frames_are_one_body_and_a_broken_one_is_refused() -> None:
    data = b'{"chance":"' + b"aZ09-_" * 200 + b'"}' + b" " * 300
    body, encoding = codec.compress(data)
    assert encoding == "zstd" and body.count(b"\x28\xb5\x2f\xfd") == 3
    assert codec.decompress(body, encoding) == data
    for broken in (body[:-1], body[5:], b"xx"):
        with pytest.raises(ProtocolError):
            codec.decompress(broken, encoding)


def test_a_node_without_zstd_speaks_gzip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "HAS_ZSTD", False)
    body, encoding = codec.compress(b"x" * 1000)
    assert encoding == "gzip" and len(body) < 100 and codec.accepted() == "gzip"
    assert codec.decompress(body, encoding) == b"x" * 1000
    with pytest.raises(ProtocolError):
        codec.decompress(body, "zstd")
