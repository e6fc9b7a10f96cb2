"""All fields by their names. What is not there is not found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from ocrchat.fields import beside, field, labels, parties, sums
from ocrchat.fields.field import Field
from ocrchat.fields.rows import Piece, Row
from ocrchat.fields.values import AMOUNT, CURRENCY, DATE, DOLLARS, currency, iso_date

_CODE = re.compile(r"(?:\b[A-Z]{1,4} )?(?=[\w/.-]*\d)[^\W_][\w/.-]*\w")


def find(some: Sequence[Row], names: Sequence[str]) -> dict[str, Field | None]:
    return {name: _FINDERS[name](some) for name in names}


Finder = Callable[[Sequence[Row]], Field | None]


def _number(some: Sequence[Row]) -> Field | None:
    for piece, found in beside.values(some, labels.NUMBER, _CODE):
        return field.of([piece], found[0], found[0])
    for piece in (piece for row in some for piece in row.pieces):
        if numbered := labels.NUMBERED.search(piece.text):
            return field.of([piece], numbered["value"], numbered["value"])
    return None


def _date(some: Sequence[Row]) -> Field | None:
    """Behind a label of its own, or else in a row that speaks of a date, or else the first that is not said to be another."""
    others = [row for row in some if not labels.OTHER_DATE.search(row.text)]
    dated = [row for row in others if labels.DATED.search(row.text)]
    labelled = beside.values(some, labels.DATE, DATE, unless=labels.OTHER_DATE)
    return next(_dates(chain(labelled, _anywhere(dated), _anywhere(others))), None)


def _due_date(some: Sequence[Row]) -> Field | None:
    due = [row for row in some if labels.DUE.search(row.text)]
    return next(_dates(chain(beside.values(some, labels.DUE_DATE, DATE), _anywhere(due))), None)


def _anywhere(some: Iterable[Row]) -> Iterator[tuple[Piece, re.Match[str]]]:
    return ((piece, found) for row in some for piece in row.pieces if (found := DATE.search(piece.text)))


def _dates(found: Iterable[tuple[Piece, re.Match[str]]]) -> Iterator[Field]:
    return (field.of([piece], iso_date(date), date[0]) for piece, date in found)


def _currency(some: Sequence[Row]) -> Field | None:
    """Beside an amount, or else anywhere; of a $ alone, which dollars are named anywhere."""
    for row in [*(row for row in some if AMOUNT.search(row.text)), *some]:
        for piece in row.pieces:
            if found := CURRENCY.search(piece.text):
                named = _dollars(some) if found[0] == "$" else None
                return named or field.of([piece], currency(found), found[0])
    return None


def _dollars(some: Sequence[Row]) -> Field | None:
    pieces = (piece for row in some for piece in row.pieces)
    named = ((piece, found) for piece in pieces if (found := DOLLARS.search(piece.text)))
    return next((field.of([piece], currency(found), found[0]) for piece, found in named), None)


_FINDERS: dict[str, Finder] = {
    "company": parties.company,
    "address": parties.address,
    "seller": parties.seller,
    "seller_address": parties.seller_address,
    "buyer": parties.buyer,
    "buyer_address": parties.buyer_address,
    "invoice_number": _number,
    "date": _date,
    "due_date": _due_date,
    "subtotal": sums.subtotal,
    "tax": sums.tax,
    "total": sums.total,
    "currency": _currency,
}
