"""How large the pages are in Word."""

from __future__ import annotations

from lxml.etree import _Element

from ocrchat.export import paper
from ocrchat.export.docx.elements import element
from ocrchat.model import Document, PageResult

Size = tuple[float, float]
"""Width and height in inches."""

INCH = 1440
"""Twentieths of a point, Word's unit."""

_SMALLEST = 6.0
"""Inches: a shorter page becomes as long as A4, as one that is too large does."""

_NARROWEST = 2.0
"""Inches: what the other side has at least, of a till's receipt or an endless strip."""

_SAME = 0.03
"""Pages whose sides differ by less have one size: scans are not cut to the pixel."""

_MARGIN = 0.08
"""Share of the page's shorter side."""


def sizes(document: Document) -> list[Size]:
    """Of each page; one that could not be read is as large as the one before."""
    found: list[Size] = []
    for page in document.pages:
        ratio = scale(page)
        size = (found or [paper.A4])[-1]
        if ratio:
            size = max(page.width / page.dpi * ratio, _NARROWEST), max(page.height / page.dpi * ratio, _NARROWEST)
        near = found and all(abs(a - b) < _SAME * b for a, b in zip(size, found[-1], strict=True))
        found.append(found[-1] if near else size)
    return found


def scale(page: PageResult) -> float:
    """From the page's size to that in Word; 0 where it has none."""
    if not (page.width and page.height and page.dpi):
        return 0.0
    longest = max(page.width, page.height) / page.dpi
    return (paper.A4[1] if longest < _SMALLEST else paper.reduced(longest)) / longest


def text_size(size: Size) -> Size:
    """What is within its margins."""
    return size[0] - 2 * _margin(size), size[1] - 2 * _margin(size)


def section(size: Size) -> _Element:
    """`w:sectPr` of pages of this size."""
    width, height = (round(side * INCH) for side in size)
    margin = round(_margin(size) * INCH)
    sides = dict.fromkeys(("top", "right", "bottom", "left"), margin)
    page = element("pgSz", w=width, h=height, **({"orient": "landscape"} if width > height else {}))
    return element("sectPr", page, element("pgMar", **sides, header=margin // 2, footer=margin // 2, gutter=0))


def _margin(size: Size) -> float:
    return _MARGIN * min(size)
