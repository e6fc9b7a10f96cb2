"""Image files, decoded by Pillow; nothing else imports it.

A TIFF and a GIF have a page for each frame. An animated PNG, WebP or AVIF is one page, its first frame: that is what every
viewer without animation shows. A HEIC is one page too, its primary image: the others are the rest of a burst.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from math import ceil, isfinite
from typing import cast

from PIL import ExifTags, Image, ImageStat
from PIL.GifImagePlugin import GifImageFile

from ocrchat.errors import DamagedFile, TooManyPixels
from ocrchat.media import SNIFFED_BYTES, MediaType, sniff
from ocrchat.model import PageImage

MAX_PIXELS = 120_000_000
"""Largest image that is decoded (width * height); a phone's largest are 108 million."""

_MAX_PIXELS_OF = {"WEBP": 64_000_000, "AVIF": 64_000_000, "JPEG2000": 30_000_000}
"""Fewer for these: their decoders hold the whole picture several times over, and a worker has room for 1.5 GB."""

MAX_FRAMES = 1000
"""Of a TIFF or a GIF. It cannot be cut as a PDF is, and to find a frame its decoders go through all before it."""

PAGE_PIXELS = 40_000_000
"""Larger images are reduced to at most this when they become pages, and positions then are those of the reduced page."""

DEFAULT_DPI = 96.0
"""Where a file does not say, or says what cannot be true."""

GUESSES = (72.0, DEFAULT_DPI)
"""Resolutions that say nothing: cameras write 72 where they know none, and Pillow does where EXIF has none."""

_PLAUSIBLE_DPI = (50, 1200)

# What Pillow's and libheif's parsers raise on hostile files. Not documented, hence a list learnt from files that broke them.
BROKEN = (
    OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError, KeyError, TypeError, OverflowError,
    ZeroDivisionError, RuntimeError,
)  # fmt: skip

# Pillow checks sizes as well, deeper than we can (a GIF's frames may outgrow its screen). It warns at its limit and raises
# at twice that, so half of ours makes it raise at ours.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
warnings.filterwarnings("ignore", module="PIL")  # at that, and at each odd tag of a TIFF


def inspect(data: bytes, media_type: MediaType, count_to: int) -> int:
    """Number of pages, not counted further than `count_to`.

    The first one is decoded unless it is very large, so that a damaged file is refused now.

    Raises DamagedFile or TooManyPixels.
    """
    with opened(data) as image:
        check_size(image)
        image.draft("RGB", (1, 1))  # JPEG: all of it is read, but only an eighth of each side decoded
        if image.width * image.height <= PAGE_PIXELS:
            image.load()
        return _count(image, count_to) if media_type in (MediaType.GIF, MediaType.TIFF) else 1


def frame(data: bytes, index: int) -> PageImage:
    """The page at `index` as it is meant to be seen: upright, with square pixels, over white.

    Raises DamagedFile, also for an image that is cut off, or TooManyPixels.
    """
    with opened(data) as image:
        if index:  # a HEIC opens at its primary image, which need not be its first
            image.seek(index)
        check_size(image)
        x_dpi, y_dpi = resolution_of(image)
        if (
            image.format == "TIFF" and orientation_of(image) in SIDEWAYS
        ):  # turned as it is decoded, its resolution is not
            x_dpi, y_dpi = y_dpi, x_dpi
        longest = max(image.size)
        small = _decoded(image)
        reduction = max(small.size) / longest
        orientation = orientation_of(image)
        if orientation in SIDEWAYS:
            x_dpi, y_dpi = y_dpi, x_dpi
        rgb = _to_rgb(small)
        if orientation in _TURNED:
            rgb = rgb.transpose(_TURNED[orientation])
        # A fax has twice as many pixels across as down; letters can only be recognised in their real proportions.
        dpi = max(x_dpi, y_dpi)
        width, height = rgb.width * dpi / x_dpi, rgb.height * dpi / y_dpi
        shrink = max(1.0, (width * height / PAGE_PIXELS) ** 0.5)
        size = max(1, round(width / shrink)), max(1, round(height / shrink))
        if size != rgb.size:
            rgb = rgb.resize(size, Image.Resampling.BICUBIC)
        return PageImage(rgb.tobytes(), rgb.width, rgb.height, dpi * reduction / shrink)


