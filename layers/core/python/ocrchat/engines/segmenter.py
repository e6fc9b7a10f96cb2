"""What the parts of a page are, from its picture: PyMuPDF's image features network, used as a layout model of its own.

The network ("imf1", 1.3 MB) labels each pixel of the page scaled to 300 x 300 in grey. PyMuPDF pools its maps over text boxes for
a graph network; the labels alone tell nearly as much at a tenth of the cost, and need no features that only a PDF has. Weights:
`pymupdf/layout/resources/onnx/` in the wheel of pymupdf 2.0 (Artifex, AGPL-3.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ocrchat.layout.sight import Kinds, Region, Sight
from ocrchat.model import BlockType, Box, Line, PageImage
from ocrchat.networks import open_session

WEIGHTS = "feature_imf1.onnx"

_SIDE = 300
_TYPES = (
    None,  # background
    BlockType.TEXT,
    BlockType.HEADING,  # title
    BlockType.FIGURE,
    BlockType.TABLE,
    BlockType.LIST_ITEM,
    BlockType.HEADER,
    BlockType.FOOTER,
    BlockType.HEADING,  # section header
    BlockType.FOOTNOTE,
    BlockType.CAPTION,
    BlockType.FORMULA,
)
_LEAST_AREA = {BlockType.TABLE: 250, BlockType.FIGURE: 450}
"""Pixels of the network's map: 0.3 and 0.5 % of the page. Smaller ones are an icon, a logo, a line of figures."""

_Map = npt.NDArray[np.float32]


class Segmenter:
    def __init__(self, weights: Path, threads: int) -> None:
        self._session = open_session(weights / WEIGHTS, threads)

    def look(self, image: PageImage, lines: Sequence[Line], page: Box) -> Sight:
        """What `lines` look like on `page`, and where its tables and figures are.

        `image` is the whole page at any resolution from 300 pixels on; boxes are in pixels of `page`, whose origin is 0, 0.
        """
        grey = _prepared(image)
        (logits,) = self._session.run(["logits"], {"input": grey[None, None]})
        scores = _softmax(logits[0])
        x, y = _SIDE / page.width, _SIDE / page.height
        return Sight(tuple(_pooled(scores, [line.box for line in lines], x, y)), tuple(_regions(scores, x, y)))


def _prepared(image: PageImage) -> _Map:
    pixels = np.frombuffer(image.pixels, np.uint8).reshape(image.height, image.width, 3)
    grey = cv2.cvtColor(cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    darkest, lightest = float(grey.min()), float(grey.max())
    return (grey.astype(np.float32) - darkest) / max(lightest - darkest, 1.0)


def _softmax(logits: _Map) -> _Map:
    raised = np.exp(logits - logits.max(axis=0))
    return np.asarray(raised / raised.sum(axis=0), np.float32)


def _pooled(scores: _Map, boxes: Sequence[Box], x: float, y: float) -> list[Kinds]:
    """The mean over each box of what is not background."""
    sums = np.stack([cv2.integral(kind) for kind in scores[1:]])
    found: list[Kinds] = []
    for box in boxes:
        x0, y0 = (min(max(int(at), 0), _SIDE - 1) for at in (box.x0 * x, box.y0 * y))
        x1, y1 = (min(max(int(np.ceil(at)), low + 1), _SIDE) for at, low in ((box.x1 * x, x0), (box.y1 * y, y0)))
        total = sums[:, y1, x1] - sums[:, y0, x1] - sums[:, y1, x0] + sums[:, y0, x0]
        total /= max(total.sum(), 1e-9)
        kinds: dict[BlockType, float] = {}
        for type_, share in zip(_TYPES[1:], total, strict=True):
            kinds[type_] = kinds.get(type_, 0.0) + float(share)
        found.append(kinds)
    return found


def _regions(scores: _Map, x: float, y: float) -> list[Region]:
    labels = scores.argmax(axis=0)
    found = []
    for type_, least in _LEAST_AREA.items():
        mask = (labels == _TYPES.index(type_)).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        for left, top, width, height, area in stats[1:].tolist():
            if area >= least:
                found.append(Region(type_, Box(left / x, top / y, (left + width) / x, (top + height) / y)))
    return found
