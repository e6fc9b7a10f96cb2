"""What blocks are: headings, lists, captions, tables and figures of a page."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ocrchat.layout import Kinds, Region, Sight, arrange
from ocrchat.model import Block, BlockType, Box, Line, Style, Word

PAGE = Box(0, 0, 1654, 2339)
HEIGHT = 20.0


def line(text: str, x: float, y: float, height: float = HEIGHT, style: Style | None = None) -> Line:
    """Text with its top left corner at x, y; half as wide a character as it is high."""
    return Line(text, Box(x, y, x + len(text) * height / 2, y + height), style=style)


def text(x: float, y: float, rows: int, pitch: float = 26) -> list[Line]:
    return [line(f"some words of a paragraph that goes on and on {row}", x, y + row * pitch) for row in range(rows)]


def seen(lines: list[Line], *kinds: Kinds | BlockType, regions: tuple[Region, ...] = ()) -> tuple[Block, ...]:
    """The blocks, if a model is sure that the first lines are of these types, and the others text."""
    looks: list[Kinds] = [{each: 1.0} if isinstance(each, BlockType) else each for each in kinds]
    looks += [{BlockType.TEXT: 1.0}] * (len(lines) - len(looks))
    return arrange(lines, PAGE, Sight(tuple(looks), regions))


def types(blocks: tuple[Block, ...]) -> list[tuple[str, int]]:
    return [(block.type.value, block.level) for block in blocks]


def test_a_heading_is_told_by_its_font_where_no_model_looked() -> None:
    plain, large = Style(18), Style(30)
    page = [line("The heading", 50, 60, 34, large)]
    page += [Line(each.text, each.box, style=plain) for each in text(50, 120, 6)]

    assert types(arrange(page, PAGE)) == [("heading", 2 if 30 / 18 < 1.75 else 1), ("text", 0)]


def test_a_heading_of_two_lines_is_one_heading() -> None:
    page = [line("A title so long that", 50, 60, 40), line("it takes two lines", 50, 118, 40), *text(50, 200, 6)]

    blocks = seen(page, BlockType.HEADING, BlockType.HEADING)

    assert types(blocks) == [("heading", 1), ("text", 0)]
    assert blocks[0].text == "A title so long that\nit takes two lines"


@pytest.mark.parametrize(
    ("title", "level"), [("2 Methods", 2), ("2.1 Data", 3), ("2.1.3 More data", 4), ("Methods", 3)]
)
def test_the_number_of_a_heading_says_how_deep_it_is(title: str, level: int) -> None:
    assert types(seen([line(title, 50, 60), *text(50, 120, 6)], BlockType.HEADING))[0] == ("heading", level)


def test_a_long_paragraph_is_no_heading_whatever_the_model_says() -> None:
    assert types(seen(text(50, 60, 6), *[BlockType.HEADING] * 6)) == [("text", 0)]


def test_items_of_a_list_are_blocks_of_their_own_with_their_depth() -> None:
    page = [
        line("• first item", 50, 60),
        line("that goes on", 70, 86),
        line("• second item", 50, 112),
        line("◦ inner item", 90, 138),
        line("• third item", 50, 164),
    ]

    blocks = arrange(page, PAGE)

    assert types(blocks) == [("list_item", 1), ("list_item", 1), ("list_item", 2), ("list_item", 1)]
    assert blocks[0].text == "• first item\nthat goes on"


def test_a_bullet_that_stands_by_itself_belongs_to_the_text_beside_it() -> None:
    page = [each for row in range(4) for each in (line("•", 50, 60 + 26 * row), line(f"item {row}", 90, 60 + 26 * row))]

    assert [block.text for block in arrange(page, PAGE)] == [f"• item {row}" for row in range(4)]


def test_a_number_at_the_start_of_a_line_of_text_begins_no_item() -> None:
    page = [line("The house was built in the summer of the year", 50, 60), line("12. It was small, and stood", 50, 86)]

    assert types(seen(page)) == [("text", 0)]
    assert types(seen(page, BlockType.TEXT, BlockType.LIST_ITEM)) == [("text", 0), ("list_item", 1)]


def test_the_text_below_a_list_is_no_part_of_its_last_item() -> None:
    page = [
        line("• first item of the list", 50, 60),
        line("• last item of the list", 50, 86),
        line("And so on it goes", 50, 112),
    ]

    blocks = seen(page, BlockType.LIST_ITEM, BlockType.LIST_ITEM)

    assert types(blocks) == [("list_item", 1), ("list_item", 1), ("text", 0)]


def test_an_indented_first_line_begins_a_paragraph() -> None:
    page = text(50, 60, 8)
    page[4] = line(page[4].text, 80, page[4].box.y0)

    assert [len(block.lines) for block in arrange(page, PAGE)] == [4, 4]


def test_uneven_boxes_of_small_print_are_no_end_of_a_paragraph() -> None:
    page = text(50, 60, 8)
    page[3] = Line(page[3].text, Box(50, page[3].box.y0 + 2, 500, page[3].box.y0 + 18))
    page[4] = Line(page[4].text, Box(50, page[4].box.y0 - 5, 500, page[4].box.y0 + 25))

    assert types(arrange(page, PAGE)) == [("text", 0)]


@pytest.mark.parametrize(
    ("caption", "is_one"),
    [
        ("Figure 3: What was found", True),
        ("Table 2-1 Columns of the view", True),
        ("Abb. 4 – Grundriss", True),
        ("图6-3-1 西北黄土高原区", True),
        ("Figure 3 shows what was found", False),
        ("Tables are of wood", False),
    ],
)
def test_a_caption_has_a_name_and_a_number(caption: str, is_one: bool) -> None:
    kind = types(arrange([line(caption, 50, 500)], PAGE))[0][0]

    assert (kind == "caption") is is_one


def test_small_print_with_a_mark_at_the_bottom_is_a_footnote() -> None:
    page = [*text(50, 100, 40, 50), line("1 As was said before.", 50, 2200, 14)]

    assert types(arrange(page, PAGE))[-1] == ("footnote", 0)


@pytest.mark.parametrize("number", ["7", "- 12 -", "Page 3 of 9", "xiv", "第 3 页"])
def test_a_number_at_the_edge_of_the_page_is_no_text(number: str) -> None:
    above, below = [*text(50, 300, 8), line(number, 800, 2280)], [line(number, 800, 40), *text(50, 300, 8)]

    assert types(arrange(above, PAGE)) == [("text", 0), ("footer", 0)]
    assert types(arrange(below, PAGE)) == [("header", 0), ("text", 0)]


def test_a_running_head_stands_at_the_edge() -> None:
    head = {BlockType.HEADER: 0.9, BlockType.TEXT: 0.1}

    assert types(seen([line("Running head", 50, 60), *text(50, 300, 8)], head))[0] == ("header", 0)
    letterhead = [line(f"Line {row} of a letterhead", 50, 60 + 24 * row) for row in range(4)]
    assert types(seen([*letterhead, *text(50, 400, 8)], *[head] * 4))[0] == ("text", 0)
    assert types(seen([line("Running head", 50, 900), *text(50, 1200, 8)], head))[0] == ("text", 0)


def table(x: float, y: float, rows: int, columns: int, gap: float = 150) -> list[Line]:
    return [line(f"{row}{col}", x + gap * col, y + 30 * row) for row in range(rows) for col in range(columns)]


def test_a_table_is_one_block_of_rows_where_it_stands() -> None:
    area = Box(40, 290, 560, 450)
    page = [*table(50, 300, 5, 4), *text(50, 100, 6), *text(50, 500, 6)]

    blocks = seen(page, *[BlockType.TABLE] * 20, regions=(Region(BlockType.TABLE, area),))

    assert types(blocks) == [("text", 0), ("table", 0), ("text", 0)]
    assert blocks[1].text == "\n".join(" ".join(f"{row}{col}" for col in range(4)) for row in range(5))
    assert blocks[1].area == area


def test_columns_of_a_table_that_were_seen_apart_are_one_table() -> None:
    page = table(50, 300, 5, 4)
    regions = (Region(BlockType.TABLE, Box(40, 290, 250, 450)), Region(BlockType.TABLE, Box(330, 290, 560, 450)))

    (block,) = seen(page, *[BlockType.TABLE] * 20, regions=regions)

    assert block.text.startswith("00 01 02 03\n10 11")


def test_what_is_level_with_a_table_in_the_next_column_of_the_page_is_none_of_it() -> None:
    page = [*table(50, 300, 8, 3), *text(50, 600, 8), *text(900, 300, 20, 30)]

    blocks = seen(page, *[BlockType.TABLE] * 24, regions=(Region(BlockType.TABLE, Box(40, 290, 400, 540)),))

    assert types(blocks) == [("table", 0), ("text", 0), ("text", 0)]
    assert len(blocks[2].lines) == 20


def test_a_caption_within_the_region_of_a_table_stands_above_it() -> None:
    page = [line("Table 4. Numbers", 50, 270), *table(50, 300, 5, 4)]

    blocks = seen(page, *[BlockType.TABLE] * 21, regions=(Region(BlockType.TABLE, Box(40, 260, 560, 450)),))

    assert types(blocks) == [("caption", 0), ("table", 0)]
    assert blocks[1].area is not None
    assert blocks[1].area.y0 == 290


def test_a_figure_has_its_labels_and_may_have_none() -> None:
    page = [*text(50, 100, 6), line("axis", 100, 500), line("label", 300, 520)]
    empty, drawn = Box(50, 300, 800, 450), Box(50, 480, 800, 900)

    blocks = seen(page, regions=(Region(BlockType.FIGURE, drawn), Region(BlockType.FIGURE, empty)))

    assert [(block.type, block.lines == (), block.area) for block in blocks[1:]] == [
        (BlockType.FIGURE, True, empty),
        (BlockType.FIGURE, False, drawn),
    ]


def test_the_photograph_of_a_text_is_no_figure() -> None:
    blocks = seen(text(50, 100, 20), regions=(Region(BlockType.FIGURE, Box(0, 0, 1600, 2300)),))

    assert types(blocks) == [("text", 0)]


def test_the_title_of_an_axis_belongs_to_its_figure() -> None:
    upwards = Line("accuracy", Box(60, 500, 80, 700))
    page = [*text(50, 100, 6), line("axis", 100, 600), upwards]

    blocks = seen(page, regions=(Region(BlockType.FIGURE, Box(50, 480, 800, 900)),))

    assert types(blocks) == [("text", 0), ("figure", 0)]
    assert blocks[1].lines[-1] == upwards


def test_a_row_keeps_the_words_of_its_parts() -> None:
    parts = [
        Line(name, Box(x, 10, x + 60, 30), words=(Word(name, Box(x, 10, x + 60, 30)),))
        for name, x in (("a", 10), ("b", 300))
    ]

    (block,) = arrange(parts[::-1], PAGE)

    assert [word.text for word in block.lines[0].words] == ["a", "b"]


def test_a_thousand_regions_end_soon_and_lose_nothing() -> None:
    page = [line(str(n), (n * 7919) % 1500, (n * 104729) % 2300) for n in range(1000)]
    boxes = [Box(x, y, x + 300, y + 200) for x, y in pairwise((n * 37) % 1300 for n in range(1001))]
    regions = tuple(Region(BlockType.TABLE if n % 2 else BlockType.FIGURE, box) for n, box in enumerate(boxes))

    blocks = seen(page, regions=regions)

    words = sorted(word for block in blocks for each in block.lines for word in each.text.split())
    assert words == sorted(each.text for each in page)


def test_paragraphs_that_count_on_from_each_other_are_a_list() -> None:
    page = [line(f"{number}. something that must be done", 50, 60 + 60 * number) for number in range(1, 4)]

    assert types(arrange(page, PAGE)) == [("list_item", 1)] * 3


@pytest.mark.parametrize("numbers", [(1, 5, 9), (1984, 1985, 1986)])
def test_paragraphs_that_begin_with_other_numbers_are_none(numbers: tuple[int, ...]) -> None:
    page = [line(f"{number}. something that was said", 50, 60 + 60 * row) for row, number in enumerate(numbers)]

    assert "list_item" not in [kind for kind, _ in types(arrange(page, PAGE))]


def column(x: float, width: int, rows: range, word: str) -> list[Line]:
    return [line(f"{word} {row} ".ljust(width, "x"), x, 26 * row) for row in rows]


def test_text_flows_around_a_figure_that_stands_across_two_columns() -> None:
    left = [*column(100, 60, range(4, 14), "left"), *column(100, 30, range(14, 30), "left")]
    right = [*column(800, 60, range(4, 14), "right"), *column(1100, 30, range(14, 30), "right")]
    caption = line("what the picture shows", 630, 26 * 30.5)
    left += column(100, 45, range(30, 33), "left") + column(100, 60, range(33, 43), "left")
    right += column(950, 45, range(30, 33), "right") + column(800, 60, range(33, 43), "right")
    figure = Region(BlockType.FIGURE, Box(450, 26 * 14, 1050, 26 * 30))

    blocks = seen([*left, *right, caption], regions=(figure,))

    words = [row.text.split()[:2] for block in blocks for row in block.lines if "picture" not in row.text]
    assert words == [[word, str(row)] for word in ("left", "right") for row in range(4, 43)]
    places = [place for place, block in enumerate(blocks) if block.type is BlockType.FIGURE]
    assert len(places) == 1
    assert "what the picture shows" in blocks[places[0] + 1].text


def test_a_figure_in_a_column_stays_between_its_lines() -> None:
    lines = [*column(100, 60, range(4, 14), "above"), *column(100, 60, range(24, 34), "below")]
    figure = Region(BlockType.FIGURE, Box(100, 26 * 14, 700, 26 * 24))

    blocks = seen(lines, regions=(figure,))

    kinds = [block.type for block in blocks]
    assert kinds == [BlockType.TEXT, BlockType.FIGURE, BlockType.TEXT]
