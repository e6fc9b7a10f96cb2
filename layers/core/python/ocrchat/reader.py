"""From a file to what stands on its pages: what is checked before a job starts, and how one page is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ocrchat import images, pdf
from ocrchat.engines import OcrEngine
from ocrchat.errors import BadRequest, FileEmpty, PageUnreadable, TooManyPages, UnsupportedFile
from ocrchat.layout import arrange
from ocrchat.media import SNIFFED_BYTES, MediaType, sniff
from ocrchat.model import Box, Line, PageImage, PageResult
from ocrchat.pdf import PdfPage


@dataclass(frozen=True, slots=True)
class SourceInfo:
    media_type: MediaType
    page_count: int


def inspect(data: bytes, max_pages: int) -> SourceInfo:
    """What was sent, if it can be read.

    Raises FileEmpty, UnsupportedFile, PasswordNeeded, DamagedFile, TooManyPages or TooManyPixels.
    """
    if not data:
        raise FileEmpty("The file has no content. Check that it was uploaded whole.")
    media_type = sniff(data[:SNIFFED_BYTES])
    if media_type is None:
        raise UnsupportedFile(
            "The file is none of HEIC, AVIF, JPEG 2000, PNG, JPEG, WebP, GIF, BMP, TIFF or PDF. Convert it to one of these."
        )
    if media_type is MediaType.PDF:
        with pdf.open_bytes(data) as document:
            page_count = document.page_count
    else:
        page_count = images.inspect(data, media_type)
    if page_count > max_pages:
        raise TooManyPages(
            f"The file has {page_count} pages, at most {max_pages} are read. Split it and send the parts."
        )
    return SourceInfo(media_type, page_count)


def read_page(source: Path, media_type: MediaType, index: int, engine: Callable[[], OcrEngine]) -> PageResult:
    """Reads the page at `index`: its text layer and its pictures, or what `engine()` recognises on it. Raises PageUnreadable.

    `engine` is only called for a page that has to be recognised, so that digital documents never load the models.
    """
    if media_type is not MediaType.PDF:
        try:
            image = images.frame(source.read_bytes(), index)
        except BadRequest as error:
            raise PageUnreadable(error.detail) from error
        return _recognise(index, image, engine())
    try:
        document = pdf.open_file(source)
    except BadRequest as error:
        raise PageUnreadable(error.detail) from error
    with document:
        page = document.page(index)
        lines = page.text_layer()
        if lines is None:
            return _recognise(index, page.render(), engine())
        name = "text-layer"
        if pictures := page.pictures():
            name = f"text-layer+{engine().name}"
            lines += _read_pictures(page, pictures, lines, engine())
        return PageResult(index, page.width, page.height, page.dpi, name, arrange(lines))


def _read_pictures(page: PdfPage, pictures: list[Box], known: list[Line], engine: OcrEngine) -> list[Line]:
    """What stands in the pictures of a digital page, less the lines that the text layer has too.

    One look at all that the pictures span: a scan is often cut into strips, and a line must not be.
    """
    part = Box.around(pictures)
    found = [
        Line(line.text, _moved(line.box, part.x0, part.y0), line.confidence) for line in engine.read(page.render(part))
    ]
    return [
        line
        for line in found
        if sum(_overlap(line.box, picture) for picture in pictures) > 0.5
        and not any(_overlap(line.box, other.box) > 0.5 and other.box.height < 2 * line.box.height for other in known)
    ]


def _moved(box: Box, dx: float, dy: float) -> Box:
    return Box(box.x0 + dx, box.y0 + dy, box.x1 + dx, box.y1 + dy)


def _overlap(box: Box, other: Box) -> float:
    """Share of `box` that lies in `other`."""
    width = min(box.x1, other.x1) - max(box.x0, other.x0)
    height = min(box.y1, other.y1) - max(box.y0, other.y0)
    return max(width, 0.0) * max(height, 0.0) / max(box.width * box.height, 1.0)


def _recognise(index: int, image: PageImage, engine: OcrEngine) -> PageResult:
    blocks = arrange(engine.read(image))
    return PageResult(index, image.width, image.height, image.dpi, engine.name, blocks)
