"""PP-OCRv6: detection of lines, then recognition in a cascade of a tiny and a small model.

The tiny model reads a line at a fifth of the small one's cost, and says with its mean probability whether it can be trusted:
only the lines that it doubts are read again. Measured in docs/adr/0003. Tesseract comes in where it knows better: `latin` for
marks on letters, `scripts` for letters that PP-OCRv6 lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from ocrchat import languages
from ocrchat.engines import Recognised, latin, quads, scripts, upright
from ocrchat.engines.detector import LineDetector
from ocrchat.engines.quads import Pixels, Quads
from ocrchat.engines.reading import Reading
from ocrchat.engines.recogniser import LineRecogniser
from ocrchat.engines.tesseract import Tesseract
from ocrchat.languages.detection import detect_language
from ocrchat.model import Box, Line, PageImage, mean_confidence

TINY = "PP-OCRv6_rec_tiny.onnx"
TINY_CHARACTERS = "PP-OCRv6_rec_tiny.txt"
SMALL = "PP-OCRv6_rec_small.onnx"

_TRUSTED = 0.97
"""Mean probability from which on the tiny model's reading of a line is kept."""

_MIN_CONFIDENCE = 0.5
"""What is read with less is no text: the texture of a photo, a stamp."""

_CONTRAST = 16
"""A page whose darkest and lightest values are closer together, of 255, is blank."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A detected line: where it is, first corner where its text starts, its crop, and what was read there."""

    quad: Quads
    pixels: Pixels
    reading: Reading
    is_known: bool = False
    """Whether Tesseract has read it in its language."""
    is_foreign: bool = False
    """Whether Tesseract has read it, whose confidences are lower, and which is only believed where it makes sense."""
    least: float = _MIN_CONFIDENCE

    @property
    def trust(self) -> float:
        """How far PP-OCRv6 is to be trusted with it; wholly, where it need not be."""
        return 1.0 if self.is_known else self.reading.confidence

    @property
    def line(self) -> scripts.Line:
        return scripts.Line(self.pixels, self.reading.text, self.trust)

    @property
    def is_text(self) -> bool:
        return self.reading.text != "" and (self.is_foreign or self.reading.confidence >= self.least)


@dataclass(frozen=True, slots=True)
class Networks:
    """Loaded once, for all engines that read with them."""

    detector: LineDetector
    tiny: LineRecogniser
    small: LineRecogniser
    tesseract: Tesseract | None

    @classmethod
    def load(cls, weights: Path, tessdata: Path | None, threads: int) -> Networks:
        """`tessdata` has the data of scripts that PP-OCRv6 has no letters of; without it they are read as nonsense."""
        cv2.setNumThreads(threads)
        return cls(
            LineDetector(weights, threads),
            LineRecogniser(weights / TINY, threads, weights / TINY_CHARACTERS),
            LineRecogniser(weights / SMALL, threads),
            Tesseract(tessdata) if tessdata else None,
        )


