"""What a model says of a page, whatever its dialect."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ocrchat.model import Box


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the page: what the model calls it, its text in Markdown (a table is HTML, a formula LaTeX), and where it is.

    `box` is in thousandths of the page's width and height, origin top left; None where the model named no place.
    """

    label: str
    text: str
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The regions in reading order. `spans` says where the text of each stands in what the model wrote (start, end)."""

    regions: tuple[Region, ...]
    spans: tuple[tuple[int, int], ...]

    def without_last(self) -> Answer:
        """Of an answer that was cut off: its last region may be half of one."""
        return Answer(self.regions[:-1], self.spans[:-1])


WHOLE = 1000.0

MOST_REGIONS = 2000
"""Of one answer; a page has some tens. What stands in more is left to OCR."""


def box_of(x0: float, y0: float, x1: float, y1: float) -> Box:
    """In bounds and the right way round, whatever a model says."""
    x0, y0, x1, y1 = (min(max(value, 0.0), WHOLE) for value in (x0, y0, x1, y1))
    return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def trimmed(text: str) -> str:
    """Without white around it, but for that before its first word: of a list it says how deep the item is."""
    return re.sub(r"\A\s*\n", "", text).rstrip()


def paragraphs(text: str) -> Answer:
    """An answer without places: each paragraph a region of its own."""
    regions, spans, start = [], [], 0
    for part in text.split("\n\n"):
        if bare := part.strip():
            begin = start + part.index(bare)
            regions.append(Region("title" if bare.startswith("#") else "text", bare))
            spans.append((begin, begin + len(bare)))
        start += len(part) + 2
    return Answer(tuple(regions), tuple(spans))
