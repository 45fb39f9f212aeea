"""Files that call themselves photos: what the camera or somebody else hid in them is not in what is kept, bombs do not
go off, and broken bytes are refused with a reason and nothing else. All of them are made here."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image, PngImagePlugin

from app.errors import PhotoRefused
from app.store.attachments import THUMBNAIL_EDGE_PX, redraw_photo

SECRET = b"qanat-qus"
EDGE = 1024
BROKEN, BROKEN_LONG = 150, 20_000


def drawn(kind: str, size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    out = io.BytesIO()
    Image.frombytes("RGB", size, random.Random(3).randbytes(size[0] * size[1] * 3)).save(out, kind, **options)
    return out.getvalue()


def with_segment(marker: int, content: bytes) -> bytes:
    """A JPEG with one more segment behind its start."""
    photo = drawn("JPEG")
    return photo[:2] + struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content + photo[2:]


def exif() -> bytes:
    told = Image.Exif()
    told[0x010E] = told[0x9286] = SECRET.decode()
    told.get_ifd(0x8825).update({1: "N", 2: (43.0, 15.0, 12.5), 29: SECRET.decode()})
    return told.tobytes()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_texts() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", SECRET.decode())
    texts.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta>{SECRET.decode()}</x:xmpmeta>", zip=True)
    return drawn("PNG", pnginfo=texts, exif=exif())


HIDING: dict[str, Callable[[], bytes]] = {
    "exif": lambda: drawn("JPEG", exif=exif()),
    "xmp": lambda: with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"),
    "iptc": lambda: with_segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0e\x1c\x02\x78\0\x09" + SECRET),
    "comment": lambda: with_segment(0xFE, SECRET),
    "many comments": lambda: drawn("JPEG", comment=SECRET * 3000),
    "second picture": lambda: with_segment(0xE2, b"MPF\0II*\0\x08\0\0\0" + SECRET) + drawn("JPEG", exif=exif()),
    "colour profile": lambda: drawn("JPEG", icc_profile=SECRET * 50),
    "film behind it": lambda: drawn("JPEG") + b"\0\0\0\x18ftypmp42" + SECRET,
    "samsung": lambda: drawn("JPEG") + b"MotionPhoto_Data" + SECRET + b"SEFH",
    "png texts": png_texts,
    "behind a png": lambda: drawn("PNG") + SECRET,
    "webp": lambda: drawn("WEBP", exif=exif(), xmp=SECRET, icc_profile=SECRET * 9),
    "page": lambda: with_segment(0xFE, b"*/--><html><script>" + SECRET + b"</script></html><!--/*"),
    "script": lambda: with_segment(0xFE, b"*/=1;alert('" + SECRET + b"')/*"),
    "drawing": lambda: drawn("JPEG") + b"<svg xmlns='http://www.w3.org/2000/svg' onload='" + SECRET + b"'/>",
    "archive": lambda: drawn("JPEG") + b"PK\x03\x04" + SECRET + b"PK\x05\x06" + b"\0" * 18,
    "document": lambda: with_segment(0xFE, b"\n%PDF-1.7\n" + SECRET) + b"\n%%EOF",
    "program": lambda: drawn("PNG") + b"MZ\x90\0" + SECRET,
}


def chunks_of(webp: bytes) -> list[bytes]:
    """The kinds of chunks of a WebP file, to its last byte."""
    kinds, at = [], 12
    assert webp[:4] == b"RIFF" and webp[8:12] == b"WEBP" and struct.unpack("<I", webp[4:8])[0] + 8 == len(webp)
    while at < len(webp):
        kinds.append(webp[at : at + 4])
        at += 8 + (struct.unpack("<I", webp[at + 4 : at + 8])[0] + 1) // 2 * 2
    assert at == len(webp)
    return kinds


@pytest.mark.parametrize("kind", HIDING)
def test_what_is_hidden_in_a_photo_is_not_in_what_is_kept(kind: str) -> None:
    photo = HIDING[kind]()
    assert SECRET in photo or SECRET.decode().encode("utf-16-le") in photo or kind in ("exif", "png texts", "webp")
    kept = redraw_photo(photo, EDGE)
    for made in (kept.data, kept.thumbnail):
        assert chunks_of(made) == [b"VP8 "]  # pixels, and no chunk that could hold anything else
        assert SECRET not in made and b"<" + b"script" not in made


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script></html>",
        b"GIF89a/*" + b"\0" * 60 + b"*/=1;alert(1)",
        b"%PDF-1.7\n",
        b"PK\x03\x04" + b"\0" * 60,
        b"BM" + b"\0" * 60,
        b"II*\0\x08\0\0\0" + b"\0" * 60,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0" * 60,
        b"\0\0\0\x1cftypheic" + b"\0" * 60,
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\xff\xff\xff\xffWEBPVP8X",
    ],
)
def test_what_is_none_of_the_three_kinds_is_no_photo(data: bytes) -> None:
    with pytest.raises(PhotoRefused):
        redraw_photo(data, EDGE)


def png_of(width: int, height: int, data: bytes, extra: bytes = b"") -> bytes:
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + png_chunk(b"IDAT", zlib.compress(data, 9)) + png_chunk(b"IEND", b"")


def jpeg_of(width: int, height: int) -> bytes:
    """A JPEG whose frame says another size than its pixels have."""
    photo = bytearray(drawn("JPEG"))
    at = photo.index(b"\xff\xc0")
    photo[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(photo)


@pytest.mark.parametrize(
    "bomb",
    [
        png_of(50_000, 50_000, b"\0" * 10**6),
        png_of(2**31 - 1, 2**31 - 1, b"\0"),
        png_of(40_000_001, 1, b"\0"),
        png_of(100, 100, b"\0" * 100, png_chunk(b"zTXt", b"c\0\0" + zlib.compress(b"\0" * 50_000_000, 9))),
        jpeg_of(65_500, 65_500),
    ],
    ids=["50k px", "2^62 px", "a line of 40 million", "text of 50 MB", "jpeg of 4 Gpx"],
)
def test_a_bomb_is_refused_before_it_is_unpacked(bomb: bytes) -> None:
    assert len(bomb) < 100_000
    with pytest.raises(PhotoRefused):
        redraw_photo(bomb, EDGE)


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_of_a_moving_picture_the_first_frame_is_kept(kind: str) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("green", "red", "red")]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=10)
    kept = Image.open(io.BytesIO(redraw_photo(out.getvalue(), EDGE).data))
    assert getattr(kept, "n_frames", 1) == 1
    red, green, _ = kept.convert("RGB").getpixel((20, 15))  # type: ignore[misc]
    assert green > red


def test_a_photo_of_one_line_has_a_thumbnail() -> None:
    kept = redraw_photo(drawn("PNG", (5000, 1)), EDGE)
    assert (kept.width, kept.height) == (EDGE, 1)
    assert Image.open(io.BytesIO(kept.thumbnail)).size == (THUMBNAIL_EDGE_PX, 1)


@pytest.mark.parametrize("times", [BROKEN, pytest.param(BROKEN_LONG, marks=pytest.mark.long)])
def test_broken_bytes_are_a_photo_or_a_refusal_and_nothing_else(times: int) -> None:
    whole = [make() for make in HIDING.values()]
    for _ in range(times):
        photo = bytearray(random.choice(whole))
        for _ in range(random.choice((1, 3, 30))):
            at = random.randrange(len(photo) if random.random() < 0.3 else min(len(photo), 400))
            photo[at] = random.choice((0, 1, 0x7F, 0xFF, random.randrange(256)))
        if random.random() < 0.3:
            del photo[random.randrange(len(photo)) :]
        try:
            kept = redraw_photo(bytes(photo), 320)
        except PhotoRefused:
            continue
        except BaseException as error:
            error.add_note(bytes(photo).hex())
            raise
        assert max(kept.width, kept.height) <= 320, bytes(photo).hex()
