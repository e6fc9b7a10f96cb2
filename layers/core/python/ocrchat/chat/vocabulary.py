"""Words that questions are made of: those that say nothing of their subject, and those that documents put another way."""

from __future__ import annotations

from importlib import resources


def _lines(name: str) -> list[list[str]]:
    text = resources.files("ocrchat.chat").joinpath(name).read_text(encoding="utf-8")
    return [line.split() for line in text.splitlines()]


STOP_WORDS = frozenset(word for line in _lines("stop_words.txt") for word in line)

STOP_PHRASES = tuple(phrase for line in _lines("stop_phrases.txt") for phrase in line)
"""The same in scripts without spaces. Longer ones first."""

CONCEPTS = tuple(tuple(line) for line in _lines("synonyms.txt"))
"""Words that stand for each other where a question meets the labels of a form."""
