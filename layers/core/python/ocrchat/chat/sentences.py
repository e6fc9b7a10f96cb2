"""From what a model writes, piece by piece, to statements: a sentence each, with the quotations that it gives for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ocrchat.chat.model import Claim, Statement
from ocrchat.chat.prompt import NOT_FOUND

_END = re.compile(r"(?<=[.!?])\s+(?=[^\sa-z])|(?<=[。！？])|\n+")
_ABBREVIATION = re.compile(r"(?:^|[\s(])[^\W\d_]{1,3}\.$")
"""Dr. Keller, Acme Co. Ltd, art. 5: no sentence ends there."""


class Sentences:
    def __init__(self) -> None:
        self._text = ""
        self._claims: list[Claim] = []

    def write(self, piece: str) -> Iterator[Statement]:
        """Text that quotations may follow. Those belong to the last sentence before them."""
        if self._claims and any(letter.isalnum() for letter in piece):
            yield from self.end()
        self._text += piece

    def cite(self, claim: Claim) -> None:
        self._claims.append(claim)

    def end(self) -> Iterator[Statement]:
        *others, last = _split(self._text) or [""]
        for text in others:
            yield from _statement(text, ())
        yield from _statement(last, tuple(self._claims))
        self._text, self._claims = "", []


def _split(text: str) -> list[str]:
    parts: list[str] = []
    for part in _END.split(text):
        if parts and _ABBREVIATION.search(parts[-1]):
            parts[-1] += f" {part}"
        elif part.strip():
            parts.append(part)
    return parts


def _statement(text: str, claims: tuple[Claim, ...]) -> Iterator[Statement]:
    text = text.strip().lstrip(".,;:!?").strip()
    if text and text.strip(".*_ ") != NOT_FOUND:
        yield Statement(text, claims)
