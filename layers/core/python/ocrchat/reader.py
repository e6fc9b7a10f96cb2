"""From a file to what stands on its pages: what is checked before a job starts, and how one page is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Protocol

from ocrchat import images, languages, pdf, structure, textlayer
from ocrchat.engines import Models, OcrEngine, Recognised
from ocrchat.errors import BadRequest, FileEmpty, PageUnreadable, TooManyPages, UnsupportedFile
from ocrchat.languages.detection import detect_language
from ocrchat.media import SNIFFED_BYTES, MediaType, sniff
from ocrchat.model import TEXT_LAYER, Block, Box, Line, PageImage, PageResult, Tier, mean_confidence
from ocrchat.pdf import PdfPage

SMALL_PRINT = 24.0
"""Pixels. A PDF page whose lines are lower than this, with the margin that an engine leaves around them, is looked at again
with twice the resolution: print of 6 points and less."""

CLEAR_ENOUGH = 0.97
"""Mean confidence from which on a closer look gains nothing."""


@dataclass(frozen=True, slots=True)
class SourceInfo:
    media_type: MediaType
    page_count: int


class PageReader(Protocol):
    """Reads pages of files: in this process (`Reader`), or in one that is watched (`supervised`)."""

    def read_page(
        self, source: Path, media_type: MediaType, index: int, tier: Tier, language: str = "auto"
    ) -> PageResult: ...

    def read_and_show(
        self, source: Path, media_type: MediaType, index: int, tier: Tier, language: str = "auto"
    ) -> tuple[PageResult, PageImage]: ...


@dataclass(frozen=True, slots=True)
class Reader:
    """With the models of each tier."""

    models: Mapping[Tier, Models]

    def read_page(
        self, source: Path, media_type: MediaType, index: int, tier: Tier, language: str = "auto"
    ) -> PageResult:
        return read_page(source, media_type, index, self.models[tier], language)

    def read_and_show(
        self, source: Path, media_type: MediaType, index: int, tier: Tier, language: str = "auto"
    ) -> tuple[PageResult, PageImage]:
        return read_and_show(source, media_type, index, self.models[tier], language)


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
        max_pages = min(max_pages, images.MAX_FRAMES)
        page_count = images.inspect(data, media_type, max_pages + 1)
    if page_count > max_pages:
        other = (
            "" if media_type is MediaType.PDF else f", or make a PDF of it: a {media_type.name} has {max_pages} at most"
        )
        raise TooManyPages(f"The file has more than {max_pages} pages. Split it and send the parts{other}.")
    return SourceInfo(media_type, page_count)


def read_page(source: Path, media_type: MediaType, index: int, models: Models, language: str = "auto") -> PageResult:
    """Reads the page at `index`: its text layer and its pictures, or what is recognised on it. Raises PageUnreadable.

    `language` is a code of `languages`. The OCR engine is only loaded for a page that has to be recognised.
    """
    return _read(source, media_type, index, models, language)[0]


def read_and_show(
    source: Path, media_type: MediaType, index: int, models: Models, language: str = "auto"
) -> tuple[PageResult, PageImage]:
    """As `read_page`, with the picture of the page as it was read: upright, the size that its boxes are in."""
    result, image = _read(source, media_type, index, models, language)
    if image is None:
        with pdf.open_file(source) as document:
            image = document.page(index).turned(int(result.rotation)).render()
    return result, image


def _read(
    source: Path, media_type: MediaType, index: int, models: Models, language: str
) -> tuple[PageResult, PageImage | None]:
    """The page, and the picture on which it was recognised, if it was."""
    if media_type is not MediaType.PDF:
        try:
            image = images.frame(source.read_bytes(), index)
        except BadRequest as error:
            raise PageUnreadable(error.detail) from error
        return _recognised(index, models.ocr.read(image, language), models, language)
    try:
        document = pdf.open_file(source)
    except BadRequest as error:
        raise PageUnreadable(error.detail) from error
    with document:
        return _read_pdf_page(index, document.page(index), models, language)


def _read_pdf_page(index: int, page: PdfPage, models: Models, language: str) -> tuple[PageResult, PageImage | None]:
    turn = page.sideways()
    if turn:
        page = page.turned(turn)
    lines = page.text_layer()
    if lines is None or _says_something_else(page, models, language):
        read = _read_closely(page, models.ocr, language)
        return _recognised(index, replace(read, rotation=(read.rotation + turn) % 360), models, language)
    name = TEXT_LAYER
    if pictures := page.pictures():
        name = f"{TEXT_LAYER}+{models.ocr.name}"
        lines += _read_pictures(page, pictures, lines, models.ocr, language)
    blocks = structure.of_digital(page, lines, models)
    result = _result(index, page.width, page.height, page.dpi, name, blocks, language)
    return replace(result, rotation=float(turn)), None


def _says_something_else(page: PdfPage, models: Models, language: str) -> bool:
    """Whether most of the lines that the text layer is in doubt of are not what is seen there."""
    doubtful = page.doubtful()
    wrong = [line for line in doubtful if not textlayer.agrees(line, _seen(page, line.box, models.ocr, language))]
    return len(wrong) > len(doubtful) / 2


def _seen(page: PdfPage, box: Box, engine: OcrEngine, language: str) -> list[Line]:
    margin = box.height / 2
    part = Box(box.x0 - margin, box.y0 - margin, box.x1 + margin, box.y1 + margin)
    return engine.read(page.render(part), language, may_turn=False).lines


def _read_closely(page: PdfPage, engine: OcrEngine, language: str) -> Recognised:
    """At twice the resolution where the print is too small for one."""
    image = page.render()
    read = engine.read(image, language)
    if not read.lines or median(line.box.height for line in read.lines) >= SMALL_PRINT:
        return read
    confidence = mean_confidence(read.lines) or 0.0
    larger = page.render(dpi=2 * page.dpi)
    if confidence >= CLEAR_ENOUGH or larger.width <= image.width:
        return read
    closer = engine.read(larger, language)
    return closer if (mean_confidence(closer.lines) or 0.0) > confidence else read


def _read_pictures(
    page: PdfPage, pictures: list[Box], known: list[Line], engine: OcrEngine, language: str
) -> list[Line]:
    """What stands in the pictures of a digital page, less the lines that the text layer has too.

    One look at all that the pictures span: a scan is often cut into strips, and a line must not be.
    """
    part = Box.around(pictures)
    read = engine.read(page.render(part), language, may_turn=False)
    return [
        line
        for line in (_moved(line, part.x0, part.y0) for line in read.lines)
        if sum(line.box.share_in(picture) for picture in pictures) > 0.5
        and not any(line.box.share_in(other.box) > 0.5 and other.box.height < 2 * line.box.height for other in known)
    ]


def _moved(line: Line, dx: float, dy: float) -> Line:
    words = tuple(replace(word, box=word.box.moved(dx, dy)) for word in line.words)
    return replace(line, box=line.box.moved(dx, dy), words=words)


def _recognised(index: int, read: Recognised, models: Models, language: str) -> tuple[PageResult, PageImage]:
    image = read.image
    blocks = structure.of_image(image, read.lines, models)
    result = _result(index, image.width, image.height, image.dpi, read.engine, blocks, language)
    return replace(result, rotation=read.rotation), image


def _result(
    index: int, width: int, height: int, dpi: float, engine: str, blocks: tuple[Block, ...], language: str
) -> PageResult:
    """Of a text too short to tell, the language is the one that was asked for."""
    result = PageResult(index, width, height, dpi, engine, blocks)
    asked = language if result.text and language != languages.AUTO else None
    return replace(result, language=detect_language(result.text) or asked)
