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
from ocrchat.model import PageImage, PageResult


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
        raise UnsupportedFile("The file is none of PNG, JPEG, WebP, GIF, BMP, TIFF or PDF. Convert it to one of these.")
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
    """Reads the page at `index`: its text layer, or what `engine()` recognises on it. Raises PageUnreadable.

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
        blocks = arrange(lines)
        return PageResult(index, page.width, page.height, page.dpi, "text-layer", blocks)


def _recognise(index: int, image: PageImage, engine: OcrEngine) -> PageResult:
    blocks = arrange(engine.read(image))
    return PageResult(index, image.width, image.height, image.dpi, engine.name, blocks)
