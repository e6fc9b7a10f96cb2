"""PDF files, read by PyMuPDF.

Not for threads: PyMuPDF objects share one context without locks. Open a document, use it and close it in the same thread,
one at a time in a process. Nothing in a document is executed: JavaScript, launch actions and links are ignored.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from math import atan2, degrees
from pathlib import Path
from typing import Any, Self

import pymupdf

from ocrchat import drawings, textlayer
from ocrchat.drawings import Shape
from ocrchat.errors import DamagedFile, PageUnreadable, PasswordNeeded
from ocrchat.model import Box, Line, PageImage
from ocrchat.textlayer import Placement, TextLayer

DPI = 200.0
"""Dots per inch of a rendered page. Print of 8 points has letters of 22 pixels then, all that recognition can use."""

LONGEST_SIDE = 4000
"""Pixels. Larger sheets are rendered with fewer dots per inch: A2 at 170, A0 at 85."""

_BROKEN = (pymupdf.mupdf.FzErrorBase, RuntimeError, ValueError)
"""What PyMuPDF raises on documents that it cannot read."""

# What MuPDF has to say about damaged files it would print: to stderr, for every object, into the logs.
pymupdf.TOOLS.mupdf_display_errors(False)
pymupdf.TOOLS.mupdf_display_warnings(False)


def open_bytes(data: bytes) -> Pdf:
    """Raises PasswordNeeded, or DamagedFile for what cannot be opened, has no pages or was cut off."""
    return Pdf(data)


def open_file(path: Path) -> Pdf:
    """As `open_bytes`; of a large file only what is needed is read."""
    return Pdf(path)


class Pdf:
    """An open document. Close it, or use it in a `with` statement."""

    def __init__(self, source: bytes | Path) -> None:
        try:
            if isinstance(source, bytes):
                self._document = pymupdf.open(stream=source, filetype="pdf")
            else:
                self._document = pymupdf.open(source, filetype="pdf")
            if self._document.needs_pass:
                raise PasswordNeeded("The PDF can only be opened with a password. Send a copy without one.")
            self.page_count: int = self._document.page_count
        except _BROKEN as error:
            raise _damaged("cannot be opened") from error
        if self.page_count == 0:
            raise _damaged("has no pages")
        if self._document.is_repaired and _is_cut_off(source):
            raise _damaged("ends in the middle: a part of it was lost on the way")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._document.close()
        # MuPDF would keep up to 256 MB of what it decoded, for documents that are closed.
        pymupdf.TOOLS.store_shrink(100)

    def page(self, index: int) -> PdfPage:
        """Raises PageUnreadable."""
        try:
            return PdfPage(self._document[index])
        except (*_BROKEN, IndexError) as error:
            raise PageUnreadable(f"Page {index + 1} of the PDF is damaged.") from error

    def cut(self, pages: Sequence[int]) -> bytes:
        """The pages with these indexes, rising, as a PDF of their own, without what only other pages use.

        Raises DamagedFile where one of them cannot be copied.
        """
        with pymupdf.open() as part:
            try:
                for start, stop in _runs(pages):
                    part.insert_pdf(self._document, from_page=start, to_page=stop - 1, links=False)
                copied = part.page_count
                content: bytes = part.tobytes(garbage=1)
            except _BROKEN as error:
                raise _damaged("has pages that cannot be copied") from error
        if copied != len(pages):  # MuPDF leaves out a page it does not find, and every later one would move up
            raise _damaged("has pages that cannot be copied")
        return content


def _runs(pages: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(first, behind the last) of each run of neighbours."""
    start = 0
    for position in range(1, len(pages) + 1):
        if position == len(pages) or pages[position] != pages[position - 1] + 1:
            yield pages[start], pages[position - 1] + 1
            start = position


