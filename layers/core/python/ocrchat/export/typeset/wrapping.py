"""A paragraph -> lines that fit a width."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ocrchat.bidi import runs_leftwards
from ocrchat.export import direction
from ocrchat.export.typeset.shaping import Run, Shaper
from ocrchat.writing import is_ideograph

_NOT_FIRST = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー’”）〕］｝〉》」』】°′″℃％ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)]}"
)
_NOT_LAST = frozenset("‘“（〔［｛〈《「『【￥＄([{")
"""What no line of Chinese or Japanese begins or ends with (JIS X 4051)."""

_SYLLABIC = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\ua9e0-\ua9ff\uaa60-\uaa7f]")
"""Thai, Lao, Burmese and Khmer: no spaces between words, and where these end is known to dictionaries only. Lines are broken
between syllables."""
_BELONGS_TO_PREVIOUS = frozenset("ะาำๆฯๅະາຳໆຯຽ။၊។៕ៗ")
_BELONGS_TO_NEXT = frozenset("เแโใไເແໂໃໄ\u1039\u17d2")
_BREAKS_AFTER = frozenset("-‐–—\u0f0b\u1361")
_MARKS = ("Mn", "Mc", "Me", "Cf")
_PLAIN = re.compile("[\x20-\u0dff\u10a0-\u1360\u1362-\u167f\u2000-\u206f\u20a0-\u20cf]*")
"""Text of scripts that have spaces, for which all the rest need not be asked."""
_PLAIN_PIECE = re.compile(r"[^ \-‐–—]*(?:[\-‐–—]+(?=[^ \-‐–—])| |$|[\-‐–—]+)")


@dataclass(frozen=True, slots=True)
class Piece:
    """What is not divided between lines, its space behind it apart; widths in thousandths of the size."""

    start: int
    stop: int
    width: float
    space: float


@dataclass(frozen=True, slots=True)
class SetLine:
    """Its runs from left to right."""

    runs: tuple[Run, ...]
    width: float


class Paragraph:
    """A text without line breaks, white normalised, measured."""

    def __init__(self, text: str, shaper: Shaper) -> None:
        self.leftwards = runs_leftwards(text)
        self._text = text
        self._shaper = shaper
        self._levels = direction.levels(text, self.leftwards)
        self._pieces = [self._piece(start, stop) for start, stop in _pieces(text)]

    @property
    def narrowest(self) -> float:
        """The width of its longest piece."""
        return max((piece.width for piece in self._pieces), default=0.0)

    @property
    def widest(self) -> float:
        """Its width in one line."""
        return sum(piece.width + piece.space for piece in self._pieces)

    def lines(self, width: float) -> list[SetLine]:
        """As many pieces on each as there is room for; `width` in thousandths of the size."""
        made: list[SetLine] = []
        start, filled = 0, 0.0
        stop = 0
        for piece in self._pieces:
            if filled + piece.width > width and stop > start:
                made.append(self._line(start, stop))
                start, filled = piece.start, 0.0
            if piece.width > width:
                for edge, part in self._characters(piece):
                    if filled + part > width and edge > start:
                        made.append(self._line(start, edge))
                        start, filled = edge, 0.0
                    filled += part
                filled += piece.space
            else:
                filled += piece.width + piece.space
            stop = piece.stop
        if stop > start:
            made.append(self._line(start, stop))
        return made

    def _piece(self, start: int, stop: int) -> Piece:
        end = stop - 1 if self._text[stop - 1] == " " and stop - 1 > start else stop
        width = _width(self._runs(start, end))
        return Piece(start, stop, width, _width(self._runs(end, stop)) if end < stop else 0.0)

    def _characters(self, piece: Piece) -> Iterator[tuple[int, float]]:
        """Where each character of a piece with its marks begins, and how wide it is."""
        start = piece.start
        for stop in range(start + 1, piece.stop + 1):
            if stop == piece.stop or unicodedata.category(self._text[stop]) not in _MARKS:
                yield start, _width(self._runs(start, stop))
                start = stop

    def _runs(self, start: int, stop: int) -> tuple[Run, ...]:
        return self._shaper.runs(self._text[start:stop], self._levels[start:stop])

    def _line(self, start: int, stop: int) -> SetLine:
        is_spaced = self._text[stop - 1] == " "
        if is_spaced:
            stop -= 1
        runs = [run for a, b in _cut(self._pieces, start, stop) for run in self._runs(a, b)]
        if self._levels:
            runs = [runs[i] for i in direction.visual([run.level for run in runs])]
        width = _width(runs)
        if is_spaced:  # who follows the tags joins the lines again
            runs = [*self._end(), *runs] if self.leftwards else [*runs, *self._end()]
        return SetLine(tuple(runs), width)

    def _end(self) -> Iterator[Run]:
        """A space that takes no room."""
        for space in self._shaper.runs(" "):
            yield replace(space, width=0, string=f"{space.string}{space.width}")


def _cut(pieces: list[Piece], start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The parts of the pieces that are from `start` to `stop`."""
    first = bisect_right(pieces, start, key=lambda piece: piece.stop)
    for piece in pieces[first:]:
        if piece.start >= stop:
            return
        yield max(piece.start, start), min(piece.stop, stop)


def _width(runs: tuple[Run, ...] | list[Run]) -> float:
    return sum(run.width for run in runs)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    if _PLAIN.fullmatch(text):
        yield from (match.span() for match in _PLAIN_PIECE.finditer(text) if match[0])
        return
    start = 0
    for i in range(1, len(text) + 1):
        if i == len(text) or _may_break(text[i - 1], text[i]):
            yield start, i
            start = i


def _may_break(before: str, after: str) -> bool:
    if before == " " or after == " ":
        return after != " "
    if after in _NOT_FIRST or before in _NOT_LAST or unicodedata.category(after) in _MARKS:
        return False
    if before in _BREAKS_AFTER or is_ideograph(before) or is_ideograph(after):
        return True
    if not (_SYLLABIC.match(before) and _SYLLABIC.match(after)):
        return False
    return before not in _BELONGS_TO_NEXT and after not in _BELONGS_TO_PREVIOUS
