"""Cells in which something is printed that the OCR did not see: detectors overlook a lone digit, or a dash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

import cv2
import numpy as np

from ocrchat.model import Box
from ocrchat.tables.arrays import Pixels
from ocrchat.tables.grid import Filled, Piece

_CONTRAST = 60
"""Levels by which ink differs from the ground around it."""

_LEAST = 0.12
"""A dash is at least so wide, in heights of a line; what is smaller in both directions is dirt."""

_TALLEST = 1.5
"""Ink that is higher than this, in heights of a line, is no lone character."""

_MARGIN = 0.25
"""White left around the ink, in heights of a line."""

_FLAT = 0.2
_DASH = 1.5
_LONG = 1.5
"""A dash is less high and less wide than this, in heights of a line, and wider than that, in its own height."""

MOST = 200
"""Cells looked at again in one table."""


def unread(
    filled: Filled,
    pixels: Pixels,
    words: Sequence[Piece],
    recognise: Callable[[Box], Piece | None],
) -> list[Piece]:
    """What stands in the cells of `filled` that have no text. `pixels`: the table (height, width, 3; RGB).

    A dash is told by its shape, all else is what `recognise` sees in a box.
    """
    height, width = pixels.shape[:2]
    rows = [0.0, *filled.borders.rows, float(height)]
    columns = [0.0, *filled.borders.columns, float(width)]
    line = median(word.box.height for word in words)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    known = np.zeros_like(grey)
    for word in words:  # its ends may reach into other cells than its middle
        known[_part(word.box)] = 1
    found: list[Piece] = []
    for cell in [cell for cell in filled.table.cells if not cell.text][:MOST]:
        behind, below = cell.column + cell.column_span, cell.row + cell.row_span
        ink = _ink(grey, known, Box(columns[cell.column], rows[cell.row], columns[behind], rows[below]), line)
        if ink is None:
            continue
        middle, half = (ink.y0 + ink.y1) / 2, max(ink.height, line) / 2
        around = Box(ink.x0 - _MARGIN * line, middle - half, ink.x1 + _MARGIN * line, middle + half)
        if ink.height < _FLAT * line and _LONG * ink.height < ink.width < _DASH * line:
            found.append(Piece("-" if ink.width < line / 2 else "–", around))
        elif seen := recognise(around):
            found.append(seen)
    return found


def _ink(grey: Pixels, known: Pixels, place: Box, line: float) -> Box | None:
    """What is printed wholly inside `place`; None: nothing. Rulings and the neighbours' letters reach its edge."""
    part = grey[_part(place)]
    if min(part.shape) < 3:
        return None
    ground = float(np.median(part))
    ink = (np.abs(part.astype(np.float32) - ground) > _CONTRAST) & (known[_part(place)] == 0)
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8))
    left, top = max(0, int(place.x0)), max(0, int(place.y0))
    boxes = [
        Box(left + x, top + y, left + x + w, top + y + h)
        for x, y, w, h, _ in stats[1:count].tolist()
        if x > 0 and y > 0 and x + w < part.shape[1] and y + h < part.shape[0] and max(w, h) > _LEAST * line
    ]
    if not boxes:
        return None
    around = Box.around(boxes)
    return around if around.height < _TALLEST * line else None


def _part(box: Box) -> tuple[slice, slice]:
    return slice(max(0, int(box.y0)), int(box.y1) + 1), slice(max(0, int(box.x0)), int(box.x1) + 1)
