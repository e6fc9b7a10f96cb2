"""In which size of letters the text of a page takes about as much room in Word as it did on the page."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from statistics import median

from ocrchat.export.docx import pages, styles
from ocrchat.export.docx.pages import Size
from ocrchat.export.plain import extent
from ocrchat.model import Block, BlockType, Document, PageResult, Table

_POINTS = 72
_BODY = 0.75
"""Size of letters, in heights of their line's box."""

_SIZES = (11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0)
"""Points: what is used, and can be read."""
_USUAL = 10.5
_SMALL = 9.5
"""Points: what text is set in where there is nothing to measure, and what it need not be below because it seems to have been."""

_FITTING = 0.75
"""Share of the pages that shall fit on one: a table that is set very small must not make all letters small."""

WIDTH = 0.52
"""Of a letter of Arial, in sizes; ideographs have 1."""

_RUNNING = 3
"""Lines from which on a block is taken for a paragraph, whose lines are joined."""


def letter_size(document: Document, sizes: Sequence[Size]) -> float:
    """Points. Hardly above the median of what the text was set in; `sizes` are those of the pages."""
    heights = [
        line.box.height / page.dpi * pages.scale(page) * _POINTS * _BODY
        for page in document.pages
        if pages.scale(page)
        for block in page.blocks
        if block.type is BlockType.TEXT
        for line in block.lines
    ]
    usual = median(heights) if heights else _USUAL
    allowed = [size for size in _SIZES if size <= max(usual, _SMALL)]
    return next((size for size in allowed if _fits(document, sizes, size)), _SIZES[-1])


def _fits(document: Document, sizes: Sequence[Size], size: float) -> bool:
    fitting = [
        _height(page, pages.text_size(whole)[0] * _POINTS, size) <= pages.text_size(whole)[1] * _POINTS
        for page, whole in zip(document.pages, sizes, strict=True)
    ]
    return sum(fitting) >= _FITTING * len(fitting)


def _height(page: PageResult, width: float, size: float) -> float:
    """Points that its blocks take in a column of `width` points."""
    return sum(_block_height(block, width, size) for block in page.blocks)


def _block_height(block: Block, width: float, size: float) -> float:
    line = size * styles.LEADING
    if block.table:
        return (_table_lines(block.table, width, size) + 1) * line
    letters = width / (size * WIDTH)
    if len(block.lines) >= _RUNNING and block.type is BlockType.TEXT:
        rows = max(ceil(sum(extent(each.text) + 1 for each in block.lines) / letters), 1)
    else:
        rows = sum(max(ceil(extent(each.text) / letters), 1) for each in block.lines)
    share = styles.HEADING_SIZES[min(max(block.level, 1), 6) - 1] if block.type is BlockType.HEADING else 1.0
    return rows * line * share + size / 2 * (2 if block.type is BlockType.HEADING else 1)


def _table_lines(table: Table, width: float, size: float) -> int:
    letters = max(width / table.columns / (size * WIDTH), 1.0)
    rows = [1] * table.rows
    for cell in table.cells:
        if cell.row_span == 1:
            rows[cell.row] = max(rows[cell.row], ceil(extent(cell.text) / (letters * cell.column_span)))
    return sum(rows)
