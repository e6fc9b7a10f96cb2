from __future__ import annotations

from math import radians, tan
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrchat.layout import Sight, arrange
from ocrchat.model import Box, Line

HEIGHT = 20.0


def line(text: str, x: float, y: float, width: float | None = None, height: float = HEIGHT) -> Line:
    """Text with its top left corner at x, y; half as wide a character as it is high."""
    return Line(text, Box(x, y, x + (len(text) * height / 2 if width is None else width), y + height))


def column(name: str, x: float, y: float, rows: int, width: float = 400, pitch: float = 26) -> list[Line]:
    return [line(f"{name}{row}", x, y + row * pitch, width) for row in range(rows)]


def skewed(lines: list[Line], degrees: float) -> list[Line]:
    """The upright boxes that are found when the page lies askew in the scanner."""
    slope = tan(radians(degrees))
    turned = []
    for each in lines:
        box = each.box
        corners = [(x - slope * y, y + slope * x) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        turned.append(Line(each.text, Box(min(xs), min(ys), max(xs), max(ys))))
    return turned


PAGE = Box(0, 0, 1654, 2339)


def order(lines: list[Line], sight: Sight | None = None) -> list[str]:
    return [each.text for block in arrange(lines, PAGE, sight or Sight()) for each in block.lines]


def names(prefix: str, rows: int) -> list[str]:
    return [f"{prefix}{row}" for row in range(rows)]


def test_a_page_without_text_has_no_blocks() -> None:
    assert arrange([], PAGE) == ()
    assert arrange([line("  ", 0, 0, 10)], PAGE) == ()


def test_a_label_and_its_price_come_out_on_one_row() -> None:
    items = ["Espresso", "Croissant aux amandes", "Water", "TOTAL"]
    receipt = [line(item, 30, 40 + 30 * row) for row, item in enumerate(items)]
    receipt += [line(f"{row}.50", 500, 43 + 30 * row) for row in range(4)]

    assert order(receipt) == ["Espresso 0.50", "Croissant aux amandes 1.50", "Water 2.50", "TOTAL 3.50"]


def test_columns_are_read_one_after_the_other() -> None:
    page = column("left", 50, 100, 12) + column("right", 480, 100, 12)

    assert order(page[::-1]) == names("left", 12) + names("right", 12)


def test_a_title_over_two_columns_comes_first_and_a_footer_last() -> None:
    page = [line("title", 200, 30, 500, 32), *column("left", 50, 100, 12), *column("right", 480, 100, 12)]
    page.append(line("footer", 300, 460, 300))

    assert order(page) == ["title", *names("left", 12), *names("right", 12), "footer"]


def test_paragraph_gaps_side_by_side_do_not_tear_columns_apart() -> None:
    page = [
        each
        for name, x in (("left", 50.0), ("right", 480.0))
        for each in column(f"{name}-a", x, 100, 6) + column(f"{name}-b", x, 320, 6)
    ]

    assert order(page) == names("left-a", 6) + names("left-b", 6) + names("right-a", 6) + names("right-b", 6)


def test_a_picture_wide_line_between_two_pairs_of_columns_divides_them() -> None:
    page = column("a", 50, 100, 8) + column("b", 480, 100, 8) + column("c", 50, 400, 8) + column("d", 480, 400, 8)
    page.append(line("between", 50, 345, 830))

    assert order(page) == names("a", 8) + names("b", 8) + ["between"] + names("c", 8) + names("d", 8)


def test_three_columns_with_other_line_pitches_are_three() -> None:
    page = column("a", 50, 100, 14, 300) + column("b", 370, 108, 12, 300, 29) + column("c", 690, 100, 14, 300)

    assert order(page) == names("a", 14) + names("b", 12) + names("c", 14)


def test_a_sidebar_of_short_lines_beside_prose_is_a_column() -> None:
    sidebar = [line(f"fact{row}", 50 + 60 * (row % 2), 100 + 33.7 * row, 110) for row in range(14)]

    assert order(sidebar + column("prose", 260, 100, 18, 600)) == [*names("fact", 14), *names("prose", 18)]


@pytest.mark.parametrize("degrees", [-1.2, -0.5, 0.5, 1.2])
def test_columns_are_found_on_a_page_that_is_askew(degrees: float) -> None:
    page = column("left", 100, 100, 40, 700) + column("right", 830, 100, 40, 700)

    assert order(skewed(page, degrees)) == names("left", 40) + names("right", 40)


def test_rows_hold_together_on_a_receipt_that_is_askew() -> None:
    receipt = [
        each for row in range(8) for each in (line(f"item{row}", 30, 40 + 30 * row), line("9", 250, 40 + 30 * row))
    ]

    assert order(skewed(receipt, 2)) == [f"item{row} 9" for row in range(8)]


def test_the_cells_of_a_table_stay_in_their_row() -> None:
    table = [line(f"{row}{col}", 50 + 150 * col, 100 + 30 * row) for row in range(6) for col in range(5)]

    assert order(table) == [" ".join(f"{row}{col}" for col in range(5)) for row in range(6)]


def test_a_paragraph_ends_at_a_wider_gap_or_at_letters_of_another_size() -> None:
    page = [line("heading", 50, 40, height=34), *column("a", 50, 100, 4), *column("b", 50, 230, 3)]

    blocks = arrange(page, PAGE)

    assert [[each.text for each in block.lines] for block in blocks] == [["heading"], names("a", 4), names("b", 3)]


def test_double_spaced_typing_is_one_paragraph() -> None:
    assert len(arrange(column("typed", 50, 100, 10, 600, pitch=42), PAGE)) == 1


def test_ideographs_that_stand_close_are_joined_without_a_space() -> None:
    assert order([line("中文", 10, 10, 40), line("字", 55, 10, 20)]) == ["中文字"]
    assert order([line("中文", 10, 10, 40), line("字", 255, 10, 20)]) == ["中文 字"]


def test_fragments_of_a_right_to_left_row_are_read_from_the_right() -> None:
    assert order([line("עולם", 10, 10, 80), line("שלום", 110, 10, 80)]) == ["שלום עולם"]


def test_text_along_the_margin_neither_joins_rows_nor_divides_columns() -> None:
    stamp = Line("arXiv:2305.03393v1", Box(440, 60, 462, 460))
    page = column("left", 50, 100, 12, 380) + column("right", 480, 100, 12)

    assert order([stamp, *page]) == [*names("left", 12), *names("right", 12), stamp.text]


def test_a_joined_row_keeps_its_place_and_its_confidence() -> None:
    low, high = Line("aa", Box(10, 10, 50, 30), 0.6), Line("bbbb", Box(300, 12, 340, 32), 0.9)

    (block,) = arrange([low, high], PAGE)

    assert block.box == Box(10, 10, 340, 32)
    assert block.confidence == pytest.approx(0.8)


coordinates = st.floats(0, 3000, allow_nan=False)
sizes = st.floats(0, 900, allow_nan=False)
any_lines = st.lists(
    st.builds(
        lambda text, x, y, width, height: Line(text, Box(x, y, x + width, y + height)),
        st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=12),
        coordinates,
        coordinates,
        sizes,
        sizes,
    ),
    max_size=40,
)


@given(any_lines)
def test_no_text_is_lost_or_invented_wherever_lines_stand(lines: list[Line]) -> None:
    def characters(texts: list[str]) -> list[str]:
        return sorted("".join("".join(texts).split()))

    assert characters(order(lines)) == characters([each.text for each in lines])


def test_a_page_of_thousands_of_fragments_ends_soon() -> None:
    page = [line(f"{n}", (n * 7919) % 2900, (n * 104729) % 3900, 30 + n % 90) for n in range(4000)]

    assert len("".join(order(page)).replace(" ", "")) == sum(len(each.text) for each in page)


def test_ten_thousand_lines_in_columns_end_soon() -> None:
    page = [line("some words of prose", (n % 4) * 700, n // 4 * 1.6, 650, 1.5) for n in range(10_000)]

    start = process_time()
    arrange(page, PAGE)

    assert process_time() - start < 5


def test_fragments_of_a_korean_line_keep_the_space_between_them() -> None:
    fragments = [Line("모든", Box(100, 100, 140, 120)), Line("사람은", Box(148, 100, 208, 120))]

    (block,) = arrange(fragments, Box(0, 0, 600, 800))

    assert block.text == "모든 사람은"
