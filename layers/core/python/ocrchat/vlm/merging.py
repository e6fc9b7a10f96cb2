"""What OCR alone has seen, among what the model has: nothing on a page is lost since a model has left it out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from ocrchat.model import Block, BlockType, Line, PageResult


def merged(
    made: Sequence[Block], owners: Mapping[int, int], missed: Container[int], seen: PageResult
) -> tuple[Block, ...]:
    """`made`, and the lines `missed` of `seen` as blocks, each behind the one that holds what stands before it there.

    `owners` says of the lines of `seen`, by their numbers, which block of `made` holds them.
    """
    known = sorted(owners)
    after: dict[int, list[Block]] = {}
    for first, block in _missed_blocks(seen, missed):
        before = bisect_left(known, first) - 1
        after.setdefault(owners[known[before]] if before >= 0 else -1, []).append(block)
    ordered = list(after.get(-1, []))
    for number, block in enumerate(made):
        if block.lines or block.area:
            ordered.append(block)
        ordered += after.get(number, [])
    return tuple(ordered)


def _missed_blocks(seen: PageResult, missed: Container[int]) -> Iterator[tuple[int, Block]]:
    """Whole blocks of `seen`, or the missed part of one, with the number of their first line."""
    number = 0
    for block in seen.blocks:
        numbered = list(enumerate(block.lines, number))
        number += len(numbered)
        for is_missed, run in groupby(numbered, lambda pair: pair[0] in missed):
            if not is_missed:
                continue
            some = list(run)
            yield some[0][0], block if len(some) == len(numbered) else _part(block, tuple(line for _, line in some))


def _part(block: Block, lines: tuple[Line, ...]) -> Block:
    """A table without all of its rows is text."""
    type_ = BlockType.TEXT if block.type is BlockType.TABLE else block.type
    return replace(block, lines=lines, type=type_, table=None, area=None)
