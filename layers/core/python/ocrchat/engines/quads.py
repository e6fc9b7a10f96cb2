"""Text lines as quadrilaterals: arrays of 4 x 2 corners in pixels, clockwise from where the text starts at the top.

As the detector gives them, the first corner is the top left on the page. A page
holds them as one array of n x 4 x 2. The crop follows PaddleOCR's: a perspective warp to the sides' longest lengths.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from ocrchat.model import Box

Pixels = np.ndarray[Any, Any]
Quads = np.ndarray[Any, Any]
Transform = np.ndarray[Any, Any]
"""Affine, 2 x 3."""

LINE_HEIGHT = 48
"""Pixels: what the recognisers take."""

_UPENDED = 1.5
"""A quadrilateral so many times higher than wide holds text that runs up or down, or a single narrow letter."""

_LONGEST_LINE = 100
"""In line heights. A rule or a border can be detected as text 500 heights long."""

_LARGEST_MULTIPLE = 8

_SKEW_ASPECT = 4
_SKEW_LINES = 4
"""A skew is told from so many lines, each so many times wider than high: the sides of short ones slant by chance."""


def sizes(quads: Quads) -> tuple[Any, Any]:
    """Widths and heights: the longer one of each pair of opposite sides."""
    top, right, bottom, left = (
        np.linalg.norm(quads[:, a] - quads[:, b], axis=1) for a, b in ((0, 1), (1, 2), (2, 3), (3, 0))
    )
    return np.maximum(top, bottom), np.maximum(left, right)


def are_upended(quads: Quads) -> Any:
    """Which of them may hold text that runs upwards or downwards: a truth value each."""
    widths, heights = sizes(quads)
    return heights >= _UPENDED * widths


def downwards(quad: Quads) -> Quads:
    """The same, taken to hold text that runs down the page, as on the spine of a book."""
    return np.roll(quad, -1, axis=0)


def crop(page: Pixels, quad: Quads) -> Pixels:
    """The line as a strip of `LINE_HEIGHT`, its text from left to right."""
    width, height = (max(float(size[0]), 1.0) for size in sizes(quad[None]))
    across = max(round(min(width / height, _LONGEST_LINE) * LINE_HEIGHT), 1)
    # Large print is cropped at a multiple and averaged: the warp alone would skip pixels.
    times = min(max(round(height / LINE_HEIGHT), 1), _LARGEST_MULTIPLE)
    size = (across * times, LINE_HEIGHT * times)
    corners = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    # OpenCV warps no picture with a side over 32,767 pixels, so only what is around the line is given to it.
    x0, y0 = np.maximum(np.floor(quad.min(axis=0)).astype(int) - 1, 0)
    x1, y1 = np.ceil(quad.max(axis=0)).astype(int) + 2
    around = page[y0:y1, x0:x1]
    transform = cv2.getPerspectiveTransform((quad - (x0, y0)).astype(np.float32), corners)
    strip = cv2.warpPerspective(around, transform, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return strip if times == 1 else cv2.resize(strip, (across, LINE_HEIGHT), interpolation=cv2.INTER_AREA)


def span(quad: Quads, start: float, stop: float) -> Box:
    """What stands between two places along the line, each 0..1 of its crop's width."""
    top_left, top_right, bottom_right, bottom_left = quad
    ends = [
        left + (right - left) * place
        for left, right in ((top_left, top_right), (bottom_left, bottom_right))
        for place in (start, stop)
    ]
    (x0, y0), (x1, y1) = np.min(ends, axis=0), np.max(ends, axis=0)
    return Box(float(x0), float(y0), float(x1), float(y1))


def moved(quad: Quads, transform: Transform) -> Quads:
    return quad @ transform[:, :2].T + transform[:, 2]


def grown(quad: Quads, share: float) -> Quads:
    """Higher by `share` of its height above and below its text; lower, if negative."""
    top_left, top_right, bottom_right, bottom_left = quad
    left, right = share * (bottom_left - top_left), share * (bottom_right - top_right)
    return np.array([top_left - left, top_right - right, bottom_right + right, bottom_left + left], np.float32)


def skew(quads: Quads) -> float:
    """Degrees by which lines fall to the right, the median of the long ones weighted by length; 0 where there are too few."""
    widths, heights = sizes(quads)
    long = widths > _SKEW_ASPECT * heights
    if np.count_nonzero(long) < _SKEW_LINES:
        return 0.0
    edges = (quads[long, 1] - quads[long, 0]) + (quads[long, 2] - quads[long, 3])
    angles = np.degrees(np.arctan2(edges[:, 1], edges[:, 0]))
    order = np.argsort(angles)
    weights = np.cumsum(widths[long][order])
    return float(angles[order][np.searchsorted(weights, weights[-1] / 2)])
