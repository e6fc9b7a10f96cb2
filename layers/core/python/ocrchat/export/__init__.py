"""Documents as files to download. One module a format, each light to import: what is heavy is imported when it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ocrchat.export import csv, docx, markdown, searchable, text, typeset, xlsx
from ocrchat.model import Document, Job


@dataclass(frozen=True, slots=True)
class Format:
    """How a document is written, and what the bytes are then.

    `write` takes the job, its document, which has words where it `needs_words`, and the submitted file where it `needs_source`.
    None stands for the job itself as the API shows it: that takes no writing, and can only be had once the job has ended.
    """

    content_type: str
    extension: str
    write: Callable[[Job, Document, Path | None], bytes] | None
    needs_words: bool = False
    needs_source: bool = False


def _searchable(job: Job, document: Document, source: Path | None) -> bytes:
    assert source is not None
    return searchable.write(document, source, job.media_type)


def _of_document(write: Callable[[Document], bytes]) -> Callable[[Job, Document, Path | None], bytes]:
    return lambda job, document, source: write(document)


_OFFICE = "application/vnd.openxmlformats-officedocument"

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "txt": Format("text/plain; charset=utf-8", "txt", _of_document(text.write)),
        "md": Format("text/markdown; charset=utf-8", "md", _of_document(markdown.write)),
        "docx": Format(f"{_OFFICE}.wordprocessingml.document", "docx", _of_document(docx.write)),
        "pdf": Format("application/pdf", "pdf", _searchable, needs_words=True, needs_source=True),
        "pdf-text": Format("application/pdf", "pdf", _of_document(typeset.write)),
        "csv": Format("text/csv; charset=utf-8", "csv", _of_document(csv.write)),
        "xlsx": Format(f"{_OFFICE}.spreadsheetml.sheet", "xlsx", _of_document(xlsx.write)),
        "json": Format("application/json", "json", None, needs_words=True),
    }
)
"""By name. `pdf-text` is what `format=pdf&pdf_mode=text` asks for, the others are what `format` takes."""
