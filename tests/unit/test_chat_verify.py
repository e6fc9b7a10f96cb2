"""Whether a quotation stands in the document, and where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrchat.chat.model import Citation, Claim
from ocrchat.chat.numbers import numbers
from ocrchat.chat.sheet import fold
from ocrchat.chat.verify import Pages
from ocrchat.model import Block, Box, Document, Line, PageResult


def page(index: int, *blocks: list[str], confidence: float = 0.9) -> PageResult:
    top, made = 0, []
    for block in blocks:
        lines = []
        for text in block:
            lines.append(Line(text, Box(10, top, 200, top + 10), confidence))
            top += 20
        made.append(Block(tuple(lines)))
    return PageResult(index, 300, 400, 96.0, "test", tuple(made))


INVOICE = Document(
    (
        page(
            0, ["INVOICE"], ["Acme Corp", "12 “High” Street"], ["The total is due with-", "in thirty days of the date."]
        ),
        page(1, ["Total: $1,234.50", "Paid by Ms Keller—in full"], ["第三页的总金额为一百元"]),
        page(6, ["The Norman conquest of 1066 was led by William."], confidence=0.6),
    )
)


def find(snippet: str, page: int | None = None, document: Document = INVOICE) -> Citation | None:
    return Pages(document).find(Claim(snippet, page))


def test_a_quotation_is_found_with_its_lines_blocks_and_confidence() -> None:
    citation = find('acme corp 12 "high" street', 1)

    assert citation is not None
    assert citation.page == 1
    assert citation.snippet == "Acme Corp 12 “High” Street"
    assert citation.boxes == (Box(10, 20, 200, 30), Box(10, 40, 200, 50))
    assert citation.blocks == (1,)
    assert citation.confidence == 0.9


def test_the_page_is_its_number_in_the_file_and_confidence_is_that_of_ocr() -> None:
    citation = find("The Norman conquest of 1066", 7)

    assert citation is not None
    assert (citation.page, citation.confidence) == (7, 0.6)


@pytest.mark.parametrize("named", [1, 6, 99, None])
def test_a_wrong_page_is_put_right(named: int | None) -> None:
    citation = find("Total: $1,234.50", named)

    assert citation is not None
    assert citation.page == 2


def test_the_page_that_is_named_comes_first() -> None:
    twice = Document((page(0, ["All rights reserved"]), page(1, ["All rights reserved"])))

    assert [find("All rights reserved", n, twice).page for n in (1, 2)] == [1, 2]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "said",
    [
        "due within thirty days",  # a word over the end of a line
        "paid by ms keller-in full",
        "Paid by\u200b Ms\u00a0Keller — in full".replace(" — ", "—"),
        "第三页的总金额",
    ],
)
def test_what_is_only_written_otherwise_is_found(said: str) -> None:
    assert find(said) is not None


def test_what_a_model_has_mended_is_found_and_quoted_as_the_page_has_it() -> None:
    citation = find("The Norman conquest of 1066 was lead by Wiliam.", 7)

    assert citation is not None
    assert citation.snippet == "The Norman conquest of 1066 was led by William."


@pytest.mark.parametrize(
    "invented",
    [
        "The Norman conquest of 1067 was led by William.",
        "Total: $1,234.51",
        "Total: $234.50",  # the end of another number
        "Total: $1,234",
        "otal",
        "The invoice was never paid by anybody at all",
        "",
        "...",
        "a" * 3000,
    ],
)
def test_what_does_not_stand_there_is_not_found(invented: str) -> None:
    assert find(invented) is None


def test_a_failed_page_and_a_blank_one_have_nothing() -> None:
    assert find("anything", 1, Document((PageResult.failed(0, "page_unreadable"), page(1)))) is None


WORDS = st.lists(st.text("abcdefghij", min_size=1, max_size=8), min_size=1, max_size=30)


@given(WORDS, st.data())
def test_whatever_stands_on_a_page_is_found_there(words: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    lines = [" ".join(words[n : n + 5]) for n in range(0, len(words), 5)]

    citation = find(" ".join(words[start:end]), None, Document((page(0, lines),)))

    assert citation is not None
    assert fold(citation.snippet) == " ".join(words[start:end])


@given(st.integers(100, 999_999), st.integers(1, 9))
def test_another_number_never_is(number: int, more: int) -> None:
    text = f"The amount that is due on the first of the month is {number} dollars in all"

    assert find(text.replace(str(number), str(number + more)), 1, Document((page(0, [text]),))) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [("1,234.50", "1 234,5".replace(" ", "\u00a0")), ("1.234", "1,234"), ("٣٤", "34"), ("007", "7"), ("12.0", "12")],
)
def test_equal_numbers_are_equal_however_they_are_written(one: str, other: str) -> None:
    assert numbers(one) == numbers(other)


def test_numbers_that_stand_apart_count_apart() -> None:
    assert numbers("INV-0042 of 2026-03-14, 10.2.3, $5") == {"42", "2026", "3", "14", "10.2.3", "5"}
