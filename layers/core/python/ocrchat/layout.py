"""Lines anywhere on a page -> blocks in reading order. One code for digital and for recognised text; no pixels, no models.

A recursive cut in the spirit of the XY-cut (Nagy and Seth 1984), with one change. The XY-cut goes through a whole region or
not at all, and so needs luck with headers that span columns, and with paragraph gaps that fall side by side. Here the cut is
the tallest *gutter* (Breuel 2002): a strip of white between two columns of prose, wherever it begins and ends. What stands
above it comes first, then its left side, its right side, and what is below; each is cut again. Where there is no gutter,
everything at one height is one row: a label and its price, the cells of a table.

Lengths are in units of the page's median line height, so that the resolution does not matter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ocrchat.model import Block, Box, Line, mean_confidence

GUTTER_WIDTH = 0.3
COLUMN_LINES = 3
"""Prose has at least so many lines..."""
COLUMN_WIDTH = 8.0
"""...of which half are at least so wide. What is narrower are cells of a table or amounts of a receipt."""
CUTS = 12
"""Deepest nesting of cuts, and `STRIPS` the most places where one is looked for: hostile pages end as well."""
STRIPS = 400
PARAGRAPH_PITCH = 1.35
"""A paragraph ends where the next row is this many times further down than rows usually are,"""
LOOSEST_PITCH = 2.5
"""or this far in any case (double-spaced typing has 2),"""
HEADING_HEIGHT = 1.3
"""or where letters grow or shrink this much."""


def arrange(lines: Sequence[Line]) -> tuple[Block, ...]:
    """The blocks of a page in reading order. Fragments of a row become one line; no text is lost, blank lines are dropped.

    Text in right-to-left scripts is taken to be in logical order, and stays so.
    """
    level = [line for line in lines if line.text.strip() and not _is_upended(line)]
    upended = [line for line in lines if line.text.strip() and _is_upended(line)]
    unit = median(line.box.height for line in level) if level else 1.0
    # Text that runs up the margin belongs to no row, and would stand in the way of every gutter.
    return (*_cut(sorted(level, key=_middle), max(unit, 1.0), CUTS), *(Block((line,)) for line in upended))


def _is_upended(line: Line) -> bool:
    return len(line.text) > 2 and line.box.height > 2 * line.box.width


def _middle(line: Line) -> float:
    return (line.box.y0 + line.box.y1) / 2


@dataclass(frozen=True, slots=True)
class _Gutter:
    """White at `x` between two columns, beside lines[start:stop] of a region sorted from top to bottom."""

    x: float
    start: int
    stop: int
    height: float


def _cut(lines: list[Line], unit: float, depth: int) -> list[Block]:
    """The blocks of a region; `lines` from top to bottom."""
    gutter = _tallest_gutter(lines, unit) if depth else None
    if gutter is None:
        return _paragraphs(_rows(lines), unit)
    beside = lines[gutter.start : gutter.stop]
    parts = (
        lines[: gutter.start],
        [line for line in beside if line.box.x1 <= gutter.x],
        [line for line in beside if line.box.x1 > gutter.x],
        lines[gutter.stop :],
    )
    return [block for part in parts for block in _cut(part, unit, depth - 1)]


def _tallest_gutter(lines: list[Line], unit: float) -> _Gutter | None:
    if len(lines) < 2 * COLUMN_LINES:
        return None
    page = Box.around(line.box for line in lines)
    step = max(GUTTER_WIDTH * unit / 3, page.width / STRIPS)
    places = (page.x0 + step * n for n in range(1, int(page.width / step)))
    found = [gutter for x in places for gutter in _gutters(lines, x, unit)]
    return max(found, key=lambda gutter: gutter.height, default=None)


def _gutters(lines: list[Line], x: float, unit: float) -> list[_Gutter]:
    """The stretches of white strip at `x` that have prose on both sides, from top to bottom."""
    left_edge, right_edge = x - GUTTER_WIDTH * unit / 2, x + GUTTER_WIDTH * unit / 2
    found = []
    start = 0
    floor = float("-inf")  # lowest edge of what stands in the strip so far; a line beside it is no part of the next stretch
    for position, line in enumerate([*lines, None]):
        if line is None or (line.box.x0 < right_edge and line.box.x1 > left_edge):
            stop = position
            while line is not None and stop > start and _middle(lines[stop - 1]) > line.box.y0:
                stop -= 1
            height = _height_between_columns(lines[start:stop], x, unit)
            if height > 0:
                found.append(_Gutter(x, start, stop, height))
            start = position + 1
            floor = max(floor, line.box.y1) if line else floor
        elif start == position and _middle(line) < floor:
            start = position + 1
    return found


def _height_between_columns(lines: list[Line], x: float, unit: float) -> float:
    """How far down two columns of prose stand side by side, left and right of `x`; 0 where they are none."""
    left = [line.box for line in lines if line.box.x1 <= x]
    right = [line.box for line in lines if line.box.x1 > x]
    if min(len(left), len(right)) < COLUMN_LINES:
        return 0.0
    if min(median(box.width for box in side) for side in (left, right)) < COLUMN_WIDTH * unit:
        return 0.0
    a, b = Box.around(left), Box.around(right)
    return min(a.y1, b.y1) - max(a.y0, b.y0)


def _rows(lines: list[Line]) -> list[Line]:
    """Lines at one height joined to one, from top to bottom."""
    rows: list[list[Line]] = []
    for line in lines:
        row = next((row for row in reversed(rows[-4:]) if _continues(row, line)), None)
        if row is None:
            rows.append([line])
        else:
            row.append(line)
    return [_joined(row) for row in rows]


def _continues(row: list[Line], line: Line) -> bool:
    """Whether `line` is level with its neighbour in the row; not with the whole row, which may run askew."""
    box = line.box
    neighbour = min(row, key=lambda other: max(other.box.x0 - box.x1, box.x0 - other.box.x1)).box
    smaller = min(box.height, neighbour.height)
    if abs((box.y0 + box.y1) - (neighbour.y0 + neighbour.y1)) / 2 > smaller / 2:
        return False
    return all(min(box.x1, other.box.x1) - max(box.x0, other.box.x0) < smaller / 2 for other in row)


def _joined(row: list[Line]) -> Line:
    if len(row) == 1:
        return row[0]
    row = sorted(row, key=lambda line: line.box.x0, reverse=_is_right_to_left("".join(line.text for line in row)))
    text = row[0].text
    for before, after in pairwise(row):
        text += _space(before, after) + after.text
    return Line(text, Box.around(line.box for line in row), mean_confidence(row) or 0.0)


def _space(before: Line, after: Line) -> str:
    """Nothing between ideographs that stand close, a space elsewhere."""
    gap = max(after.box.x0 - before.box.x1, before.box.x0 - after.box.x1)
    close = gap < min(before.box.height, after.box.height)
    return "" if close and _is_wide(before.text[-1]) and _is_wide(after.text[0]) else " "


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _is_right_to_left(text: str) -> bool:
    directions = [unicodedata.bidirectional(character) for character in text]
    return sum(d in ("R", "AL") for d in directions) > directions.count("L")


def _paragraphs(rows: list[Line], unit: float) -> list[Block]:
    pitches = [_middle(below) - _middle(above) for above, below in pairwise(rows)]
    usual = median([pitch for pitch in pitches if pitch < LOOSEST_PITCH * unit] or [unit])
    limit = min(usual * PARAGRAPH_PITCH, LOOSEST_PITCH * unit)
    blocks: list[list[Line]] = []
    for row in rows:
        if blocks and _belong_together(blocks[-1][-1], row, limit):
            blocks[-1].append(row)
        else:
            blocks.append([row])
    return [Block(tuple(block)) for block in blocks]


def _belong_together(above: Line, below: Line, limit: float) -> bool:
    a, b = above.box, below.box
    smaller, larger = sorted((a.height, b.height))
    return (
        _middle(below) - _middle(above) <= limit
        and larger <= HEADING_HEIGHT * smaller
        and min(a.x1, b.x1) > max(a.x0, b.x0)
    )
