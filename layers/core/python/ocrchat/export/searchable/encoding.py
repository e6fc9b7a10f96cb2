"""Images as PDF holds them (ISO 32000-1, 7.4 and 8.9.5): as they are where that can be, else without loss.

JPEG, JPEG 2000 and most PNG files are put in as they were sent. What no filter of PDF decodes is encoded again: as PNG does, or
for pictures of two colours as a fax does, whichever is smaller. Only what had lost something before (HEIC, AVIF, most WebP)
loses a little more, as JPEG: without loss it would be four to eight times as large (docs/adr/0013).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, TiffImagePlugin

from ocrchat import images
from ocrchat.media import MediaType

JPEG_QUALITY = 85
"""Pillow's scale. The error is 43 dB and more below white: nobody sees it."""

_SPACES = {"1": "/DeviceGray", "L": "/DeviceGray", "RGB": "/DeviceRGB", "CMYK": "/DeviceCMYK"}
_INVERTED = "[1 0 1 0 1 0 1 0]"
"""CMYK as Adobe's programs write it into JPEG files: 255 is no ink."""

_JP2 = b"\x00\x00\x00\x0cjP  "
"""How a JPEG 2000 file begins; a bare codestream, which Poppler complains about, does not say what its colours are."""
_JP2_HEAD = _JP2 + b"\r\n\x87\n" + b"\x00\x00\x00\x14ftypjp2 \x00\x00\x00\x00jp2 "
_JP2_SPACES = {"L": 17, "RGB": 16}
_JP2_DEPTH = 42
"""Where a codestream says how many bits its first channel has."""

