from __future__ import annotations

import pytest

from ocrchat.bidi import logical_order

HELLO, WORLD = "שלום", "עולם"
GOOD = "טוב"


def read(seen: str) -> str:
    """What is seen from left to right, each character one unit wide, in reading order."""
    return "".join(c for _, c in logical_order(seen, [(i, i + 1) for i in range(len(seen))]))


def turned(text: str) -> str:
    return text[::-1]


@pytest.mark.parametrize(
    ("seen", "meant"),
    [
        (turned(f"{HELLO} {WORLD}"), f"{HELLO} {WORLD}"),
        ("." + turned(f"{HELLO} {GOOD}"), f"{HELLO} {GOOD}."),
        (f"12.50% {turned(HELLO)}", f"{HELLO} 12.50%"),
        (f"-4.3 {turned(HELLO)}", f"{HELLO} -4.3"),
        (f"2023-{turned(HELLO)}", f"{HELLO}-2023"),
        (f"2014 2013 {turned(HELLO)}", f"{HELLO} 2013 2014"),
        (f"{turned(GOOD + WORLD)} PDF 17 {turned(HELLO)}", f"{HELLO} PDF 17 {GOOD + WORLD}"),
        (f"the word {turned(HELLO)} is Hebrew", f"the word {HELLO} is Hebrew"),
        ("no change 12", "no change 12"),
    ],
)
def test_a_line_is_put_in_the_order_in_which_it_is_read(seen: str, meant: str) -> None:
    assert read(seen) == meant


@pytest.mark.parametrize("brackets", ["()", "[]", "«»"])
def test_a_bracket_opens_in_reading_order_whether_its_shape_or_its_meaning_is_stored(brackets: str) -> None:
    opening, closing = brackets
    meant = f"{HELLO} {opening}{WORLD}{closing}"

    assert read(f"{opening}{turned(WORLD)}{closing} {turned(HELLO)}") == meant
    assert read(f"{closing}{turned(WORLD)}{opening} {turned(HELLO)}") == meant


def test_the_order_in_the_file_does_not_matter() -> None:
    logical = f"{HELLO} {WORLD}"
    places = [(len(logical) - i, len(logical) - i + 1.0) for i in range(len(logical))]

    assert "".join(c for _, c in logical_order(logical, places)) == logical
    assert "".join(c for _, c in logical_order(turned(logical), places[::-1])) == logical


def test_a_ligature_and_a_vowel_sign_stay_with_their_letter() -> None:
    # "لا" drawn as one glyph, as MuPDF gives it after turning a run around: the alef, without a width, before its lam.
    lam_alef = [("\u0627", (10.0, 10.0)), ("\u0644", (10.0, 17.0)), ("\u0628", (0.0, 9.0)), ("\u064e", (4.0, 4.0))]

    order = logical_order([c for c, _ in lam_alef], [extent for _, extent in lam_alef])

    assert "".join(c for _, c in order) == "\u0644\u0627\u0628\u064e"


def test_each_character_comes_out_once() -> None:
    seen = f"a) 1/2 {turned(HELLO)} \u0301b- {turned(WORLD)} 50%"

    assert sorted(i for i, _ in logical_order(seen, [(i, i + 1) for i in range(len(seen))])) == list(range(len(seen)))
