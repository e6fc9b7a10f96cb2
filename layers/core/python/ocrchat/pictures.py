"""Pages as pictures that a model is shown: encoded, no larger than it sees, and as many bytes as a request may have."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from PIL import Image

from ocrchat.model import Box, PageImage
from ocrchat.vlm.chat import Picture

MOST_BYTES = 4_100_000
"""Encoded in base64 that is 5.5 MB: a request may have 6."""

_PNG_LEVEL = 3
_JPEG_QUALITIES = (92, 85, 60)
_SHADE = 48
"""Of 255: what differs so much from its paper is ink."""
_INK_SIDE = 1000


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

    Paper is the most frequent brightness of the page, print darker or lighter than that.
    """
    with Image.open(BytesIO(content)) as image:
        grey = image.convert("L")
    grey.thumbnail((_INK_SIDE, _INK_SIDE))
    counts = grey.histogram()
    paper = counts.index(max(counts))
    x, y = grey.width / page_width, grey.height / page_height

    def share(box: Box) -> float:
        x0, y0 = min(max(int(box.x0 * x), 0), grey.width - 1), min(max(int(box.y0 * y), 0), grey.height - 1)
        x1, y1 = min(max(int(box.x1 * x), x0 + 1), grey.width), min(max(int(box.y1 * y), y0 + 1), grey.height)
        found = grey.crop((x0, y0, x1, y1)).histogram()
        return sum(count for value, count in enumerate(found) if abs(value - paper) > _SHADE) / sum(found)

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
