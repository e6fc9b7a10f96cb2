"""What a conversation is made of. Pages count from 1 here, in the file that was sent: `PageResult.index` + 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ocrchat.model import Box, Document


@dataclass(frozen=True, slots=True)
class Claim:
    """What a model says that the document says: a quotation, and the page it gives for it; None if it gives none."""

    snippet: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a model with what it rests on. `confidence` (0..1) is the model's own, where it has one."""

    text: str
    claims: tuple[Claim, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A quotation that stands on its page.

    `snippet` is as the page has it. `boxes` are the places of its lines, in pixels of the page image; `blocks` their places
    in the page's `blocks`. `confidence` is OCR's, of the lines it stands in.
    """

    page: int
    snippet: str
    boxes: tuple[Box, ...]
    blocks: tuple[int, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the answer that was let through, with its citations."""

    text: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer. `engine` says who wrote it. `confidence` is None where nobody can tell. `warnings` are codes."""

    content: str
    citations: tuple[Citation, ...]
    engine: str
    confidence: float | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, kept in the record of a conversation."""

    question: str
    answer: Answer
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the conversation before it, oldest first. `refuted` is what an earlier try at the same answer has said and
    the document does not: quotations, or sentences."""

    text: str
    history: tuple[Exchange, ...] = ()
    refuted: tuple[str, ...] = ()


Nearness = Callable[[str, Sequence[str]], list[float]]
"""How near each of some texts is to a question in meaning: about 0 for unrelated ones, 1 for the same."""


class ChatModel(Protocol):
    """Who answers. `name` is the `engine` of its answers."""

    @property
    def name(self) -> str: ...

    def answer(self, document: Document, question: Question, deadline: float) -> Iterator[Statement]:
        """Its sentences, as they come; none where it finds nothing. Ends by `deadline` (on time.monotonic).

        Raises Unavailable where it cannot be reached, or not now.
        """
        ...
