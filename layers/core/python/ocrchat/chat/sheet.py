"""A page as one string in which quotations are looked for, every letter of it with the line that it comes from."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain, starmap

from ocrchat.chat.cleaning import is_hidden
from ocrchat.model import Block, Box, Line, PageResult, mean_confidence
from ocrchat.writing import is_divided

_ALIKE = {
    **dict.fromkeys("‘’‚‛′`´", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    "…": "...",
}


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands on a page: `snippet` as the page has it, and its lines' boxes, blocks and confidence."""

    snippet: str
    boxes: tuple[Box, ...]
    blocks: tuple[int, ...]
    confidence: float


class Sheet:
    """`text` is the page folded (see `fold`), its lines one after the other with a space between. Tables come twice: line by
    line, and row by row, since a line of a page may go through cells that have several."""

    def __init__(self, page: PageResult) -> None:
        self._lines: list[tuple[int, Line]] = []
        self._starts: list[int] = []
        parts: list[str] = []
        length, before = 0, (-1, "")
        for place, line in chain.from_iterable(starmap(_lines, enumerate(page.blocks))):
            text = fold(line.text)
            if not text:
                continue
            if before[0] == place and is_divided(before[1], line.text):
                parts[-1] = parts[-1].removesuffix("-")
                length -= 1
            elif parts:
                parts.append(" ")
                length += 1
            self._lines.append((place, line))
            self._starts.append(length)
            parts.append(text)
            length += len(text)
            before = place, text
        self.text = "".join(parts)

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(self.text.split())

    def is_within_letter(self, place: int) -> bool:
        """Whether what stands before `place` in `text` and what stands after it are one letter of the page, such as … or ½."""
        if not 0 < place < len(self.text):
            return False
        line = bisect_right(self._starts, place - 1) - 1
        start = self._starts[line]
        if line + 1 < len(self._starts) and place >= self._starts[line + 1]:
            return False
        origins = _origins(self._lines[line][1].text)
        return place - start < len(origins) and origins[place - start - 1] == origins[place - start]

    def span(self, start: int, end: int) -> Span:
        """What `text[start:end]` has come from; it is not empty and has no space at its ends."""
        first, last = (bisect_right(self._starts, place) - 1 for place in (start, end - 1))
        touched = self._lines[first : last + 1]
        texts = [line.text for _, line in touched]
        # The end first: where it is one line, the beginning moves it.
        texts[-1] = texts[-1][: _origins(texts[-1])[end - 1 - self._starts[last]] + 1]
        texts[0] = texts[0][_origins(touched[0][1].text)[start - self._starts[first]] :]
        return Span(
            " ".join(" ".join(texts).split()),
            tuple(line.box for _, line in touched),
            tuple(dict.fromkeys(place for place, _ in touched)),
            mean_confidence(line for _, line in touched) or 0.0,
        )


def fold(text: str) -> str:
    """Without case, kinds of quotes and dashes, width, invisible characters and runs of white space."""
    plain = " ".join(text.split())
    if plain.isascii() and plain.isprintable():  # the same as below, ten times as fast
        return plain.lower().replace("`", "'")
    return " ".join("".join(map(_folded, unicodedata.normalize("NFC", text))).split())


def _lines(place: int, block: Block) -> Iterator[tuple[int, Line]]:
    """The lines of a block, in letters that are whole; then the cells of its table, which have OCR's confidence in all of it."""
    for line in block.lines:
        yield place, replace(line, text=unicodedata.normalize("NFC", line.text))
    if block.table:
        for row in block.table.by_row:
            for cell in row:
                if cell.text.strip():
                    text = unicodedata.normalize("NFC", cell.text)
                    yield place, Line(text, cell.box or block.box, block.confidence)


def _origins(text: str) -> list[int]:
    """For every letter of `fold(text)` the place in `text` that it comes from. `text` is in NFC."""
    places: list[int] = []
    last = " "
    for place, letter in enumerate(text):
        for one in _folded(letter):
            if one != " " or last != " ":
                places.append(place)
                last = one
    return places


@lru_cache(maxsize=20_000)
def _folded(letter: str) -> str:
    if letter.isspace():
        return " "
    if is_hidden(letter):
        return ""
    folded = unicodedata.normalize("NFKC", _ALIKE.get(letter, letter)).casefold()
    return "".join(" " if one.isspace() else one for one in folded)
