"""Whether a quotation stands in the document: on the page it is said to be on, or else on another one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from rapidfuzz import fuzz

from ocrchat.chat.model import Citation, Claim
from ocrchat.chat.numbers import in_order
from ocrchat.chat.sheet import Sheet, fold
from ocrchat.model import Document
from ocrchat.writing import is_unspaced

_ALIKE = 88.0
"""Of 100, by which a quotation may differ from the page: a model mends what OCR has misread."""

_SAME_WORD = 50.0
"""Of 100, by which a word may differ from what OCR has read in its place."""

_LEAST_FUZZY = 12
"""Letters of a quotation that may differ at all: in a shorter one a letter is another word."""

_LONGEST = 2000
"""Letters of a quotation."""

_SHARED = 0.6
"""Of its words, that a page must have as they are to be searched for what is alike: searching costs 1,000 times as much."""

_SEARCHED = 8
"""Pages that are searched for what is alike: the one that is named, and those that share most words."""

_MOST_WORK = 20_000_000
"""Letters of a quotation times those of a page: a quarter of a second. What is longer must stand there exactly."""

_MOST_TRIES = 1000
"""Places within words on one page."""

_BROKEN = re.compile(r"(?<=[^\W\d_])- (?=[^\W\d_])")
"""A word over the end of a line, quoted as it stands there."""


class Pages:
    """The pages of a document by their numbers, from 1, each folded when it is first looked at."""

    def __init__(self, document: Document) -> None:
        self._pages = {page.index + 1: page for page in document.pages if page.blocks}
        self._sheets: dict[int, Sheet] = {}

    def sheet(self, number: int) -> Sheet | None:
        if number not in self._sheets and number in self._pages:
            self._sheets[number] = Sheet(self._pages[number])
        return self._sheets.get(number)

    def find(self, claim: Claim) -> Citation | None:
        """The quotation where it stands; None where it stands nowhere. Its page first, then the others in order."""
        wanted = fold(claim.snippet)
        if len(wanted) > _LONGEST or not any(letter.isalnum() for letter in wanted):
            return None
        place = self._exact(wanted, claim.page) or self._alike(wanted, claim.page)
        if place is None:
            return None
        number, start, end = place
        span = self._sheets[number].span(start, end)
        return Citation(number, span.snippet, span.boxes, span.blocks, span.confidence)

    def _exact(self, wanted: str, first: int | None) -> tuple[int, int, int] | None:
        for text in dict.fromkeys((wanted, _BROKEN.sub("", wanted))):
            for number, sheet in self._all(first):
                if place := _exactly(text, sheet):
                    return number, *place
        return None

    def _alike(self, wanted: str, first: int | None) -> tuple[int, int, int] | None:
        if len(wanted) < _LEAST_FUZZY:
            return None
        words = wanted.split()
        shared = {number: sum(word in sheet.words for word in words) for number, sheet in self._all(first)}
        likely = [number for number, count in shared.items() if count >= _SHARED * len(words)]
        likely.sort(key=lambda number: (number != first, -shared[number]))
        for number in likely[:_SEARCHED]:
            if place := _nearly(wanted, self._sheets[number]):
                return number, *place
        return None

    def _all(self, first: int | None) -> Iterator[tuple[int, Sheet]]:
        """The page that is named, then the others in order."""
        for number in sorted(self._pages, key=lambda number: (number != first, number)):
            if sheet := self.sheet(number):
                yield number, sheet


def _exactly(wanted: str, sheet: Sheet) -> tuple[int, int] | None:
    """Not within a word or a number: 100 does not stand in 1,100."""
    start = sheet.text.find(wanted)
    for _ in range(_MOST_TRIES):
        if start < 0:
            return None
        end = start + len(wanted)
        if not _cuts(sheet, start) and not _cuts(sheet, end):
            return start, end
        start = sheet.text.find(wanted, start + 1)
    return None


def _nearly(wanted: str, sheet: Sheet) -> tuple[int, int] | None:
    text = sheet.text
    if len(wanted) * len(text) > _MOST_WORK:
        return None
    if len(wanted) >= len(text):  # the search would look for the page in the quotation
        if fuzz.ratio(wanted, text) < _ALIKE:
            return None
        start, end = 0, len(text)
    else:
        found = fuzz.partial_ratio_alignment(wanted, text, score_cutoff=_ALIKE)
        if found is None:
            return None
        start, end = _to_words(sheet, found.dest_start, found.dest_end)
    found_text = text[start:end]
    return (start, end) if in_order(wanted) == in_order(found_text) and _same_words(wanted, found_text) else None


def _same_words(wanted: str, found: str) -> bool:
    """Whether they differ by letters within words alone: no word is another one, none was added, none left out.

    But for the first and the last one found, which may be there only since words are not cut.
    """
    ours, theirs = (Counter(filter(_is_word, text.split())) for text in (wanted, found))
    added, left_out = ours - theirs, theirs - ours
    needed = left_out - Counter((found.split()[0], found.split()[-1]))
    return _have_likes(added, left_out) and _have_likes(needed, added)


def _have_likes(words: Iterable[str], others: Iterable[str]) -> bool:
    return all(any(fuzz.ratio(word, other) >= _SAME_WORD for other in others) for word in words)


def _is_word(text: str) -> bool:
    """Of one letter too much is lost with it."""
    return sum(letter.isalnum() for letter in text) > 1


def _to_words(sheet: Sheet, start: int, end: int) -> tuple[int, int]:
    text = sheet.text
    while _cuts(sheet, start):
        start -= 1
    while _cuts(sheet, end):
        end += 1
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _cuts(sheet: Sheet, place: int) -> bool:
    """Whether a word, a number or a letter goes on at `place`. Scripts without spaces have no words that do."""
    text = sheet.text
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if before.isdigit() and after in ".,:/" and text[place + 1 : place + 2].isdigit():
        return True
    if after.isdigit() and before in ".,:/" and text[place - 2 : place - 1].isdigit():
        return True
    if before.isalnum() and after.isalnum() and not (is_unspaced(before) or is_unspaced(after)):
        return True
    return sheet.is_within_letter(place)
