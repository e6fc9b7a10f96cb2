"""Documents as files to download. One module a format, each light to import: what is heavy is imported when it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from ocrchat import codec
from ocrchat.export import csv, docx, markdown, searchable, text, typeset, xlsx
from ocrchat.model import Document, Job


class Content(Protocol):
    """A job that is done, and what there is of it; each is fetched when a format asks for it."""

    @property
    def job(self) -> Job: ...

    def document(self, with_words: bool = False) -> Document: ...

    def source(self) -> Path:
        """The submitted file."""
        ...

    def stored(self) -> tuple[codec.Json, Iterator[bytes]]:
        """`text` and `markdown`, and each page with its words, in JSON."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """How a document is written, and what the bytes are then."""

    content_type: str
    extension: str
    write: Callable[[Content], bytes]


def _searchable(content: Content) -> bytes:
    return searchable.write(content.document(with_words=True), content.source(), content.job.media_type)


def _json(content: Content) -> bytes:
    """The whole job, as GET shows it with `words=true`, in one page."""
    return codec.whole_job(content.job, *content.stored())


def _of(write: Callable[[Document], bytes]) -> Callable[[Content], bytes]:
    return lambda content: write(content.document())


_OFFICE = "application/vnd.openxmlformats-officedocument"

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "txt": Format("text/plain; charset=utf-8", "txt", _of(text.write)),
        "md": Format("text/markdown; charset=utf-8", "md", _of(markdown.write)),
        "docx": Format(f"{_OFFICE}.wordprocessingml.document", "docx", _of(docx.write)),
        "pdf": Format("application/pdf", "pdf", _searchable),
        "pdf-text": Format("application/pdf", "pdf", _of(typeset.write)),
        "csv": Format("text/csv; charset=utf-8", "csv", _of(csv.write)),
        "xlsx": Format(f"{_OFFICE}.spreadsheetml.sheet", "xlsx", _of(xlsx.write)),
        "json": Format("application/json", "json", _json),
    }
)
"""By name. `pdf-text` is what `format=pdf&pdf_mode=text` asks for."""
