from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ocrchat.export import markdown, text
from ocrchat.model import Block, BlockType, Box, Cell, Document, Line, PageResult, Table

BOX = Box(0, 0, 10, 10)


def page(index: int, *blocks: list[str]) -> PageResult:
    content = tuple(Block(tuple(Line(each, BOX) for each in block)) for block in blocks)
    return PageResult(index, 100, 100, 96.0, "test", content)


THREE_PAGES = Document((page(0, ["One", "and a half"], ["Two"]), page(1), page(2, ["Three"])))


def rendered(source: str) -> list[str]:
    """The paragraphs that a reader of Markdown sees, if there is nothing but paragraphs of plain text; else fails."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(source)
    plain = {"paragraph_open", "paragraph_close", "inline"}
    assert {token.type for token in tokens} <= plain, source
    paragraphs = []
    for token in tokens:
        if token.type == "inline":
            children = token.children or []
            assert {child.type for child in children} <= {"text", "text_special", "hardbreak"}, source
            paragraphs.append("".join("\n" if child.type == "hardbreak" else child.content for child in children))
    return paragraphs


def test_text_has_a_form_feed_between_pages_and_a_blank_line_between_blocks() -> None:
    assert text.write(THREE_PAGES).decode() == "One\nand a half\n\nTwo\f\fThree"


def test_markdown_can_be_split_into_its_pages() -> None:
    pages = markdown.document(THREE_PAGES).split(markdown.PAGE_SEPARATOR)

    assert pages == ["One  \nand a half\n\nTwo", "", "Three"]
    assert pages[2] == markdown.page(THREE_PAGES.pages[2])
    assert markdown.write(THREE_PAGES).decode() == markdown.document(THREE_PAGES)


@pytest.mark.parametrize(
    "content",
    [
        "# no heading",
        "> no quote",
        "- no list",
        "+ 4 points",
        "12. March 1905",
        "7) seven",
        "---",
        "- - -",
        "===",
        "***",
        "_snake_ and *star* and __both__",
        "a `code` and ```fence",
        "~~struck~~ ~~~",
        "[link](http://x.example) ![image](y)",
        "<b>bold</b> <script> <!-- comment -->",
        "<https://auto.example>",
        "a | b | c",
        "&amp; &#42; &copy",
        "C:\\new\\table \\",
        "    four spaces",
    ],
)
def test_text_is_never_turned_into_markup(content: str) -> None:
    source = markdown.page(page(0, ["first", content], [content, "last"]))

    shown = " ".join(content.split())
    assert rendered(source) == [f"first\n{shown}", f"{shown}\nlast"]


def test_what_means_nothing_is_left_alone() -> None:
    plain = "file_name_2.txt, AT&T, 3 < 4 > 2, 5-3=2, a+b, No. 7 #3 100% (sic!) “quoted” 12.50 €"

    assert markdown.page(page(0, [plain])) == plain


@given(st.lists(st.text("ab1 #>-+=*_`~[]()!<>&;|\\.:/\"'x", min_size=1, max_size=30), min_size=1, max_size=4))
def test_whatever_the_text_is_markdown_shows_it(lines: list[str]) -> None:
    shown = [" ".join(line.split()) for line in lines]
    if all(shown):
        assert rendered(markdown.page(page(0, lines))) == ["\n".join(shown)]


def of(*blocks: Block) -> str:
    return markdown.page(PageResult(0, 1000, 1400, 96.0, "test", blocks))


def set_in(width: float, *texts: str, type_: BlockType = BlockType.TEXT, level: int = 0) -> Block:
    """Lines of 10-pixel letters, 5 wide, in a column of that width."""
    lines = (Line(each, Box(0, 14 * n, min(5 * len(each), width), 14 * n + 10)) for n, each in enumerate(texts))
    return Block(tuple(lines), type_, level)


PARAGRAPH = (
    "It was the best of times, it was the",
    "worst of times, it was the age of wis-",
    "dom, it was the age of fools.",
)


def test_the_lines_of_a_paragraph_are_one_line_and_divided_words_are_whole() -> None:
    assert of(set_in(190, *PARAGRAPH)) == (
        "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of fools."
    )


def test_an_address_keeps_its_lines() -> None:
    address = ("Mr. Sherlock Holmes", "221B Baker Street, Marylebone", "London", "United Kingdom")

    assert of(set_in(400, *address)) == "  \n".join(address)


def test_a_verse_keeps_its_lines() -> None:
    verse = ("so much depends upon", "a red wheel", "barrow glazed with rain water", "beside the white")

    assert of(set_in(400, *verse)) == "  \n".join(verse)


def test_the_rows_of_a_receipt_keep_their_lines() -> None:
    header = [Line(f"a line of text that is as it should be {n}", Box(0, 14 * n, 200, 14 * n + 10)) for n in range(8)]
    rows = [
        Line(each, Box(0, 300 + 14 * n, 200, 310 + 14 * n))
        for n, each in enumerate(["tea 1.50", "milk 0.50", "cake 2.50"])
    ]

    assert of(Block(tuple(header)), Block(tuple(rows))).endswith("\n\ntea 1.50  \nmilk 0.50  \ncake 2.50")


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("the construc-", "tion of it", "the construction of it"),
        ("the construc\xad", "tion of it", "the construction of it"),
        ("a state-of-the-", "art engine", "a state-of-the-art engine"),
        ("the years 1905-", "and 1906", "the years 1905- and 1906"),
        ("Jean-", "Jacques Rousseau", "Jean-Jacques Rousseau"),
        ("the FEVER-", "OUS dataset", "the FEVEROUS dataset"),
        ("die Ein-", "und Ausgabe", "die Ein- und Ausgabe"),
        ("the house -", "as it was", "the house - as it was"),
        ("汉字在这里", "继续", "汉字在这里继续"),
        ("ภาษา", "ไทย", "ภาษาไทย"),
        ("한국어", "문장", "한국어 문장"),
        ("漢字 and", "words", "漢字 and words"),
    ],
)
def test_lines_are_joined_as_their_language_is_written(first: str, second: str, whole: str) -> None:
    assert of(set_in(400, first, second, type_=BlockType.HEADING, level=1)) == f"# {whole}"


def test_a_compound_that_the_page_has_elsewhere_keeps_its_hyphen() -> None:
    known = set_in(400, "A well-known fact")

    assert of(known, set_in(400, "It is well-", "known", type_=BlockType.HEADING, level=2)).endswith(
        "## It is well-known"
    )


def test_headings_captions_and_lists_are_written_as_such() -> None:
    blocks = (
        set_in(400, "1. Results #1 #", type_=BlockType.HEADING, level=3),
        set_in(400, "• one", type_=BlockType.LIST_ITEM, level=1),
        set_in(400, "◦ in *one*", type_=BlockType.LIST_ITEM, level=2),
        set_in(400, "2. two", type_=BlockType.LIST_ITEM, level=1),
        set_in(400, "3 bare", type_=BlockType.LIST_ITEM, level=1),
        set_in(400, "(c) three", type_=BlockType.LIST_ITEM, level=1),
        set_in(400, "Table 1: all_of_it", type_=BlockType.CAPTION),
    )

    assert of(*blocks) == (
        "### 1. Results #1 \\#\n\n- one\n    - in \\*one\\*\n2. two\n3. bare\n- (c) three\n\n*Table 1: all_of_it*"
    )


def cells(*rows: list[str]) -> Table:
    found = (Cell(r, c, each) for r, row in enumerate(rows) for c, each in enumerate(row))
    return Table(len(rows), len(rows[0]), tuple(found))


def test_a_table_without_spans_is_a_pipe_table_and_one_with_spans_html() -> None:
    plain = cells(["a|b", "-"], ["1.", "2"])
    spanned = Table(1, 2, (Cell(0, 0, "wide", column_span=2),))

    assert of(Block((), BlockType.TABLE, table=plain, area=BOX)) == "| a\\|b | - |\n| --- | --- |\n| 1. | 2 |"
    assert of(Block((), BlockType.TABLE, table=spanned, area=BOX)).startswith("<table>")


def test_a_table_whose_cells_are_not_known_is_written_row_by_row() -> None:
    rows = ("some words that are in a row 1", "some words that are in a row 2")

    assert of(set_in(400, *rows, type_=BlockType.TABLE)) == "  \n".join(rows)


def test_a_running_head_is_written_where_it_first_stands() -> None:
    head = set_in(400, "ACME Inc., letter 4711", type_=BlockType.HEADER)
    again = set_in(400, "ACME Inc., letter 4712", type_=BlockType.HEADER)
    pages = tuple(
        PageResult(n, 100, 100, 96.0, "test", (each, set_in(400, "Text"))) for n, each in enumerate((head, again))
    )

    assert markdown.document(Document(pages)) == "ACME Inc., letter 4711\n\nText\n\n---\n\nText"


@pytest.mark.parametrize("number", ["7", "Page 3 of 12", "- 4 -", "xii"])
def test_page_numbers_are_left_out(number: str) -> None:
    assert of(set_in(400, "Text"), set_in(400, number, type_=BlockType.FOOTER)) == "Text"


def test_a_deep_item_behind_a_paragraph_is_an_item_and_no_code() -> None:
    deep = Block((Line("2. second", BOX),), BlockType.LIST_ITEM, level=2)

    assert of(set_in(400, "Text"), deep) == "Text\n\n2. second"


def test_lines_that_end_with_divided_words_are_one_paragraph_however_narrow() -> None:
    column = set_in(90, "that his-", "torians re-", "main igno-", "rant")

    assert of(column) == "that historians remain ignorant"


def test_a_table_that_goes_on_over_two_pages_is_written_once() -> None:
    area = Box(0, 0, 90, 90)
    parts = (cells(["a", "b"], ["1", "2"]), cells(["a", "b"], ["3", "4"]))
    pages = tuple(
        PageResult(n, 100, 100, 96.0, "test", (Block((), BlockType.TABLE, table=part, area=area),))
        for n, part in enumerate(parts)
    )

    first, second = markdown.document(Document(pages)).split(markdown.PAGE_SEPARATOR)

    assert first.splitlines()[2:] == ["| 1 | 2 |", "| 3 | 4 |"]
    assert second == ""


def test_a_figure_shows_its_labels_and_nothing_if_it_has_none() -> None:
    labels = Block((Line("10 %", BOX), Line("20 %", BOX)), BlockType.FIGURE, area=BOX)

    assert of(labels, Block((), BlockType.FIGURE, area=BOX), set_in(400, "Text")) == "10 %  \n20 %\n\nText"
