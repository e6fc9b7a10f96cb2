"""Lines anywhere on a page -> blocks in reading order. One code for digital and for recognised text; no pixels, no models.

A recursive cut in the spirit of the XY-cut (Nagy and Seth 1984), with one change. The XY-cut goes through a whole region or
not at all, and so needs luck with headers that span columns, and with paragraph gaps that fall side by side. Here the cut is
the tallest *gutter* (Breuel 2002): a strip of white between two columns of text, wherever it begins and ends. What stands
above it comes first, then its left side, its right side, and what is below; each is cut again. Where there is no gutter,
everything at one height is one row: a label and its price, the cells of a table.

Lengths are in units of the page's median line height, so that the resolution does not matter. A scan that is a little askew
is straightened first: gutters are narrower than its margin drifts from top to bottom.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ocrchat.model import Block, Box, Line, mean_confidence

GUTTER_DENT = 0.15
"""How far a box may reach into the line that divides columns: a detected box is a little larger than its text."""
COLUMN_LINES = 3
COLUMN_WIDTH = 8.0
"""A column of prose has at least so many lines, and half of them are at least so wide: the cells of a table and the amounts of
a receipt are narrower. A column of anything else can stand beside prose, if it is as wide and..."""
ROW_LINES = 6
ROW_SHARE = 0.7
"""...of at least `ROW_LINES` lines, fewer than this share are level with a line on the other side, as amounts would be."""
CUTS = 12
STRIPS = 400
"""Deepest nesting of cuts, and most places where one is looked for: hostile pages end as well."""
PARAGRAPH_PITCH = 1.35
SOLID_PITCH = 0.9
LOOSEST_PITCH = 2.5
HEADING_HEIGHT = 1.3
"""A paragraph ends where the next row is `PARAGRAPH_PITCH` times further down than its neighbours are from each other (these
count as at least `SOLID_PITCH` units apart), or `LOOSEST_PITCH` units in any case (double-spaced typing has 2), or where
letters grow or shrink by `HEADING_HEIGHT`."""
SKEWS = tuple(step / 400 for step in range(-14, 15))
SKEW_LINES = 24
SKEW_GAIN = 1.4
"""Slopes that are tried, 2 degrees to both sides; the lines that it takes, and how much better the best one must be than none.
The centred lines of a receipt line up by chance at any slope."""


def arrange(lines: Sequence[Line]) -> tuple[Block, ...]:
    """The blocks of a page in reading order. Fragments of a row become one line; no text is lost, blank lines are dropped.

    Text in right-to-left scripts is taken to be in logical order, and stays so.
    """
    level = [line for line in lines if line.text.strip() and not _is_upended(line)]
    upended = [line for line in lines if line.text.strip() and _is_upended(line)]
    placed = _straighten(level)
    # Text that runs up the margin belongs to no row, and would stand in the way of every gutter.
    return (*_cut(placed, _unit(item.box for item in placed), CUTS), *(Block((line,)) for line in upended))


def _is_upended(line: Line) -> bool:
    return len(line.text) > 2 and line.box.height > 2 * line.box.width


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line, and where it would stand if the page were straight."""

    line: Line
    box: Box

    @property
    def middle(self) -> float:
        return (self.box.y0 + self.box.y1) / 2

    @property
    def centre(self) -> float:
        return (self.box.x0 + self.box.x1) / 2


def _straighten(lines: list[Line]) -> list[_Placed]:
    """From top to bottom."""
    slope = _skew(lines)
    placed = []
    for line in lines:
        box = line.box
        dx, dy = slope * (box.y0 + box.y1) / 2, slope * (box.x0 + box.x1) / 2
        # The upright box is higher than the slanting line in it.
        slack = min(abs(slope) * box.width, box.height / 2) / 2
        placed.append(_Placed(line, Box(box.x0 + dx, box.y0 - dy + slack, box.x1 + dx, box.y1 - dy - slack)))
    return sorted(placed, key=lambda item: item.middle)


def _skew(lines: list[Line]) -> float:
    """How much lines fall per pixel to the right: the slope at which most lines of prose begin at the same margins."""
    unit = _unit(line.box for line in lines)
    prose = [line.box for line in lines if line.box.width >= COLUMN_WIDTH * unit]
    if len(prose) < SKEW_LINES:
        return 0.0

    def alignment(slope: float) -> int:
        margins = Counter(round((box.x0 + slope * (box.y0 + box.y1) / 2) / (unit / 3)) for box in prose)
        return sum(count * count for count in margins.values())

    best = max(SKEWS, key=lambda slope: (alignment(slope), -abs(slope)))
    return best if alignment(best) > SKEW_GAIN * alignment(0) else 0.0


def _unit(boxes: Iterable[Box]) -> float:
    """Median height, in pixels; at least one."""
    return max(median([box.height for box in boxes] or [1.0]), 1.0)


@dataclass(frozen=True, slots=True)
class _Gutter:
    """White along `x` between two columns, beside items[start:stop] of a region sorted from top to bottom."""

    x: float
    start: int
    stop: int
    height: float


def _cut(items: list[_Placed], unit: float, depth: int) -> list[Block]:
    """The blocks of a region; `items` from top to bottom."""
    gutter = _tallest_gutter(items, unit) if depth else None
    if gutter is None:
        return _paragraphs(_rows(items), unit)
    beside = items[gutter.start : gutter.stop]
    parts = (
        items[: gutter.start],
        [item for item in beside if item.centre <= gutter.x],
        [item for item in beside if item.centre > gutter.x],
        items[gutter.stop :],
    )
    return [block for part in parts for block in _cut(part, unit, depth - 1)]


