"""ocrchat's own reader, as a worker calls it, on one thread: the cpu tier, and the vlm tier with its embedded parser.

Weights: layers/weights/fetch.py has filled .build/weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from worker import Unsupported

from ocrchat import engines, languages, reader
from ocrchat.errors import PageUnreadable
from ocrchat.export import markdown, text
from ocrchat.model import Document, PageResult
from ocrchat.vlm import embedded
from ocrchat.vlm.dialects import DIALECTS

PACKAGES = ("onnxruntime", "opencv-python-headless", "pymupdf")
BUILD = Path(__file__).parents[2] / ".build"
WEIGHTS = BUILD / "weights"
TESSDATA = BUILD / "tessdata"
MAX_PAGES = 3000


class Reader:
    def __init__(self) -> None:
        tessdata = TESSDATA if (TESSDATA / ".ready").exists() else None
        cpu = engines.CpuModels(WEIGHTS, tessdata, threads=1)
        self._tiers: dict[str, engines.Models] = {"cpu": cpu, "vlm": engines.ThoroughModels(cpu)}

    def prepare(self, request: dict[str, Any]) -> None:
        self._language = _code(request["language"], request.get("script")) if "language" in request else languages.AUTO
        self._tier = request.get("tier", "cpu")

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        file = Path(request["file"])
        source = reader.inspect(file.read_bytes(), MAX_PAGES)
        document = Document(tuple(self._page(file, source, index) for index in range(source.page_count)))
        return {
            "text": text.write(document).decode(),
            "markdown": markdown.write(document).decode(),
        }

    def _page(self, file: Path, source: reader.SourceInfo, index: int) -> PageResult:
        try:
            page = reader.read_page(file, source.media_type, index, self._tiers[self._tier], self._language)
            return embedded.answered(page, DIALECTS["lighton-grounding"]) if self._tier == "vlm" else page
        except PageUnreadable as error:
            return PageResult.failed(index, error.code)


def _code(language: str, script: str | None) -> str:
    """The product's code of a language. Raises Unsupported where it does not list it in that script."""
    found = languages.find(f"{language}-{script}") or languages.find(language)
    if found is None or (script and found.script != script):
        raise Unsupported(language)
    return found.code
