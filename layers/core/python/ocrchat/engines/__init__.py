"""OCR engines: a page image in, its lines of text out. What an engine needs is imported when it is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ocrchat.model import Line, PageImage


class OcrEngine(Protocol):
    """Reads page images. Loaded once, used for many pages: from one thread, one page at a time."""

    @property
    def name(self) -> str:
        """What `PageResult.engine` says; stable, it is stored."""
        ...

    def read(self, image: PageImage) -> list[Line]:
        """The lines of the page in any order, with boxes in pixels of `image`; a blank page is [].

        An engine starts no processes (Lambda has no /dev/shm), and does not keep the image.
        """
        ...


def load(weights: Path, threads: int) -> OcrEngine:
    """The engine of the cpu tier, on `threads` threads. `weights` is the folder that layers/weights/fetch.py filled."""
    from ocrchat.engines.rapid import RapidEngine

    return RapidEngine(weights, threads)
