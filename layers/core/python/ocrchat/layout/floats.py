"""Figures that text flows around: set aside, since they stand across the gutter of two columns and would cut both in two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ocrchat.layout.placed import Placed
from ocrchat.model import Block, BlockType

SLACK = 0.5
"""Units that text beside a figure may reach into it: figures are seen at a coarse resolution."""
BESIDE = 2
"""Lines on each side, at the height of the figure, that make it one which text flows around."""
CAPTION_GAP = 3.0
"""Units between a figure and its caption, and between the lines of this."""
CAPTION_WIDTH = 0.8
OFF_CENTRE = 0.15
"""In widths of the figure: a caption is narrower, and centred below. Text below it is neither."""


@dataclass(frozen=True, slots=True)
class Float:
    """A figure, its caption below, and the place where it was."""

    figure: Placed
    caption: tuple[Placed, ...]

    def put_back(self, blocks: list[Block], own: Sequence[Block]) -> list[Block]:
        """`blocks` with the `own` ones behind the last that begins above the figure; text is never cut for it."""
        top = self.figure.box.y0
        above = [place for place, block in enumerate(blocks) if block.lines and block.box.y0 < top]
        place = above[0] + 1 if above else 0
        for each in above[1:]:
            if each != place:
                break
            place = each + 1
        return [*blocks[:place], *own, *blocks[place:]]


def set_aside(items: Sequence[Placed], unit: float) -> tuple[list[Placed], list[Float]]:
    """What flows, and the figures that it flows around; both from top to bottom."""
    figures = [item for item in items if item.region and item.region.type is BlockType.FIGURE]
    floats = [Float(figure, _caption(figure, items, unit)) for figure in figures if _is_surrounded(figure, items, unit)]
    aside = {id(item) for each in floats for item in (each.figure, *each.caption)}
    return [item for item in items if id(item) not in aside], floats


def _is_surrounded(figure: Placed, items: Sequence[Placed], unit: float) -> bool:
    box = figure.box
    level = [item for item in items if item.region is None and box.y0 < item.middle < box.y1]
    left = sum(item.box.x1 < box.x0 + SLACK * unit for item in level)
    right = sum(item.box.x0 > box.x1 - SLACK * unit for item in level)
    return min(left, right) >= BESIDE


def _caption(figure: Placed, items: Sequence[Placed], unit: float) -> tuple[Placed, ...]:
    box = figure.box
    found: list[Placed] = []
    edge = box.y1
    for item in items:
        is_below = edge - unit < item.box.y0 < edge + CAPTION_GAP * unit
        is_narrow = item.box.width < CAPTION_WIDTH * box.width
        if is_below and is_narrow and abs(item.centre - figure.centre) < OFF_CENTRE * box.width and not item.region:
            found.append(item)
            edge = item.box.y1
    return tuple(found)
