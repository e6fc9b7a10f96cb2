"""onnxruntime, set up once for all models."""

from __future__ import annotations

from pathlib import Path

import onnxruntime


def open_session(model: Path, threads: int) -> onnxruntime.InferenceSession:
    """With the memory arena (the default; rapidocr-onnxruntime switches it off, which costs a fifth of the time).

    Raises FileNotFoundError.
    """
    if not model.is_file():
        raise FileNotFoundError(f"{model} is missing: python layers/weights/fetch.py {model.parent}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
