"""Whether a quotation stands in the document, and where."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ocrchat.chat import verify
from ocrchat.chat.cleaning import plain, visible
from ocrchat.chat.model import Citation, Claim
from ocrchat.chat.numbers import numbers
from ocrchat.chat.sheet import Sheet, fold
from ocrchat.chat.verify import Pages, _exactly
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


def test_a_word_over_the_end_of_a_line_may_be_quoted_as_it_stands_there_even_if_that_is_all_of_the_page() -> None:
    broken = Document((page(0, ["The total is due with-", "in thirty days."]),))

    for said in ("The total is due with- in thirty days.", "The total is due within thirty days."):
        citation = find(said, 1, broken)
        assert citation is not None
        assert citation.snippet == "The total is due with- in thirty days."
        assert len(citation.boxes) == 2


def test_a_quotation_that_holds_the_whole_page_and_more_is_not_found() -> None:
    short = Document((page(0, ["The goods were delivered."]),))

    assert find("The goods were delivered. They were never paid for by anybody.", 1, short) is None


def test_a_dash_between_words_and_quotes_of_another_kind_do_not_matter_and_the_snippet_keeps_them() -> None:
    citation = find("PAID BY MS KELLER-IN FULL", 2)

    assert citation is not None
    assert citation.snippet == "Paid by Ms Keller—in full"


def test_of_a_word_that_stands_within_others_only_no_time_is_lost() -> None:
    tries = _Counting("a" * 100_000)

    assert _exactly("aaa", tries) is None  # type: ignore[arg-type]
    assert tries.text.searches <= 1001


def test_only_a_few_pages_are_searched_for_what_is_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "The goods were delivered to the customer on the day that was agreed"
    alike = Document(tuple(page(n, [text]) for n in range(200)))
    searched: list[str] = []
    monkeypatch.setattr(verify, "_nearly", lambda wanted, sheet: searched.append(sheet.text))

    assert find(f"{text} by nobody", 150, alike) is None
    assert len(searched) == 8


@pytest.mark.parametrize(
    "altered",
    [
        "The goods were not delivered to Ms Keller of Acme Corp between May 5 and May 17 of that year",
        "The goods were delivered to Ms Smith of Acme Corp between May 5 and May 17 of that year",
        "The goods were delivered to Ms Keller of Acme between May 5 and May 17 of that year",
        "The goods were delivered to Ms Keller of Acme Corp between May 17 and May 5 of that year",
        "The goods were delivered to Ms Keller of Acme Corp between May 5 and May 5 of that year",
    ],
)
def test_a_word_that_was_added_left_out_or_replaced_and_numbers_that_changed_places_are_no_slips_of_ocr(
    altered: str,
) -> None:
    read = "The goods wcre delivered to Ms Keller of Acme Corp between May 5 and May 17 of thatyear"
    document = Document((page(0, [read]),))

    assert find(altered, 1, document) is None
    true = "The goods were delivered to Ms Keller of Acme Corp between May 5 and May 17 of that year"
    assert find(true, 1, document) is not None


def test_a_failed_page_and_a_blank_one_have_nothing() -> None:
    assert find("anything", 1, Document((PageResult.failed(0, "page_unreadable"), page(1)))) is None


class _Counting:
    """A sheet that counts how often its text is searched."""

    class Text(str):
        searches = 0

        def find(self, *args: Any) -> int:
            self.searches += 1
            return super().find(*args)

    def __init__(self, text: str) -> None:
        self.text = self.Text(text)


@given(st.lists(st.text(max_size=12), min_size=1, max_size=6))
def test_every_letter_of_a_sheet_comes_from_its_line(texts: list[str]) -> None:
    sheet = Sheet(page(0, texts))

    for found in re.finditer(r"\S+", sheet.text):
        span = sheet.span(found.start(), found.end())
        # A word over the end of a line is two in the snippet; a letter may unfold into several, of which a word has some.
        assert found[0].replace("-", "") in fold(span.snippet).replace(" ", "").replace("-", "")


@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_the_short_way_to_fold_is_the_long_one(text: str) -> None:
    assert fold(text) == fold(f"{text} é").removesuffix("é").rstrip()


WORDS = st.lists(st.text("abcdXÄßﬁ1290.,:'’…%", min_size=1, max_size=8), min_size=1, max_size=30)


def test_a_part_of_a_letter_is_not_cited() -> None:
    assert find("00.", None, Document((page(0, ["0 00… 00."]),))).snippet == "00."  # type: ignore[union-attr]
    assert find("about 1", None, Document((page(0, ["about ½"]),))) is None


@given(WORDS, st.data())
def test_whatever_stands_on_a_page_is_found_there(words: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    said = " ".join(words[start:end])
    assume(any(letter.isalnum() for letter in said))
    lines = [" ".join(words[n : n + 5]) for n in range(0, len(words), 5)]

    citation = find(said, None, Document((page(0, lines),)))

    assert citation is not None
    assert fold(citation.snippet) == fold(said)


@given(st.integers(100, 999_999), st.integers(1, 9))
def test_another_number_never_is(number: int, more: int) -> None:
    text = f"The amount that is due on the first of the month is {number} dollars in all"

    assert find(text.replace(str(number), str(number + more)), 1, Document((page(0, [text]),))) is None


@given(st.lists(st.integers(0, 9999), min_size=1, max_size=8), st.data())
def test_another_digit_never_is_wherever_it_stands(amounts: list[int], data: st.DataObject) -> None:
    text = "; ".join(f"item {'abcdefgh'[n]} costs {amount} dollars" for n, amount in enumerate(amounts))
    place = data.draw(st.sampled_from([n for n, letter in enumerate(text) if letter.isdigit()]))
    digit = data.draw(st.sampled_from([one for one in "123456789" if one != text[place]]))

    assert find(text[:place] + digit + text[place + 1 :], 1, Document((page(0, [text]),))) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [("1,234.50", "1 234,5".replace(" ", "\u00a0")), ("1.234", "1,234"), ("٣٤", "34"), ("007", "7"), ("12.0", "12")],
)
def test_equal_numbers_are_equal_however_they_are_written(one: str, other: str) -> None:
    assert numbers(one) == numbers(other)


def test_numbers_that_stand_apart_count_apart() -> None:
    assert numbers("INV-0042 of 2026-03-14, 10.2.3, $5") == {"42", "2026", "3", "14", "10.2.3", "5"}


@pytest.mark.parametrize(
    "written",
    [
        "<<b>img src=x>",
        "[x]<b>(//evil.example/a)",
        "!<i>[x](//evil.example/a)",
        "[![x](//evil.example/a)](//evil.example/b)",
        "www.evil.example/?total",
        "ht<b>tps://evil.example/a",
        "<" * 20 + "b>" * 20,
    ],
)
def test_markup_that_is_left_when_other_markup_is_taken_out_is_taken_out_too(written: str) -> None:
    assert not re.search(r"evil|<\w", plain(written, ""))


def test_an_address_that_the_document_has_is_an_answer_and_a_longer_one_is_not() -> None:
    known = "Write to https://acme.example/pay."

    assert plain("See https://acme.example/pay.", known) == "See https://acme.example/pay."
    assert "acme" not in plain("See https://acme.example/pay?total=42", known)


def test_what_looks_like_markup_in_the_document_can_be_said_but_is_none() -> None:
    assert plain("Write <your name> here", "Form: Write <your name> here") == "Write ‹your name› here"
    assert plain("<img src=//evil.example/a>", "see <img src=//evil.example/a> there") == "‹img src=//evil.example/a›"
    assert (
        plain("See <https://acme.example/pay>.", "at <https://acme.example/pay>") == "See ‹https://acme.example/pay›."
    )


@pytest.mark.parametrize(
    "hidden", "\u200b\u202e\u2066\u00ad\ufeff\U000e0041\U000e0101\ufe01\u3164\u115f\u2800\ue000\x1b\u034f"
)
def test_what_has_no_ink_is_neither_shown_nor_in_the_way(hidden: str) -> None:
    assert visible(f"to{hidden}tal") == "total"
    assert find("due total amount", 1, Document((page(0, [f"due to{hidden}tal amount"]),))) is not None


def test_joiners_stay_where_they_decide_how_a_word_looks() -> None:
    assert visible("می\u200cخواهم") == "می\u200cخواهم"
