"""Document -> CSV (RFC 4180; UTF-8 with a byte order mark, without which Excel takes it for something else).

All tables in reading order, an empty line between two; one that goes on over pages is one. A cell that spans several places
stands in the first of them, the others are empty: sums stay right. A document without tables is its lines, one field each.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from ocrchat.model import Document, Table
from ocrchat.tables.join import joined


def write(document: Document) -> bytes:
    """Raises nothing: a document without text is a file without lines."""
    out = io.StringIO()
    writer = csv.writer(out)
    tables = joined(document.pages)
    for number, table in enumerate(tables):
        if number:
            out.write("\r\n")
        writer.writerows(_rows(table))
    if not tables:
        writer.writerows([_field(line.text)] for page in document.pages for line in page.lines)
    return out.getvalue().encode("utf-8-sig")


def _rows(table: Table) -> Iterable[list[str]]:
    rows = [[""] * table.columns for _ in range(table.rows)]
    for cell in table.cells:
        rows[cell.row][cell.column] = _field(cell.text)
    return rows


def _field(text: str) -> str:
    """In one line; what a spreadsheet would run as a formula is marked as text with an apostrophe (OWASP, "CSV injection")."""
    line = " ".join(text.split())
    # A sign before what has no letters is a number, a dash or the number of a telephone: it can do no harm.
    may_run = line[:1] in ("=", "@") or (line[:1] in ("+", "-") and any(character.isalpha() for character in line))
    return f"'{line}" if may_run and len(line) > 1 else line
