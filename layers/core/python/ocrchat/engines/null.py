"""Models that read nothing: for tests of everything around them."""

from __future__ import annotations

from ocrchat.engines import Recognised
from ocrchat.model import Box, Line, PageImage


class NullEngine:
    name = "null"

    def read(self, image: PageImage, language: str = "auto", may_turn: bool = True) -> Recognised:
        return Recognised(image, [], self.name)

    def read_line(self, image: PageImage, box: Box) -> Line | None:
        return None


class NullModels:
    ocr = NullEngine()
    layout = None
    tables = None
