"""What tests of chat share: small documents, and an answer with all that was said on the way to it."""

from __future__ import annotations

from collections.abc import Generator

from ocrchat.chat.model import Answer, Said
from ocrchat.model import Block, Box, Line, PageResult


def page(index: int, *texts: str, confidence: float = 0.95) -> PageResult:
    """A block a text, one below the other."""
    blocks = tuple(Block((Line(text, Box(10, 20 * n, 200, 20 * n + 10), confidence),)) for n, text in enumerate(texts))
    return PageResult(index, 300, 400, 96.0, "test", blocks)


def answered(sentences: Generator[Said, None, Answer]) -> tuple[list[Said], Answer]:
    said = []
    while True:
        try:
            said.append(next(sentences))
        except StopIteration as end:
            return said, end.value
