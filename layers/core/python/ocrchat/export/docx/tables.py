"""A table of WordprocessingML (ECMA-376 Part 1, 17.4): spans, header rows that repeat on every page, widths as they were."""

from __future__ import annotations

from dataclasses import replace

from lxml.etree import _Element

from ocrchat.bidi import runs_leftwards
from ocrchat.export.docx.elements import element, settings
from ocrchat.export.docx.paragraphs import Around, paragraph
from ocrchat.export.docx.widths import widths
from ocrchat.model import Cell, Table
from ocrchat.tables import markup

MOST_COLUMNS = 63
"""Word opens no table with more."""


def table(content: Table, width: int, size: float, language: str | None) -> _Element:
    """`width` in twentieths of a point; letters of `size` points. Of more columns than Word opens, the last ones become one."""
    content = _narrowed(content)
    columns = widths(content, width, size)
    around = Around(language, runs_leftwards("".join(cell.text for cell in content.cells)))
    headers = markup.header_rows(content)
    made = element(
        "tbl",
        element(
            "tblPr",
            element("tblStyle", val="TableGrid"),
            *([element("bidiVisual")] if around.leftwards else []),
            element("tblW", w=sum(columns), type="dxa"),
            element("tblLayout", type="fixed"),
        ),
        element("tblGrid", *(element("gridCol", w=each) for each in columns)),
    )
    for number, cells in enumerate(_rows(content)):
        row = element("tr", *settings("trPr", [element("tblHeader")] if number < headers else []))
        row.extend(_cell(cell, number, columns, around) for cell in cells)
        made.append(row)
    return made


def _narrowed(content: Table) -> Table:
    if content.columns <= MOST_COLUMNS:
        return content
    last = MOST_COLUMNS - 1
    rest: list[list[str]] = [[] for _ in range(content.rows)]
    for cell in content.cells:
        if cell.column >= last and cell.text:
            rest[cell.row].append(cell.text)
    kept = [
        replace(cell, column_span=min(cell.column_span, last - cell.column))
        for cell in content.cells
        if cell.column < last
    ]
    return Table(
        content.rows, MOST_COLUMNS, (*kept, *(Cell(row, last, " ".join(texts)) for row, texts in enumerate(rest)))
    )


def _rows(content: Table) -> list[list[Cell]]:
    """The cells of each row, those that reach into it from above too."""
    rows: list[list[Cell]] = [[] for _ in range(content.rows)]
    for cell in content.cells:
        for row in range(cell.row, cell.row + cell.row_span):
            rows[row].append(cell)
    for cells in rows:
        cells.sort(key=lambda cell: cell.column)
    return rows


def _cell(cell: Cell, row: int, columns: list[int], around: Around) -> _Element:
    last = cell.column + cell.column_span
    begins = cell.row == row
    told = [element("tcW", w=sum(columns[cell.column : last]), type="dxa")]
    if cell.column_span > 1:
        told.append(element("gridSpan", val=cell.column_span))
    if cell.row_span > 1:
        told.append(element("vMerge", val="restart") if begins else element("vMerge"))
    style = "TableHead" if cell.is_header else "TableText"
    lines = cell.text.splitlines() if begins else []
    return element("tc", element("tcPr", *told), paragraph(lines, style, around=around))
