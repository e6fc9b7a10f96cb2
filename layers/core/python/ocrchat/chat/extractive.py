"""The chat model that only quotes: it finds what a question is about, and says it in the document's own words.

How it ranks, what that is worth, and what it cannot do: docs/adr/0020.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ocrchat.chat import questions
from ocrchat.chat.model import Claim, Nearness, Question, Statement
from ocrchat.chat.questions import Query
from ocrchat.chat.retrieval import Found, Index, index_of
from ocrchat.model import Document

_CHUNKS = 8
"""The best ones, in which quotations are looked for."""

_COMPARED = 24
"""The best units of these, whose meaning is compared with the question's: 10 ms each."""

_MOST = 3
"""Quotations of an answer, and one more where it asks for several things."""

_THINGS = 8
"""Things that one question asks for. Of one with more of them, each would cost as much as a question."""

_NEARLY = 0.8
"""A quotation beside the best one has so much of its score."""

_FLOOR = 0.3
"""Confidence by words alone below which nothing is found."""

_FEW = 2
"""Things a question is about, below which the one before it helps: "And the second one?"."""


@dataclass(frozen=True, slots=True)
class _Quotation:
    """A unit of a chunk, how well it answers, and how sure that is (0..1)."""

    unit: int
    chunk: int
    score: float
    confidence: float


class Extractive:
    name = "extractive"

    def __init__(self, nearness: Nearness | None) -> None:
        """Without a sense of nearness it goes by words alone."""
        self._nearness = nearness

    @classmethod
    def load(cls, weights: Path, threads: int) -> Extractive:
        """Raises FileNotFoundError."""
        from ocrchat.chat.embedder import Embedder

        return cls(Embedder(weights, threads).nearness)

    def answer(self, document: Document, question: Question, deadline: float) -> Iterator[Statement]:
        """Does not look at the deadline: the first question of 3,000 pages takes 10 s, since they are indexed; others about 1."""
        index = index_of(document)
        chosen: dict[int, Statement] = {}
        for query in _queries(index, question):
            if len(chosen) > _MOST:
                break
            for quotation in self._best(index, query):
                chosen.setdefault(quotation.unit, _statement(index, query, quotation))
        yield from list(chosen.values())[: _MOST + 1]

    def _best(self, index: Index, query: Query) -> list[_Quotation]:
        """The best unit of each of the best chunks, as long as they are nearly as good as the first."""
        ranked = _by_words(index, query)
        if self._nearness and ranked:
            some = ranked[:_COMPARED]
            near = self._nearness(query.text, [index.units[one.unit].text for one in some])
            ranked = _by_score(
                replace(one, score=one.score + more, confidence=0.7 * one.confidence + 0.3 * max(more, 0.0))
                for one, more in zip(some, near, strict=True)
            )
        best: dict[int, _Quotation] = {}
        for one in ranked:
            best.setdefault(one.chunk, one)
        return [one for one in list(best.values())[:_MOST] if one.score >= _NEARLY * ranked[0].score]


def _statement(index: Index, query: Query, quotation: _Quotation) -> Statement:
    """The unit as it is. A row is said with the heads of its columns: of those that are asked for, or of all."""
    unit = index.units[quotation.unit]
    claims = tuple(Claim(text, unit.page) for text in (unit.text, *unit.heads))
    text = unit.text
    if unit.heads and len(unit.cells) > 1:
        (_, label), *values = unit.cells
        things = {term for alternatives in query.terms for term in alternatives}
        asked = [(head, value) for head, value in values if things.intersection(index.terms(head))]
        text = f"{label}: {', '.join(f'{head} {value}'.strip() for head, value in asked or values)}"
    return Statement(text, claims, round(quotation.confidence, 2))


def _queries(index: Index, question: Question) -> list[Query]:
    """The whole question; where it asks for two things, as in "the total and the due date", each of them."""
    whole = index.query(question.text)
    if len(whole.terms) < _FEW and question.history:
        return [index.query(f"{question.text} {question.history[-1].question}")]
    parts = [query for part in questions.parts(question.text) if (query := index.query(part))]
    if len(parts) > _THINGS:
        return [whole]
    best = [ranked[0].unit for part in parts if (ranked := _by_words(index, part))]
    # "Terms and conditions" is one thing: both are found in one place, or one is not found at all.
    return parts if 1 < len(parts) == len(set(best)) else [whole]


def _by_words(index: Index, query: Query) -> list[_Quotation]:
    """Units of the best chunks, the best first."""
    found = index.rank(query)[:_CHUNKS]
    weights = {things: max(index.weight(term) for term in things) for things in query.terms}
    return _by_score(
        quotation
        for one in found
        for quotation in _quotations(index, query, one, one.score / found[0].score, weights)
        if quotation.confidence >= _FLOOR
    )


def _quotations(
    index: Index, query: Query, found: Found, rank: float, weights: dict[tuple[str, ...], float]
) -> Iterator[_Quotation]:
    """By the share of what is asked about that a unit has, and that stands around it; and whether it says more than that."""
    total = sum(weights.values())
    chunk = index.chunks[found.chunk]
    terms = {unit: index.unit_terms(unit) for unit in range(chunk.first, chunk.last)}

    def share(some: frozenset[str]) -> float:
        return sum(weight for things, weight in weights.items() if some.intersection(things)) / total

    around = share(frozenset().union(*terms.values()))
    for unit, own in terms.items():
        more = _more(query, index.units[unit].text, own)
        label = _fit(query, index.label_terms(unit))
        confidence = min(0.6 * share(own) + 0.25 * around + 0.15 * more + 0.3 * label, 1.0)
        yield _Quotation(unit, found.chunk, confidence + 0.3 * rank + 0.2 * more + 0.3 * label, confidence)


def _fit(query: Query, label: frozenset[str]) -> float:
    """How far the label of a value is what is asked for, 0..1: the share of the label, by that of the shorter of the two."""
    asked = sum(bool(label.intersection(things)) for things in query.terms)
    return asked / len(label) * asked / min(len(label), len(query.terms)) if asked else 0.0


def _more(query: Query, text: str, terms: frozenset[str]) -> float:
    """What a unit says that the question has not said, 0..1; of another kind than it asks for, that counts a third."""
    new = min(len(terms.difference(*query.terms)) / 4, 1.0)
    return new if not query.kinds or any(kind.stands_in(text) for kind in query.kinds) else new / 3


def _by_score(quotations: Iterator[_Quotation]) -> list[_Quotation]:
    return sorted(quotations, key=lambda one: -one.score)
