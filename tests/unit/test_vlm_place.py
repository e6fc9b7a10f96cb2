"""Where the words of a model stand: letters, runs of them, and the lines that OCR has seen."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrchat.model import Box, Line, Word
from ocrchat.vlm import place
from ocrchat.vlm.letters import letters, tokens
from ocrchat.vlm.pool import Pool

AREA = Box(0, 0, 1000, 1000)


def line(text: str, y: float = 0, x: float = 0, confidence: float = 0.9) -> Line:
    """Ten pixels a character."""
    words = tuple(
        Word(token.text, Box(x + 10 * token.start, y, x + 10 * token.end, y + 20), confidence) for token in tokens(text)
    )
    return Line(text, Box(x, y, x + 10 * len(text), y + 20), confidence, words)


def lines(*texts: str) -> list[Line]:
    return [line(text, 30 * number) for number, text in enumerate(texts)]


def aligned(text: str, seen: list[Line]) -> tuple[float, tuple[Line, ...]]:
    """Share of the text's letters that were found, and its lines."""
    pool = Pool(seen)
    said, at = letters(text)
    known: dict[int, int] = {}
    pool.match(said, range(len(seen)), len(pool.letters), known)
    pool.match_whole(said, 0, len(said), range(len(seen)), known)
    found = place.lines_of(text, at, pool, known) if known else place.spread(text, [], AREA)
    return len(known) / max(len(said), 1), found


def words(some: Iterable[Line]) -> dict[str, Box]:
    return {word.text: word.box for each in some for word in each.words}


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("Ärger, “Übel” – 5 €", "argerubel5"),
        ("A\u0308rger", "arger"),
        ("ﬁne ½ ² Ⅷ", "fine122viii"),
        ("straße", "strasse"),
        (r"\frac{a}{b} + \alpha", "ab"),
        ("**a** _b_ ~~c~~", "abc"),
        ("٣ ٤", "٣٤"),
        ("— … •", ""),
        ("が か", "かか"),
        ("مُحَمَّد", "محمد"),
    ],
)
def test_letters_are_compared_in_their_simplest_form(text: str, compared: str) -> None:
    assert letters(text)[0] == compared


@given(st.text())
def test_each_letter_comes_from_somewhere_in_its_order(text: str) -> None:
    found, at = letters(text)
    assert len(found) == len(at)
    assert at == sorted(at)
    assert all(0 <= index < len(text) and not text[index].isspace() for index in at)
    assert letters(found)[0] == found, "what is simple stays so"


@given(st.text())
def test_tokens_are_the_text(text: str) -> None:
    found = list(tokens(text))
    assert "".join(token.text for token in found) == "".join(text.split())
    assert all(text[token.start : token.end] == token.text for token in found)
    assert "".join((" " if token.has_space else "") + token.text for token in found).split() == text.split()


def test_words_get_the_boxes_of_ocr() -> None:
    seen = lines("The quick brown fox jumps", "over the lazy dog.")
    share, found = aligned("The quick brown cat jumps over the lazy dog.", seen)

    assert share == pytest.approx(32 / 35)
    assert [each.text for each in found] == ["The quick brown cat jumps", "over the lazy dog."]
    assert found[0].box == seen[0].box
    assert words(found)["brown"] == words(seen)["brown"]
    assert words(found)["cat"].x0 == pytest.approx(words(seen)["fox"].x0)
    assert found[1] == seen[1]
    assert found[0].confidence == pytest.approx(0.9 * 18 / 21, abs=1e-4)


def test_a_word_that_ocr_has_divided_is_one_word() -> None:
    share, found = aligned("It was a recognition of", lines("It was a recog-", "nition of"))

    assert share == 1.0
    assert [each.text for each in found] == ["It was a", "recognition of"]


def test_a_word_that_only_one_has_moves_no_other() -> None:
    seen = lines("alpha beta gamma delta", "epsilon zeta eta theta")
    share, found = aligned("alpha beta entirely new words gamma delta epsilon theta", seen)

    assert share > 0.65
    assert words(found)["gamma"] == words(seen)["gamma"]
    assert words(found)["theta"] == words(seen)["theta"]
    assert [each.text.split()[-1] for each in found] == ["delta", "theta"]


def test_scripts_without_spaces_are_placed_by_characters() -> None:
    seen = lines("北京是中华人民共和国的首都", "位于华北平原的北部")
    share, found = aligned("北京是中華人民共和国的首都，位于华北平原的北部。", seen)

    assert share > 0.9
    assert [each.text for each in found] == ["北京是中華人民共和国的首都，", "位于华北平原的北部。"]
    assert words(found)["首"] == words(seen)["首"]


