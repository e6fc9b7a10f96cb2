"""Networks in ONNX files: onnxruntime with the same settings for all of them."""

from __future__ import annotations

from pathlib import Path

import onnxruntime


def open_session(model: Path, threads: int) -> onnxruntime.InferenceSession:
    """With the memory arena (the default; rapidocr-onnxruntime switches it off, which costs a fifth of the time).

    Raises FileNotFoundError.
    """
    if not model.is_file():
        raise FileNotFoundError(f"{model} is missing: make .build/weights/.ready")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    options.enable_mem_pattern = False  # plans are made for each size of input, and sizes hardly come twice
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def giving_back() -> onnxruntime.RunOptions:
    """For a network that sees pages of all sizes: its memory is given back each time, not kept for the largest ever seen.

    It costs a fifth of the time, so this is not for networks whose input is always as large, or small.
    """
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options
