from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrchat.vlm.loops import LONGEST_PERIOD, loop_start

PROSE = "The quick brown fox jumps over the lazy dog; nobody saw it. "


@pytest.mark.parametrize(
    ("before", "part", "copies"),
    [
        (PROSE, "abc ", 50),
        (PROSE, "a", 12),
        ("", "no ", 12),
        (PROSE, "<td>0</td>", 320),
        (PROSE, "<tr><td></td></tr>", 180),
        (PROSE, "The same sentence again and again. ", 4),
        (PROSE, "x" * (LONGEST_PERIOD - 1) + "y", 4),
        (PROSE, "....", 60),
        (PROSE, "天地", 12),
    ],
)
def test_what_repeats_itself_is_cut_behind_its_first_copy(before: str, part: str, copies: int) -> None:
    text = before + part * copies
    start = loop_start(text)
    assert start is not None
    assert len(before) < start <= len(before) + len(part)
    assert loop_start(text[:start]) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        PROSE,
        PROSE * 3,
        "Contents " + "." * 120 + " 7",
        "Contents " + "." * 120,
        "Name: " + "_" * 190,
        "-" * 80,
        "1000000000",
        "<td>0</td>" * 200,
        f"<tr>{'<td></td>' * 8}</tr>" * 30,
        "0.00 " * 5,
        "ha ha ha ha ha ha",
        PROSE * 9 + "and then it ended otherwise",
    ],
)
def test_what_repeats_itself_for_good_reasons_or_not_at_its_end_is_no_loop(text: str) -> None:
    assert loop_start(text) is None


@given(st.text("ab .", max_size=60), st.integers(1, LONGEST_PERIOD), st.data())
def test_a_loop_has_a_period(before: str, period: int, data: st.DataObject) -> None:
    part = data.draw(st.text("abcd", min_size=period, max_size=period))
    text = before + part * 12 + part[: period // 2]
    start = loop_start(text)
    assert start is not None
    assert start <= len(before) + period
    assert text[start:] in part * 14


@pytest.mark.timeout(30)  # a guard against hanging, no measure: what it costs is in ADR 0018
@pytest.mark.parametrize(
    "part", ["a", "ab", "x" * 120 + "y", PROSE, "".join(map(chr, range(32, 12_032))), "." * 199 + "a"]
)
def test_a_look_at_12_000_characters_ends(part: str) -> None:
    text = (part * (12_000 // len(part) + 1))[:12_000]
    for n in range(5):
        start = loop_start(text[: 12_000 - n])
        assert start is None or 0 < start < 12_000
