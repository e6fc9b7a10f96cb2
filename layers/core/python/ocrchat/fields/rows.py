"""Pages as rows: lines that stand side by side are one, as a label and its value at the other edge of a receipt."""

from __future__ import annotations

from dataclasses import dataclass

from ocrchat.model import Box, Document, Line

_PAGES = 3
"""Of a document, from its beginning: who, when and how much stands there."""

_BESIDE = 0.5
"""Lines share so much of the height of the lower one."""


@dataclass(frozen=True, slots=True)
class Row:
    """Lines from left to right, on a page counted from 1."""

    page: int
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        return "  ".join(line.text.strip() for line in self.lines)

    @property
    def box(self) -> Box:
        return Box.around(line.box for line in self.lines)


def rows(document: Document) -> list[Row]:
    """From top to bottom, page after page."""
    found = []
    for page in document.pages[:_PAGES]:
        waiting = sorted(
            (line for line in page.lines if line.text.strip()), key=lambda line: (line.box.y0, line.box.x0)
        )
        while waiting:
            first = waiting[0]
            row = [line for line in waiting if _stand_beside(first.box, line.box)]
            waiting = [line for line in waiting if line not in row]
            found.append(Row(page.index + 1, tuple(sorted(row, key=lambda line: line.box.x0))))
    return found


def _stand_beside(one: Box, other: Box) -> bool:
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared >= _BESIDE * max(min(one.height, other.height), 1.0)
