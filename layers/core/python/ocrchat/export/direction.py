"""Which way each character of a paragraph runs: the Unicode Bidirectional Algorithm (UAX 9) without explicit embeddings.

Recognised text has none of their control characters to speak of; where there are some, they are ignored. Linear, pure.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import groupby

from ocrchat.bidi import has_right_to_left

_BETWEEN_DIGITS = (("CS", "EN"), ("CS", "AN"), ("ES", "EN"))
"""Rule W4: what is part of a number, and of which kind of digits."""


def levels(text: str, leftwards: bool) -> tuple[int, ...]:
    """The embedding level of each character, odd where it runs leftwards; nothing where none does. `leftwards` is the paragraph's
    direction."""
    base = int(leftwards)
    if not has_right_to_left(text):
        return ()
    kinds = _neutrals(_weak([_kind(character) for character in text], "R" if leftwards else "L"), base)
    return tuple(_level(kind, base) for kind in kinds)


def visual(run_levels: Sequence[int]) -> list[int]:
    """The order in which runs with these levels stand from left to right (rule L2)."""
    order = list(range(len(run_levels)))
    for level in range(max(run_levels, default=0), 0, -1):
        start = 0
        while start < len(order):
            stop = start
            while stop < len(order) and run_levels[order[stop]] >= level:
                stop += 1
            order[start:stop] = reversed(order[start:stop])
            start = stop + 1
    return order


def as_seen(text: str, leftwards: bool) -> str:
    """`text` in the order in which it is seen from left to right. Brackets keep their character: most readers of a PDF turn
    right-to-left text around without mirroring them (docs/adr/0013)."""
    found = levels(text, leftwards)
    if not found:
        return text
    pairs = groupby(zip(text, found, strict=True), key=lambda pair: pair[1])
    runs = [(level, "".join(character for character, _ in some)) for level, some in pairs]
    order = visual([level for level, _ in runs])
    return "".join(runs[i][1][::-1] if runs[i][0] % 2 else runs[i][1] for i in order)


def _kind(character: str) -> str:
    kind = unicodedata.bidirectional(character)
    return kind if kind in ("L", "R", "AL", "EN", "ES", "ET", "AN", "CS", "NSM") else "ON"


def _weak(kinds: list[str], outside: str) -> list[str]:
    """Rules W1 to W7: what is left is L, R, EN, AN, ON."""
    strong = previous = outside
    for i, kind in enumerate(kinds):
        if kind == "NSM":
            kinds[i] = kind = previous
        if kind in ("L", "R", "AL"):
            strong = kind
        elif kind == "EN" and strong == "AL":
            kinds[i] = "AN"
        previous = kinds[i]
    kinds = ["R" if kind == "AL" else kind for kind in kinds]
    for i in range(1, len(kinds) - 1):
        before, after = kinds[i - 1], kinds[i + 1]
        if before == after and (kinds[i], before) in _BETWEEN_DIGITS:
            kinds[i] = before
    _next_to_numbers(kinds)
    strong = outside
    for i, kind in enumerate(kinds):
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[i] = "L"
        elif kind in ("ES", "ET", "CS"):
            kinds[i] = "ON"
    return kinds


def _next_to_numbers(kinds: list[str]) -> None:
    """Rule W5: percent signs and the like belong to the number that they stand next to."""
    for some in (range(len(kinds)), range(len(kinds) - 1, -1, -1)):
        previous = ""
        for i in some:
            if kinds[i] == "ET" and previous == "EN":
                kinds[i] = "EN"
            previous = kinds[i]


def _neutrals(kinds: list[str], base: int) -> list[str]:
    """Rules N1 and N2: what has no direction runs as both its neighbours do, else as the paragraph."""
    outside = "R" if base else "L"
    start = 0
    while start < len(kinds):
        if kinds[start] != "ON":
            start += 1
            continue
        stop = start
        while stop < len(kinds) and kinds[stop] == "ON":
            stop += 1
        before = _side(kinds[start - 1]) if start else outside
        after = _side(kinds[stop]) if stop < len(kinds) else outside
        kinds[start:stop] = [before if before == after else outside] * (stop - start)
        start = stop
    return kinds


def _side(kind: str) -> str:
    return "L" if kind == "L" else "R"


def _level(kind: str, base: int) -> int:
    if base:
        return 1 if kind == "R" else 2
    return {"L": 0, "R": 1}.get(kind, 2)