def _tallest_gutter(items: list[_Placed], unit: float) -> _Gutter | None:
    if len(items) < 2 * COLUMN_LINES:
        return None
    region = Box.around(item.box for item in items)
    step = max(GUTTER_DENT * unit, region.width / STRIPS)
    places = (region.x0 + step * n for n in range(1, int(region.width / step)))
    found = [gutter for x in places for gutter in _gutters(items, x, unit)]
    return max(found, key=lambda gutter: gutter.height, default=None)


def _gutters(items: list[_Placed], x: float, unit: float) -> list[_Gutter]:
    """The stretches of the line at `x` that nothing stands across, and that have columns on both sides."""
    left_edge, right_edge = x - GUTTER_DENT * unit, x + GUTTER_DENT * unit
    found = []
    start = 0
    floor = float("-inf")  # lower edge of what stands across it so far; what is level with that is no part of a stretch
    for position, item in enumerate([*items, None]):
        if item is None or (item.box.x0 < left_edge and item.box.x1 > right_edge):
            stop = position
            while item is not None and stop > start and items[stop - 1].middle > item.box.y0:
                stop -= 1
            height = _height_between_columns(items[start:stop], x, unit)
            if height > 0:
                found.append(_Gutter(x, start, stop, height))
            start = position + 1
            floor = max(floor, item.box.y1) if item else floor
        elif start == position and item.middle < floor:
            start = position + 1
    return found


def _height_between_columns(items: list[_Placed], x: float, unit: float) -> float:
    """How far two columns stand side by side, left and right of `x`; 0 where they are none."""
    left = [item for item in items if item.centre <= x]
    right = [item for item in items if item.centre > x]
    if min(len(left), len(right)) < COLUMN_LINES:
        return 0.0
    a, b = Box.around(item.box for item in left), Box.around(item.box for item in right)
    narrower, wider = sorted(median(item.box.width for item in side) for side in (left, right))
    is_prose = narrower >= COLUMN_WIDTH * unit
    has_sidebar = wider >= COLUMN_WIDTH * unit <= min(a.width, b.width) and not _are_rows(left, right, unit)
    return min(a.y1, b.y1) - max(a.y0, b.y0) if is_prose or has_sidebar else 0.0


def _are_rows(left: list[_Placed], right: list[_Placed], unit: float) -> bool:
    fewer, more = sorted((left, right), key=len)
    if len(fewer) < ROW_LINES:
        return True
    level = sum(any(abs(item.middle - other.middle) < unit / 4 for other in more) for item in fewer)
    return level >= ROW_SHARE * len(fewer)


def _rows(items: list[_Placed]) -> list[_Placed]:
    """What stands at one height joined to one line, from top to bottom."""
    rows: list[list[_Placed]] = []
    for item in items:
        row = next((row for row in reversed(rows[-4:]) if _is_continued(row, item)), None)
        if row is None:
            rows.append([item])
        else:
            row.append(item)
    return [_joined(row) for row in rows]


def _is_continued(row: list[_Placed], item: _Placed) -> bool:
    """Whether `item` is level with its neighbour in the row; not with the whole row, which may be curved."""
    box = item.box
    neighbour = min(row, key=lambda other: max(other.box.x0 - box.x1, box.x0 - other.box.x1))
    smaller = min(box.height, neighbour.box.height)
    if abs(item.middle - neighbour.middle) > smaller / 2:
        return False
    return all(min(box.x1, other.box.x1) - max(box.x0, other.box.x0) < smaller / 2 for other in row)


def _joined(row: list[_Placed]) -> _Placed:
    if len(row) == 1:
        return row[0]
    row = sorted(row, key=lambda item: item.box.x0, reverse=_is_right_to_left("".join(item.line.text for item in row)))
    lines = [item.line for item in row]
    text = lines[0].text
    for before, after in pairwise(lines):
        text += _space(before, after) + after.text
    line = Line(text, Box.around(line.box for line in lines), mean_confidence(lines) or 0.0)
    return _Placed(line, Box.around(item.box for item in row))


def _space(before: Line, after: Line) -> str:
    """Nothing between ideographs that stand close, a space elsewhere."""
    gap = max(after.box.x0 - before.box.x1, before.box.x0 - after.box.x1)
    close = gap < min(before.box.height, after.box.height)
    return "" if close and _is_wide(before.text[-1]) and _is_wide(after.text[0]) else " "


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _is_right_to_left(text: str) -> bool:
    directions = [unicodedata.bidirectional(character) for character in text]
    return sum(direction in ("R", "AL") for direction in directions) > directions.count("L")


def _paragraphs(rows: list[_Placed], unit: float) -> list[Block]:
    pitches = [below.middle - above.middle for above, below in pairwise(rows)]
    blocks: list[list[_Placed]] = []
    for position, row in enumerate(rows):
        if position and _continues(pitches, position - 1, unit) and _look_alike(rows[position - 1], row):
            blocks[-1].append(row)
        else:
            blocks.append([row])
    return [Block(tuple(row.line for row in block)) for block in blocks]


def _continues(pitches: list[float], position: int, unit: float) -> bool:
    """Whether two rows are about as close as the rows next to them: it differs between text, tables and footnotes of a page."""
    around = pitches[max(position - 1, 0) : position] + pitches[position + 1 : position + 2]
    usual = max(min(around, default=unit), SOLID_PITCH * unit)
    return pitches[position] <= min(PARAGRAPH_PITCH * usual, LOOSEST_PITCH * unit)


def _look_alike(above: _Placed, below: _Placed) -> bool:
    a, b = above.box, below.box
    smaller, larger = sorted((a.height, b.height))
    return larger <= HEADING_HEIGHT * smaller and min(a.x1, b.x1) > max(a.x0, b.x0)
