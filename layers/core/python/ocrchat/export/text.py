"""Document -> plain text (UTF-8). Pages are separated by a form feed, so that the n-th piece is the n-th page."""

from __future__ import annotations

from ocrchat.model import Document


def write(document: Document) -> bytes:
    return "\f".join(page.text for page in document.pages).encode()
