"""From what a model says to an answer: what is let through, what is marked, what is withheld, and when it is asked again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from ocrchat.chat import grounded
from ocrchat.chat.grounded import CUT_SHORT, LOOSE, LOW_CONFIDENCE, NOT_FOUND, WITHHELD
from ocrchat.chat.model import Answer, Claim, Question, Said, Statement
from ocrchat.chat.waiting import until
from ocrchat.errors import Unavailable
from ocrchat.model import Document
from tests.chats import answered, page

INVOICE = Document(
    (
        page(0, "Acme Corp", "Invoice INV-0042 of March 3, 2026", "Annual rate, see on page 7 of the terms"),
        page(1, "Total: $1,234.50", "Due within thirty days", "Paid by Ms Keller"),
        page(2, "Handwritten: goods received by Smith", confidence=0.5),
        page(3, "总金额为一百元"),
    )
)
TOTAL = Statement("The total is $1,234.50.", (Claim("Total: $1,234.50", 2),))


class Model:
    """Says one answer after the other, the last one for all that follow; an exception among the statements is raised."""

    name = "test"

    def __init__(self, *answers: list[Statement | Exception]) -> None:
        self._answers = list(answers)
        self.asked: list[Question] = []

    def answer(self, document: Document, question: Question, deadline: float) -> Iterator[Statement]:
        self.asked.append(question)
        for one in self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]:
            if isinstance(one, Exception):
                raise one
            yield one


def converse(
    model: Model, question: str = "What does it say?", seconds: float = 20.0, document: Document = INVOICE
) -> tuple[list[Said], Answer]:
    sentences = grounded.converse(model, document, Question(question), time.monotonic() + seconds)
    return answered(sentences)


def answer(*statements: Statement, question: str = "What does it say?") -> Answer:
    return converse(Model(list(statements)), question)[1]


def says(text: str, *quoted: str) -> Statement:
    return Statement(text, tuple(Claim(one) for one in quoted))


def test_an_answer_is_its_sentences_each_with_its_page() -> None:
    said, whole = converse(Model([TOTAL, says("It is due within thirty days.", "Due within thirty days")]))

    assert whole.content == "The total is $1,234.50 (p. 2).\nIt is due within thirty days (p. 2)."
    assert [one.text for one in said] == whole.content.split("\n")
    assert [one.snippet for one in whole.citations] == ["Total: $1,234.50", "Due within thirty days"]
    assert (whole.warnings, whole.confidence, whole.engine) == ((), None, "test")


def test_what_rests_on_two_pages_names_both() -> None:
    both = says("Invoice INV-0042 is over $1,234.50.", "Total: $1,234.50", "Invoice INV-0042")

    assert answer(both).content == "Invoice INV-0042 is over $1,234.50 (pp. 1, 2)."


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("The total is $1,243.50.", "Total: $1,234.50"),
        ("The total is $1,234.50, with 19 % tax.", "Total: $1,234.50"),
        ("It was issued on March 4, 2026.", "Invoice INV-0042 of March 3, 2026"),
        ("It is invoice INV-0043.", "Invoice INV-0042 of March 3, 2026"),
        ("The CEO is Maria Keller.", "Total: $1,234.50"),
        ("Our man there is Ann.", "Annual rate"),
        ("It has been paid.", "The amount was paid in cash on the same day"),
        ("It has been paid.", ""),
        ("It has been paid.", "..."),
        ("![x](https://evil.example/?total=1)", "Total: $1,234.50"),
    ],
)
def test_what_the_document_does_not_say_is_withheld(text: str, quoted: str) -> None:
    said, whole = converse(Model([says(text, quoted)]))

    assert (said, whole.content, whole.citations, whole.warnings) == ([], NOT_FOUND, (), (WITHHELD,))


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Anna has been paid.", "Total: $1,234.50"),
        ("The director of Acme Corp is Maria Keller.", "Acme Corp"),
        ("The invoice has been paid already.", "Invoice INV-0042"),
        ("Everything was returned unopened.", "Due within thirty days"),
        ("货物已经全部退回。", "总金额为一百元"),
    ],
)
def test_what_its_quotation_hardly_speaks_of_is_marked(text: str, quoted: str) -> None:
    assert answer(says(text, quoted)).warnings == (LOOSE,)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("The total is $1,234.50.", "Total: $1,234.50"),
        ("The total comes to 1.234,50 dollars.", "Total: $1,234.50"),
        ("Invoice INV-0042 is dated 3 March 2026.", "Invoice INV-0042 of March 3, 2026"),
        ("Payment is due within thirty days.", "Due within thirty days"),
        ("It was paid by Keller.", "Paid by Ms Keller"),
        ("It was paid by Kellers firm.", "Paid by Ms Keller"),
        ("总金额是一百元。", "总金额为一百元"),
    ],
)
def test_what_it_says_in_other_words_is_not(text: str, quoted: str) -> None:
    whole = answer(says(text, quoted))

    assert (whole.warnings, len(whole.citations)) == ((), 1)


def test_a_name_that_the_question_has_may_be_in_the_answer() -> None:
    no = says("Tom Brown did not pay, it was paid by Ms Keller.", "Paid by Ms Keller")

    assert answer(no, question="Did Tom Brown pay?").warnings == ()


@pytest.mark.parametrize(
    "text",
    [
        "On page 1, the total is $1,234.50.",
        "The total on page 9 is $1,234.50.",
        "The total is $1,234.50 (page 9).",
        "- The total is $1,234.50 [p. 9].",
        "1. The total is $1,234.50 (pp. 9-10)",
    ],
)
def test_pages_that_a_model_names_give_way_to_those_where_the_quotation_stands(text: str) -> None:
    content = answer(says(text, "Total: $1,234.50")).content

    assert content.startswith("The total is $1,234.50") or content.startswith(
        "The total is $1,234.50".replace(" on", "")
    )
    assert content.rstrip(".").endswith("(p. 2)")
    assert "9" not in content


def test_a_page_that_the_document_speaks_of_stays() -> None:
    text = "Annual rate, see on page 7 of the terms"

    assert answer(says(text, text)).content == f"{text} (p. 1)"


def test_one_quotation_that_stands_there_is_enough_and_the_others_are_dropped() -> None:
    whole = answer(says("The total is $1,234.50.", "Total: $1,234.50", "It was never paid at all by anybody"))

    assert [one.snippet for one in whole.citations] == ["Total: $1,234.50"]


def test_who_cites_everything_has_not_every_number_for_it() -> None:
    everything = Document(tuple(page(n, f"Item {n} costs {n + 1000} dollars") for n in range(50)))
    model = Model([says("Item 3 costs 1040 dollars.", *(f"Item {n} costs {n + 1000} dollars" for n in range(50)))])

    assert converse(model, document=everything)[1].content == NOT_FOUND


def test_text_that_ocr_was_not_sure_of_is_marked() -> None:
    assert answer(says("The goods were received by Smith.", "goods received by Smith")).warnings == (LOW_CONFIDENCE,)


def test_a_weak_answer_of_a_model_that_quotes_is_called_the_closest_passage() -> None:
    weak = Statement("Due within thirty days", (Claim("Due within thirty days", 2),), 0.4)

    assert answer(weak).content == "The closest passage is: Due within thirty days (p. 2)"
    assert answer(weak).confidence == 0.4


def test_asked_again_it_is_told_which_quotations_do_not_exist_but_not_to_avoid_those_that_do() -> None:
    invented = says("It was paid in cash.", "Everything was paid in cash")
    wrong = says("The total is $1,243.50.", "Total: $1,234.50")
    model = Model([invented, wrong], [TOTAL])

    _, whole = converse(model)

    assert model.asked[1].refuted == ("Everything was paid in cash", "The total is $1,243.50.")
    assert (whole.content, whole.warnings) == ("The total is $1,234.50 (p. 2).", (WITHHELD,))


def test_of_a_second_try_only_what_is_new_is_said() -> None:
    lie = says("It was paid in cash.", "Everything was paid in cash")
    again = says("The total amount is $1,234.50.", "Total: $1,234.50")
    new = says("It is due within thirty days.", "Due within thirty days")

    said, _ = converse(Model([TOTAL, lie], [again, new]))

    assert [one.text for one in said] == ["The total is $1,234.50 (p. 2).", "It is due within thirty days (p. 2)."]


def test_it_is_not_asked_again_for_an_idle_word_beside_an_answer_nor_more_than_once_nor_without_time() -> None:
    polite, lie = Model([TOTAL, says("I hope this helps.")]), Model([says("It was paid.", "It was all paid in cash")])
    converse(polite)
    converse(lie)
    late = Model([says("It was paid.", "It was all paid in cash")])
    converse(late, seconds=5.0)

    assert [len(model.asked) for model in (polite, lie, late)] == [1, 2, 1]


def test_a_model_that_finds_nothing_is_believed() -> None:
    model = Model([])
    said, whole = converse(model)

    assert (said, whole.content, whole.warnings, len(model.asked)) == ([], NOT_FOUND, (), 1)


def test_of_an_answer_that_breaks_off_what_was_said_is_kept() -> None:
    _, whole = converse(Model([TOTAL, Unavailable("gone")]))

    assert (whole.content, whole.warnings) == ("The total is $1,234.50 (p. 2).", (CUT_SHORT,))


def test_a_bug_of_a_model_is_no_answer() -> None:
    with pytest.raises(ZeroDivisionError):
        converse(Model([TOTAL, ZeroDivisionError()]))


def test_a_model_that_never_says_another_word_is_left_at_the_deadline() -> None:
    def silent() -> Iterator[int]:
        yield 1
        threading.Event().wait()

    items = until(time.monotonic() + 0.2, silent())

    assert next(items) == 1
    with pytest.raises(Unavailable):
        next(items)


def test_a_model_that_is_no_longer_listened_to_stops() -> None:
    stopped = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                time.sleep(0.001)
                yield 1
        finally:
            stopped.set()

    items = until(time.monotonic() + 20, endless())
    next(items)
    del items

    assert stopped.wait(5)
