"""What a model saw on the picture of a page, in the words of layout. Layout does without it, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ocrchat.model import BlockType, Box

Kinds = Mapping[BlockType, float]
"""How likely a piece of a page is of each type: 0..1, together 1, or empty where nobody looked."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where something stands that is more than its lines: a table, a figure. `box` in pixels of the page."""

    type: BlockType
    box: Box


@dataclass(frozen=True, slots=True)
class Sight:
    """`kinds` has an entry for each line of the page, in the order of its lines."""

    kinds: tuple[Kinds, ...] = ()
    regions: tuple[Region, ...] = ()


def mixed(parts: Iterable[tuple[Kinds, float]]) -> Kinds:
    """The mean of several, each with its weight."""
    some = [(kinds, weight) for kinds, weight in parts if kinds and weight > 0]
    total = sum(weight for _, weight in some)
    types = {each: None for kinds, _ in some for each in kinds}
    return {each: sum(kinds.get(each, 0.0) * weight for kinds, weight in some) / total for each in types}


def without(kinds: Kinds, *types: BlockType) -> Kinds:
    """Of what is known not to be of these types."""
    rest = {each: share for each, share in kinds.items() if each not in types}
    total = sum(rest.values())
    return {each: share / total for each, share in rest.items()} if total > 0 else {}


def difference(a: Kinds, b: Kinds) -> float:
    """0 for the same, 1 for what has nothing in common (total variation distance); 0 where nobody looked."""
    if not a or not b:
        return 0.0
    return sum(abs(a.get(each, 0.0) - b.get(each, 0.0)) for each in {*a, *b}) / 2
