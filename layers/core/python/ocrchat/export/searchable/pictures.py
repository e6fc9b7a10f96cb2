"""A submitted image as a PDF: a page for each of its pages, as large as the image says that it is, with its text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pymupdf
from PIL import Image

from ocrchat import images
from ocrchat.export import paper
from ocrchat.export.searchable import archive, layer, placement
from ocrchat.export.searchable.encoding import Encoded, encode
from ocrchat.export.searchable.objects import TextWriter, add_stream
from ocrchat.media import MediaType
from ocrchat.model import Document, PageResult

_POINTS = 72  # an inch
_LARGEST = 14_400
"""Units of a page's side, in PDF/A-2 as in most readers. Of what is larger, the unit is larger."""


_MATRICES = {
    1: (1, 0, 0, 1, 0, 0),
    2: (-1, 0, 0, 1, 1, 0),
    3: (-1, 0, 0, -1, 1, 1),
    4: (1, 0, 0, -1, 0, 1),
    5: (0, -1, -1, 0, 1, 1),
    6: (0, -1, 1, 0, 0, 1),
    7: (0, 1, 1, 0, 0, 0),
    8: (0, 1, -1, 0, 1, 0),
}
"""How an image is turned upright in its square (ISO 32000-1, 8.9.5.1: of side 1, y upwards), by its EXIF orientation."""


def write(document: Document, source: Path, media_type: MediaType) -> bytes:
    """Raises DamagedFile where no page can be decoded."""
    data = source.read_bytes()
    with pymupdf.open() as pdf:
        writer = TextWriter(pdf)
        is_lasting = True
        for number, (result, picture) in enumerate(_pictures(data, media_type, document.pages)):
            _add_page(pdf, writer, number, result, picture)
            is_lasting = is_lasting and (picture is None or picture.is_lasting)
        writer.finish()
        if is_lasting:
            archive.declare(pdf)
        name = hashlib.sha256(data).hexdigest()[:32]
        pdf.xref_set_key(-1, "ID", f"[<{name}><{name}>]")
        return bytes(pdf.tobytes(use_objstms=1, no_new_id=True))


def _pictures(
    data: bytes, media_type: MediaType, pages: Sequence[PageResult]
) -> Iterator[tuple[PageResult, Encoded | None]]:
    """Each page with its image; None for one that is damaged."""
    with images.opened(data) as image:
        for page in pages:
            try:
                yield page, _picture(data, media_type, image, page.index)
            except images.BROKEN:
                yield page, None


def _picture(data: bytes, media_type: MediaType, image: Image.Image, index: int) -> Encoded:
    if index:  # a HEIC opens at its primary image, which need not be its first
        image.seek(index)
    images.check_size(image)
    return encode(data, media_type, image, index)


def _add_page(
    pdf: pymupdf.Document, writer: TextWriter, number: int, result: PageResult, picture: Encoded | None
) -> None:
    if picture is None:  # it cannot be decoded
        pdf.new_page(width=_POINTS * paper.A4[0], height=_POINTS * paper.A4[1])
        return
    width, height = _POINTS * picture.width / picture.x_dpi, _POINTS * picture.height / picture.y_dpi
    if picture.x_dpi in images.GUESSES:
        longest = max(width, height) / _POINTS
        scale = paper.reduced(longest) / longest
        width, height, result = width * scale, height * scale, replace(result, dpi=result.dpi / scale)
    if picture.orientation in images.SIDEWAYS:
        width, height = height, width
    unit = max(1.0, max(width, height) / _LARGEST)
    page = pdf.new_page(width=width / unit, height=height / unit)
    if unit > 1:
        pdf.xref_set_key(page.xref, "UserUnit", f"{unit:.5f}")
    entries = {"Type": "/XObject", "Subtype": "/Image", "Width": str(picture.width), "Height": str(picture.height)}
    image = add_stream(pdf, picture.data, {**entries, **picture.entries}, compressed=False)
    a, b, c, d, e, f = _MATRICES.get(picture.orientation, _MATRICES[1])
    x, y = width / unit, height / unit
    matrix = " ".join(f"{value:.5f}" for value in (a * x, b * y, c * x, d * y, e * x, f * y))
    drawn = add_stream(pdf, f"q {matrix} cm /Picture Do Q\n".encode())
    pdf.xref_set_key(page.xref, "Contents", f"{drawn} 0 R")
    pdf.xref_set_key(page.xref, "Resources", f"<</XObject<</Picture {image} 0 R>>>>")
    if result.lines:
        content = layer.content(result.lines, placement.to_page(page, result), writer.codes)
        writer.put(number, content)
    if turn := round(result.rotation / 90) * 90 % 360:  # it was read upright, and is to be seen so
        pdf.xref_set_key(page.xref, "Rotate", str(turn))
