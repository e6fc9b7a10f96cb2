"""PP-OCRv6 with more time: on pages that it reads badly, lines are read again and again, and what most readings agree on is kept.

A page that is read well the first time is left as it is: there a second reading changes as many right letters as wrong ones
(docs/adr/0017). What gains is handwriting, faint typing, formulas.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

import cv2

from ocrchat.engines import quads
from ocrchat.engines.ppocr import PpOcrEngine, Strip
from ocrchat.engines.quads import Pixels
from ocrchat.engines.reading import Reading
from ocrchat.model import mean_confidence

_CLEAR = 0.95
"""Mean confidence of a page from which on it is left as it is: print has 0.96 and more, handwriting hardly ever so much."""

_DOUBTED = 0.97
"""Confidence of a line below which it is read again, on a page that is not clear."""

_WIDER = (1.3, 1.5)
"""Handwriting is narrower than the print that the recogniser has learnt."""

_HIGHER = (-0.1, 0.1)
"""In heights of the line, above and below: less of its neighbours, or more of its own loops."""

_SURER = 0.03
"""By so much another reading has to be better than the first one."""

_POOR = 0.9
_LEAST = 0.1
"""Mean confidence of a page below which its weak lines are handwriting, and confidence from which on they are kept then. On other
pages they are stamps and logos."""


class ThoroughEngine(PpOcrEngine):
    name = "pp-ocrv6-thorough"

    def _reconsidered(self, strips: list[Strip], page: Pixels) -> list[Strip]:
        if (mean_confidence(_text(strips)) or 0.0) >= _CLEAR:
            return strips
        strips = [self._again(strip, page) if _is_doubted(strip) else strip for strip in strips]
        return (
            [replace(strip, least=_LEAST) for strip in strips]
            if (mean_confidence(_text(strips)) or 0.0) < _POOR
            else strips
        )

    def _again(self, strip: Strip, page: Pixels) -> Strip:
        """As the reading that is sure of itself, and that the others agree with most: that product is its confidence."""
        readings = [strip.reading, *map(self._small.read, _views(strip, page))]
        worth = [reading.confidence * _agreement(number, readings) for number, reading in enumerate(readings)]
        best = max(range(len(readings)), key=worth.__getitem__)
        if worth[best] <= worth[0] + _SURER:
            best = 0
        # What was text stays text.
        least = strip.least if strip.is_text else 0.0
        return replace(strip, reading=replace(readings[best], confidence=max(worth[best], least)))


def _views(strip: Strip, page: Pixels) -> Iterator[Pixels]:
    """The line in other crops than the first one."""
    height, width = strip.pixels.shape[:2]
    for times in _WIDER:
        yield cv2.resize(strip.pixels, (round(width * times), height), interpolation=cv2.INTER_CUBIC)
    for share in _HIGHER:
        yield quads.crop(page, quads.grown(strip.quad, share))


def _agreement(number: int, readings: Sequence[Reading]) -> float:
    """How alike the other readings are to this one, each as far as it is sure of itself."""
    others = [reading for place, reading in enumerate(readings) if place != number and reading.text]
    matcher = SequenceMatcher(b=readings[number].text, autojunk=False)
    total = 0.0
    for other in others:
        matcher.set_seq1(other.text)
        total += other.confidence * matcher.ratio()
    return total / max(sum(other.confidence for other in others), 1e-9)


def _is_doubted(strip: Strip) -> bool:
    return not strip.is_known and not strip.is_foreign and strip.reading.confidence < _DOUBTED


def _text(strips: Sequence[Strip]) -> list[Reading]:
    return [strip.reading for strip in strips if strip.is_text]
