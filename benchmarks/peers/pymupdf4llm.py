"""pymupdf4llm: Markdown with its layout models, and RapidOCR as its OCR where it decides that a page needs it; one thread."""

from __future__ import annotations

from typing import Any

import cv2
import onnxruntime
import pymupdf

PACKAGES = ("pymupdf", "pymupdf4llm", "pymupdf-layout", "rapidocr", "onnxruntime")

_session = onnxruntime.InferenceSession


def _on_one_thread(model: Any, sess_options: Any = None, **options: Any) -> Any:
    """Most of its models are opened without a way to say how many threads they get."""
    sess_options = sess_options or onnxruntime.SessionOptions()
    sess_options.intra_op_num_threads = sess_options.inter_op_num_threads = 1
    return _session(model, sess_options, **options)


onnxruntime.InferenceSession = _on_one_thread

import pymupdf4llm  # noqa: E402 - opens its models on import


class Reader:
    def __init__(self) -> None:
        cv2.setNumThreads(1)

    def prepare(self, request: dict[str, Any]) -> None:
        pass

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        with pymupdf.open(request["file"]) as document:
            if document.is_pdf:
                return {"markdown": pymupdf4llm.to_markdown(document)}
            with pymupdf.open("pdf", document.convert_to_pdf()) as image:
                return {"markdown": pymupdf4llm.to_markdown(image)}