class PdfPage:
    """A page as it is shown, its rotation applied. `width` and `height` are pixels at `dpi`, for rendered and read text alike."""

    def __init__(self, page: pymupdf.Page) -> None:
        longest = max(page.rect.width, page.rect.height)
        if not 0 < min(page.rect.width, page.rect.height) <= longest < float("inf"):
            raise ValueError("page without an area")
        scale = min(DPI / 72, LONGEST_SIDE / longest)
        self._page = page
        self._scale = pymupdf.Matrix(scale, scale)
        pixels = (page.rect * self._scale).round()
        self.width: int = pixels.width
        self.height: int = pixels.height
        self._placement = Placement(tuple(page.rotation_matrix * self._scale), self.width, self.height)
        self.dpi = round(scale * 72, 2)

    def text_layer(self) -> list[Line] | None:
        """The text that is in the file; None where it cannot be trusted and the page has to be recognised.

        What it takes to be trusted: see `textlayer`. Also untrusted is what a page-sized picture is painted over.
        Raises PageUnreadable.
        """
        return list(self._layer.lines) if self._layer else None

    def sideways(self) -> int:
        """Degrees clockwise by which the page has to be turned so that most of its text runs from left to right: 0, 90, 180, 270.

        Raises PageUnreadable.
        """
        content = self._content if self._drawn else None
        directions: Counter[int] = Counter()
        for line in (line for block in (content or {"blocks": []})["blocks"] for line in block.get("lines", ())):
            x, y = line["dir"]  # on the page as it is stored, y downwards
            runs = degrees(atan2(y, x)) + self._page.rotation
            directions[-round(runs / 90) * 90 % 360] += sum(len(span["chars"]) for span in line["spans"])
        ((turn, count),) = directions.most_common(1) or [(0, 0)]
        return turn if count > directions.total() / 2 else 0

    def turned(self, clockwise: int) -> PdfPage:
        """The same page, shown turned by a multiple of 90 degrees; this object is not to be used any more."""
        self._page.set_rotation((self._page.rotation + clockwise) % 360)
        return PdfPage(self._page)

    def doubtful(self) -> tuple[Line, ...]:
        """A few lines of the text layer that may say something else than what is seen; see `textlayer.agrees`."""
        return self._layer.doubtful if self._layer else ()

    def pictures(self) -> list[Box]:
        """Where pictures and outlined letters stand that may hold text of their own; none where they are too small together.

        Raises PageUnreadable.
        """
        boxes = [box for kind, box in self._drawn if kind in _PICTURES and box.width >= _WIDE and box.height >= _HIGH]
        # Cells with a ground look like letters too, so this is only where a closer look pays.
        if (
            sum(kind == "fill-path" and drawings.is_like_a_letter(box) for kind, box in self._drawn)
            >= drawings.OUTLINES
        ):
            boxes += filter(None, [drawings.outlined_text(self._shapes)])
        return boxes if sum(map(self._share, boxes)) > _WORTH_READING else []

    def rulings(self) -> list[Box]:
        """Horizontal and vertical lines as thin boxes, in the order in which they are drawn; none on a page full of paths.

        Raises PageUnreadable.
        """
        return drawings.rulings(self._shapes)

    def render(self, clip: Box | None = None, dpi: float | None = None) -> PageImage:
        """The page, or the part of it in `clip`; at other `dpi` than the page's if asked for, as far as `LONGEST_SIDE` allows.

        Raises PageUnreadable.
        """
        longest = max(clip.width, clip.height) if clip else max(self.width, self.height)
        zoom = min(dpi / self.dpi, LONGEST_SIDE / longest) if dpi else 1.0
        try:
            part = pymupdf.Rect(clip.x0, clip.y0, clip.x1, clip.y1) / self._scale if clip else None
            pixmap = self._page.get_pixmap(
                matrix=self._scale * pymupdf.Matrix(zoom, zoom), clip=part, colorspace=pymupdf.csRGB, alpha=False
            )
            return PageImage(pixmap.samples, pixmap.width, pixmap.height, round(self.dpi * zoom, 2))
        except _BROKEN as error:
            raise PageUnreadable("The page cannot be rendered.") from error

    @cached_property
    def _drawn(self) -> list[tuple[str, Box]]:
        """What the page draws, in the order in which it does."""
        try:
            return [(kind, self._placement.box(rect)) for kind, rect in self._page.get_bboxlog()]
        except _BROKEN as error:
            raise PageUnreadable("The content of the page is damaged.") from error

    @cached_property
    def _layer(self) -> TextLayer | None:
        if not self._drawn:
            return TextLayer(())  # blank: the page draws nothing at all
        content = self._content
        if content is None or self._is_covered():
            return None
        layer = textlayer.read(content, self._placement, self._is_painted)
        if (
            layer is None
            and not any(kind in _PICTURES for kind, _ in self._drawn)
            and not self._is_painted(Box(0, 0, self.width, self.height))
        ):
            return TextLayer(())  # blank: all that it draws is white
        return layer

    @cached_property
    def _content(self) -> dict[str, Any] | None:
        """PyMuPDF's rawdict; None where there is so much text in the page that it would not fit into memory."""
        if sum(kind in _TEXTS for kind, _ in self._drawn) > _MAX_TEXTS:
            return None
        try:
            page = self._page.get_textpage(flags=textlayer.FLAGS)
            if len(page.extractText()) > _MAX_CHARACTERS:
                return None
            content: dict[str, Any] = page.extractRAWDICT()
            return content
        except _BROKEN as error:
            raise PageUnreadable("The content of the page is damaged.") from error

    @cached_property
    def _shapes(self) -> list[Shape]:
        """What is drawn by paths, cut into lines and rectangles where it consists of them; none where that is too much.

        Not taken from where the text is: MuPDF cuts a line of text at each path that is drawn in the middle of it.
        """
        if not any(kind.endswith("-path") for kind, _ in self._drawn):
            return []
        try:
            page = self._page.get_textpage(flags=pymupdf.TEXT_COLLECT_VECTORS)
            blocks = [] if _has_more_blocks(page, _MAX_BLOCKS) else page.extractDICT()["blocks"]
        except _BROKEN as error:
            raise PageUnreadable("The content of the page is damaged.") from error
        return [
            Shape(self._placement.box(block["bbox"]), block["isrect"], block["stroked"])
            for block in blocks
            if block["type"] == _VECTOR
        ]

    def _is_covered(self) -> bool:
        """Whether a page-sized picture is painted over most of the text."""
        texts = [order for order, (kind, _) in enumerate(self._drawn) if kind in _TEXTS]
        covers = [
            order
            for order, (kind, box) in enumerate(self._drawn)
            if kind in _PICTURES and self._share(box) > _PAGE_SIZED
        ]
        return bool(covers and texts) and sum(order < covers[-1] for order in texts) > len(texts) / 2

    def _is_painted(self, box: Box) -> bool:
        """Whether anything but white is seen in `box`."""
        grey, width, height = self._thumbnail
        shrink = width / self.width
        x0, x1 = int(box.x0 * shrink), min(int(box.x1 * shrink) + 1, width)
        rows = range(int(box.y0 * shrink), min(int(box.y1 * shrink) + 1, height))
        return any(min(grey[y * width + x0 : y * width + x1], default=255) < _WHITE for y in rows)

    @cached_property
    def _thumbnail(self) -> tuple[bytes, int, int]:
        """The page in grey, its width and height: small, but enough to see where something is painted."""
        try:
            pixmap = self._page.get_pixmap(dpi=_THUMBNAIL_DPI, colorspace=pymupdf.csGRAY, alpha=False)
            return pixmap.samples, pixmap.width, pixmap.height
        except _BROKEN as error:
            raise PageUnreadable("The page cannot be rendered.") from error

    def _share(self, box: Box) -> float:
        """Of the page's area."""
        return box.width * box.height / (self.width * self.height)


