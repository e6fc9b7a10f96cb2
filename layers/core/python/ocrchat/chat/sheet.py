"""A page as one string in which quotations are looked for, every letter of it with the line that it comes from."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from ocrchat.model import Block, Box, Line, PageResult, mean_confidence

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
        self._lines = [part for place, block in enumerate(page.blocks) for part in _lines(place, block)]
        letters: list[str] = []
        self._origin: list[tuple[int, int]] = []
        for number, (place, line) in enumerate(self._lines):
            is_one_block = number > 0 and self._lines[number - 1][0] == place
            if letters and letters[-1] == "-" and is_one_block and line.text[:1].islower() and letters[-2:-1] != [" "]:
                letters.pop()  # a word that goes on in the next line
                self._origin.pop()
            elif letters and letters[-1] != " ":
                letters.append(" ")
                self._origin.append((number, 0))
            for offset, letter in _folded(line.text):
                if letter == " " and (not letters or letters[-1] == " "):
                    continue
                letters.append(letter)
                self._origin.append((number, offset))
        self.text = "".join(letters)

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(self.text.split())

    def span(self, start: int, end: int) -> Span:
        """What `text[start:end]`, which is not empty, has come from."""
        first, last = self._origin[start], self._origin[end - 1]
        touched = range(first[0], last[0] + 1)
        parts = []
        for number in touched:
            text = self._lines[number][1].text
            begin = first[1] if number == first[0] else 0
            stop = last[1] + 1 if number == last[0] else len(text)
            parts.append(text[begin:stop])
        lines = [self._lines[number] for number in touched]
        return Span(
            " ".join(" ".join(parts).split()),
            tuple(line.box for _, line in lines),
            tuple(dict.fromkeys(place for place, _ in lines)),
            mean_confidence(line for _, line in lines) or 0.0,
        )


def fold(text: str) -> str:
    """Without case, kinds of quotes and dashes, width, invisible characters and runs of white space."""
    folded = "".join(letter for _, letter in _folded(unicodedata.normalize("NFC", text)))
    return " ".join(folded.split())


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


def _folded(text: str) -> Iterator[tuple[int, str]]:
    """Letters with the place in `text` that each comes from."""
    for offset, letter in enumerate(text):
        if letter.isspace():
            yield offset, " "
        elif unicodedata.category(letter) not in ("Cc", "Cf"):
            for one in unicodedata.normalize("NFKC", _ALIKE.get(letter, letter)).casefold():
                yield offset, " " if one.isspace() else one
