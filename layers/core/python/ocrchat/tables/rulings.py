"""Ruling lines in the pixels of a table: where printed lines part its rows and columns."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from ocrchat.tables.arrays import Pixels
from ocrchat.tables.grid import Borders

_LONG = 0.5
"""A line that parts whole rows or columns is at least so long, 1 = the table. Shorter ones stand under single headers."""

_PIECE = 15
"""Pixels. A line may be made of dots and dashes, and be a little askew: it is found in pieces of this length."""


def rulings(pixels: Pixels) -> Borders:
    """Of the table that fills `pixels` (height, width, 3). Dark lines on light ground and light lines on dark."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 15, 10)
    return Borders(_lines(ink), _lines(ink.T))


def _lines(ink: Pixels) -> tuple[float, ...]:
    """Heights at which a line runs across `ink` (255 = ink)."""
    kept = cv2.morphologyEx(np.ascontiguousarray(ink), cv2.MORPH_OPEN, np.ones((1, _PIECE), np.uint8))
    # A line that is a little askew is on several rows of pixels.
    kept = cv2.dilate(kept, np.ones((3, 1), np.uint8))
    rows = np.flatnonzero((kept > 0).mean(axis=1) >= _LONG)
    return tuple(float(np.mean(run)) for run in _runs(rows.tolist()))


def _runs(numbers: Iterable[int]) -> list[list[int]]:
    """Neighbouring numbers together."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return found
