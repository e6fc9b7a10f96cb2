"""What stands in a line: PP-OCRv6 recognition, decoded greedily (connectionist temporal classification, Graves et al. 2006).

The network gives each step along the line, 8 pixels, a distribution over its characters and a blank. The steps at which a
character begins say where it stands, and so where words begin and end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ocrchat.engines.quads import LINE_HEIGHT, Pixels
from ocrchat.engines.reading import Reading, ReadWord
from ocrchat.networks import giving_back, open_session
from ocrchat.writing import is_ideograph

_BLANK = 0
_WIDE = 1600
"""Pixels. The memory for a wider strip is given back: most are narrower, and it grows with the widest."""

_GREY = (127.5, 127.5, 127.5)


@dataclass(frozen=True, slots=True)
class _Character:
    """A character and where it stands along its line: from 0, the start of the crop, to 1, its end."""

    text: str
    start: float
    stop: float
    confidence: float


class LineRecogniser:
    def __init__(self, model: Path, threads: int, characters: Path | None = None) -> None:
        """`characters`: one a line; None where the model has them in its metadata."""
        self._session = open_session(model, threads)
        self._input = self._session.get_inputs()[0].name
        self._giving_back = giving_back()
        if characters is None:
            known = self._session.get_modelmeta().custom_metadata_map["character"]
        else:
            known = characters.read_text(encoding="utf-8")
        self._characters = ["", *known.rstrip("\n").split("\n"), " "]

    def read(self, strip: Pixels) -> Reading:
        """What stands in a strip (`LINE_HEIGHT` x width x RGB). Its confidence is the mean over all characters.

        Spaces count too: a doubtful space is a doubtful word.
        """
        characters = self._characters_in(strip)
        return Reading(
            " ".join("".join(character.text for character in characters).split()),
            _mean_confidence(characters),
            tuple(map(_word, _words(characters))),
        )

    def _characters_in(self, strip: Pixels) -> list[_Character]:
        """From left to right."""
        width = max(strip.shape[1], LINE_HEIGHT)
        padded = cv2.copyMakeBorder(strip, 0, 0, 0, width - strip.shape[1], cv2.BORDER_CONSTANT, value=_GREY)
        blob = cv2.dnn.blobFromImage(padded, 1 / 127.5, mean=_GREY, swapRB=True)  # the network takes BGR
        options = self._giving_back if width > _WIDE else None
        steps = self._session.run(None, {self._input: blob}, options)[0][0]
        best = steps.argmax(axis=1)
        begins = best != _BLANK
        begins[1:] &= best[1:] != best[:-1]
        steps_at = np.flatnonzero(begins)
        middles = np.minimum((steps_at + 0.5) / len(steps) * width / strip.shape[1], 1.0)
        edges = [0.0, *((middles[1:] + middles[:-1]) / 2).tolist(), 1.0]
        confidences = steps[steps_at, best[steps_at]].tolist()
        return [
            _Character(self._characters[index], start, stop, min(confidence, 1.0))
            for index, start, stop, confidence in zip(best[steps_at], edges, edges[1:], confidences, strict=False)
        ]


def _words(characters: Sequence[_Character]) -> Iterator[list[_Character]]:
    """Cut at spaces; an ideograph or a kana is a word by itself."""
    word: list[_Character] = []
    for character in characters:
        alone = is_ideograph(character.text[-1])
        if word and (alone or character.text.isspace()):
            yield word
            word = []
        if alone:
            yield [character]
        elif not character.text.isspace():
            word.append(character)
    if word:
        yield word


def _word(characters: Sequence[_Character]) -> ReadWord:
    text = "".join(character.text for character in characters)
    return ReadWord(text, characters[0].start, characters[-1].stop, _mean_confidence(characters))


def _mean_confidence(characters: Sequence[_Character]) -> float:
    return sum(character.confidence for character in characters) / len(characters) if characters else 0.0
