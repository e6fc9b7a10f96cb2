"""Lines anywhere on a page -> blocks in reading order. One code for digital and for recognised text; no pixels, no models.

A recursive cut in the spirit of the XY-cut (Nagy and Seth 1984), with one change. The plain XY-cut cuts through the whole
region or not at all, and so needs luck with headers that span columns and with paragraph gaps that fall side by side. Here
the cut is the tallest *gutter*: a strip of white with text of a column's width on both sides (the whitespace gutters of Breuel
2002), wherever it begins and ends. What stands above it comes first, then its left, then its right side, then what is below
it; each is cut again. Where no gutter is left, fragments at one height are one row: a label and its price, a table's cells.

Sizes are in units of the median line height of the page, which needs no resolution.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from ocrchat.model import Block, Box, Line

_GUTTER_WIDTH = 0.7
_GUTTER_ROWS = 3
"""A gutter has at least so many lines on each side."""
_COLUMN_WIDTH = 8.0
"""What is narrower than this on average is no column of prose, but cells of a table or amounts of a receipt."""
_PARAGRAPH_PITCH = 1.35
"""A paragraph ends where the next row is this much further down than rows usually are."""
_LOOSEST_PITCH = 2.5
"""Rows further apart than this are never one paragraph: double spaced typing has 2."""
_WORD_GAP = 1.0


def arrange(lines: Sequence[Line], width: float, height: float) -> tuple[Block, ...]:
    """The blocks of a page of `width` x `height` pixels, in reading order. No character of `lines` is lost.

    Text in right-to-left scripts is taken to be in logical order and stays so.
    """
    level = [line for line in lines if line.text.strip() and not _is_upended(line)]
    upended = [line for line in lines if line.text.strip() and _is_upended(line)]
    if not level:
        return tuple(Block((line,)) for line in upended)
    unit = median(line.box.height for line in level) or 1.0
    # Text along the edge (arXiv's stamp, a spine) belongs to no row, and would block every gutter.
    return (*_cut(level, unit), *(Block((line,)) for line in upended))


def _is_upended(line: Line) -> bool:
    return len(line.text) > 2 and line.box.height > 2 * line.box.width
