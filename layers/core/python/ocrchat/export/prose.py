"""Lines as they stand on the page -> running text: which of them go on in the next one, and how they are joined.

Told by boxes and characters alone: documents are stored without words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ocrchat.bidi import runs_leftwards
from ocrchat.export.plain import extent
from ocrchat.model import Line
from ocrchat.writing import HYPHENS, SOFT_HYPHEN, is_divided, is_unspaced

RUNNING = 0.6
"""Share of the lines of a paragraph that are full, and more."""
CARRIED = 0.34
"""Share of its lines that begin in the middle of a sentence. Fewer do in a column of items that happen to be of one length."""
ROOM = 1.0
"""Line heights that are left over on a line which the next word would still have fitted on: boxes are not exact."""
DIVISIONS = 0.1
"""Share of lines that end with a divided word which makes them prose in any case: only what was set in a column has them."""
NARROW = 10.0
"""Line heights: no text is set in a column narrower than that. Names and addresses are."""
SPREAD = 1.35
SPREAD_LINES = 0.34
"""A line whose characters are so much further apart than is usual on its page has gaps: it is a row of columns. So many make
the block rows."""
MEASURED = 8
"""Characters from which on a line tells how far apart they are."""
_CONJUNCTIONS = (
    "and",
    "or",
    "und",
    "oder",
    "bzw.",
    "sowie",
    "et",
    "ou",
    "y",
    "o",
    "e",
    "en",
    "of",
    "och",
    "eller",
    "og",
    "i",
)
"""What follows a hyphen that stands for the rest of a compound: "Ein- und Ausgabe"."""
_WORD = re.compile(r"[^\W\d_]+(?:[-‐][^\W\d_]+)*")
_LEADERS = re.compile(r"(?:[.·…_]\s?){5}")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a page is written: its `words` in lower case, those with hyphens whole, and how far apart its characters are, in
    line heights."""

    words: frozenset[str]
    pitch: float


def manner(lines: Iterable[Line]) -> Manner:
    some = list(lines)
    pitches = sorted(_pitch(line) for line in some if len(line.text) >= MEASURED)
    words = frozenset(word.casefold() for line in some for word in _WORD.findall(line.text))
    # A quarter, not the half: on a receipt most lines have gaps.
    return Manner(words, pitches[len(pitches) // 4] if pitches else 0.5)


def lines(some: Sequence[Line], how: Manner) -> list[str]:
    """The text of a block: in one piece if it is a paragraph, else line by line."""
    return [joined(some, how)] if _is_running(some, how) else [line.text for line in some]


def joined(some: Sequence[Line], how: Manner) -> str:
    """The lines in one, words that were divided put together again."""
    text = some[0].text if some else ""
    for line in some[1:]:
        text = _continued(text, line.text, how.words)
    return text.replace(SOFT_HYPHEN, "")


def _is_running(some: Sequence[Line], how: Manner) -> bool:
    """Whether lines end where the next word had no room left. Addresses, verses and receipts end where their author wanted."""
    if _divisions(some) >= max(DIVISIONS * len(some), 2):
        return True
    if max(line.box.width for line in some) < NARROW * max(line.box.height for line in some):
        return False
    if sum(_is_row(line, how) for line in some) >= SPREAD_LINES * len(some):
        return False
    left, right = min(line.box.x0 for line in some), max(line.box.x1 for line in some)
    leftwards = runs_leftwards("".join(line.text for line in some))
    full = carried = 0
    for line, following in pairwise(some):
        room = line.box.x0 - left if leftwards else right - line.box.x1
        full += room < _first_word(following) + ROOM * line.box.height
        carried += _begins_within(following.text)
    return full >= RUNNING * (len(some) - 1) and carried >= CARRIED * (len(some) - 1)


def _divisions(some: Sequence[Line]) -> int:
    """Words that go on in the next line."""
    return sum(is_divided(line.text, following.text) for line, following in pairwise(some))


def _begins_within(text: str) -> bool:
    """Whether `text` may begin in the middle of a sentence: with a small letter, or one of a script that has no capitals."""
    first = text.lstrip("\"'“„«(")[:1]
    return first.isalpha() and not first.isupper()


def _is_row(line: Line, how: Manner) -> bool:
    return (len(line.text) > 3 and _pitch(line) > SPREAD * how.pitch) or _LEADERS.search(line.text) is not None


def _pitch(line: Line) -> float:
    return line.box.width / (extent(line.text) * max(line.box.height, 1.0))


def _first_word(line: Line) -> float:
    """How wide it is, in pixels."""
    text = line.text.lstrip()
    first = text[:1] if is_unspaced(text[:1]) else text.split(maxsplit=1)[0] if text else ""
    return line.box.width * extent(first) / max(extent(line.text), 1)


def _continued(before: str, after: str, words: frozenset[str]) -> str:
    before, after = before.rstrip(), after.lstrip()
    if not before or not after:
        return before + after
    if (
        before[-1] in HYPHENS
        and before[-2:-1].isalpha()
        and after[0].isalpha()
        and after.split()[0] not in _CONJUNCTIONS
    ):
        return _without_hyphen(before, after, words)
    return before + ("" if is_unspaced(before[-1]) and is_unspaced(after[0]) else " ") + after


def _without_hyphen(before: str, after: str, words: frozenset[str]) -> str:
    """A compound keeps its hyphen: if the page has it elsewhere with one, if it has another one, or goes on with a capital."""
    head, tail = _WORD.findall(before[:-1])[-1], _WORD.findall(after)[0]
    if before[-1] == SOFT_HYPHEN or (head + tail).casefold() in words:
        return before[:-1] + after
    is_name = tail[0].isupper() and not (head + tail).isupper()
    keeps = is_name or "-" in head or f"{head}-{tail}".casefold() in words
    return before + after if keeps else before[:-1] + after
