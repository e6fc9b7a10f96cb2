"""The embedded parser's way of speaking: the cpu tier's own reading of a page in a model's dialect, and back through its parser.

So what a server without a model answers has gone the way of every answer of a model. What it cannot do it says: handwriting it
reads badly, formulas not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from ocrchat.model import Block, BlockType, Box, PageResult, Table, mean_confidence
from ocrchat.tables import markup as html
from ocrchat.vlm import blocks, check, markup, merging
from ocrchat.vlm.answer import WHOLE, Answer, Region
from ocrchat.vlm.blocks import Part
from ocrchat.vlm.claims import Places
from ocrchat.vlm.dialects import Dialect
from ocrchat.vlm.pool import Pool

NO_FORMULAS = "formulas_not_transcribed"
NO_HANDWRITING = "handwriting_not_supported"
WEAK = 0.85
"""Mean confidence of print; a page with less may be handwritten."""


def answered(page: PageResult, dialect: Dialect) -> PageResult:
    """`page`, as the embedded parser answers with it."""
    size = page.width, page.height
    answer = dialect.parse(dialect.render(regions(page), size), size)
    return replace(
        page,
        engine=f"embedded:{page.engine}",
        blocks=_restored(answer, page),
        warnings=tuple(_limits(page)),
    )


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
    match block.type:
        case BlockType.HEADING:
            return f"{'#' * max(block.level, 1)} {_written(block)}"
        case BlockType.TABLE if block.table:
            return html.html(block.table)
        case BlockType.FORMULA:
            return block.text
        case _:
            return _written(block)


def _list(items: Sequence[Block]) -> str:
    return "\n".join(blocks.INDENT * (max(item.level, 1) - 1) + _written(item) for item in items)


def _written(block: Block) -> str:
    return "\n".join(markup.written(line.text.strip()) for line in block.lines)


def _thousandths(box: Box, page: PageResult) -> Box:
    x, y = WHOLE / page.width, WHOLE / page.height
    return Box(box.x0 * x, box.y0 * y, box.x1 * x, box.y1 * y)


def _restored(answer: Answer, page: PageResult) -> tuple[Block, ...]:
    """The blocks of the answer with the lines of the page. What does not come back as it was is left as it was."""
    pool, places, originals = Pool(page.lines), Places(page.lines), _Originals(page.blocks)
    made: list[Block] = []
    owners: dict[int, int] = {}
    for region in answer.regions:
        near = places.inside(check.pixels(region.box, page, check.PAD)) if region.box else range(len(page.lines))
        area = check.pixels(region.box, page) if region.box else None
        for part in blocks.parts(region):
            found = originals.of_table(part.table) if part.table else _lines(part, region, near, pool)
            if found is None or not originals.has(found):
                continue
            owners |= dict.fromkeys(found, len(made))
            lines = tuple(page.lines[line] for line in found)
            cover = area if part.type in (BlockType.TABLE, BlockType.FIGURE) else None
            made.append(Block(lines, part.type, part.level, originals.table(found), cover))
    missed = set(range(len(page.lines))).difference(owners)
    return merging.merged(made, owners, missed, page)


def _lines(part: Part, region: Region, near: Collection[int], pool: Pool) -> tuple[int, ...] | None:
    match part.type:
        case BlockType.FORMULA:
            return pool.exact(region.text, near)
        case BlockType.FIGURE:
            return pool.exact(markup.plain(region.text), near)
        case _:
            return pool.exact(part.text, near)


class _Originals:
    """The blocks of a page by the numbers of their lines."""

    def __init__(self, some: Sequence[Block]) -> None:
        self._blocks: dict[tuple[int, ...], Block] = {}
        self._tables: dict[tuple[tuple[int, int, int, int, str], ...], list[tuple[int, ...]]] = {}
        first = 0
        for block in some:
            numbers = tuple(range(first, first + len(block.lines)))
            first += len(numbers)
            self._blocks[numbers] = block
            if block.table:
                self._tables.setdefault(_texts(block.table), []).append(numbers)

    def has(self, numbers: tuple[int, ...]) -> bool:
        return numbers in self._blocks

    def table(self, numbers: tuple[int, ...]) -> Table | None:
        return self._blocks[numbers].table

    def of_table(self, table: Table) -> tuple[int, ...] | None:
        """The lines of the next table that says the same: cells have lost their boxes on the way."""
        same = self._tables.get(_texts(table))
        return same.pop(0) if same else None


def _texts(table: Table) -> tuple[tuple[int, int, int, int, str], ...]:
    return tuple((c.row, c.column, c.row_span, c.column_span, " ".join(c.text.split())) for c in table.cells)


def _limits(page: PageResult) -> Iterator[str]:
    if any(block.type is BlockType.FORMULA for block in page.blocks):
        yield NO_FORMULAS
    if (mean_confidence(page.lines) or 1.0) < WEAK:
        yield NO_HANDWRITING
