from __future__ import annotations

import io
import time
from typing import Any

import openpyxl
import pytest

from ocrchat.export import xlsx
from ocrchat.model import Block, Box, Cell, Document, Line, PageResult
from tests.documents import SALES, table_of

BOX = Box(0, 0, 100, 20)


def document(*pages: list[Block]) -> Document:
    return Document(tuple(PageResult(i, 100, 100, 96.0, "test", tuple(blocks)) for i, blocks in enumerate(pages)))


def read(content: Document) -> Any:
    return openpyxl.load_workbook(io.BytesIO(xlsx.write(content)))


def values(sheet: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_each_table_is_a_sheet_that_says_where_it_was() -> None:
    text = Block((Line("between", BOX),))
    book = read(
        document(
            [table_of(Cell(0, 0, "a"), Cell(0, 1, "b")), text, table_of(Cell(0, 0, "c"))],
            [],
            [text, table_of(Cell(0, 0, "d"))],
        )
    )

    assert book.sheetnames == ["Table 1 (page 1)", "Table 2 (page 1)", "Table 3 (page 3)"]
    assert [values(sheet) for sheet in book] == [[["a", "b"]], [["c"]], [["d"]]]


def test_spans_are_merged_and_header_rows_are_bold_and_stay_in_sight() -> None:
    sheet = read(document([SALES])).active

    assert sorted(map(str, sheet.merged_cells.ranges)) == ["A1:A2", "B1:C1"]
    assert sheet.freeze_panes == "A3"
    assert [sheet[place].font.bold for place in ("A1", "B1", "C2", "A3", "B3")] == [True, True, True, False, False]
    assert values(sheet)[2] == ["North", 5, 7]
    assert values(sheet)[1][1:] == ["2023", "2024"], "a year above a column is no number"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("12", 12), ("-3.5", -3.5), ("0.125", 0.125), ("1,234.50", 1234.5), ("1,234,567", 1234567), ("0", 0)),
        *((text, None) for text in ("1,234", "1.234", "1.234,56", "007", "+49", "2024-01-05", "12 %", "€5", "1e5")),
        *((text, None) for text in ("1234567890123456", "", "-", "٣", "1,23", "12,345.6.7", "1 000", "nan", "--5")),
    ],
)
def test_a_number_is_what_can_be_read_in_one_way_only(text: str, value: float | None) -> None:
    read_as = xlsx.number(text)

    assert (read_as and read_as[0]) == value


def test_a_number_is_shown_as_it_was_printed() -> None:
    sheet = read(document([table_of(Cell(0, 0, "1,234.50"), Cell(0, 1, "3.0"), Cell(0, 2, "12"))])).active

    assert [(cell.value, cell.number_format) for cell in sheet[1]] == [(1234.5, "#,##0.00"), (3, "0.0"), (12, "0")]


@pytest.mark.parametrize(
    "text", ["=1+1", "@SUM(A1)", "+1+cmd", "{=A1}", "https://example.com", "mailto:a@b.c", "internal:x"]
)
def test_nothing_is_a_formula_or_a_link(text: str) -> None:
    cell = read(document([table_of(Cell(0, 0, text))])).active["A1"]

    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_a_document_without_tables_is_a_sheet_of_its_lines() -> None:
    book = read(document([Block((Line("Milk 1.20", Box(1.25, 2, 30, 14), 0.91234),))]))

    assert book.sheetnames == ["Lines"]
    assert values(book.active) == [
        ["page", "x0", "y0", "x1", "y1", "confidence", "text"],
        [1, 1.2, 2, 30, 14, 0.9123, "Milk 1.20"],
    ]


def test_columns_are_as_wide_as_what_stands_in_them_titles_over_several_aside() -> None:
    sheet = read(
        document(
            [
                table_of(
                    Cell(0, 0, "A title that is longer than all columns", column_span=3),
                    Cell(1, 0, "x"),
                    Cell(1, 1, "y" * 20 + "\nz"),
                    Cell(1, 2, "消費税" * 4),
                )
            ]
        )
    ).active

    assert [round(sheet.column_dimensions[column].width) for column in "ABC"] == [4, 23, 27]


def test_a_row_is_as_high_as_its_text_needs() -> None:
    sheet = read(
        document(
            [
                table_of(
                    Cell(0, 0, "one line"),
                    Cell(0, 1, "x"),
                    Cell(1, 0, "a\nb\nc"),
                    Cell(1, 1, "x"),
                    Cell(2, 0, "word " * 30, column_span=2),
                    Cell(3, 0, "word " * 60),
                    Cell(3, 1, "x"),
                    Cell(4, 0, "\n" * 99 + "z"),
                    Cell(4, 1, "x"),
                )
            ]
        )
    ).active

    heights = [sheet.row_dimensions[row].height for row in range(1, 6)]
    assert heights == [None, 45, 45, 75, 405]


def test_a_very_wide_table_is_written_quickly() -> None:
    started = time.process_time()

    sheet = read(document([table_of(*(Cell(0, column, "x") for column in range(20_000)))])).active

    assert time.process_time() - started < 4
    assert sheet.max_column == 16_384


def test_what_no_workbook_can_hold_is_left_out() -> None:
    sheet = read(document([table_of(Cell(0, 0, "a\x00\x0b\ud800b"), Cell(0, 1, "x" * 40_000))])).active

    assert sheet["A1"].value == "ab"
    assert sheet["B1"].value == "x" * 32_767


def test_the_same_document_gives_the_same_bytes() -> None:
    content = document([table_of(Cell(0, 0, "a"))])

    assert xlsx.write(content) == xlsx.write(content)
