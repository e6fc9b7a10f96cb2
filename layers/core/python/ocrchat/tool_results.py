"""What a tool has made of a document: where its tables are, its fields and lines of goods, and what it could not do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ocrchat.fields import finding, items, sums
from ocrchat.fields.field import Field
from ocrchat.fields.items import Item
from ocrchat.fields.rows import PAGES, rows
from ocrchat.model import BlockType, Box, Document, PageResult, Source, Tier
from ocrchat.tables.join import Whole, wholes
from ocrchat.tools import Kind, Tool
from ocrchat.vlm.markup import FORMULA_IN_TEXT

WITHOUT_MODEL = "read_without_model"
NO_TEXT = "no_text"
NO_TABLES = "no_tables"
NO_FIELDS = "no_fields"
NO_FORMULAS = "no_formulas"
FIRST_PAGES = "first_pages_only"
MORE_TABLES = "more_tables"

MOST_TABLES = 10_000
"""So many make a megabyte: the rest is in the pages alone."""


@dataclass(frozen=True, slots=True)
class Place:
    """A block of a page, which counts from 1; the block is a place in `PageResult.blocks`."""

    page: int
    block: int
    box: Box


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table by where it stands: its cells are in the pages, and those of a long document are many. `places` are its parts."""

    rows: int
    columns: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """`tables`, `fields` and `items` are None of tools that do not look for them. `warnings` are codes."""

    tool: Tool
    tables: tuple[FoundTable, ...] | None = None
    fields: Mapping[str, Field | None] | None = None
    items: tuple[Item, ...] | None = None
    warnings: tuple[str, ...] = ()


def of(tool: Tool, document: Document) -> ToolResult:
    """Fields are found on pages with words, see `fields.rows`."""
    warnings = [*_reading(tool, document)]
    match tool.kind:
        case Kind.TABLES:
            tables = wholes(document.pages)
            found = tuple(_found(table, document.pages) for table in tables[:MOST_TABLES])
            said = {NO_TABLES: not tables, MORE_TABLES: len(tables) > MOST_TABLES}
            return ToolResult(tool, tables=found, warnings=(*warnings, *_codes(said)))
        case Kind.FIELDS:
            some = rows(document)
            fields, goods = finding.find(some, tool.fields), items.find(document, some)
            said = {NO_FIELDS: not any(fields.values()), FIRST_PAGES: len(document.pages) > PAGES}
            return ToolResult(
                tool, fields=fields, items=tuple(goods), warnings=(*warnings, *_codes(said), *sums.wrong(fields, goods))
            )
        case Kind.LATEX:
            said = {NO_FORMULAS: not any(map(_has_formula, document.pages))}
            return ToolResult(tool, warnings=(*warnings, *_codes(said)))
        case Kind.TEXT | Kind.MARKDOWN | Kind.DOCUMENT | Kind.TRANSLATION:
            return ToolResult(tool, warnings=(*warnings, *_codes({NO_TEXT: not document.text.strip()})))


def _reading(tool: Tool, document: Document) -> Iterator[str]:
    if tool.tier is Tier.VLM and any(page.lines and not _is_by_model(page) for page in document.pages):
        yield WITHOUT_MODEL


def _codes(said: Mapping[str, bool]) -> Iterator[str]:
    return (code for code, holds in said.items() if holds)


def _found(whole: Whole, pages: Sequence[PageResult]) -> FoundTable:
    places = tuple(Place(pages[page].index + 1, block, pages[page].blocks[block].box) for page, block in whole.places)
    return FoundTable(whole.table.rows, whole.table.columns, places)


def _is_by_model(page: PageResult) -> bool:
    return any(block.source is Source.VLM for block in page.blocks)


def _has_formula(page: PageResult) -> bool:
    """One that a model has read: only those are LaTeX."""
    written = (block for block in page.blocks if block.source is Source.VLM)
    return any(block.type is BlockType.FORMULA or FORMULA_IN_TEXT.search(block.text) for block in written)
