from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pymupdf
import pytest
from markdown_it import MarkdownIt

from ocrchat import tables
from ocrchat.model import Block, BlockType, Box, Cell, Line, PageImage, PageResult, Table, Word
from ocrchat.tables import grid, join, markup
from ocrchat.tables.grid import Borders

DPI = 144
SCALE = DPI / 72


def line(text: str, x: float, y: float, character: float = 10, height: float = 20) -> Line:
    """As from a text layer: words with boxes."""
    words, at = [], x
    for word in text.split(" "):
        words.append(Word(word, Box(at, y, at + character * len(word), y + height)))
        at += character * (len(word) + 1)
    return Line(text, Box.around(word.box for word in words), 1.0, tuple(words))


def drawn(rows: list[list[str]], widths: list[float], *, ruled: bool) -> tuple[PageImage, list[Line]]:
    """A page with a table on it, as an image and as lines."""
    with pymupdf.open() as document:
        page = document.new_page(width=500, height=100 + 24 * len(rows))
        edges = [60.0]
        for width in widths:
            edges.append(edges[-1] + width)
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                page.insert_text((edges[c] + 6, 66 + 24 * r), text, fontsize=11)
        if ruled:
            for r in range(len(rows) + 1):
                page.draw_line((edges[0], 50 + 24 * r), (edges[-1], 50 + 24 * r))
            for x in edges:
                page.draw_line((x, 50), (x, 50 + 24 * len(rows)))
        pixmap = page.get_pixmap(dpi=DPI, colorspace=pymupdf.csRGB, alpha=False)
        words = [
            Word(text, Box(x0 * SCALE, y0 * SCALE, x1 * SCALE, y1 * SCALE))
            for x0, y0, x1, y1, text, *_ in page.get_text("words")
        ]
        return PageImage(pixmap.samples, pixmap.width, pixmap.height, DPI), [
            Line(w.text, w.box, 1.0, (w,)) for w in words
        ]


def part_of(image: PageImage) -> Callable[[Box], PageImage]:
    return lambda box: tables.crop(image, box)


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in table.cells if cell.row == row] for row in range(table.rows)]


PRICES = [
    ["Item", "Number", "Price"],
    ["Red apples", "12", "3.40"],
    ["Pears", "7", "2.10"],
    ["Plums", "150", "19.99"],
    ["Total", "169", "25.49"],
]


@pytest.fixture(scope="module")
def model(weights: Path) -> tables.TableModel:
    return tables.load(weights, threads=1)


@pytest.mark.parametrize("ruled", [True, False])
def test_a_table_is_read_cell_by_cell_with_and_without_rulings(model: tables.TableModel, ruled: bool) -> None:
    image, lines = drawn(PRICES, [150, 100, 100], ruled=ruled)

    table = tables.recognise(Box(110, 90, 830, 350), lines, part_of(image), model)

    assert table is not None
    assert texts(table) == PRICES


def test_boxes_of_cells_are_in_pixels_of_the_page(model: tables.TableModel) -> None:
    image, lines = drawn(PRICES, [150, 100, 100], ruled=True)
    [pears] = [each for each in lines if each.text == "Pears"]

    table = tables.recognise(Box(110, 90, 830, 350), lines, part_of(image), model)

    assert table is not None
    assert next(cell.box for cell in table.cells if cell.text == "Pears") == pears.box


def test_words_outside_of_the_area_are_not_in_the_table(model: tables.TableModel) -> None:
    image, lines = drawn(PRICES, [150, 100, 100], ruled=True)

    table = tables.recognise(Box(110, 90, 830, 350), [*lines, line("Page 3 of 7", 700, 20)], part_of(image), model)

    assert table is not None
    assert texts(table) == PRICES


def test_a_long_table_keeps_all_its_rows(model: tables.TableModel) -> None:
    """The network that knows spans writes 500 tokens at most."""
    rows = [[f"Town {n}", *(str(n * k) for k in range(3, 10))] for n in range(1, 61)]
    image, lines = drawn(rows, [80, *[45] * 7], ruled=False)

    table = tables.recognise(Box(0, 0, image.width, image.height), lines, part_of(image), model)

    assert table is not None
    assert (table.rows, table.columns) == (60, 8)
    assert texts(table)[-1] == rows[-1]


