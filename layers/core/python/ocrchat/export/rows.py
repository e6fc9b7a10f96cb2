"""What a spreadsheet says of a document without tables, and how its tables are called."""

from __future__ import annotations

from collections.abc import Iterator

from ocrchat.export.plain import one_line
from ocrchat.model import Document

LINE_COLUMNS = ("page", "x0", "y0", "x1", "y1", "confidence", "text")
"""Of a line: its page, from 1; where it stands, in pixels of the page image, origin top left; 0..1."""

LineRow = tuple[int, float, float, float, float, float, str]


def lines(document: Document) -> Iterator[LineRow]:
    """`LINE_COLUMNS` of each line, in reading order."""
    for page in document.pages:
        for line in page.lines:
            x0, y0, x1, y1 = (round(value, 1) for value in (line.box.x0, line.box.y0, line.box.x1, line.box.y1))
            yield page.index + 1, x0, y0, x1, y1, round(line.confidence, 4), one_line(line.text)


def table_name(number: int, page: int) -> str:
    """Of the table that is so many-th from 1 on, and begins on the page of this index."""
    return f"Table {number} (page {page + 1})"
