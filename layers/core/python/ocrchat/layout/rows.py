"""Fragments that stand at one height -> lines from margin to margin: a label and its price, the cells of a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from ocrchat.bidi import runs_leftwards
from ocrchat.layout import lists
from ocrchat.layout.placed import Placed
from ocrchat.layout.sight import mixed
from ocrchat.model import Box, Line, mean_confidence
from ocrchat.writing import is_ideograph

OPEN_ROWS = 4
ROW_ITEMS = 100
"""Rows that a fragment may still belong to, and fragments of a row: hostile pages end as well."""
NEAR = 12
MARK_GAP = 3.0
"""Neighbours from top to bottom among which the text of a mark is looked for, and how far it is from there, in heights."""


def rows(items: Iterable[Placed]) -> list[Placed]:
    """`items` from top to bottom; regions stay by themselves."""
    found: list[list[Placed]] = []
    for item in items:
        row = next((row for row in reversed(found[-OPEN_ROWS:]) if _is_continued(row, item)), None)
        if row is None:
            found.append([item])
        else:
            row.append(item)
    return [_joined(row) for row in found]


def with_marks(items: Sequence[Placed]) -> list[Placed]:
    """Bullets and numbers that stand by themselves joined to the text of their items, which no gutter is between."""
    found: list[Placed] = list(items)
    for position, item in enumerate(items):
        if not lists.is_mark(item.line.text.strip()):
            continue
        near = [n for n in range(max(position - NEAR, 0), min(position + NEAR + 1, len(items))) if n != position]
        # A number may as well end a line of the column to the left.
        if any(_is_beside(items[n], item) for n in near):
            continue
        texts = [n for n in near if found[n].lines and _is_beside(item, found[n])]
        if texts and not runs_leftwards(found[texts[0]].line.text):
            nearest = min(texts, key=lambda n: found[n].box.x0)
            found[nearest] = _joined([item, found[nearest]])
            found[position] = replace(item, lines=())
    return [item for item in found if item.lines]


def _is_beside(left: Placed, right: Placed) -> bool:
    height = min(left.box.height, right.box.height)
    return abs(left.middle - right.middle) < height / 2 and 0 <= right.box.x0 - left.box.x1 < MARK_GAP * height


def _is_continued(row: list[Placed], item: Placed) -> bool:
    """Whether `item` is level with its neighbour in the row; not with the whole row, which may be curved."""
    if item.region or row[0].region or len(row) >= ROW_ITEMS:
        return False
    box = item.box
    neighbour = min(row, key=lambda other: max(other.box.x0 - box.x1, box.x0 - other.box.x1))
    smaller = min(box.height, neighbour.box.height)
    if abs(item.middle - neighbour.middle) > smaller / 2:
        return False
    return all(min(box.x1, other.box.x1) - max(box.x0, other.box.x0) < smaller / 2 for other in row)


def _joined(row: list[Placed]) -> Placed:
    if len(row) == 1:
        return row[0]
    row = sorted(row, key=lambda item: item.box.x0, reverse=runs_leftwards("".join(i.line.text for i in row)))
    kinds = mixed((item.kinds, len(item.line.text)) for item in row)
    return Placed((_one_line([item.line for item in row]),), Box.around(item.box for item in row), kinds)


def _one_line(lines: Sequence[Line]) -> Line:
    text = lines[0].text
    for before, after in pairwise(lines):
        text += _space(before, after) + after.text
    # Some words would be worse than none: they must make up the text.
    words = tuple(word for line in lines for word in line.words) if all(line.words for line in lines) else ()
    style = max(lines, key=lambda line: len(line.text)).style
    return Line(text, Box.around(line.box for line in lines), mean_confidence(lines) or 0.0, words, style)


def _space(before: Line, after: Line) -> str:
    """Nothing between ideographs that stand close, a space elsewhere."""
    gap = max(after.box.x0 - before.box.x1, before.box.x0 - after.box.x1)
    close = gap < min(before.box.height, after.box.height)
    return "" if close and is_ideograph(before.text[-1]) and is_ideograph(after.text[0]) else " "
