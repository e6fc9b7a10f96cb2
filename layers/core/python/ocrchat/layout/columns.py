"""Columns and their order: a recursive cut in the spirit of the XY-cut (Nagy and Seth 1984), with one change.

The XY-cut goes through a whole part of a page or not at all, and so needs luck with headers that span columns, and with
paragraph gaps that fall side by side. Here the cut is the tallest *gutter* (Breuel 2002): a strip of white between two columns
of text, wherever it begins and ends. What stands above it comes first, then its left side, its right side, and what is below;
each is cut again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ocrchat.layout.placed import COLUMN_WIDTH, Placed, is_level
from ocrchat.model import Box

GUTTER_DENT = 0.15
"""How far a box may reach into the line that divides columns: a detected box is a little larger than its text."""
COLUMN_LINES = 3
"""A column of prose has at least so many lines, and half of them are at least `COLUMN_WIDTH` wide. A column of anything else can
stand beside prose, if it is as wide and..."""
ROW_LINES = 6
ROW_SHARE = 0.7
"""...of at least `ROW_LINES` lines, fewer than this share are level with a line on the other side, as amounts would be."""
CUTS = 12
STRIPS = 400
LOOKS = 300_000
"""Deepest nesting of cuts, most places where one is looked for, and most places times items: hostile pages end as well."""


@dataclass(frozen=True, slots=True)
class _Gutter:
    """White along `x` between two columns, beside items[start:stop] of a part sorted from top to bottom."""

    x: float
    start: int
    stop: int
    height: float


def parts(items: Sequence[Placed], unit: float, cuts: int = CUTS) -> list[Sequence[Placed]]:
    """Columns and what spans them, in reading order; `items` from top to bottom, and so they stay in each part."""
    gutter = _tallest_gutter(items, unit) if cuts else None
    if gutter is None:
        return [items] if items else []
    beside = items[gutter.start : gutter.stop]
    cut = (
        items[: gutter.start],
        [item for item in beside if item.centre <= gutter.x],
        [item for item in beside if item.centre > gutter.x],
        items[gutter.stop :],
    )
    return [part for some in cut for part in parts(some, unit, cuts - 1)]


def _tallest_gutter(items: Sequence[Placed], unit: float) -> _Gutter | None:
    if len(items) < 2 * COLUMN_LINES:
        return None
    around = Box.around(item.box for item in items)
    step = max(GUTTER_DENT * unit, around.width / min(STRIPS, LOOKS // len(items) + 1))
    places = (around.x0 + step * n for n in range(1, int(around.width / step)))
    found = [gutter for x in places for gutter in _gutters(items, x, unit)]
    return max(found, key=lambda gutter: gutter.height, default=None)


def _gutters(items: Sequence[Placed], x: float, unit: float) -> list[_Gutter]:
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


def _height_between_columns(items: Sequence[Placed], x: float, unit: float) -> float:
    """How far two columns stand side by side, left and right of `x`; 0 where they are none."""
    left = [item for item in items if item.centre <= x]
    right = [item for item in items if item.centre > x]
    if min(len(left), len(right)) < COLUMN_LINES:
        return 0.0
    a, b = Box.around(item.box for item in left), Box.around(item.box for item in right)
    narrower, wider = sorted(median(item.box.width for item in side) for side in (left, right))
    prose = COLUMN_WIDTH * unit
    if narrower < prose and (wider < prose or min(a.width, b.width) < prose or _are_rows(left, right, unit)):
        return 0.0
    return min(a.y1, b.y1) - max(a.y0, b.y0)


def _are_rows(left: list[Placed], right: list[Placed], unit: float) -> bool:
    fewer, more = sorted((left, right), key=len)
    if len(fewer) < ROW_LINES:
        return True
    middles = [item.middle for item in more]
    return sum(is_level(item, middles, unit / 4) for item in fewer) >= ROW_SHARE * len(fewer)
