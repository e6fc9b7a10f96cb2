"""The structure of a table and the words of its region -> the table with its text, and how well the two fit."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from ocrchat.bidi import runs_leftwards
from ocrchat.model import Box, Cell, Line, Table
from ocrchat.writing import is_ideograph

MOST_ROWS = 400
MOST_COLUMNS = 60
"""A table is cut off behind so many: what is larger is hostile or no table."""

_SOLID_GAP = 0.35
"""Words nearer to each other than this, in heights of their line, are never in two columns: a space is narrower."""

_WIDE_GAP = 1.0
"""Words of one row further apart than this, in heights of their line, are hardly in one cell."""

_STACKED = 0.5
"""How much a row of which each cell has several lines weighs: it may be two rows, or a header that is wrapped."""

_LEVEL = 0.5
"""Share of the lower box that has to be level with the higher one for both to be in one row."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, or words that stand too close together to be in two cells. `spaced`: a space goes before it in its line."""

    text: str
    box: Box
    spaced: bool = True

    @property
    def middle(self) -> tuple[float, float]:
        return (self.box.x0 + self.box.x1) / 2, (self.box.y0 + self.box.y1) / 2


@dataclass(frozen=True, slots=True)
class Borders:
    """Heights at which two rows meet and positions at which two columns do, in pixels, in rising order."""

    rows: tuple[float, ...] = ()
    columns: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """A table with its text, and where its rows and columns meet.

    `misfit` is the share of text and rows that speak against the structure; 0 is perfect.
    """

    table: Table
    borders: Borders
    misfit: float


def table_of(rows: Sequence[Sequence[Cell]]) -> Table | None:
    """Cells as HTML lists them (row by row, spans given, positions not) -> a grid in which each place is covered once.

    The algorithm of the HTML standard ("forming a table"), with spans cut where they would leave the grid or run into
    another cell, and empty cells where a row is short. None: nothing in it.
    """
    taken: set[tuple[int, int]] = set()
    cells: list[Cell] = []
    height = min(len(rows), MOST_ROWS)
    for r, row in enumerate(rows[:height]):
        c = 0
        for cell in row:
            while (r, c) in taken:
                c += 1
            if c >= MOST_COLUMNS:
                break
            down = min(cell.row_span, height - r)
            across = 1
            while across < cell.column_span and c + across < MOST_COLUMNS and (r, c + across) not in taken:
                across += 1
            taken |= {(r + y, c + x) for y in range(down) for x in range(across)}
            cells.append(replace(cell, row=r, column=c, row_span=down, column_span=across))
            c += across
    width = max((c + 1 for _, c in taken), default=0)
    cells += [Cell(r, c, "") for r in range(height) for c in range(width) if (r, c) not in taken]
    return Table(height, width, _ordered(cells)) if width else None