def test_a_cell_that_the_detector_overlooked_is_read_again(model: tables.TableModel) -> None:
    image, lines = drawn(PRICES, [150, 100, 100], ruled=True)
    [seven] = [each for each in lines if each.text == "7"]
    asked: list[Box] = []

    def read(box: Box) -> Line | None:
        asked.append(box)
        return Line("7", box, 0.9)

    known = [each for each in lines if each is not seven]
    table = tables.recognise(Box(110, 90, 830, 350), known, part_of(image), model, read)

    assert table is not None
    assert texts(table) == PRICES
    [box] = asked  # cells that are read, and empty ones, are not looked at again
    assert seven.box.x0 - 10 < box.x0 < box.x1 < seven.box.x1 + 10


def test_a_dash_is_told_by_its_shape(model: tables.TableModel) -> None:
    rows = [*PRICES[:2], ["Pears", "-", "2.10"], *PRICES[3:]]
    image, lines = drawn(rows, [150, 100, 100], ruled=True)
    known = [each for each in lines if each.text != "-"]

    table = tables.recognise(Box(110, 90, 830, 350), known, part_of(image), model, lambda box: None)

    assert table is not None
    assert texts(table) == rows


def test_one_line_of_text_is_no_table(model: tables.TableModel) -> None:
    image, lines = drawn([["Only", "one", "row"]], [100, 100, 100], ruled=False)

    assert tables.recognise(Box(110, 90, 830, 150), lines, part_of(image), model) is None
    assert tables.recognise(Box(110, 90, 830, 150), [], part_of(image), model) is None


def test_a_ruled_table_is_found_on_its_page_and_a_frame_is_none() -> None:
    image, _ = drawn(PRICES, [150, 100, 100], ruled=True)
    framed, _ = drawn([["A box around a paragraph"]], [300], ruled=True)

    [found] = tables.find(image)

    assert [found.x0, found.y0, found.x1, found.y1] == pytest.approx([120, 100, 820, 340], abs=4)
    assert tables.find(framed) == []


def test_a_page_of_crossed_lines_is_done_in_bounded_time() -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=600, height=800)
        for at in range(0, 800, 16):
            page.draw_line((0, at), (600, at))
            page.draw_line((at, 0), (at, 800))
        pixmap = page.get_pixmap(dpi=200, colorspace=pymupdf.csRGB, alpha=False)
    begun = time.process_time()

    found = tables.find(PageImage(pixmap.samples, pixmap.width, pixmap.height, 200))

    assert len(found) == 1
    assert time.process_time() - begun < 2


def cells(*rows: list[Cell]) -> Table:
    table = grid.table_of(rows)
    assert table is not None
    return table


def cell(x0: float, y0: float, x1: float, y1: float, rows: int = 1, columns: int = 1) -> Cell:
    return Cell(0, 0, "", rows, columns, box=Box(x0, y0, x1, y1))


TWO_BY_TWO = cells(
    [cell(0, 0, 90, 20), cell(110, 0, 190, 20)],
    [cell(0, 30, 90, 50), cell(110, 30, 190, 50)],
)


def filled(structure: Table, *lines: Line, ruled: Borders = Borders()) -> Table:  # noqa: B008
    return grid.fill(structure, grid.pieces(lines), ruled).table


def test_cells_that_html_lists_get_their_places() -> None:
    table = cells([Cell(0, 0, "a", row_span=2), Cell(0, 0, "b", column_span=2)], [Cell(0, 0, "c"), Cell(0, 0, "d")])

    assert [(c.text, c.row, c.column) for c in table.cells] == [("a", 0, 0), ("b", 0, 1), ("c", 1, 1), ("d", 1, 2)]
    assert (table.rows, table.columns) == (2, 3)


