"""PP-OCRv6 under rapidocr-onnxruntime 1.4.4. All that is odd about that package is dealt with here, and pinned by a test.

The package carries PP-OCRv4, which loses the spaces between English words; the weights given here read them. Its settings
halve the CPU time at the same accuracy (docs/adr/0003). Two of them are no parameters of 1.4.4, so attributes are set:

* `get_preprocess`: the detector looks at the page with a longest side of 960 px (recognition sees more, `_LONGEST_SIDE`);
* `session`: with a memory arena, which 1.4.4 switches off.

Never pass options when calling the instance: each call with any of them resets the others, for all later calls too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from rapidocr_onnxruntime import RapidOCR
from rapidocr_onnxruntime.ch_ppocr_det.utils import DetPreProcess

from ocrchat.model import Box, Line, PageImage

DETECTOR = "PP-OCRv6_det_small.onnx"
RECOGNISER = "PP-OCRv6_rec_small.onnx"

_LONGEST_SIDE = 2000
"""Pixels. More costs time and gains nothing: A4 has 170 dpi then."""

_SHORTEST_SIDE = 32
"""Pixels. Thinner pages are widened by repeating their edge."""

_DETECTOR_SIDE = 960

_MAX_ASPECT = 100
"""Longest line that the recogniser is given, in line heights. A rule or a border can be detected as text 500 heights long."""

_MIN_SCORE = 0.5


class RapidEngine:
    name = "pp-ocrv6-small"

    def __init__(self, weights: Path, threads: int) -> None:
        cv2.setNumThreads(threads)
        detector, recogniser = weights / DETECTOR, weights / RECOGNISER
        engine = RapidOCR(
            det_model_path=str(detector),
            rec_model_path=str(recogniser),
            det_limit_type="max",
            use_cls=False,  # the line direction classifier turns upright lines over
            rec_batch_num=1,  # together with the square shape: no line is padded to another's width
            rec_img_shape=[3, 48, 48],
            text_score=_MIN_SCORE,
            max_side_len=_LONGEST_SIDE,
            intra_op_num_threads=threads,
            inter_op_num_threads=1,
        )
        preprocess = DetPreProcess(_DETECTOR_SIDE, "max", engine.text_det.mean, engine.text_det.std)
        engine.text_det.get_preprocess = lambda longest_side: preprocess
        engine.text_det.infer.session = _session(detector, threads)
        engine.text_rec.session.session = _session(recogniser, threads)
        resize = engine.text_rec.resize_norm_img
        engine.text_rec.resize_norm_img = lambda line, aspect: resize(line, min(aspect, _MAX_ASPECT))
        self._engine = engine

    def read(self, image: PageImage) -> list[Line]:
        pixels, scale = _prepared(image)
        found, _ = self._engine(pixels)  # a blank page is (None, None)
        return [
            Line(text.strip(), _upright(quad, scale), min(float(score), 1.0))
            for quad, text, score in found or ()
            if text.strip()
        ]


def _session(model: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def _prepared(image: PageImage) -> tuple[np.ndarray[Any, Any], float]:
    """The page as the package wants it (BGR), and how many pixels of the page one of it stands for.

    Not left to the package: it drops pixels where this averages them, fails where a side rounds to nothing, and scales up
    what is thin until a strip of 5000 x 3 pixels takes gigabytes.
    """
    pixels: np.ndarray[Any, Any] = np.frombuffer(image.pixels, np.uint8).reshape(image.height, image.width, 3)
    scale = max(1.0, max(image.width, image.height) / _LONGEST_SIDE)
    if scale > 1:
        size = (max(1, round(image.width / scale)), max(1, round(image.height / scale)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    height, width = pixels.shape[:2]
    if min(height, width) < _SHORTEST_SIDE:
        below, right = max(0, _SHORTEST_SIDE - height), max(0, _SHORTEST_SIDE - width)
        pixels = cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REPLICATE)
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), scale


def _upright(quad: list[list[float]], scale: float) -> Box:
    xs, ys = [x * scale for x, _ in quad], [y * scale for _, y in quad]
    return Box(min(xs), min(ys), max(xs), max(ys))
