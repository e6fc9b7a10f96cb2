"""Pages as rows of pieces, from left to right: a label and its value at the other edge of a receipt are two pieces of one row.

Lines do not tell: one may go across both columns of a letterhead, and two stand side by side. So lines are cut where the white
between two words is wide, and pieces at one height are a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ocrchat.model import Box, Document, Line, PageResult

PAGES = 20
"""Of a document, from its beginning: more than an invoice has."""

_BESIDE = 0.5
"""Pieces share so much of the height of the lower one."""

_APART = 1.1
"""White between two words of different pieces, in heights of their line."""

_OPEN, _WIDEST = 4, 20
"""Rows that a piece may still belong to, and pieces of a row: a page of 3,000 lines ends as well."""

_LONGEST, _MOST = 200, 100_000
"""Characters of a line that is looked at, since labels and values are short, and of all pages together: more than 20 pages of an
invoice have."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that stand close to each other, on a page counted from 1. `confidence` is that of their line."""

    page: int
    text: str
    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class Row:
    """Pieces from left to right."""

    page: int
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return "  ".join(piece.text for piece in self.pieces)

    @property
    def box(self) -> Box:
        return Box.around(piece.box for piece in self.pieces)


def rows(document: Document) -> list[Row]:
    """From top to bottom, page after page. Lines without words are pieces as they are."""
    found: list[Row] = []
    room = _MOST
    for page in document.pages[:PAGES]:
        lines = [line for line in page.lines if line.text.strip() and len(line.text) <= _LONGEST]
        room -= sum(len(line.text) for line in lines)
        if room < 0:
            break
        found += _rows(page, lines)
    return found


def _rows(page: PageResult, lines: Sequence[Line]) -> list[Row]:
    open_rows: list[list[Piece]] = []
    pieces = (piece for line in lines for piece in _pieces(line, page.index + 1))
    for piece in sorted(pieces, key=lambda piece: (piece.box.y0, piece.box.x0)):
        near = (
            row for row in reversed(open_rows[-_OPEN:]) if len(row) < _WIDEST and _stand_beside(row[0].box, piece.box)
        )
        row = next(near, None)
        if row is None:
            open_rows.append([piece])
        else:
            row.append(piece)
    return [Row(page.index + 1, tuple(sorted(row, key=lambda piece: piece.box.x0))) for row in open_rows]


def _pieces(line: Line, page: int) -> Iterator[Piece]:
    spans = _spans(line)
    for number, (start, box) in enumerate(spans):
        end = spans[number + 1][0] if number + 1 < len(spans) else len(line.text)
        yield Piece(page, line.text[start:end].strip(), box, line.confidence)


def _spans(line: Line) -> Sequence[tuple[int, Box]]:
    """Where in the text of the line each piece begins, and its box."""
    spans: list[tuple[int, list[Box]]] = []
    at = 0
    for word in line.words:
        start = line.text.find(word.text, at)
        if start < 0:
            return [(0, line.box)]  # its words are not its text
        at = start + len(word.text)
        if spans and _white(spans[-1][1][-1], word.box) <= _APART * line.box.height:
            spans[-1][1].append(word.box)
        else:
            spans.append((start, [word.box]))
    if len(spans) < 2:
        return [(0, line.box)]
    return [(start, Box.around(boxes)) for start, boxes in spans]


def _white(one: Box, other: Box) -> float:
    return max(other.x0 - one.x1, one.x0 - other.x1)


def _stand_beside(one: Box, other: Box) -> bool:
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared >= _BESIDE * max(min(one.height, other.height), 1.0)