def test_text_from_right_to_left_is_placed_by_its_words() -> None:
    text = "كانت المدينة القديمة محاطة بسور"
    seen = [Line(text, Box(100, 0, 410, 20), 0.9, tuple(
        Word(word, Box(400 - 60 * n, 0, 450 - 60 * n, 20)) for n, word in enumerate(text.split())
    ))]  # fmt: skip
    _, found = aligned(text.replace("محاطة", "محاصرة"), seen)

    assert words(found)["المدينة"] == Box(340, 0, 390, 20)
    assert words(found)["بسور"] == Box(160, 0, 210, 20)


def test_accents_are_no_difference_composed_or_not() -> None:
    seen = lines("Les élèves rêvaient déjà de Noël")
    for text in (
        "Les e\u0301le\u0300ves re\u0302vaient de\u0301ja\u0300 de Noe\u0308l",
        "Les eleves revaient deja de Noel",
    ):
        share, found = aligned(text, seen)
        assert share == 1.0
        assert [each.text for each in found] == [text]
        assert found[0].box == seen[0].box


def test_nothing_is_found_where_nothing_is() -> None:
    assert aligned("Completely different", lines("The quick brown fox", "jumps over it"))[0] == 0.0
    assert aligned("Something", [])[0] == 0.0
    assert aligned("***", lines("abc"))[0] == 0.0


def test_a_text_without_a_place_of_its_own_is_spread_over_its_area() -> None:
    found = place.spread("one\n\ntwo three\n", [], Box(100, 200, 300, 400))
    assert [(each.text, each.box, each.confidence) for each in found] == [
        ("one", Box(100, 200, 300, 300), 0.0),
        ("two three", Box(100, 300, 300, 400), 0.0),
    ]
    assert [word.text for word in found[1].words] == ["two", "three"]
    assert found[1].words[1].box.x1 == pytest.approx(300)
    some = [Box(0, 0, 5, 5), Box(0, 10, 5, 15)]
    assert [each.box for each in place.spread("one\ntwo", some, AREA)] == some
    assert place.spread(" \n", [], AREA) == ()


def test_what_ocr_reads_badly_is_found_by_what_it_reads_well() -> None:
    text = "The observatory stands on a ridge above the valley where the nights are dry"
    noise = Random(1)
    read = "".join(character if noise.random() > 0.08 else noise.choice("abcdefgh") for character in text)
    share, found = aligned(text, lines(read))
    assert share > 0.75
    assert [each.text for each in found] == [text]


def test_each_letter_is_found_once() -> None:
    seen = lines("the same words again", "other words in between", "the same words again")
    pool = Pool(seen)
    said, _ = letters("the same words again")
    for share in (1.0, 1.0, 0.0):
        known: dict[int, int] = {}
        pool.match(said, range(3), len(pool.letters), known)
        assert len(known) / len(said) == share
    assert [pool.matched(n) for n in range(3)] == [1.0, 0.0, 1.0]


@given(
    st.lists(st.text("ab c1漢é—", max_size=12), max_size=6),
    st.text("ab c1漢é—", max_size=40),
    st.sets(st.integers(0, 5)),
)
def test_matches_are_the_same_letters_in_the_lines_allowed(texts: list[str], text: str, allowed: set[int]) -> None:
    pool = Pool(lines(*texts))
    allowed &= set(range(len(texts)))
    said, at = letters(text)
    known: dict[int, int] = {}
    pool.match(said, allowed, len(said), known)
    pool.match(said, allowed, len(pool.letters), known)
    pool.match_whole(said, 0, len(said), allowed, known)

    assert all(said[index] == pool.letters[found] for index, found in known.items())
    assert all(pool.line_of(found) in allowed for found in known.values())
    assert len(set(known.values())) == len(known)
    assert [bool(free) for free in pool.free] == [n not in set(known.values()) for n in range(len(pool.letters))]
    if known:
        assert " ".join(each.text for each in place.lines_of(text, at, pool, known)).replace(" ", "") == "".join(
            text.split()
        )


def test_rows_that_are_lines_are_taken_whole_or_not_at_all() -> None:
    pool = Pool(lines("a b", "—", "c", "—", "a b"))
    everywhere = range(5)

    assert pool.exact("a  b\nc\nd", everywhere) is None
    assert pool.exact("—\na b", everywhere) == (1, 0)
    assert pool.exact("a b", range(4)) is None
    assert pool.exact("a b\n—", everywhere) == (4, 3)
    assert pool.exact("—", everywhere) is None
    assert pool.exact(" \n", everywhere) == ()


@pytest.mark.timeout(30)  # a guard against hanging, no measure: what it costs is in ADR 0018
def test_a_page_of_10_000_characters_is_aligned() -> None:
    some = Random(2)
    vocabulary = ["".join(some.choice("etaoinshrdlu") for _ in range(some.randint(2, 9))) for _ in range(800)]
    texts = [" ".join(some.choice(vocabulary) for _ in range(12)) for _ in range(150)]
    seen = lines(*texts)
    share, _ = aligned(" ".join(texts), seen)
    assert share == 1.0
