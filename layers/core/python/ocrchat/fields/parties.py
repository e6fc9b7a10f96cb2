"""Who sells and who buys: by a label, else by where it stands; their addresses stand below their names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ocrchat.fields import beside, field, labels
from ocrchat.fields.field import Field
from ocrchat.fields.rows import Piece, Row
from ocrchat.fields.values import AMOUNT, DATE, WORD

_COMPANY_ROWS, _ADDRESS_ROWS, _ADDRESS_LINES = 6, 8, 6
"""From the top; below a name, and how many of these are taken."""

_GAP = 2.5
"""White between two lines of an address, in heights of a line, at most."""

_SENDER = re.compile(r"\s*[·•|∙]\s*")
"""What holds apart name, street and town in the small line above the window of an envelope (DIN 5008)."""
_REGISTRATION = re.compile(r"\s*\(?\b[A-Z]{0,2}\d{4,}[\w -]*\)?\W*$")
"""The number of a company in a register, behind its name."""


@dataclass(frozen=True, slots=True)
class _Name:
    """`text` in `piece`, which stands in the row of this number."""

    number: int
    piece: Piece
    text: str

    @property
    def field(self) -> Field:
        return field.of([self.piece], self.text, self.text)


def company(some: Sequence[Row]) -> Field | None:
    """Whose receipt it is."""
    name = _company(some)
    return name.field if name else None


def address(some: Sequence[Row]) -> Field | None:
    """Of that company."""
    return _address(some, _company(some))


def seller(some: Sequence[Row]) -> Field | None:
    name = _seller(some)
    return name.field if name else None


def seller_address(some: Sequence[Row]) -> Field | None:
    found = _address(some, _seller(some))
    if found is None and (line := _sender_line(some)):
        _, street_and_town = _sender_parts(line.piece)
        found = field.of([line.piece], street_and_town, street_and_town)
    return found


def buyer(some: Sequence[Row]) -> Field | None:
    name = _buyer(some)
    return name.field if name else None


def buyer_address(some: Sequence[Row]) -> Field | None:
    return _address(some, _buyer(some))


def _seller(some: Sequence[Row]) -> _Name | None:
    return next(_labelled(some, labels.SELLER), None) or _company(some)


def _buyer(some: Sequence[Row]) -> _Name | None:
    """By its label, or in the window of the envelope."""
    labelled = next(_labelled(some, labels.BUYER), None)
    line = None if labelled else _sender_line(some)
    if line is None:
        return labelled
    return next((_named(some, line.number, piece) for piece in beside.below(some, line.number, line.piece)), None)


def _labelled(some: Sequence[Row], label: re.Pattern[str]) -> Iterator[_Name]:
    for number, row in enumerate(some):
        for place, piece in enumerate(row.pieces):
            found = label.match(piece.text)
            if found is None:
                continue
            if name := piece.text[found.end() :].strip():
                yield _Name(number, piece, name)
                continue
            right, under = row.pieces[place + 1 : place + 2], beside.below(some, number, piece)
            near = [*right, *under] if piece.text.rstrip().endswith((":", "：")) else [*under, *right]
            yield from (_named(some, number, one) for one in near if _may_be_name(one))


def _named(some: Sequence[Row], number: int, piece: Piece) -> _Name:
    """`piece` as a name: it stands in the row of this number or soon below."""
    row = next(at for at, row in enumerate(some[number:], start=number) if piece in row.pieces)
    return _Name(row, piece, piece.text)


def _company(some: Sequence[Row]) -> _Name | None:
    """Near the top: the first that ends as names of companies do, or else the first with a word; not whoever buys."""
    other = next(_labelled(some, labels.BUYER), None)
    top = [
        _Name(number, piece, _REGISTRATION.sub("", _SENDER.split(piece.text)[0]).strip())
        for number, row in enumerate(some[:_COMPANY_ROWS])
        for piece in row.pieces
        if _may_be_name(piece) and not (other and piece is other.piece)
    ]
    named = (name for name in top if labels.COMPANY.search(name.piece.text))
    return next(named, next(iter(top), None))


def _may_be_name(piece: Piece) -> bool:
    return WORD.search(piece.text) is not None and not labels.is_one(piece.text)


def _sender_line(some: Sequence[Row]) -> _Name | None:
    """The seller again, with street and town."""
    who = _seller(some)
    for number, row in enumerate(some if who else ()):
        for piece in row.pieces:
            name, rest = _sender_parts(piece)
            is_seller = who is not None and name.casefold() == who.text.casefold()
            if is_seller and re.search(r"\d", rest) and not labels.NO_ADDRESS.search(rest):
                return _Name(number, piece, name)
    return None


def _sender_parts(piece: Piece) -> tuple[str, str]:
    """The name, and street and town; without these where it is not such a line."""
    name, *rest = _SENDER.split(piece.text)
    return name, ", ".join(rest) if len(rest) > 1 else ""


def _address(some: Sequence[Row], name: _Name | None) -> Field | None:
    """The lines below the name up to the first that is something else; it begins with the first one that has a number."""
    if name is None:
        return None
    taken: list[Piece] = []
    last = name.piece
    for row in some[name.number + 1 : name.number + 1 + _ADDRESS_ROWS]:
        piece = next((piece for piece in row.pieces if beside.share_column(name.piece, piece)), None)
        if row.page != last.page or (piece and piece.box.y0 - last.box.y1 > _GAP * last.box.height):
            break
        if piece is None:
            continue
        last = piece
        if _is_value(row, piece) or _is_no_address(piece.text):
            if taken:
                break
        elif taken or re.search(r"\d", piece.text):
            taken.append(piece)
    if not taken:
        return None
    text = ", ".join(piece.text.strip(" ,;") for piece in taken[:_ADDRESS_LINES])
    return field.of(taken[:_ADDRESS_LINES], text, text)


def _is_value(row: Row, piece: Piece) -> bool:
    """Whether the piece before it is its label, without a value of its own: that would be of the other column."""
    place = row.pieces.index(piece)
    before = row.pieces[place - 1].text if place else ""
    return labels.is_one(before) and not re.search(r"\d", before)


def _is_no_address(text: str) -> bool:
    return any(pattern.search(text) for pattern in (labels.NO_ADDRESS, DATE, AMOUNT)) or labels.is_one(text)
