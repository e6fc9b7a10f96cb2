"""Which parts of a document a question is about: BM25, and among the best of them the embedder's opinion."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from ocrchat.chat.bm25 import Bm25
from ocrchat.chat.model import Nearness
from ocrchat.chat.passages import Chunk, Unit, chunks, units
from ocrchat.chat.questions import Query, Reader
from ocrchat.chat.tokens import Tokeniser
from ocrchat.model import Document

_COMPARED = 24
"""Chunks, the best by words, whose meaning is compared with the question's: 20 ms each."""

_MEANING = 0.5
"""What the same meaning counts, where the best one by words has 1."""

_SYNONYM = 0.6
"""What another word for a thing counts, in words of the question."""


@dataclass(frozen=True, slots=True)
class Found:
    """A chunk by its number, and how well it fits; scores of one question can be compared."""

    chunk: int
    score: float


class Index:
    """A document, ready to be asked about."""

    def __init__(self, document: Document) -> None:
        self.units: tuple[Unit, ...] = units(document)
        self.chunks: tuple[Chunk, ...] = chunks(self.units)
        self._tokeniser = Tokeniser(_language(document))
        self._reader = Reader(self._tokeniser)

    def query(self, text: str) -> Query:
        return self._reader.query(text)

    def rank(self, query: Query) -> list[Found]:
        """Chunks that have one of the question's words, the best first."""
        total: Counter[int] = Counter()
        for own, *others in query.terms:
            total.update(self._chunk_scores.scores([own]))
            related: dict[int, float] = {}
            for other in others:
                for chunk, score in self._chunk_scores.scores([other]).items():
                    related[chunk] = max(related.get(chunk, 0.0), _SYNONYM * score)
            total.update(related)
        return [Found(chunk, score) for chunk, score in sorted(total.items(), key=lambda one: (-one[1], one[0]))]

    def rank_by_meaning(self, question: str, nearness: Nearness | None) -> list[Found]:
        """As `rank`, the best of it in the order of words and meaning together; without `nearness` by words alone."""
        ranked = self.rank(self.query(question))
        if nearness is None or not ranked:
            return ranked
        best, rest, most = ranked[:_COMPARED], ranked[_COMPARED:], ranked[0].score
        near = nearness(question, [self.text(found.chunk) for found in best])
        both = [Found(one.chunk, one.score / most + _MEANING * more) for one, more in zip(best, near, strict=True)]
        return [*sorted(both, key=lambda one: -one.score), *rest]

    def text(self, chunk: int) -> str:
        first, last = self.chunks[chunk].first, self.chunks[chunk].last
        return " ".join(unit.text for unit in self.units[first:last])

    def unit_terms(self, unit: int) -> frozenset[str]:
        """Of the unit with what it stands under."""
        return frozenset(self.terms(self.units[unit].context))

    def label_terms(self, unit: int) -> frozenset[str]:
        return frozenset(self.terms(self.units[unit].label))

    def weight(self, term: str) -> float:
        return self._chunk_scores.weight(term)

    @cached_property
    def _chunk_scores(self) -> Bm25:
        texts = (f"{self.units[chunk.first].heading} {self.text(number)}" for number, chunk in enumerate(self.chunks))
        return Bm25([self.terms(text) for text in texts])

    def terms(self, text: str) -> list[str]:
        return self._tokeniser.terms(text)


_last: tuple[Document, Index] | None = None


def index_of(document: Document) -> Index:
    """The last one is kept: a document is asked about more than once, and one of 3,000 pages takes 10 s."""
    global _last
    if _last is None or _last[0] is not document:
        _last = document, Index(document)
    return _last[1]


def _language(document: Document) -> str | None:
    """That of most of its pages."""
    known = Counter(page.language for page in document.pages if page.language)
    return known.most_common(1)[0][0] if known else None
