"""Document -> Markdown (CommonMark with GitHub's tables and strikethrough; UTF-8).

Headings, lists and tables are written as such. A paragraph is one line of Markdown if it was set as one (see `export.prose`);
else its lines are kept, with hard breaks. Captions are in italics. Of a figure, its labels are written. A running head or foot
is written where it first stands, and left out where it comes again, in the middle of what goes on over pages; page numbers are
left out. The text and the blocks have them all. A formula that a model has read is LaTeX between `$$`, within text between `$`.

Pages are separated by `PAGE_SEPARATOR`, a thematic break, which the text of a page never becomes: splitting at it gives back
the pages, blank ones included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ocrchat.export import prose
from ocrchat.export.prose import Manner
from ocrchat.layout import lists
from ocrchat.layout.kinds import PAGE_NUMBER
from ocrchat.model import Block, BlockType, Document, PageResult, Source, Table
from ocrchat.tables import markup
from ocrchat.tables.join import continued
from ocrchat.vlm.markup import FORMULA_IN_TEXT

PAGE_SEPARATOR = "\n\n---\n\n"

_RUNNING = (BlockType.HEADER, BlockType.FOOTER)

_INDENT = "    "
"""Of what is within an item of a list: enough for the widest number."""

# What means something anywhere: escapes, code, emphasis, links, tables, strikethrough, HTML and entities. An underscore
# inside a word is no emphasis, and file names read better without a backslash.
_ANYWHERE = re.compile(r"[\\`*\[\]|~]|<(?=[A-Za-z/!?])|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])")
# What means something at the start of a line: headings and their underlines, quotes, lists, thematic breaks, and the line
# below the header of a table, which needs no pipes where that has one column.
_AT_START = re.compile(r"(?:#{1,6}(?:\s|$)|>|[-+](?:\s|$)|:?-[-\s]*:?\s*$|=+\s*$)")
_ORDINAL = re.compile(r"(\d{1,9})([.)](?:\s|$))")
# What would close a heading.
_CLOSING = re.compile(r"#+$")


def write(content: Document) -> bytes:
    return document(content).encode()


def document(content: Document) -> str:
    """A table that goes on over several pages stands whole on the first of them."""
    tables = map(dict, continued(content.pages))
    known: set[str] = set()
    return PAGE_SEPARATOR.join(_page(result, whole, known) for result, whole in zip(content.pages, tables, strict=True))


def page(result: PageResult) -> str:
    """One page, without a separator, as if it were the only one."""
    return document(Document((result,)))


def _page(result: PageResult, whole: Mapping[int, Table], known: set[str]) -> str:
    """`whole` has the tables that begin on the page, by index of their block; `known`, which grows, the running heads before."""
    manner = prose.manner(result.lines)
    parts: list[str] = []
    previous = None
    shallowest = 1  # level of the first item of a list: deeper ones alone would be code
    for index, block in enumerate(result.blocks):
        if _comes_again(block, known) or (block.table and index not in whole):
            continue
        is_tight = previous is block.type is BlockType.LIST_ITEM
        if not is_tight:
            shallowest = block.level
        written = _table(whole[index]) if block.table else _block(block, manner, block.level - shallowest)
        if not written:
            continue
        parts += ["\n" if is_tight else "\n\n", written] if parts else [written]
        previous = block.type
    return "".join(parts)


def _comes_again(block: Block, known: set[str]) -> bool:
    """Whether it is a page number, or a running head or foot that is in `known`, whatever numbers are in it."""
    if block.type not in _RUNNING:
        return False
    wording = re.sub(r"\d+", "0", " ".join(block.text.casefold().split()))
    if PAGE_NUMBER.fullmatch(block.text.strip()) or wording in known:
        return True
    known.add(wording)
    return False


def _block(block: Block, manner: Manner, depth: int) -> str:
    has_formulas = block.source is Source.VLM
    match block.type:
        case BlockType.HEADING:
            title = _CLOSING.sub(r"\\\g<0>", _inline(prose.joined(block.lines, manner), has_formulas))
            return f"{'#' * max(block.level, 1)} {title}"
        case BlockType.LIST_ITEM:
            return _item(block, manner, depth, has_formulas)
        case BlockType.CAPTION:
            return f"*{_inline(prose.joined(block.lines, manner), has_formulas)}*"
        case BlockType.TABLE | BlockType.FIGURE:
            return _paragraph(line.text for line in block.lines)
        case BlockType.FORMULA if block.source is Source.VLM:
            return f"$$\n{block.text}\n$$"
        case _:
            return _paragraph(prose.lines(block.lines, manner), has_formulas)


def _table(table: Table) -> str:
    return markup.html(table) if table.has_spans else markup.pipe(table, _inline)


def _paragraph(lines: Iterable[str], has_formulas: bool = False) -> str:
    return "  \n".join(_escape(line, has_formulas) for line in lines)


def _item(block: Block, manner: Manner, depth: int, has_formulas: bool) -> str:
    text = prose.joined(block.lines, manner)
    mark = lists.bullet(text) or lists.number(text) or ""
    rest = text[len(mark) :]
    if lists.bullet(text):
        mark = "-"
    elif number := re.fullmatch(r"(\d{1,3})([.)]?)", mark.strip()):
        mark = number[1] + (number[2] or ".")
    else:
        rest, mark = text, "-"  # (a), iv. and the like are no marks in Markdown
    return f"{_INDENT * max(depth, 0)}{mark} {_escape(rest, has_formulas)}".rstrip()


def _inline(text: str, has_formulas: bool = False) -> str:
    """Within a line. What a model has written has formulas between dollars, which stay as they are."""
    words = " ".join(text.split())
    formulas = FORMULA_IN_TEXT.findall(words) if has_formulas else []
    between = FORMULA_IN_TEXT.split(words) if has_formulas else [words]
    escaped = (_ANYWHERE.sub(r"\\\g<0>", part) for part in between)
    return "".join(part + formula for part, formula in zip(escaped, [*formulas, ""], strict=True))


def _escape(line: str, has_formulas: bool = False) -> str:
    """At the start of a line."""
    escaped = _inline(line, has_formulas)
    if _AT_START.match(escaped):
        return "\\" + escaped
    return _ORDINAL.sub(r"\1\\\2", escaped, count=1) if _ORDINAL.match(escaped) else escaped
