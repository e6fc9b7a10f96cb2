"""Page ranges as people write them: `1-3,7`, counted from 1."""

from __future__ import annotations

import re

from ocrchat.errors import InvalidField

_LONGEST = 1000
_RANGE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")


def parse(text: str, page_count: int) -> tuple[int, ...]:
    """The indexes (from 0) of the chosen pages of a file with `page_count` pages, in order, each once; all for an empty text.

    Raises InvalidField.
    """
    if not text:
        return tuple(range(page_count))
    chosen: set[int] = set()
    for part in _parts(text):
        first, last = part
        if last > page_count:
            raise InvalidField(
                f"The file has {page_count} page{'s' if page_count > 1 else ''}, so pages={text[:80]} asks for more than "
                "there is."
            )
        chosen.update(range(first - 1, last))
    return tuple(sorted(chosen))


def normalised(text: str) -> str:
    """The text without white space, its form checked before there is a file. Raises InvalidField."""
    compact = "".join(text.split())
    if compact:
        _parts(compact)
    return compact


def _parts(text: str) -> list[tuple[int, int]]:
    matches = [_RANGE.fullmatch(part) for part in text.split(",")]
    ranges = [(int(m[1]), int(m[2] or m[1])) for m in matches if m]
    if len(text) > _LONGEST or len(ranges) < len(matches) or any(not 0 < first <= last for first, last in ranges):
        raise InvalidField(
            f"pages='{text[:80]}' is not a page range. Count from 1 and write, for example, pages=1-3,7 "
            f"(at most {_LONGEST} characters)."
        )
    return ranges
