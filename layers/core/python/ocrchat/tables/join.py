"""A table that goes on over several pages -> one table. Standard library only: used where documents are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from ocrchat.model import Block, BlockType, Cell, PageResult, Table

_DRIFT = 0.03
"""How far the columns of the two parts may be from each other, 1 = the page's width: scanned pages are not exactly aligned."""

_FLEETING = (BlockType.HEADER, BlockType.FOOTER, BlockType.FOOTNOTE)
"""What may stand between the parts."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A table and where its columns are, 1 = the page's width; None for a column without any text of its own."""

    table: Table
    left: float
    right: float
    columns: tuple[tuple[float, float] | None, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """A table of a document. `places` are those of its parts: of each, its page among the pages, and its block on it."""

    table: Table
    places: tuple[tuple[int, int], ...]


def joined(pages: Sequence[PageResult]) -> list[tuple[int, Table]]:
    """All tables of a document in reading order, those that go on over pages as one, with the index of the page they begin on."""
    return [(pages[whole.places[0][0]].index, whole.table) for whole in wholes(pages)]


def continued(pages: Sequence[PageResult]) -> list[list[tuple[int, Table]]]:
    """For each page the tables that begin on it, each whole, with the index of its block in `PageResult.blocks`."""
    found: list[list[tuple[int, Table]]] = [[] for _ in pages]
    for whole in wholes(pages):
        page, block = whole.places[0]
        found[page].append((block, whole.table))
    return found


def wholes(pages: Iterable[PageResult]) -> list[Whole]:
    """In reading order.

    A table goes on where it is the last thing on its page and another is the first on the next one (running heads, feet and
    footnotes aside), with as many columns in the same places. A header that is printed again is dropped.
    """
    found: list[Whole] = []
    last: _Part | None = None  # of the table that ends the page before
    for at, page in enumerate(pages):
        body = [(number, block) for number, block in enumerate(page.blocks) if block.type not in _FLEETING]
        for place, (number, block) in enumerate(body):
            if block.table is None:
                last = None
                continue
            part = _part(block, page.width)
            if place == 0 and last and _fit(last, part):
                before = found.pop()
                found.append(Whole(_stacked(before.table, part.table), (*before.places, (at, number))))
            else:
                found.append(Whole(block.table, ((at, number),)))
            last = part
        if not body:
            last = None
    return found


def _part(block: Block, width: int) -> _Part:
    table = block.table
    assert table is not None
    columns: list[list[Cell]] = [[] for _ in range(table.columns)]
    for cell in table.cells:
        if cell.box and cell.column_span == 1:
            columns[cell.column].append(cell)
    extents = tuple(
        (min(c.box.x0 for c in some if c.box) / width, max(c.box.x1 for c in some if c.box) / width) if some else None
        for some in columns
    )
    return _Part(table, block.box.x0 / width, block.box.x1 / width, extents)


def _fit(part: _Part, following: _Part) -> bool:
    if part.table.columns != following.table.columns:
        return False
    return (
        all(
            a is None or b is None or (min(a[1], b[1]) - max(a[0], b[0]) > -_DRIFT)
            for a, b in zip(part.columns, following.columns, strict=True)
        )
        and abs(part.left - following.left) < 2 * _DRIFT
    )


def _stacked(table: Table, following: Table) -> Table:
    pairs = zip(_rows(table), _rows(following)[:-1], strict=False)
    repeated = sum(1 for _ in takewhile(lambda rows: rows[0] == rows[1], pairs))
    if any(cell.row < repeated < cell.row + cell.row_span for cell in following.cells):
        repeated = 0
    moved = [replace(cell, row=cell.row - repeated + table.rows) for cell in following.cells if cell.row >= repeated]
    return Table(table.rows + following.rows - repeated, table.columns, (*table.cells, *moved))


def _rows(table: Table) -> list[list[tuple[int, str]]]:
    """The columns and texts of each row."""
    rows: list[list[tuple[int, str]]] = [[] for _ in range(table.rows)]
    for cell in table.cells:
        rows[cell.row].append((cell.column, cell.text.casefold()))
    return rows