class PpOcrEngine:
    name = "pp-ocrv6"

    def __init__(self, networks: Networks) -> None:
        self._detector = networks.detector
        self._tiny = networks.tiny
        self._small = networks.small
        self._tesseract = networks.tesseract

    def read(self, image: PageImage, language: str = "auto", may_turn: bool = True) -> Recognised:
        asked = languages.find(language)
        if asked:
            return self._read(image, asked.code, may_turn, is_foreign=asked.engine == languages.TESSERACT)[0]
        recognised, strips = self._read(image, language, may_turn, is_foreign=False)
        told = _foreign_language(strips)
        if told is None or len(self._find(_pixels(image), image.dpi, is_foreign=True)) <= len(strips):
            return recognised
        return self._read(image, told, may_turn, is_foreign=True)[0]

    def _read(
        self, image: PageImage, language: str, may_turn: bool, is_foreign: bool
    ) -> tuple[Recognised, list[Strip]]:
        page = _pixels(image)
        if int(page.max()) - int(page.min()) < _CONTRAST:
            return Recognised(image, [], self.name), []
        found = self._find(page, image.dpi, is_foreign)
        strips = self._strips(page, found)
        turn, lean, transform, level = 0, 0.0, upright.STAY, page
        if may_turn:
            turn = upright.quarter_turn(page, found, [strip.reading.confidence for strip in strips], self._trust)
            if turn:
                page = upright.turned(page, turn)
                found = self._find(page, image.dpi, is_foreign)
                strips = self._strips(page, found)
            lean, transform, level = upright.straightened(page, found)
        rotation = round((turn + lean) % 360, 2)
        if rotation:
            image = PageImage(level.tobytes(), level.shape[1], level.shape[0], image.dpi)
        strips, name = self._reread(strips, language)
        strips = self._reconsidered(strips, page)
        lines = [strip.reading.on(quads.moved(strip.quad, transform)) for strip in strips if strip.is_text]
        return Recognised(image, lines, name, rotation), strips

    def read_line(self, image: PageImage, box: Box) -> Line | None:
        quad = np.array([[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]], np.float32)
        reading = self._small.read(quads.crop(_pixels(image), quad))
        return reading.on(quad) if reading.text else None

    def _find(self, page: Pixels, dpi: float, is_foreign: bool) -> Quads:
        return self._detector.find(page, dpi, is_foreign)

    def _strips(self, page: Pixels, found: Quads) -> list[Strip]:
        upended = quads.are_upended(found)
        return [self._strip(page, quad, is_upended) for quad, is_upended in zip(found, upended, strict=True)]

    def _strip(self, page: Pixels, quad: Quads, is_upended: bool) -> Strip:
        ways = [quads.downwards(quad), quad] if is_upended else [quad]
        crops = [quads.crop(page, way) for way in ways]
        strips = [Strip(way, crop, self._tiny.read(crop)) for way, crop in zip(ways, crops, strict=True)]
        return max(strips, key=lambda strip: strip.reading.confidence)

    def _trust(self, crops: Sequence[Pixels]) -> float:
        """Mean over characters, so that a short line counts for little."""
        return mean_confidence(map(self._tiny.read, crops)) or 0.0

    def _reread(self, strips: list[Strip], language: str) -> tuple[list[Strip], str]:
        """Each as whoever reads it best does, and who has read the page then."""
        if self._tesseract is None:
            return [self._doubted(strip) for strip in strips], self.name
        data = latin.data_for([strip.line for strip in strips], language)
        strips = [self._doubted(self._marked(strip, data) if data else strip) for strip in strips]
        others = scripts.reread([strip.line for strip in strips], language, self._tesseract)
        name = f"{self.name}+tesseract" if data or any(others) else self.name
        return [
            replace(strip, reading=other, is_foreign=True) if other else strip
            for strip, other in zip(strips, others, strict=True)
        ], name

    def _reconsidered(self, strips: list[Strip], page: Pixels) -> list[Strip]:
        """For engines that have more time. `page` is what `strips` were cropped from."""
        return strips

    def _doubted(self, strip: Strip) -> Strip:
        """As the small model reads it, if there is doubt."""
        return strip if strip.trust >= _TRUSTED else replace(strip, reading=self._small.read(strip.pixels))

    def _marked(self, strip: Strip, data: str) -> Strip:
        """As Tesseract reads it, if it knows the words."""
        assert self._tesseract is not None
        if not latin.has_words(strip.reading):
            return strip
        reading = self._tesseract.read(strip.pixels, data)
        return replace(strip, reading=reading, is_known=True) if latin.is_clear(reading) else strip


def _pixels(image: PageImage) -> Pixels:
    return np.frombuffer(image.pixels, np.uint8).reshape(image.height, image.width, 3)


def _foreign_language(strips: Sequence[Strip]) -> str | None:
    """The language of a page most lines of which Tesseract has read, if it can be told: the detector may have missed some."""
    foreign = [strip.reading.text for strip in strips if strip.is_foreign]
    return detect_language("\n".join(foreign)) if len(foreign) > len(strips) / 2 else None
