"""Photos of an empty room that nobody took: drawn, so that the demo shows no real place."""

import io
from typing import Final

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1280, 960
WALLS: Final = {"cell": ("#9aa59b", "#7f8a82", "#5c5148"), "corridor": ("#b7ab93", "#a0947d", "#4f4b46")}


def empty_room(look: str) -> bytes:
    """A JPEG of a drawn room: `cell` with a bunk under a barred window, `corridor` with a locked door."""
    back, side, floor = WALLS[look]
    image = Image.new("RGB", (WIDTH, HEIGHT), side)
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, HEIGHT), (360, 620), (920, 620), (WIDTH, HEIGHT)], fill=floor)
    draw.polygon([(0, 0), (360, 180), (920, 180), (WIDTH, 0)], fill="#c9c6bd")
    draw.rectangle((360, 180, 920, 620), fill=back, outline="#6b746d", width=3)
    if look == "cell":
        _window(draw)
        _bunk(draw)
    else:
        _door(draw)
    draw.text((24, HEIGHT - 44), "sample", fill="#ffffff", font_size=28)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def _window(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((540, 230, 740, 360), fill="#dfe9ef", outline="#3f453f", width=8)
    for x in range(565, 740, 25):
        draw.line((x, 230, x, 360), fill="#3f453f", width=6)


def _bunk(draw: ImageDraw.ImageDraw) -> None:
    for top in (400, 560):
        draw.polygon([(140, top + 190), (380, top), (470, top), (330, top + 190)], fill="#6f7d8c", outline="#3c444c")
    for x, top in ((150, 590), (330, 590), (384, 400), (464, 400)):
        draw.line((x, top - 60, x, top + 230), fill="#33383d", width=10)


def _door(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((560, 290, 730, 620), fill="#54606b", outline="#2d343a", width=8)
    draw.rectangle((600, 340, 690, 390), fill="#2d343a")
    draw.arc((684, 440, 712, 480), 180, 360, fill="#c9b26a", width=6)
    draw.rectangle((678, 462, 718, 496), fill="#c2a14a", outline="#6d5a25", width=2)
