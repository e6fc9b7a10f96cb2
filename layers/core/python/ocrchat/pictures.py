"""Pages as pictures that a model is shown: encoded, no larger than it sees, and as many bytes as a request may have."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from PIL import Image, ImageChops, ImageFilter

from ocrchat.model import Box, PageImage
from ocrchat.vlm.chat import Picture

MOST_BYTES = 4_100_000
"""Encoded in base64 that is 5.5 MB: a request may have 6."""

_PNG_LEVEL = 3
_JPEG_QUALITIES = (92, 85, 60)
_SHADE = 24
"""Of 255: what differs so much from the paper around it is ink, faint pencil too."""
_INK_SIDE = 1000
_AROUND = 8
"""Pixels of a picture of that size: the paper is looked for in blocks of so many, two blocks far. Shadows change more slowly."""


def encode(page: PageImage, longest_edge: int, multiple: int = 1) -> Picture:
    """A PNG, or a JPEG where that has too many bytes, and smaller where that has. Sides are multiples of `multiple`, which
    stretches by a percent."""
    return _encoded(Image.frombytes("RGB", (page.width, page.height), page.pixels), longest_edge, multiple)


def shrunk(picture: Picture, longest_edge: int, multiple: int = 1) -> Picture:
    """The same picture, its longer side at most so long."""
    with Image.open(BytesIO(picture.content)) as image:
        return _encoded(image.convert("RGB"), longest_edge, multiple)


def opened(content: bytes) -> Picture:
    """What `encode` made."""
    with Image.open(BytesIO(content)) as image:
        return Picture(content, f"image/{(image.format or '').lower()}", image.width, image.height)


def ink(content: bytes, page_width: int, page_height: int) -> Callable[[Box], float]:
    """What says of a place on the page (in pixels of the page, whose size is given) which share of it is not paper: 0..1.

    Paper is what is lightest around, on a dark page what is darkest.
    """
    with Image.open(BytesIO(content)) as image:
        grey = image.convert("L")
    grey.thumbnail((_INK_SIDE, _INK_SIDE))
    counts = grey.histogram()
    is_dark = counts.index(max(counts)) < 128
    lightest = ImageFilter.MinFilter(5) if is_dark else ImageFilter.MaxFilter(5)
    paper = grey.reduce(_AROUND).filter(lightest).resize(grey.size)
    contrast = ImageChops.difference(grey, paper)
    x, y = grey.width / page_width, grey.height / page_height

    def share(box: Box) -> float:
        x0, y0 = min(max(int(box.x0 * x), 0), grey.width - 1), min(max(int(box.y0 * y), 0), grey.height - 1)
        x1, y1 = min(max(int(box.x1 * x), x0 + 1), grey.width), min(max(int(box.y1 * y), y0 + 1), grey.height)
        found = contrast.crop((x0, y0, x1, y1)).histogram()
        return sum(found[_SHADE + 1 :]) / sum(found)

    return share


def _encoded(image: Image.Image, longest_edge: int, multiple: int) -> Picture:
    scale = min(1.0, longest_edge / max(image.size))
    width, height = (max(multiple, round(side * scale / multiple) * multiple) for side in image.size)
    if (width, height) != image.size:
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=_PNG_LEVEL)
    kind = "image/png"
    for quality in _JPEG_QUALITIES:
        if buffer.tell() <= MOST_BYTES:
            break
        buffer, kind = BytesIO(), "image/jpeg"
        image.save(buffer, "JPEG", quality=quality)
    if buffer.tell() > MOST_BYTES:
        return _encoded(image, max(image.size) * 3 // 4, multiple)
    return Picture(buffer.getvalue(), kind, width, height)
