"""Pieces of a page where they would stand if the page were straight."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ocrchat.layout.sight import Kinds, Region
from ocrchat.model import Box, Line

COLUMN_WIDTH = 8.0
"""Units. Lines of prose are at least so wide: the cells of a table and the amounts of a receipt are narrower."""
SKEWS = tuple(step / 400 for step in range(-14, 15))
SKEW_LINES = 24
SKEW_GAIN = 1.4
"""Slopes that are tried, 2 degrees to both sides; the lines that it takes, and how much better the best one must be than none.
The centred lines of a receipt line up by chance at any slope."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A line, or a region with all of its lines; `box` is where it would stand on a straight page, `kinds` what it looks like."""

    lines: tuple[Line, ...]
    box: Box
    kinds: Kinds
    region: Region | None = None

    @property
    def line(self) -> Line:
        return self.lines[0]

    @property
    def middle(self) -> float:
        return (self.box.y0 + self.box.y1) / 2

    @property
    def centre(self) -> float:
        return (self.box.x0 + self.box.x1) / 2


def is_level(item: Placed, middles: Sequence[float], tolerance: float) -> bool:
    """Whether one of `middles`, in rising order, is at the height of `item`, give or take `tolerance` pixels."""
    place = bisect_left(middles, item.middle - tolerance)
    return place < len(middles) and middles[place] < item.middle + tolerance


def unit_of(boxes: Iterable[Box]) -> float:
    """Median height, in pixels; at least one."""
    return max(median([box.height for box in boxes] or [1.0]), 1.0)


def letter_size(line: Line) -> float:
    """Pixels: of the font where it is known, else of the box."""
    return line.style.size if line.style else line.box.height


def straighten(lines: Iterable[tuple[Line, Kinds]], slope: float) -> list[Placed]:
    """From top to bottom."""
    return sorted((placed(line, kinds, slope) for line, kinds in lines), key=lambda item: item.middle)


def placed(line: Line, kinds: Kinds, slope: float) -> Placed:
    box = turned(line.box, slope)
    # The upright box is higher than the slanting line in it.
    slack = min(abs(slope) * line.box.width, line.box.height / 2) / 2
    return Placed((line,), Box(box.x0, box.y0 + slack, box.x1, box.y1 - slack), kinds)


def turned(box: Box, slope: float) -> Box:
    """Where `box` stands on the straight page."""
    dx, dy = slope * (box.y0 + box.y1) / 2, slope * (box.x0 + box.x1) / 2
    return Box(box.x0 + dx, box.y0 - dy, box.x1 + dx, box.y1 - dy)


def skew(lines: Iterable[Line]) -> float:
    """How much lines fall per pixel to the right: the slope at which most lines of prose begin at the same margins."""
    boxes = [line.box for line in lines]
    unit = unit_of(boxes)
    prose = [box for box in boxes if box.width >= COLUMN_WIDTH * unit]
    if len(prose) < SKEW_LINES:
        return 0.0

    def alignment(slope: float) -> int:
        margins = Counter(round((box.x0 + slope * (box.y0 + box.y1) / 2) / (unit / 3)) for box in prose)
        return sum(count * count for count in margins.values())

    best = max(SKEWS, key=lambda slope: (alignment(slope), -abs(slope)))
    return best if alignment(best) > SKEW_GAIN * alignment(0) else 0.0
