"""Which paragraphs are items of a list, by counting, and how deep they are: by where they begin, compared with those above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ocrchat.layout import lists
from ocrchat.model import Block, BlockType

STEP = 0.6
"""Units to the right at which an item is one of a list within the list."""


def nested(blocks: Sequence[Block], unit: float) -> list[Block]:
    """The blocks of a column with the levels of list items set, from 1 on."""
    blocks = _counted(blocks, unit)
    found = []
    starts: list[float] = []  # of the item above, and of those that it is within
    for block in blocks:
        if block.type is BlockType.LIST_ITEM:
            x = block.lines[0].box.x0
            while starts and x < starts[-1] - STEP * unit:
                starts.pop()
            if not starts or x > starts[-1] + STEP * unit:
                starts.append(x)
            found.append(replace(block, level=len(starts)))
        else:
            # A paragraph within an item begins further in; any other one ends the list.
            if block.type is not BlockType.TEXT or (starts and block.box.x0 <= starts[0] + STEP * unit):
                starts = []
            found.append(block)
    return found


def _counted(blocks: Sequence[Block], unit: float) -> list[Block]:
    """With paragraphs that count on from each other, one below the other, as items of a list."""
    found = list(blocks)
    for place, (above, below) in enumerate(pairwise(blocks)):
        if _counts_on(above, below, unit):
            found[place : place + 2] = [replace(block, type=BlockType.LIST_ITEM) for block in (above, below)]
    return found


def _counts_on(above: Block, below: Block, unit: float) -> bool:
    if not all(block.type in (BlockType.TEXT, BlockType.LIST_ITEM) and block.lines for block in (above, below)):
        return False
    first, second = (lists.ordinal(block.lines[0].text) for block in (above, below))
    is_level = abs(above.lines[0].box.x0 - below.lines[0].box.x0) < STEP * unit
    return first is not None and second == first + 1 and is_level
