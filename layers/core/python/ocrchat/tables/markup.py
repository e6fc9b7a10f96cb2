"""A table as HTML, and as a pipe table of GitHub's Markdown."""

from __future__ import annotations

import html as _html
from collections.abc import Callable

from ocrchat.model import Cell, Table


def html(table: Table) -> str:
    """On one line. Header rows, where it has any, are the `thead`."""
    rows = table.by_row
    headers = header_rows(table)
    head = "".join(map(_row, rows[:headers]))
    body = "".join(map(_row, rows[headers:]))
    return f"<table>{f'<thead>{head}</thead>' if head else ''}<tbody>{body}</tbody></table>"


def pipe(table: Table, escape: Callable[[str], str]) -> str:
    """One line a row; `escape` makes Markdown of a cell's text. The first row is the header: Markdown knows no table without.

    Only for tables without spans.
    """
    lines = [f"| {' | '.join(row)} |" for row in places(table, lambda text: escape(" ".join(text.split())))]
    return "\n".join([lines[0], f"|{' --- |' * table.columns}", *lines[1:]])


def places(table: Table, form: Callable[[str], str]) -> list[list[str]]:
    """The text of each place of the grid, in this form; a cell that spans several stands in the first, the others are empty."""
    texts = [[""] * table.columns for _ in range(table.rows)]
    for cell in table.cells:
        texts[cell.row][cell.column] = form(cell.text)
    return texts


def header_rows(table: Table) -> int:
    """How many rows at the top are made of header cells, and of nothing that reaches into the rows below."""
    body = min((cell.row for cell in table.cells if not cell.is_header), default=table.rows)
    while any(cell.row < body < cell.row + cell.row_span for cell in table.cells):
        body -= 1
    return body if body < table.rows else 0


def _row(cells: list[Cell]) -> str:
    return f"<tr>{''.join(map(_cell, cells))}</tr>"


def _cell(cell: Cell) -> str:
    name = "th" if cell.is_header else "td"
    rows = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
    columns = f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    return f"<{name}{rows}{columns}>{_html.escape(cell.text)}</{name}>"
