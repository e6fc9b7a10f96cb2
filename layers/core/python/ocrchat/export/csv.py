"""Document -> CSV (RFC 4180; UTF-8 with a byte order mark, without which Excel takes it for something else).

The table of the document, row by row. Several are stacked: each under a line "# Table 2 (page 3)", an empty line between two. A
file for each in a zip would be tidier, but `format=csv` is always one CSV file, so that the same program reads all answers. A
table that goes on over pages is one. A cell that spans several places stands in the first of them, the others are empty: sums
stay right.

A document without tables is its lines: `page` (from 1), where the line stands (pixels of the page image, origin top left),
`confidence` (0..1), and its text.
"""

from __future__ import annotations

import csv
import io

from ocrchat.export import rows
from ocrchat.export.plain import one_line
from ocrchat.model import Document
from ocrchat.tables import markup
from ocrchat.tables.join import joined

_FORMULA = ("=", "@", "+", "-", "＝", "＠", "＋", "－")
"""What a spreadsheet takes for the beginning of a formula. Tabs and line breaks, which OWASP names too, do not get this far."""

_OTHER_COMMA = ";"
"""What separates fields where the comma is in numbers: there, a spreadsheet begins a field behind it."""


def write(document: Document) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    tables = joined(document.pages)
    if not tables:
        writer.writerow(rows.LINE_COLUMNS)
        writer.writerows([*place, _field(text)] for *place, text in rows.lines(document))
    for number, (page, table) in enumerate(tables, start=1):
        if number > 1:
            out.write("\r\n")
        if len(tables) > 1:
            writer.writerow([f"# {rows.table_name(number, page)}"])
        writer.writerows(markup.places(table, _field))
    return out.getvalue().encode("utf-8-sig")


def _field(text: str) -> str:
    """In one line; what a spreadsheet would run as a formula is marked as text with an apostrophe (OWASP, "CSV injection")."""
    return _OTHER_COMMA.join(f"'{part}" if _may_run(part) else part for part in one_line(text).split(_OTHER_COMMA))


def _may_run(text: str) -> bool:
    bare = text.lstrip('" ')
    if not bare.startswith(_FORMULA) or len(bare) == 1:
        return False
    # A sign before what has no letters is a number, a dash or the number of a telephone: it can do no harm.
    return bare[0] in "=@＝＠" or any(character.isalpha() for character in bare)
