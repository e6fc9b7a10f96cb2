"""The value of a label: behind it in the same piece, in the next piece to the right, or in the piece below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ocrchat.fields.rows import Piece, Row

_BELOW = 2.0
"""White between a label and the piece below, in heights of the label, at most."""
_ROWS = 3
"""How many rows below a label may stand between it and its value's: those of the other column."""


def values(
    some: Sequence[Row], label: re.Pattern[str], value: re.Pattern[str], unless: re.Pattern[str] | None = None
) -> Iterator[tuple[Piece, re.Match[str]]]:
    """Where `value` is found for each piece that begins with `label` and has nothing of `unless`."""
    for number, row in enumerate(some):
        for place, piece in enumerate(row.pieces):
            found = label.match(piece.text)
            if found is None or (unless and unless.search(piece.text)):
                continue
            if behind := value.search(piece.text, found.end()):
                yield piece, behind
                continue
            near = [*row.pieces[place + 1 : place + 2], *below(some, number, piece)]
            yield from ((other, match) for other in near if (match := value.search(other.text)))


def below(some: Sequence[Row], number: int, piece: Piece) -> list[Piece]:
    """The next piece of its column under `piece`, which stands in the row of this number: one, or none where that is far."""
    for row in some[number + 1 : number + 1 + _ROWS]:
        under = [other for other in row.pieces if share_column(piece, other)]
        if row.page != piece.page or (under and under[0].box.y0 - piece.box.y1 > _BELOW * piece.box.height):
            return []
        if under:
            return under[:1]
    return []


def share_column(one: Piece, other: Piece) -> bool:
    return min(one.box.x1, other.box.x1) > max(one.box.x0, other.box.x0)
