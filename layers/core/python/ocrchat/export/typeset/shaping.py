"""Text -> glyphs, by HarfBuzz. All is measured in thousandths of the size: a word is shaped once, whatever its size."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import uharfbuzz as hb

from ocrchat.export.typeset.fonts import Face, Font, Fonts, Shape

_LONGEST = 2000
"""Glyphs of one run: no string of a PDF is longer than 32,767 bytes then."""
_CACHED = 50_000
"""Words."""


_MEANT = 64
"""Characters that a code stands for at most, since readers know no more than a few hundred. No real letter has so many marks."""
_SPACE = 250
"""Thousandths of the size: some fonts have narrower ones, and Poppler overlooks those below 150."""


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one face and direction, from left to right. `height` is that of its line, in sizes; `string` is an operand of
    TJ, without its brackets."""

    font: Font
    level: int
    height: float
    width: int
    string: str


class Shaper:
    def __init__(self, fonts: Fonts) -> None:
        self._fonts = fonts
        self._known: dict[tuple[str, tuple[int, ...]], tuple[Run, ...]] = {}

    def runs(self, text: str, levels: tuple[int, ...] = ()) -> tuple[Run, ...]:
        """In logical order. `levels` has the direction of each character; without, all run to the right."""
        key = (text, levels)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _CACHED:
                self._known.clear()
            found = self._known[key] = tuple(self._shaped(text, levels or (0,) * len(text)))
        return found

    def _shaped(self, text: str, levels: Sequence[int]) -> Iterator[Run]:
        faces = self._faces(text)
        start = 0
        for stop in range(1, len(text) + 1):
            is_end = stop == len(text) or levels[stop] != levels[start] or faces[stop] is not faces[start]
            if is_end or stop - start == _LONGEST:
                yield _run(faces[start], self._fonts.font(stop - start), levels[start], text[start:stop])
                start = stop

    def _faces(self, text: str) -> list[Face]:
        """Marks stay with their letter, and signs with what they follow, if its font has them."""
        faces: list[Face] = []
        for character in text:
            kind = unicodedata.category(character)
            if faces and (kind in ("Mn", "Me", "Cf") or (kind[0] in "PSZ" and faces[-1].has(character))):
                faces.append(faces[-1])
            else:
                faces.append(self._fonts.face(character))
        return faces


def _run(face: Face, font: Font, level: int, text: str) -> Run:
    buffer = hb.Buffer()
    buffer.add_codepoints([ord(character) for character in text])
    buffer.guess_segment_properties()
    is_leftward = level % 2 == 1
    buffer.direction = "rtl" if is_leftward else "ltr"
    hb.shape(face.shaper, buffer)
    width = correction = 0
    pieces: list[str] = []
    for shape, advance, start, stop in _clusters(buffer, text, is_leftward):
        # Who copies from a PDF takes what he sees for visual order, and turns it around.
        meaning = text[start:stop][::-1] if is_leftward else text[start:stop]
        needed = max(round(advance * face.to_thousandths), _SPACE if meaning == " " else 0)
        code = font.code(face, shape, meaning, needed)
        pieces.append(f">{correction}<{code:04x}" if correction else f"{code:04x}")
        correction = font.widths[code] - needed
        width += needed
    end = f">{correction}" if correction else ">"
    return Run(font, level, face.height, width, f"<{''.join(pieces)}{end}")


def _clusters(buffer: hb.Buffer, text: str, is_leftward: bool) -> Iterator[tuple[Shape, int, int, int]]:
    """From left to right: its glyphs, how far it goes, and its characters from start to stop."""
    infos, positions = buffer.glyph_infos, buffer.glyph_positions
    starts = sorted({info.cluster for info in infos})
    stops = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    for start, some in groupby(zip(infos, positions, strict=True), key=lambda pair: pair[0].cluster):
        shape, pen = [], 0
        for info, position in some:
            shape.append((info.codepoint, pen + position.x_offset, position.y_offset))
            pen += position.x_advance
        edges = [*range(start, stops[start], _MEANT), stops[start]]
        if start == 0 and not is_leftward and (mark := _first_mark(text, 1, stops[0])):
            edges.insert(1, mark)
        yield tuple(shape), pen, start, edges[1]
        for edge, following in pairwise(edges[1:]):
            yield (), 0, edge, following


def _first_mark(text: str, start: int, stop: int) -> int:
    """Where it is, or 0. pdf.js overlooks the space before a code that is copied as a mark and more: no word begins with one."""
    return next((i for i in range(start, min(stop, _MEANT)) if unicodedata.category(text[i]) == "Mn"), 0)
