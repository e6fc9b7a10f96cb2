"""A question as it is looked up: what it is about, in the words that a document may use for that, and what would answer it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ocrchat.chat.tokens import Tokeniser
from ocrchat.chat.values import Kind, asked
from ocrchat.chat.vocabulary import CONCEPTS, STOP_PHRASES, STOP_WORDS

_MOST_TERMS = 40
"""Of a question: what comes behind them is hardly about something else."""

_CONJUNCTIONS = re.compile(
    r"\s*(?:[,;，、؛،]\s*)?(?:\b(?:and|und|y|et|e|ed|и)\b|[;&，、؛،]|(?<= )و(?=\w)|以及|和|と)\s*", re.IGNORECASE
)

_PUNCTUATION = '.,;:!?？¿¡؟"“”„«»()[]'


@dataclass(frozen=True, slots=True)
class Query:
    """`terms`: of each thing that it is about, the terms that may stand for it, its own first. `text` is what it was made of."""

    text: str
    terms: tuple[tuple[str, ...], ...]
    kinds: frozenset[Kind]

    def __bool__(self) -> bool:
        return bool(self.terms)


class Reader:
    """Reads questions about one document, in the terms of its tokeniser."""

    def __init__(self, tokeniser: Tokeniser) -> None:
        self._tokeniser = tokeniser
        self._synonyms: dict[str, tuple[str, ...]] = {}
        for concept in CONCEPTS:
            terms = tuple(dict.fromkeys(term for word in concept for term in tokeniser.terms(word)))
            for term in terms:
                self._synonyms[term] = (*self._synonyms.get(term, ()), *terms)

    def query(self, text: str) -> Query:
        own = list(dict.fromkeys(self._tokeniser.terms(" ".join(_content(text)))))[:_MOST_TERMS]
        return Query(text, tuple((term, *self._others(term)) for term in own), asked(text))

    def _others(self, term: str) -> list[str]:
        return [other for other in dict.fromkeys(self._synonyms.get(term, ())) if other != term]


def parts(sentence: str) -> list[str]:
    """What stands on the two sides of its conjunctions. Whether each is a question of its own, the document has to say."""
    return [part for part in _CONJUNCTIONS.split(sentence) if part.strip()]


def _content(text: str) -> list[str]:
    for phrase in STOP_PHRASES:
        text = text.replace(phrase, " ")
    return [word for word in re.split(r"[\s'’]+", text) if word.strip(_PUNCTUATION).casefold() not in STOP_WORDS]
