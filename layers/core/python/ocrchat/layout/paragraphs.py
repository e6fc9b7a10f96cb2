"""Rows of a column -> those that belong together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ocrchat.layout import lists
from ocrchat.layout.placed import COLUMN_WIDTH, Placed, letter_size
from ocrchat.layout.sight import difference
from ocrchat.model import BlockType, Box

PITCH = 1.35
SOLID_PITCH = 0.9
LOOSEST_PITCH = 2.5
"""A paragraph ends where the next row is `PITCH` times further down than its neighbours are from each other (these count as at
least `SOLID_PITCH` units apart), or `LOOSEST_PITCH` units in any case (double-spaced typing has 2)."""
FONT_GROWTH = 1.1
LETTER_GROWTH = 1.3
EVEN_GROWTH = 2.0
EVEN_PITCH = 1.15
"""It ends where letters grow or shrink by so much: `FONT_GROWTH` where sizes are known, `LETTER_GROWTH` where they are measured,
and `EVEN_GROWTH` in rows that are evenly spaced (by `EVEN_PITCH`): the boxes of small print are only a few pixels high."""
OTHER_LOOK = 0.6
"""How different two rows look (see `sight.difference`) that cannot be of one paragraph."""
INDENT = 0.7
DEEPEST_INDENT = 5.0
"""Units: the first line of a paragraph begins so much further in than the line below, and than the line above."""
HEADING_SCORE = 0.4
TITLE_PITCH = 1.6
"""Sizes of its letters from line to line of a heading, and how much both lines look like one."""
LIST_SCORE = 0.3
"""A number is the beginning of an item only in what looks so much like a list."""


def paragraphs(rows: Sequence[Placed], unit: float) -> list[list[Placed]]:
    """`rows` of one column from top to bottom; a region is a group of its own."""
    pitches = [below.middle - above.middle for above, below in pairwise(rows)]
    found: list[list[Placed]] = []
    for position, row in enumerate(rows):
        if (
            position
            and not row.region
            and not rows[position - 1].region
            and (_continues(pitches, position - 1, unit) or _is_title(rows[position - 1], row))
            and (
                _look_alike(rows[position - 1], row, _continues(pitches, position - 1, unit, EVEN_PITCH))
                or _is_within(found[-1][0], row, unit)
            )
            and not begins_item(row)
            and not _leaves_item(found[-1][0], row, unit)
            and not _is_indented(rows, position, unit)
        ):
            found[-1].append(row)
        else:
            found.append([row])
    return found


def begins_item(row: Placed) -> bool:
    text = row.line.text
    listed = row.kinds.get(BlockType.LIST_ITEM, 0.0) > LIST_SCORE
    return lists.is_bullet(text) or (listed and (lists.bullet(text) or lists.number(text)) is not None)


def _leaves_item(first: Placed, row: Placed, unit: float) -> bool:
    """Whether `row` is the text below a list, whose last item began with `first`: it begins at the margin, and not within."""
    if not begins_item(first) or row.kinds.get(BlockType.LIST_ITEM, 0.0) > LIST_SCORE:
        return False
    return row.box.x0 < first.box.x0 + INDENT * unit / 2


def _is_within(first: Placed, row: Placed, unit: float) -> bool:
    """Whether `row` hangs below the text of the item that begins with `first`."""
    return begins_item(first) and row.box.x0 > first.box.x0 + INDENT * unit


def _is_title(above: Placed, below: Placed) -> bool:
    """Whether both are lines of one heading: they are as far from each other as from the text, but their letters are large."""
    size = letter_size(above.line)
    headed = min(row.kinds.get(BlockType.HEADING, 0.0) for row in (above, below)) > HEADING_SCORE
    return (
        headed and abs(letter_size(below.line) - size) < 0.1 * size and below.middle - above.middle < TITLE_PITCH * size
    )


def _continues(pitches: list[float], position: int, unit: float, looseness: float = PITCH) -> bool:
    """Whether two rows are about as close as the rows next to them: it differs between text, tables and footnotes of a page."""
    around = pitches[max(position - 1, 0) : position] + pitches[position + 1 : position + 2]
    usual = max(min(around, default=unit), SOLID_PITCH * unit)
    return pitches[position] <= min(looseness * usual, LOOSEST_PITCH * unit)


def _look_alike(above: Placed, below: Placed, is_even: bool) -> bool:
    a, b = above.line, below.line
    smaller, larger = sorted((letter_size(a), letter_size(b)))
    measured = EVEN_GROWTH if is_even else LETTER_GROWTH
    if larger > (FONT_GROWTH if a.style and b.style else measured) * smaller:
        return False
    if a.style and b.style and a.style.bold != b.style.bold:
        return False
    if difference(above.kinds, below.kinds) > OTHER_LOOK:
        return False
    return min(above.box.x1, below.box.x1) > max(above.box.x0, below.box.x0)


def _is_indented(rows: Sequence[Placed], position: int, unit: float) -> bool:
    """Whether the row is the first one of a paragraph that is marked by its indent alone, as in books."""
    if not 0 < position < len(rows) - 1:
        return False
    above, row, below = (rows[position + step] for step in (-1, 0, 1))
    margin = below.box.x0
    indent = row.box.x0 - margin
    wide = Box.around([above.box, below.box]).width >= COLUMN_WIDTH * unit
    return wide and INDENT * unit < indent < DEEPEST_INDENT * unit and abs(above.box.x0 - margin) < INDENT * unit / 2
