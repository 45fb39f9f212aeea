"""Photos: drawn anew, refused with a reason, kept once."""

import contextlib
import io
import random
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from app.errors import PhotoRefused
from app.store import attachments
from app.store.attachments import PHOTO_TYPE, redraw_photo, thumbnail_of
from app.store.db import Database

CANARY = b"Kanarienvogel"


def photo(size: tuple[int, int] = (400, 300), form: str = "JPEG", **more: object) -> bytes:
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    out = io.BytesIO()
    image.save(out, form, **more)  # type: ignore[arg-type]
    return out.getvalue()


def exif_with_place(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = CANARY.decode()  # maker
    exif[0x0112] = orientation
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (43.0, 15.0, 0.0)
    return exif


def test_exif_place_and_comment_are_gone() -> None:
    data = photo(exif=exif_with_place(), comment=CANARY) + CANARY  # and a trailer, as motion photos have
    source = Image.open(io.BytesIO(data))
    assert source.getexif().get_ifd(0x8825) and source.info["comment"] == CANARY
    redrawn = redraw_photo(data, 1024)
    for kept in (redrawn.data, redrawn.thumbnail):
        image = Image.open(io.BytesIO(kept))
        assert image.format == "WEBP"
        assert not image.getexif() and not image.getexif().get_ifd(0x8825)
        assert CANARY not in kept
        assert {chunk for chunk in (b"EXIF", b"XMP ", b"ICCP") if chunk in kept} == set()


def test_png_texts_and_webp_xmp_are_gone() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", CANARY.decode())
    for data in (photo(form="PNG", pnginfo=texts), photo(form="WEBP", xmp=CANARY, exif=exif_with_place())):
        assert CANARY in data
        assert CANARY not in redraw_photo(data, 1024).data


def test_a_photo_taken_upright_stays_upright() -> None:
    assert (redraw_photo(photo((400, 300), exif=exif_with_place(6)), 1024).width) == 300


def test_a_large_photo_is_made_small_and_its_shape_is_kept() -> None:
    redrawn = redraw_photo(photo((3000, 1500)), 1024)
    assert (redrawn.width, redrawn.height) == (1024, 512)
    assert len(redrawn.data) < 100_000
    assert max(Image.open(io.BytesIO(redrawn.thumbnail)).size) == attachments.THUMBNAIL_EDGE_PX


def test_a_small_photo_is_not_blown_up() -> None:
    assert (redraw_photo(photo((40, 30)), 1024).width, redraw_photo(photo((40, 30)), 1024).height) == (40, 30)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "1", "CMYK", "LA", "I;16"])
def test_photos_of_every_colour_mode_are_taken(form: str, mode: str) -> None:
    image = Image.linear_gradient("L").convert(mode) if mode != "I;16" else Image.new("I;16", (256, 256))
    out = io.BytesIO()
    try:
        image.save(out, form)
    except OSError:
        pytest.skip(f"{form} has no {mode}")
    assert redraw_photo(out.getvalue(), 1024).width == 256


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7",
        b"\xff\xd8\xff",
        photo()[:200],
        photo(form="PNG")[:60],
        photo(form="GIF"),
        photo(form="BMP"),
        photo(form="TIFF"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(PhotoRefused, match="not a photo") as caught:
        redraw_photo(data, 1024)
    assert caught.value.field == "photo"
    assert thumbnail_of(data) is None


def test_sixty_megapixels_are_refused_before_they_are_unpacked() -> None:
    data = _png_that_says(10_000, 6_000)
    with pytest.raises(PhotoRefused, match="40 megapixels"):
        redraw_photo(data, 1024)


@pytest.mark.parametrize("size", [(30_000, 30_000), (2_000_000, 2_000_000), (1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    with pytest.raises(PhotoRefused):
        redraw_photo(_png_that_says(*size), 1024)


def test_a_bomb_of_text_in_a_png_is_refused() -> None:
    texts = b"Comment\0\0" + zlib.compress(b"x" * 100_000_000, 9)
    data = photo(form="PNG")
    data = data[:33] + _chunk(b"zTXt", texts) + data[33:]
    with contextlib.suppress(PhotoRefused):
        assert redraw_photo(data, 1024).width == 400  # passed over is as good as refused


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow says what is wrong with the EXIF
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_damaged_photo_is_drawn_or_refused_and_breaks_nothing(form: str) -> None:
    whole = photo((64, 48), form, exif=exif_with_place(3).tobytes())
    chance, drawn = random.Random(5), []
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        end = chance.choice([len(data), chance.randrange(20, len(data))])  # half are cut short
        with contextlib.suppress(PhotoRefused):
            drawn.append(redraw_photo(bytes(data[:end]), 64))
    assert 0 < len(drawn) < 400  # some are still photos, some are not
    assert all(one.data[8:12] == b"WEBP" and max(one.width, one.height) <= 64 for one in drawn)


def test_the_same_bytes_are_kept_once_under_their_hash(central: Database) -> None:
    data = photo()
    for _ in range(2):
        with central.write() as session:
            sha256 = attachments.keep(session, data, PHOTO_TYPE, "visit:v", b"small")
    with central.read() as session:
        assert sha256 == attachments.sha256_of(data)
        assert attachments.read(session, sha256) == (PHOTO_TYPE, data)
        assert attachments.read_thumbnail(session, sha256) == b"small"
        assert attachments.unsent(session) == [(sha256, len(data))]
        assert attachments.sent_counts(session, "visit:v") == (0, 1)
        assert attachments.present(session, [sha256, "0" * 64]) == {sha256}
        assert attachments.scope_of(session, sha256) == "visit:v"
    with central.write() as session:
        attachments.mark_sent(session, sha256, 5)
        assert attachments.unsent(session) == []
        assert attachments.sent_counts(session, "visit:v") == (1, 1)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _png_that_says(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")
