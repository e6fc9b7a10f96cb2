"""From pixels of a page as it was read to the page as it is stored in its PDF."""

from __future__ import annotations

from math import ceil, cos, radians, sin

import pymupdf
from pymupdf import mupdf

from ocrchat.export.searchable.layer import Matrix
from ocrchat.model import Box, PageResult

_ROUNDED = 0.1  # pixels


def _turned_back(result: PageResult, width: float, height: float) -> pymupdf.Matrix:
    """From pixels of the page as it was read to pixels of the page as it is shown, which is so many pixels wide and high.

    Pages are turned about their middle (`engines.upright`), and what holds all of them then is the page that is read.
    """
    cosine, sine = cos(radians(result.rotation)), sin(radians(result.rotation))
    matrix: pymupdf.Matrix = (
        pymupdf.Matrix(1, 0, 0, 1, -result.width / 2, -result.height / 2)
        * pymupdf.Matrix(cosine, -sine, sine, cosine, 0, 0)
        * pymupdf.Matrix(1, 0, 0, 1, width / 2, height / 2)
    )
    return matrix


def _to_shown(page: pymupdf.Page, result: PageResult) -> pymupdf.Matrix:
    """To points of the page as it is shown, origin top left."""
    scale = result.dpi / 72
    # Whole pixels, as it was rendered; resolutions are rounded.
    width, height = (ceil(side * scale - _ROUNDED) for side in (page.rect.width, page.rect.height))
    matrix: pymupdf.Matrix = _turned_back(result, width, height) * pymupdf.Matrix(1 / scale, 1 / scale)
    return matrix


def to_page(page: pymupdf.Page, result: PageResult) -> Matrix:
    """To the units that the page's content is written in: before it is turned, cut off, and measured in its own unit."""
    box, shown = mupdf.FzRect(), mupdf.FzMatrix()
    mupdf.pdf_page_transform(pymupdf._as_pdf_page(page), box, shown)
    matrix = _to_shown(page, result) * ~pymupdf.Matrix(shown)
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def own_text(page: pymupdf.Page, result: PageResult) -> list[Box]:
    """Where the page has text that is in its file, in pixels of the page as it was read."""
    to_pixels = page.rotation_matrix * ~_to_shown(page, result)
    rects = (pymupdf.Rect(word[:4]) * to_pixels for word in page.get_text("words"))
    return [Box(rect.x0, rect.y0, rect.x1, rect.y1) for rect in rects]
