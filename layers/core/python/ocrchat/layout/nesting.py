"""How deep the items of a list are: by where they begin, compared with the items above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ocrchat.model import Block, BlockType

STEP = 0.6
"""Units to the right at which an item is one of a list within the list."""


def nested(blocks: Sequence[Block], unit: float) -> list[Block]:
    """The blocks of a column with the levels of list items set, from 1 on."""
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
