"""Tesseract's recogniser for lines that PP-OCRv6 has no letters for. Its own search for lines is not used: it loses text."""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import cv2
import tesserocr

from ocrchat.engines.quads import Pixels
from ocrchat.engines.reading import Reading, ReadWord

_OPEN = 10
"""Data sets kept open: those that `scripts` tries on odd lines, and more. Opening one takes 0.05 s and 10 MB (Cyrillic 55)."""

_MARKS = dict.fromkeys(map(ord, "\u200e\u200f"))
"""Direction marks, set around numbers: readers of logical order find the direction themselves."""


class Tesseract:
    """`tessdata` is the folder that layers/tessdata/fetch.py filled."""

    def __init__(self, tessdata: Path) -> None:
        self._tessdata = tessdata
        self._open: OrderedDict[str, tesserocr.PyTessBaseAPI] = OrderedDict()

    def read(self, crop: Pixels, data: str) -> Reading:
        """The text of an upright line (height x width x RGB, from `quads.crop`) in the language of `data`, NFC.

        Raises RuntimeError where there is no such data.
        """
        api = self._api(data)
        grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
        height, width = grey.shape
        api.SetImageBytes(grey.tobytes(), width, height, 1, width)
        text = unicodedata.normalize("NFC", " ".join(api.GetUTF8Text().translate(_MARKS).split()))
        confidence = api.MeanTextConf() / 100
        if not text:
            return Reading("", 0.0)
        return Reading(text, confidence, tuple(_words(api, text, width)))

    def _api(self, data: str) -> tesserocr.PyTessBaseAPI:
        if data in self._open:
            self._open.move_to_end(data)
            return self._open[data]
        if len(self._open) == _OPEN:
            self._open.popitem(last=False)[1].End()
        # RAW_LINE: the line is recognised as it stands. SINGLE_LINE would look for its words first, and cuts joined scripts.
        self._open[data] = tesserocr.PyTessBaseAPI(
            path=str(self._tessdata), lang=data, psm=tesserocr.PSM.RAW_LINE, oem=tesserocr.OEM.LSTM_ONLY
        )
        return self._open[data]


def _words(api: tesserocr.PyTessBaseAPI, text: str, width: int) -> Iterator[ReadWord]:
    """The words of `text` with their places. None where what Tesseract took for words cannot be found again in `text`."""
    level = tesserocr.RIL.WORD
    found = [
        (word.GetUTF8Text(level), word.BoundingBox(level), word.Confidence(level))
        for word in tesserocr.iterate_level(api.GetIterator(), level)
    ]
    texts = text.split()
    if len(texts) != len(found):  # Thai and its neighbours have words without spaces
        texts = [unicodedata.normalize("NFC", part) for part, _, _ in found]
        if "".join(texts) != text.replace(" ", ""):
            return
    # Else they are cut from the line: a right-to-left word by itself comes out in the order in which it is seen.
    for part, (_, (left, _, right, _), confidence) in zip(texts, found, strict=True):
        yield ReadWord(part, left / width, right / width, confidence / 100)
