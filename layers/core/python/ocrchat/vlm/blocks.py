"""What a model calls a region -> what it is on the page, and the text that stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ocrchat.layout import lists
from ocrchat.model import BlockType, Table
from ocrchat.vlm import markup
from ocrchat.vlm.answer import Region

_TYPES = {
    **dict.fromkeys(("title", "section", "section_header"), BlockType.HEADING),
    **dict.fromkeys(("list", "list_item"), BlockType.LIST_ITEM),
    **dict.fromkeys(("table", "chart"), BlockType.TABLE),
    **dict.fromkeys(("image", "figure", "picture", "header_image", "footer_image"), BlockType.FIGURE),
    **dict.fromkeys(("header", "page_header"), BlockType.HEADER),
    **dict.fromkeys(("footer", "page_footer", "page_number"), BlockType.FOOTER),
    **dict.fromkeys(("footnote", "page_footnote"), BlockType.FOOTNOTE),
    "caption": BlockType.CAPTION,
    "formula": BlockType.FORMULA,
}
"""The labels of both dialects. Whatever else a model says is text."""

CHART = "chart"
"""Its table holds what the model has estimated from bars and axes."""

LABELS = {
    BlockType.HEADING: "title",
    BlockType.LIST_ITEM: "list",
    BlockType.TABLE: "table",
    BlockType.FIGURE: "image",
    BlockType.HEADER: "header",
    BlockType.FOOTER: "footer",
    BlockType.FOOTNOTE: "footnote",
    BlockType.CAPTION: "caption",
    BlockType.FORMULA: "formula",
    BlockType.TEXT: "text",
}
"""The way back, in `lighton-grounding`."""

INDENT = "  "
"""Of a list within a list."""

_HTML = re.compile(r"\s*<table[\s>]", re.IGNORECASE)
"""A table, whatever the model calls it."""
_HASHES = re.compile(r"\s*(#{1,6})\s+")
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Part:
    """A block to be. Of a table that could be understood `text` is that of its cells, and `places` says where in it each
    stands (start, end), in the order of its cells; a figure has no text, since what models write there is a description.
    """

    type: BlockType
    text: str
    level: int = 0
    table: Table | None = None
    places: tuple[tuple[int, int], ...] = ()


def parts(region: Region) -> list[Part]:
    """A list becomes a part an item, all else is one; a region without text is none, but for a figure."""
    type_ = BlockType.TABLE if _HTML.match(region.text) else _TYPES.get(region.label, BlockType.TEXT)
    match type_:
        case BlockType.FIGURE:
            return [Part(type_, "")]
        case BlockType.TABLE:
            table = markup.table(region.text)
            if table is None:
                return _some(Part(BlockType.TEXT, markup.without_table(region.text)))
            return _some(_of_table(table))
        case BlockType.FORMULA:
            return _some(Part(type_, markup.latex(region.text)))
        case BlockType.HEADING:
            return _some(_heading(region))
        case BlockType.LIST_ITEM:
            return [part for item in _items(region.text) for part in _some(item)]
        case _:
            return _some(Part(type_, markup.plain(region.text)))


def _some(part: Part) -> list[Part]:
    return [part] if part.text else []


def _heading(region: Region) -> Part:
    hashes = _HASHES.match(region.text)
    level = len(hashes[1]) if hashes else 1 if region.label == "title" else 2
    return Part(BlockType.HEADING, markup.plain(region.text[hashes.end() :] if hashes else region.text), level)


def _items(text: str) -> Iterator[Part]:
    """A line that begins with a bullet or a number begins an item; others go on with it."""
    item: list[str] = []
    level = 1
    for line in text.splitlines():
        plain = markup.plain(line)
        if item and (lists.bullet(plain) or lists.number(plain)):
            yield Part(BlockType.LIST_ITEM, "\n".join(item), level)
            item = []
        if not item:
            indent = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
            level = min(1 + indent // len(INDENT), _DEEPEST)
        if plain:
            item.append(plain)
    yield Part(BlockType.LIST_ITEM, "\n".join(item), level)


def _of_table(table: Table) -> Part:
    """Row by row, a line each."""
    text, places = "", []
    for row in table.by_row:
        for cell in row:
            words = " ".join(cell.text.split())
            text += " " if words and text and not text.endswith("\n") else ""
            places.append((len(text), len(text) + len(words)))
            text += words
        text += "" if text.endswith("\n") or not text else "\n"
    return Part(BlockType.TABLE, text.rstrip("\n"), table=table, places=tuple(places))
