"""Where lines of text stand on a page: PP-OCRv6 detection (differentiable binarisation, Liao et al. 2020).

From rapidocr-onnxruntime comes what turns the network's map into quadrilaterals. The network is run here: the package would
look at every page with a longest side of 2,000 pixels and without a memory arena, at twice the time (docs/adr/0003).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from rapidocr_onnxruntime.ch_ppocr_det.utils import DBPostProcess

from ocrchat.engines.quads import Pixels, Quads, sizes
from ocrchat.networks import giving_back, open_session

MODEL = "PP-OCRv6_det_small.onnx"

_SIDE = 960
_DENSITY = 82.0
_TRUSTED_DPI = 150.0
"""Pixels of the page's longest side at the first look: enough for A4, which has 82 to the inch then. Larger sheets get more,
if their resolution can be believed: cameras write 72 where they know none."""

_SMALL_PRINT = 14.0
_GOOD_PRINT = 20.0
_LARGEST_SIDE = 2560
"""A page whose lines are lower than `_SMALL_PRINT` at the first look is looked at again, so that they get `_GOOD_PRINT`, but
no larger than `_LARGEST_SIDE`. Pixels; a line's height counts the margin that detection leaves around it."""

_FEW_LINES = 5
_INK = 64
_STAINED = 1e-4
"""Fewer lines are suspicious on a page that has been reduced, if more is on it: so many of its pixels, a few letters of small
print, differ by more than `_INK` of 255 from its paper. Then it is looked at as large as possible."""

_LONG_ASPECT = 3
_OVERLAP = 200
"""A page so many times longer than wide, the screenshot of a chat, is looked at in bands that overlap by so many pixels."""

_STRIDE = 32
"""Pixels: the network takes multiples of it. Thinner pages are widened by repeating their edge."""

_LEAST_SCORE = {False: 0.5, True: 0.3}
"""Mean of the network's map over a line, in scripts that it knows and in others. With 0.3 it finds text in Chinese signs too."""

_THINNEST_LINE = 4
"""Pixels."""

_MOST_LINES = 3000
"""A page of a newspaper has 1,500."""


class LineDetector:
    def __init__(self, weights: Path, threads: int) -> None:
        self._session = open_session(weights / MODEL, threads)
        self._input = self._session.get_inputs()[0].name
        self._options = giving_back()
        self._quads = {is_foreign: _post_process(least) for is_foreign, least in _LEAST_SCORE.items()}

    def find(self, page: Pixels, dpi: float, is_foreign: bool = False) -> Quads:
        """The lines of `page` (height x width x RGB), in no order; n is 0 where there are none.

        `is_foreign`: in a script that the network has hardly seen.
        """
        longest, shortest = max(page.shape[:2]), min(page.shape[:2])
        if longest <= max(_LONG_ASPECT * shortest, 2 * _SIDE):
            return self._find_whole(page, dpi, is_foreign)
        found = []
        for start, stop in _bands(longest, max(2 * shortest, 2 * _SIDE), _OVERLAP):
            is_high = page.shape[0] == longest
            quads = self._find_whole(page[start:stop] if is_high else page[:, start:stop], dpi, is_foreign)
            quads[..., int(is_high)] += start
            middles = quads[..., int(is_high)].mean(axis=1)
            # What is in the overlap belongs to the band that it is further within.
            first, last = start + _OVERLAP / 2 * (start > 0), stop - _OVERLAP / 2 * (stop < longest)
            found.append(quads[(middles >= first) & (middles < last)])
        return np.concatenate(found)

    def _find_whole(self, page: Pixels, dpi: float, is_foreign: bool) -> Quads:
        longest = max(page.shape[:2])
        side = max(_SIDE, round(longest / dpi * _DENSITY)) if dpi >= _TRUSTED_DPI else _SIDE
        side = min(side, longest, _LARGEST_SIDE)
        quads = self._look(page, side, is_foreign)
        if len(quads) < _FEW_LINES and longest > side and _has_more(page, quads):  # too small to be seen, below a title
            larger = self._look(page, min(_LARGEST_SIDE, longest), is_foreign)
            return larger if len(larger) > len(quads) else quads
        height = float(np.median(np.minimum(*sizes(quads)))) * side / longest if len(quads) else _GOOD_PRINT
        if height >= _SMALL_PRINT or side == _LARGEST_SIDE:
            return quads
        return self._look(page, min(_LARGEST_SIDE, round(side * _GOOD_PRINT / height)), is_foreign)

    def _look(self, page: Pixels, side: int, is_foreign: bool) -> Quads:
        """At `page` with a longest side of `side`."""
        height, width = page.shape[:2]
        scale = side / max(height, width)
        size = [max(round(length * scale), 1) for length in (width, height)]
        size = [round(length / _STRIDE) * _STRIDE if length >= _STRIDE else length for length in size]
        seen = cv2.resize(page, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        seen = _no_thinner_than(seen, _STRIDE)
        blob = cv2.dnn.blobFromImage(seen, 1 / 127.5, mean=(127.5, 127.5, 127.5), swapRB=True)  # the network takes BGR
        shown = (round(height * seen.shape[0] / size[1]), round(width * seen.shape[1] / size[0]))
        found, _ = self._quads[is_foreign](self._session.run(None, {self._input: blob}, self._options)[0], shown)
        quads = np.asarray(found, np.float32).reshape(-1, 4, 2)
        np.clip(quads[..., 0], 0, width, out=quads[..., 0])
        np.clip(quads[..., 1], 0, height, out=quads[..., 1])
        kept: Quads = quads[np.minimum(*sizes(quads)) >= _THINNEST_LINE]
        return kept


def _has_more(page: Pixels, quads: Quads) -> bool:
    """Whether something is printed outside of `quads`."""
    grey = cv2.cvtColor(page, cv2.COLOR_RGB2GRAY)
    paper = int(np.median(grey[::4, ::4]))
    ink = (cv2.absdiff(grey, np.full_like(grey, paper)) > _INK).astype(np.uint8)
    cv2.fillPoly(ink, list(quads.astype(np.int32)), (0,))
    return int(cv2.countNonZero(ink)) > _STAINED * ink.size


def _bands(length: int, size: int, overlap: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of overlapping pieces of `length`, each of `size` but the last."""
    start = 0
    while start + size < length:
        yield start, start + size
        start += size - overlap
    yield start, length


def _post_process(least_score: float) -> DBPostProcess:
    return DBPostProcess(
        thresh=0.3,
        box_thresh=least_score,
        unclip_ratio=1.6,
        max_candidates=_MOST_LINES,
        score_mode="fast",
        use_dilation=True,
    )


def _no_thinner_than(page: Pixels, least: int) -> Pixels:
    below, right = (max(0, least - length) for length in page.shape[:2])
    return cv2.copyMakeBorder(page, 0, below, 0, right, cv2.BORDER_REPLICATE) if below or right else page