_PICTURES = ("fill-image", "fill-imgmask")
_TEXTS = ("fill-text", "stroke-text", "ignore-text")

_THUMBNAIL_DPI = 36
_WHITE = 250  # of 255
_PAGE_SIZED = 0.6
_WIDE, _HIGH = 160, 48  # pixels: a short line of print, and two of them
_WORTH_READING = 0.02  # share of the page; a logo and a signature stay below it

_VECTOR = pymupdf.mupdf.FZ_STEXT_BLOCK_VECTOR
_MAX_BLOCKS = 20_000  # of text or of paths. Maps have more, and nothing that is looked for
_MAX_TEXTS = 20_000  # pieces of text that are drawn; MuPDF needs 4 s for them, and four times as long for twice as many
_MAX_CHARACTERS = 100_000  # the fullest newspaper has a third of it; each takes half a kilobyte while it is read


def _has_more_blocks(page: pymupdf.TextPage, limit: int) -> bool:
    """Counted in MuPDF's own list: each becomes a Python object later."""
    block, count = page.this.m_internal.first_block, 0
    while block and count <= limit:
        block, count = block.next, count + 1
    return count > limit


def _is_cut_off(source: bytes | Path) -> bool:
    """Whether objects follow the last end-of-file marker, or there is none. Rubbish after a whole file does no harm."""
    data = source if isinstance(source, bytes) else source.read_bytes()
    end = data.rfind(b"%%EOF")
    return end < 0 or re.search(rb"\d\s+\d+\s+obj\b", data[end:]) is not None


def _damaged(what: str) -> DamagedFile:
    return DamagedFile(f"The PDF {what}. Check that it opens in a viewer, save or download it anew, and send it again.")
