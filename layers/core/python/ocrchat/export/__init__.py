"""Documents as files to download. One module a format, each light to import: what is heavy is imported when it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ocrchat import codec
from ocrchat.export import markdown, text
from ocrchat.model import Document


@dataclass(frozen=True, slots=True)
class Format:
    """How a document is written, and what the bytes are then."""

    content_type: str
    extension: str
    write: Callable[[Document], bytes]


def _json(document: Document) -> bytes:
    return codec.dumps(codec.document_to_json(document, markdown.document(document)))


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "txt": Format("text/plain; charset=utf-8", "txt", text.write),
        "md": Format("text/markdown; charset=utf-8", "md", markdown.write),
        "json": Format("application/json", "json", _json),
    }
)
"""By the name that `?format=` takes."""
