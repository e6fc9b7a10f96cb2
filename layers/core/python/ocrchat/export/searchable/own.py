"""Which words of a page are text in its file already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from ocrchat.model import Box, Line

_ROW = 64
"""Pixels. Places are looked up by the row that they are in, so that no page takes long."""


class Places:
    """Where a page has text of its own, in pixels of the page as it was read."""

    def __init__(self, boxes: Iterable[Box]) -> None:
        self._rows: defaultdict[int, list[Box]] = defaultdict(list)
        for box in boxes:
            for row in range(int(box.y0 // _ROW), int(box.y1 // _ROW) + 1):
                self._rows[row].append(box)

    def hold(self, box: Box) -> bool:
        """Whether the middle of `box` is in one of them."""
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        return any(place.x0 <= x <= place.x1 and place.y0 <= y <= place.y1 for place in self._rows[int(y // _ROW)])


def without(lines: Iterable[Line], places: Places) -> list[Line]:
    """What is left of the lines without the words that stand in `places`."""
    return [rest for line in lines if (rest := _rest(line, places))]


def _rest(line: Line, places: Places) -> Line | None:
    if not line.words:
        return None if places.hold(line.box) else line
    words = tuple(word for word in line.words if not places.hold(word.box))
    if len(words) == len(line.words):
        return line
    return replace(line, words=words) if words else None  # its text still says where spaces are
