"""PDF files, read by PyMuPDF; nothing else imports it.

Not for threads: PyMuPDF objects share one context without locks. Open a document, use it and close it in the same thread,
one at a time in a process. Nothing in a document is executed: JavaScript, launch actions and links are ignored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import pymupdf

from ocrchat.errors import DamagedFile, PageUnreadable, PasswordNeeded
from ocrchat.model import Box, Line, PageImage

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
        self._to_pixels = page.rotation_matrix * self._scale
        pixels = (page.rect * self._scale).round()
        self.width: int = pixels.width
        self.height: int = pixels.height
        self.dpi = round(scale * 72, 2)

    def text_layer(self) -> list[Line] | None:
        """The text that is in the file; None where it cannot be trusted and the page has to be recognised.

        Trustworthy is text that (a) is made of characters and not of unmapped glyphs, and (b) can be seen: it is painted,
        unlike the old OCR under a scan, and no page-sized picture is painted over it. Raises PageUnreadable.
        """
        drawn = self._drawn()
        if not drawn:
            return []  # blank: the page draws nothing at all
        try:
            content = self._page.get_text("dict", flags=_TEXT_FLAGS)
        except _BROKEN as error:
            raise PageUnreadable("The content of the page is damaged.") from error
        lines, hidden = self._lines(content)
        characters = "".join(line.text for line in lines)
        if not characters or _junk(characters) > _MAX_JUNK or hidden > len(characters) / 2:
            return None
        texts = [order for order, (kind, _) in enumerate(drawn) if kind in _TEXTS]
        covers = [
            order for order, (kind, box) in enumerate(drawn) if kind in _PICTURES and self._share(box) > _PAGE_SIZED
        ]
        if covers and texts and sum(order < covers[-1] for order in texts) > len(texts) / 2:
            return None
        return lines

    def pictures(self) -> list[Box]:
        """Where pictures stand that may hold text of their own; none where they are too small together. Raises PageUnreadable."""
        boxes = [box for kind, box in self._drawn() if kind in _PICTURES and box.width > 0 and box.height > 0]
        return boxes if sum(map(self._share, boxes)) > _WORTH_READING else []

    def render(self, clip: Box | None = None) -> PageImage:
        """The page, or the part of it in `clip`. Raises PageUnreadable."""
        try:
            part = pymupdf.Rect(clip.x0, clip.y0, clip.x1, clip.y1) / self._scale if clip else None
            pixmap = self._page.get_pixmap(matrix=self._scale, clip=part, colorspace=pymupdf.csRGB, alpha=False)
            return PageImage(pixmap.samples, pixmap.width, pixmap.height, self.dpi)
        except _BROKEN as error:
            raise PageUnreadable("The page cannot be rendered.") from error

    def _drawn(self) -> list[tuple[str, Box]]:
        """What the page draws, in the order in which it does."""
        try:
            return [(kind, self._to_box(rect)) for kind, rect in self._page.get_bboxlog()]
        except _BROKEN as error:
            raise PageUnreadable("The content of the page is damaged.") from error

    def _lines(self, content: dict[str, Any]) -> tuple[list[Line], int]:
        """Lines on the page, and how many of their characters are not painted."""
        lines, hidden = [], 0
        for line in (line for block in content["blocks"] for line in block["lines"]):
            text = " ".join("".join(span["text"] for span in line["spans"]).split())
            box = self._to_box(line["bbox"])
            if text and box.width > 0 and box.height > 0:
                lines.append(Line(text, box))
                hidden += 0 if any(span["char_flags"] & _PAINTED for span in line["spans"]) else len(text)
        return lines, hidden

    def _share(self, box: Box) -> float:
        """Of the page's area."""
        return box.width * box.height / (self.width * self.height)

    def _to_box(self, rect: tuple[float, float, float, float]) -> Box:
        """From points of the page as it is stored to pixels of the page as it is shown, cut off at its edges."""
        shown = pymupdf.Rect(rect) * self._to_pixels
        x0, x1 = (min(max(x, 0.0), float(self.width)) for x in (shown.x0, shown.x1))
        y0, y1 = (min(max(y, 0.0), float(self.height)) for y in (shown.y0, shown.y1))
        return Box(x0, y0, x1, y1)


# Ligatures are spelt out, glyphs without a character become U+FFFD, what is clipped away is left out.
_TEXT_FLAGS = pymupdf.TEXT_CLIP | pymupdf.TEXT_COLLECT_STYLES
_PAINTED = pymupdf.mupdf.FZ_STEXT_FILLED | pymupdf.mupdf.FZ_STEXT_STROKED

_PICTURES = ("fill-image", "fill-imgmask")
_TEXTS = ("fill-text", "stroke-text", "ignore-text")

_MAX_JUNK = 0.1  # a list with a private-use bullet on each line stays below it
_PAGE_SIZED = 0.6
_WORTH_READING = 0.1  # share of the page; a logo and a signature stay below it


def _junk(text: str) -> float:
    """Share of characters that are none: unmapped, control, private use, unassigned."""
    return sum(c == "\ufffd" or unicodedata.category(c) in ("Cc", "Co", "Cn", "Cs") for c in text) / len(text)


def _is_cut_off(source: bytes | Path) -> bool:
    """Whether objects follow the last end-of-file marker, or there is none. Rubbish after a whole file does no harm."""
    data = source if isinstance(source, bytes) else source.read_bytes()
    end = data.rfind(b"%%EOF")
    return end < 0 or re.search(rb"\d\s+\d+\s+obj\b", data[end:]) is not None


def _damaged(what: str) -> DamagedFile:
    return DamagedFile(f"The PDF {what}. Check that it opens in a viewer, save or download it anew, and send it again.")
