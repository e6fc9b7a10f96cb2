"""OnnxTR (docTR's models on onnxruntime) as it comes, on one thread. Its weights are downloaded when it is first made."""

from __future__ import annotations

from typing import Any

import cv2
from onnxruntime import SessionOptions
from onnxtr.io import DocumentFile
from onnxtr.models import EngineConfig, ocr_predictor

PACKAGES = ("onnxtr", "onnxruntime")


class Reader:
    def __init__(self) -> None:
        cv2.setNumThreads(1)
        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        config = EngineConfig(providers=["CPUExecutionProvider"], session_options=options)
        self._engine = ocr_predictor(det_engine_cfg=config, reco_engine_cfg=config, clf_engine_cfg=config)

    def prepare(self, request: dict[str, Any]) -> None:
        pass

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"text": self._engine(DocumentFile.from_images(request["images"])).render()}
