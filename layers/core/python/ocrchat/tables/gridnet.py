"""The table grid model of PyMuPDF 2.0 (version 4, "EP"): the borders of rows and columns from the pixels of a table.

For each of 100 heights (and 100 widths) of the table the network says whether a border is near, and how far from there. It
knows no spans, and does not tire of long tables. Weights: `pymupdf/layout/resources/onnx/` in the wheel of pymupdf 2.0
(Artifex, AGPL-3.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from ocrchat.networks import open_session
from ocrchat.tables.arrays import Pixels
from ocrchat.tables.grid import Borders

WEIGHTS = "table_grid_model_v4_ep.onnx"

_SIZE = (300, 360)  # width, height
_ROW_SCORE = 0.2
_COLUMN_SCORE = 0.25
_NEAREST = 0.01
"""As in PyMuPDF: the least score of a border between rows and between columns, and their least distance (1 = the table)."""


class GridNet:
    def __init__(self, weights: Path, threads: int) -> None:
        self._session = open_session(weights / WEIGHTS, threads)

    def borders(self, pixels: Pixels, cuts: Sequence[int] = ()) -> Borders:
        """Of the table that fills `pixels` (height, width, 3; RGB).

        A long table is looked at in bands, between which `cuts` are: rows of pixels at which two rows of the table meet.
        """
        edges = [0, *cuts, pixels.shape[0]]
        bands = [self._band(pixels[top:bottom]) for top, bottom in pairwise(edges)]
        rows = [top + row for top, band in zip(edges, bands, strict=False) for row in band.rows]
        # The network miscounts columns in a band now and then: the middle one of all counts is the best.
        columns = sorted((band.columns for band in bands), key=len)[len(bands) // 2]
        return Borders(tuple(sorted([*rows, *cuts])), columns)

    def _band(self, pixels: Pixels) -> Borders:
        height, width = pixels.shape[:2]
        image = cv2.resize(pixels, _SIZE).astype(np.float32) / 255
        outputs = self._session.run(None, {"image": image.transpose(2, 0, 1)[None]})
        rows, row_offsets, columns, column_offsets = (output[0] for output in outputs[:4])
        return Borders(
            tuple(at * height for at in _decoded(rows, row_offsets, _ROW_SCORE)),
            tuple(at * width for at in _decoded(columns, column_offsets, _COLUMN_SCORE)),
        )


def _decoded(logits: Pixels, offsets: Pixels, least: float) -> list[float]:
    """Positions from 0 to 1; of two that are too near to each other, the one with the better score."""
    step = 1 / (len(logits) - 1)
    scores = 1 / (1 + np.exp(-logits.astype(np.float64)))
    places = (np.arange(len(logits)) + offsets) * step
    found: list[float] = []
    for at in np.argsort(-scores):
        if scores[at] < least:
            break
        if all(abs(places[at] - other) >= _NEAREST for other in found):
            found.append(float(places[at]))
    return sorted(at for at in found if 0 < at < 1)