def _ordered(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    return tuple(sorted(cells, key=lambda cell: (cell.row, cell.column)))


def fill(structure: Table, words: Sequence[Piece], ruled: Borders) -> Filled:
    """The table with the text of `words`: each goes to the cell over the place that its middle is in.

    The boxes of `structure` are where the text of its cells is thought to be, roughly. Rows and columns are told apart
    by the printed line between them, else by the white between the words nearest to there.
    """
    solid = _solid(words)
    columns = _borders(structure, [(piece.box.x0, piece.box.x1) for piece in solid], ruled.columns, across=True)
    rows = _borders(structure, [_core(word.box) for word in words], ruled.rows, across=False)
    at = {
        (cell.row + y, cell.column + x): number
        for number, cell in enumerate(structure.cells)
        for y in range(cell.row_span)
        for x in range(cell.column_span)
    }

    def cell_at(x: float, y: float) -> int:
        return at[_index(rows, y), _index(columns, x)]

    held: list[list[Piece]] = [[] for _ in structure.cells]
    for word in words:
        held[cell_at(*word.middle)].append(word)
    cells = [_filled(cell, inside) for cell, inside in zip(structure.cells, held, strict=True)]
    parts: list[list[Piece]] = [[] for _ in structure.cells]
    cut = 0
    for piece in solid:
        x, y = piece.middle
        parts[cell_at(x, y)].append(piece)
        dent = min(0.3 * piece.box.height, piece.box.width / 2)
        cut += cell_at(piece.box.x0 + dent, y) != cell_at(piece.box.x1 - dent, y)
    made_up = sum(cell.box is None for cell in structure.cells) / len(structure.cells)
    misfit = (
        cut / max(1, len(solid))
        + _crowded(parts)
        + _STACKED * _stacked(structure, parts)
        + made_up
        + _unparted(structure.rows, ruled.rows, [word.middle[1] for word in words])
        + _unparted(structure.columns, ruled.columns, [word.middle[0] for word in words])
    )
    return Filled(replace(structure, cells=tuple(cells)), Borders(tuple(rows), tuple(columns)), misfit)


def pieces(lines: Iterable[Line]) -> list[Piece]:
    """The words of `lines`; where a line has none, its text cut at spaces, each as wide as its share of the characters."""
    return [piece for line in lines for piece in _pieces(line)]


def _pieces(line: Line) -> list[Piece]:
    found: list[Piece] = []
    texts = [word.text for word in line.words] or line.text.split()
    behind = 0
    for number, text in enumerate(texts):
        start = max(line.text.find(text, behind), behind)
        end = start + len(text)
        if line.words:
            box = line.words[number].box
        else:
            wide = line.box.width / len(line.text)
            box = replace(line.box, x0=line.box.x0 + start * wide, x1=line.box.x0 + end * wide)
        found.append(Piece(text, box, number == 0 or start > behind))
        behind = end
    return found


def _solid(words: Iterable[Piece]) -> list[Piece]:
    """Words that follow each other in a line with a space at most between them, joined to one."""
    found: list[Piece] = []
    for word in words:
        last = found[-1].box if found else None
        near = _SOLID_GAP * word.box.height
        if last and -near < word.box.x0 - last.x1 < near and _is_level(last, word.box):
            found[-1] = replace(found[-1], box=Box.around([last, word.box]))
        else:
            found.append(word)
    return found


def _is_level(box: Box, other: Box) -> bool:
    common = min(box.y1, other.y1) - max(box.y0, other.y0)
    return common > _LEVEL * min(box.height, other.height)


def _core(box: Box) -> tuple[float, float]:
    """Its middle half from top to bottom: the boxes of one row reach into the next one's."""
    return box.y0 + box.height / 4, box.y1 - box.height / 4


def _borders(structure: Table, ink: Sequence[tuple[float, float]], ruled: Sequence[float], across: bool) -> list[float]:
    """Where each row (column, if `across`) but the first begins."""
    extents: list[list[tuple[float, float]]] = [[] for _ in range(structure.columns if across else structure.rows)]
    for cell in structure.cells:
        if cell.box and across and cell.column_span == 1:
            extents[cell.column].append((cell.box.x0, cell.box.x1))
        if cell.box and not across and cell.row_span == 1:
            extents[cell.row].append((cell.box.y0, cell.box.y1))
    middles = _rising([median((a + b) / 2 for a, b in some) if some else None for some in extents])
    ends = [
        (median(a for a, _ in some), median(b for _, b in some)) if some else (middle, middle)
        for some, middle in zip(extents, middles, strict=True)
    ]
    return [
        _gap(low, high, min(max((end + begin) / 2, low), high), ink, ruled)
        for (low, high), ((_, end), (begin, _)) in zip(pairwise(middles), pairwise(ends), strict=True)
    ]


def _rising(middles: Sequence[float | None]) -> list[float]:
    """Never falling; what is not known is where its neighbour is."""
    last = next((middle for middle in middles if middle is not None), 0.0)
    found: list[float] = []
    for middle in middles:
        last = max(last, middle if middle is not None else last)
        found.append(last)
    return found


def _gap(low: float, high: float, ideal: float, ink: Sequence[tuple[float, float]], ruled: Sequence[float]) -> float:
    """The place between `low` and `high` that is in the least ink; of several, one near to `ideal`. A printed line wins."""
    if high <= low:
        return low
    lines = [line for line in ruled if low < line < high]
    if lines:
        return min(lines, key=lambda line: abs(line - ideal))
    near = [(max(start, low), min(end, high)) for start, end in ink if start < high and end > low]
    events = sorted([(start, 1) for start, _ in near] + [(end, -1) for _, end in near])
    best, cover, start = (float("inf"), ideal), 0, low
    for position, step in [*events, (high, 0)]:
        if position > start:
            distance = abs(min(max(ideal, start), position) - ideal) / (high - low)
            best = min(best, (cover + distance, (start + position) / 2))
            start = position
        cover += step
    return best[1]


def _index(borders: Sequence[float], position: float) -> int:
    return bisect_right(borders, position)


def _crowded(parts: Sequence[Sequence[Piece]]) -> float:
    """Share of the cells with text in which words stand too far apart: two columns were taken for one."""
    crowded = 0
    for inside in parts:
        row = sorted(inside, key=lambda piece: piece.box.x0)
        crowded += any(
            right.box.x0 - left.box.x1 > _WIDE_GAP * left.box.height and _is_level(left.box, right.box)
            for left, right in pairwise(row)
        )
    return crowded / max(1, sum(map(bool, parts)))


def _stacked(structure: Table, parts: Sequence[Sequence[Piece]]) -> float:
    """Share of the rows that are missing: where no cell with text has but one line of it, several rows were taken for one."""
    fewest: dict[int, list[int]] = {}
    for cell, inside in zip(structure.cells, parts, strict=True):
        if inside and cell.row_span == 1:
            fewest.setdefault(cell.row, []).append(len(_text_rows(inside)))
    missing = sum(min(counts) - 1 for counts in fewest.values() if len(counts) > 1)
    return missing / (structure.rows + missing)


def cuts(words: Iterable[Piece], most: int) -> list[int]:
    """Heights between rows of words that part a table evenly into bands of up to `most` rows of words."""
    rows = _text_rows(words)
    bands = -(-len(rows) // most)
    below = [len(rows) * band // bands for band in range(1, bands)]
    return [round((max(word.box.y1 for word in rows[k - 1]) + min(word.box.y0 for word in rows[k])) / 2) for k in below]


def _unparted(count: int, ruled: Sequence[float], middles: Iterable[float]) -> float:
    """Share of the rows (columns) that are missing: there are `count`, and words between more pairs of printed lines."""
    missing = max(0, len({_index(ruled, middle) for middle in middles}) - count)
    return missing / (count + missing)


def without_blank_rows(table: Table) -> Table:
    """Less the rows in which no cell with text begins or ends: a network makes some up where lines are far apart."""
    rows = {r for cell in table.cells if cell.text for r in (cell.row, cell.row + cell.row_span - 1)}
    return _with(table, sorted(rows), range(table.columns))


def without_blank_columns(table: Table) -> Table:
    """Less the columns in which no cell with text begins or ends."""
    columns = {c for cell in table.cells if cell.text for c in (cell.column, cell.column + cell.column_span - 1)}
    return _with(table, range(table.rows), sorted(columns))


def _with(table: Table, rows: Sequence[int], columns: Sequence[int]) -> Table:
    """What is left of `table` in these of its rows and columns."""
    kept = []
    for cell in table.cells:
        top, bottom = bisect_left(rows, cell.row), bisect_left(rows, cell.row + cell.row_span)
        left, right = bisect_left(columns, cell.column), bisect_left(columns, cell.column + cell.column_span)
        if top < bottom and left < right:
            kept.append(replace(cell, row=top, column=left, row_span=bottom - top, column_span=right - left))
    return Table(len(rows), len(columns), _ordered(kept))


def _filled(cell: Cell, words: Sequence[Piece]) -> Cell:
    if not words:
        return replace(cell, text="")
    return replace(cell, text=_joined(words), box=Box.around(word.box for word in words))


def _text_rows(words: Iterable[Piece]) -> list[list[Piece]]:
    """Rows of words that are level with each other, from top to bottom."""
    rows: list[list[Piece]] = []
    for word in sorted(words, key=lambda word: word.middle[1]):
        if rows and _is_level(rows[-1][0].box, word.box):
            rows[-1].append(word)
        else:
            rows.append([word])
    return rows


def _joined(words: Iterable[Piece]) -> str:
    """Rows from top to bottom, words in reading order; a space where the line had one, and between lines of most scripts."""
    text = ""
    for row in _text_rows(words):
        leftwards = runs_leftwards("".join(word.text for word in row))
        for number, word in enumerate(sorted(row, key=lambda word: word.middle[0], reverse=leftwards)):
            is_one = text and word.text and is_ideograph(text[-1]) and is_ideograph(word.text[0])
            spaced = word.spaced and (number > 0 or not is_one)
            text += (" " if text and spaced else "") + word.text
    return text
