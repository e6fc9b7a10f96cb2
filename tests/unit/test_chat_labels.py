"""Values that stand below their labels, and text that only looks like that; page numbers of a selection of pages."""

from __future__ import annotations

import pytest

from ocrchat.chat.extractive import Extractive
from ocrchat.chat.model import Question
from ocrchat.chat.passages import units
from ocrchat.model import Block, BlockType, Box, Document, Line, PageResult


def line(text: str, x: float, y: float) -> Line:
    return Line(text, Box(x, y, x + 6.0 * len(text), y + 12), 0.95)


def document(*blocks: Block, index: int = 0) -> Document:
    return Document((PageResult(index, 600, 800, 96.0, "test", blocks, language="en"),))


def texts(*blocks: Block) -> list[str]:
    return [unit.text for unit in units(document(*blocks))]


def below(label: str, value: str, gap: float = 4.0, shift: float = 0.0) -> tuple[Block, Block]:
    return Block((line(label, 50, 100),)), Block((line(value, 50 + shift, 112 + gap),))


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("Amount due", "$1,234.50"),
        ("Invoice number  Invoice date", "NW-2026-0417  3 March 2026"),
        ("Widget code", "77-A"),  # no word of ours, but a number below
        ("Customer", "Contoso Ltd"),  # no number, but a word of ours
        ("Fällig", "2. April 2026"),
    ],
)
def test_a_value_below_its_label_is_said_with_it(label: str, value: str) -> None:
    expected = [" ".join(f"{label} {value}".split())]

    assert texts(*below(label, value)) == expected
    assert texts(Block((line(label, 50, 100), line(value, 50, 116)))) == expected


@pytest.mark.parametrize(
    ("label", "value", "gap", "shift"),
    [
        ("Amount due", "$1,234.50", 60.0, 0.0),  # far below
        ("Amount due", "$1,234.50", 4.0, 300.0),  # in another column
        ("We thank you for your order.", "$1,234.50", 4.0, 0.0),  # a sentence that has ended
        ("Room 12", "77-A", 4.0, 0.0),  # says something itself
        ("Northwind", "Contoso Ltd", 4.0, 0.0),  # two names
        ("Supplier: Northwind", "$1,234.50", 4.0, 0.0),  # has its value
        ("Customer", "Order: 77-A", 4.0, 0.0),  # what is below has a label of its own
        ("Customer", "Supplier", 4.0, 0.0),  # two labels
        ("Our history", "It began when the town had one mill in 1904", 4.0, 0.0),  # prose with a number
    ],
)
def test_what_is_no_label_with_its_value_stays_apart(label: str, value: str, gap: float, shift: float) -> None:
    assert texts(*below(label, value, gap, shift)) == [label, value]


def test_a_heading_is_no_label() -> None:
    heading, value = below("Amount due", "$1,234.50")

    assert texts(Block(heading.lines, BlockType.HEADING, 1), value) == ["Amount due", "$1,234.50"]


def test_a_label_takes_the_value_next_to_it_and_no_more() -> None:
    blocks = [Block((line(text, 50, 100 + 16.0 * n),)) for n, text in enumerate(["Tax", "Total", "$12.00", "$13.00"])]

    assert texts(*blocks) == ["Tax", "Total $12.00", "$13.00"]


def test_the_answer_is_the_label_with_its_value_on_the_page_of_the_file() -> None:
    """Of `pages=7` the page is the seventh of the file, and the first of the result."""
    (first, *_) = Extractive(None).answer(
        document(*below("Amount due", "$1,234.50"), index=6), Question("What is the total?"), 0.0
    )

    assert first.text == "Amount due $1,234.50"
    assert [(claim.snippet, claim.page) for claim in first.claims] == [("Amount due $1,234.50", 7)]
