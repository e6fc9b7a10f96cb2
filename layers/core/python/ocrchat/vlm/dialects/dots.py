"""dots.ocr's and dots.mocr's layout JSON.

    [{"bbox": [120, 88, 940, 131], "category": "Section-header", "text": "## 1 Introduction"}, ...]

Boxes are in pixels of the picture as the model sees it, whose sides are multiples of 28: pictures are sent in such a size, so
that the model need not resize them and its pixels are ours. Prompt and format: the authors' repository (rednote-hilab/dots.ocr,
dots_ocr/utils/prompts.py, MIT); the prompt has to be theirs to the letter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from math import isnan
from typing import Any

from ocrchat.model import Box
from ocrchat.vlm.answer import MOST_REGIONS, WHOLE, Answer, Region, box_of, trimmed

_PROMPT = """\
Please output the layout information from the PDF image, including each layout element's bbox, its category, and the \
corresponding text content within the bbox.

1. Bbox format: [x1, y1, x2, y2]

2. Layout Categories: The possible categories are ['Caption', 'Footnote', 'Formula', 'List-item', 'Page-footer', \
'Page-header', 'Picture', 'Section-header', 'Table', 'Text', 'Title'].

3. Text Extraction & Formatting Rules:
    - Picture: For the 'Picture' category, the text field should be omitted.
    - Formula: Format its text as LaTeX.
    - Table: Format its text as HTML.
    - All Others (Text, Title, etc.): Format their text as Markdown.

4. Constraints:
    - The output text must be the original text from the image, with no translation.
    - All layout elements must be sorted according to human reading order.

5. Final Output: The entire output must be a single JSON object.
"""

_DECODER = json.JSONDecoder(strict=False, parse_int=float)
"""As a float a number of any length is one."""
_MOST_WORK = 3_000_000
"""Characters of JSON that are looked at, those of nested rubbish again and again: some tenths of a second."""
_RUBBISH, _DEEP = 200, 100_000
"""What a brace costs that begins no object, and an object that is nested too deeply."""


class Dots:
    name = "dots"
    longest_edge = 3360
    multiple = 28
    top_p = 0.9
    has_open_end = False

    def content(self, picture_url: str) -> list[dict[str, Any]]:
        """With the marks of the picture spelled out: else vLLM puts a line break of its own between picture and prompt."""
        return [
            {"type": "image_url", "image_url": {"url": picture_url}},
            {"type": "text", "text": f"<|img|><|imgpad|><|endofimg|>{_PROMPT}"},
        ]

    def parse(self, text: str, size: tuple[int, int]) -> Answer:
        found = ((_region(value, size), (start, end)) for value, start, end in _objects(text))
        kept = list(islice(((region, span) for region, span in found if region), MOST_REGIONS))
        return Answer(tuple(region for region, _ in kept), tuple(span for _, span in kept))

    def render(self, regions: Sequence[Region], size: tuple[int, int]) -> str:
        width, height = size
        return json.dumps(
            [
                {
                    "bbox": [
                        round(value * side / WHOLE)
                        for value, side in zip(
                            (r.box.x0, r.box.y0, r.box.x1, r.box.y1), (width, height) * 2, strict=True
                        )
                    ],
                    "category": r.label.replace("_", "-").capitalize(),
                    **({"text": r.text} if r.text else {}),
                }
                for r in regions
                if r.box
            ],
            ensure_ascii=False,
        )


def _objects(text: str) -> Iterator[tuple[dict[str, Any], int, int]]:
    """The objects that name a category, and where each stands: commas may be missing between them, others be around them, and
    the last may break off."""
    at, left = text.find("{"), _MOST_WORK
    while at >= 0 and left > 0:
        next_ = at + 1
        try:
            value, end = _DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            left -= error.pos - at + _RUBBISH
        except RecursionError:
            left -= _DEEP
        else:
            left -= end - at
            if "category" in value:
                yield value, at, end
                next_ = end
        at = text.find("{", next_)


def _region(value: dict[str, Any], size: tuple[int, int]) -> Region | None:
    label, text = value.get("category"), value.get("text") or ""
    if not isinstance(label, str) or not isinstance(text, str):
        return None
    return Region(label.strip().lower().replace("-", "_")[:40], trimmed(text), _box(value.get("bbox"), size))


def _box(value: Any, size: tuple[int, int]) -> Box | None:
    """None for what is no box; its text is kept all the same."""
    if not isinstance(value, list) or len(value) != 4 or not all(isinstance(number, int | float) for number in value):
        return None
    width, height = size
    x0, y0, x1, y1 = (float(n) * WHOLE / side for n, side in zip(value, (width, height) * 2, strict=True))
    return None if any(map(isnan, (x0, y0, x1, y1))) else box_of(x0, y0, x1, y1)
