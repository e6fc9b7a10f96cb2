"""Pages as rows: lines that stand side by side are one, as a label and its value at the other edge of a receipt."""

from __future__ import annotations

from dataclasses import dataclass

from ocrchat.model import Box, Document, Line

_PAGES = 3
"""Of a document, from its beginning: who, when and how much stands there."""

_BESIDE = 0.5
"""Lines share so much of the height of the lower one."""


_OPEN = 4
"""Rows that a line may still belong to: a page of 3,000 lines ends as well."""


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
        open_rows: list[list[Line]] = []
        lines = (line for line in page.lines if line.text.strip())
        for line in sorted(lines, key=lambda line: (line.box.y0, line.box.x0)):
            near = (row for row in reversed(open_rows[-_OPEN:]) if _stand_beside(row[0].box, line.box))
            row = next(near, None)
            if row is None:
                open_rows.append([line])
            else:
                row.append(line)
        found += [Row(page.index + 1, tuple(sorted(row, key=lambda line: line.box.x0))) for row in open_rows]
    return found


def _stand_beside(one: Box, other: Box) -> bool:
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared >= _BESIDE * max(min(one.height, other.height), 1.0)
