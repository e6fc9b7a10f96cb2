"""The columns of a table: how wide they are, and which are of numbers. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ocrchat.model import Cell, Table

PADDING = 3.0
"""Points between the frame of a cell and its text."""
_SIZES = (9.0, 8.0, 7.0, 6.0, 5.0)
"""Points, the first one in which no word has to be divided."""
_NUMBER = re.compile(r"[-+−–(△▲]*[$€£¥]?\s?\d[\d.,\s]*[%)€$£*†‡]*")


def needed(table: Table, needs: dict[Cell, float]) -> list[float]:
    """What each column needs; what a spanning cell needs more is shared by its columns."""
    widths = [0.0] * table.columns
    for cell in sorted(table.cells, key=lambda cell: cell.column_span):
        columns = range(cell.column, cell.column + cell.column_span)
        lacking = needs[cell] - sum(widths[i] for i in columns)
        if lacking > 0:
            for i in columns:
                widths[i] += lacking / len(columns)
    return widths


def fitted(narrowest: Sequence[float], widest: Sequence[float], room: float) -> tuple[float, list[float]]:
    """The size, and the widths of the columns in points."""
    room -= 2 * PADDING * len(widest)
    size = next((size for size in _SIZES if sum(narrowest) * size / 1000 <= room), _SIZES[-1])
    least = [width * size / 1000 for width in narrowest]
    most = [width * size / 1000 for width in widest]
    if sum(most) <= room:
        inner = most
    elif sum(least) <= room:
        share = (room - sum(least)) / max(sum(most) - sum(least), 1e-6)
        inner = [low + (high - low) * share for low, high in zip(least, most, strict=True)]
    else:
        inner = [max(room, 0.0) * low / sum(least) for low in least]
    return size, [width + 2 * PADDING for width in inner]


def of_numbers(table: Table) -> frozenset[int]:
    """Those in which more than half of the cells with text, headers aside, are numbers."""
    filled: Counter[int] = Counter()
    numbers: Counter[int] = Counter()
    for cell in table.cells:
        text = cell.text.strip()
        if text and cell.column_span == 1 and not cell.is_header:
            filled[cell.column] += 1
            numbers[cell.column] += _NUMBER.fullmatch(text) is not None
    return frozenset(column for column, count in filled.items() if numbers[column] * 2 > count)
