"""A value and where it stands, and the names of what is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ocrchat.fields.rows import Piece
from ocrchat.model import Box, mean_confidence

RECEIPT = ("company", "address", "date", "subtotal", "tax", "total", "currency")
INVOICE = (
    "invoice_number", "date", "due_date", "seller", "seller_address", "buyer", "buyer_address", "subtotal", "tax", "total",
    "currency",
)  # fmt: skip
"""Names of fields."""


@dataclass(frozen=True, slots=True)
class Field:
    """`text` stands on `page` (from 1) within `box`; `value` is what a program wants of it, None where that cannot be told.

    `confidence` is OCR's of the pieces it stands in.
    """

    value: str | None
    text: str
    page: int
    box: Box
    confidence: float


def of(pieces: Sequence[Piece], value: str | None, text: str) -> Field:
    """That stands in `pieces` of one page (at least one)."""
    return Field(value, text, pieces[0].page, Box.around(piece.box for piece in pieces), mean_confidence(pieces) or 0.0)
