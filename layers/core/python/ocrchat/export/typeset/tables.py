"""A table on the sheets: columns as wide as their text needs, spans kept, header rows again on every page that it goes on to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ocrchat.export.plain import one_line
from ocrchat.export.typeset import columns
from ocrchat.export.typeset.shaping import Shaper
from ocrchat.export.typeset.sheets import ASCENT, Look, Sheets
from ocrchat.export.typeset.structure import spoken
from ocrchat.export.typeset.wrapping import Paragraph, SetLine
from ocrchat.model import Cell, Table
from ocrchat.tables.markup import header_rows

_HEADER_GREY = 0.92
_NARROW = 1.2
"""Sizes of the font. A table whose columns would be narrower than that is written without them."""


@dataclass(frozen=True, slots=True)
class _Set:
    """A cell with its lines, `leading` points from one to the next: all cells of a row have the same, so that baselines meet."""

    cell: Cell
    lines: tuple[SetLine, ...]
    leading: float
    aligned_right: bool

    @property
    def height(self) -> float:
        return len(self.lines) * self.leading + 2 * columns.PADDING


def put(table: Table, sheets: Sheets, shaper: Shaper) -> None:
    texts = {cell: Paragraph(one_line(cell.text), shaper) for cell in table.cells}
    narrowest = columns.needed(table, {cell: text.narrowest for cell, text in texts.items()})
    widest = columns.needed(table, {cell: text.widest for cell, text in texts.items()})
    size, widths = columns.fitted(narrowest, widest, sheets.width)
    if sum(widths) > sheets.width - 1 and table.columns * (_NARROW * size + 2 * columns.PADDING) > sheets.width:
        _without_columns(table.cells, sheets, shaper, size)
        return
    with sheets.structure.within("Table"):
        _Grid(table, texts, widths, size, sheets, shaper).put()


class _Grid:
    def __init__(
        self,
        table: Table,
        texts: dict[Cell, Paragraph],
        widths: list[float],
        size: float,
        sheets: Sheets,
        shaper: Shaper,
    ) -> None:
        self._sheets = sheets
        self._shaper = shaper
        self._size = size
        self._space = shaper.runs(" ")
        self._edges = [sum(widths[:i]) for i in range(len(widths) + 1)]
        self._headers = header_rows(table)
        self._of_numbers = columns.of_numbers(table)
        self._cells = [self._row([(cell, texts[cell]) for cell in row]) for row in table.by_row]
        self._heights = self._row_heights(table)

    def put(self) -> None:
        """Rows that a cell spans stay together, and so do the header rows and what is first below them."""
        header = sum(self._heights[: self._headers])
        for start, stop in self._groups():
            height = sum(self._heights[start:stop])
            is_body = start >= self._headers
            if height > self._sheets.room and not self._sheets.is_fresh:
                self._sheets.turn()
                if is_body and self._headers and header + height <= self._sheets.room:
                    self._sheets.hide()
                    self._draw(0, self._headers)
                    self._sheets.show()
            if height > self._sheets.room:
                cells = [some.cell for row in self._cells[start:stop] for some in row]
                whole = f"/A<</O/Table/ColSpan {len(self._edges) - 1}>>"
                with self._sheets.structure.within("TR"), self._sheets.structure.within("TD", whole):
                    _without_columns(cells, self._sheets, self._shaper, self._size)
            else:
                self._draw(start, stop)

    def _row(self, cells: list[tuple[Cell, Paragraph]]) -> list[_Set]:
        lines = [tuple(text.lines(self._width(cell) * 1000 / self._size + 1)) for cell, text in cells]
        leading = max((self._sheets.line_height(line, self._size) for some in lines for line in some), default=0.0)
        return [
            _Set(cell, some, leading, text.leftwards or self._aligns(cell))
            for (cell, text), some in zip(cells, lines, strict=True)
        ]

    def _width(self, cell: Cell) -> float:
        """For its text."""
        return self._edges[cell.column + cell.column_span] - self._edges[cell.column] - 2 * columns.PADDING

    def _aligns(self, cell: Cell) -> bool:
        """Whether it belongs to a column of numbers: as its header, a number, or what stands for one. Words among them do not."""
        is_in = cell.column in self._of_numbers and cell.column_span == 1
        return is_in and (cell.is_header or not cell.text.lstrip()[:1].isalpha())

    def _row_heights(self, table: Table) -> list[float]:
        least = self._size + 2 * columns.PADDING
        heights = [max((s.height for s in row if s.cell.row_span == 1), default=least) for row in self._cells]
        for some in (s for row in self._cells for s in row if s.cell.row_span > 1):
            rows = slice(some.cell.row, some.cell.row + some.cell.row_span)
            lacking = some.height - sum(heights[rows])
            if lacking > 0:
                heights[rows.stop - 1] += lacking
        return heights

    def _groups(self) -> Iterator[tuple[int, int]]:
        start, end = 0, 0
        for row, some in enumerate(self._cells):
            if row and row >= end and row != self._headers:
                yield start, row
                start = row
            elif row and row == self._headers and row >= end:
                end = row + 1  # the first row below the headers
            end = max(end, *(s.cell.row + s.cell.row_span for s in some), row + 1) if some else max(end, row + 1)
        if self._cells:
            yield start, len(self._cells)

    def _draw(self, start: int, stop: int) -> None:
        top = self._sheets.y
        for row in range(start, stop):
            with self._sheets.structure.within("TR"):
                for some in self._cells[row]:
                    self._draw_cell(some, top)
            top -= self._heights[row]
        self._sheets.y = top

    def _draw_cell(self, some: _Set, top: float) -> None:
        cell = some.cell
        x = self._sheets.left + self._edges[cell.column]
        width = self._width(cell) + 2 * columns.PADDING
        height = sum(self._heights[cell.row : cell.row + cell.row_span])
        if cell.is_header:
            self._sheets.box(x, top - height, width, height, _HEADER_GREY)
        self._sheets.frame(x, top - height, width, height)
        y = top - columns.PADDING
        look = Look(self._size, bold=cell.is_header)
        with self._sheets.structure.within("TH" if cell.is_header else "TD", _attributes(cell)):
            for line in some.lines:
                room = self._width(cell) - line.width * self._size / 1000
                # Without a space behind it, readers take two cells that stand close to each other for one word.
                spaced = SetLine((*line.runs, *self._space), line.width)
                left = x + columns.PADDING + (room if some.aligned_right else 0)
                self._sheets.put(spaced, look, left, y - some.leading * ASCENT)
                y -= some.leading


def _attributes(cell: Cell) -> str:
    """Entries of its structure element (ISO 32000-1, 14.8.5.7)."""
    entries = "/Scope/Column" if cell.is_header else ""
    if cell.column_span > 1:
        entries += f"/ColSpan {cell.column_span}"
    if cell.row_span > 1:
        entries += f"/RowSpan {cell.row_span}"
    return (f"/A<</O/Table{entries}>>" if entries else "") + spoken(one_line(cell.text))


def _without_columns(cells: Sequence[Cell], sheets: Sheets, shaper: Shaper, size: float) -> None:
    """A line for each row, for what is too large for any page."""
    rows: dict[int, list[str]] = {}
    for cell in cells:
        rows.setdefault(cell.row, []).append(one_line(cell.text))
    for texts in rows.values():
        text = " ".join(filter(None, texts))
        with sheets.structure.within("P", spoken(text)):
            for line in Paragraph(text, shaper).lines(sheets.width * 1000 / size):
                sheets.line(line, Look(size), sheets.left)
