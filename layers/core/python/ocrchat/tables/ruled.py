"""Where a page has ruled tables: lines that cross each other, seen in its pixels."""

from __future__ import annotations

import cv2
import numpy as np

from ocrchat.model import Box, PageImage
from ocrchat.tables.arrays import Pixels

_SIDE = 1600
"""Pixels. Longest side at which lines are looked for."""

_LONG = 40
"""Pixels of that. Shorter strokes are letters."""

_CROSSINGS = 6
"""A table has at least so many places where lines cross or meet: two cells. A frame has four."""

_LEAST = 0.005
"""Share of the page. What is smaller is a form's row of boxes, a logo."""

MOST = 10
"""Tables looked for on one page; the largest ones."""


def areas(image: PageImage) -> list[Box]:
    """The regions of `image` that ruled grids cover, in its pixels, from top to bottom. None lies in another."""
    pixels = np.frombuffer(image.pixels, np.uint8).reshape(image.height, image.width, 3)
    scale = min(1.0, _SIDE / max(image.width, image.height))
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 15, 8)
    level, upright = _strokes(ink, (1, _LONG)), _strokes(ink, (_LONG, 1))
    crossings, _, _, centres = cv2.connectedComponentsWithStats(cv2.bitwise_and(level, upright))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.bitwise_or(level, upright))
    columns, rows = centres[1:crossings].round().astype(int).T
    met = np.bincount(labels[rows, columns], minlength=count)
    found = [
        Box(x / scale, y / scale, (x + w) / scale, (y + h) / scale)
        for number, (x, y, w, h, _) in enumerate(stats.tolist())
        if number and met[number] >= _CROSSINGS and w * h >= _LEAST * grey.size
    ]
    kept: list[Box] = []
    for box in sorted(found, key=lambda box: -box.width * box.height)[:MOST]:
        if not any(
            other.x0 <= box.x0 and box.x1 <= other.x1 and other.y0 <= box.y0 and box.y1 <= other.y1 for other in kept
        ):
            kept.append(box)
    return sorted(kept, key=lambda box: (box.y0, box.x0))


def _strokes(ink: Pixels, shape: tuple[int, int]) -> Pixels:
    """Strokes at least as long as `shape` (height, width), a pixel thicker on all sides so that corners meet."""
    kept = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
    return cv2.dilate(kept, np.ones((3, 3), np.uint8))
