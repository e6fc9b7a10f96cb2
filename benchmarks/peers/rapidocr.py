"""rapidocr as it comes (PP-OCRv6-small with its line classifier), on one thread."""

from __future__ import annotations

from typing import Any

import cv2
from rapidocr import RapidOCR

PACKAGES = ("rapidocr", "onnxruntime")
ONE_THREAD = {"EngineConfig.onnxruntime.intra_op_num_threads": 1, "EngineConfig.onnxruntime.inter_op_num_threads": 1}


class Reader:
    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._engine = RapidOCR(params=ONE_THREAD)

    def prepare(self, request: dict[str, Any]) -> None:
        pass

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"text": "\n\n".join("\n".join(self._engine(image).txts or ()) for image in request["images"])}
