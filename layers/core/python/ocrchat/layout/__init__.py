"""Lines anywhere on a page -> blocks in reading order, and what they are. One code for digital and for recognised text.

`placed` straightens the page, `regions` puts tables and figures together, `floats` sets figures aside that text flows around,
`columns` brings what is left into order, `rows` joins what stands at one height, `paragraphs` what belongs together, `kinds`
says what it is, and `nesting` how deep items of lists are. All of it is geometry, without pixels and models; what a model saw
on the picture of the page (`sight`) makes it better, and is not needed.

Lengths are in units of the page's median line height, so that the resolution does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ocrchat.layout.columns import parts
from ocrchat.layout.floats import set_aside
from ocrchat.layout.kinds import Setting, kind
from ocrchat.layout.nesting import nested
from ocrchat.layout.paragraphs import paragraphs
from ocrchat.layout.placed import Placed, letter_size, placed, skew, straighten, unit_of
from ocrchat.layout.regions import gather
from ocrchat.layout.rows import rows, with_marks
from ocrchat.layout.sight import Kinds, Region, Sight
from ocrchat.model import Block, Box, Line
from ocrchat.writing import is_ideograph

__all__ = ["Kinds", "Region", "Sight", "arrange"]

BLIND = Sight()


def arrange(lines: Sequence[Line], page: Box, sight: Sight = BLIND) -> tuple[Block, ...]:
    """The blocks of a page in reading order. Fragments of a row become one line; no text is lost, blank lines are dropped.

    `page` and all boxes in pixels, origin top left. Text in right-to-left scripts is taken to be in logical order, and stays
    so. A table's block has its lines, row by row, and its area, and no `table`: what the cells are is found elsewhere.
    """
    looks = sight.kinds or ({},) * len(lines)
    seen = [(line, kinds) for line, kinds in zip(lines, looks, strict=True) if line.text.strip()]
    level = [(line, kinds) for line, kinds in seen if not _is_upended(line)]
    slope = skew(line for line, _ in level)
    # Text that runs up the margin belongs to no row, and would stand in the way of every gutter.
    upended = [placed(line, kinds, slope) for line, kinds in seen if _is_upended(line)]
    items, margin = gather(with_marks(straighten(level, slope)), upended, sight.regions, slope)
    unit = unit_of(line.box for line, _ in level)
    setting = Setting(page, _body(line for line, _ in level))
    flow, floats = set_aside(items, unit)
    blocks = [block for part in parts(flow, unit) for block in _blocks(part, unit, setting)]
    for each in floats:
        blocks = each.put_back(blocks, _blocks([each.figure, *each.caption], unit, setting))
    return (*blocks, *(Block(item.lines) for item in sorted(margin, key=_across)))


def _blocks(part: Sequence[Placed], unit: float, setting: Setting) -> list[Block]:
    groups = paragraphs(rows(part), unit)
    return nested([_block(group, setting) for group in groups], unit)


def _block(group: Sequence[Placed], setting: Setting) -> Block:
    type_, level = kind(group, setting)
    region = group[0].region
    return Block(tuple(line for row in group for line in row.lines), type_, level, area=region.box if region else None)


def _across(item: Placed) -> float:
    """Order of lines that run down the page: columns of ideographs are read from the right, all else from the left."""
    return -item.box.x0 if is_ideograph(item.line.text[0]) else item.box.x0


def _is_upended(line: Line) -> bool:
    return len(line.text) > 2 and line.box.height > 2 * line.box.width


def _body(lines: Iterable[Line]) -> float:
    """The size of most letters of the page, in pixels."""
    sizes = sorted((letter_size(line), len(line.text)) for line in lines)
    half = sum(count for _, count in sizes) / 2
    for size, count in sizes:
        half -= count
        if half <= 0:
            return max(size, 1.0)
    return 1.0
