"""What a model says, checked against the pages, sentence by sentence: the one way from a question to an answer.

A sentence is let through if a quotation that it rests on stands in the document, every number in it stands in such a
quotation, and most names in it stand on the pages of these. The others are withheld, and the model is asked once more, told
which quotations do not exist. It cannot be seen here whether a sentence follows from its quotation: "was not paid" may cite
"was paid". So the quotation always goes with it. What and why: docs/adr/0021.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace

from ocrchat.chat.cleaning import plain
from ocrchat.chat.model import Answer, ChatModel, Citation, Question, Said, Statement
from ocrchat.chat.numbers import numbers
from ocrchat.chat.sheet import fold
from ocrchat.chat.verify import Pages
from ocrchat.errors import Unavailable
from ocrchat.model import Document

NOT_FOUND = "Not found in the document."
CLOSEST = "The closest passage is: "

WEAK = 0.5
"""Confidence of a model in its first sentence, below which that is called the closest passage, and no answer."""

WITHHELD = "statements_withheld"
CUT_SHORT = "cut_short"
LOW_CONFIDENCE = "low_confidence_text"
LOOSE = "loosely_supported"

_LEGIBLE = 0.8
"""OCR's confidence in a cited line, below which the answer warns of it."""

_RETRY_SECONDS = 8.0
"""What must be left until the deadline to ask again."""

_PAGE_REFERENCE = re.compile(r"\s*[(\[](?:pp?\.|pages?|S\.|Seiten?|págs?\.|página)\s*[\d\s,–-]+[)\]]", re.IGNORECASE)
_LIST_MARKER = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_WORD = re.compile(r"[^\W\d_]{3,}")
_STEM = 5
"""Letters by which words are the same one."""


def converse(
    model: ChatModel, document: Document, question: Question, deadline: float
) -> Generator[Said, None, Answer]:
    """Yields sentences once they are checked; the whole is returned. Raises Unavailable where no answer could be had."""
    checker = _Checker(document, question)
    said: list[Said] = []
    confidence, warnings = None, set()
    for _ in range(2):
        refuted: list[str] = []
        try:
            for statement in model.answer(document, question, deadline):
                one = checker.check(statement, is_first=not said)
                if one is None:
                    warnings.add(WITHHELD)
                    refuted += [claim.snippet for claim in statement.claims]
                elif one.text not in {earlier.text for earlier in said}:
                    confidence = statement.confidence if not said else confidence
                    warnings |= one.warnings
                    said.append(Said(one.text, one.citations))
                    yield said[-1]
        except Unavailable:
            if not said:
                raise
            warnings.add(CUT_SHORT)
            break
        may_gain = bool(refuted) or (WITHHELD in warnings and not said)
        if not may_gain or deadline - time.monotonic() < _RETRY_SECONDS:
            break
        question = replace(question, refuted=tuple(refuted))
    if not said:
        return Answer(NOT_FOUND, (), model.name, warnings=tuple(sorted(warnings)))
    citations = tuple(dict.fromkeys(citation for one in said for citation in one.citations))
    if min(citation.confidence for citation in citations) < _LEGIBLE:
        warnings.add(LOW_CONFIDENCE)
    return Answer("\n".join(one.text for one in said), citations, model.name, confidence, tuple(sorted(warnings)))


@dataclass(frozen=True, slots=True)
class _Checked:
    text: str
    citations: tuple[Citation, ...]
    warnings: frozenset[str] = frozenset()


class _Checker:
    def __init__(self, document: Document, question: Question) -> None:
        self._pages = Pages(document)
        self._text = document.text
        self._asked = fold(question.text)

    def check(self, statement: Statement, is_first: bool) -> _Checked | None:
        """None if it is not to be shown."""
        found = (self._pages.find(claim) for claim in statement.claims)
        citations = tuple(dict.fromkeys(citation for citation in found if citation))
        text = plain(_LIST_MARKER.sub("", _PAGE_REFERENCE.sub("", statement.text)), self._text)
        if not citations or not text:
            return None
        evidence = " ".join(fold(citation.snippet) for citation in citations)
        if not numbers(text) <= numbers(evidence):
            return None
        on_pages = {number: sheet.text for number in _numbers(citations) if (sheet := self._pages.sheet(number))}
        if not _names_stand(text, " ".join([*on_pages.values(), self._asked])):
            return None
        is_weak = is_first and statement.confidence is not None and statement.confidence < WEAK
        worded = f"{CLOSEST if is_weak else ''}{_with_pages(text, _numbers(citations))}"
        return _Checked(worded, citations, frozenset() if _overlaps(text, evidence) else frozenset({LOOSE}))


def _names_stand(text: str, known: str) -> bool:
    """Whether at least half of the words with a capital, but for the first, stand in `known`, which is folded.

    Half, since German writes all nouns so, and an answer may be in another language than the document.
    """
    _, *others = _WORD.findall(text) or [""]
    names = [fold(word) for word in others if word[0].isupper()]
    return not names or sum(name in known for name in names) >= len(names) / 2


def _overlaps(text: str, evidence: str) -> bool:
    """Whether a word of the sentence that says something stands in its quotations too, as far as its beginning goes."""
    words = {fold(word)[:_STEM] for word in _WORD.findall(text) if len(word) > 3}
    return not words or any(word in evidence for word in words)


def _with_pages(text: str, pages: Iterable[int]) -> str:
    """As in "The total is $42 (p. 1)."."""
    named = ", ".join(map(str, pages))
    end = text[-1] if text[-1] in ".!?" else ""
    return f"{text.removesuffix(end)} ({'pp.' if ',' in named else 'p.'} {named}){end}"


def _numbers(citations: Iterable[Citation]) -> list[int]:
    return sorted({citation.page for citation in citations})
