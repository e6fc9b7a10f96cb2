"""Document -> Markdown (CommonMark with GitHub's tables and strikethrough; UTF-8).

A block is a paragraph. Pages are separated by `PAGE_SEPARATOR`, a thematic break, which the text of a page never becomes:
splitting at it gives back the pages, blank ones included.
"""

from __future__ import annotations

import re

from ocrchat.model import Document, PageResult

PAGE_SEPARATOR = "\n\n---\n\n"

# What means something anywhere: escapes, code, emphasis, links, tables, strikethrough, HTML and entities. An underscore
# inside a word is no emphasis, and file names read better without a backslash.
_ANYWHERE = re.compile(r"[\\`*\[\]|~]|<(?=[A-Za-z/!?])|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])")
# What means something at the start of a line: headings and their underlines, quotes, lists, thematic breaks.
_AT_START = re.compile(r"(?:#{1,6}(?:\s|$)|>|[-+](?:\s|$)|-[-\s]*$|=+\s*$)")
_ORDINAL = re.compile(r"(\d{1,9})([.)](?:\s|$))")


def write(content: Document) -> bytes:
    return document(content).encode()


def document(content: Document) -> str:
    return PAGE_SEPARATOR.join(page(result) for result in content.pages)


def page(result: PageResult) -> str:
    """One page, without a separator."""
    return "\n\n".join("\n".join(_escape(line.text) for line in block.lines) for block in result.blocks)


def _escape(line: str) -> str:
    escaped = _ANYWHERE.sub(r"\\\g<0>", " ".join(line.split()))
    if _AT_START.match(escaped):
        return "\\" + escaped
    return _ORDINAL.sub(r"\1\\\2", escaped, count=1) if _ORDINAL.match(escaped) else escaped