def test_each_place_is_covered_once_whatever_the_network_says() -> None:
    wild = [[Cell(0, 0, "", row_span=9, column_span=3)], [Cell(0, 0, "", column_span=2)], [], [Cell(0, 0, "")] * 5]

    table = cells(*wild)

    covered = [(c.row + y, c.column + x) for c in table.cells for y in range(c.row_span) for x in range(c.column_span)]
    assert len(covered) == len(set(covered)) == table.rows * table.columns
    assert grid.table_of([[], []]) is None


def test_a_line_that_runs_through_two_cells_is_cut_between_its_words() -> None:
    table = filled(TWO_BY_TWO, line("one two 100", 10, 0), line("three", 10, 30), line("200", 110, 30))

    assert texts(table) == [["one two", "100"], ["three", "200"]]


def test_a_line_without_words_is_cut_as_well() -> None:
    table = filled(TWO_BY_TWO, Line("left   right", Box(10, 0, 190, 20)), line("x", 10, 30), line("y", 150, 30))

    assert texts(table)[0] == ["left", "right"]


def test_lines_of_one_cell_are_joined_with_a_space_and_chinese_without() -> None:
    one_row = cells([cell(0, 0, 90, 50), cell(110, 0, 190, 50)])

    assert texts(
        filled(one_row, line("Head", 10, 0), line("count", 10, 26), line("中文", 120, 0), line("字", 120, 26))
    ) == [["Head count", "中文字"]]


def test_hebrew_stays_in_reading_order() -> None:
    words = (Word("שלום", Box(50, 0, 90, 20)), Word("עולם", Box(0, 0, 40, 20)))

    table = filled(TWO_BY_TWO, Line("שלום עולם", Box(0, 0, 90, 20), 1.0, words), line("1", 120, 0), line("2", 120, 30))

    assert texts(table)[0] == ["שלום עולם", "1"]


def test_a_printed_line_parts_rows_better_than_the_white() -> None:
    """The last line of the first row is nearer to the second row than to its own cell's middle."""
    lines = [line("a", 10, 0), line("b", 10, 22), line("c", 10, 44), line("1", 120, 0), line("2", 120, 44)]
    rough = cells([cell(0, 0, 90, 10), cell(110, 0, 190, 10)], [cell(0, 30, 90, 64), cell(110, 30, 190, 64)])

    assert texts(filled(rough, *lines, ruled=Borders(rows=(43,))))[0] == ["a b", "1"]
    assert texts(filled(rough, *lines))[0] == ["a", "1"]


def test_a_structure_with_a_column_too_few_fits_worse() -> None:
    words = grid.pieces([line("a", 10, 0), line("b", 120, 0), line("c", 10, 30), line("d", 120, 30)])
    narrow = cells([cell(0, 0, 190, 20)], [cell(0, 30, 190, 50)])
    low = cells([cell(0, 0, 90, 50), cell(110, 0, 190, 50)])

    assert grid.fill(TWO_BY_TWO, words, Borders()).misfit == 0
    assert grid.fill(narrow, words, Borders()).misfit > 0.5
    assert grid.fill(low, words, Borders()).misfit > 0.1


def test_rows_that_a_network_made_up_are_dropped_and_spans_over_them_shrink() -> None:
    table = Table(
        3,
        2,
        (
            Cell(0, 0, "tall", row_span=3),
            Cell(0, 1, "a"),
            Cell(1, 1, ""),
            Cell(2, 1, "b"),
        ),
    )

    assert grid.without_blank_rows(table) == Table(
        2, 2, (Cell(0, 0, "tall", row_span=2), Cell(0, 1, "a"), Cell(1, 1, "b"))
    )


SPANNING = Table(
    3,
    2,
    (
        Cell(0, 0, "R&D <b>", column_span=2, is_header=True),
        Cell(1, 0, "x", row_span=2),
        Cell(1, 1, "1"),
        Cell(2, 1, "2"),
    ),
)


def test_html_has_spans_header_and_escaped_text() -> None:
    assert markup.html(SPANNING) == (
        '<table><thead><tr><th colspan="2">R&amp;D &lt;b&gt;</th></tr></thead>'
        '<tbody><tr><td rowspan="2">x</td><td>1</td></tr><tr><td>2</td></tr></tbody></table>'
    )


