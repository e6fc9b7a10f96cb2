"""The text layer of a PDF as PyMuPDF gives it: what a born-digital page costs and reads like without any OCR or layout."""

from __future__ import annotations

from typing import Any

import pymupdf

PACKAGES = ("pymupdf",)


class Reader:
    def prepare(self, request: dict[str, Any]) -> None:
        pass

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        with pymupdf.open(request["file"]) as document:
            return {"text": "\n\n".join(page.get_text() for page in document)}
