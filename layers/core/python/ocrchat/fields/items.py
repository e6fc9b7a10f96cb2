"""The lines of goods: from a table with a header that names its columns, from rows below such a header, or from the rows of a
receipt, where what a line costs stands at its end.

A table counts more than rows, since its cells may have several lines. The goods end where the sums begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum, auto
from itertools import islice, product

from ocrchat.fields import labels
from ocrchat.fields.rows import PAGES, Piece, Row
from ocrchat.fields.values import AMOUNT, DATE, WORD, decimal, number
from ocrchat.model import Box, Document, Table

_MOST = 1_000
"""Items of a document: no invoice has more, and a ledger is none."""

_NUMBERS = 8
"""Of a row of a receipt, that may be its quantity and its price."""

_CLOSE = 0.8
"""White between a line of goods and the rest of its description below, in heights of a line, at most."""


@dataclass(frozen=True, slots=True)
class Item:
    """A line of goods on `page` (from 1) within `box`. Numbers are written with a point; None for what cannot be told."""

    description: str
    quantity: str | None
    unit_price: str | None
    amount: str | None
    page: int
    box: Box


class Column(Enum):
    DESCRIPTION = auto()
    QUANTITY = auto()
    UNIT_PRICE = auto()
    AMOUNT = auto()
    OTHER = auto()


Cells = Mapping[Column, Piece]
"""What stands in a row."""

_HEADS = {
    Column.QUANTITY: labels.QUANTITY,
    Column.UNIT_PRICE: labels.UNIT_PRICE,
    Column.AMOUNT: labels.AMOUNT,
    Column.DESCRIPTION: labels.DESCRIPTION,
}
_MONEY = {Column.UNIT_PRICE, Column.AMOUNT}
_QUANTITY = re.compile(r"(?<![\w.,])\d{1,4}(?:[.,]\d{1,3})?(?![\w.,]*\d)")


def find(document: Document, some: Sequence[Row]) -> list[Item]:
    """`some` are the rows of the document."""
    for way in (_of_tables(document), _below_heads(some), _of_receipt(some)):
        found = list(way)
        if found:
            return found[:_MOST]
    return []


def _of_tables(document: Document) -> Iterator[Item]:
    """A table without heads goes on with the columns of the one before."""
    columns: Sequence[Column] = ()
    for page in document.pages[:PAGES]:
        for table in (block.table for block in page.blocks if block.table):
            rows = _places(table, page.index + 1)
            heads = next((place for place, row in enumerate(rows) if _columns(row)), None)
            if heads is not None:
                columns, rows = _columns(rows[heads]) or (), rows[heads + 1 :]
            if len(columns) == table.columns:
                yield from _items(_cells(zip(columns, row, strict=True)) for row in rows)


def _below_heads(some: Sequence[Row]) -> Iterator[Item]:
    """A page without heads goes on with the columns of the one before."""
    heads: Sequence[Piece] = ()
    columns: Sequence[Column] = ()
    goods: list[Cells] = []
    for row in some:
        if found := _columns(row.pieces):
            heads, columns = row.pieces, found
        elif heads:
            goods.append(_cells((columns[_nearest(heads, piece.box)], piece) for piece in row.pieces))
    return _items(goods)


def _of_receipt(some: Sequence[Row]) -> Iterator[Item]:
    """Down to the first sum. A row of numbers alone belongs to the words above it."""
    above: Row | None = None
    for row in some:
        amounts = list(AMOUNT.finditer(row.text))
        if amounts and _is_end(row.text):
            return
        if DATE.search(row.text):
            above = None
        elif not amounts and WORD.search(row.text):
            above = None if labels.NO_ADDRESS.search(row.text) else row
        elif not amounts:
            continue  # a number of the article, between its name and its price
        elif WORD.search(row.text):
            yield _counted(row)
            above = None
        elif above:
            yield replace(_counted(row), description=above.text, box=Box.around((above.box, row.box)))
            above = None


def _counted(row: Row) -> Item:
    """A row with amounts, of which the last is what it costs. What times another one is that, is the quantity."""
    amounts = list(AMOUNT.finditer(row.text))
    cost = decimal(amounts[-1][0])
    pairs = product(islice(_QUANTITY.finditer(row.text), _NUMBERS), amounts[-_NUMBERS:-1])
    quantity, price = next(
        (
            (quantity, price)
            for quantity, price in pairs
            if quantity.start() != price.start()
            and Decimal(quantity[0].replace(",", ".")) * Decimal(decimal(price[0])) == Decimal(cost)
        ),
        (None, amounts[-2] if len(amounts) > 1 else None),
    )
    described = row.text[: min(found.start() for found in (*amounts, quantity) if found)]
    if not WORD.search(described):
        described = max(AMOUNT.split(row.text), key=lambda part: len(WORD.findall(part)))
    return Item(
        described.strip(" \t-:"),
        quantity[0].replace(",", ".") if quantity else None,
        decimal(price[0]) if price else None,
        cost,
        row.page,
        row.box,
    )


def _items(goods: Iterable[Cells]) -> Iterator[Item]:
    """Down to the first sum."""
    last: Item | None = None
    for cells in goods:
        text = " ".join(piece.text for piece in cells.values())
        quantity, price, amount = (
            number(cells[column].text) if column in cells else None
            for column in (Column.QUANTITY, Column.UNIT_PRICE, Column.AMOUNT)
        )
        described = cells.get(Column.DESCRIPTION)
        if not (quantity or price) and _is_end(text):
            break
        if amount or (quantity and price):
            if last:
                yield last
            pieces = cells.values()
            box = Box.around(piece.box for piece in pieces)
            page = next(iter(pieces)).page
            last = Item(described.text if described else "", quantity, price, amount, page, box)
        elif last and described and len(cells) == 1 and _goes_on(last, described):
            text = f"{last.description} {described.text}".strip()
            last = replace(last, description=text, box=Box.around((last.box, described.box)))
    if last:
        yield last


def _goes_on(item: Item, piece: Piece) -> bool:
    return piece.page == item.page and piece.box.y0 - item.box.y1 <= _CLOSE * piece.box.height


def _is_end(text: str) -> bool:
    return any(label.search(text) for label in (labels.SUBTOTAL, labels.TAX, labels.PAYMENT, *labels.TOTALS))


def _places(table: Table, page: int) -> list[list[Piece | None]]:
    """What stands in each place of the grid; a cell that spans several stands in the first."""
    found: list[list[Piece | None]] = [[None] * table.columns for _ in range(table.rows)]
    for cell in table.cells:
        if cell.text.strip() and cell.box:
            found[cell.row][cell.column] = Piece(page, " ".join(cell.text.split()), cell.box, 1.0)
    return found


def _columns(heads: Sequence[Piece | None]) -> list[Column] | None:
    """What each column holds; None where these are no heads: those say of two columns at least what they hold, one of them money.

    Of two that say the same, the first does. Where none says that it describes, the first without money does.
    """
    columns: list[Column] = []
    for head in heads:
        kinds = (column for column, label in _HEADS.items() if head and label.match(head.text))
        kind = next(kinds, Column.OTHER)
        columns.append(kind if kind not in columns else Column.OTHER)
    known = {*columns} - {Column.OTHER}
    if len(known) < 2 or not known & _MONEY:
        return None
    if Column.DESCRIPTION not in known:
        first = next((place for place, column in enumerate(columns) if column not in _MONEY), None)
        if first is not None:
            columns[first] = Column.DESCRIPTION
    return columns


def _nearest(heads: Sequence[Piece], box: Box) -> int:
    """The head that `box` stands under, or is nearest to."""
    return min(
        range(len(heads)), key=lambda place: max(heads[place].box.x0 - box.x1, box.x0 - heads[place].box.x1, 0.0)
    )


def _cells(placed: Iterable[tuple[Column, Piece | None]]) -> dict[Column, Piece]:
    """Pieces of one column are one."""
    cells: dict[Column, Piece] = {}
    for column, piece in placed:
        if piece is None:
            continue
        known = cells.get(column)
        if known:
            piece = replace(known, text=f"{known.text} {piece.text}", box=Box.around((known.box, piece.box)))
        cells[column] = piece
    return cells