@contextmanager
def opened(data: bytes) -> Iterator[Image.Image]:
    """The image while it is open; what Pillow raises meanwhile becomes an error of ours."""
    try:
        with _image(data) as image:
            yield image
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(MAX_PIXELS) from error
    except BROKEN as error:
        raise DamagedFile(
            "The image cannot be decoded: it is damaged or was cut off on the way. Check that it opens in a viewer, save it "
            "anew, and send it again."
        ) from error


def _image(data: bytes) -> Image.Image:
    if sniff(data[:SNIFFED_BYTES]) is not MediaType.HEIC:
        return Image.open(BytesIO(data))
    import pillow_heif  # only here, so that only a HEIC pays for loading it

    # Image.open would look at the major brand alone.
    image: Image.Image = pillow_heif.HeifImageFile(BytesIO(data))  # type: ignore[no-untyped-call]  # it has no types
    if image.mode == "I;16":
        raise ValueError(
            "more than 8 bits of grey: the decoder has written beyond its buffer where the pixels have fewer"
        )
    return image


def check_size(image: Image.Image) -> None:
    limit = _MAX_PIXELS_OF.get(image.format or "", MAX_PIXELS)
    if image.width * image.height > limit:
        raise _too_many_pixels(limit)


def _too_many_pixels(limit: int) -> TooManyPixels:
    return TooManyPixels(
        f"The image has more than {limit // 1_000_000} million pixels. Send it smaller: 300 dpi are enough for print."
    )


def _count(image: Image.Image, most: int) -> int:
    """What `n_frames` says, had it an end: it takes a minute for the 5 million frames of a GIF of 85 MB, more for a TIFF."""
    seek = partial(image._seek, update_image=False) if isinstance(image, GifImageFile) else image.seek
    for number in range(1, most):
        try:
            seek(number)
        except EOFError:
            return number
    return most


def _decoded(image: Image.Image) -> Image.Image:
    """The pixels, at most `PAGE_PIXELS` of them. Reduced before anything else: each copy of a large image is 500 MB."""
    factor = (image.width * image.height / PAGE_PIXELS) ** 0.5
    if factor > 1:
        image.draft(None, (ceil(image.width / factor), ceil(image.height / factor)))  # JPEG: decoded at half the size
    image.load()
    step = ceil((image.width * image.height / PAGE_PIXELS) ** 0.5)
    if step == 1:
        return image
    if image.mode in ("1", "P", "PA"):
        return image.convert("RGBA" if image.has_transparency_data else "RGB").reduce(step)
    if image.mode.startswith("I;16"):
        return _from_16_bits(image.convert("I").reduce(step))
    return image.reduce(step)


def orientation_of(image: Image.Image) -> int:
    """EXIF's; of a decoded image, what is left of it. Unreadable EXIF says nothing: it is no reason to refuse the picture."""
    if image.format == "HEIF":  # turned by its decoder, as the container says; EXIF in it only repeats that
        return 1
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except BROKEN:
        return 1


_TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How an image is turned upright, by its EXIF orientation."""
SIDEWAYS = (5, 6, 7, 8)


def resolution_of(image: Image.Image) -> tuple[float, float]:
    """Dots per inch across and down."""
    try:
        x_dpi, y_dpi = (float(value) for value in image.info["dpi"])
    except BROKEN:
        return DEFAULT_DPI, DEFAULT_DPI
    low, high = _PLAUSIBLE_DPI
    if not (low <= x_dpi <= high and low <= y_dpi <= high):
        return DEFAULT_DPI, DEFAULT_DPI
    return x_dpi, y_dpi


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return _from_16_bits(image.convert("I")).convert("RGB")
    if image.mode in ("I", "F"):  # 32 bits: no range is agreed on, so the one that is used
        low, high = cast(tuple[float, float], image.getextrema())
        if not (isfinite(low) and isfinite(high)):
            raise ValueError("pixels that are no numbers")
        scale = 255 / (high - low) if high > low else 0.0
        return image.convert("F").point(lambda value: value * scale - low * scale).convert("RGB")
    if image.has_transparency_data:
        return _over_paper(image.convert("RGBA"))
    return image.convert("RGB")


def _from_16_bits(image: Image.Image) -> Image.Image:
    return image.point(lambda value: value * (1 / 257)).convert("L")


def _over_paper(image: Image.Image) -> Image.Image:
    """What is transparent becomes white, or black where all that can be seen is itself nearly white."""
    opacity = image.getchannel("A")
    seen = ImageStat.Stat(image.convert("L"), opacity)
    paper = "black" if seen.count[0] and seen.mean[0] > 240 else "white"
    page = Image.new("RGB", image.size, paper)
    page.paste(image, mask=opacity)
    return page
