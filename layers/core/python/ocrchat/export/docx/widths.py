"""How wide the columns of a table are: as they were, as far as their longest words allow."""

from __future__ import annotations

from itertools import pairwise

from ocrchat.export.docx import fit, styles
from ocrchat.model import Table

_NARROWEST = 0.3
_WIDEST = 2.0
"""Of an even share: what a column of ticks has, so that it can still be read, and what a long word gets, and no more."""

_LETTER = 1.1 * fit.WIDTH * 20
"""Twentieths of a point, for a size of one: bold letters and digits are wider than most."""


def widths(content: Table, width: int, size: float) -> list[int]:
    """Twentieths of a point, `width` in all; letters of `size` points."""
    even = width / content.columns
    least = [min(max(need, _NARROWEST * even), _WIDEST * even) for need in _longest_words(content, size)]
    over = sum(least) / width
    if over >= 1:
        return [int(each / over) for each in least]
    return [int(each) for each in _raised(_as_they_were(content, width), least, width)]


def _raised(shares: list[float], least: list[float], width: int) -> list[float]:
    """`shares` of `width`, none below its `least`: what those get more, the others get less, in proportion."""
    short = {column for column, share in enumerate(shares) if share < least[column]}
    while short:
        room = width - sum(least[column] for column in short)
        rest = sum(share for column, share in enumerate(shares) if column not in short)
        scaled = [least[c] if c in short else share * room / rest for c, share in enumerate(shares)]
        more = {column for column, share in enumerate(scaled) if share < least[column]} - short
        if not more:
            return scaled
        short |= more
    return shares


def _longest_words(content: Table, size: float) -> list[float]:
    found = [0] * content.columns
    for cell in content.cells:
        if cell.column_span == 1:
            # Ideographs break anywhere.
            words = (word for word in cell.text.split() if word.isascii())
            found[cell.column] = max(found[cell.column], max(map(len, words), default=0))
    return [letters * _LETTER * size + 2 * styles.CELL_MARGIN + 20 for letters in found]


def _as_they_were(content: Table, width: int) -> list[float]:
    """In proportion to the middles between what stands in them; even ones where that is not known."""
    columns = content.columns
    extents: list[list[float]] = [[] for _ in range(columns)]
    for cell in content.cells:
        if cell.box and cell.column_span == 1:
            extents[cell.column] += [cell.box.x0, cell.box.x1]
    even = [width / columns] * columns
    if not all(extents):
        return even
    sides = [(min(each), max(each)) for each in extents]
    edges = [sides[0][0], *((left[1] + right[0]) / 2 for left, right in pairwise(sides)), sides[-1][1]]
    shares = [max(after - before, 0.0) for before, after in pairwise(edges)]
    return [share * width / sum(shares) for share in shares] if sum(shares) > 0 else even
