"""The texts of a page that are translated by themselves: a paragraph, a heading, a cell of a table.

Lines of a paragraph are joined first, since half a sentence cannot be translated; those of an address, a verse or a receipt
stay lines (see `export.prose`).
"""

from __future__ import annotations

from ocrchat.export import prose
from ocrchat.export.prose import Manner
from ocrchat.model import Block, BlockType, Cell, PageResult, Source

_ONE_PIECE = (BlockType.HEADING, BlockType.LIST_ITEM, BlockType.CAPTION)
_LINE_BY_LINE = (BlockType.FIGURE, BlockType.TABLE)


def of_page(page: PageResult) -> list[list[str]]:
    """For each block its texts: one, or one for each cell of its table; none of formulas, which are no language."""
    manner = prose.manner(page.lines)
    return [_of_block(block, manner) for block in page.blocks]


def of_cell(cell: Cell) -> str:
    return " ".join(cell.text.split())


def _of_block(block: Block, manner: Manner) -> list[str]:
    if block.table:
        return [of_cell(cell) for cell in block.table.cells]
    if not block.lines or (block.type is BlockType.FORMULA and block.source is Source.VLM):
        return []
    if block.type in _ONE_PIECE:
        return [prose.joined(block.lines, manner)]
    if block.type in _LINE_BY_LINE:
        return [block.text]
    return ["\n".join(prose.lines(block.lines, manner))]
