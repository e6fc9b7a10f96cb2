"""The order in which the characters of a line are drawn: from left to right, as they are seen.

Text is stored as it is read, but whoever copies from a PDF expects what is seen there, and turns right-to-left text around
himself. `bidi` does the reverse. What is simplified of the Unicode Bidirectional Algorithm: no embeddings, and brackets keep
their character, since most readers turn them around without mirroring them (docs/adr/0013). Pure.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from ocrchat.bidi import is_right_to_left

_JOINS_NUMBERS = ("CS", "ES", "ET", "NSM")


def has_right_to_left(text: str) -> bool:
    return any(map(is_right_to_left, text))


def visual_order(text: str, leftwards: bool) -> str:
    """`text` as it is seen; `leftwards` is the direction of its line."""
    if not has_right_to_left(text):
        return text
    is_leftward = _directions(text, leftwards)
    runs = _runs(is_leftward)
    pieces = [text[start:stop][::-1] if is_leftward[start] else text[start:stop] for start, stop in runs]
    return "".join(reversed(pieces) if leftwards else pieces)


def _directions(text: str, leftwards: bool) -> list[bool]:
    """Which characters run leftwards. What has no direction runs as both its neighbours do, or else as the line does."""
    kinds = [_kind(character) for character in text]
    found = [leftwards] * len(text)
    known = [position for position, kind in enumerate(kinds) if kind]
    for position in known:
        found[position] = kinds[position] == "R"
    for left, right in pairwise(known):
        if kinds[left] == kinds[right] != "D" or _is_one_number(text[left : right + 1], kinds[left] + kinds[right]):
            found[left + 1 : right] = [kinds[left] == "R"] * (right - left - 1)
    return found


def _kind(character: str) -> str:
    """R, L, D for a digit, or nothing."""
    if is_right_to_left(character):
        return "R"
    direction = unicodedata.bidirectional(character)
    return "L" if direction == "L" else "D" if direction in ("EN", "AN") else ""


def _is_one_number(text: str, kinds: str) -> bool:
    between = text[1:-1]
    return "R" not in kinds and all(unicodedata.bidirectional(c) in _JOINS_NUMBERS for c in between)


def _runs(values: Sequence[bool]) -> list[tuple[int, int]]:
    edges = [0, *(i for i in range(1, len(values)) if values[i] != values[i - 1]), len(values)]
    return list(pairwise(edges))
