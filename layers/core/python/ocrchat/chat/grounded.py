"""What a model says, checked against the pages, sentence by sentence: the one way from a question to an answer.

A sentence is let through if a quotation that it rests on stands in the document, every number in it stands in such a
quotation, and most names in it stand on the pages of these. The others are withheld, and the model is asked once more, told
what the document does not say. A sentence that shares few words with its quotations, or has one name that is not there, is
marked. It cannot be seen here whether a sentence follows from its quotation: "was not paid" may cite "was paid", and numbers
may change places. So the quotation always goes with it. What and why: docs/adr/0021.
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
from ocrchat.chat.waiting import until
from ocrchat.errors import Unavailable
from ocrchat.model import Document
from ocrchat.writing import is_unspaced

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

_MOST_CLAIMS = 10
"""Quotations of a sentence that count: one that cites all of the document has every number in it."""

_PAGE_REFERENCE = re.compile(
    r"\s*[(\[](?:pp?\.|pages?|S\.|Seiten?|págs?\.|páginas?)\s*[\d\s,–-]+[)\]]"
    r"|(?:^|(?<=\s))(?:on|from|in|see|auf|von|siehe|en|sur|na|de)\s(?:la\s)?(?:page|p\.|Seite|página|pagina)\s\d+\b,?",
    re.IGNORECASE,
)
_LIST_MARKER = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_WORD = re.compile(r"[^\W\d_]{3,}")

_STEM = 5
"""Letters by which words are the same one."""

_SHORT_WORD = 3
"""Letters of words that say nothing by themselves."""

_SHARED = 1 / 3
"""Of a sentence's words, that its quotations must have for it not to be marked."""


def converse(
    model: ChatModel, document: Document, question: Question, deadline: float
) -> Generator[Said, None, Answer]:
    """Yields sentences once they are checked; the whole is returned. Raises Unavailable where no answer could be had."""
    checker = _Checker(document, question)
    said: list[Said] = []
    confidence, warnings = None, set[str]()
    for is_again in (False, True):
        refuted: list[str] = []
        may_gain = False
        try:
            for statement in until(deadline, model.answer(document, question, deadline)):
                checked = checker.check(statement, is_first=not said)
                if checked.said is None:
                    warnings.add(WITHHELD)
                    refuted += checked.refuted
                    may_gain = may_gain or bool(statement.claims)
                elif not _is_said(checked.said, said, is_again):
                    confidence = statement.confidence if not said else confidence
                    warnings |= checked.warnings
                    said.append(checked.said)
                    yield checked.said
        except Unavailable:
            if not said:
                raise
            warnings.add(CUT_SHORT)
            break
        if not refuted or (said and not may_gain) or deadline - time.monotonic() < _RETRY_SECONDS:
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
    """A sentence as it may be shown; or None, and what of it the document does not say."""

    said: Said | None
    warnings: frozenset[str] = frozenset()
    refuted: tuple[str, ...] = ()


class _Checker:
    def __init__(self, document: Document, question: Question) -> None:
        self._pages = Pages(document)
        self._text = document.text
        self._asked = fold(question.text)

    def check(self, statement: Statement, is_first: bool) -> _Checked:
        found = {claim: self._pages.find(claim) for claim in statement.claims[:_MOST_CLAIMS]}
        citations = tuple(dict.fromkeys(citation for citation in found.values() if citation))
        evidence = " ".join(fold(citation.snippet) for citation in citations)
        text = plain(_without_pages(statement.text, evidence), self._text)
        names = _names_missing(text, self._known(citations))
        if not citations or not text or not numbers(text) <= numbers(evidence) or names > 1 / 2:
            invented = tuple(claim.snippet for claim, citation in found.items() if citation is None)
            return _Checked(None, refuted=invented or (statement.text,))
        is_weak = is_first and statement.confidence is not None and statement.confidence < WEAK
        worded = f"{CLOSEST if is_weak else ''}{_with_pages(text, _numbers(citations))}"
        is_loose = names > 0 or _shared(text, evidence) < _SHARED
        return _Checked(Said(worded, citations), frozenset({LOOSE} if is_loose else ()))

    def _known(self, citations: Iterable[Citation]) -> str:
        """The pages that are cited, and the question: where a name may come from."""
        sheets = (self._pages.sheet(number) for number in _numbers(citations))
        return " ".join([*(sheet.text for sheet in sheets if sheet), self._asked])


def _is_said(one: Said, said: list[Said], is_again: bool) -> bool:
    """Whether the answer has it: in the same words, or, of a second try, with the same quotations and numbers."""
    return any(
        one.text == earlier.text
        or (is_again and set(one.citations) <= set(earlier.citations) and numbers(one.text) <= numbers(earlier.text))
        for earlier in said
    )


def _without_pages(text: str, evidence: str) -> str:
    """Without a list's mark and the pages that a model names; ours are added. What the document itself says stays."""
    text = _LIST_MARKER.sub("", text)
    less = _PAGE_REFERENCE.sub(lambda found: found[0] if fold(found[0]) in evidence else "", text).strip()
    return text if less == text else less[:1].upper() + less[1:]


def _names_missing(text: str, known: str) -> float:
    """The share of its words with a capital, but for the first, that do not stand in `known`, which is folded.

    A longer one may end otherwise than there: Kellers is Keller. A share, since German writes all nouns with a capital, and an
    answer may be in another language than the document.
    """
    _, *others = _WORD.findall(text) or [""]
    names = [fold(word) for word in others if word[0].isupper()]
    words = f" {' '.join(_WORD.findall(known))} "
    missing = sum((f" {name} " if len(name) < _STEM else f" {name[:-1]}") not in words for name in names)
    return missing / len(names) if names else 0.0


def _shared(text: str, evidence: str) -> float:
    """The share of its words that its quotations have too, as far as their beginning goes; of letters where a script has no
    spaces between words."""
    words: set[str] = set()
    for word in _WORD.findall(fold(text)):
        if is_unspaced(word[0]):
            words.update(word)
        elif len(word) > _SHORT_WORD:
            words.add(word[:_STEM])
    return sum(word in evidence for word in words) / len(words) if words else 1.0


def _with_pages(text: str, pages: Iterable[int]) -> str:
    """As in "The total is $42 (p. 1)."."""
    named = ", ".join(map(str, pages))
    end = text[-1] if text[-1] in ".!?。！？" else ""
    return f"{text.removesuffix(end).rstrip()} ({'pp.' if ',' in named else 'p.'} {named}){end}"


def _numbers(citations: Iterable[Citation]) -> list[int]:
    return sorted({citation.page for citation in citations})
