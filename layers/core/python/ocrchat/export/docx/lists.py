"""Items of lists, marked by Word: bullets, and 1. or 1) from any number on. Other marks, (a) or iv., stay as they were read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from docx.document import Document as WordDocument
from lxml.etree import _Element

from ocrchat.export.docx.elements import element
from ocrchat.layout import lists

DEEPEST = 8
"""Levels count from 0; Word has nine."""

_INDENT = 360
"""Twentieths of a point, a level."""

_ORDINAL = re.compile(r"(0|[1-9][0-9]{0,2})([.)])\s*(?=\D|$)")


@dataclass(frozen=True, slots=True)
class Item:
    """The text of an item without the mark that Word makes, and the properties of its paragraph."""

    text: str
    place: tuple[_Element, ...]


class Lists:
    """The lists of a document. A list goes on while its items count on; `interrupt` ends it."""

    def __init__(self, word: WordDocument) -> None:
        self._numbering = word.part.numbering_part.element
        self._kinds: dict[str, int] = {}
        """Ids of our kinds of lists, by what they mark their items with: a bullet, or `%.` or `%)` for numbers."""
        self._bullets: dict[str, int] = {}
        """Ids of lists, by their bullet: all that have one are one list."""
        self._made = 0
        self._last: dict[int, tuple[str, int, int]] = {}
        """Of each level: kind, id of the list, last number."""

    def interrupt(self) -> None:
        self._last.clear()

    def item(self, text: str, depth: int) -> Item:
        """`depth` counts from 0."""
        depth = min(max(depth, 0), DEEPEST)
        for deeper in [level for level in self._last if level > depth]:
            del self._last[deeper]
        if mark := lists.bullet(text):
            return Item(text[len(mark) :], (_numbered(self._bulleted(mark), depth),))
        if ordinal := _ORDINAL.match(text):
            return Item(text[ordinal.end() :], (_numbered(self._counted(ordinal, depth), depth),))
        return Item(text, (element("ind", left=_INDENT * (depth + 1), hanging=_INDENT),))

    def _bulleted(self, bullet: str) -> int:
        shown = lists.shown(bullet)
        if shown not in self._bullets:
            self._bullets[shown] = self._new(shown)
        return self._bullets[shown]

    def _counted(self, ordinal: re.Match[str], depth: int) -> int:
        kind, value = f"%{ordinal[2]}", int(ordinal[1])
        last_kind, list_id, last = self._last.get(depth, ("", 0, 0))
        if last_kind != kind or value != last + 1:
            list_id = self._new(kind, depth, value)
        self._last[depth] = kind, list_id, value
        return list_id

    def _new(self, kind: str, depth: int = 0, start: int | None = None) -> int:
        """A list; one of numbers begins with `start`."""
        if kind not in self._kinds:
            self._numbering.insert(len(self._kinds), _kind(kind, len(self._kinds)))  # before the lists
            self._kinds[kind] = len(self._kinds)
        self._made += 1  # python-docx's `add_num` looks through all of them for a free one
        begins = [] if start is None else [element("lvlOverride", element("startOverride", val=start), ilvl=depth)]
        self._numbering.append(
            element("num", element("abstractNumId", val=self._kinds[kind]), *begins, numId=self._made)
        )
        return self._made


def _numbered(list_id: int, depth: int) -> _Element:
    return element("numPr", element("ilvl", val=depth), element("numId", val=list_id))


def _kind(kind: str, identity: int) -> _Element:
    is_number = kind.startswith("%")
    levels = [
        element(
            "lvl",
            element("start", val=1),
            element("numFmt", val="decimal" if is_number else "bullet"),
            element("lvlText", val=kind.replace("%", f"%{depth + 1}")),
            element("lvlJc", val="left"),
            element("pPr", element("ind", left=_INDENT * (depth + 1), hanging=_INDENT)),
            ilvl=depth,
        )
        for depth in range(DEEPEST + 1)
    ]
    return element("abstractNum", element("multiLevelType", val="multilevel"), *levels, abstractNumId=identity)