def test_html_is_well_formed_where_a_header_reaches_into_the_body() -> None:
    table = Table(2, 2, (Cell(0, 0, "h", row_span=2, is_header=True), Cell(0, 1, "i", is_header=True), Cell(1, 1, "j")))

    assert "<thead>" not in markup.html(table)


def test_a_pipe_table_is_read_back_as_it_was() -> None:
    awkward = [["a|b", "*c*"], ["<i>", "\\"], ["", "- x"]]
    table = Table(3, 2, tuple(Cell(r, c, text) for r, row in enumerate(awkward) for c, text in enumerate(row)))
    escape = str.maketrans({c: f"\\{c}" for c in "|*<\\"})

    written = MarkdownIt("gfm-like", {"linkify": False}).render(markup.pipe(table, lambda text: text.translate(escape)))

    class Reader(HTMLParser):
        seen: list[str]

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag in ("td", "th"):
                self.seen.append("")

        def handle_data(self, data: str) -> None:
            if self.seen and data.strip():
                self.seen[-1] += data

    reader = Reader()
    reader.seen = []
    reader.feed(written)
    assert reader.seen == [text for row in awkward for text in row]


BOX = Box(100, 100, 900, 200)


def plain(*rows: list[str], left: float = 100) -> Table:
    return Table(
        len(rows),
        len(rows[0]),
        tuple(
            Cell(r, c, text, box=Box(left + 200 * c, 100 + 20 * r, left + 150 + 200 * c, 115 + 20 * r))
            for r, row in enumerate(rows)
            for c, text in enumerate(row)
        ),
    )


def block(table: Table) -> Block:
    return Block((), BlockType.TABLE, table=table, area=Box.around(c.box for c in table.cells if c.box))


def text_block(text: str, kind: BlockType = BlockType.TEXT) -> Block:
    return Block((Line(text, BOX),), kind)


def page(index: int, *blocks: Block) -> PageResult:
    return PageResult(index, 1000, 1400, 120.0, "test", blocks)


FIRST = plain(["Name", "Price"], ["Apple", "1"])
SECOND = plain(["Name", "Price"], ["Pear", "2"])


def test_a_table_over_two_pages_is_one_and_its_repeated_header_is_dropped() -> None:
    foot, head = text_block("Page 1", BlockType.FOOTER), text_block("Report", BlockType.HEADER)

    [(begins, table)] = join.joined([page(0, text_block("Prices"), block(FIRST), foot), page(1, head, block(SECOND))])

    assert begins == 0
    assert texts(table) == [["Name", "Price"], ["Apple", "1"], ["Pear", "2"]]


def test_a_table_over_three_pages_stands_on_the_first() -> None:
    pages = [page(0, block(FIRST)), page(1, block(plain(["Plum", "3"]))), page(2, block(SECOND))]

    [[(number, table)], second, third] = join.continued(pages)

    assert (number, second, third) == (0, [], [])
    assert table.rows == 4


@pytest.mark.parametrize(
    "following",
    [
        pytest.param([text_block("2 Costs", BlockType.HEADING), block(SECOND)], id="a heading before it"),
        pytest.param([block(plain(["Name", "Price", "Tax"]))], id="another number of columns"),
        pytest.param([block(plain(["Name", "Price"], left=400))], id="columns in other places"),
    ],
)
def test_tables_of_their_own_stay_so(following: list[Block]) -> None:
    assert len(join.joined([page(0, block(FIRST)), page(1, *following)])) == 2


def test_text_below_a_table_ends_it() -> None:
    assert len(join.joined([page(0, block(FIRST), text_block("Source: us")), page(1, block(SECOND))])) == 2


def test_a_page_that_could_not_be_read_ends_a_table() -> None:
    pages = [page(0, block(FIRST)), PageResult.failed(1, "unreadable"), page(2, block(SECOND))]

    assert len(join.joined(pages)) == 2


def test_documents_are_written_without_the_ocr_stack() -> None:
    script = (
        "import sys, ocrchat.tables.join, ocrchat.tables.markup, ocrchat.export.csv; "
        "assert not {'cv2', 'numpy', 'onnxruntime'} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": "layers/core/python"}, check=True)
