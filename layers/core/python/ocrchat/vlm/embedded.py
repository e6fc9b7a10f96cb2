"""The embedded parser's way of speaking: the cpu tier's own reading of a page in a model's dialect, and back through its parser.

So what a server without a model answers has gone the way of every answer of a model. What it cannot do it says: handwriting it
reads badly, formulas not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from ocrchat.model import Block, BlockType, Box, PageResult, Table, mean_confidence
from ocrchat.tables import markup as html
from ocrchat.vlm import blocks, check, markup
from ocrchat.vlm.answer import WHOLE, Region
from ocrchat.vlm.dialects import Dialect

NO_FORMULAS = "formulas_not_transcribed"
NO_HANDWRITING = "handwriting_not_supported"
WEAK = 0.85
"""Mean confidence of print; a page with less may be handwritten."""


def answered(page: PageResult, dialect: Dialect, warnings: Sequence[str] = ()) -> PageResult:
    """`page`, as the embedded parser answers with it; `warnings` are why it does."""
    size = page.width, page.height
    answer = dialect.parse(dialect.render(regions(page), size), size)
    restored = check.restored(answer, page)
    tables = {_texts(block.table): block.table for block in page.blocks if block.table}
    back = tuple(
        replace(block, table=tables.get(_texts(block.table), block.table)) if block.table else block
        for block in restored.blocks
    )
    return replace(restored, engine=f"embedded:{page.engine}", blocks=back, warnings=(*warnings, *_limits(page)))


def regions(page: PageResult) -> list[Region]:
    """The blocks as a model would name them; a list is one region."""
    return [
        Region(blocks.LABELS[is_list or block.type], text, _thousandths(box, page))
        for is_list, block, text, box in _spoken(page.blocks)
    ]


def _spoken(some: Sequence[Block]) -> Iterator[tuple[BlockType | None, Block, str, Box]]:
    for is_list, run in groupby(some, lambda block: block.type is BlockType.LIST_ITEM):
        group = list(run)
        if is_list:
            yield BlockType.LIST_ITEM, group[0], _list(group), Box.around(block.box for block in group)
        else:
            yield from ((None, block, _text(block), block.box) for block in group)


def _text(block: Block) -> str:
    text = "\n".join(markup.written(line.text) for line in block.lines)
    match block.type:
        case BlockType.HEADING:
            return f"{'#' * max(block.level, 1)} {text}"
        case BlockType.TABLE if block.table:
            return html.html(block.table)
        case _:
            return text


def _list(items: Sequence[Block]) -> str:
    top = min(max(items[0].level, 1), *(max(item.level, 1) for item in items))
    return "\n".join(
        blocks.INDENT * (max(item.level, 1) - top) + "\n".join(markup.written(line.text) for line in item.lines)
        for item in items
    )


def _thousandths(box: Box, page: PageResult) -> Box:
    x, y = WHOLE / page.width, WHOLE / page.height
    return Box(box.x0 * x, box.y0 * y, box.x1 * x, box.y1 * y)


def _texts(table: Table | None) -> tuple[tuple[int, int, int, int, str], ...]:
    if table is None:
        return ()
    return tuple((c.row, c.column, c.row_span, c.column_span, " ".join(c.text.split())) for c in table.cells)


def _limits(page: PageResult) -> Iterator[str]:
    if any(block.type is BlockType.FORMULA for block in page.blocks):
        yield NO_FORMULAS
    if (mean_confidence(page.lines) or 1.0) < WEAK:
        yield NO_HANDWRITING
