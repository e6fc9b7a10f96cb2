"""From what a model writes, piece by piece, to statements: a sentence each, with the quotations that it gives for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ocrchat.chat.model import Claim, Statement
from ocrchat.chat.prompt import NOT_FOUND

_END = re.compile(r"\s*\n\s*|(?<=[.!?])\s+(?=[^\sa-z])|(?<=[。！？])")
_ABBREVIATION = re.compile(r"(?:^|[\s(])[^\W\d_]{1,3}\.$")
"""Dr. Keller, Acme Co. Ltd, art. 5: no sentence ends there."""

_FULL_STOPS = (".", "!", "?", "。", "！", "？")

_BETWEEN = " \n.,;:!?。！？"
"""What at the beginning of a piece still belongs to the sentence before it."""


class Sentences:
    """The last sentence is held back, since it may go on, or be quoted for."""

    def __init__(self) -> None:
        self._text = ""
        self._cited: list[tuple[int, int, Claim]] = []
        """From where to where `_text` rests on a quotation."""
        self._is_over = False

    def write(self, piece: str, claims: Sequence[Claim] = ()) -> Iterator[Statement]:
        """`claims` are what every sentence rests on that has a part in `piece`, which is all that they belong to."""
        if self._is_over and any(letter.isalnum() for letter in piece):
            self._text += "\n"
            self._is_over = False
        start = len(self._text) + len(piece) - len(piece.lstrip(_BETWEEN))
        self._text += piece
        self._cited += [(start, len(self._text), claim) for claim in claims]
        text = self._text.rstrip()
        if claims and text.endswith(_FULL_STOPS) and not _ABBREVIATION.search(text):
            yield from self.end()
            return
        *whole, last = _spans(self._text)
        for span in whole:
            yield from self._statement(*span)
        self._drop(last[0])

    def cite(self, claim: Claim) -> None:
        """A quotation behind the sentence that rests on it; the next word begins another one."""
        end = len(self._text.rstrip())
        self._cited.append((end - 1, end, claim))
        self._is_over = True

    def end(self) -> Iterator[Statement]:
        for span in _spans(self._text):
            yield from self._statement(*span)
        self._drop(len(self._text))

    def _statement(self, start: int, end: int) -> Iterator[Statement]:
        text = self._text[start:end].strip().lstrip(_BETWEEN)
        end = start + len(self._text[start:end].rstrip())
        claims = dict.fromkeys(claim for first, last, claim in self._cited if first < end and last > start)
        if text and text.strip(".*_ ") != NOT_FOUND:
            yield Statement(text, tuple(claims))

    def _drop(self, count: int) -> None:
        self._text = self._text[count:]
        self._cited = [(first - count, last - count, claim) for first, last, claim in self._cited if last > count]


def _spans(text: str) -> list[tuple[int, int]]:
    """Where its sentences begin and end. What is behind the last one is empty, or more of it."""
    starts = [0]
    for found in _END.finditer(text):
        is_abbreviated = "\n" not in found[0] and _ABBREVIATION.search(text[starts[-1] : found.start()])
        if not is_abbreviated and text[found.end() :].strip():
            starts.append(found.end())
    return list(zip(starts, [*starts[1:], len(text)], strict=True))
