"""What the length of a message tells: whoever counts bytes on the way sees few lengths, and not whether it was an alert."""

from __future__ import annotations

import time

import pytest
import zstandard

from app.errors import ProtocolError
from app.sync import codec
from app.sync.link import Reply
from tests.builders import World, answer, make_visit

ALLOWED = {256, 512}


def is_allowed(length: int) -> bool:
    return length in ALLOWED or (length >= 1024 and length % 1024 == 0)


@pytest.fixture
def lengths(world: World) -> list[tuple[int, int]]:
    """Bytes of each request and of its answer."""
    return []


def test_an_alert_an_answer_and_a_new_visit_are_of_one_length(world: World, lengths: list[tuple[int, int]]) -> None:
    def counted(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        reply = world.transport()(method, path, headers, body)
        lengths.append((len(body), len(reply.body)))
        return reply

    device = world.device()
    for _ in range(3):
        world.meet(device)
    world.meet(device, counted)
    with device.write() as session:
        visit = make_visit(session)
    world.meet(device, counted)
    for lane in (1, 0, 0):
        with device.write() as session:
            answer(session, visit, f"A-{lane}", "no", lane=lane)
        world.meet(device, counted)
    idle, *busy = lengths
    assert idle == (512, 256)
    assert set(busy) == {(1024, 1024)}


@pytest.mark.parametrize("size", [0, 1, 199, 200, 240, 247, 248, 249, 500, 504, 505, 1015, 1016, 1017, 5000, 70_000])
def test_a_body_is_of_an_allowed_length_and_comes_out_as_it_went_in(size: int) -> None:
    data = codec.compress.__doc__.encode() * 500 if size == 5000 and codec.compress.__doc__ else zstandard.compress(b"")
    data = (data + bytes(range(256)) * 300)[:size]
    body, encoding = codec.padded(data)
    assert is_allowed(len(body)) and encoding == "zstd"
    assert codec.decompress(body, encoding) == data


def test_an_older_reader_passes_over_what_was_added() -> None:
    """As every decoder does that knows RFC 8878: two, here, that know nothing of padding."""
    data = b'{"a": 1}' * 90
    body, _ = codec.padded(data)
    reader = zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True)
    assert reader.read() == data
    assert zstandard.ZstdDecompressor().decompressobj().decompress(body) == data


def test_who_reads_no_zstd_gets_no_padding() -> None:
    assert codec.padded(b"x" * 300, "gzip") == codec.compress(b"x" * 300, "gzip")
    assert codec.padded(b"x" * 300, "") == (b"x" * 300, "identity")


def test_a_body_of_a_million_empty_frames_is_refused_at_once() -> None:
    empty = zstandard.ZstdCompressor().compress(b"")
    began = time.monotonic()
    for frame in (empty, codec.SKIPPED.pack(codec.SKIP_MAGIC, 0)):
        with pytest.raises(ProtocolError):
            codec.decompress(frame * 1_000_000, "zstd")
    assert time.monotonic() - began < 5
