"""The styles of WordprocessingML (ECMA-376 Part 1, 17.7): ours, by Word's names where it has one, in place of the template's.

Sizes and weights are given twice: Word keeps those of Arabic, Hebrew, Thai and the like apart (`szCs`, `bCs`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from docx.oxml.ns import qn
from lxml.etree import _Element

from ocrchat.export.docx import fonts, tongues
from ocrchat.export.docx.elements import element
from ocrchat.model import Document

CELL_MARGIN = 70
"""Twentieths of a point, left and right of what stands in a cell."""

LEADING = 1.15
"""Height of a line, in sizes: that of Arial, and of what takes its place."""

SMALLER = 1.0
"""Points by which captions, running heads and notes are smaller than the text, and `TABLE_SMALLER` what stands in tables."""
TABLE_SMALLER = 0.5

HEADING_SIZES = (1.6, 1.35, 1.15, 1.05, 1.0, 1.0)
"""Of headings, in sizes of the text."""

_GREY = "666666"
_TWENTIETHS = 20
_BUILT_IN = (("character", "Default Paragraph Font"), ("table", "Normal Table"), ("numbering", "No List"))


def define(styles: _Element, document: Document, size: float) -> None:
    """In place of the styles that are in `styles`. `size` is that of the text, in points."""
    for old in styles.findall(qn("w:style")):
        styles.remove(old)
    styles.replace(styles.find(qn("w:docDefaults")), _defaults(document, size))
    styles.extend(_styles(size))


def _defaults(document: Document, size: float) -> _Element:
    chosen = fonts.element(fonts.DEFAULT, fonts.east_asian(tongues.main(document)))
    letters = element("rPr", chosen, *_size(size), tongues.defaults(document))
    return element(
        "docDefaults",
        element("rPrDefault", letters),
        element("pPrDefault", element("pPr", element("spacing", after=0, line=240, lineRule="auto"))),
    )


def _styles(size: float) -> Iterator[_Element]:
    after = round(size / 2 * _TWENTIETHS)
    yield _style("paragraph", "Normal", [element("spacing", after=after)], is_default=True)
    for kind, name in _BUILT_IN:
        yield _style(kind, name, is_default=True)
    for level, share in enumerate(HEADING_SIZES, start=1):
        place = [
            element("keepNext"),
            element("keepLines"),
            element("spacing", before=round(size * share * 0.8 * _TWENTIETHS), after=after // 2),
            element("outlineLvl", val=level - 1),
        ]
        yield _style("paragraph", f"heading {level}", place, [*_bold(), *_size(round(size * share * 2) / 2)])
    yield _style("paragraph", "List Paragraph", [element("contextualSpacing")])
    yield _style("paragraph", "caption", [], [element("i"), *_size(size - SMALLER)])
    for name in ("Page Head", "Page Foot"):
        yield _style("paragraph", name, [], [element("color", val=_GREY), *_size(size - SMALLER)])
    yield _style("paragraph", "Page Note", [], _size(size - SMALLER))
    for name, weight in (("Table Text", []), ("Table Head", _bold())):
        yield _style("paragraph", name, [element("spacing", after=0)], [*weight, *_size(size - TABLE_SMALLER)])
    yield _table_grid()


def _style(
    kind: str, name: str, place: Iterable[_Element] = (), letters: Iterable[_Element] = (), is_default: bool = False
) -> _Element:
    """`place` is of paragraphs and `letters` of what is in them. The id is the name without spaces, as Word makes them."""
    identity = "".join(word[0].upper() + word[1:] for word in name.split())
    parts = [
        element("name", val=name),
        *([] if is_default else [element("basedOn", val="Normal"), *_next(name), element("qFormat")]),
        *([element("pPr", *place)] if place else []),
        *([element("rPr", *letters)] if letters else []),
    ]
    attributes = {"type": kind, "styleId": identity} | ({"default": 1} if is_default else {})
    return element("style", *parts, **attributes)


def _next(name: str) -> list[_Element]:
    """Behind a heading, who goes on to write writes text."""
    return [element("next", val="Normal")] if name.startswith("heading") else []


def _table_grid() -> _Element:
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    borders = [element(side, val="single", sz=4, space=0, color="auto") for side in sides]
    margins = [element(side, w=CELL_MARGIN, type="dxa") for side in ("left", "right")]
    look = element("tblPr", element("tblBorders", *borders), element("tblCellMar", *margins))
    return element(
        "style",
        element("name", val="Table Grid"),
        element("basedOn", val="NormalTable"),
        look,
        type="table",
        styleId="TableGrid",
    )


def _size(points: float) -> list[_Element]:
    return [element(name, val=round(points * 2)) for name in ("sz", "szCs")]


def _bold() -> list[_Element]:
    return [element("b"), element("bCs")]
