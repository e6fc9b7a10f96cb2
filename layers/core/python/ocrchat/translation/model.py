"""What a translation is made of. Languages are codes of `ocrchat.languages`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ocrchat.model import Table

Pairs = Mapping[str, frozenset[str]]
"""Language -> those that it can be translated to."""


class Translator(Protocol):
    """A service that translates. `name` is the `provider` of its translations, `most_bytes` what one text may have in UTF-8."""

    @property
    def name(self) -> str: ...

    @property
    def most_bytes(self) -> int: ...

    def pairs(self) -> Pairs:
        """Raises Unavailable, or NotTranslated where it will not say."""
        ...

    def translate(self, texts: Sequence[str], source: str, target: str, deadline: float) -> list[str | None]:
        """Each of `texts` in the language `target`; None of those that did not come back.

        Begins no request behind `deadline` (on time.monotonic), and raises Unavailable then, as where another try may help;
        NotTranslated where none will.
        """
        ...


class NotTranslated(Exception):
    """The service refuses, and will refuse again: it is not set up, or does not know the pair. The text is for the log."""

    is_for_log = True


class Status(StrEnum):
    """What a block of a translation is."""

    TRANSLATED = "translated"
    KEPT = "kept"
    """As it stands in the original: nothing in it is to be translated, or it came back unchanged, as names do."""
    WITHHELD = "withheld"
    """What came back could not be shown: it had lost a number, or was no translation. Of a table, of some of its cells."""


UNAVAILABLE = "translation_unavailable"
LANGUAGE_UNKNOWN = "language_unknown"
FAILED = "translation_failed"
SAME_LANGUAGE = "same_language"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no translation, or not of all: `code` is one of the above, `detail` says what to do."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class BlockTranslation:
    """Stands for the block in the same place of the page. `text` is empty where it was withheld, as cells of `table` are."""

    status: Status
    text: str
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class PageTranslation:
    """`source` is the language it was taken to be in, None where that is not known; `provider` who translated it, None where
    nobody had to. With a `problem` it has no blocks."""

    index: int
    source: str | None
    blocks: tuple[BlockTranslation, ...] = ()
    provider: str | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """Of a document, page by page as the document has them. Where a page could not be read, so is its translation empty."""

    language: str
    pages: tuple[PageTranslation, ...]

    @property
    def withheld(self) -> int:
        """Blocks."""
        return sum(block.status is Status.WITHHELD for page in self.pages for block in page.blocks)

    @property
    def provider(self) -> str | None:
        """All of them, where there was more than one."""
        return "+".join(sorted({page.provider for page in self.pages if page.provider})) or None

    @property
    def skipped(self) -> str | None:
        """Why nothing was translated, where nothing had to be."""
        written = [page for page in self.pages if page.blocks or page.problem]
        is_same = written and all(page.source == self.language for page in written)
        return SAME_LANGUAGE if is_same else None

    @property
    def problem(self) -> Problem | None:
        """Of the first page that has one."""
        return next((page.problem for page in self.pages if page.problem), None)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show in place of the original."""
        return not any(page.blocks for page in self.pages)
