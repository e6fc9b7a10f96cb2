"""The engine that reads nothing: for deployments that only want text layers, and for tests of everything around OCR."""

from __future__ import annotations

from ocrchat.model import Line, PageImage


class NullEngine:
    name = "null"

    def read(self, image: PageImage) -> list[Line]:
        return []
