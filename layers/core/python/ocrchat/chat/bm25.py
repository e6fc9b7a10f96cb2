"""Okapi BM25 over texts given as terms (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009, section 3)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

_K1 = 1.2
_B = 0.75


class Bm25:
    """An inverted index: a question costs as much as its terms occur."""

    def __init__(self, texts: Iterable[Sequence[str]]) -> None:
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._lengths: list[int] = []
        for number, terms in enumerate(texts):
            self._lengths.append(len(terms))
            for term, count in Counter(terms).items():
                self._postings[term].append((number, count))
        self._mean = sum(self._lengths) / max(len(self._lengths), 1) or 1.0

    def weight(self, term: str) -> float:
        """How much it tells apart: what all texts have weighs next to nothing, and one that none has the most."""
        having = len(self._postings.get(term, ()))
        return math.log(1 + (len(self._lengths) - having + 0.5) / (having + 0.5))

    def scores(self, terms: Iterable[str]) -> dict[int, float]:
        """Text -> score, of those that have one of `terms` at least."""
        found: dict[int, float] = defaultdict(float)
        for term in terms:
            weight = self.weight(term)
            for number, count in self._postings.get(term, ()):
                length = 1 - _B + _B * self._lengths[number] / self._mean
                found[number] += weight * count * (_K1 + 1) / (count + _K1 * length)
        return dict(found)
