"""Lines of goods and sums: found in tables, below heads and on receipts; and whether they add up."""

from __future__ import annotations

import pytest

from ocrchat.fields import finding, items, sums
from ocrchat.fields.field import RECEIPT
from ocrchat.fields.rows import rows
from ocrchat.model import Block, BlockType, Box, Cell, Document, Line, PageResult, Table, Word

Found = tuple[str, str | None, str | None, str | None]


def table(*texts: tuple[str, ...], top: float = 0.0) -> Block:
    """With cells of 100 x 30 pixels."""
    cells = tuple(
        Cell(row, column, text, box=Box(100 * column, top + 30 * row, 100 * column + 90, top + 30 * row + 20))
        for row, line in enumerate(texts)
        for column, text in enumerate(line)
        if text
    )
    return Block((), BlockType.TABLE, table=Table(len(texts), len(texts[0]), cells), area=Box(0, top, 500, top + 100))


def row(top: float, *pieces: tuple[float, str]) -> Block:
    """Pieces with where they begin; 8 pixels a letter, 20 high."""
    words = tuple(Word(text, Box(x, top, x + 8 * len(text), top + 20)) for x, text in pieces)
    text = " ".join(word.text for word in words)
    return Block((Line(text, Box.around(word.box for word in words), 1.0, words),))


def document(*pages: list[Block]) -> Document:
    return Document(tuple(PageResult(i, 800, 1000, 96.0, "test", tuple(blocks)) for i, blocks in enumerate(pages)))


def find(some: Document) -> list[Found]:
    return [(i.description, i.quantity, i.unit_price, i.amount) for i in items.find(some, rows(some))]


HEADS = ("Description", "Qty", "Unit price", "Amount")


def test_of_a_table_down_to_its_sums() -> None:
    goods = table(
        HEADS, ("Pump", "2", "1.200,00", "2.400,00"), ("Hose", "3", "7,50", "22,50"), ("", "", "Subtotal", "2.422,50")
    )

    assert find(document([goods])) == [("Pump", "2", "1200.00", "2400.00"), ("Hose", "3", "7.50", "22.50")]


def test_a_line_of_goods_says_where_it_stands() -> None:
    some = document([], [table(HEADS, ("Pump", "2", "5.00", "10.00"))])

    [item] = items.find(some, rows(some))

    assert (item.page, item.box) == (2, Box(0, 30, 390, 50))


def test_columns_in_another_order_and_some_that_say_something_else() -> None:
    goods = table(("Pos", "Item no.", "Qty", "Article", "Total"), ("1", "A-7", "4", "Washer", "0.80"))

    assert find(document([goods])) == [("Washer", "4", None, "0.80")]


def test_a_table_that_goes_on_over_the_page_needs_no_heads_again() -> None:
    first, second = table(HEADS, ("Pump", "2", "5.00", "10.00")), table(("Hose", "1", "7.50", "7.50"))

    assert find(document([first], [second])) == [("Pump", "2", "5.00", "10.00"), ("Hose", "1", "7.50", "7.50")]


def test_the_rest_of_a_description_below_belongs_to_it() -> None:
    goods = table(
        HEADS, ("Pump with a", "2", "5.00", "10.00"), ("brass valve", "", "", ""), ("Hose", "1", "7.50", "7.50")
    )

    assert [found[0] for found in find(document([goods]))] == ["Pump with a brass valve", "Hose"]


def test_goods_whose_name_sounds_like_a_sum_do_not_end_the_table() -> None:
    goods = table(HEADS, ("Tax advice", "2", "80.00", "160.00"), ("Total care kit", "1", "20.00", "20.00"))

    assert [found[0] for found in find(document([goods]))] == ["Tax advice", "Total care kit"]


def test_a_table_of_something_else_has_no_goods() -> None:
    assert find(document([table(("Site", "Date", "pH"), ("Intake", "1.2.2026", "7.80"))])) == []


def test_below_heads_without_a_table() -> None:
    some = document(
        [
            row(0, (0, "Description"), (400, "Qty"), (500, "Rate"), (600, "Amount")),
            row(30, (0, "Logo"), (416, "1"), (492, "450.00"), (600, "450.00")),
            row(60, (0, "Hosting"), (416, "12"), (500, "9.50"), (600, "114.00")),
            row(90, (500, "Subtotal"), (600, "564.00")),
        ]
    )

    assert find(some) == [("Logo", "1", "450.00", "450.00"), ("Hosting", "12", "9.50", "114.00")]


def receipt(*texts: str) -> Document:
    return document([Block((Line(text, Box(0, 30 * n, 8 * len(text), 30 * n + 20)),)) for n, text in enumerate(texts)])


def test_of_a_receipt_with_names_above_their_prices() -> None:
    some = receipt(
        "Harbour Hardware", "Tel. 01632 960 144", "Date: 14/06/2026 10:42", "Wood screws", "9556001", "2 x 3.45   6.90",
        "Glue 250 ml   5.95", "Subtotal   12.85", "Cash   20.00",
    )  # fmt: skip

    assert find(some) == [("Wood screws", "2", "3.45", "6.90"), ("Glue 250 ml", None, None, "5.95")]


@pytest.mark.parametrize("text", ["Screws 2 x 3.45   6.90", "Screws 3.45 @ 2   6.90", "Screws   2   3.45   6.90"])
def test_the_quantity_is_what_times_the_price_is_the_amount(text: str) -> None:
    assert find(receipt(text)) == [("Screws", "2", "3.45", "6.90")]


def test_a_quantity_that_does_not_fit_is_not_said() -> None:
    assert find(receipt("Screws 2   3.45   9.99")) == [("Screws 2", None, "3.45", "9.99")]


def test_nothing_is_no_goods() -> None:
    assert find(Document(())) == []
    assert find(receipt("Dear Ada,", "thank you for your letter.")) == []


def wrong(*texts: str) -> list[str]:
    some = receipt(*texts)
    return sums.wrong(finding.find(rows(some), RECEIPT), items.find(some, rows(some)))


@pytest.mark.parametrize(
    "texts",
    [
        ("Nails  5.00", "Glue  7.00", "Subtotal  12.00", "VAT 20%  2.40", "Total  14.40"),
        ("Nails  5.00", "Glue  7.00", "Total  12.00", "VAT included  2.00"),  # prices with the tax
        ("Nails  5.00", "Glue  7.00", "Subtotal  12.00", "Total  12.00", "VAT included  2.00"),
        ("Nails  5.00", "Glue  7.02", "Total  12.00"),  # rounded to five cents
        ("Total  12.00",),
        ("Nails  5.00", "Glue  7.00"),
        ("Dear Ada,",),
    ],
)
def test_what_adds_up_or_cannot_be_told_gives_no_warning(texts: tuple[str, ...]) -> None:
    assert wrong(*texts) == []


def test_goods_that_do_not_add_up_give_a_warning() -> None:
    assert wrong("Nails  5.00", "Glue  1.00", "Subtotal  12.00", "VAT 20%  2.40", "Total  14.40") == [
        sums.ITEMS_DO_NOT_ADD_UP
    ]


def test_a_total_that_does_not_add_up_gives_a_warning() -> None:
    assert wrong("Subtotal  12.00", "VAT 20%  2.40", "Total  19.40") == [sums.TOTAL_DOES_NOT_ADD_UP]
