"""Notices that a model has begun to repeat itself, while it still writes."""

from __future__ import annotations

LONGEST_PERIOD = 240
"""Characters: a repeated sentence or row of a table. What comes again after more is left to the limit of tokens."""

_NEEDED = ((4, 12), (24, 6), (LONGEST_PERIOD, 4))
"""Periods up to so many characters are a loop from so many copies on: leaders and empty cells repeat for good reasons."""


def loop_start(text: str) -> int | None:
    """Where the second copy begins of what fills the end of `text` over and over; None if nothing does.

    Leaders (dots, dashes, spaces) of up to 200 characters are no loop, nor are 3,000 of a table: forms have rows of empty cells,
    and ledgers of zeros.
    """
    for period in range(1, min(LONGEST_PERIOD, len(text) // 2) + 1):
        if text[-period:] != text[-2 * period : -period]:
            continue
        start = _run_start(text, period)
        copies = (len(text) - start) // period
        least = next(count for longest, count in _NEEDED if period <= longest)
        if copies >= least and len(text) - start > _longest_run(text[-period:]):
            return start + period
    return None


_LONGEST_LEADER = 200
_LONGEST_ROWS = 3000
"""A table of 20 columns and as many rows, all the same."""


def _run_start(text: str, period: int) -> int:
    """The first index from which on `text` has this period."""
    start = len(text) - period
    while start > 0 and text[start - 1] == text[start - 1 + period]:
        start -= 1
    return start


def _longest_run(part: str) -> int:
    """Characters that its copies may fill, however many they are."""
    if "<" in part or ">" in part:
        return _LONGEST_ROWS
    return 0 if any(character.isalnum() for character in part) else _LONGEST_LEADER