_PNG_SPACES = {0: ("/DeviceGray", 1), 2: ("/DeviceRGB", 3), 3: ("", 1)}
"""Colour space and number of channels, by PNG's colour type; 3 has a palette. Others are partly transparent."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """`data` of an image XObject, `entries` of its dictionary. `orientation` is EXIF's; width, height and dots per inch are those
    of the image as it is stored. `is_lasting`: whether it may be in a PDF/A."""

    data: bytes
    entries: dict[str, str]
    width: int
    height: int
    x_dpi: float
    y_dpi: float
    orientation: int = 1
    is_lasting: bool = True


def encode(data: bytes, media_type: MediaType, image: Image.Image, index: int) -> Encoded:
    """The page at `index` of the file in `data`; `image` is that page, opened by Pillow. Raises what Pillow raises."""
    if media_type is MediaType.JPEG and image.mode in _SPACES:
        entries = {"Filter": "/DCTDecode", "ColorSpace": _SPACES[image.mode], "BitsPerComponent": "8"}
        if image.mode == "CMYK" and "adobe" in image.info:
            entries["Decode"] = _INVERTED
        # An output intent in RGB says nothing about ink.
        return _as_stored((data, entries), image, is_lasting=image.mode != "CMYK")
    if media_type is MediaType.JPEG2000 and image.mode in ("L", "RGB"):
        whole = data if data.startswith(_JP2) else _as_jp2(data, image)
        return _as_stored((whole, {"Filter": "/JPXDecode"}), image)
    if media_type is MediaType.PNG and (found := _of_png(data)):
        return _as_stored(found, image)
    return _encoded_anew(data, image, index)


_Found = tuple[bytes, dict[str, str]]
"""Data of an image XObject, and entries of its dictionary."""


def _as_stored(found: _Found, image: Image.Image, is_lasting: bool = True) -> Encoded:
    x_dpi, y_dpi = images.resolution_of(image)
    return Encoded(*found, image.width, image.height, x_dpi, y_dpi, images.orientation_of(image), is_lasting)


def _encoded_anew(data: bytes, image: Image.Image, index: int) -> Encoded:
    x_dpi, y_dpi = images.resolution_of(image)
    if image.format == "TIFF" and images.orientation_of(image) in images.SIDEWAYS:
        x_dpi, y_dpi = y_dpi, x_dpi  # Pillow turns it as it is decoded
    has_loss = _has_loss(data, image)
    if image.mode not in ("1", "L", "P", "RGB") or image.has_transparency_data or has_loss:
        page = images.frame(data, index)  # upright, over paper, 8 bits a channel
        upright = Image.frombytes("RGB", (page.width, page.height), page.pixels)
        found = _as_jpeg(upright) if has_loss else _as_png(upright)
        return Encoded(*found, page.width, page.height, page.dpi, page.dpi)
    image.load()
    if image.mode != "1":
        found = _as_png(image)
    elif image.info.get("compression") in _FAXES:
        found = _as_fax(image)
    else:
        found = min(_as_png(image), _as_fax(image), key=_length)
    return Encoded(*found, image.width, image.height, x_dpi, y_dpi, images.orientation_of(image))


_FAXES = ("group3", "group4", "tiff_ccitt")
"""As Pillow names how a TIFF is compressed."""


def _length(found: _Found) -> int:
    return len(found[0])


def _has_loss(data: bytes, image: Image.Image) -> bool:
    """Whether the file has less in it than its pixels: by the way in which it is encoded."""
    if image.format == "WEBP":
        return b"VP8L" not in data[:_HEAD]
    return image.format in ("HEIF", "AVIF", "JPEG2000") or image.info.get("compression") == "jpeg"


_HEAD = 4096  # bytes; before its pixels, a WebP may have a profile of its colours


def _as_jp2(codestream: bytes, image: Image.Image) -> bytes:
    """The codestream in a file (ISO/IEC 15444-1, annex I)."""
    channels = len(image.getbands())
    size = struct.pack(">IIHBBBB", image.height, image.width, channels, codestream[_JP2_DEPTH], 7, 0, 0)
    colours = struct.pack(">BBBI", 1, 0, 0, _JP2_SPACES[image.mode])
    header = _jp2_box(b"ihdr", size) + _jp2_box(b"colr", colours)
    return _JP2_HEAD + _jp2_box(b"jp2h", header) + _jp2_box(b"jp2c", codestream)


def _jp2_box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def _as_jpeg(image: Image.Image) -> _Found:
    output = BytesIO()
    image.save(output, "JPEG", quality=JPEG_QUALITY)
    return output.getvalue(), {"Filter": "/DCTDecode", "ColorSpace": "/DeviceRGB", "BitsPerComponent": "8"}


def _as_png(image: Image.Image) -> _Found:
    output = BytesIO()
    image.save(output, "PNG")
    found = _of_png(output.getvalue())
    assert found
    return found


def _as_fax(image: Image.Image) -> _Found:
    """CCITT Group 4, by libtiff, in one strip."""
    output = BytesIO()
    one_strip = {TiffImagePlugin.ROWSPERSTRIP: image.height}
    image.save(output, "TIFF", compression="group4", tiffinfo=one_strip)
    with Image.open(output) as written:
        tags = written.tag_v2  # type: ignore[attr-defined]
        (start,), (length,) = tags[TiffImagePlugin.STRIPOFFSETS], tags[TiffImagePlugin.STRIPBYTECOUNTS]
        is_black_one = tags[TiffImagePlugin.PHOTOMETRIC_INTERPRETATION] == 1
    entries = {
        "Filter": "/CCITTFaxDecode",
        "DecodeParms": f"<</K -1/Columns {image.width}/Rows {image.height}/BlackIs1 {str(is_black_one).lower()}>>",
        "ColorSpace": "/DeviceGray",
        "BitsPerComponent": "1",
    }
    return output.getvalue()[start : start + length], entries


def _of_png(data: bytes) -> _Found | None:
    """The compressed rows of a PNG file, which PDF can hold as they are; None if they are interlaced or partly transparent."""
    chunks = list(_chunks(data))
    width, _, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if interlaced or colours not in _PNG_SPACES or any(kind == b"tRNS" for kind, _ in chunks):
        return None
    space, channels = _PNG_SPACES[colours]
    if not space:
        palette = next(content for kind, content in chunks if kind == b"PLTE")
        space = f"[/Indexed/DeviceRGB {len(palette) // 3 - 1}<{palette.hex()}>]"
    parameters = f"<</Predictor 15/Colors {channels}/BitsPerComponent {depth}/Columns {width}>>"
    entries = {"Filter": "/FlateDecode", "DecodeParms": parameters, "ColorSpace": space, "BitsPerComponent": str(depth)}
    return b"".join(content for kind, content in chunks if kind == b"IDAT"), entries


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, content) of each chunk of a PNG file."""
    position = 8
    while position + 8 <= len(data):
        length = int.from_bytes(data[position : position + 4])
        yield data[position + 4 : position + 8], data[position + 8 : position + 8 + length]
        position += 12 + length
