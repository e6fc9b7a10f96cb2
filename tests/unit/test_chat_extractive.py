"""Answers in the document's own words: what is found, what is not, and that nothing is invented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from ocrchat.chat.extractive import Extractive
from ocrchat.chat.model import Answer, Exchange, Question, Statement
from ocrchat.chat.passages import CHUNK, chunks, units
from ocrchat.chat.retrieval import Index
from ocrchat.model import Block, BlockType, Box, Cell, Document, Line, PageResult, Table
from tests.documents import SALES, table_of


def block(*texts: str, type: BlockType = BlockType.TEXT, table: Table | None = None) -> Block:
    """Lines one below the other; the longest is 500 wide, others as their letters."""
    longest = max(map(len, texts), default=1)
    lines = [
        Line(text, Box(0, 20.0 * n, 500.0 * len(text) / longest, 20.0 * n + 15), 0.95) for n, text in enumerate(texts)
    ]
    return Block(tuple(lines), type, table=table)


def page(index: int, *blocks: Block, language: str | None = "en") -> PageResult:
    return PageResult(index, 600, 800, 96.0, "test", blocks, language=language)


INVOICE = Document(
    (
        page(
            0,
            block("INVOICE", type=BlockType.HEADING),
            block("Supplier: Northwind Traders GmbH", "Invoice number: NW-2026-0417", "Date: March 3, 2026"),
            block("Bill to: Contoso Ltd, 12 High Street, Leeds"),
            block("Amount due: $1,234.50", "Payment is due within thirty days of the invoice date."),
        ),
        page(
            1,
            block("Terms and conditions", type=BlockType.HEADING),
            block("The seller keeps the title to all goods until they have been paid in full by the cus-", "tomer."),
            block("Interest of 5 % a year is charged on late payments."),
        ),
    )
)


def ask(document: Document, question: str, history: Sequence[Exchange] = ()) -> list[Statement]:
    return list(Extractive(None).answer(document, Question(question, tuple(history)), deadline=0.0))


@pytest.mark.parametrize(
    ("question", "quoted", "page"),
    [
        ("What is the total?", "Amount due: $1,234.50", 1),
        ("Who is the seller?", "Supplier: Northwind Traders GmbH", 1),
        ("Who is the customer?", "Bill to: Contoso Ltd, 12 High Street, Leeds", 1),
        ("What is the invoice no.?", "Invoice number: NW-2026-0417", 1),
        ("When is the invoice dated?", "Date: March 3, 2026", 1),
        ("What interest is charged on late payments?", "Interest of 5 % a year is charged on late payments.", 2),
    ],
)
def test_a_question_is_answered_by_the_line_that_says_it(question: str, quoted: str, page: int) -> None:
    first = ask(INVOICE, question)[0]

    assert (first.text, first.claims[0].snippet, first.claims[0].page) == (quoted, quoted, page)


def test_a_question_for_two_things_gets_both() -> None:
    texts = [one.text for one in ask(INVOICE, "What is the invoice number and who is the customer?")]

    assert "Invoice number: NW-2026-0417" in texts
    assert "Bill to: Contoso Ltd, 12 High Street, Leeds" in texts


def test_a_question_that_says_little_goes_on_from_the_one_before() -> None:
    before = Exchange("What interest is charged?", Answer("", (), "extractive"), datetime.now(UTC))

    assert ask(INVOICE, "And on late ones?", [before])[0].text == "Interest of 5 % a year is charged on late payments."


@pytest.mark.parametrize(
    "question", ["Who won the ice hockey championship?", "?", "the of and", "12345678", "x" * 4000, "\x00\u202e"]
)
def test_what_is_not_there_is_not_found(question: str) -> None:
    assert ask(INVOICE, question) == []


@pytest.mark.parametrize("document", [Document(()), Document((page(0), PageResult.failed(1, "page_unreadable")))])
def test_a_document_without_text_answers_nothing(document: Document) -> None:
    assert ask(document, "What is the total?") == []


@pytest.mark.parametrize(
    ("language", "lines", "question", "answer"),
    [
        ("es", ["Importe total: 215,00 €", "Fecha de vencimiento: 3 de marzo"], "¿Cuál es el importe?", 0),
        ("de", ["Rechnungsnummer: 4711", "Gesamtbetrag: 99,00 EUR"], "Wie hoch ist der Gesamtbetrag?", 1),
        ("zh", ["发票号码：88991", "合计金额：一百二十元"], "总金额是多少？", 1),
        ("ar", ["رقم الفاتورة: 551", "المبلغ الإجمالي: 300 ريال"], "ما هو المبلغ؟", 1),
        ("ru", ["Номер счёта: 12", "Сумма: 700 рублей"], "Какая сумма?", 1),
    ],
)
def test_it_understands_the_languages_of_documents(language: str, lines: list[str], question: str, answer: int) -> None:
    document = Document((page(0, *map(block, lines), language=language),))

    assert ask(document, question)[0].text == lines[answer]


def test_meaning_decides_among_what_words_have_found() -> None:
    document = Document((page(0, block("The fee for a dog is 5 dollars."), block("The fee for a cat is 7 dollars.")),))

    def feline(question: str, texts: Sequence[str]) -> list[float]:
        return [float("cat" in text) for text in texts]

    (first, *_) = Extractive(feline).answer(document, Question("What is the fee for a kitten?"), 0.0)

    assert first.text == "The fee for a cat is 7 dollars."


def test_of_a_row_of_a_table_what_is_asked_for_is_said_with_its_heads_which_are_quoted_too() -> None:
    document = Document((page(0, block("Report", type=BlockType.HEADING), SALES),))

    (first, *_) = ask(document, "How many in the north in 2024?")

    assert first.text == "North: Sales 2024 7"
    assert [claim.snippet for claim in first.claims] == ["North 5 7", "Region Sales", "2023 2024"]
    assert ask(document, "What of the north?")[0].text == "North: Sales 2023 5, Sales 2024 7"


def test_rows_of_a_table_without_marked_heads_are_quoted_as_they_are() -> None:
    table = table_of(Cell(0, 0, "Name"), Cell(0, 1, "Jane"), Cell(1, 0, "Age"), Cell(1, 1, "42"))

    assert ask(Document((page(0, table),)), "What is the age?")[0].text == "Age 42"


def test_a_sentence_goes_on_over_the_ends_of_lines_and_no_further() -> None:
    texts = [unit.text for unit in units(INVOICE)]

    assert "The seller keeps the title to all goods until they have been paid in full by the customer." in texts
    assert "Date: March 3, 2026" in texts


def test_chunks_hold_every_unit_once_and_never_cross_a_page() -> None:
    long = Document(
        tuple(page(n, block(*[f"Line {n} {m} says something of its own." for m in range(60)])) for n in range(3))
    )
    some = units(long)

    cut = chunks(some)

    assert [unit for one in cut for unit in range(one.first, one.last)] == list(range(len(some)))
    for one in cut:
        assert {some[unit].page for unit in range(one.first, one.last)} == {one.page}
        assert sum(len(some[unit].text) for unit in range(one.first, one.last)) <= CHUNK


def test_chunks_come_by_what_they_have_to_do_with_the_question() -> None:
    index = Index(INVOICE)

    best = index.rank_by_meaning("Who keeps the title to the goods?", None)[0]

    assert index.chunks[best.chunk].page == 2


def test_what_stands_in_the_margin_of_every_page_is_there_once() -> None:
    header = block("Annual Report of Northwind", type=BlockType.HEADER)
    document = Document(tuple(page(n, header, block(f"Chapter {n} begins here.")) for n in range(5)))

    assert [unit.text for unit in units(document)].count("Annual Report of Northwind") == 1


def test_text_without_an_end_is_cut() -> None:
    document = Document((page(0, block("word " * 30_000), block("x" * 100_000), block("\x00\u202e \u200b")),))

    assert max(len(unit.text) for unit in units(document)) <= CHUNK


def test_a_question_for_very_many_things_is_looked_up_once() -> None:
    names = [f"{'aeiou'[n // 5]}b{'aeiou'[n % 5]}k" for n in range(25)]
    document = Document((page(0, *[block(f"{name}: reading of the day {n}") for n, name in enumerate(names)]),))
    compared: list[str] = []

    def near(question: str, texts: Sequence[str]) -> list[float]:
        compared.append(question)
        return [0.0] * len(texts)

    list(Extractive(near).answer(document, Question(" and ".join(names)), deadline=0.0))

    assert len(compared) <= 1
