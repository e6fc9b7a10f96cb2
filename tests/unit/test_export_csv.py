from __future__ import annotations

import csv
import io

import pytest

from ocrchat.export import csv as exported
from ocrchat.model import Block, BlockType, Box, Cell, Document, Line, PageResult, Table

BOX = Box(0, 0, 100, 20)


def table(*rows: list[str]) -> Block:
    cells = tuple(Cell(r, c, text) for r, row in enumerate(rows) for c, text in enumerate(row))
    return Block((), BlockType.TABLE, table=Table(len(rows), len(rows[0]), cells), area=BOX)


def document(*pages: list[Block]) -> Document:
    return Document(tuple(PageResult(i, 100, 100, 96.0, "test", tuple(blocks)) for i, blocks in enumerate(pages)))


def text(*lines: str) -> Block:
    return Block(tuple(Line(each, BOX, 0.98765) for each in lines))


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


def test_one_table_is_its_rows_and_what_csv_readers_stumble_over_comes_back_as_it_was() -> None:
    rows = [["Name", "a,b"], ['5" pipe', "Größe, 中文"], ["", "1,234.50"]]

    data = exported.write(document([table(*rows)]))

    assert read(data) == rows
    assert data.startswith(b"\xef\xbb\xbfName,")
    assert data.endswith(b"\r\n")


def test_several_tables_are_stacked_under_their_names_and_text_around_them_is_left_out() -> None:
    data = exported.write(document([text("Intro"), table(["a", "b"]), text("and")], [text("then"), table(["c"])]))

    assert read(data) == [["# Table 1 (page 1)"], ["a", "b"], [], ["# Table 2 (page 2)"], ["c"]]


def test_a_cell_over_several_places_stands_in_the_first() -> None:
    spanning = Table(2, 3, (Cell(0, 0, "x", 2, 2), Cell(0, 2, "1"), Cell(1, 2, "2")))

    data = exported.write(document([Block((), BlockType.TABLE, table=spanning, area=BOX)]))

    assert read(data) == [["x", "", "1"], ["", "", "2"]]


def test_a_document_without_tables_is_its_lines_and_where_they_stand() -> None:
    assert read(exported.write(document([], [text("Milk 1.20", "Total, net\n1.20")]))) == [
        ["page", "x0", "y0", "x1", "y1", "confidence", "text"],
        ["2", "0", "0", "100", "20", "0.9877", "Milk 1.20"],
        ["2", "0", "0", "100", "20", "0.9877", "Total, net 1.20"],
    ]


def test_a_blank_document_has_the_names_of_the_columns() -> None:
    assert len(read(exported.write(document([])))) == 1


@pytest.mark.parametrize(
    "formula",
    [
        "=HYPERLINK(1)",
        "@SUM(A1)",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "\t=1+1",
        '"=A1',
        "＝A1",
        "－cmd|' /C calc'!A0",
    ],
)
def test_a_spreadsheet_does_not_run_what_a_page_says(formula: str) -> None:
    assert read(exported.write(document([table([formula, "x"])]))) == [[f"'{formula.strip()}", "x"]]
    assert read(exported.write(document([text(formula)])))[1][-1] == f"'{formula.strip()}"


def test_nor_what_stands_behind_a_semicolon_which_begins_a_field_in_half_of_europe() -> None:
    data = exported.write(document([table(['a;=HYPERLINK("x");b', "c;@SUM(A1)", "x; -5;+49 30 1234;=;-y"])]))

    assert read(data) == [['a;\'=HYPERLINK("x");b', "c;'@SUM(A1)", "x; -5;+49 30 1234;=;'-y"]]


@pytest.mark.parametrize(
    "value", ["-5", "+4.2 %", "-1,234.50", "-", "--", "−3", "-12,5", "+49 30 1234", "- 3 %", "a = b", "me@example.com"]
)
def test_numbers_dashes_and_signs_within_stay_what_they_are(value: str) -> None:
    assert read(exported.write(document([table([value, "x"])]))) == [[value, "x"]]
