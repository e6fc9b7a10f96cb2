"""Subtotal, tax and total: found by their labels, and whether they add up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from ocrchat.fields import field, labels
from ocrchat.fields.field import Field
from ocrchat.fields.items import Item
from ocrchat.fields.rows import Piece, Row
from ocrchat.fields.values import AMOUNT, WORD, decimal

ITEMS_DO_NOT_ADD_UP = "items_do_not_add_up"
TOTAL_DOES_NOT_ADD_UP = "total_does_not_add_up"

_ROUNDING = Decimal("0.05")
"""What is paid in cash is rounded to, in places, and more than the cents that are lost on the way."""


def total(some: Sequence[Row]) -> Field | None:
    for pattern in labels.TOTALS:
        numbers = (number for number, row in enumerate(some) if _is_total(row, pattern))
        found = [max(amounts, key=_size) for number in numbers if (amounts := _amounts(some, number, pattern))]
        if found:
            return max(found, key=_size)
    return None


def subtotal(some: Sequence[Row]) -> Field | None:
    return _last_of(some, labels.SUBTOTAL, [n for n, row in enumerate(some) if labels.SUBTOTAL.search(row.text)])


def tax(some: Sequence[Row]) -> Field | None:
    """The first that there is; of several rates, that is one."""
    return _last_of(some, labels.TAX, [number for number, row in enumerate(some) if _is_tax(row)])


def wrong(fields: Mapping[str, Field | None], items: Sequence[Item]) -> list[str]:
    """Codes of the sums that were found and do not add up. What was not found is not missed."""
    subtotal, tax, total = (_decimal(fields.get(name)) for name in ("subtotal", "tax", "total"))
    codes = []
    amounts = [Decimal(item.amount) for item in items if item.amount]
    before_tax = total - tax if total is not None and tax is not None else None
    sums = [some for some in (subtotal, total, before_tax) if some is not None]  # prices hold the tax, or do not
    if amounts and sums and not any(_alike(sum(amounts, Decimal()), some) for some in sums):
        codes.append(ITEMS_DO_NOT_ADD_UP)
    after_tax = [subtotal, subtotal + (tax or 0)] if subtotal is not None else []
    if total is not None and after_tax and not any(_alike(some, total) for some in after_tax):
        codes.append(TOTAL_DOES_NOT_ADD_UP)
    return codes


def _is_total(row: Row, pattern: re.Pattern[str]) -> bool:
    return pattern.search(row.text) is not None and not labels.NO_TOTAL.search(row.text)


def _is_tax(row: Row) -> bool:
    """Not a sum with the tax in it, nor one without it."""
    if not labels.TAX.search(row.text) or any(_is_total(row, total) for total in labels.TOTALS):
        return False
    return not any(label.search(row.text) for label in (labels.SUBTOTAL, labels.WITHOUT_TAX))


def _last_of(some: Sequence[Row], label: re.Pattern[str], numbers: Iterable[int]) -> Field | None:
    """The last amount of the first of these rows that has any: a tax may have what it is taken of before it."""
    return next((amounts[-1] for number in numbers if (amounts := _amounts(some, number, label))), None)


def _amounts(some: Sequence[Row], number: int, label: re.Pattern[str]) -> list[Field]:
    """Of a row, from the piece with its label on; of the next row where the label stands alone and that has no word."""
    pieces = some[number].pieces
    start = next((place for place, piece in enumerate(pieces) if label.search(piece.text)), 0)
    found = _in(pieces[start:])
    below = some[number + 1 : number + 2] if len(pieces) == 1 else []
    return found or [amount for row in below if not WORD.search(row.text) for amount in _in(row.pieces)]


def _in(pieces: Sequence[Piece]) -> list[Field]:
    return [field.of([piece], decimal(one[0]), one[0]) for piece in pieces for one in AMOUNT.finditer(piece.text)]


def _size(one: Field) -> Decimal:
    """Of a credit note too, whose amounts are negative."""
    return abs(Decimal(one.value or 0))


def _decimal(one: Field | None) -> Decimal | None:
    return Decimal(one.value) if one and one.value else None


def _alike(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= _ROUNDING
