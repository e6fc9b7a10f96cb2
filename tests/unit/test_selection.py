"""Page ranges: what people write, what it means, and what is refused with a hint."""

from __future__ import annotations

import pytest

from ocrchat import selection
from ocrchat.errors import InvalidField


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("", (0, 1, 2, 3, 4, 5, 6)),
        ("1-3,7", (0, 1, 2, 6)),
        ("7,1-3", (0, 1, 2, 6)),
        ("2", (1,)),
        ("1-2,2-3,3", (0, 1, 2)),
        (" 1 - 2 , 4 ", (0, 1, 3)),
    ],
)
def test_pages_are_counted_from_1_and_come_in_order_each_once(text: str, pages: tuple[int, ...]) -> None:
    assert selection.parse(selection.normalised(text), 7) == pages


@pytest.mark.parametrize(
    "text", ["0", "0-2", "3-1", "a", "1,,2", "1-", "-1", "1;2", "1-2-3", "²", "١", "１", "9999999", "1," * 600]
)
def test_what_is_no_range_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidField, match="pages=1-3,7"):
        selection.normalised(text)


@pytest.mark.parametrize("text", ["8", "1-8", "7,100000"])
def test_a_page_that_the_file_does_not_have_is_refused_with_the_count(text: str) -> None:
    with pytest.raises(InvalidField, match="7 pages"):
        selection.parse(text, 7)
