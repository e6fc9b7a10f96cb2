"""From the place of characters on a line to the order in which they are read, for lines with Arabic, Hebrew and the like.

A PDF stores such a line in the order of whatever wrote it: as it is seen from left to right, as it is read, or in pieces of
both. Where the characters stand is the same in all of them, so the order is taken from there: from left to right as seen, and
then the reordering of the Unicode Bidirectional Algorithm (UAX 9, rules N1, W4, W5, W7 and L2) is undone. Not every line can
be: "12 34" may be two numbers of a right-to-left sentence or one of a left-to-right one. Pure, no state.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

Extent = tuple[float, float]
"""Where a character begins and ends on its line, from left to right, in any unit."""

THIN = 0.05
"""Share of the usual width below which a character has none of its own: the later letters of a ligature."""

_MIRRORED = dict(zip("()[]{}<>«»", ")(][}{><»«", strict=True))
_OPENING = "([{<«"


def is_right_to_left(character: str) -> bool:
    # Most text is neither, and this is asked of every character of a page.
    return character >= "\u0590" and unicodedata.bidirectional(character) in ("R", "AL")


def has_right_to_left(text: str) -> bool:
    return any(map(is_right_to_left, text))


def runs_leftwards(text: str, around: bool = False) -> bool:
    """Whether more of its characters are Arabic, Hebrew and the like than are written to the right; `around`, what stands around
    it does, where there are as many of both, or none."""
    leftwards = sum(map(is_right_to_left, text))
    if not leftwards and not around:
        return False
    rightwards = sum(unicodedata.bidirectional(character) == "L" for character in text)
    return leftwards > rightwards or (around and leftwards == rightwards)


def logical_order(characters: Sequence[str], extents: Sequence[Extent]) -> list[tuple[int, str]]:
    """(index, character) in reading order. A bracket comes out as its mirror image where that is what it means."""
    clusters = _clusters(characters, extents)
    kinds = [_kind(characters[cluster[0]]) for cluster in clusters]
    is_rtl = kinds.count("R") > kinds.count("L")
    rightward = _rightward(kinds, [characters[cluster[0]] for cluster in clusters], is_rtl)
    order = _undone(rightward, is_rtl)
    read = [(i, characters[i], not rightward[position]) for position in order for i in clusters[position]]
    brackets = "".join(c for _, c, turned in read if turned and c in _MIRRORED)
    # Most fonts say which shape is drawn, a few programs which bracket is meant. Nesting tells them apart.
    mirror = _nests("".join(map(_MIRRORED.__getitem__, brackets))) or not _nests(brackets)
    return [(i, _MIRRORED.get(c, c) if turned and mirror else c) for i, c, turned in read]


def _clusters(characters: Sequence[str], extents: Sequence[Extent]) -> list[list[int]]:
    """Letters with their marks and the rest of their ligature, from left to right."""
    widths = [end - start for start, end in extents]
    thin = THIN * median(widths)
    bases = [i for i, c in enumerate(characters) if widths[i] > thin and not unicodedata.combining(c)]
    if not bases:
        return [[i] for i in range(len(characters))]
    centre = [(start + end) / 2 for start, end in extents]
    bases.sort(key=centre.__getitem__)
    places = [centre[i] for i in bases]
    before: dict[int, list[int]] = {i: [] for i in bases}
    behind: dict[int, list[int]] = {i: [] for i in bases}
    for i in sorted(set(range(len(characters))) - set(bases)):
        if not characters[i].isspace():
            base = _nearest(bases, places, extents[i][0], extents)
            (behind if i > base else before)[base].append(i)
    # What stands before its letter has been turned around with it.
    return [[i, *behind[i], *reversed(before[i])] for i in bases]


def _nearest(bases: list[int], places: list[float], place: float, extents: Sequence[Extent]) -> int:
    at = bisect_left(places, place)
    return min(bases[max(at - 1, 0) : at + 1], key=lambda i: max(extents[i][0] - place, place - extents[i][1]))


def _kind(character: str) -> str:
    """R, L, D for a digit, or N for what has no direction."""
    direction = unicodedata.bidirectional(character)
    return {"R": "R", "AL": "R", "L": "L", "EN": "D", "AN": "D"}.get(direction, "N")


def _rightward(kinds: list[str], characters: list[str], is_rtl: bool) -> list[bool]:
    """Which of them are read from left to right."""
    found = [kind in "LD" or (kind == "N" and not is_rtl) for kind in kinds]
    strong = [i for i, kind in enumerate(kinds) if kind != "N"]
    for left, right in pairwise(strong):
        between = characters[left + 1 : right]
        if kinds[left] == kinds[right] == "R":
            joined = False
        elif "R" in (kinds[left], kinds[right]):
            joined = not is_rtl
        else:
            joined = not is_rtl or "L" in (kinds[left], kinds[right]) or not any(c.isspace() for c in between)
        found[left + 1 : right] = [joined] * len(between)
    for i, character in enumerate(characters):
        direction = unicodedata.bidirectional(character)
        before = kinds[i - 1] if i else "N"
        behind = kinds[i + 1] if i + 1 < len(kinds) else "N"
        if (direction == "ET" and "D" in (before, behind)) or (direction == "ES" and before + behind == "ND"):
            found[i] = True  # currency, per cent, and the sign of a number
    return found


def _undone(rightward: list[bool], is_rtl: bool) -> list[int]:
    """Positions from left to right, in reading order: the runs against the line's direction turned."""
    order: list[int] = []
    run: list[int] = []
    for position in reversed(range(len(rightward))) if is_rtl else range(len(rightward)):
        if rightward[position] is is_rtl:
            run.append(position)
        else:
            order += [*reversed(run), position]
            run = []
    return order + run[::-1]


def _nests(brackets: str) -> bool:
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket in _OPENING else -1
        if depth < 0:
            return False
    return True
