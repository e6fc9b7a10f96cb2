"""LightOnOCR-3's `grounding`: Markdown with a marker in front of each region.

    ![text](112,640,882,698) The first version of LightOnOCR [13], established the core architecture ...
    ![table](195,448,801,566) <table><thead>...</thead></table>

Integers from 0 to 1000 on both axes. A `+` behind the label says that the region goes on from the one before. Format: the
authors' client (lightonai/LightOnOCR, lightonocr/client.py, Apache-2.0), written anew. Links and pictures of ordinary Markdown
are no markers: those have four integers. Text in front of the first one has no place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Any

from ocrchat.model import Box
from ocrchat.vlm.answer import MOST_REGIONS, Answer, Region, box_of, paragraphs, trimmed

_MARKER = re.compile(r"!\[([A-Za-z_][\w-]{0,39})\+?\]\(\s*" + r"\s*,\s*".join([r"(\d{1,6})"] * 4) + r"\s*\)[ \t]*")
_BROKEN_MARKER = re.compile(r"!\[[\w+-]*(?:\](?:\([\d,\s]*)?)?\Z")
"""A marker that the answer breaks off in."""
_FENCE = re.compile(r"\A\s*```\w*[ \t]*\n|\n```\s*\Z")
"""Some servers' models wrap all that they say."""
_TAKEN = re.compile(r"!(\\*)\[")
"""What could be taken for a marker in the text of a region: written with one backslash more, read with one less."""


class Grounding:
    name = "lighton-grounding"
    longest_edge = 2048
    multiple = 1
    top_p = 1.0
    has_open_end = True

    def content(self, picture_url: str) -> list[dict[str, Any]]:
        """The model knows this one word; anything more is nothing that it was trained on."""
        return [{"type": "image_url", "image_url": {"url": picture_url}}, {"type": "text", "text": "grounding"}]

    def parse(self, text: str, size: tuple[int, int]) -> Answer:
        text = _BROKEN_MARKER.sub("", _FENCE.sub(lambda found: " " * len(found[0]), text))
        markers = list(islice(_MARKER.finditer(text), MOST_REGIONS))
        if not markers:
            return Answer((), ())
        preamble = paragraphs(text[: markers[0].start()])
        ends = [marker.start() for marker in markers[1:]] + [len(text)]
        regions = [
            Region(
                marker[1].lower(),
                _unescaped(trimmed(text[marker.end() : end])),
                box_of(*map(float, marker.groups()[1:])),
            )
            for marker, end in zip(markers, ends, strict=True)
        ]
        spans = [(marker.end(), end) for marker, end in zip(markers, ends, strict=True)]
        return Answer((*preamble.regions, *regions), (*preamble.spans, *spans))

    def render(self, regions: Sequence[Region], size: tuple[int, int]) -> str:
        return "\n".join(f"![{r.label}]({_numbers(r.box)}){_begun(_escaped(r.text))}" for r in regions if r.box)


def _numbers(box: Box) -> str:
    return ",".join(str(round(value)) for value in (box.x0, box.y0, box.x1, box.y1))


def _begun(text: str) -> str:
    """On a line of its own where the first one is indented."""
    return f"\n{text}" if text[:1].isspace() else f" {text}"


def _escaped(text: str) -> str:
    return _TAKEN.sub(r"!\1\\[", text)


def _unescaped(text: str) -> str:
    return _TAKEN.sub(lambda found: f"!{found[1][1:]}[", text)
