"""Which way up a page is. A page that is read well as it is stays as it is: only doubtful ones are looked at the other way.

No classifier: those we tried turn upright pages over (docs/adr/0003). The recogniser itself tells, from a few lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import mean

import cv2
import numpy as np

from ocrchat.engines import quads
from ocrchat.engines.quads import Pixels, Quads, Transform

_SAMPLE = 8
"""So many of the longest lines are looked at."""

_DOUBTFUL = 0.85
_CLEARLY_BETTER = 0.1
"""Mean probabilities. Below `_DOUBTFUL` the lines are tried upside down; what is upside down is read as nonsense, at 0.6."""

_READABLE = 0.85
"""A page is only turned if it can be read then: columns of Chinese are upended too, and stand as they should, and of a script
that the recogniser does not know it cannot tell."""

_LEAN = 1.0
"""Degrees. Less is left as it is, and boxes stay where the caller's picture has them: layout copes with it."""

_LARGEST = 32_000
"""Pixels of a side. OpenCV warps nothing larger."""

_PAPER = (255, 255, 255)

STAY: Transform = np.eye(2, 3)
"""Moves nothing."""

Trust = Callable[[Sequence[Pixels]], float]
"""How well crops of lines can be read, 0..1."""


def quarter_turn(page: Pixels, found: Quads, confidences: Sequence[float], trust: Trust) -> int:
    """Degrees clockwise by which the page must be turned to be upright: 0, 90, 180 or 270.

    `confidences` is how well the lines of `found` were read as they are; `trust` says that of other crops.
    """
    if len(found) == 0:
        return 0
    widths, heights = quads.sizes(found)
    upended = quads.are_upended(found)
    sideways = bool(np.sum((widths * heights)[upended]) > np.sum((widths * heights)[~upended]))
    longest = np.argsort(-np.maximum(widths, heights) * (upended == sideways))[:_SAMPLE]
    if not sideways and mean(confidences[index] for index in longest) > _DOUBTFUL:
        return 0
    crops = [quads.crop(page, quads.downwards(found[index]) if sideways else found[index]) for index in longest]
    as_it_is, other_way = trust(crops), trust([cv2.rotate(crop, cv2.ROTATE_180) for crop in crops])
    if max(as_it_is, other_way) < _READABLE:
        return 0
    is_flipped = other_way > as_it_is + _CLEARLY_BETTER
    if not sideways:
        return 180 if is_flipped else 0
    return 90 if is_flipped else 270


def turned(page: Pixels, degrees: int) -> Pixels:
    """By 90, 180 or 270 degrees clockwise."""
    turns = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
    return cv2.rotate(page, turns[degrees])


def straightened(page: Pixels, found: Quads) -> tuple[float, Transform, Pixels]:
    """By how many degrees clockwise the page is turned so that its lines are level, how its points move, and that page.

    Corners become white. A page that hardly leans stays as it is.
    """
    skew = quads.skew(found)
    if abs(skew) < _LEAN or max(page.shape) > _LARGEST:
        return 0.0, STAY, page
    height, width = page.shape[:2]
    transform = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1.0)
    cosine, sine = abs(transform[0, 0]), abs(transform[0, 1])
    size = (round(width * cosine + height * sine), round(width * sine + height * cosine))
    transform[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    return -skew, transform, cv2.warpAffine(page, transform, size, flags=cv2.INTER_LINEAR, borderValue=_PAPER)
