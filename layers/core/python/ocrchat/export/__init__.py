"""Documents as files to download. One module a format, each light to import: what is heavy is imported when it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ocrchat import codec
from ocrchat.export import csv, markdown, text
from ocrchat.model import Document, Job


@dataclass(frozen=True, slots=True)
class Format:
    """How a document is written, and what the bytes are then."""

    content_type: str
    extension: str
    write: Callable[[Job, Document], bytes]


def _json(job: Job, document: Document) -> bytes:
    """The whole job, as GET shows it."""
    shown = codec.document_to_json(document, markdown.document(document))
    return codec.dumps(codec.job_to_json(job, job.page_count, shown))


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "txt": Format("text/plain; charset=utf-8", "txt", lambda job, document: text.write(document)),
        "md": Format("text/markdown; charset=utf-8", "md", lambda job, document: markdown.write(document)),
        "csv": Format("text/csv; charset=utf-8", "csv", lambda job, document: csv.write(document)),
        "json": Format("application/json", "json", _json),
    }
)
"""By the name that `?format=` takes."""
