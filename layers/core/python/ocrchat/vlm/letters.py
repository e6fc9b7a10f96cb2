"""What of a text is compared, and its words.

Compared are letters and digits only, in their simplest form: how a model writes dashes, capitals, accents, Markdown or LaTeX
commands says little about whether it has read what is there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from ocrchat.writing import is_ideograph

_COMMAND = re.compile(r"\\[A-Za-z]+")
"""Of LaTeX."""


def letters(text: str) -> tuple[str, list[int]]:
    """What of `text` is compared, and the index in `text` that each letter comes from. Accents are left out."""
    bare = _COMMAND.sub(lambda found: " " * len(found[0]), text)
    some = [
        (letter, index)
        for index, character in enumerate(bare)
        if not character.isspace()
        for letter in _simple(character)
        if letter.isalnum()
    ]
    return "".join(letter for letter, _ in some), [index for _, index in some]


def _simple(character: str) -> str:
    if character.isascii():
        return character.lower()
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text, in a script without spaces a character; `start` is its index in the text."""

    text: str
    start: int
    has_space: bool
    """Whether there is white in front of it."""

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def tokens(text: str) -> Iterator[Token]:
    for word in re.finditer(r"\S+", text):
        start = word.start()
        for index, character in enumerate(word[0], word.start()):
            if is_ideograph(character):
                if start < index:
                    yield Token(text[start:index], start, start == word.start())
                yield Token(character, index, index == word.start())
                start = index + 1
        if start < word.end():
            yield Token(text[start : word.end()], start, start == word.start())
