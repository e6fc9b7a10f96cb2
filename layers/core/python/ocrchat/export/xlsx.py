"""Document -> XLSX (Office Open XML, ECMA-376, written by XlsxWriter): a sheet for each table, joined over pages.

Spans are merged cells, header rows are bold and stay in sight. What is plainly a number is one, see `number`; all else is text:
nothing is run as a formula or followed as a link. A document without tables is a sheet of its lines, as in `export.csv`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import count, islice
from math import ceil
from typing import TYPE_CHECKING, Any

from ocrchat.export import rows
from ocrchat.export.plain import extent, legal
from ocrchat.model import Cell, Document, Table
from ocrchat.tables import markup
from ocrchat.tables.join import joined

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS, MOST_COLUMNS, MOST_CHARACTERS = 1_048_576, 16_384, 32_767
"""Of a sheet, a sheet and a cell."""

WIDEST = 60
"""Characters of a column."""
_SPARE = 2
"""Characters that a column is wider than its text."""
_UNSET = 6
"""Characters that have room in a column whose width nobody has set."""
_LINE, _HIGHEST = 15.0, 405.0
"""Points: height of a line, and of a row at most (Excel: 409)."""

_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
_GROUPED = re.compile(r"-?[1-9]\d{0,2}(?:(?:,\d{3})+\.\d+|(?:,\d{3}){2,})")
_EITHER = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")
_DIGITS = 15
"""Digits that a cell's number keeps."""


def write(document: Document) -> bytes:
    from xlsxwriter import Workbook

    out = io.BytesIO()
    workbook = Workbook(out, {"in_memory": True})
    workbook.set_properties({"created": datetime(1980, 1, 1)})  # else it would be now, and no file twice the same
    styles = _Styles(workbook)
    tables = joined(document.pages)
    for position, (page, table) in enumerate(tables, start=1):
        _write_table(workbook.add_worksheet(rows.table_name(position, page)), table, styles)
    if not tables:
        _write_lines(workbook, document, styles)
    workbook.close()
    return out.getvalue()


def number(text: str) -> tuple[float, str] | None:
    """The value of `text` and how it is shown, if it can be read in one way only.

    12, -3.5 and 0.125 are numbers; 1,234.50 and 1,234,567 too. Not so 1,234 and 1.234, which are other numbers elsewhere, 007,
    +49, dates, what has a unit, and what has more than 15 digits, which a spreadsheet would round.
    """
    digits = sum(character.isdigit() for character in text)
    if not text.isascii() or not digits or digits > _DIGITS or _EITHER.fullmatch(text):
        return None
    grouped = _GROUPED.fullmatch(text)
    if not grouped and not _PLAIN.fullmatch(text):
        return None
    decimals = len(text.partition(".")[2])
    return float(text.replace(",", "")), ("#,##0" if grouped else "0") + (f".{'0' * decimals}" if decimals else "")


class _Styles:
    """Of cells; a workbook wants each made once."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._made: dict[tuple[str, bool], Format] = {}

    def of(self, shown: str, bold: bool) -> Format:
        key = shown, bold
        if key not in self._made:
            properties: dict[str, Any] = {"valign": "top", "num_format": shown, "text_wrap": shown == "@", "bold": bold}
            self._made[key] = self._workbook.add_format(properties)
        return self._made[key]


def _write_table(sheet: Worksheet, table: Table, styles: _Styles) -> None:
    headers = markup.header_rows(table)
    if headers:
        sheet.freeze_panes(headers, 0)
    for cell in table.cells:
        if cell.row < MOST_ROWS and cell.column < MOST_COLUMNS:
            _write_cell(sheet, cell, styles)
    widths = _set_widths(sheet, ((cell.column, cell.text) for cell in table.cells if cell.column_span == 1))
    _set_heights(sheet, table, widths)


def _write_cell(sheet: Worksheet, cell: Cell, styles: _Styles) -> None:
    text = legal(cell.text)[:MOST_CHARACTERS]
    value = None if cell.is_header else number(text.strip())
    style = styles.of(value[1] if value else "@", cell.is_header)
    if cell.row_span > 1 or cell.column_span > 1:
        last = min(cell.row + cell.row_span, MOST_ROWS) - 1, min(cell.column + cell.column_span, MOST_COLUMNS) - 1
        sheet.merge_range(cell.row, cell.column, *last, "", style)
    if value:
        sheet.write_number(cell.row, cell.column, value[0], style)
    elif text:
        sheet.write_string(cell.row, cell.column, text, style)


def _write_lines(workbook: Workbook, document: Document, styles: _Styles) -> None:
    lines = rows.lines(document)
    some = list(islice(lines, MOST_ROWS - 1))
    for part in count(1):
        _write_sheet(workbook.add_worksheet("Lines" if part == 1 else f"Lines {part}"), some, styles)
        some = list(islice(lines, MOST_ROWS - 1))
        if not some:
            return


def _write_sheet(sheet: Worksheet, lines: Sequence[rows.LineRow], styles: _Styles) -> None:
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(rows.LINE_COLUMNS):
        sheet.write_string(0, column, title, styles.of("@", True))
    for at, (*values, text) in enumerate(lines, start=1):
        for column, value in enumerate(values):
            sheet.write_number(at, column, value, styles.of("General", False))
        sheet.write_string(at, len(values), text[:MOST_CHARACTERS], styles.of("General", False))
    _set_widths(sheet, enumerate(rows.LINE_COLUMNS))
    _set_widths(sheet, ((len(rows.LINE_COLUMNS) - 1, line[-1]) for line in lines))


def _set_widths(sheet: Worksheet, texts: Iterable[tuple[int, str]]) -> Mapping[int, int]:
    """Of columns, by what stands in them: the characters that have room in each."""
    longest: dict[int, int] = {}
    for column, text in texts:
        longest[column] = max([longest.get(column, 0), *(extent(line[:WIDEST]) for line in text.splitlines())])
    widths = {column: min(letters, WIDEST) for column, letters in longest.items() if column < MOST_COLUMNS}
    for column, letters in widths.items():
        sheet.set_column(column, column, letters + _SPARE)
    return widths


def _set_heights(sheet: Worksheet, table: Table, widths: Mapping[int, int]) -> None:
    """Of rows with text of several lines: Excel would find them, LibreOffice shows the first line alone."""
    needed: dict[int, int] = {}
    for cell in table.cells:
        if cell.row_span == 1 and cell.row < MOST_ROWS:
            spanned = range(cell.column, cell.column + cell.column_span)
            room = max(sum(widths.get(column, _UNSET) + _SPARE for column in spanned) - _SPARE, 1)
            lines = sum(max(ceil(extent(line) / room), 1) for line in cell.text.splitlines())
            needed[cell.row] = max(needed.get(cell.row, 1), lines)
    for row, lines in needed.items():
        if lines > 1:
            sheet.set_row(row, min(lines * _LINE, _HIGHEST))
