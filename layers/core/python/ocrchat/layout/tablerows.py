"""Tables made whole: a model often sees each column as a table of its own, or misses the end of a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ocrchat.layout.columns import parts
from ocrchat.layout.placed import Placed, is_level
from ocrchat.layout.sight import Region
from ocrchat.model import Box

LEVEL = 0.33
"""Units by which lines of a row may be higher or lower than each other."""
LEVEL_SHARE = 0.7
"""Share of the lines of a column that are level with one in another column of their table."""

Table = tuple[Region, list[Placed]]
"""Where it is, and the lines in it."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What was seen of a table: `middles` are the heights of its lines, rising; `column` is the one of the page that it is in."""

    region: Region
    items: list[Placed]
    middles: list[float]
    column: int


def whole_tables(
    tables: Sequence[Table], flow: Sequence[Placed], items: Sequence[Placed], unit: float
) -> tuple[list[Table], list[Placed]]:
    """The tables with all that is level with their lines and in the same column of the page, and what is left of `flow`.

    `items` are all lines of the page, of which the tables and `flow` consist, from top to bottom.
    """
    if not tables:
        return [], list(flow)
    column_of = {id(item): number for number, part in enumerate(parts(items, unit)) for item in part}
    found: list[_Part] = []
    for region, inside in sorted(tables, key=lambda table: table[0].box.x0):
        column = Counter(column_of[id(item)] for item in inside).most_common(1)[0][0]
        part = _Part(region, inside, sorted(item.middle for item in inside), column)
        left = next((other for other in found if other.column == column and _are_level(other, part, unit)), None)
        if left is None:
            found.append(part)
        else:
            found[found.index(left)] = _joined(left, part)
    rest: list[Placed] = []
    for item in flow:
        own = column_of[id(item)]
        table = next((t for t in found if t.column == own and is_level(item, t.middles, LEVEL * unit)), None)
        (table.items if table else rest).append(item)
    return [(part.region, part.items) for part in found], rest


def _are_level(left: _Part, right: _Part, unit: float) -> bool:
    fewer, more = sorted((left, right), key=lambda part: len(part.items))
    level = sum(is_level(item, more.middles, LEVEL * unit) for item in fewer.items)
    return level >= LEVEL_SHARE * len(fewer.items)


def _joined(left: _Part, right: _Part) -> _Part:
    region = replace(left.region, box=Box.around([left.region.box, right.region.box]))
    return _Part(region, [*left.items, *right.items], sorted([*left.middles, *right.middles]), left.column)
