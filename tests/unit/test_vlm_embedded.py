"""The cpu tier's reading of a page, as the embedded parser says it in a model's dialect: nothing is lost on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrchat import reader
from ocrchat.engines.null import NullModels
from ocrchat.media import MediaType
from ocrchat.model import Block, BlockType, Box, Cell, Line, PageResult, Table
from ocrchat.vlm import embedded
from ocrchat.vlm.dialects import DIALECTS, Dialect
from tests.documents import SALES, digital_pdf

EXAMPLES = Path(__file__).parents[2] / "examples"
BOTH = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)


def page(*blocks: Block, index: int = 0) -> PageResult:
    return PageResult(index, 1654, 2339, 200.0, "ocr", blocks)


def block(*texts: str, y: float = 100, type_: BlockType = BlockType.TEXT, level: int = 0, x: float = 100) -> Block:
    lines = (Line(text, Box(x, y + 30 * n, x + 600, y + 30 * n + 24), 0.95) for n, text in enumerate(texts))
    return Block(tuple(lines), type_, level)


def what(some: PageResult) -> list[tuple[object, ...]]:
    """All that is said of the page, but for the areas, which are rounded."""
    return [(b.type, b.level, b.lines, b.table, b.source, b.support, b.area is None) for b in some.blocks]


def assert_unchanged(some: PageResult, dialect: Dialect) -> None:
    found = embedded.answered(some, dialect)
    covering = (BlockType.TABLE, BlockType.FIGURE)
    assert what(found) == [(*each[:-1], each[0] not in covering) for each in what(some)]
    assert found.text == some.text
    assert (found.width, found.height, found.index) == (some.width, some.height, some.index)
    for one, other in zip(found.blocks, some.blocks, strict=True):
        assert (one.box.x0, one.box.y0) == pytest.approx((other.box.x0, other.box.y0), abs=2)
        assert (one.box.x1, one.box.y1) == pytest.approx((other.box.x1, other.box.y1), abs=2)


@BOTH
@pytest.mark.parametrize("name", ["report.pdf"])
def test_examples_are_unchanged(dialect: Dialect, name: str) -> None:
    source = EXAMPLES / name
    pages = reader.inspect(source.read_bytes(), 50).page_count
    for index in range(pages):
        read = reader.read_page(source, MediaType.PDF, index, NullModels())
        assert read.blocks
        assert_unchanged(read, dialect)


@BOTH
def test_digital_pages_are_unchanged(dialect: Dialect, tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    source.write_bytes(digital_pdf(2))
    for index in range(2):
        assert_unchanged(reader.read_page(source, MediaType.PDF, index, NullModels()), dialect)


def table_block(table: Table | None, *rows: str, y: float) -> Block:
    lines = block(*rows, y=y).lines
    return Block(lines, BlockType.TABLE, table=table, area=Box(90, y - 10, 710, y + 30 * len(rows)))


BLANK = Table(2, 2, tuple(Cell(row, column, "", box=Box(row, column, 9, 9)) for row in (0, 1) for column in (0, 1)))
STARS = Table(1, 2, (Cell(0, 0, "a *b* <c>\nd & $e$"), Cell(0, 1, "![text](1,2,3,4)", is_header=True)))

PAGE = page(
    block("A running head", y=20, type_=BlockType.HEADER),
    block("The title", "of two lines", y=80, type_=BlockType.HEADING, level=1),
    block("1.2.3 Deep", y=160, type_=BlockType.HEADING, level=4),
    block("Some text of a paragraph", "that goes on.", y=200),
    block("• one", "goes on", y=300, type_=BlockType.LIST_ITEM, level=1),
    block("- deeper", y=370, type_=BlockType.LIST_ITEM, level=2),
    block("* deepest", y=410, type_=BlockType.LIST_ITEM, level=3),
    block("2. two", y=450, type_=BlockType.LIST_ITEM, level=1),
    table_block(SALES.table, "Region Sales", "2023 2024", "North 5 7", y=520),
    block("E = m c2", "+ 5 — x", y=700, type_=BlockType.FORMULA),
    Block(block("Axis", "→", y=800).lines, BlockType.FIGURE, area=Box(80, 780, 900, 1100)),
    block("Figure 1: sales", y=1110, type_=BlockType.CAPTION),
    table_block(BLANK, "—", y=1400),
    table_block(STARS, "a *b* <c> d & $e$ ![text](1,2,3,4)", y=1500),
    block("1 A note", y=2200, type_=BlockType.FOOTNOTE),
    block("7", y=2280, type_=BlockType.FOOTER),
    Block((), BlockType.FIGURE, area=Box(80, 1600, 900, 2000)),
)


@BOTH
def test_a_page_of_everything_is_unchanged(dialect: Dialect) -> None:
    assert_unchanged(PAGE, dialect)


@BOTH
def test_and_every_block_has_gone_through_the_dialect(dialect: Dialect) -> None:
    """What has not is the very block that it was."""
    found = embedded.answered(PAGE, dialect).blocks
    assert [one.text for one in found if any(one is other for other in PAGE.blocks)] == ["—"], (
        "an empty table says nothing"
    )


@BOTH
@pytest.mark.parametrize(
    "text",
    [
        "# 5 rooms",
        "**bold** and *not*",
        "a <b>c</b> & &amp; &lt;",
        "$5 and $6, \\$7",
        "![text](1,2,3,4) a",
        "![a](b.png)",
        "!\\[text](1,2,3,4)",
        '{"bbox":[1,2,3,4],"category":"Text"}',
        "| a | b |",
        "<table><tr><td>a</td></tr></table>",
        "C:\\Users\\n",
        "\\frac{a}{b}",
        "- a",
        "1. a",
        "...",
        "→ ∑ ★",
        "a\u00a0b  c",
        "`code`",
        "<br>",
        "ﬁn ½ ² é e\u0301",
        "שלום 12",
        "天地玄黃",
    ],
)
def test_texts_that_could_mean_something_come_back(dialect: Dialect, text: str) -> None:
    for type_ in BlockType:
        if type_ is not BlockType.TABLE:
            area = Box(90, 90, 710, 200) if type_ is BlockType.FIGURE else None
            level = 1 if type_ in (BlockType.HEADING, BlockType.LIST_ITEM) else 0
            found = Block(block(text, "another line", y=100).lines, type_, level, area=area)
            assert_unchanged(page(found, block("The end", y=300)), dialect)


characters = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
lines_of_text = st.lists(st.text(characters, min_size=1, max_size=12), min_size=1, max_size=3)
kinds = st.sampled_from([each for each in BlockType if each not in (BlockType.TABLE, BlockType.FIGURE)])


@BOTH
@given(some=st.lists(st.tuples(kinds, lines_of_text, st.integers(1, 3)), max_size=6))
def test_any_page_says_what_it_said(dialect: Dialect, some: list[tuple[BlockType, list[str], int]]) -> None:
    levelled = (BlockType.HEADING, BlockType.LIST_ITEM)
    seen = page(*(
        block(*texts, y=100 + 200 * n, type_=type_, level=level if type_ in levelled else 0)
        for n, (type_, texts, level) in enumerate(some)
    ))  # fmt: skip
    found = embedded.answered(seen, dialect)
    assert sorted(what(found), key=str) == sorted(what(seen), key=str)


@BOTH
def test_lines_that_say_the_same_stay_in_their_places(dialect: Dialect) -> None:
    assert_unchanged(page(*(block("0.00", y=100 + 40 * n) for n in range(20))), dialect)
    assert_unchanged(page(*(block("0.00", "0.00", y=100 + 70 * n) for n in range(20))), dialect)
    assert_unchanged(page(block("a", x=100), block("a", x=900), block("a", y=130)), dialect)


@BOTH
def test_a_list_that_begins_deep_stays_deep(dialect: Dialect) -> None:
    items = (("• a", 2), ("• b", 3), ("• c", 1))
    assert_unchanged(
        page(
            *(
                block(text, y=100 + 40 * n, type_=BlockType.LIST_ITEM, level=level)
                for n, (text, level) in enumerate(items)
            )
        ),
        dialect,
    )


@BOTH
def test_a_blank_page_stays_blank(dialect: Dialect) -> None:
    assert embedded.answered(page(), dialect).blocks == ()


@BOTH
def test_what_it_cannot_do_it_says(dialect: Dialect) -> None:
    text = block("Some text", y=100)
    weak = Block((Line("Sorne tcxt", Box(0, 0, 9, 9), 0.6),))
    formula = block("E = mc2", y=200, type_=BlockType.FORMULA)

    assert embedded.answered(page(text), dialect).warnings == ()
    assert embedded.answered(page(text), dialect).engine == "embedded:ocr"
    assert embedded.answered(page(text, formula), dialect).warnings == (embedded.NO_FORMULAS,)
    assert embedded.answered(page(weak), dialect).warnings == (embedded.NO_HANDWRITING,)
