"""What a recogniser read in the crop of a line, and the line that it makes on the page."""

from __future__ import annotations

from dataclasses import dataclass

from ocrchat.engines.quads import Quads, span
from ocrchat.model import Box, Line, Word


@dataclass(frozen=True, slots=True)
class ReadWord:
    """`start` and `stop`: where it stands in its crop, from 0, the left edge, to 1, the right one."""

    text: str
    start: float
    stop: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands in a line, in logical order: the first word of a right-to-left line is its rightmost."""

    text: str
    confidence: float
    words: tuple[ReadWord, ...] = ()

    def on(self, quad: Quads) -> Line:
        """On the page, where `quad` is."""
        (x0, y0), (x1, y1) = quad.min(axis=0).tolist(), quad.max(axis=0).tolist()
        words = tuple(Word(word.text, span(quad, word.start, word.stop), word.confidence) for word in self.words)
        return Line(self.text, Box(x0, y0, x1, y1), self.confidence, words)
