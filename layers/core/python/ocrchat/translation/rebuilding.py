"""A document with its translation in place of its text, so that every export can write it as it writes the original."""

from __future__ import annotations

from dataclasses import replace

from ocrchat import languages
from ocrchat.model import Block, Box, Document, Line, PageResult, Table
from ocrchat.translation.model import BlockTranslation, PageTranslation, Status, Translation
from ocrchat.translation.pages import in_rows

_OWN_CODES = ("ch", "rs_latin")
"""Of `languages`, which are none of ISO 639. By `chinese_cht` exports choose the shape of ideographs."""

NOT_TRANSLATED = "[Not translated]"
"""What stands in place of a text whose translation was withheld: who keeps the file would miss nothing else."""


def document(original: Document, translation: Translation) -> Document:
    pages = zip(original.pages, translation.pages, strict=True)
    return Document(tuple(_page(page, made, translation.language) for page, made in pages))


def _page(page: PageResult, made: PageTranslation, language: str) -> PageResult:
    if made.problem:
        lines = (Line(NOT_TRANSLATED, Box.around(block.box for block in page.blocks)),)
        return replace(page, blocks=(Block(lines),))
    language = _iso(language)
    blocks = tuple(_block(block, said) for block, said in zip(page.blocks, made.blocks, strict=True))
    return replace(page, blocks=blocks, language=language if blocks else page.language)


def _iso(code: str) -> str:
    """As pages say it."""
    known = languages.find(code)
    return known.aliases[0] if known and code in _OWN_CODES else code


def _block(block: Block, said: BlockTranslation) -> Block:
    if said.status is Status.KEPT:
        return block
    if said.table and block.table:
        table = _marked(said.table, block.table)
        return replace(block, table=table, lines=_lines(block, in_rows(table)), area=block.box)
    if said.status is Status.WITHHELD:
        return replace(block, lines=_lines(block, NOT_TRANSLATED), area=block.box)
    return replace(block, lines=_lines(block, said.text), area=block.box)


def _marked(table: Table, original: Table) -> Table:
    cells = zip(table.cells, original.cells, strict=True)
    return replace(
        table,
        cells=tuple(
            replace(cell, text=NOT_TRANSLATED) if before.text.strip() and not cell.text else cell
            for cell, before in cells
        ),
    )


def _lines(block: Block, text: str) -> tuple[Line, ...]:
    """In the places of the lines before, where there are as many; a paragraph, which became one, in all of its own."""
    texts = text.split("\n") if text else []
    boxes = [line.box for line in block.lines]
    if len(texts) != len(boxes):
        boxes = [block.box] * len(texts)
    return tuple(Line(one, box, block.confidence) for one, box in zip(texts, boxes, strict=True))
