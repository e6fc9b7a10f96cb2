"""Text as formats on top of XML can hold it, and how much room it takes."""

from __future__ import annotations

import re
import unicodedata

from ocrchat.model import PageResult

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What is no character of XML 1.0: controls, halves of characters, the two that are none."""


def legal(text: str) -> str:
    """Without what no XML file may hold."""
    return _ILLEGAL.sub("", text)


def one_line(text: str) -> str:
    return " ".join(legal(text).split())


def unread(page: PageResult) -> str:
    """What stands in place of a page that could not be read: who keeps the file would take it for a blank one."""
    return f"[Page {page.index + 1} could not be read]"


def extent(text: str) -> int:
    """Width in letters; an ideograph is two. Marks on letters have none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
