"""What a group of rows is: by what a model saw, if one looked, and by what can be told without."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ocrchat.layout import lists
from ocrchat.layout.captions import CAPTION
from ocrchat.layout.paragraphs import begins_item
from ocrchat.layout.placed import Placed, letter_size
from ocrchat.layout.sight import mixed
from ocrchat.model import BlockType, Box

SEEN = 0.45
"""Likelihood from which on the model is believed."""
MARGIN = 0.15
RUNNING_ROWS = 2
"""Share of the page's height in which a running head or foot or a page number stands, and the rows that it has at most: a
letterhead has more."""
HEADING_ROWS = 4
HEADING_LENGTH = 200
"""Rows and characters: what is longer is no heading."""
HEADING_SIZE = 1.2
"""Letters of a heading in normal weight, in sizes of those of the text, where no model looked."""
HEADING_HINT = 0.1
"""How much a bold line looks like a heading, if it is one."""
NOTE_SIZE = 0.9
NOTE_DEPTH = 0.6
"""Letters of a footnote, in sizes of those of the text, and the share of the page above it."""
LEVELS = ((1.75, 1), (1.15, 2))
DEEPEST = 3
"""The level of a heading by its size, in sizes of the text; `DEEPEST` below that. The same on all pages of a document, if its
text is. Numbers tell more: 2 is of level 2, 2.1 of 3."""

_NUMBERED = re.compile(
    r"(?:\d{1,2}(?:\.\d{1,2}){0,4}\.?|[A-Z](?:\.\d{1,2}){1,4}\.?|[A-Z]\.|[IVX]{2,5}\.)\s+(?=[^\W\d_])"
)
PAGE_NUMBER = re.compile(
    r"(?:p(?:age|\.)?|seite|página|pagina|strana|стр\.?|第)?\s*[-–—\[(|]*\s*(?:\d{1,4}|[ivxlc]{1,7})"
    r"(?:\s*(?:/|of|von|de|di|из)\s*\d{1,4})?\s*[-–—\])|页頁]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a group is compared with: its `page` in pixels, and the size of most of its letters."""

    page: Box
    body: float


def kind(group: Sequence[Placed], setting: Setting) -> tuple[BlockType, int]:
    """The type, and the level where it is a heading."""
    if group[0].region:
        return group[0].region.type, 0
    text = " ".join(row.line.text for row in group)
    box = Box.around(row.box for row in group)
    if len(group) == 1 and PAGE_NUMBER.fullmatch(text.strip()) and (edge := _edge(box, setting.page)):
        return edge, 0
    scores = mixed((row.kinds, len(row.line.text)) for row in group)
    seen = max(scores, key=lambda each: scores[each], default=BlockType.TEXT)
    if scores.get(seen, 0.0) < SEEN:
        seen = BlockType.TEXT
    if begins_item(group[0]) and seen is not BlockType.HEADING:
        return BlockType.LIST_ITEM, 1
    if CAPTION.match(text):
        return BlockType.CAPTION, 0
    if seen is BlockType.TEXT and _is_note(group, box, setting):
        return BlockType.FOOTNOTE, 0
    match seen:
        case BlockType.HEADING:
            return (seen, level(group, setting)) if _may_be_heading(group, text) else (BlockType.TEXT, 0)
        case BlockType.HEADER | BlockType.FOOTER:
            return (len(group) <= RUNNING_ROWS and _edge(box, setting.page)) or BlockType.TEXT, 0
        case BlockType.LIST_ITEM | BlockType.TABLE | BlockType.FIGURE:
            return BlockType.TEXT, 0  # an item without a mark, a table or a figure without an area
        case BlockType.TEXT if _is_prominent(group, setting) and _may_be_heading(group, text):
            return BlockType.HEADING, level(group, setting)
    return seen, 0


def level(group: Sequence[Placed], setting: Setting) -> int:
    """1..6, of a heading."""
    if numbers := _NUMBERED.match(group[0].line.text):
        return min(numbers[0].strip().rstrip(".").count(".") + 2, 6)
    size = max(letter_size(row.line) for row in group) / setting.body
    return next((depth for least, depth in LEVELS if size >= least), DEEPEST)


def _edge(box: Box, page: Box) -> BlockType | None:
    """Which end of the page `box` stands at."""
    if box.y1 < page.y0 + MARGIN * page.height:
        return BlockType.HEADER
    return BlockType.FOOTER if box.y0 > page.y1 - MARGIN * page.height else None


def _is_note(group: Sequence[Placed], box: Box, setting: Setting) -> bool:
    """Whether it is small print at the bottom that begins with a mark."""
    small = max(letter_size(row.line) for row in group) < NOTE_SIZE * setting.body
    low = box.y0 > setting.page.y0 + NOTE_DEPTH * setting.page.height
    return small and low and lists.note_mark(group[0].line.text) is not None


def _may_be_heading(group: Sequence[Placed], text: str) -> bool:
    """A comma at its end belongs to a salutation, or to a sentence."""
    is_short = len(group) <= HEADING_ROWS and len(text) <= HEADING_LENGTH
    return is_short and not text.rstrip().endswith((",", ";")) and any(c.isalpha() for c in text)


def _is_prominent(group: Sequence[Placed], setting: Setting) -> bool:
    """Whether it is set as a heading: larger, or bold and short. Only where fonts are known: measured heights are too rough."""
    styles = [row.line.style for row in group]
    if not all(styles) or len(group) > 2:
        return False
    text = group[-1].line.text.rstrip()
    larger = all(style.size >= HEADING_SIZE * setting.body for style in styles if style)
    bold = all(style.bold and style.size >= 0.95 * setting.body for style in styles if style)
    seen = min(row.kinds.get(BlockType.HEADING, 0.0) for row in group) > HEADING_HINT
    return (larger or (bold and (seen or bool(_NUMBERED.match(group[0].line.text))))) and text[-1:] not in ".,;:"
