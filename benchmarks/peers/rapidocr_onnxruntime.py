"""rapidocr-onnxruntime as it comes (PP-OCRv4 with its line classifier), on one thread."""

from __future__ import annotations

from typing import Any

import cv2
from rapidocr_onnxruntime import RapidOCR

PACKAGES = ("rapidocr-onnxruntime", "onnxruntime")


class Reader:
    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._engine = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)

    def prepare(self, request: dict[str, Any]) -> None:
        pass

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"text": "\n\n".join(self._page(image) for image in request["images"])}

    def _page(self, image: str) -> str:
        found, _ = self._engine(image)  # a blank page is (None, None)
        return "\n".join(text for _, text, _ in found or ())
