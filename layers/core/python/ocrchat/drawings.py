"""What the paths on a page are: the rulings of tables, and letters that were drawn instead of written. Pure, no state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ocrchat.model import Box

THICKEST, SHORTEST = 8, 16
"""Pixels: how thick a ruling is at most, and how long at least."""

SMALL, TALL = 6, 120
"""Pixels: letters are higher than the one and lower than the other."""

ROW = 8
OUTLINES = 60
"""Letters stand in rows of at least `ROW`; fewer than `OUTLINES` of them are a logo, or an ornament."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A path, or one straight piece of it. `is_level` says that it is a line or a rectangle along the edges of the page."""

    box: Box
    is_level: bool
    is_stroked: bool


def rulings(shapes: Sequence[Shape]) -> list[Box]:
    """Horizontal and vertical lines as thin boxes: lines, the sides of frames, and flat rectangles."""
    return [ruling for shape in shapes if shape.is_level for ruling in _sides(shape)]


def _sides(shape: Shape) -> list[Box]:
    box = shape.box
    if min(box.width, box.height) <= THICKEST:
        return [box] if max(box.width, box.height) >= SHORTEST else []
    if not shape.is_stroked or min(box.width, box.height) < SHORTEST:
        return []  # the ground of a cell, a box to tick
    return [
        Box(box.x0, box.y0, box.x1, box.y0 + 1),
        Box(box.x0, box.y1 - 1, box.x1, box.y1),
        Box(box.x0, box.y0, box.x0 + 1, box.y1),
        Box(box.x1 - 1, box.y0, box.x1, box.y1),
    ]


def outlined_text(shapes: Sequence[Shape]) -> Box | None:
    """Around what are letters, by their size and because they stand in rows; None where there are few, or mostly others."""
    letters = [shape.box for shape in shapes if not shape.is_level and is_like_a_letter(shape.box)]
    rows = Counter(round(box.y1 / SMALL) for box in letters)
    in_rows = [box for box in letters if rows[round(box.y1 / SMALL)] >= ROW]
    return Box.around(in_rows) if len(in_rows) >= max(OUTLINES, len(letters) / 2) else None


def is_like_a_letter(box: Box) -> bool:
    return SMALL < box.height < TALL and SMALL / 2 < box.width < 2 * box.height
