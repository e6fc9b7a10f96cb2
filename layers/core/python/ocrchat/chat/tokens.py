"""Words of a text as they are compared: folded, without marks, stemmed in the language of the document.

Stems are Snowball's (PyStemmer). Scripts without spaces, and Korean, become pairs of characters, as search engines do it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import Stemmer

from ocrchat.chat.numbers import canonical

_UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3005\u3040-\u9fff"
    r"\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_MARKS = r"\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0966-\u0dff"
"""What `\\w` leaves out and words are written with: accents, points, vowel signs."""

_WORD = re.compile(rf"([{_UNSPACED}]+)|(\d[\d.,]*\d)|((?:(?![{_UNSPACED}])[^\W_]|[{_MARKS}])+)")
_ASCII_WORD = re.compile(r"(\d[\d.,]*\d)|([a-z0-9]+)")

_LOOSE_MARKS = (220, 230, *range(10, 36))
"""Combining classes of marks that texts have or lack at will: accents, Hebrew points, Arabic vowels. Indic and Thai
signs are others."""


class Tokeniser:
    """For one document. `language` is its ISO 639-1 code; words of one that Snowball does not know stay as they are."""

    def __init__(self, language: str | None) -> None:
        # Names, numbers and loans are mostly English where the language is not known, and its stemmer is a careful one.
        try:
            self._stemmer = Stemmer.Stemmer(language or "en")
        except KeyError:
            self._stemmer = None

    def terms(self, text: str) -> list[str]:
        """In order, with repetitions."""
        text = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
        words = list(_ascii_words(text) if text.isascii() else _words(text))
        stems = self._stemmer.stemWords(words) if self._stemmer else words
        return [stem if stem.isascii() else _bare(stem) for stem in stems]


def _ascii_words(text: str) -> Iterator[str]:
    for number, word in _ASCII_WORD.findall(text):
        yield word or canonical(number)


def _words(text: str) -> Iterator[str]:
    for unspaced, number, word in _WORD.findall(text):
        if len(unspaced) > 1:
            yield from (unspaced[at : at + 2] for at in range(len(unspaced) - 1))
        else:
            yield unspaced or word or canonical(number)


def _bare(word: str) -> str:
    letters = (c for c in unicodedata.normalize("NFD", word) if unicodedata.combining(c) not in _LOOSE_MARKS)
    return unicodedata.normalize("NFC", "".join(letters))
