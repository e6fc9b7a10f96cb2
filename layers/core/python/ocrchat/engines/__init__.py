"""What pages are read with: OCR engines and other models. What each needs is imported when it is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ocrchat.model import Box, Line, PageImage

if TYPE_CHECKING:
    from ocrchat.engines.ppocr import Networks
    from ocrchat.layout.sight import Sight
    from ocrchat.tables import TableModel


@dataclass(frozen=True, slots=True)
class Recognised:
    """What stands on a page: `lines` in any order, boxes in pixels of `image`.

    `image` is the page as it was given, or turned by `rotation` degrees clockwise so that its text stands upright. `engine`
    says who read it; stable, it is stored.
    """

    image: PageImage
    lines: list[Line]
    engine: str
    rotation: float = 0.0


class OcrEngine(Protocol):
    """Reads page images. Loaded once, used for many pages: from one thread, one page at a time."""

    @property
    def name(self) -> str: ...

    def read(self, image: PageImage, language: str = "auto", may_turn: bool = True) -> Recognised:
        """The lines of the page; a blank page has none. `language` is a code of `languages`; without `may_turn` all boxes
        are in pixels of `image` itself, however its text stands.

        An engine starts no processes (Lambda has no /dev/shm), and does not keep the image.
        """
        ...

    def read_line(self, image: PageImage, box: Box) -> Line | None:
        """The one line of text in `box`, which was not detected as one; None where nothing can be read."""
        ...


class LayoutModel(Protocol):
    def look(self, image: PageImage, lines: Sequence[Line], page: Box) -> Sight:
        """What `lines` look like on `page`, and where its tables and figures are.

        `image` is the whole page at any resolution; boxes are in pixels of `page`, whose origin is 0, 0.
        """
        ...


class Models(Protocol):
    """What a worker reads pages with. Layout and tables are made out without a model where there is none."""

    @property
    def ocr(self) -> OcrEngine: ...

    @property
    def layout(self) -> LayoutModel | None: ...

    @property
    def tables(self) -> TableModel | None: ...


class CpuModels:
    """Those of the cpu tier, on `threads` threads; each is loaded when it is first asked for.

    `weights` is the folder that layers/weights/fetch.py filled; `tessdata` that of layers/tessdata/fetch.py, if it was.
    """

    def __init__(self, weights: Path, tessdata: Path | None, threads: int) -> None:
        self._weights = weights
        self._tessdata = tessdata
        self._threads = threads

    def load(self) -> None:
        """All of them, now."""
        _ = self.ocr, self.layout, self.tables

    @cached_property
    def networks(self) -> Networks:
        """Those of the OCR engine."""
        from ocrchat.engines.ppocr import Networks

        return Networks.load(self._weights, self._tessdata, self._threads)

    @cached_property
    def ocr(self) -> OcrEngine:
        from ocrchat.engines.ppocr import PpOcrEngine

        return PpOcrEngine(self.networks)

    @cached_property
    def layout(self) -> LayoutModel:
        from ocrchat.engines.segmenter import Segmenter

        return Segmenter(self._weights, self._threads)

    @cached_property
    def tables(self) -> TableModel:
        from ocrchat import tables

        return tables.load(self._weights, self._threads)


class ThoroughModels:
    """Those of the cpu tier with more time: the embedded parser of the vlm tier. Nothing is loaded twice."""

    def __init__(self, models: CpuModels) -> None:
        self._models = models

    @cached_property
    def ocr(self) -> OcrEngine:
        from ocrchat.engines.thorough import ThoroughEngine

        return ThoroughEngine(self._models.networks)

    @property
    def layout(self) -> LayoutModel:
        return self._models.layout

    @property
    def tables(self) -> TableModel:
        return self._models.tables
