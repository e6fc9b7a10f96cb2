"""The two networks together: the structure that the words fit best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from ocrchat.model import Box, Cell, Line, PageImage, Table
from ocrchat.tables.arrays import Pixels
from ocrchat.tables.grid import (
    Borders,
    Filled,
    Piece,
    cuts,
    fill,
    pieces,
    table_of,
    without_blank_columns,
    without_blank_rows,
)
from ocrchat.tables.gridnet import GridNet
from ocrchat.tables.rulings import rulings
from ocrchat.tables.slanet import SlaNet
from ocrchat.tables.unread import unread

GOOD_FIT = 0.01
"""Misfit up to which SLANet's structure is taken as it is."""

SPANLESS = 0.05
"""Handicap of structures without spans, the other network's and that of the printed lines: in a small table, spans are a
larger part. At most half a row's worth."""

BAND = 40
"""Rows of words that `gridnet` looks at at once: it has 360 pixels for them."""

CERTAIN = 0.6
"""Least confidence of what is read in a cell by itself: there are no neighbours that would bear it out."""

FEWEST_WORDS, MOST_WORDS = 3, 5000
"""A region with fewer words has no two rows of two columns, one with more is left as text."""


class TableNets:
    """Implements `TableModel`."""

    def __init__(self, weights: Path, threads: int) -> None:
        self._slanet = SlaNet(weights, threads)
        self._gridnet = GridNet(weights, threads)

    def read(
        self, image: PageImage, origin: Box, lines: Sequence[Line], recognise: Callable[[Box], Line | None] | None
    ) -> Table | None:
        place = Place(int(origin.x0), int(origin.y0))
        words = [word for word in map(place.inwards, pieces(lines)) if _is_in(word, image)]
        if not FEWEST_WORDS <= len(words) <= MOST_WORDS:
            return None
        pixels: Pixels = np.frombuffer(image.pixels, np.uint8).reshape(image.height, image.width, 3)
        ruled = rulings(pixels)
        best = self._best(pixels, words, ruled)
        if best is None:
            return None
        table = without_blank_rows(best.table)
        if recognise:
            seen = unread(fill(table, words, ruled), pixels, words, place.seen_by(recognise))
            table = fill(table, [*words, *seen], ruled).table
        table = without_blank_columns(table)
        return place.outwards(table) if table.rows > 1 and table.columns > 1 else None

    def _best(self, pixels: Pixels, words: Sequence[Piece], ruled: Borders) -> Filled | None:
        structure = self._slanet.structure(pixels)
        found = [fill(structure, words, ruled)] if structure else []
        if found and found[0].misfit <= GOOD_FIT:
            return found[0]
        for borders in (ruled, self._gridnet.borders(pixels, cuts(words, BAND))):
            grid = _between(borders, pixels, words)
            if grid and grid.rows > 1 and grid.columns > 1:
                filled = fill(grid, words, ruled)
                found.append(replace(filled, misfit=filled.misfit + min(SPANLESS, 0.5 / grid.rows)))
        return min(found, key=lambda filled: filled.misfit, default=None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the picture of a table begins on its page, in pixels."""

    x: int
    y: int

    def inwards(self, word: Piece) -> Piece:
        return replace(word, box=word.box.moved(-self.x, -self.y))

    def outwards(self, table: Table) -> Table:
        """On the page. Where an empty cell was thought to be is left out."""
        cells = (
            replace(cell, box=cell.box.moved(self.x, self.y) if cell.box and cell.text else None)
            for cell in table.cells
        )
        return replace(table, cells=tuple(cells))

    def seen_by(self, recognise: Callable[[Box], Line | None]) -> Callable[[Box], Piece | None]:
        """`recognise`, asked about the table: one piece of text a box."""

        def read(box: Box) -> Piece | None:
            line = recognise(box.moved(self.x, self.y))
            return Piece(line.text, box) if line and line.confidence >= CERTAIN else None

        return read


def _is_in(word: Piece, image: PageImage) -> bool:
    x, y = word.middle
    return 0 <= x < image.width and 0 <= y < image.height


def _between(borders: Borders, pixels: Pixels, words: Sequence[Piece]) -> Table | None:
    """The places between the borders, less those borders that have no word between them and the one before."""
    rows = _parted(borders.rows, pixels.shape[0], [word.middle[1] for word in words])
    columns = _parted(borders.columns, pixels.shape[1], [word.middle[0] for word in words])
    return table_of(
        [[Cell(0, 0, "", box=Box(x0, y0, x1, y1)) for x0, x1 in pairwise(columns)] for y0, y1 in pairwise(rows)]
    )


def _parted(borders: Sequence[float], end: float, middles: Sequence[float]) -> list[float]:
    kept = [0.0]
    for border in borders:
        if any(kept[-1] <= middle < border for middle in middles):
            kept.append(border)
        elif len(kept) > 1:
            kept[-1] = (kept[-1] + border) / 2
    if len(kept) > 1 and not any(middle >= kept[-1] for middle in middles):
        kept.pop()
    return [*kept, end]
