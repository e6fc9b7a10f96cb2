"""What a download says, as text: whoever looks for words in it need not care in which format it came."""

from __future__ import annotations

import csv
import io

import docx
import openpyxl


def plain(content: bytes) -> str:
    return content.decode("utf-8-sig")


def word(content: bytes) -> str:
    """Paragraphs, then the cells of tables."""
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def sheets(content: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return "\n".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value)


def rows(content: bytes) -> list[list[str]]:
    """Of CSV."""
    return list(csv.reader(io.StringIO(plain(content))))
