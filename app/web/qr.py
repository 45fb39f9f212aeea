"""QR pictures for pages: drawn by the template, without style or data address."""

import io

import segno


def qr_path(text: str) -> tuple[str, int]:
    """A QR picture as an SVG path and its width, in modules."""
    lines = io.StringIO()
    picture = segno.make(text, error="m")
    for y, row in enumerate(picture.matrix_iter(border=2)):
        for x, is_dark in enumerate(row):
            if is_dark:
                lines.write(f"M{x} {y}h1v1h-1z")
    return lines.getvalue(), int(picture.symbol_size(border=2)[0])
